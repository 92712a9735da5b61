"""How a chunk is listened to, and where its words land on the recording's timeline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from transcribe.core.episode import Spot, Word
from transcribe.core.hearing import Chunk, ChunkResult, DecodingOptions, Heard
from transcribe.core.recording import SpeechSpan
from transcribe.core.waveform import Waveform
from transcribe.pipeline.hearing.listener import Listener
from transcribe.pipeline.hearing.window import holes, on_timeline, part_of, split_at_holes

ENGLISH = DecodingOptions("en")


def word(start_ms: int, end_ms: int, text: str, probability: float = 0.9) -> Word:
    return Word(start_ms, end_ms, text, probability)


def chunk(*pieces: tuple[int, int]) -> Chunk:
    return Chunk(0, tuple(SpeechSpan(*piece) for piece in pieces))


class Script:
    """A recogniser that answers what it is told to, and remembers what it was asked."""

    def __init__(self, *answers: tuple[Word, ...]) -> None:
        self.answers = [Heard((words,) if words else ()) for words in answers]
        self.asked: list[tuple[int, DecodingOptions]] = []

    @classmethod
    def of(cls, *answers: Heard) -> Script:
        """One that doubts what it hears itself."""
        script = cls()
        script.answers = list(answers)
        return script

    def hear(self, windows: Sequence[NDArray[np.float32]], options: DecodingOptions) -> list[Heard]:
        self.asked += [(len(window) // 16, options) for window in windows]
        return [self.answers.pop(0) for _ in windows]

    def languages(self, samples: NDArray[np.float32]) -> tuple[tuple[str, float], ...]:
        raise NotImplementedError

    def count_tokens(self, text: str) -> int:
        return len(text.split())


@pytest.fixture
def waveform(tmp_path: Path) -> Waveform:
    path = tmp_path / "audio.f32"
    np.zeros(60 * 16_000, "<f4").tofile(path)
    return Waveform(str(path), 60 * 16_000, 0, 0.0)


def listen(
    waveform: Waveform, script: Script, chunk: Chunk, options: DecodingOptions = ENGLISH
) -> ChunkResult:
    (result,) = Listener(waveform, options)(script, [chunk])
    return result


def said(result: ChunkResult) -> list[tuple[str, int, int]]:
    return [(w.text, w.start_ms, w.end_ms) for s in result.segments for w in s.words]


def spots(result: ChunkResult) -> list[tuple[str, int, int]]:
    return [(spot.kind, spot.start_ms, spot.end_ms) for spot in result.spots]


def test_words_go_back_to_the_piece_of_the_recording_they_were_cut_from() -> None:
    pieces = chunk((10_000, 12_000), (60_000, 63_000))
    heard = (word(500, 1000, "here"), word(1900, 2400, "across"), word(2400, 4900, "there"))
    (segment,) = on_timeline([heard], pieces)
    assert [(w.start_ms, w.end_ms) for w in segment.words] == [
        (10_500, 11_000),
        (60_000, 60_400),
        (60_400, 62_900),
    ]
    assert (segment.start_ms, segment.end_ms) == (10_500, 62_900)


def test_a_part_of_a_chunk_keeps_its_place_in_the_recording() -> None:
    pieces = chunk((10_000, 12_000), (50_000, 53_000))
    assert part_of(pieces, 1000, 5000) == chunk((11_000, 12_000), (50_000, 53_000))
    assert part_of(pieces, 2500, 4000) == chunk((50_500, 52_000))


def test_holes_are_found_before_between_and_after_words() -> None:
    stretches = [(word(2000, 3000, "a"),), (word(5000, 6000, "b"), word(6100, 6500, "c"))]
    assert holes(stretches, 9000) == [(0, 2000), (3000, 5000), (6500, 9000)]
    assert holes(stretches, 8499) == [(0, 2000), (3000, 5000)]


def test_a_word_that_swallowed_a_sentence_gives_the_time_back() -> None:
    heard = Heard(((word(0, 400, "one"), word(400, 6000, "fuel,"), word(6000, 6300, "two")),))
    first, second = split_at_holes(heard)
    assert [w.text for w in first] == ["one", "fuel,"]
    assert first[-1].end_ms == 400 + 700 + 5 * 120
    assert second[0].text == "two"


def test_a_slow_word_is_left_alone() -> None:
    heard = Heard(((word(0, 3000, "Cooome"),),))
    assert split_at_holes(heard) == [heard.words]


def test_a_decoder_that_stops_early_is_asked_about_the_rest(waveform: Waveform) -> None:
    script = Script((word(0, 1000, "first"),), (word(1000, 1600, "second"),))
    result = listen(waveform, script, chunk((20_000, 22_900)))
    assert said(result) == [("first", 20_000, 21_000)]
    script = Script((word(0, 1000, "first"),), (word(400, 1900, "second"),))
    result = listen(waveform, script, chunk((20_000, 23_000)))
    assert said(result) == [("first", 20_000, 21_000), ("second", 21_400, 22_900)]
    assert result.spots == (Spot(21_400, 22_900, "redecoded", "skipped by the first attempt"),)


def test_what_was_skipped_in_the_middle_is_put_where_it_belongs(waveform: Waveform) -> None:
    script = Script(
        (word(0, 900, "before"), word(5000, 5900, "after")), (word(100, 4000, "in-between-the-two"),)
    )
    result = listen(waveform, script, chunk((10_000, 16_000)))
    assert said(result) == [
        ("before", 10_000, 10_900),
        ("in-between-the-two", 11_000, 14_900),
        ("after", 15_000, 15_900),
    ]
    assert [duration for duration, _ in script.asked] == [6000, 4100]


def test_a_guess_about_a_hole_is_told_but_not_taken(waveform: Waveform) -> None:
    noise = (word(0, 4000, "Thanks-for-watching-my-video", 0.1),)
    script = Script((word(4500, 5900, "speech"),), noise, noise, noise, ())
    result = listen(waveform, script, chunk((0, 6000)))
    assert said(result) == [("speech", 4500, 5900)]
    (spot,) = result.spots
    assert (spot.kind, spot.start_ms, spot.end_ms) == ("missing", 0, 4500)
    assert spot.reason == "only doubtful words (guessed): Thanks-for-watching-my-video"


def test_speech_in_which_nothing_is_heard_is_missing_piece_by_piece(waveform: Waveform) -> None:
    result = listen(waveform, Script(()), chunk((0, 5_000), (20_000, 25_000)))
    assert result.segments == ()
    assert spots(result) == [("missing", 0, 5_000), ("missing", 20_000, 25_000)]


def test_a_decoder_that_never_finishes_is_asked_a_few_times_only(waveform: Waveform) -> None:
    script = Script(*[(word(0, 500, "again"),)] * 9)
    result = listen(waveform, script, chunk((0, 29_000)))
    assert len(script.asked) == 3
    assert ("missing", 1_500, 29_000) in spots(result)


LOOP = tuple(word(i * 100, i * 100 + 100, "again") for i in range(60))


def test_a_loop_is_decoded_again_with_more_candidates_and_no_prompt(waveform: Waveform) -> None:
    script = Script(LOOP, (word(0, 1900, "said"), word(1900, 5900, "once-and-for-all-this-time")))
    options = DecodingOptions("en", prompt="Glossary.")
    result = listen(waveform, script, chunk((0, 6000)), options)
    assert result.segments[0].text == "said once-and-for-all-this-time"
    assert script.asked[1][1] == DecodingOptions("en", beam_size=5)
    assert result.spots == (
        Spot(0, 5900, "redecoded", "the first attempt: repeats itself, faster than anyone speaks"),
    )


def test_the_next_step_is_two_halves(waveform: Waveform) -> None:
    halves = (word(0, 1300, "first-half"),), (word(200, 3900, "the-second-half-of-it"),)
    script = Script(LOOP, LOOP, *halves)
    result = listen(waveform, script, chunk((0, 6000)))
    lengths = [duration for duration, _ in script.asked]
    assert lengths[:2] == [6000, 6000]
    assert sum(lengths[2:]) == 6000
    assert said(result) == [
        ("first-half", 0, 1300),
        ("the-second-half-of-it", lengths[2] + 200, lengths[2] + 3900),
    ]
    assert spots(result) == [("redecoded", 0, lengths[2] + 3900)]


def test_what_stays_doubtful_is_kept_and_told(waveform: Waveform) -> None:
    result = listen(waveform, Script(LOOP, LOOP, (), ()), chunk((0, 6000)))
    assert len(said(result)) == 60
    assert result.spots == (Spot(0, 6000, "suspect", "repeats itself, faster than anyone speaks"),)


def test_an_attempt_without_words_replaces_none(waveform: Waveform) -> None:
    guess = word(0, 1900, "guess", 0.2)
    result = listen(waveform, Script((guess,), ()), chunk((0, 2000)))
    assert said(result) == [("guess", 0, 1900)]
    assert spots(result) == [("suspect", 0, 1900)]


def test_a_second_attempt_that_is_no_better_is_not_taken(waveform: Waveform) -> None:
    guess, worse = word(0, 1900, "guess", 0.2), word(0, 1900, "worse", 0.1)
    result = listen(waveform, Script((guess,), (worse,)), chunk((0, 2000)))
    assert result.segments[0].words == (guess,)


def test_nothing_is_asked_twice_in_the_same_way(waveform: Waveform) -> None:
    guess = word(0, 1900, "guess", 0.2)
    script = Script((guess,))
    result = listen(waveform, script, chunk((0, 2000)), DecodingOptions("en", beam_size=5))
    assert (len(script.asked), spots(result)) == (1, [("suspect", 0, 1900)])


def test_what_is_said_without_the_prompt_was_not_read_from_it(waveform: Waveform) -> None:
    names = tuple(
        word(i * 500, i * 500 + 500, name) for i, name in enumerate(["Anna", "Ola", "Ewa", "Jan", "Piotr"])
    )
    options = DecodingOptions("en", prompt="Anna Ola Ewa Jan Piotr.")
    result = listen(waveform, Script(names, names), chunk((0, 3000)), options)
    assert len(said(result)) == 5
    assert spots(result) == [("redecoded", 0, 2500)]


OVERLAPPING = Chunk(3, (SpeechSpan(9_500, 20_500),), keeps=SpeechSpan(10_000, 20_000))


def test_what_lies_beyond_a_cut_is_kept_for_the_seam(waveform: Waveform) -> None:
    long_one = "a-very-long-one-of-which-there-is-no-other-like-it-in-the-whole-recording"
    heard = (word(0, 900, "theirs"), word(900, 10_900, long_one))
    assert len(said(listen(waveform, Script(heard), OVERLAPPING))) == 2


def test_spots_end_where_what_is_kept_ends(waveform: Waveform) -> None:
    assert spots(listen(waveform, Script(()), OVERLAPPING)) == [("missing", 10_000, 20_000)]
    theirs = Chunk(3, (SpeechSpan(9_500, 11_500),), keeps=SpeechSpan(9_500, 11_000))
    guess = word(1_600, 1_900, "guess", 0.1)
    assert listen(waveform, Script((guess,), (guess,)), theirs).spots == ()


def test_several_chunks_are_decoded_together_and_understood_one_by_one(waveform: Waveform) -> None:
    script = Script(
        (word(0, 900, "one"),),
        (word(0, 900, "two"), word(3500, 3900, "three")),
        (word(0, 2500, "found-again"),),
    )
    results = Listener(waveform, ENGLISH)(script, [chunk((0, 1000)), chunk((10_000, 14_000))])
    assert [said(result) for result in results] == [
        [("one", 0, 900)],
        [("two", 10_000, 10_900), ("found-again", 10_900, 13_400), ("three", 13_500, 13_900)],
    ]
    assert [duration for duration, _ in script.asked] == [1000, 4000, 2600]


def test_doubtful_words_in_a_breath_are_not_taken(waveform: Waveform) -> None:
    guess = (word(0, 190, "Thanks", 0.02), word(190, 560, "for-watching", 0.2))
    result = listen(waveform, Script(guess, guess), chunk((9_400, 9_960)))
    assert said(result) == []
    assert spots(result) == [("missing", 9_400, 9_960)]


NAMES = ("Kalpana Chawla", "Reto Lamm")


def listen_for(waveform: Waveform, script: Script, prompt: str = "") -> ChunkResult:
    options = DecodingOptions("en", prompt=prompt, beam_size=5)
    (result,) = Listener(waveform, options, NAMES)(script, [chunk((0, 3000))])
    return result


def heard(text: str, probability: float = 0.9) -> tuple[Word, ...]:
    return tuple(word(i * 700, i * 700 + 700, each, probability) for i, each in enumerate(text.split()))


def test_a_window_is_heard_again_with_the_terms_that_resemble_something_in_it(waveform: Waveform) -> None:
    script = Script(heard("and Kulbna Shavla spoke"), heard("and Kalpana Chawla spoke"))
    result = listen_for(waveform, script, "Hello.")
    assert [options.prompt for _, options in script.asked] == ["Hello.", "Kalpana Chawla. Hello."]
    assert result.segments[0].text == "and Kalpana Chawla spoke"
    assert result.spots == ()


def test_a_window_without_such_terms_is_heard_once(waveform: Waveform) -> None:
    script = Script(heard("nothing of the kind"))
    assert listen_for(waveform, script).segments[0].text == "nothing of the kind"
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    "again",
    ["", "Kalpana Chawla " * 12, "and Kulbna Chawla spoke", "Kalpana Chawla spoke"],
    ids=["empty", "doubtful", "no better", "a word fewer of four"],
)
def test_a_second_hearing_that_is_no_better_is_not_taken(waveform: Waveform, again: str) -> None:
    script = Script(heard("and Kulbna Shavla spoke"), heard(again))
    assert listen_for(waveform, script).segments[0].text == "and Kulbna Shavla spoke"


def test_a_second_hearing_that_loses_a_name_is_not_taken(waveform: Waveform) -> None:
    script = Script(heard("Reto Lamm and Kulbna Shavla"), heard("Red olam and Kalpana Chawla"))
    assert listen_for(waveform, script).segments[0].text == "Reto Lamm and Kulbna Shavla"


def test_names_read_from_the_prompt_where_nobody_speaks_are_left_out(waveform: Waveform) -> None:
    options = DecodingOptions("en", prompt="Ala, Marek, Zofia.")
    script = Script(heard("Ala, Marek, Zofia."), ())
    result = listen(waveform, script, chunk((0, 3000)), options)
    assert (said(result), spots(result)) == ([], [("missing", 0, 3000)])


def test_even_a_guess_is_better_than_the_prompt(waveform: Waveform) -> None:
    options = DecodingOptions("en", prompt="Ala, Marek, Zofia.")
    script = Script(heard("Ala, Marek, Zofia."), heard("something mumbled here", 0.2))
    result = listen(waveform, script, chunk((0, 2100)), options)
    assert result.segments[0].text == "something mumbled here"
    assert [spot.kind for spot in result.spots] == ["suspect"]


FOREIGN = Heard(((word(0, 1900, "Добрый"),),), ("in another script",))
SILENT = Heard((), ("no words",))


@pytest.mark.parametrize("first", [FOREIGN, SILENT])
def test_what_the_recogniser_doubts_itself_is_heard_again(waveform: Waveform, first: Heard) -> None:
    script = Script.of(first, Heard(((word(0, 1900, "Dobry"),),)))
    result = listen(waveform, script, chunk((10_000, 12_000)))
    assert said(result) == [("Dobry", 10_000, 11_900)]
    assert [options.beam_size for _, options in script.asked] == [1, 5]
    (spot,) = result.spots
    assert (spot.kind, spot.reason) == ("redecoded", f"the first attempt: {first.doubts[0]}")


def test_words_that_stay_doubtful_are_suspect(waveform: Waveform) -> None:
    long = Heard(((word(0, 4900, "Добрый-вечер-вам-всем-и-каждому-из-вас"),),), ("in another script",))
    result = listen(waveform, Script.of(long, long, FOREIGN, FOREIGN), chunk((10_000, 15_000)))
    assert [(spot.kind, spot.reason) for spot in result.spots] == [("suspect", "in another script")]


def test_speech_that_stays_without_words_is_missing(waveform: Waveform) -> None:
    result = listen(waveform, Script.of(*[SILENT] * 4), chunk((10_000, 15_000)))
    assert result.segments == ()
    assert spots(result) == [("missing", 10_000, 15_000)]
