from __future__ import annotations

import dataclasses
import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import segment, transcript

from transcribe.core.episode import Language, Segment, Transcript, Word
from transcribe.core.settings import OPTIONS, SubtitleSettings
from transcribe.formats.cue_times import CHAIN_MS, Cue
from transcribe.formats.cues import PAUSE_MS, lay_out
from transcribe.formats.tokens import plain, text_width

DEFAULTS = SubtitleSettings()


def lines_of(text: str, *, language: str = "en", **limits: Any) -> list[tuple[str, ...]]:
    cues = lay_out(transcript(segment(text), language=language), SubtitleSettings(**limits))
    return [cue.lines for cue in cues]


# Any settings in range, any words, any times.


def _in_range(name: str) -> st.SearchStrategy[Any]:
    spec = OPTIONS[name].spec
    if OPTIONS[name].kind is float:
        return st.floats(spec.minimum, spec.maximum)
    return st.integers(int(spec.minimum or 0), int(spec.maximum or 0))


any_settings = st.builds(
    SubtitleSettings, **{each.name: _in_range(each.name) for each in dataclasses.fields(SubtitleSettings)}
)
word_texts = st.one_of(
    st.sampled_from(
        ["the", "a", "of", "and", "Dr.", "1", "200", "end.", "so,", "吾輩", "は", "「", "。", "ที่"]
    ),
    st.text("ab.é中\u0301👩\u200d🚀\t\n-<>&", max_size=12),
    st.text("xyz中", min_size=30, max_size=250),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
wild_times = st.one_of(st.integers(0, 5_000), st.integers(0, 40_000_000))
wild_words = st.builds(Word, wild_times, wild_times, word_texts, st.just(0.5), st.booleans())
speakers = st.sampled_from([None, None, "Anna", "Jan"])


@st.composite
def wild_transcripts(draw: st.DrawFn) -> Transcript:
    segments = [
        Segment(0, 0, tuple(words), 0, draw(speakers))
        for words in draw(st.lists(st.lists(wild_words, min_size=1, max_size=30), max_size=4))
    ]
    code = draw(st.sampled_from(["en", "pl", "ja", "th", "xx"]))
    return Transcript(Language(code, 1.0, detected=False), tuple(segments))


@st.composite
def spoken_transcripts(draw: st.DrawFn) -> Transcript:
    """Words as a recogniser gives them: in order, without overlap, with pauses between some."""
    words = []
    clock = 0
    for _ in range(draw(st.integers(1, 60))):
        start = clock + draw(st.sampled_from([0, 0, 0, 60, 300, 799, 800, 3000]))
        clock = start + draw(st.integers(1, 900))
        text = draw(st.sampled_from(["a", "word", "sentence.", "comma,", "considerable"]))
        words.append(Word(start, clock, text, 0.9))
    return transcript(Segment(words[0].start_ms, clock, tuple(words), 0))


def _letters(text: str) -> str:
    return re.sub(r"\s", "", text)


@given(wild_transcripts(), any_settings)
@settings(max_examples=80, deadline=None)
def test_every_word_stands_in_the_cues_once_and_in_order(
    spoken: Transcript, limits: SubtitleSettings
) -> None:
    shown = "".join(line for cue in lay_out(spoken, limits) for line in cue.lines)
    assert _letters(shown) == _letters("".join(plain(word.text) for word in spoken.words))


@given(wild_transcripts(), any_settings, st.booleans())
@settings(max_examples=80, deadline=None)
def test_lines_are_no_longer_and_no_more_than_allowed(
    spoken: Transcript, limits: SubtitleSettings, names: bool
) -> None:
    for cue in lay_out(spoken, limits, names=names):
        assert 1 <= len(cue.lines) <= limits.max_lines
        for line in cue.lines:
            assert line == line.strip() != ""
            assert text_width(line) <= limits.max_line_chars


@given(wild_transcripts(), any_settings)
@settings(max_examples=80, deadline=None)
def test_cues_follow_each_other_and_last_as_long_as_allowed(
    spoken: Transcript, limits: SubtitleSettings
) -> None:
    cues = lay_out(spoken, limits)
    for cue in cues:
        shortest = min(limits.min_cue_ms, limits.max_cue_ms)
        assert shortest <= cue.end_ms - cue.start_ms <= limits.max_cue_ms
    for cue, following in pairwise(cues):
        assert following.start_ms - cue.end_ms >= limits.min_cue_gap_ms


@given(wild_transcripts(), any_settings)
@settings(max_examples=80, deadline=None)
def test_a_cue_has_one_speaker_and_starts_with_its_first_word_or_later(
    spoken: Transcript, limits: SubtitleSettings
) -> None:
    for cue, words in _with_words(spoken, lay_out(spoken, limits)):
        assert cue.start_ms >= words[0][0].start_ms
        assert {speaker for _, speaker in words} == {cue.speaker}


def _with_words(spoken: Transcript, cues: tuple[Cue, ...]) -> list[tuple[Cue, list[tuple[Word, str | None]]]]:
    """Each cue with the words whose letters it shows, found by counting letters."""
    letters = [
        (word, part.speaker)
        for part in spoken.segments
        for word in part.words
        for _ in _letters(plain(word.text))
    ]
    found, at = [], 0
    for cue in cues:
        count = len(_letters("".join(cue.lines)))
        found.append((cue, letters[at : at + count]))
        at += count
    return found


@given(spoken_transcripts(), any_settings)
@settings(max_examples=50, deadline=None)
def test_a_real_pause_ends_a_cue(spoken: Transcript, limits: SubtitleSettings) -> None:
    for _, words in _with_words(spoken, lay_out(spoken, limits)):
        for (left, _), (right, _) in pairwise(words):
            assert right.start_ms - left.end_ms < PAUSE_MS


@given(spoken_transcripts())
@settings(max_examples=50, deadline=None)
def test_a_cue_can_be_read_or_has_all_the_time_there_is(spoken: Transcript) -> None:
    cues = lay_out(spoken, DEFAULTS)
    for cue, following in pairwise(cues):
        width = sum(text_width(line) for line in cue.lines)
        readable = width / DEFAULTS.max_chars_per_second * 1000 <= cue.end_ms - cue.start_ms
        assert readable or following.start_ms - cue.end_ms == DEFAULTS.min_cue_gap_ms
    if cues:
        width = sum(text_width(line) for line in cues[-1].lines)
        assert width / DEFAULTS.max_chars_per_second * 1000 <= cues[-1].end_ms - cues[-1].start_ms


@given(spoken_transcripts())
@settings(max_examples=50, deadline=None)
def test_a_cue_does_not_linger(spoken: Transcript) -> None:
    for cue, words in _with_words(spoken, lay_out(spoken, DEFAULTS)):
        width = sum(text_width(line) for line in cue.lines) + len(cue.lines) - 1
        needed = max(DEFAULTS.min_cue_ms, -(-width * 1000 // DEFAULTS.max_chars_per_second))
        latest = max(words[-1][0].end_ms, cue.start_ms + needed)
        assert cue.end_ms < latest + CHAIN_MS


# What is broken where.


def test_nothing_said_makes_no_cue() -> None:
    assert lay_out(Transcript(None, ()), DEFAULTS) == ()
    assert lay_out(transcript(segment("\u2028")), DEFAULTS) == ()


def test_what_fits_stays_on_one_line() -> None:
    assert lines_of("We know, and we have always known it.") == [("We know, and we have always known it.",)]


def test_a_sentence_end_is_the_best_place_for_a_new_cue() -> None:
    assert lines_of("This is the first of two sentences here. And that is the second one of the two.") == [
        ("This is the first of two sentences here.",),
        ("And that is the second one of the two.",),
    ]


def test_a_line_ends_after_a_comma_rather_than_in_the_middle() -> None:
    assert lines_of("When the rain had stopped, everybody went out.") == [
        ("When the rain had stopped,", "everybody went out.")
    ]


@pytest.mark.parametrize(
    ("text", "language", "together"),
    [
        ("Nobody in that town remembered seeing the elephant walking there", "en", "the elephant"),
        ("The invoice that we got last week said 1 200 300 dollars for it", "en", "1 200 300"),
        ("We were all told yesterday to wait for Anna Nowak who came late", "en", "Anna Nowak"),
        ("Wszyscy sąsiedzi bardzo dobrze wiedzieli, że mieszka tam w Łodzi", "pl", "w Łodzi"),
        ("Gestern haben wir zum allerersten Mal den Elefanten dort gesehen", "de", "den Elefanten"),
    ],
)
@pytest.mark.parametrize("limit", range(24, 42))
def test_what_belongs_together_stays_on_a_line(text: str, language: str, together: str, limit: int) -> None:
    lines = [line for cue in lines_of(text, language=language, max_line_chars=limit) for line in cue]
    assert any(together in line for line in lines)


def test_of_two_lines_the_lower_is_the_longer_one() -> None:
    ((upper, lower),) = lines_of("seven seven seven seven seven seven seven seven seven")
    assert len(upper) < len(lower)


def test_a_word_longer_than_a_line_is_cut_between_graphemes() -> None:
    astronaut = "👩\u200d🚀"
    cues = lines_of(astronaut * 15, max_line_chars=20)
    assert cues == [(astronaut * 8, astronaut * 7)]


@pytest.mark.parametrize("limit", range(10, 30))
def test_japanese_breaks_between_words_and_never_before_a_full_stop(limit: int) -> None:
    words = "吾輩 は 猫 で ある 。 名前 は まだ 無い 。"
    spoken = transcript(segment(words, spaces=False), language="ja")
    cues = lay_out(spoken, SubtitleSettings(max_line_chars=limit))
    assert all(line[0] in "吾は猫で名あまだ無" for cue in cues for line in cue.lines)


def test_a_change_of_speaker_ends_a_cue_and_names_the_turn_on_request() -> None:
    spoken = transcript(
        segment("Shall we?", speaker="Anna"),
        segment("Yes.", 700, speaker="Jan"),
        segment("Now.", 2400, speaker="Jan"),
    )
    named = lay_out(spoken, DEFAULTS, names=True)
    assert [cue.lines for cue in named] == [("Anna: Shall we?",), ("Jan: Yes.",), ("Now.",)]
    assert [cue.speaker for cue in lay_out(spoken, DEFAULTS)] == ["Anna", "Jan", "Jan"]


def test_short_gaps_are_closed_and_long_ones_stay() -> None:
    spoken = transcript(
        segment("A first sentence of some length, I say.", 0),
        segment("A second sentence of some length, I say.", 2_500),
        segment("A third sentence.", 9_000),
    )
    first, second, third = lay_out(spoken, DEFAULTS)
    assert (first.end_ms, second.start_ms) == (2_500 - DEFAULTS.min_cue_gap_ms, 2_500)
    assert second.end_ms < 6_000
    assert third.start_ms == 9_000


def test_the_last_cue_ends_with_the_recording_unless_it_would_flash_by() -> None:
    spoken = transcript(segment("A sentence that takes two seconds to be read."))
    (longer,), (cut,), (short,) = (lay_out(spoken, DEFAULTS, until_ms=end) for end in (None, 2_100, 50))
    assert (longer.end_ms, cut.end_ms, short.end_ms) == (2_590, 2_100, DEFAULTS.min_cue_ms)


def test_a_long_speech_without_a_pause_or_a_full_stop_is_laid_out() -> None:
    cues = lay_out(transcript(segment(" ".join(["word"] * 3_000))), DEFAULTS)
    assert sum(line.count("word") for cue in cues for line in cue.lines) == 3_000


def test_who_talks_at_the_same_time_may_have_cues_of_their_own() -> None:
    long = segment("One two three four five six seven eight nine ten eleven twelve.", 0, speaker="Ala")
    over = segment("Really?", 1_000, speaker="Marek")
    both = transcript(long, over)
    shown = [(cue.start_ms, cue.speaker) for cue in lay_out(both, SubtitleSettings(), overlap=True)]
    assert (1_000, "Marek") in shown
    assert shown == sorted(shown)
    in_a_row = lay_out(both, SubtitleSettings())
    assert all(left.end_ms <= right.start_ms for left, right in pairwise(in_a_row))
    assert in_a_row[-1].speaker == "Marek"
    words = " ".join(" ".join(cue.lines) for cue in in_a_row).split()
    assert len(words) == 13


def test_who_comes_in_half_a_second_early_has_to_wait() -> None:
    early = transcript(segment("One two three.", 0, speaker="Ala"), segment("Yes.", 700, speaker="Marek"))
    assert lay_out(early, SubtitleSettings(), overlap=True) == lay_out(early, SubtitleSettings())


# One sentence a line.


@pytest.mark.parametrize(
    ("language", "words", "spaces", "expected"),
    [
        (
            "en",
            "Dr. Manette was recalled to life in the year of 1775. Was he? Yes.",
            True,
            ["Dr. Manette was recalled to life in the year of 1775.", "Was he?", "Yes."],
        ),
        (
            "ja",
            "「 吾輩 は 猫 で ある 。 」 名前 は まだ 無い 。",
            False,
            ["「吾輩は猫である。」", "名前はまだ無い。"],
        ),
        ("ar", "هل وصلت الرسالة؟ نعم، وصلت أمس.", True, ["هل وصلت الرسالة؟", "نعم، وصلت أمس."]),
        ("hy", "Նա եկավ։ Մենք գնացինք։", True, ["Նա եկավ։", "Մենք գնացինք։"]),
    ],
)
def test_without_a_limit_a_cue_is_a_sentence_on_one_line(
    language: str, words: str, spaces: bool, expected: list[str]
) -> None:
    spoken = transcript(segment(words, spaces=spaces), language=language)
    cues = lay_out(spoken, SubtitleSettings(max_line_chars=0))
    assert [cue.lines for cue in cues] == [(sentence,) for sentence in expected]


def test_without_a_limit_a_sentence_longer_than_a_cue_is_divided_between_its_clauses() -> None:
    first, second = (
        "When the rain had stopped at last that evening,",
        "everybody went out to look at the river.",
    )
    cues = lay_out(
        transcript(segment(f"{first} {second}")), SubtitleSettings(max_line_chars=0, max_cue_ms=4000)
    )
    assert [cue.lines for cue in cues] == [(first,), (second,)]


@given(wild_transcripts(), any_settings)
@settings(max_examples=80, deadline=None)
def test_without_a_limit_nothing_is_lost_and_cues_keep_their_times(
    spoken: Transcript, limits: SubtitleSettings
) -> None:
    limits = dataclasses.replace(limits, max_line_chars=0)
    cues = lay_out(spoken, limits)
    shown = "".join(line for cue in cues for line in cue.lines)
    assert _letters(shown) == _letters("".join(plain(word.text) for word in spoken.words))
    for cue in cues:
        assert len(cue.lines) == 1
        assert cue.end_ms - cue.start_ms <= limits.max_cue_ms


@pytest.mark.parametrize("value", [0, "0", 10, 1000])
def test_no_limit_is_a_limit_that_can_be_asked_for(value: object) -> None:
    assert OPTIONS["max_line_chars"].convert(value) == int(str(value))


@pytest.mark.parametrize("value", [-1, 1, 9, 1001])
def test_lines_too_short_for_words_are_refused(value: int) -> None:
    with pytest.raises(ValueError, match="max_line_chars is"):
        OPTIONS["max_line_chars"].convert(value)
