"""The hook in Python (PEP 578) that refuses sockets to Python code, where the kernel has no filter for us.

Programs that are not Python, and libraries in C, are not stopped by it.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import cast

from transcribe.core.seal.attempts import LOOK_UP, Attempt, write_attempt

_ALLOWED = (int(socket.AF_UNIX), int(socket.AF_UNSPEC))
_LOOK_UPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")

_log: list[Path] = []
"""Where attempts of this process are written down; empty: there is no hook."""


def install(log: Path) -> None:
    """Put the hook on this process, for good."""
    if not _log:
        _log.append(log)
        sys.addaudithook(_hook)


def in_force() -> bool:
    """Whether this process has the hook."""
    return bool(_log)


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.__new__" and arguments[1] not in _ALLOWED:
        _refuse(cast("int", arguments[1]))
    elif event in _LOOK_UPS:
        _refuse(LOOK_UP)


def _refuse(family: int) -> None:
    with suppress(OSError):
        log = os.open(_log[0], os.O_WRONLY | os.O_APPEND)
        try:
            write_attempt(log, Attempt(os.getpid(), Path(sys.executable).name, tuple(sys.orig_argv), family))
        finally:
            os.close(log)
    raise PermissionError(errno.EACCES, "the network is sealed")
