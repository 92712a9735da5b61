"""Room for recordings that come in: what stays free on the disks, and how large the folder may get."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from transcribe.core.disk import LEAST_FREE, LOOK_EVERY, too_full
from transcribe.core.places import work_root
from transcribe.server.errors import Refused

LOOK_SECONDS = 10.0
"""How old what is known of the folder's size may be …"""

REST = 50
"""… or so many times as long as it took to find out, so that it costs 2 % of a core at most."""


class Quota:
    """How large a folder is, and how large it may get.

    What is uploaded counts at once; all else when the folder is looked through the next time.

    Args:
        most: Bytes; 0: as many as there are.
    """

    def __init__(self, folder: Path, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self._folder = folder
        self._clock = clock
        self._known, self._until = 0, -1.0
        self._lock = threading.Lock()  # recordings in --root are copied by threads

    def used(self) -> int:
        """Bytes in the folder, as far as is known."""
        with self._lock:
            return self._used()

    def take(self, size: int) -> None:
        """So many more bytes are about to be written.

        Raises:
            Refused: They are too many.
        """
        if not self.most:
            return
        with self._lock:
            if self._used() + size > self.most:
                what = f"the server's folder has its {self.most / 1e9:g} GB; delete jobs that nobody needs"
                raise Refused(507, what, "quota_full")
            self._known += size

    def _used(self) -> int:
        started = self._clock()
        if started >= self._until:
            self._known = folder_bytes(self._folder)
            now = self._clock()
            self._until = now + max(LOOK_SECONDS, REST * (now - started))
        return self._known


def folder_bytes(folder: str | Path) -> int:
    """Bytes of all files in a folder and in those in it; what vanishes meanwhile does not count."""
    size = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                is_folder = entry.is_dir(follow_symlinks=False)
                size += folder_bytes(entry.path) if is_folder else entry.stat(follow_symlinks=False).st_size
    return size


class Room:
    """Room for one upload.

    Args:
        least_free: Bytes that stay free on the disks that are written to.
    """

    def __init__(self, folder: Path, quota: Quota | None, least_free: int = LEAST_FREE) -> None:
        self._folders = (folder, work_root())
        self._quota, self._least = quota, least_free
        self._left = 0

    def check(self, size: int) -> None:
        """See whether so many more bytes may be written.

        Raises:
            Refused: The disk is nearly full, or the folder is as large as it may get.
        """
        if self._quota is not None:
            self._quota.take(size)
        self._left -= size
        if self._left > 0:
            return
        self._left = LOOK_EVERY
        if full := too_full(self._folders, self._least):
            raise Refused(507, f"the server has no room for it: {full}", "disk_full")
