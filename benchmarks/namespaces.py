"""Machines on one: network namespaces with an address each, and the processes in them (root, Linux).

There is no way out of them, and nothing of the machine's own network is touched.
"""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

BRIDGE = "trcbr0"
RANGE = "198.18.77"
"""Of the addresses for measurements (RFC 2544), which nobody has."""


class Place:
    """One machine.

    Attributes:
        name: Its name.
        address: Its only one beside the loopback interface.
        folder: Its home.
    """

    def __init__(self, name: str, number: int, folder: Path) -> None:
        self.name, self.address, self.folder = name, f"{RANGE}.{number}", folder
        self._namespace, self._wire = f"trc-{name}", f"trcv{number}"

    def make(self) -> None:
        """Make the namespace and its cable."""
        self.folder.mkdir()
        ip("netns", "add", self._namespace)
        ip("link", "add", self._wire, "type", "veth", "peer", "name", "eth0", "netns", self._namespace)
        ip("link", "set", self._wire, "master", BRIDGE, "up")
        for arguments in (
            ("addr", "add", f"{self.address}/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
            ("link", "set", "lo", "up"),
        ):
            ip("-n", self._namespace, *arguments)

    def plug(self, *, into: bool) -> None:
        """Cut its cable, or mend it."""
        ip("link", "set", self._wire, "up" if into else "down")

    def command(self, *arguments: str) -> list[str]:
        """What runs a command in it."""
        return ["ip", "netns", "exec", self._namespace, *arguments]

    def listening(self) -> set[tuple[str, int]]:
        """Addresses and ports that anything in it listens on, as `ss -ltn` shows them."""
        shown = subprocess.run(self.command("ss", "-ltnH"), check=True, capture_output=True, text=True).stdout
        found = (re.fullmatch(r"\[?(.*?)\]?:(\d+)", line.split()[3]) for line in shown.splitlines())
        return {(each[1], int(each[2])) for each in found if each}

    def remove(self) -> None:
        """Remove it, and whatever it has left."""
        subprocess.run(["ip", "netns", "del", self._namespace], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", self._wire], check=False, capture_output=True)


class Running:
    """A process on a machine, and what it says."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path, cwd: Path) -> None:
        self._log = log
        with log.open("a") as said:
            self.process = subprocess.Popen(
                command, env=dict(environment), cwd=cwd, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )

    def said(self) -> list[str]:
        """Its lines."""
        return self._log.read_text(encoding="utf-8", errors="replace").splitlines()

    def wait_for(self, part: str, times: int = 1, seconds: float = 600) -> str:
        """The line that says something, once it was said so many times."""
        for _ in range(round(10 * seconds)):
            found = [line for line in self.said() if part in line]
            if len(found) >= times:
                return found[-1]
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"{part!r} was not said: " + "\n".join(self.said()[-20:]))

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Stop it, if it runs."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(60)


def ip(*arguments: str) -> None:
    """Run `ip`."""
    subprocess.run(["ip", *arguments], check=True)


@contextmanager
def machines(folder: Path, names: Sequence[str]) -> Iterator[dict[str, Place]]:
    """Machines of these names, with a cable each into one bridge; removed at the end."""
    places = {name: Place(name, number, folder / name) for number, name in enumerate(names, start=1)}
    try:
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("link", "set", BRIDGE, "up")
        for place in places.values():
            place.make()
        yield places
    finally:
        for place in places.values():
            place.remove()
        subprocess.run(["ip", "link", "del", BRIDGE], check=False, capture_output=True)
