"""Graphics cards: which ones the system has, and what an engine finds of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

NVIDIA_MARKS = ("/proc/driver/nvidia/version", "/dev/nvidiactl", "/usr/lib/wsl/lib/libcuda.so.1")
"""Files that are there where NVIDIA's driver is; the last one under Windows' Linux."""

PATIENCE_SECONDS = 60
"""A driver that has just been loaded may take seconds to answer."""

AMD_VENDOR = "0x1002"
"""AMD's number among the makers of PCI devices."""


@dataclass(frozen=True)
class Card:
    """A card that an engine can compute on.

    Attributes:
        name: What it calls itself.
        free_bytes: Its memory that nobody has taken.
        total_bytes: All of its memory.
        numbers: What the engine computes with on it (`float16`, …); empty where the engine does not say.
    """

    name: str
    free_bytes: int
    total_bytes: int
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cards:
    """What an engine finds when it looks for cards.

    Attributes:
        device: How they are driven: `cuda`, `vulkan` or `metal`.
        cards: Those that are there, in its own order.
        problem: Why there are none, or why it cannot use them.
        advice: What to do about that.
        instructions: What whisper.cpp was built with, which it cannot be asked without touching the card.
    """

    device: str
    cards: tuple[Card, ...] = ()
    problem: str = ""
    advice: str = ""
    instructions: tuple[str, ...] = ()


UNKNOWN = (Card("a graphics card", 0, 0),)
"""For a card that is there and does not answer."""


def seen(root: Path = Path("/")) -> tuple[str, ...]:
    """Names of the cards whose drivers the system has, without asking any driver.

    Args:
        root: The root of the file system.
    """
    files = sorted(root.glob("proc/driver/nvidia/gpus/*/information"))
    models = [_model(file) for file in files]
    if not models and any((root / mark.lstrip("/")).exists() for mark in NVIDIA_MARKS):
        models = ["an NVIDIA card"]
    vendors = sorted(root.glob("sys/class/drm/card*/device/vendor"))
    return (*models, *("an AMD card" for file in vendors if _text(file).strip() == AMD_VENDOR))


def has_nvidia(root: Path = Path("/")) -> bool:
    """Whether NVIDIA's driver seems to be there."""
    return any((root / mark.lstrip("/")).exists() for mark in NVIDIA_MARKS)


def loaded_library(name: re.Pattern[str]) -> str:
    """Path of the library that this process has loaded under such a name; empty where there is none."""
    paths = (line[line.find("/") :] for line in _text(Path("/proc/self/maps")).splitlines())
    return next((path for path in paths if name.fullmatch(Path(path).name)), "")


def _model(file: Path) -> str:
    for line in _text(file).splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "Model":
            return value.strip()
    return "an NVIDIA card"


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
