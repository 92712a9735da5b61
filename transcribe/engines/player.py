"""A program that plays sound on this machine: found, run, stopped; the clock says what was played."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from transcribe.core.errors import EngineError
from transcribe.core.processes import environment, find_program

PLAYERS: Mapping[str, tuple[str, ...]] = {
    "ffplay": ("-nodisp", "-autoexit", "-loglevel", "error"),
    "afplay": (),
    "paplay": (),
    "aplay": ("-q",),
}
"""Programs that play a WAV file and end with it, and their options; the first one found is taken."""

STARTS_MS = 500
"""A player may take so long before it is heard; where it is stopped early, this is not counted."""

SHORTEST = 0.9
"""A player that ends well after less than this part of the sound's length did not play it: clocks of sound
cards differ by less than a tenth of a percent."""

LATEST_MS = 10_000
"""A player that goes on for so long after the end of the sound hangs."""

LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Player:
    """A program that plays a WAV file."""

    path: str
    arguments: tuple[str, ...]

    @classmethod
    def find(cls) -> Player | None:
        """The first of the known players that is installed; None where there is none."""
        found = ((find_program(name), arguments) for name, arguments in PLAYERS.items())
        return next((cls(path, arguments) for path, arguments in found if path), None)

    def play(self, sound: Path, length_ms: int, stop: Callable[[float], bool]) -> int:
        """Play a file to its end, or until somebody wants it to stop.

        Args:
            length_ms: How long the sound is.
            stop: Waits for so many seconds, and says whether to stop.

        Returns:
            How much of it was played, in ms, by the clock.

        Raises:
            EngineError: The player cannot be started, fails, ends at once, or hangs.
        """
        with tempfile.TemporaryFile() as said:
            try:
                child = subprocess.Popen(
                    [self.path, *self.arguments, str(sound)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    env=_local(environment()),
                    start_new_session=True,
                )
            except OSError as error:
                raise EngineError(f"{self._name} cannot be started: {error.strerror or error}") from error
            began = time.monotonic()
            try:
                stopped = self._wait(child, began, length_ms, stop)
            finally:
                child.kill()
                child.wait()
            played_ms = round((time.monotonic() - began) * 1000)
            if stopped:
                return max(0, min(played_ms - STARTS_MS, length_ms))
            said.seek(0)
            words = said.read(1 << 16).decode("utf-8", "replace").strip().splitlines()
        if child.returncode:
            raise EngineError(f"{self._name} failed: {words[-1] if words else 'it does not say why'}")
        if played_ms < length_ms * SHORTEST:
            raise EngineError(f"{self._name} ended after {played_ms} ms of {length_ms}: nothing was heard")
        return length_ms

    def _wait(
        self, child: subprocess.Popen[bytes], began: float, length_ms: int, stop: Callable[[float], bool]
    ) -> bool:
        """Whether somebody wanted it to stop before it ended."""
        while child.poll() is None:
            if stop(LOOK_SECONDS):
                return True
            if time.monotonic() - began > (length_ms + LATEST_MS) / 1000:
                raise EngineError(f"{self._name} does not end, and was stopped")
        return False

    @property
    def _name(self) -> str:
        return Path(self.path).name


def _local(variables: dict[str, str]) -> dict[str, str]:
    """The environment without a sound server on another machine: nothing leaves this one."""
    server = variables.get("PULSE_SERVER", "")
    if server and not server.startswith(("unix:", os.sep)):
        del variables["PULSE_SERVER"]
    return variables
