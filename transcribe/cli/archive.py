"""`transcribe archive`: the index in which `transcribe search` looks; see docs/archive.md."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transcribe.cli.options import Asked, PathName, SettingsCommand, say, warned
from transcribe.core.config import Resolved
from transcribe.core.errors import UsageError, exit_code_of
from transcribe.core.text import shown

if TYPE_CHECKING:
    from transcribe.archive.keep import Kept
    from transcribe.core.settings import Settings

PATHS = click.argument("paths", nargs=-1, metavar="PATH...", type=PathName())
GROUPS = ("archive",)


@click.group()
def archive() -> None:
    """Keep an index of finished transcripts, in which `transcribe search` finds every word again.

    It holds nothing that the documents (the .json of earlier runs) do not: it can be made again at any time.
    """


@archive.command(cls=SettingsCommand, groups=GROUPS)
@PATHS
@click.pass_context
def add(context: click.Context, /, paths: tuple[Path, ...], resolved: Resolved) -> None:
    """Add transcripts: documents, and folders, which are searched to their depths and looked into later.

    What is there already and has not changed is not read.
    """
    from transcribe.archive.index import Archive
    from transcribe.archive.keep import add as put
    from transcribe.archive.reader import place

    if not paths:
        raise UsageError("there is nothing to add", "Name transcript documents, or folders that hold some")
    settings = warned(resolved)
    with Archive(place(settings.archive.archive)) as opened:
        kept = put(opened, paths, _teller(context))
    _end(context, kept, settings)


@archive.command(cls=SettingsCommand, groups=GROUPS)
@PATHS
@click.pass_context
def update(context: click.Context, /, paths: tuple[Path, ...], resolved: Resolved) -> None:
    """Look again at all that was added, or at PATH: what is new, changed, corrected, moved or gone.

    What is gone is taken out, and not a byte of it is left in the index. Where the folder itself is not
    there, as on a disk that is away, everything in it is kept.
    """
    from transcribe.archive.index import Archive
    from transcribe.archive.keep import update as look_again
    from transcribe.archive.reader import place

    settings = warned(resolved)
    with Archive(place(settings.archive.archive)) as opened:
        kept = look_again(opened, paths, _teller(context))
    _end(context, kept, settings)


@archive.command(cls=SettingsCommand, groups=GROUPS)
@PATHS
def remove(paths: tuple[Path, ...], resolved: Resolved) -> None:
    """Take transcripts out, by their documents or folders; the files themselves stay.

    Not a byte of them is left in the index. A folder is no longer looked into.
    """
    from transcribe.archive.index import Archive
    from transcribe.archive.keep import remove as take_out
    from transcribe.archive.reader import Reader, place

    if not paths:
        raise UsageError("there is nothing to remove", "Name transcript documents, or folders")
    file = place(warned(resolved).archive.archive)
    Reader(file).close()  # says so where there is none
    with Archive(file) as opened:
        found = sum(take_out(opened, path) for path in paths)
    say(f"removed: {_episodes(found)}")


@archive.command(cls=SettingsCommand, groups=GROUPS)
@PATHS
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(paths: tuple[Path, ...], as_json: bool, resolved: Resolved) -> None:
    """Say what is in the archive, or in PATH: episodes, hours, words, shows, languages, speakers."""
    from transcribe.archive.keep import state_of
    from transcribe.archive.reader import Reader, place

    with Reader(place(warned(resolved).archive.archive)) as opened:
        state = state_of(opened, paths)
        where = str(opened.path)
    if as_json:
        click.echo(json.dumps(shown({"archive": where, **vars(state)}), ensure_ascii=False, indent=2))
        return
    say(f"archive: {where}, {state.bytes / 1e6:.1f} MB")
    say(f"{_episodes(state.episodes)}, {state.hours:.1f} hours, {state.words} words")
    for name in ("shows", "languages", "speakers", "folders"):
        if found := getattr(state, name):
            say(f"{name}: {', '.join(found)}")
    if state.stale:
        say(f"changed since: {_episodes(state.stale)}; transcribe archive update reads them again")


def _episodes(number: int) -> str:
    return "1 episode" if number == 1 else f"{number} episodes"


def _teller(context: click.Context) -> Callable[[Path], None]:
    """Says what is read, on standard error."""
    if context.ensure_object(Asked).quiet:
        return lambda _: None
    return lambda path: say(f"reading {path}", error=True)


def _end(context: click.Context, kept: Kept, settings: Settings) -> None:
    """Say what became of the documents, and end with the code that belongs to it."""
    told = ("added", "changed", "moved", "removed", "same", "unreachable")
    say(", ".join(f"{getattr(kept, name)} {name}" for name in told if getattr(kept, name)) or "nothing to do")
    for _, error in kept.failed:
        say(f"transcribe: error: {error}", error=True)
    _make_vectors(context, settings)
    good = kept.added + kept.changed + kept.moved + kept.same
    context.exit(exit_code_of(good, len(kept.failed)))


def _make_vectors(context: click.Context, settings: Settings) -> None:
    """Give passages vectors that have none, where the settings name a model for that."""
    if not settings.archive.meaning:
        return
    from transcribe.archive.meaning import make_vectors
    from transcribe.archive.reader import place

    quiet = context.ensure_object(Asked).quiet

    def tell(made: int, of: int) -> None:
        if not quiet:
            say(f"vectors: {made} of {of} passages", error=True)

    made = make_vectors(place(settings.archive.archive), settings.archive.meaning, tell)
    say(f"{made} passages got vectors")
