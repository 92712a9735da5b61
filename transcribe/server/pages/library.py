"""The library: every finished episode of a client, found by title, sorted, and how far people are with it."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from transcribe.archive.names import Names
from transcribe.archive.query import title_words
from transcribe.core.decoding import decode
from transcribe.core.errors import InputError, TranscribeError
from transcribe.core.reading import read_regular
from transcribe.formats.known import FORMATS
from transcribe.formats.templates import clock
from transcribe.jobs.approvals import SUFFIX as APPROVALS
from transcribe.jobs.approvals import approvals_of
from transcribe.jobs.correct import opened
from transcribe.jobs.corrections import SUFFIX as CORRECTIONS
from transcribe.jobs.corrections import read_sidecar, sidecar_of
from transcribe.jobs.decisions import decisions_of
from transcribe.jobs.queue import Facts, State
from transcribe.jobs.submissions import Order, Sought, Submission
from transcribe.pipeline.notes_step import wants_notes
from transcribe.server.errors import Refused
from transcribe.server.pages.page import page
from transcribe.server.service import Service, service_of
from transcribe.server.turns.store import DOCUMENT

PAGE = 50
ALL = -1
TEXT_CHARS = 1000
DONE = (State.DONE, State.DUPLICATE)

FIRST = ("docx", "txt", "srt", "vtt", "page")
"""Formats that are offered first."""

ORDERS: tuple[Order, ...] = ("date", "title", "length")
Stand = Literal["new", "corrected", "approved"]
STANDS: tuple[Stand, ...] = ("new", "corrected", "approved")
"""How far people are with an episode; approved holds until it is changed again."""


class _Language(msgspec.Struct):
    code: str


class _Segment(msgspec.Struct):
    speaker: str | None = None


class _Document(msgspec.Struct):
    """What is read of a transcript document; the rest is skipped."""

    language: _Language | None
    segments: tuple[_Segment, ...]


@dataclass(frozen=True)
class Heard:
    """What was found out about an episode.

    Attributes:
        language: Its code, or empty.
        speakers: How many speak; 0 where they are not told apart.
    """

    language: str = ""
    speakers: int = 0


@dataclass
class Shelf:
    """What was read of documents, so that each is read once."""

    _known: dict[Path, tuple[Facts, Heard]] = field(default_factory=dict)

    def heard(self, document: Path) -> Heard:
        """What a document says; nothing where it cannot be read."""
        try:
            facts = Facts.of(document.stat())
            known = self._known.get(document)
            if known is None or known[0] != facts:
                known = self._known[document] = (facts, _heard(document))
        except (OSError, ValueError):
            return Heard()
        return known[1]


_SHELF = Shelf()


@dataclass(frozen=True)
class Row:
    """An episode as the page shows it."""

    id: str
    title: str
    length: str
    language: str
    speakers: int
    date: str
    stand: Stand
    notes: bool


@dataclass(frozen=True)
class Wanted:
    """What the page is asked for.

    Attributes:
        text: What is looked for, as it was typed.
        number: Which page, from 1.
        stand: Only episodes that stand so; empty: all.
    """

    text: str
    order: Order
    stand: Stand | Literal[""]
    number: int

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Wanted:
        """What a query says; what makes no sense is left out."""
        number = asked.get("page", "1")
        return cls(
            text=asked.get("q", "")[:TEXT_CHARS].strip(),
            order=next((each for each in ORDERS if each == asked.get("sort")), ORDERS[0]),
            stand=next((each for each in STANDS if each == asked.get("state")), ""),
            number=max(1, int(number)) if re.fullmatch(r"[0-9]{1,6}", number) else 1,
        )

    def url(self, number: int) -> str:
        """The address of another page of the same."""
        order = "" if self.order == ORDERS[0] else self.order
        query = {
            "q": self.text,
            "sort": order,
            "state": self.stand,
            "page": str(number) if number > 1 else "",
        }
        said = urlencode({name: value for name, value in query.items() if value})
        return f"/library?{said}" if said else "/library"


async def library(request: Request) -> Response:
    """GET /library: the finished episodes by title; `q`, `sort`, `state` and `page`.

    Where there is an archive, the page's script asks it for the same `q` (`GET /v1/search`).
    """
    service, wanted = service_of(request), Wanted.of(request.query_params)
    found, count = await _found(service, request.state.client, wanted)
    if not found and wanted.number > 1:  # the last of that page was deleted
        return RedirectResponse(wanted.url(1), 303)
    rows = await asyncio.to_thread(lambda: [_row(service, each) for each in found])
    last = max(1, -(-count // PAGE))
    return page(
        request,
        "library",
        rows=rows,
        count=count,
        wanted=wanted,
        orders=ORDERS,
        stands=STANDS,
        last=last,
        names=await _names(service, request.state.client),
        before=wanted.url(wanted.number - 1) if wanted.number > 1 else "",
        after=wanted.url(wanted.number + 1) if wanted.number < last else "",
        first=FIRST,
        formats=FORMATS.values(),
    )


async def _found(service: Service, client: str, wanted: Wanted) -> tuple[list[Submission], int]:
    """The episodes of a page, and how many there are on all of them."""
    text = wanted.text if service.archive is None else title_words(wanted.text)
    sought = Sought(client if service.apart else None, DONE, text, wanted.order)
    skip = (wanted.number - 1) * PAGE
    if not wanted.stand:
        return service.store.submissions.found(sought, PAGE, skip)
    found, _ = service.store.submissions.found(sought, ALL)
    fitting = await asyncio.to_thread(
        lambda: [each for each in found if stand_of(_document(service, each)) == wanted.stand]
    )
    return fitting[skip : skip + PAGE], len(fitting)


async def _names(service: Service, client: str) -> Names | None:
    """What a question may be narrowed to; None where the server keeps no archive."""
    if service.archive is None:
        return None
    visible = service.archive.visible(client if service.apart else None)
    try:
        return await service.archive.names(client, visible)
    except (TranscribeError, Refused):  # every question says what is wrong
        return Names()


def _row(service: Service, submission: Submission) -> Row:
    document = _document(service, submission)
    heard = _SHELF.heard(document)
    return Row(
        id=submission.name,
        title=submission.title,
        length=clock(submission.duration_ms) if submission.duration_ms else "",
        language=heard.language,
        speakers=heard.speakers,
        date=datetime.fromtimestamp(submission.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        stand=stand_of(document),
        notes=wants_notes(service.store.settings_of(submission.options)),
    )


def stand_of(document: Path) -> Stand:
    """How far people are with a transcript; files that cannot be read count as none."""
    try:
        if not any(each.endswith((CORRECTIONS, APPROVALS)) for each in os.listdir(document.parent)):  # noqa: PTH208
            return "new"  # as most are, of thousands
        approvals = approvals_of(document)
        corrections = read_sidecar(sidecar_of(document))
        if approvals.last is None:
            return "corrected" if corrections.records else "new"
        recognition = _recognition(document, Facts.of(document.stat()))
        decisions = decisions_of(document)
    except (InputError, OSError):
        return "new"
    holds = approvals.holding(recognition, corrections.digest, decisions.digest)
    return "approved" if holds else "corrected"


@lru_cache(maxsize=10_000)
def _recognition(document: Path, _facts: Facts) -> str:
    """Digest of a recognition; read again where the document is another one."""
    return opened(document).recognition


def _document(service: Service, submission: Submission) -> Path:
    return service.store.folder(submission.name) / DOCUMENT


def _heard(document: Path) -> Heard:
    said = decode(read_regular(document), _Document)
    speakers = {each.speaker for each in said.segments if each.speaker}
    return Heard(said.language.code if said.language else "", len(speakers))
