"""`transcribe serve`: a speech server on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click_default_group import DefaultGroup

from transcribe.cli.install import Wanted, absolute, install_command
from transcribe.cli.options import PathName, SettingsCommand, say
from transcribe.core.config import Resolved

if TYPE_CHECKING:
    from transcribe.core.service_file import Service

GROUPS = (
    "detect", "plan", "recognise", "speakers", "compute", "subtitles", "notes", "policy", "archive",
    "display",
)  # fmt: skip
"""Groups of settings that make sense for every job of a server."""


USAGE = """\
Usage: transcribe serve [OPTIONS]
       transcribe serve install --print systemd|launchd [OPTIONS]
"""


class ServeCommand(SettingsCommand):
    """The server itself; its help tells of the other command, too."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write both ways to call it."""
        formatter.write(USAGE)


# Without a help option of its own: `serve --help` is the help of `serve run`.
@click.group("serve", cls=DefaultGroup, default="run", default_if_no_args=True, add_help_option=False)
def serve() -> None:
    """Answer OpenAI's speech API, and take jobs, on this machine."""


@click.command("run", cls=ServeCommand, groups=GROUPS)
@click.option(
    "--host", default="127.0.0.1", metavar="ADDRESS", help="Address to listen on.  [default: 127.0.0.1]"
)
@click.option(
    "--port", default=8771, metavar="N", type=click.IntRange(0, 65535), help="Port.  [default: 8771]"
)
@click.option(
    "--data", metavar="DIR", type=PathName(file_okay=False), help="Folder of recordings, jobs and keys."
)
@click.option("--key", is_flag=True, help="Demand a key on this machine, too.")
@click.option("--new-key", metavar="NAME", help="Print a new key for NAME, and end.")
@click.option(
    "--allow-host", "hosts", multiple=True, metavar="NAME", help="Name of this machine; may be repeated."
)
@click.option(
    "--root",
    "roots",
    multiple=True,
    metavar="DIR",
    type=PathName(file_okay=False, exists=True),
    help="Folder whose recordings jobs may name by their paths; may be repeated.",
)
@click.option(
    "--watched",
    multiple=True,
    metavar="DIR",
    type=PathName(file_okay=False),
    help="Show how a transcribe watch is doing: its --out, or its --state; may be repeated.",
)
@click.option(
    "--keep-loaded",
    default=900.0,
    metavar="S",
    type=click.FloatRange(min=0),
    help="Let go of the model after S seconds without work.  [default: 900]",
)
@click.option(
    "--most",
    default=1000,
    metavar="N",
    type=click.IntRange(min=1),
    help="Jobs that may wait at a time.  [default: 1000]",
)
@click.option(
    "--quota",
    metavar="GB",
    type=click.FloatRange(min=0, min_open=True),
    help="Refuse recordings once the folder has so many GB.",
)
@click.pass_context
def run(context: click.Context, /, resolved: Resolved, new_key: str | None, **given: Any) -> None:
    """Answer OpenAI's speech API, and take jobs, on this machine.

    Jobs survive a power cut and go on inside the file. Nothing is sent anywhere. Another address than
    this machine's own demands a key, which is made with the first start and printed once.
    """
    from transcribe.cli.display import open_display
    from transcribe.cli.serve_open import ServeOptions, make_key, require_packages, run_server
    from transcribe.core.places import server
    from transcribe.core.seal.take import refuse

    refuse("serve", "Transcribe with run, batch or watch, which can be sealed; or serve with --sealed=none")
    require_packages()
    folder = absolute(given.pop("data") or server())
    asked = ServeOptions(data=folder, **given)
    if new_key is not None:
        say(make_key(asked.data, new_key))
        return
    display = resolved.settings.display
    lines = "plain" if display.progress in ("auto", "bar") else display.progress  # it runs for days
    settings = resolved.settings.replace({"progress": lines, "live": False})
    with open_display(settings.display, resolved.warnings) as progress:
        number = run_server(settings, asked, progress, lambda line: say(line, error=True))
    context.exit(128 + number if number else 0)


run.params = [each for each in run.params if each.name != "live"]


def _service(wanted: Wanted) -> Service:
    """The server: it reads what lies in its roots, and writes its own folder and the work directory."""
    from transcribe.archive.reader import place
    from transcribe.cli.serve_open import work_folder
    from transcribe.core.errors import UsageError
    from transcribe.core.places import WORK_ENV, server
    from transcribe.core.service_file import Service
    from transcribe.server.access.auth import is_loopback

    asked = wanted.asked
    if asked["new_key"] is not None:
        raise UsageError("a service makes no key", "Make it once, with transcribe serve --new-key NAME")
    data = absolute(asked["data"] or server())
    work = absolute(work_folder(data))
    chosen = wanted.settings.archive.archive
    archive = (absolute(place(chosen).parent),) if chosen else ()
    writer, far = wanted.writer()
    named = () if asked["data"] else ("--data", str(data))  # whoever runs it, and whatever their home
    return Service(
        name="serve",
        does=f"transcribe serves on {asked['host']} port {asked['port']}",
        command=[*wanted.command, *named],
        user=wanted.user,
        read=list(map(absolute, asked["roots"])),
        write=list(dict.fromkeys((data, work, *archive))),
        environment=wanted.environment | {WORK_ENV: str(work)},
        network=f"It listens on {asked['host']}, and calls {writer or 'nobody'}.",
        elsewhere=not is_loopback(asked["host"]) or far,
    )


serve.add_command(run)
serve.add_command(install_command(run, "serve", "[OPTIONS]...", _service))
