"""Words heard on two microphones, and two people who say the same word."""

from __future__ import annotations

from transcribe.core.episode import Segment, Word
from transcribe.core.recording import SpeechSpan
from transcribe.pipeline.tracks.doubles import Spoken, undoubled


def said(*words: tuple[int, str]) -> Segment:
    """Words of 300 ms each, at these times."""
    made = tuple(Word(start, start + 300, text, 0.9) for start, text in words)
    return Segment(made[0].start_ms, made[-1].end_ms, made, 0)


def texts(track: tuple[Segment, ...]) -> list[str]:
    return [segment.text for segment in track]


def voice(*spans: tuple[int, int]) -> tuple[SpeechSpan, ...]:
    return tuple(SpeechSpan(*span) for span in spans)


def test_a_doubled_word_stays_where_its_speaker_is() -> None:
    host = Spoken((said((0, "Tak,"), (400, "Oczywiście.")),), voice((0, 900)))
    guest = Spoken((said((430, "oczywiśce"), (1_200, "Dobrze.")),), voice((1_000, 1_600)))
    left = undoubled([host, guest])
    assert texts(left[0]) == ["Tak, Oczywiście."]
    assert texts(left[1]) == ["Dobrze."]
    assert left[1][0].start_ms == 1_200


def test_two_people_may_say_the_same_word_at_once() -> None:
    host = Spoken((said((0, "Tak.")),), voice((0, 300)))
    guest = Spoken((said((50, "Tak.")),), voice((50, 350)))
    assert [texts(track) for track in undoubled([host, guest])] == [["Tak."], ["Tak."]]


def test_a_word_under_which_nobody_speaks_is_left_out_though_it_was_misheard() -> None:
    host = Spoken((said((5_000, "Warszawa")),), voice((5_000, 5_300)))
    guest = Spoken((said((5_020, "wprawa")), said((9_000, "Kraków"))), voice((9_000, 9_300)))
    left = undoubled([host, guest])
    assert texts(left[1]) == ["Kraków"]


def test_a_word_that_only_one_microphone_has_is_never_lost() -> None:
    host = Spoken((said((0, "Halo")),), voice((0, 300)))
    guest = Spoken((said((5_000, "szept")),), voice())
    assert [texts(track) for track in undoubled([host, guest])] == [["Halo"], ["szept"]]


def test_short_words_have_to_be_equal() -> None:
    host = Spoken((said((0, "tak")),), voice((0, 300)))
    guest = Spoken((said((0, "jak")),), voice((250, 300)))
    assert texts(undoubled([host, guest])[1]) == ["jak"]


def test_tracks_without_bleed_keep_everything() -> None:
    host = Spoken((said((0, "Amen")),), None)
    guest = Spoken((said((0, "Amen")),), None)
    assert [texts(track) for track in undoubled([host, guest])] == [["Amen"], ["Amen"]]


def test_nothing_of_nothing() -> None:
    assert undoubled([Spoken((), voice()), Spoken((), None)]) == [(), ()]
