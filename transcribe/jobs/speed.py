"""How fast this machine has recognised before, kept in the user's cache."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from transcribe.core.decoding import decode
from transcribe.core.errors import OutputError
from transcribe.core.files import atomic_file, private_folder
from transcribe.core.places import cache
from transcribe.core.reading import read_regular

LEAST_AUDIO_MS = 60_000
"""Of less recording the time says more about starting than about recognising."""

REMEMBERED = 50
"""Engines and models whose speeds are kept; the oldest are forgotten first."""


def known_speed(engine: str, sha256: str) -> float | None:
    """Seconds of recording per second, when this engine last used these weights; None if it never did."""
    return _read().get(_key(engine, sha256))


def last_speed(sha256: str) -> float | None:
    """Seconds of recording per second, when these weights were last used, by whichever engine."""
    return next((value for key, value in reversed(_read().items()) if key.endswith(_key("", sha256))), None)


def remember_speed(engine: str, sha256: str, audio_ms: int, seconds: float) -> None:
    """Keep what was measured, if it is enough to say something; if it cannot be kept, it is not.

    Args:
        engine: Its identity, as provenance names it.
        sha256: The weights' digest.
        audio_ms: How much was recognised.
        seconds: How long that took.
    """
    if audio_ms < LEAST_AUDIO_MS or seconds <= 0:
        return
    speeds = _read()
    key = _key(engine, sha256)
    speeds.pop(key, None)  # so that it becomes the newest
    speeds[key] = round(audio_ms / 1000 / seconds, 2)
    path = _path()
    with contextlib.suppress(OSError, OutputError):
        private_folder(path.parent)
        with atomic_file(path) as handle:
            handle.write(msgspec.json.encode(dict(list(speeds.items())[-REMEMBERED:])))


def _path() -> Path:
    return cache() / "speeds.json"


def _key(engine: str, sha256: str) -> str:
    return f"{engine} {sha256[:16]}"


def _read() -> dict[str, float]:
    try:
        return decode(read_regular(_path()), dict[str, float])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}
