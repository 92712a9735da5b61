"""What native code gone wrong does to its process, as functions that a process of its own can call."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from transcribe.core.errors import InputError


def add(one: int, other: int) -> int:
    return one + other


def whoami() -> int:
    return os.getpid()


def end(number: int) -> int:
    """End like native code that does something it must not: without a word."""
    os.kill(os.getpid(), number)
    return 0


def end_once(marker: Path) -> int:
    if not marker.exists():
        marker.touch()
        end(signal.SIGSEGV)
    return os.getpid()


def leave(code: int) -> int:
    os._exit(code)


def hang() -> int:
    while True:
        signal.pause()


def work_on(marker: Path) -> int:
    """Say that it has begun, and go on for ever."""
    marker.write_text(str(os.getpid()))
    return hang()


def refuse(what: str, hint: str) -> int:
    raise InputError(what, hint)


def stumble() -> int:
    raise KeyError("oops")


def count_to(number: int, tell: Any) -> str:
    for far in range(number):
        tell(far)
    return "done"


def say_and_hang(tell: Any) -> int:
    tell(1)
    return hang()


def chatter() -> int:
    """Print as native code does, past Python's own `sys.stdout`."""
    os.write(1, b"to standard output\n")
    os.write(2, b"to standard error\n")
    return 1


def length(block: bytes) -> int:
    return len(block)


def repeat(block: bytes, times: int) -> bytes:
    return block * times


def modules() -> list[str]:
    return sorted(sys.modules)


def search_path() -> list[str]:
    return sys.path


def badness() -> str:
    return Path("/proc/self/oom_score_adj").read_text()


def crashing_onnxruntime(where: str, times: int, folder: Path) -> dict[str, str]:
    """Variables with which the real ONNX Runtime crashes in the middle of its work.

    Args:
        where: `detector` or `diariser`.
        times: How often.
        folder: Made; its files count the crashes.
    """
    folder.mkdir()
    return {
        "PYTHONPATH": str(Path(__file__).parent / "crashing"),
        "CRASH_IN": where,
        "CRASH_TIMES": str(times),
        "CRASH_FOLDER": str(folder),
    }
