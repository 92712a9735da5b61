"""A network namespace of its own (Linux), in which there is no interface but a loopback that is down.

By the C library: `os.unshare` came with Python 3.12. Sources: unshare(2), user_namespaces(7), capset(2).
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from transcribe.core.seal.filter import Unavailable, this_machine

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_CAPABILITIES_3 = 0x20080522


def enter() -> None:
    """Enter a new one, for good: this process and all that it starts. It must have one thread.

    Where the user may not, it is made in a user namespace of the same user, whose new powers are given up.

    Raises:
        Unavailable: The system does not allow it.
    """
    this_machine()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK) == 0:
        return
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_NEW_USER | _NEW_NETWORK):
        raise Unavailable(
            f"this system does not let you make a namespace ({os.strerror(ctypes.get_errno())})"
        )
    own = Path("/proc/self")
    try:
        (own / "setgroups").write_text("deny")
        (own / "uid_map").write_text(f"{user} {user} 1")
        (own / "gid_map").write_text(f"{group} {group} 1")
    except OSError as error:
        raise Unavailable(f"the user cannot be taken into a namespace ({error.strerror})") from error
    libc.capset((ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0), (ctypes.c_uint32 * 6)())


def in_force() -> bool:
    """Whether this process sees no interface but the loopback."""
    if sys.platform != "linux":
        return False
    try:
        lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
    except OSError:
        return False
    return [line.partition(":")[0].strip() for line in lines] in ([], ["lo"])
