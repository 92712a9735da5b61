"""How fast this machine has recognised before, kept in the user's cache, to say how long a batch takes."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from transcribe.core.errors import OutputError
from transcribe.core.files import atomic_file, private_folder
from transcribe.core.places import cache
from transcribe.core.reading import read_regular
from transcribe.pipeline.ports import Engines

LEAST_AUDIO_MS = 60_000
"""Of less recording the time says more about starting than about recognising."""

REMEMBERED = 50
"""Engines and models whose speeds are kept; the oldest are forgotten first."""


def known_speed(engines: Engines) -> float | None:
    """Seconds of recording per second in the last batch with these engines; None if there was none."""
    return _read().get(_key(engines))


def remember_speed(engines: Engines, audio_ms: int, seconds: float) -> None:
    """Keep what was measured, if it is enough to say something; if it cannot be kept, it is not."""
    if audio_ms < LEAST_AUDIO_MS or seconds <= 0:
        return
    speeds = _read()
    speeds.pop(_key(engines), None)  # so that it becomes the newest
    speeds[_key(engines)] = round(audio_ms / 1000 / seconds, 2)
    path = _path()
    with contextlib.suppress(OSError, OutputError):
        private_folder(path.parent)
        with atomic_file(path) as handle:
            handle.write(msgspec.json.encode(dict(list(speeds.items())[-REMEMBERED:])))


def _path() -> Path:
    return cache() / "speeds.json"


def _key(engines: Engines) -> str:
    return f"{engines.engine} {engines.model.sha256[:16]}"


def _read() -> dict[str, float]:
    try:
        return msgspec.json.decode(read_regular(_path()), type=dict[str, float])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}
