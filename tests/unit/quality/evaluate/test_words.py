from __future__ import annotations

import math

import pytest

from transcribe.quality.evaluate.words import CONTEXT_WORDS, PASSAGE_WORDS, Pair, Score, compare, score, total


def test_errors_are_counted_after_normalisation() -> None:
    found = score("Mr. Smith said: colour the two cats!", "mister smith said color 2 the dogs", "en")
    assert found == Score(count=7, substitutions=1, deletions=1, insertions=1)


def test_silence_heard_as_silence_is_all_deletions() -> None:
    assert score("Życie jest pełne niespodzianek.", "", "pl") == Score(count=4, deletions=4)


def test_words_and_letters_are_counted_apart() -> None:
    found = compare("the cat sat down", "the bat sat", "en")
    assert found.words == Score(count=4, substitutions=1, deletions=1)
    # "the cat sat down" has 16 letters and spaces: c → b, and " down" is missing
    assert found.letters == Score(count=16, substitutions=1, deletions=5)
    assert (found.words.rate, found.letters.rate) == (50.0, 37.5)
    assert found.unit == "words"


def test_without_spaces_every_letter_is_a_word() -> None:
    found = compare("今日は、晴れです。", "今日は雨です", "ja")
    assert found.words == found.letters == Score(count=7, substitutions=1, deletions=1)
    assert found.unit == "letters"


def test_vowel_marks_stay_with_their_letters() -> None:
    assert compare("हिन्दी भाषा", "हिन्दी भाषा", "hi").words == Score(count=2)
    assert compare("ที่นี่", "ทีนี", "th").words == Score(count=2, substitutions=2)


def test_an_emoji_is_no_word() -> None:
    assert compare("Merci ❤️", "merci", "fr").words == Score(count=1)


@pytest.mark.parametrize(("heard", "rate"), [("", 0.0), ("thank you", math.inf)])
def test_nothing_said_has_no_finite_rate_once_something_is_heard(heard: str, rate: float) -> None:
    assert compare("", heard, "en").words.rate == rate


def test_totals_weigh_words_not_files() -> None:
    assert total([Score(2, 2), Score(98, insertions=1)]).rate == pytest.approx(3.0)


def test_passages_come_with_a_few_right_words_and_the_worst_first() -> None:
    reference = "one two alpha four five six seven nine ten bravo charlie delta tango whisky"
    transcript = "one two beta four five six seven nine ten bravo golf hotel whisky"
    worst, second = compare(reference, transcript, "la").passages
    assert (worst.errors, worst.word) == (3, 8)
    shown = worst.pairs[CONTEXT_WORDS:-1]
    assert [pair.reference for pair in shown] == ["charlie", "delta", "tango"]
    assert [pair.transcript for pair in shown if pair.transcript] == ["golf", "hotel"]
    assert (second.errors, second.word) == (1, 1)
    assert second.pairs[2] == Pair("alpha", "beta")


def test_a_passage_without_end_is_cut() -> None:
    passages = compare(" ".join(["yes"] * 100), " ".join(["no"] * 100), "la").passages
    assert sum(passage.errors for passage in passages) == 100
    assert max(passage.errors for passage in passages) == PASSAGE_WORDS


def test_right_words_make_no_passage() -> None:
    assert compare("all is well", "All is well.", "en").passages == ()
