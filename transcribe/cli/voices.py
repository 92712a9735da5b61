"""`transcribe voices`: the register of voices; see docs/speakers.md before you use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transcribe.cli.options import PathName, SettingsCommand, say, warned
from transcribe.core.config import Resolved
from transcribe.core.errors import UsageError
from transcribe.core.text import shown

if TYPE_CHECKING:
    from transcribe.pipeline.speakers.register import Enrolled


@click.group()
def voices() -> None:
    """Register voices, so that --voices can name speakers in later episodes.

    A voice is biometric data: register it only with the consent of the person, and delete it when they ask.
    """


@voices.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
def list_(as_json: bool) -> None:
    """List everyone whose voice is registered."""
    from transcribe.pipeline.speakers.register import Register

    register = Register()
    enrolled = register.enrolled()
    if as_json:
        click.echo(json.dumps([_row(each, register.path(each.name)) for each in enrolled], indent=2,
                              ensure_ascii=False))  # fmt: skip
        return
    for each in enrolled:
        say(f"{each.name}  {each.seconds:g} s from {each.source}")
    if not enrolled:
        click.echo("No voice is registered. Add one with: transcribe voices add NAME RECORDING", err=True)


@voices.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print what is stored of a person, and where."""
    from transcribe.pipeline.speakers.register import Register

    register = Register()
    enrolled = register.get(name)
    record = _row(enrolled, register.path(name)) | {"vector": enrolled.vector}
    click.echo(json.dumps(shown(record), ensure_ascii=False, indent=2))


@voices.command("delete")
@click.argument("name")
def delete(name: str) -> None:
    """Delete a person's voice."""
    from transcribe.pipeline.speakers.register import Register

    say(f"deleted: {Register().delete(name)}")


@voices.command("add", cls=SettingsCommand, groups=("normalise", "detect", "compute", "display"))
@click.argument("name")
@click.argument("recording", type=PathName())
@click.option("--consent", is_flag=True, help="Say that the person has consented to this.")
def add(name: str, recording: Path, consent: bool, resolved: Resolved) -> None:
    """Register the voice of NAME out of a RECORDING in which only they speak: half a minute is best."""
    from transcribe.cli.display import open_display
    from transcribe.pipeline.speakers.register import Register

    settings = warned(resolved)
    register = Register()
    register.path(name)
    if not consent:
        raise UsageError(
            f"a voice is biometric data, and {name} has to consent to its being stored",
            "Say so with --consent; docs/speakers.md tells what is stored and where",
        )
    from transcribe.engines.ffmpeg import Ffmpeg
    from transcribe.jobs.assemble.diariser import choose_diariser
    from transcribe.jobs.assemble.engines import open_detector
    from transcribe.pipeline.speakers.enrol import sole_voice
    from transcribe.pipeline.speakers.register import Enrolled
    from transcribe.pipeline.stages.probe import probe

    open_diariser = choose_diariser(settings.compute)["open_diariser"]
    media = Ffmpeg.find(settings.compute, settings.normalise)
    source = probe(recording, settings.normalise.audio_stream, media)
    with open_display(settings.display) as progress:
        if open_diariser is None:
            raise UsageError("there is nothing that tells speakers apart")
        sole = sole_voice(source, settings, media, open_detector(), open_diariser, progress)
    path = register.add(Enrolled(name, sole.model, source.name, sole.seconds, sole.vector))
    say(f"registered: {name}, {sole.seconds:g} s, in {path}")


def _row(enrolled: Enrolled, path: Path) -> dict[str, object]:
    shown = ("name", "model", "source", "seconds")
    return {name: getattr(enrolled, name) for name in shown} | {"path": str(path)}
