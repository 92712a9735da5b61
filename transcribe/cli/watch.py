"""`transcribe watch`: transcribe what is put into a folder, see how that goes, have it done again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click_default_group import DefaultGroup

from transcribe.cli.install import Wanted, absolute, install_command
from transcribe.cli.options import PathName, say
from transcribe.cli.watch_run import run
from transcribe.core.text import shown

if TYPE_CHECKING:
    from transcribe.core.service_file import Service

Command = TypeVar("Command", bound=Callable[..., Any])

USAGE = """\
Usage: transcribe watch FOLDER --out FOLDER [OPTIONS]
       transcribe watch COMMAND [OPTIONS]
"""


class WatchGroup(DefaultGroup):  # type: ignore[misc] # click-default-group has no types
    """The commands of a watch folder; without a command's name, it is watched."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write both ways to call it."""
        formatter.write(USAGE)


@click.group("watch", cls=WatchGroup, default="run")
def watch() -> None:
    """Transcribe every recording that is put into a folder, once it is complete.

    The options of watching itself: transcribe watch run --help
    """


def _whose(command: Command) -> Command:
    """`--out` and `--state`, which find the ledger."""
    folder = PathName(file_okay=False)
    state = click.option(
        "--state", metavar="DIR", type=folder, help="Folder of the ledger, if it was chosen."
    )
    out = click.option("--out", required=True, metavar="DIR", type=folder, help="Folder of the results.")
    return out(state(command))


@click.command()
@_whose
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def status(out: Path, state: Path | None, as_json: bool) -> None:
    """Show whether a watcher runs, what it does, and what has failed."""
    import json

    from transcribe.watch.status import read_status

    found = read_status(out, state)
    if as_json:
        click.echo(json.dumps(shown(found.as_json()), indent=2, ensure_ascii=False))
    else:
        for line in found.as_lines():
            say(line)


@click.command()
@_whose
@click.argument("names", metavar="[NAME]...", nargs=-1)
def retry(out: Path, state: Path | None, names: tuple[str, ...]) -> None:
    """Have files done again: those named, or all that failed."""
    from transcribe.watch.asking import retry
    from transcribe.watch.status import existing_queue

    with existing_queue(out, state) as queue:
        again = retry(queue, names)
    for name in again:
        say(name)
    click.echo(f"{len(again)} to be done again" if again else "nothing has failed", err=True)


@click.command()
@_whose
@click.argument("name")
def history(out: Path, state: Path | None, name: str) -> None:
    """Show everything that happened to a file."""
    import time

    from transcribe.core.errors import UsageError
    from transcribe.watch.status import existing_queue

    with existing_queue(out, state) as queue:
        moments = queue.history(name)
    if not moments:
        raise UsageError(f"the ledger has no file {name}", "Give its path inside the watched folder")
    for each in moments:
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(each.at))
        say(f"{at}  {each.state:<10} {each.detail}".rstrip())


def _service(wanted: Wanted) -> Service:
    """The watcher: it reads the inbox, and writes results, ledger and work directory."""
    from transcribe.cli.watch_open import waiting_of
    from transcribe.core.places import work_root
    from transcribe.core.service_file import Service
    from transcribe.watch.folders import state_folder

    asked = wanted.asked
    inbox, out, done = absolute(asked["inbox"]), absolute(asked["out"]), asked["move_done"]
    write = [out, state_folder(out, asked["state"]), work_root()] + ([done, inbox] if done else [])
    write += [waiting] if (waiting := waiting_of(out, wanted.settings)) else []
    writer, far = wanted.writer()
    callees = " and ".join(filter(None, (asked["webhook"], writer)))
    return Service(
        name="watch",
        does=f"transcribe watches {inbox}",
        command=wanted.command,
        user=wanted.user,
        read=[inbox],
        write=list(dict.fromkeys(map(absolute, write))),
        environment=wanted.environment,
        network=f"For {callees} only." if callees else "",
        elsewhere=bool(asked["webhook_host"]) or far,
        capability=(
            "CAP_LEASE",
            "lets it see whether another user's program still has a recording open for writing.",
        ),
    )


install = install_command(run, "watch", "FOLDER --out FOLDER [OPTIONS]...", _service)

for command in (run, status, retry, history, install):
    watch.add_command(command)
