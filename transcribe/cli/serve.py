"""`transcribe serve`: a speech server on this machine."""

from __future__ import annotations

from typing import Any

import click

from transcribe.cli.options import PathName, SettingsCommand, say
from transcribe.core.config import Resolved

GROUPS = ("detect", "plan", "recognise", "speakers", "compute", "subtitles", "notes", "display")
"""Groups of settings that make sense for every job of a server."""


@click.command("serve", cls=SettingsCommand, groups=GROUPS)
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
@click.pass_context
def serve(context: click.Context, /, resolved: Resolved, new_key: str | None, **given: Any) -> None:
    """Answer OpenAI's speech API, and take jobs, on this machine.

    Jobs survive a power cut and go on inside the file. Nothing is sent anywhere. Another address than
    this machine's own demands a key, which is made with the first start and printed once.
    """
    from transcribe.cli.display import open_display
    from transcribe.cli.serve_open import ServeOptions, make_key, require_packages, run_server
    from transcribe.core.places import expanded, server

    require_packages()
    folder = expanded(given.pop("data") or server()).absolute()
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


serve.params = [each for each in serve.params if each.name != "live"]
