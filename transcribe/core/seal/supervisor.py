"""The process that refuses sockets in the kernel's name, and writes down who asked for one.

It is a process of its own: a thread would have to wait for whoever holds Python's lock, which may be the one
that waits for its answer; and workers are forked from a process with one thread. When it is gone, the kernel
refuses (ENOSYS), because nobody else has the descriptor.
"""

from __future__ import annotations

import errno
import os
import select
import struct
import subprocess
from fcntl import ioctl
from pathlib import Path

from transcribe.core import processes
from transcribe.core.seal.attempts import Attempt, write_attempt

REQUEST = struct.Struct("=QII iIQ6Q")
"""A call that waits: id, thread, flags; number, machine, place, arguments (`seccomp_notif`)."""

ANSWER = struct.Struct("=QqiI")
"""id, value, error, flags (`seccomp_notif_resp`)."""

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
"""SECCOMP_IOCTL_NOTIF_RECV and _SEND of linux/seccomp.h: direction, size, '!' and number."""

COMMAND = processes.python(
    "-c", "import sys; from transcribe.core.seal.supervisor import serve; serve(*sys.argv[1:])"
)


def start(listener: int, log: int, path: Path) -> subprocess.Popen[bytes]:
    """Start it; it ends when its standard input does, and takes the log with it.

    Args:
        listener: The descriptor of the filter; whoever has it must close it now, or sockets would hang once
            the process is gone.
        log: Where attempts are written down; locked, and to be closed now as well.
        path: Where the log lies.
    """
    return subprocess.Popen(
        [*COMMAND, str(listener), str(log), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(listener, log),
        env=processes.environment(),
        start_new_session=True,  # Ctrl-C is for the others
    )


def serve(listener: str, log: str, path: str) -> None:
    """Its life."""
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(int(listener), select.POLLIN)
    try:
        while True:
            ready = [number for number, _ in poll.poll()]
            if int(listener) in ready:
                _answer(int(listener), int(log))
            elif ready:
                return
    finally:
        Path(path).unlink(missing_ok=True)


def _answer(listener: int, log: int) -> None:
    request = bytearray(REQUEST.size)
    try:
        ioctl(listener, _RECEIVE, request)
    except OSError:  # whoever asked is gone
        return
    number, thread, _, _, _, _, family, *_ = REQUEST.unpack(request)
    try:
        write_attempt(log, Attempt.of(thread, family & 0xFFFFFFFF))
    finally:  # where it cannot be written, this process ends, and so the others know
        try:
            ioctl(listener, _SEND, ANSWER.pack(number, 0, -errno.EACCES, 0))
        except OSError as error:
            if error.errno != errno.ENOENT:  # whoever asked is gone
                os._exit(1)
