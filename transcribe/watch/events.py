"""Tells when something changes in a folder: watchfiles in a thread, and a pipe that wakes the watcher."""

from __future__ import annotations

import os
import queue
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

DEBOUNCE_MS = 400
STEP_MS = 100


class Events:
    """Names of what has changed, as the operating system tells it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stop = threading.Event()
        self.wake, self._waker = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(self._waker, False)
        self._thread: threading.Thread | None = None
        self.problem = ""

    def start(self) -> bool:
        """Begin to listen, anew after a problem; whether it works."""
        from watchfiles._rust_notify import RustNotify

        try:
            self._folder.stat()  # a folder that is not there would be watched in silence
            # Not `watchfiles.watch`: that one says only after the first event whether listening works at all.
            notify = RustNotify([str(self._folder)], False, False, 300, True, True)
        except UnicodeEncodeError:
            self.problem = "the name of the folder is not UTF-8"
            return False
        except (OSError, RuntimeError) as error:
            self.problem = str(error)
            return False
        self.problem = ""
        self._thread = threading.Thread(target=self._listen, args=(notify,), daemon=True, name="events")
        self._thread.start()
        return True

    @property
    def alive(self) -> bool:
        """Whether somebody listens."""
        return self._thread is not None and self._thread.is_alive()

    def take(self) -> set[str]:
        """What has changed since it was last asked: paths relative to the folder."""
        with suppress(BlockingIOError):
            while os.read(self.wake, 4096):
                pass
        found = set()
        while True:
            try:
                found.add(self._changed.get_nowait())
            except queue.Empty:
                return found

    def close(self) -> None:
        """Stop listening."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)
        os.close(self.wake)
        os.close(self._waker)

    def _listen(self, notify: RustNotify) -> None:
        try:
            with notify:
                while not self._stop.is_set():
                    changes = notify.watch(DEBOUNCE_MS, STEP_MS, 60_000, self._stop)
                    if isinstance(changes, set):
                        self._tell({path for _, path in changes})
        except Exception as error:  # noqa: BLE001 - whatever it is, as a name that is not UTF-8: to be scanned for
            self.problem = str(error) or type(error).__name__
            self._tell({str(self._folder)})

    def _tell(self, paths: set[str]) -> None:
        for path in paths:
            name = os.path.relpath(path, self._folder)
            if not name.startswith(".."):
                self._changed.put("" if name == "." else name)
        with suppress(OSError):  # the pipe is full: the watcher will wake anyway
            os.write(self._waker, b"!")
