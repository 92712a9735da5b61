"""The transcript of an episode in lines, as it is answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from transcribe.core.approval import Approval, Kind
from transcribe.core.corrections.apply import RowLine
from transcribe.core.corrections.units import clean
from transcribe.jobs.approvals import approvals_of, holding_approval
from transcribe.jobs.correct import Opened
from transcribe.jobs.submissions import Submission
from transcribe.server.api.finished import Shapes, answer, document_of, finished
from transcribe.server.desk import Sheet
from transcribe.server.service import Service


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all shapes have in common."""


class SaidWord(Part, frozen=True, omit_defaults=True):
    """A word of a line."""

    text: str
    start_ms: int
    end_ms: int
    probability: float
    space_before: bool = True
    corrected: bool = False


class SaidLine(Part, frozen=True):
    """A segment of the corrected transcript: the recognised words from `first` to before `end`."""

    first: int
    end: int
    speaker: str | None
    text: str
    words: tuple[SaidWord, ...]
    corrections: tuple[str, ...]


class ToCheck(Part, frozen=True):
    """A stretch that somebody should listen to."""

    start_ms: int
    end_ms: int
    kind: str
    reason: str


class ApprovalView(Part, frozen=True):
    """The latest approval or rejection; an approval holds while nothing was changed or decided since."""

    kind: Kind
    who: str
    when: str
    reason: str
    heard_ms: Annotated[int, Meta(description="How much of the recording was heard in the review")]
    heard_percent: float
    changes: Annotated[int, Meta(description="How many corrections there were")]
    policy: Annotated[str, Meta(description="Name of the policy; empty: none")]
    holds: bool


class TranscriptView(Part, frozen=True):
    """The corrected transcript of a job, as it is edited."""

    revision: str
    title: str
    language: str | None
    duration_ms: int
    speakers: tuple[str, ...]
    lines: tuple[SaidLine, ...]
    corrections: Annotated[
        tuple[str, ...], Meta(description="Those that lie in no line: all, where every line was deleted")
    ]
    to_check: tuple[ToCheck, ...]
    approval: ApprovalView | None


async def transcript(request: Request) -> Response:
    """GET /episodes/{id}/transcript: the corrected transcript in lines, with what a person should check."""
    service, submission = finished(request)
    return await answer(service, submission, lambda: read_transcript(service, submission))


SHAPES: Shapes = {transcript: (None, TranscriptView)}
"""What is sent, and what is answered."""


def read_transcript(service: Service, submission: Submission) -> TranscriptView:
    """The transcript of a job as it is."""
    return transcript_of(service.store.desk.read(document_of(service, submission.name)), submission.title)


def transcript_of(sheet: Sheet, title: str) -> TranscriptView:
    """A transcript as it is edited."""
    opened = sheet.opened
    language = opened.transcript.language
    turns = opened.episode.turns
    said = dict.fromkeys(line.segment.speaker for line in sheet.lines if line.segment.speaker)
    known = dict.fromkeys(turns.speakers) if turns else {}
    return TranscriptView(
        revision=sheet.revision,
        title=title,
        language=language.code if language else None,
        duration_ms=opened.episode.duration_ms,
        speakers=tuple(said | known),
        lines=lines_of(sheet, range(len(sheet.lines))),
        corrections=() if sheet.lines else tuple(each.correction.id for each in opened.layer.placed),
        to_check=tuple(
            ToCheck(each.start_ms, each.end_ms, each.kind, each.reason)
            for each in opened.episode.coverage.to_check
        ),
        approval=approval_of(opened),
    )


def approval_of(opened: Opened) -> ApprovalView | None:
    """The latest approval or rejection of a transcript."""
    last = approvals_of(opened.document).last
    if last is None:
        return None
    return approval_view(last, opened.episode.duration_ms, holds=holding_approval(opened) is not None)


def approval_view(of: Approval, duration_ms: int, *, holds: bool) -> ApprovalView:
    """An approval as it is answered."""
    heard_ms = sum(end - start for start, end in of.heard)
    return ApprovalView(
        kind=of.kind,
        who=of.who,
        when=of.when,
        reason=of.reason,
        heard_ms=heard_ms,
        heard_percent=round(100 * heard_ms / duration_ms, 1) if duration_ms else 0.0,
        changes=of.changes,
        policy=of.policy,
        holds=holds,
    )


def lines_of(sheet: Sheet, numbers: Iterable[int]) -> tuple[SaidLine, ...]:
    """Some of the lines, by their numbers."""
    return tuple(line_of(sheet.lines[number], tuple(sheet.ids[number])) for number in numbers)


def line_of(line: RowLine, ids: tuple[str, ...]) -> SaidLine:
    """A line; `ids` are those of its corrections."""
    segment = line.segment
    words = tuple(
        SaidWord(
            clean(word.text),
            word.start_ms,
            word.end_ms,
            round(word.probability, 4),
            word.space_before,
            word.corrected,
        )
        for word in segment.words
    )
    return SaidLine(line.first, line.end, segment.speaker, clean(segment.text), words, ids)
