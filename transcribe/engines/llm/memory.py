"""How much of a transcript a model can read at a time in the memory that is free."""

from __future__ import annotations

from transcribe.core.errors import ModelError

MOST_CONTEXT = 16_384
"""An hour of talk. More makes reading slower for each word than cutting into sections does."""

LEAST_CONTEXT = 2_048
"""Below that, prompts and answers leave hardly any room for a transcript."""

BUFFER_BYTES = 400_000_000
"""Compute buffers: 512 tokens × 151,936 words of vocabulary × 4 bytes = 311 MB for Qwen3, and some more."""


def fitting_context(name: str, trained: int, token_bytes: int, file_bytes: int, free: int, asked: int) -> int:
    """Tokens of context for a model.

    Args:
        trained: Tokens it was trained to read; 0 where it does not say.
        token_bytes: Memory for each token: keys and values of all layers.
        file_bytes: Size of its file, all of which is read into memory.
        free: Memory that is free, in bytes.
        asked: Tokens that the user wants; 0 leaves it to us.

    Raises:
        ModelError: It does not fit, or was not trained for that much.
    """
    if trained and asked > trained:
        raise ModelError(
            f"the model {name} reads {trained:,} tokens at a time, not {asked:,}",
            "Give --writer-context a smaller number, or leave it out",
        )
    least = asked or min(LEAST_CONTEXT, trained or LEAST_CONTEXT)
    needed = file_bytes + BUFFER_BYTES + least * token_bytes
    if needed > free:
        raise ModelError(
            f"the model {name} is too large for the memory: with a context of {least:,} tokens it needs "
            f"{needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free",
            "Close programs, or choose a smaller model; see transcribe models list",
        )
    fitting = (free - file_bytes - BUFFER_BYTES) // max(1, token_bytes)
    return asked or min(MOST_CONTEXT, trained or MOST_CONTEXT, fitting)
