"""`transcribe models`: what is installed, and keeping it in order."""

from __future__ import annotations

import click

from transcribe.cli.models_get import convert, import_, pull, quantize
from transcribe.cli.models_list import list_
from transcribe.cli.models_lock import bom, licences, lock
from transcribe.cli.options import say


@click.group("models")
def models() -> None:
    """Fetch, import and check models."""


@models.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
def verify(names: tuple[str, ...]) -> None:
    """Read installed models from end to end and compare them with their digests; all of them by default."""
    from transcribe.core.errors import ModelError
    from transcribe.models.diarise.networks import prepare
    from transcribe.models.store import Store

    store = Store()
    bad = 0
    asked = [model for name in names for model in store.named(name)]
    for model in asked or store.installed():
        try:
            store.verify(model)
            prepare(model, lambda line: say(line, error=True))
            say(f"{model.name}: good")
        except ModelError as error:
            bad += 1
            say(f"{model.name}: bad")
            say(error, error=True)
    if bad:
        raise ModelError(f"{bad} of the models are not as they should be", "See above for what to do")


@models.command()
@click.argument("name")
def path(name: str) -> None:
    """Print where the file of a model is."""
    from transcribe.models.store import Store

    say(Store().named(name)[0].path)


@models.command()
@click.argument("name")
def remove(name: str) -> None:
    """Delete an installed model, in every form; a form's own name (base-ct2) means that one."""
    from transcribe.models.store import Store

    store = Store()
    for model in store.named(name):
        store.remove(model.name)
        say(f"{model.name} is removed", error=True)


for command in (list_, pull, quantize, convert, import_, lock, licences, bom):
    models.add_command(command)
