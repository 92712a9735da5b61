"""How large a context fits into memory."""

from __future__ import annotations

import pytest

from transcribe.core.errors import ModelError
from transcribe.engines.llm.memory import fitting_context

QWEN3_8B = 36 * 8 * 256 * 2
"""Bytes for each token: 36 layers, 8 heads of 128 + 128 numbers, 16 bits each."""

GB = 1_000_000_000


def test_what_the_model_and_the_memory_allow() -> None:
    assert fitting_context("x", 40_960, QWEN3_8B, 5 * GB, 32 * GB, 0) == 16_384
    assert fitting_context("x", 8_192, QWEN3_8B, 5 * GB, 32 * GB, 0) == 8_192
    assert fitting_context("x", 40_960, QWEN3_8B, 5 * GB, 32 * GB, 40_000) == 40_000
    assert 2_048 < fitting_context("x", 40_960, QWEN3_8B, 5 * GB, 6 * GB, 0) < 16_384


@pytest.mark.parametrize(("free", "asked"), [(5 * GB, 0), (6 * GB, 40_000)])
def test_model_too_large_for_memory_says_the_numbers(free: int, asked: int) -> None:
    with pytest.raises(ModelError, match=rf"needs \d+\.\d GB, and {free // GB}\.0 GB are free"):
        fitting_context("qwen3-8b", 40_960, QWEN3_8B, 5 * GB, free, asked)


def test_more_than_the_model_was_trained_for() -> None:
    with pytest.raises(ModelError, match="reads 8,192 tokens at a time, not 9,000"):
        fitting_context("smollm2", 8_192, 1, 1, 32 * GB, 9_000)
