"""The page of the watched folders: what waits, is under way, needs somebody, and was done lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath

from starlette.requests import Request
from starlette.responses import Response

from transcribe.core.text import printable
from transcribe.formats.templates import clock
from transcribe.jobs.ledger import COMING, PRESSING, Entry, Watched
from transcribe.jobs.queue import State
from transcribe.server.errors import Refused
from transcribe.server.pages.page import page
from transcribe.server.service import service_of

STATES: Mapping[State, str] = {
    State.WAITING: "take_waiting",
    State.READY: "waits",
    State.WORKING: "take_interrupted",
    State.RETRYING: "waits_again",
    State.DONE: "done",
    State.DUPLICATE: "take_duplicate",
    State.UNAPPROVED: "take_unapproved",
    State.FAILED: "take_failed",
    State.REFUSED: "take_refused",
    State.GONE: "take_gone",
    State.CANCELLED: "cancelled",
}
"""The text for each state; that of a recording which is worked on where nobody works on it."""

STAGES = {
    "probe": "stage_prepare", "normalise": "stage_prepare", "detect": "stage_prepare",
    "plan": "stage_prepare", "recognise": "stage_hear", "diarise": "stage_voices", "notes": "stage_notes",
}  # fmt: skip
"""The text for each stage; all others are the end of it, as on the home page."""

LOOKS = {State.DUPLICATE: State.DONE, State.REFUSED: State.FAILED}
"""States that look like another."""

AGES = (("sign_days", 2 * 86_400, 86_400), ("sign_hours", 3600, 3600), ("sign_minutes", 60, 60))
"""Texts for the age of a sign of life, from how many seconds on, and of how many they count."""

FIGURES = {
    "waiting_now": COMING,
    "in_work": (State.WORKING,),
    "done": (State.DONE, State.DUPLICATE),
    "needs_somebody": PRESSING,
}
"""The numbers above the lists, by the name of their text."""


@dataclass(frozen=True)
class Row:
    """A recording as the page shows it.

    Attributes:
        look: By which its style is chosen.
        said: The name of the text about its state.
        heard: How far recognition is, as a clock shows it; or empty.
        date: When it came into its state, as HTML has it.
        detail: What went wrong, in English; or empty.
        outputs: Names of its outputs, in short; or empty.
    """

    title: str
    look: str
    said: str
    twin: str
    heard: str
    date: str
    detail: str
    outputs: str


@dataclass(frozen=True)
class Group:
    """Some recordings under a heading, which is the name of a text; and how many more there are."""

    heading: str
    rows: Sequence[Row]
    more: int = 0


@dataclass(frozen=True)
class Shown:
    """A watched folder as the page shows it.

    Attributes:
        name: Its path, or that of its results where nothing is known of it.
        age: The name of the text about the last sign of life, and the number that belongs into it.
        quiet: Whether that is longer ago than it should be.
        figures: Numbers, each with the name of a text.
    """

    name: str
    seen: Watched
    age: tuple[str, int]
    quiet: bool
    figures: Sequence[tuple[str, int]]
    groups: Sequence[Group]


async def watched(request: Request) -> Response:
    """GET /watched: the folders that `--watched` names, as they are."""
    lookout = service_of(request).lookout
    if not lookout:
        raise Refused(404, "no watched folder is shown here", "not_found")
    return page(request, "watched", folders=[_shown(each) for each in await lookout.seen()])


def _shown(seen: Watched) -> Shown:
    groups = (
        _group("needs_somebody", seen, seen.pressing[:20], PRESSING),
        _group("in_work", seen, seen.under_way, (State.WORKING,)),
        _group("waiting_now", seen, seen.coming[:10], COMING),
        Group("lately", [_row(seen, each) for each in seen.latest]),
    )
    return Shown(
        name=printable(seen.inbox or str(seen.place)),
        seen=seen,
        age=age_of(seen.beat_s),
        quiet=seen.beat_s is not None and seen.beat_s >= AGES[-1][1],
        figures=[(name, seen.count(*states)) for name, states in FIGURES.items()],
        groups=[each for each in groups if each.rows],
    )


def _group(heading: str, seen: Watched, entries: Sequence[Entry], states: Sequence[State]) -> Group:
    return Group(heading, [_row(seen, each) for each in entries], seen.count(*states) - len(entries))


def _row(seen: Watched, entry: Entry) -> Row:
    title, said, heard = printable(entry.name), STATES[entry.state], ""
    detail = f"{entry.reason}. {entry.hint}" if entry.hint else entry.reason
    if entry.state is State.WORKING and seen.running:
        told = title == printable(seen.working)
        said = STAGES.get(seen.stage, "stage_finish") if told and seen.stage else "stage_prepare"
        heard = clock(seen.heard_ms) if told and seen.heard_ms is not None else ""
    return Row(
        title=title,
        look=LOOKS.get(entry.state, entry.state).value,
        said=said,
        twin=printable(entry.twin),
        heard=heard,
        date=datetime.fromtimestamp(entry.since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        detail="" if entry.state is State.DUPLICATE else printable(detail),
        outputs=in_short([printable(each) for each in entry.outputs]),
    )


def age_of(seconds: float | None) -> tuple[str, int]:
    """The name of the text about the last sign of life, and the number that belongs into it."""
    if seconds is None:
        return "sign_never", 0
    found = ((name, int(seconds // unit)) for name, least, unit in AGES if seconds >= least)
    return next(found, ("sign_now", 0))


def in_short(names: Sequence[str]) -> str:
    """Names of files on a line: the first one whole, of others with the same stem the ending only."""
    if not names:
        return ""
    stem = PurePath(names[0]).stem
    others = [each.removeprefix(stem) if each.startswith(f"{stem}.") else each for each in names[1:]]
    return ", ".join([names[0], *others])
