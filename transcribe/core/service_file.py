"""What makes the system run a command: a systemd unit or a launchd property list, with everything escaped."""

from __future__ import annotations

import plistlib
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from transcribe.core.errors import UsageError
from transcribe.core.places import expanded
from transcribe.core.text import printable

UNIT = Path(__file__).with_name("systemd.unit")
"""The unit, with the places of what differs in braces."""

NO_NETWORK = """\
# Nothing leaves the machine, and nothing comes in.
PrivateNetwork=yes
RestrictAddressFamilies=AF_UNIX
"""

SOME_NETWORK = """\
# {why}
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
"""

LOOPBACK_ONLY = "IPAddressDeny=any\nIPAddressAllow=localhost\n"


@dataclass(frozen=True)
class Service:
    """What is to be run.

    Attributes:
        name: The program's command: `watch`.
        does: What it does, in a line.
        command: Program and arguments; absolute paths.
        read: Folders that it only reads.
        write: Folders that it writes to.
        network: What it talks to or listens on; empty: nothing.
        elsewhere: Whether that is on other machines.
        capability: One that it is given, and why; empty: none.
    """

    name: str
    does: str
    command: Sequence[str]
    user: str
    read: Sequence[Path]
    write: Sequence[Path]
    environment: Mapping[str, str]
    network: str = ""
    elsewhere: bool = False
    capability: tuple[str, str] = ("", "")


def systemd_unit(service: Service) -> str:
    """A unit for the system's manager.

    Raises:
        UsageError: A name cannot be written into one.
    """
    folders = [*service.read, *service.write]
    _refuse_controls([service.does, *service.command, *map(str, folders), *service.environment.values()])
    network = NO_NETWORK
    if service.network:
        network = SOME_NETWORK.format(why=service.network)
        network += "" if service.elsewhere else LOOPBACK_ONLY
    capability, why = service.capability
    ambient = f"# {capability} {why}\nAmbientCapabilities={capability}\n" if capability else ""
    variables = "".join(
        f"Environment={_quoted(f'{name}={value}')}\n" for name, value in sorted(service.environment.items())
    )
    return UNIT.read_text(encoding="utf-8").format(
        name=service.name,
        make=f"mkdir -p {shlex.join(map(str, service.write))}",
        description=_percent(service.does),
        mounts=_paths(folders),
        user=_percent(service.user),
        command=" ".join(_quoted(word, command=True) for word in service.command),
        environment=variables,
        read=_paths(each for each in service.read if each not in service.write),
        write=_paths(service.write),
        capabilities=f"{ambient}CapabilityBoundingSet={capability}\n",
        network=network,
    )


def launchd_plist(service: Service) -> str:
    """A property list for a user's agent or the system's daemon on macOS.

    Raises:
        UsageError: A name cannot be written into one.
    """
    _refuse_controls([*service.command, *service.environment.values()])
    content = {
        "Label": f"org.transcribe.{service.name}",
        "ProgramArguments": list(service.command),
        "WorkingDirectory": "/",
        "EnvironmentVariables": dict(service.environment),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        "ExitTimeOut": 30,
        "ProcessType": "Background",
        "LowPriorityIO": True,
        "Umask": 0o027,
        "StandardErrorPath": str(expanded(f"~/Library/Logs/transcribe-{service.name}.log")),
    }
    return plistlib.dumps(content, sort_keys=False).decode()


def _paths(paths: Iterable[Path]) -> str:
    return " ".join(_quoted(str(path)) for path in paths)


def _quoted(word: str, *, command: bool = False) -> str:
    """A word as systemd reads it back (systemd.syntax(7), "Quoting"; `%` and, in commands, `$` doubled)."""
    text = _percent(word.replace("\\", "\\\\").replace('"', '\\"'))
    return f'"{text.replace("$", "$$") if command else text}"'


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def _refuse_controls(words: Iterable[str]) -> None:
    for word in words:
        if re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", word):
            raise UsageError(f"{printable(word)}: no service file can hold these characters", "Rename it")
