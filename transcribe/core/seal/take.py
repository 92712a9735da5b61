"""Taking the seal, and which level of it this process has.

A level is only said to be held where the process itself finds it in force: a name in the environment proves
nothing.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from transcribe.core.errors import DependencyError, UsageError
from transcribe.core.seal import HELD_ENV, audit, namespace
from transcribe.core.seal import filter as kernel
from transcribe.core.seal.attempts import Attempt, new_log, read_attempts
from transcribe.core.seal.filter import Unavailable
from transcribe.core.seal.supervisor import start

NONE, AUTO, AUDIT_HOOK, SECCOMP, NAMESPACE = LEVELS = (
    "none", "auto", "audit-hook", "seccomp", "namespace",
)  # fmt: skip

PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")
OFFLINE = "HF_HUB_OFFLINE"
"""What keeps huggingface-hub from asking for anything."""

_supervisors: list[subprocess.Popen[bytes]] = []
_logs: list[Path] = []
_told: list[Attempt] = []


def take(asked: str) -> str:
    """Seal this process and all that it starts, for good; a warning if that is only Python code, or nothing.

    Args:
        asked: One of `LEVELS`; `auto`: the best one without a namespace.

    Raises:
        DependencyError: This system does not have the level that is asked for.
    """
    if asked == NONE:
        return ""
    _go_offline()
    if LEVELS.index(asked) <= LEVELS.index(level()):
        return ""
    why = ""
    try:
        if asked == NAMESPACE:
            namespace.enter()
        if asked != AUDIT_HOOK:
            _take_filter(asked)
    except Unavailable as error:
        why = str(error)
        if asked not in (AUTO, AUDIT_HOOK):
            raise DependencyError(
                f"the seal {asked} cannot be had: {error}",
                "Ask for --sealed alone, which takes what there is",
            ) from error
    if why or asked == AUDIT_HOOK:
        path, _ = new_log()  # the lock is kept as long as this process lives
        _logs.append(path)
        atexit.register(_remove, path, os.getpid())
        _hold(AUDIT_HOOK, path)
        inherit()
    return f"sealed by {AUDIT_HOOK} only, which does not hold programs such as ffmpeg: {why}" if why else ""


def inherit() -> None:
    """Put the hook on this process where whoever started it has it; a filter needs no help."""
    said, _, path = os.environ.get(HELD_ENV, "").partition(":")
    if said == AUDIT_HOOK:
        audit.install(Path(path))


def level() -> str:
    """The level that is in force in this process."""
    said, _, _ = os.environ.get(HELD_ENV, "").partition(":")
    if kernel.in_force():
        return NAMESPACE if said == NAMESPACE and namespace.in_force() else SECCOMP
    return AUDIT_HOOK if audit.in_force() else NONE


def attempts() -> tuple[Attempt, ...] | None:
    """Who has tried to reach the network since the seal was taken; None where that is not known."""
    _, _, path = os.environ.get(HELD_ENV, "").partition(":")
    return read_attempts(Path(path)) if path else None


def untold() -> list[Attempt]:
    """Attempts that this function has not returned before."""
    fresh = list((attempts() or ())[len(_told) :])
    _told.extend(fresh)
    return fresh


def refuse(what: str, instead: str = "") -> None:
    """Say that something cannot be had, if this process is sealed.

    Args:
        what: What needs the network: `a webhook`.
        instead: What can be done.

    Raises:
        UsageError: It is.
    """
    if (held := level()) != NONE:
        raise UsageError(f"{what} needs the network, from which this run is sealed ({held})", instead)


def end() -> None:
    """Let go of what the seal needs beside it; the seal itself stays, and what tries is refused as before."""
    while _supervisors:
        supervisor = _supervisors.pop()
        with suppress(OSError):
            supervisor.communicate()
    while _logs:
        _logs.pop().unlink(missing_ok=True)


def _remove(log: Path, owner: int) -> None:
    """Remove a log as its process ends, and not as one ends that was forked from it."""
    if os.getpid() == owner:
        log.unlink(missing_ok=True)


def _take_filter(asked: str) -> None:
    listener = kernel.install()
    if listener is None:
        _hold(NAMESPACE if asked == NAMESPACE else SECCOMP, "")
        return
    path, log = new_log()
    try:
        _supervisors.append(start(listener, log, path))
    finally:  # nobody else may have them: the supervisor's end is seen by that
        os.close(listener)
        os.close(log)
    _hold(NAMESPACE if asked == NAMESPACE else SECCOMP, path)


def _hold(held: str, log: Path | str) -> None:
    os.environ[HELD_ENV] = f"{held}:{log}"


def _go_offline() -> None:
    for name in PROXIES:
        for each in (name, name.upper()):
            os.environ.pop(each, None)
    os.environ[OFFLINE] = "1"
    if hub := sys.modules.get("huggingface_hub.constants"):
        hub.HF_HUB_OFFLINE = True  # type: ignore[attr-defined]
