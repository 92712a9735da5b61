"""`transcribe search QUESTION`: where something was said, in every episode of the archive."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.columns import columns
from transcribe.cli.options import PathName, SettingsCommand, say, warned
from transcribe.core.config import Resolved
from transcribe.core.errors import InputError, UsageError
from transcribe.core.text import shown, uri_of
from transcribe.core.timecode import format_timecode

if TYPE_CHECKING:
    from transcribe.archive.search import Hit, Month
    from transcribe.core.settings import Settings

LIMIT = 20
BAR = 40
"""Characters of the longest bar."""


@dataclass(frozen=True)
class Wish:
    """What the command's own options ask for, each under its name."""

    question: tuple[str, ...]
    limit: int | None
    first: bool
    count: bool
    plot: bool
    open: bool
    clip: Path | None
    json: bool


@click.command("search", cls=SettingsCommand, groups=("archive",))
@click.argument("question", nargs=-1, required=True, metavar="QUESTION...")
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    metavar="N",
    help=f"At most so many places  [default: {LIMIT}; with --first and --open 1]",
)
@click.option("--first", is_flag=True, help="The first place by day and time: who said it first.")
@click.option("--count", is_flag=True, help="How often, by show and month.")
@click.option("--plot", is_flag=True, help="The same with bars.")
@click.option("--open", is_flag=True, help="Open the best place on the page of its episode.")
@click.option("--clip", metavar="DIR", type=PathName(), help="Cut the sound of each place, with subtitles.")
@click.option("--json", is_flag=True, help="Print JSON.")
def search(resolved: Resolved, **wish: Any) -> None:
    """Find where something was said, in every transcript of the archive (transcribe archive add).

    QUESTION has words, which are met in any inflection and with or without accents; "phrases" as they stand;
    beginnings*; -words that are not said nearby; speaker:NAME, show:NAME, lang:CODE, after:2025-06 and
    before:2025-07-01. All of it is said within a minute, by one person. Put it in quotes for the shell:

    transcribe search 'profit "first quarter" speaker:Ala -tax'
    """
    _search(Wish(**wish), warned(resolved))


def _search(wish: Wish, settings: Settings) -> None:
    from transcribe.archive.meaning import ASK_S, near
    from transcribe.archive.places import Near, Order
    from transcribe.archive.query import read_query
    from transcribe.archive.reader import Reader, place
    from transcribe.archive.search import count, search

    counted = wish.count or wish.plot
    if counted and (wish.first or wish.open or wish.clip or wish.limit):
        raise UsageError("--count and --plot list no places", "Leave out the options about places")
    query = read_query(" ".join(wish.question))
    with Reader(place(settings.archive.archive)) as reader:
        if counted:
            _show_months(count(reader, query), wish)
            return
        most = wish.limit or (1 if wish.first or wish.open else LIMIT)
        order: Order = "first" if wish.first else "rank"
        question = " ".join(wish.question)
        found: Near = ()
        note = ""
        if not wish.first:
            found, note = near(reader, settings.archive.meaning, query, question, ASK_S)
        hits = search(reader, query, most, order, near=found)
    if note:
        say(note, error=True)
    if wish.json:
        rows = [vars(each) | {"page": _page(each)} for each in hits]
        click.echo(json.dumps(shown(rows), ensure_ascii=False, indent=2))
    else:
        _show(hits)
    if wish.clip:
        _cut(hits, wish.clip, settings)
    if wish.open and hits:
        _open(hits[0])


def _show(hits: Sequence[Hit]) -> None:
    for each in hits:
        known = ", ".join(filter(None, (each.title, each.show, each.aired, each.speaker)))
        by = ", by meaning" if each.by == "meaning" else ""
        say(f"{format_timecode(each.start_ms)[:-4]}  {known}  ({each.score:.2f}{by})")
        before, after = (f"… {each.before} " if each.before else "", f" {each.after} …" if each.after else "")
        say(f"    {before}>{each.words}<{after}")
    if not hits:
        say("nothing was found", error=True)


def _show_months(months: Sequence[Month], wish: Wish) -> None:
    if wish.json:
        click.echo(json.dumps(shown([vars(each) for each in months]), ensure_ascii=False, indent=2))
        return
    if not months:
        say("nothing was found", error=True)
        return
    most = max(each.count for each in months)
    rows = [
        (
            each.month,
            each.show,
            str(each.count),
            "█" * max(1, round(BAR * each.count / most)) if wish.plot else "",
        )
        for each in months
    ]
    for line in columns(("month", "show", "times", ""), rows, right=("times",)):
        say(line)


def _page(hit: Hit) -> str:
    """The address of the moment on the page that lies beside the document; empty where there is no page."""
    page = Path(hit.document).with_suffix(".html")
    if not page.is_file():
        return ""
    return f"{uri_of(str(page.absolute()))}#t={hit.start_ms // 1000}.{hit.start_ms % 1000:03d}"


def _open(hit: Hit) -> None:
    import webbrowser

    address = _page(hit)
    if not address:
        raise InputError(
            f"no page lies beside {hit.document}", "Make one: transcribe render DOCUMENT --format page"
        )
    say(address)
    if not webbrowser.open(address):
        say("no browser could be started; open the address yourself", error=True)


def _cut(hits: Sequence[Hit], folder: Path, settings: Settings) -> None:
    from transcribe.archive.clip import cut
    from transcribe.engines.editing import FfmpegEditor
    from transcribe.engines.ffmpeg import Ffmpeg

    editor = FfmpegEditor(Ffmpeg.find(settings.compute, settings.normalise))
    for hit in hits:
        written = cut(hit, folder, editor)
        say(written.sound)
        say(written.subtitles)
