"""What makes the system run a watcher: a systemd unit or a launchd property list, with everything escaped."""

from __future__ import annotations

import plistlib
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from transcribe.core.errors import UsageError
from transcribe.core.places import expanded
from transcribe.core.text import printable

LABEL = "org.transcribe.watch"

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
        command: Program and arguments; absolute paths.
        talks_to: A web address that is told of outcomes, or a language-model server; empty: none.
        elsewhere: Whether that is on another machine.
    """

    command: Sequence[str]
    user: str
    inbox: Path
    moves: bool
    write: Sequence[Path]
    environment: dict[str, str]
    talks_to: str = ""
    elsewhere: bool = False


def systemd_unit(service: Service) -> str:
    """A unit for the system's manager.

    Raises:
        UsageError: A name cannot be written into one.
    """
    _refuse_controls([*service.command, *map(str, service.write), *service.environment.values()])
    network = NO_NETWORK
    if service.talks_to:
        network = SOME_NETWORK.format(why=f"For {service.talks_to} only.")
        network += "" if service.elsewhere else LOOPBACK_ONLY
    written = [*service.write, *([service.inbox] if service.moves else [])]
    variables = "".join(
        f"Environment={_quoted(f'{name}={value}')}\n" for name, value in sorted(service.environment.items())
    )
    return UNIT.read_text(encoding="utf-8").format(
        title="Made by `transcribe watch install`; make it anew when options change.",
        make=f"mkdir -p {shlex.join(map(str, service.write))}",
        inbox_text=_percent(str(service.inbox)),
        mounts=_paths([service.inbox, *service.write]),
        user=_percent(service.user),
        command=" ".join(_quoted(word, command=True) for word in service.command),
        environment=variables,
        read=_paths([] if service.moves else [service.inbox]),
        write=_paths(written),
        network=network,
    )


def launchd_plist(service: Service) -> str:
    """A property list for a user's agent or the system's daemon on macOS."""
    _refuse_controls([*service.command, *service.environment.values()])
    content = {
        "Label": LABEL,
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
        "StandardErrorPath": str(expanded("~/Library/Logs/transcribe-watch.log")),
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
