"""Nothing that was heard a second time stands in the transcript twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.core.episode import Word
from transcribe.pipeline.hearing.doubt import bare
from transcribe.pipeline.hearing.repeats import shared, without_repeats


def words(text: str, start_ms: int = 0) -> list[Word]:
    return [
        Word(start_ms + 300 * i, start_ms + 300 * (i + 1), each, 0.9) for i, each in enumerate(text.split())
    ]


@pytest.mark.parametrize(
    ("before", "heard", "after", "kept"),
    [
        ("And so, my fellow Americans", "And so my fellow Americans", "ask not", ""),
        ("And so, my fellow Americans", "my fellow American, ask not", "what your country", "ask not"),
        ("ask not", "what your country can do", "can do for you", "what your country"),
        ("ask not what your", "ask not what your country", "country can do for you", ""),
        ("It was the age of wisdom,", "it was the age of foolishness,", "it was the epoch of belief",
         "it was the age of foolishness,"),
        ("He said no.", "No, never.", "And left.", "No, never."),
        ("", "Good morning everyone.", "", "Good morning everyone."),
        ("我们 今天 去 公园", "今天 去 公园", "天气 很好", ""),
    ],
)  # fmt: skip
def test_what_stands_beside_a_hole_is_not_put_into_it(before: str, heard: str, after: str, kept: str) -> None:
    found = without_repeats(words(before), words(heard), words(after))
    assert " ".join(word.text for word in found) == kept


def test_a_word_that_both_sides_end_and_begin_with_is_one_word() -> None:
    assert shared(words("what they call"), words("call the season")) == 1
    assert shared(words("and the"), words("the season")) == 0


texts = st.lists(
    st.sampled_from(["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"]), max_size=12
)


@given(texts, texts, texts)
def test_what_is_kept_is_a_run_of_what_was_heard(
    before: list[str], heard: list[str], after: list[str]
) -> None:
    sides = words(" ".join(before)), words(" ".join(heard)), words(" ".join(after))
    kept = [bare(word.text) for word in without_repeats(*sides)]
    assert not kept or any(kept == heard[i : i + len(kept)] for i in range(len(heard)))
    assert len(kept) < 2 or kept != before[-len(kept) :]
    assert len(kept) < 2 or kept != after[: len(kept)]
