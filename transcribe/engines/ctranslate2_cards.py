"""Cards for CTranslate2: which it can compute on, with what numbers, and how many windows fit into one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from transcribe.core.errors import EngineError
from transcribe.core.own_process import OwnProcess
from transcribe.engines import cuda
from transcribe.engines.cards import PATIENCE_SECONDS, UNKNOWN, Card, Cards, has_nvidia
from transcribe.engines.ctranslate2 import CUDA, LIBRARY, require

CARD_BATCHES = (16, 8, 4, 2)
FREE_SHARE = 0.8
WINDOW_SHARE, WINDOW_BYTES = 0.5, 100_000_000
"""Of a card's free memory, this share is planned with. A window takes at most this share of the weights and
so many bytes, with five candidates (large-v3: keys and values of 32 layers, 1.2 of 3.1 GB)."""


def find_cards() -> Cards:
    """The cards that CTranslate2 can compute on, looked for in a process of its own, if there may be one.

    Raises:
        DependencyError: The engine is not installed.
    """
    require()
    if not has_nvidia():
        advice = "Install the card's driver, if there is one"
        return Cards(CUDA, problem="there is no driver of an NVIDIA card", advice=advice)
    process = OwnProcess("CTranslate2", "Check the card's driver with nvidia-smi")
    try:
        return process.call(look_for_cards, Cards, PATIENCE_SECONDS, "looking for graphics cards")
    except EngineError as error:
        return Cards(CUDA, UNKNOWN, error.what, error.hint)
    finally:
        process.close()


def look_for_cards() -> Cards:
    """The same in this process, which asks the card's driver."""
    import ctranslate2

    count = ctranslate2.get_cuda_device_count()
    if not count:
        problem = "CTranslate2 finds no NVIDIA card"
        return Cards(CUDA, problem=problem, advice="Check the driver with nvidia-smi")
    name = cuda.cublas_name(LIBRARY)
    try:
        if name:
            cuda.load_library(name)
    except OSError:
        version = name.rpartition(".")[2]
        problem = f"the card cannot be used without {name}, which is missing or does not load"
        return Cards(CUDA, UNKNOWN, problem, f"Run: pip install nvidia-cublas-cu{version}")
    try:
        found = cuda.cards()
    except (OSError, AttributeError) as error:
        return Cards(CUDA, UNKNOWN, f"the card cannot be used: {error}", "Check it with nvidia-smi")
    numbers = (ctranslate2.get_supported_compute_types(CUDA, number) for number in range(count))
    return Cards(
        CUDA,
        tuple(
            replace(card, numbers=tuple(sorted(types))) for card, types in zip(found, numbers, strict=False)
        ),
    )


def compute_type_for(asked: str, weights: str, supported: Collection[str]) -> str:
    """What a card computes with.

    Args:
        asked: As the settings say; `auto`: like the weights, in half precision.
        weights: What they are kept as: `int8`, `float16` or `float32`.
        supported: What the card can do.
    """
    if asked != "auto":
        return asked
    wanted = ("int8_float16", "float16") if weights == "int8" else ("float16",)
    return next((each for each in wanted if each in supported), "float32")


def batch_for(card: Card, weights_bytes: int) -> int:
    """How many windows are decoded at a time on a card: as many as surely fit into its free memory.

    Powers of two, so that a little more or less free memory makes no other batches.

    Args:
        card: With what is free now.
        weights_bytes: Size of the model's file.
    """
    room = card.free_bytes * FREE_SHARE - weights_bytes
    fitting = room / (weights_bytes * WINDOW_SHARE + WINDOW_BYTES)
    return next((size for size in CARD_BATCHES if size <= fitting), 1)
