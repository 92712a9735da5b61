"""Lines of an episode corrected, its speakers renamed; both versions where two were at the same words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from transcribe.core.corrections.edit import Line
from transcribe.core.corrections.units import clean
from transcribe.core.text import plain_name
from transcribe.formats.corrections import LONGEST_NAME, LONGEST_TEXT
from transcribe.jobs.edit_lines import ClashError, Edit, edit_lines
from transcribe.jobs.revise import rename_speakers
from transcribe.jobs.submissions import Submission
from transcribe.server.api.finished import MOST_BYTES, Shapes, answer, document_of, finished, who_of
from transcribe.server.api.said import (
    ApprovalView,
    Part,
    SaidLine,
    TranscriptView,
    approval_of,
    line_of,
    lines_of,
    read_transcript,
    transcript_of,
)
from transcribe.server.desk import Sheet
from transcribe.server.errors import Refused
from transcribe.server.intake.json_body import json_of
from transcribe.server.service import Service

Place = Annotated[int, Meta(ge=0, le=2**31)]
Name = Annotated[str, Meta(max_length=LONGEST_NAME)]
Ids = Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=100_000)]
Revision = Annotated[str, Meta(max_length=64, description="State of the transcript, as it was answered")]


class WantedLine(Part, frozen=True):
    """A line as it is to be."""

    text: Annotated[str, Meta(max_length=LONGEST_TEXT)]
    speaker: Name | None = None


class WantedEdit(Part, frozen=True):
    """Recognised words, those of whole lines, and what they are to be; no line: they are deleted."""

    first: Place
    end: Place
    lines: Annotated[tuple[WantedLine, ...], Meta(max_length=100_000)]
    seen: Annotated[Ids, Meta(description="The corrections of these lines, as they were answered")]


class EditsRequest(Part, frozen=True):
    """Edits that are made together or not at all."""

    revision: Revision
    edits: Annotated[tuple[WantedEdit, ...], Meta(min_length=1, max_length=100_000)]
    prefer: Annotated[
        Literal["mine", "theirs"] | None, Meta(description="What stays where others corrected the same words")
    ] = None
    who: Annotated[Name, Meta(description="Who does it, where no key says so")] = ""


class EditedPart(Part, frozen=True):
    """Words whose lines were touched, and their lines as they are."""

    first: int
    end: int
    lines: tuple[SaidLine, ...]


class EditsAnswer(Part, frozen=True):
    """What became of edits; where `before` is not what was known, others have changed something, too."""

    revision: str
    before: str
    parts: tuple[EditedPart, ...]
    approval: ApprovalView | None


class ClashView(Part, frozen=True):
    """An edit whose words somebody else has corrected meanwhile: theirs, and who."""

    first: int
    end: int
    mine: tuple[WantedLine, ...]
    theirs: tuple[SaidLine, ...]
    who: str


class RenameRequest(Part, frozen=True):
    """New names of speakers by the old ones."""

    revision: Revision
    names: Annotated[dict[Name, Name], Meta(min_length=1, max_length=1000)]


async def edits(request: Request) -> Response:
    """POST /episodes/{id}/edits: lines as they are to be; 409 with both versions where others were faster."""
    service, submission = finished(request)
    wanted = await json_of(request, service.limits, EditsRequest, MOST_BYTES)
    who = who_of(request, service, wanted.who)
    made = await answer(service, submission, lambda: _edit(service, submission, wanted, who))
    service.changed(submission.name)
    return made


async def speakers(request: Request) -> Response:
    """POST /episodes/{id}/speakers: rename speakers everywhere; the transcript as it is then."""
    service, submission = finished(request)
    wanted = await json_of(request, service.limits, RenameRequest, MOST_BYTES)
    made = await answer(service, submission, lambda: _rename(service, submission, wanted))
    service.changed(submission.name)
    return made


SHAPES: Shapes = {edits: (EditsRequest, EditsAnswer), speakers: (RenameRequest, TranscriptView)}
"""What is sent to each of these, and what is answered."""


def _edit(service: Service, submission: Submission, wanted: EditsRequest, who: str) -> EditsAnswer | Response:
    asked = [
        Edit(
            each.first,
            each.end,
            tuple(Line(text, _name(line.speaker)) for line in each.lines if (text := clean(line.text))),
            each.seen,
        )
        for each in wanted.edits
    ]
    with service.store.desk.writing(document_of(service, submission.name)) as sheet:
        _check_recognition(sheet, wanted.revision)
        try:
            made, touched = edit_lines(sheet.opened, asked, who=who, prefer=wanted.prefer)
        except ClashError as error:
            return _clashes(sheet, error)
        after = sheet.changed(made, touched)
        service.store.desk.put(after)
    parts = tuple(_part(after, words) for words in _whole(touched, sheet, after))
    return EditsAnswer(after.revision, sheet.revision, parts, approval_of(made))


def _whole(touched: Iterable[range], *sheets: Sheet) -> list[range]:
    """The words of all lines that were touched and of those that came of them, none of them twice."""
    found: list[range] = []
    for each in touched:
        words = each
        for _ in range(4):  # a deleted line is of the line before it, which may have been touched, too
            for sheet in sheets:
                words = sheet.extent(words)
        if found and words.start < found[-1].stop:
            words = range(min(found[-1].start, words.start), max(found.pop().stop, words.stop))
        found.append(words)
    return found


def _part(sheet: Sheet, words: range) -> EditedPart:
    return EditedPart(words.start, words.stop, lines_of(sheet, sheet.numbers(words)))


def _clashes(sheet: Sheet, error: ClashError) -> Response:
    ids = dict(zip(sheet.starts, sheet.ids, strict=True))
    found = [
        ClashView(
            each.edit.first,
            each.edit.end,
            tuple(WantedLine(line.text, line.speaker) for line in each.edit.lines),
            tuple(line_of(line, tuple(ids[line.first])) for line in each.theirs),
            each.who,
        )
        for each in error.clashes
    ]
    what = "somebody else has corrected the same words meanwhile; say what stays with prefer"
    body = Refused(409, what, "edit_conflict").body() | {"revision": sheet.revision, "conflicts": found}
    return Response(msgspec.json.encode(body), 409, media_type="application/json")


def _rename(service: Service, submission: Submission, wanted: RenameRequest) -> TranscriptView:
    names = {old: _name(new) for old, new in wanted.names.items()}
    document = document_of(service, submission.name)
    with service.store.desk.writing(document) as sheet:
        _check_recognition(sheet, wanted.revision)
        known = transcript_of(sheet, "").speakers
        unknown = [old for old in names if old not in known]
        if unknown or not all(names.values()):
            raise Refused(
                400, f"there is no speaker {unknown[0]!r}" if unknown else "a name is empty", "invalid_value"
            )
        settings = service.store.settings_of(submission.options)
        rename_speakers(document, {old: new or old for old, new in names.items()}, settings, keep_edited=True)
    return read_transcript(service, submission)


def _check_recognition(sheet: Sheet, revision: str) -> None:
    """See that edits are about the words that are there.

    Raises:
        Refused: The transcript was recognised anew, or speakers were renamed.
    """
    if revision.partition(".")[0] != sheet.opened.recognition:
        what = "the transcript was recognised anew, or speakers were renamed; load it again"
        raise Refused(409, what, "other_recognition")


def _name(speaker: str | None) -> str | None:
    return plain_name(speaker or "") or None
