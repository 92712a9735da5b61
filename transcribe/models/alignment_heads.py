"""Attention heads of the decoder that follow the sound, from which words are timed.

Source of the table: whisper.cpp, `g_aheads_*` in `src/whisper.cpp`, the same as `_ALIGNMENT_HEADS` in
OpenAI's `whisper/__init__.py`.
"""

from __future__ import annotations

from itertools import product

from transcribe.models.ggml import Shape

HEADS: dict[str, tuple[tuple[int, int], ...]] = {
    "tiny.en": ((1, 0), (2, 0), (2, 5), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4)),
    "tiny": ((2, 2), (3, 0), (3, 2), (3, 3), (3, 4), (3, 5)),
    "base.en": ((3, 3), (4, 7), (5, 1), (5, 5), (5, 7)),
    "base": ((3, 1), (4, 2), (4, 3), (4, 7), (5, 1), (5, 2), (5, 4), (5, 6)),
    "small.en": (
        *((6, 6), (7, 0), (7, 3), (7, 8), (8, 2), (8, 5), (8, 7), (9, 0), (9, 4), (9, 8)),
        *((9, 10), (10, 0), (10, 1), (10, 2), (10, 3), (10, 6), (10, 11), (11, 2), (11, 4)),
    ),
    "small": ((5, 3), (5, 9), (8, 0), (8, 4), (8, 7), (8, 8), (9, 0), (9, 7), (9, 9), (10, 5)),
    "medium.en": (
        *((11, 4), (14, 1), (14, 12), (14, 14), (15, 4), (16, 0), (16, 4), (16, 9), (17, 12), (17, 14)),
        *((18, 7), (18, 10), (18, 15), (20, 0), (20, 3), (20, 9), (20, 14), (21, 12)),
    ),
    "medium": ((13, 15), (15, 4), (15, 15), (16, 1), (20, 0), (23, 4)),
    "large-v3": (
        *((7, 0), (10, 17), (12, 18), (13, 12), (16, 1)),
        *((17, 14), (19, 11), (21, 4), (24, 1), (25, 6)),
    ),
    "large-v3-turbo": ((2, 4), (2, 11), (3, 3), (3, 6), (3, 11), (3, 14)),
}
"""Decoder layer and head, by the preset that `Shape.alignment` names."""


def alignment_heads(shape: Shape) -> list[tuple[int, int]]:
    """The heads for a model of this shape; where they are not known, all of the last half of the layers.

    Returns:
        Decoder layer and head, each counted from 0.
    """
    known = HEADS.get(shape.alignment, ())
    if known and max(head for _, head in known) < shape.text_heads:
        return list(known)
    return list(product(range(shape.text_layers // 2, shape.text_layers), range(shape.text_heads)))
