"""`transcribe watch install` and `serve install`: print what makes the system run them."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.options import given_flags
from transcribe.core.places import FOLDERS, expanded

if TYPE_CHECKING:
    from transcribe.core.service_file import Service
    from transcribe.core.settings import Settings


@dataclass(frozen=True)
class Wanted:
    """A command that is to be a service.

    Attributes:
        arguments: What follows its name, with absolute paths.
        asked: The values of its own options, by name.
        command: The program and all its arguments.
        environment: The folders in force.
        user: Who runs it.
        settings: Those of its jobs.
    """

    arguments: tuple[str, ...]
    asked: dict[str, Any]
    command: list[str]
    environment: dict[str, str]
    user: str
    settings: Settings

    def writer(self) -> tuple[str, bool]:
        """The server of the language model that writes notes, and whether it is on another machine.

        Raises:
            UsageError: Its host is none.
        """
        from urllib.parse import urlsplit

        from transcribe.core.network import is_loopback
        from transcribe.engines.llm.http import check_url
        from transcribe.engines.llm.servers import KINDS

        kind = KINDS.get(self.settings.notes.writer.partition(":")[0])
        host = self.settings.notes.writer_host
        if kind is None or not host:
            return (f"{kind.label} on this machine", False) if kind else ("", False)
        url = check_url(host)
        return url, not is_loopback(urlsplit(url).hostname or "")


def install_command(
    run: click.Command, name: str, metavar: str, service_of: Callable[[Wanted], Service]
) -> click.Command:
    """The command `install` of a command that can be a service.

    Args:
        run: Reads the arguments.
        name: Its name below the program's.
        metavar: What stands for its arguments in the help.
        service_of: What is to be run, where, and what it may do.
    """

    @click.command(
        "install",
        context_settings={"ignore_unknown_options": True},
        help=f"""Print a service file that runs transcribe {name} with these arguments; nothing is installed.

        It is hardened: the program may write where its results and its state are, and nowhere else.
        """,
    )
    @click.option(
        "--print",
        "kind",
        required=True,
        type=click.Choice(["systemd", "launchd"]),
        help="For whom: systemd (Linux) or launchd (macOS).",
    )
    @click.option("--user", metavar="NAME", help="Who runs it; you, when not given. For systemd.")
    @click.argument("arguments", metavar=metavar, nargs=-1, type=click.UNPROCESSED)
    @click.pass_context
    def install(context: click.Context, kind: str, user: str | None, arguments: tuple[str, ...]) -> None:
        from transcribe.core.service_file import launchd_plist, systemd_unit

        inner = run.make_context(f"transcribe {name}", list(arguments), parent=context)
        absolute_arguments = _made_absolute(arguments, [*inner.params.values(), *given_flags(inner).values()])
        folders = {variable: str(absolute(folder())) for variable, folder in FOLDERS.items()}
        me = getpass.getuser()
        service = service_of(
            Wanted(
                arguments=tuple(absolute_arguments),
                asked=inner.params,
                command=[*_program(), name, *absolute_arguments],
                environment=folders | {"PATH": os.environ.get("PATH", os.defpath)},
                user=user or me,
                settings=_settings_of(inner, mine=user in (None, me)),
            )
        )
        click.echo(systemd_unit(service) if kind == "systemd" else launchd_plist(service), nl=False)

    return install


def absolute(path: Path) -> Path:
    """A path that means the same in another current folder."""
    return expanded(path).absolute()


def _settings_of(inner: click.Context, *, mine: bool) -> Settings:
    """The settings that hold when the service runs, as far as we can tell: another user's config is theirs.

    Raises:
        UsageError: They make no sense.
    """
    from transcribe.core import config
    from transcribe.core.settings import Settings

    file, profile = inner.params["config_file"], inner.params["profile"]
    if mine or file:
        return config.load(given_flags(inner), file, profile).settings
    return Settings.of(**given_flags(inner))


def _program() -> list[str]:
    from transcribe.core.processes import python

    return python("-m", "transcribe")


def _made_absolute(arguments: tuple[str, ...], values: Iterable[object]) -> list[str]:
    """The arguments with relative paths made absolute: a service has another current folder."""
    each_value = (each for value in values for each in (value if isinstance(value, tuple) else (value,)))
    paths = {str(each) for each in each_value if isinstance(each, Path)}

    def made(word: str) -> str:
        name, equals, value = word.partition("=")
        if equals and name.startswith("--") and value in paths:
            return f"{name}={absolute(Path(value))}"
        return str(absolute(Path(word))) if word in paths else word

    return [made(word) for word in arguments]
