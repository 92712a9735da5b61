"""The kernel's filter of system calls (seccomp, Linux): of all sockets only unix ones can be opened.

A process that has the filter cannot take it off, and hands it on to whatever it starts. The kernel's own call
is used, not `pyseccomp` or libseccomp: the filter is sixteen steps over three numbers of each machine, and a
package and a library (which slim containers lack) would be two things that may be missing. The tests compare
the numbers with libseccomp's. Sources: seccomp(2), linux/seccomp.h, filter.h and audit.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
import sys
from typing import NamedTuple


class Machine(NamedTuple):
    """Numbers of a machine: what the kernel calls it, and its system calls."""

    audit: int
    seccomp: int
    socket: int


MACHINES = {
    "x86_64": Machine(0xC000003E, 317, 41),
    "aarch64": Machine(0xC00000B7, 277, 198),
}
IO_URING_SETUP = 425
"""On every machine: a ring opens and uses sockets without system calls."""

FIRST_OF_X32 = 0x40000000
"""From here on, calls of x86_64's other interface (x32), which have other numbers."""

MARK = 3957
"""What the filter answers to somebody who asks for a socket of no family: no error that a kernel knows."""

_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER = 1
_IS_ACTION_KNOWN = 2
_EVERY_THREAD = 1 << 0
_FAST = 1 << 2
"""Without it kernels before 5.16 slow the process down, against speculation (Spectre v4)."""
_LISTENER = 1 << 3
_LISTENER_TOO = 1 << 4
"""Together with `_EVERY_THREAD` (TSYNC_ESRCH, Linux 5.7)."""

_KILL = 0x80000000
_ERROR = 0x00050000
_ASK_LISTENER = 0x7FC00000
_ALLOW = 0x7FFF0000

_LOAD, _EQUALS, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16
"""Where they lie in what the kernel tells the filter (`seccomp_data`, little-endian)."""


class Unavailable(Exception):  # noqa: N818 - reads as what it is at every `except`
    """This system cannot do it; the message says why."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def install() -> int | None:
    """Put the filter on this process, for good; the descriptor at which refusals wait for an answer.

    None: refused without asking anybody, because the kernel is older than 5.7, or a filter that was there
    before has such a descriptor already.

    Raises:
        Unavailable: The kernel has no such filter, or this machine's numbers are not known.
    """
    machine = this_machine()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise _unavailable("prctl")
    if (listener := _set(libc, machine, _ASK_LISTENER, _LISTENER | _LISTENER_TOO)) >= 0:
        return listener
    if _set(libc, machine, _ERROR | errno.EACCES, 0) == 0:
        return None
    raise _unavailable("seccomp")


def in_force() -> bool:
    """Whether this process has the filter, asked of the filter itself."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    number = libc.socket(int(socket.AF_UNSPEC), int(socket.SOCK_STREAM), 0)
    return bool(number == -1 and ctypes.get_errno() == MARK)


def check() -> None:
    """Whether this system has the filter, without taking it.

    Raises:
        Unavailable: It has not, or does not know how to ask somebody about a call.
    """
    machine, action = this_machine(), ctypes.c_uint32(_ASK_LISTENER)
    libc = ctypes.CDLL(None, use_errno=True)
    number, asked = ctypes.c_long(machine.seccomp), ctypes.c_long(_IS_ACTION_KNOWN)
    if libc.syscall(number, asked, ctypes.c_long(0), ctypes.byref(action)):
        raise _unavailable("seccomp")


def this_machine() -> Machine:
    """The numbers of this machine.

    Raises:
        Unavailable: They are not known.
    """
    name = platform.machine()
    if sys.platform != "linux" or name not in MACHINES or sys.maxsize < 1 << 32:
        raise Unavailable(f"the seal by seccomp is for Linux on {' and '.join(MACHINES)}")
    return MACHINES[name]


def _set(libc: ctypes.CDLL, machine: Machine, refusal: int, flags: int) -> int:
    steps = _steps(machine, refusal)
    program = _Program(len(steps) // 8, steps)
    result: int = libc.syscall(
        ctypes.c_long(machine.seccomp),
        ctypes.c_long(_SET_MODE_FILTER),
        ctypes.c_long(flags | _FAST | _EVERY_THREAD),
        ctypes.byref(program),
    )
    return result


def _steps(machine: Machine, refusal: int) -> bytes:
    """The filter: what comes after a comparison is passed over where it does not hold."""
    no_such_call = _ERROR | errno.ENOSYS
    steps = (
        (_LOAD, 0, 0, _MACHINE),
        (_EQUALS, 1, 0, machine.audit),
        (_RETURN, 0, 0, _KILL),  # a 32-bit program, whose calls have other numbers
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, FIRST_OF_X32),
        (_RETURN, 0, 0, no_such_call),
        (_EQUALS, 0, 1, IO_URING_SETUP),
        (_RETURN, 0, 0, no_such_call),
        (_EQUALS, 1, 0, machine.socket),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_EQUALS, 0, 1, int(socket.AF_UNIX)),
        (_RETURN, 0, 0, _ALLOW),
        (_EQUALS, 0, 1, int(socket.AF_UNSPEC)),
        (_RETURN, 0, 0, _ERROR | MARK),
        (_RETURN, 0, 0, refusal),
    )
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _unavailable(call: str) -> Unavailable:
    return Unavailable(f"the kernel refuses {call} ({os.strerror(ctypes.get_errno())})")
