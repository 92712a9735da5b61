"""Where something was said in a client's episodes: for the library's page, for programs, as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from transcribe.archive.places import By
from transcribe.archive.reader import TooLong
from transcribe.archive.search import Hit
from transcribe.core.errors import TranscribeError, UsageError
from transcribe.core.events import Warned
from transcribe.core.timecode import format_timecode
from transcribe.core.unexpected import for_people
from transcribe.formats.tables import cell
from transcribe.formats.tokens import encodable
from transcribe.jobs.submissions import Submission
from transcribe.server.api.finished import Shapes
from transcribe.server.api.said import Part
from transcribe.server.archive import job_of
from transcribe.server.errors import Refused
from transcribe.server.service import service_of

MOST = 1000
USUAL = 20
FORMATS = ("json", "csv")
COLUMNS = (
    "start", "title", "show", "aired", "speaker", "language", "before", "words", "after", "score", "url"
)  # fmt: skip
"""Of the table."""

SEARCH_QUERY: dict[str, Any] = {
    "q": {
        "type": "string",
        "description": 'As for transcribe search: profit "net worth" speaker:Ala -tax',
    },
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    "format": {"enum": list(FORMATS), "default": "json"},
}


class FoundPlace(Part, frozen=True):
    """A place where it was said."""

    id: Annotated[str, Meta(description="The job")]
    title: str
    show: Annotated[str, Meta(description="Empty where it is not known; so are aired, speaker and language")]
    aired: Annotated[str, Meta(description="Its day, as 2026-11-28")]
    speaker: str
    language: Annotated[str, Meta(description="ISO 639-1")]
    start_ms: Annotated[int, Meta(description="Where the first word begins")]
    last_ms: Annotated[int, Meta(description="Where the last word begins")]
    before: Annotated[str, Meta(description="What is said before")]
    words: Annotated[str, Meta(description="What was found, from the first to the last word")]
    after: Annotated[str, Meta(description="What is said after it")]
    score: Annotated[float, Meta(description="How well it fits; above 1, it is said as it was typed")]
    by: Annotated[By, Meta(description="What found it; by meaning alone, the score is the cosine")]
    url: Annotated[str, Meta(description="The page of the episode at that second")]


class FoundPlaces(Part, frozen=True):
    """The best places first."""

    places: tuple[FoundPlace, ...]
    more: Annotated[bool, Meta(description="Whether there are more than limit")]
    note: Annotated[str, Meta(description="Why meaning was not searched, where it should be; or empty")]


async def search(request: Request) -> Response:
    """GET /v1/search: where something was said; `q`, `limit`, and `format` json or csv."""
    service, client = service_of(request), request.state.client
    asked = request.query_params
    limit, form = _limit(asked.get("limit", str(USUAL))), asked.get("format", FORMATS[0])
    if form not in FORMATS:
        raise Refused(400, f"format is one of {', '.join(FORMATS)}", "invalid_value", param="format")
    if service.archive is None:
        what = "this server keeps no archive; whoever runs it can start it with --archive auto"
        raise Refused(404, what, "no_archive")
    visible = service.archive.visible(client if service.apart else None)
    try:
        answer = await service.archive.hits(
            client, asked.get("q", ""), limit + 1, visible, request.is_disconnected
        )
    except UsageError as error:
        raise Refused(400, f"{error.what}. {error.hint}", "invalid_value", param="q") from None
    except TooLong as error:
        raise Refused(400, f"{error.what}. {error.hint}", "too_slow", param="q") from None
    except TranscribeError as error:
        service.archive.progress(Warned(str(for_people(error, debug=False))))
        what = "the archive cannot be used; the server's log says why"
        raise Refused(500, what, "archive_unusable") from error
    if answer is None:
        raise ClientDisconnect
    hits, note = answer
    places = tuple(_place(each, visible) for each in hits[:limit])
    if form == "csv":
        headers = {"Content-Disposition": 'attachment; filename="search.csv"'}
        return Response(_table(places, str(request.base_url)), headers=headers, media_type="text/csv")
    found = FoundPlaces(places, more=len(hits) > limit, note=note)
    return Response(msgspec.json.encode(found), media_type="application/json")


SHAPES: Shapes = {search: (None, FoundPlaces)}
"""What is sent, and what is answered."""


def _limit(given: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) < 9 and 1 <= int(given) <= MOST):
        raise Refused(400, f"limit is from 1 to {MOST}", "invalid_value", param="limit")
    return int(given)


def _place(hit: Hit, visible: Mapping[str, Submission]) -> FoundPlace:
    name = job_of(hit)
    return FoundPlace(
        id=name,
        title=encodable(visible[name].title),
        show=hit.show,
        aired=hit.aired,
        speaker=hit.speaker,
        language=hit.language,
        start_ms=hit.start_ms,
        last_ms=hit.last_ms,
        before=hit.before,
        words=hit.words,
        after=hit.after,
        score=hit.score,
        by=hit.by,
        url=f"/episodes/{name}#t={hit.start_ms / 1000:.3f}",
    )


def _table(places: Sequence[FoundPlace], server: str) -> bytes:
    """A table for spreadsheets, as the format csv is (`formats/tables.py`)."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in places:
        values = {**msgspec.structs.asdict(each), "start": format_timecode(each.start_ms)}
        values["url"] = f"{server.rstrip('/')}{each.url}"
        writer.writerow([cell(str(values[name])) for name in COLUMNS])
    return table.getvalue().encode("utf-8-sig")
