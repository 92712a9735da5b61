"""Turn off what dependencies would tell others about this machine; `transcribe/__init__.py` does it first.

Only the standard library is imported here, so that nothing else can be imported before the switches are
set. They are set in the environment, which child processes inherit.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import NamedTuple


class Switch(NamedTuple):
    """One environment variable that keeps a dependency quiet.

    Attributes:
        value: What turns the telemetry off.
        turns_off: What would happen without it.
    """

    variable: str
    value: str
    package: str
    turns_off: str
    source: str


SWITCHES = (
    Switch(
        "ORT_DISABLE_TELEMETRY",
        "1",
        "onnxruntime",
        "from 1.29 on, events about the machine and the program are queued in the user's cache, and sent to "
        "Microsoft by processes that live for some ten seconds",
        "`Privacy.md` in the package",
    ),
    Switch(
        "HF_HUB_DISABLE_TELEMETRY",
        "1",
        "huggingface-hub, hf-xet",
        "requests name installed packages and programs around this one, a list of such programs is fetched, "
        "and every download is reported",
        "`huggingface_hub/constants.py`; the documentation of hf-xet",
    ),
    Switch(
        "HF_XET_TELEMETRY_ENABLED",
        "0",
        "hf-xet",
        "every download is reported",
        "the documentation of hf-xet",
    ),
    Switch(
        "DO_NOT_TRACK",
        "1",
        "any that knows the convention, huggingface-hub and hf-xet among them",
        "differs by package",
        "donottrack.sh",
    ),
)
"""What is turned off, whatever the environment says: nobody wants telemetry on behalf of others."""

QUIET = ("1", "true", "yes", "on")
"""The values of `ORT_DISABLE_TELEMETRY` that onnxruntime takes for yes, in any case."""

QUEUE = Path("Microsoft", "DeveloperTools", ".onnxruntime")
"""The folder of onnxruntime's events and device id, under the user's cache."""


def turn_off() -> None:
    """Set every switch, whatever value it has, also for packages that have been imported already."""
    was_quiet = os.environ.get("ORT_DISABLE_TELEMETRY", "").lower() in QUIET
    for switch in SWITCHES:
        os.environ[switch.variable] = switch.value
    if hub := sys.modules.get("huggingface_hub.constants"):
        hub.HF_HUB_DISABLE_TELEMETRY = True  # type: ignore[attr-defined]
    if not was_quiet:
        _quieten_onnxruntime()


def queue() -> Path | None:
    """The folder of events that onnxruntime has queued, in this program or another; None if there is none."""
    folder = _cache() / QUEUE
    return folder if folder.is_dir() else None


def _quieten_onnxruntime() -> None:
    """Stop further events of an onnxruntime that began to report when something else imported it."""
    runtime = sys.modules.get("onnxruntime")
    if runtime is None or queue() is None:
        return
    runtime.disable_telemetry_events()
    warnings.warn(
        "onnxruntime was imported before transcribe and has begun to report its start to its makers. Import "
        "transcribe first, or set ORT_DISABLE_TELEMETRY=1",
        RuntimeWarning,
        stacklevel=4,  # the line that imports transcribe
    )


def _cache() -> Path:
    """The folder that onnxruntime takes for the user's cache."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return chosen if chosen.is_absolute() else Path.home() / ".cache"
