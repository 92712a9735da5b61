"""`transcribe watch install`: print what makes the system run a watcher."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.options import given_flags
from transcribe.core.places import expanded

if TYPE_CHECKING:
    from transcribe.watch.service import Service


@click.command("install", context_settings={"ignore_unknown_options": True})
@click.option(
    "--print",
    "kind",
    required=True,
    type=click.Choice(["systemd", "launchd"]),
    help="For whom: systemd (Linux) or launchd (macOS).",
)
@click.option("--user", metavar="NAME", help="Who runs it; you, when not given. For systemd.")
@click.argument("arguments", metavar="FOLDER --out FOLDER [OPTIONS]...", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def install(context: click.Context, kind: str, user: str | None, arguments: tuple[str, ...]) -> None:
    """Print a service file that runs `transcribe watch` with these arguments; nothing is installed.

    It is hardened: the watcher may write where its results and its state are, and nowhere else.
    """
    from transcribe.watch.service import launchd_plist, systemd_unit

    service = service_for(context, arguments, user)
    click.echo(systemd_unit(service) if kind == "systemd" else launchd_plist(service), nl=False)


def service_for(context: click.Context, arguments: tuple[str, ...], user: str | None) -> Service:
    """Read the arguments as `watch` would, and make everything in them absolute."""
    import getpass
    import os

    from transcribe.cli.watch_run import run
    from transcribe.core.places import FOLDERS, work_root
    from transcribe.watch.folders import state_folder
    from transcribe.watch.service import Service

    inner = run.make_context("transcribe watch", list(arguments), parent=context)
    asked: dict[str, Any] = inner.params
    inbox, out = _absolute(asked["inbox"]), _absolute(asked["out"])
    environment = {variable: str(_absolute(folder())) for variable, folder in FOLDERS.items()}
    folders = [out, state_folder(out, asked["state"]), _absolute(work_root()), asked["move_done"]]
    webhook = asked["webhook"] or ""
    return Service(
        command=[
            *_program(),
            "watch",
            *_made_absolute(arguments, [*asked.values(), *given_flags(inner).values()]),
        ],
        user=user or getpass.getuser(),
        inbox=inbox,
        moves=asked["move_done"] is not None,
        write=[_absolute(each) for each in dict.fromkeys(folders) if each is not None],
        environment=environment | {"PATH": os.environ.get("PATH", os.defpath)},
        talks_to=webhook,
        elsewhere=bool(asked["webhook_host"]),
    )


def _program() -> list[str]:
    from transcribe.core.processes import python

    return python("-m", "transcribe")


def _made_absolute(arguments: tuple[str, ...], values: Iterable[object]) -> list[str]:
    """The arguments with relative paths made absolute: a service has another current folder."""
    paths = {str(each) for each in values if isinstance(each, Path)}

    def absolute(word: str) -> str:
        name, equals, value = word.partition("=")
        if equals and name.startswith("--") and value in paths:
            return f"{name}={_absolute(Path(value))}"
        return str(_absolute(Path(word))) if word in paths else word

    return [absolute(word) for word in arguments]


def _absolute(path: Path) -> Path:
    return expanded(path).absolute()
