"""The transcript of a finished job read, corrected and approved, line by line; its sound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from stat import S_ISREG
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from transcribe.core.corrections.apply import RowLine
from transcribe.core.corrections.edit import Line
from transcribe.core.corrections.units import clean
from transcribe.core.errors import InputError, OutputError, TranscribeError
from transcribe.core.text import plain_name
from transcribe.formats.approvals import LONGEST_REASON
from transcribe.formats.corrections import LONGEST_NAME, LONGEST_TEXT
from transcribe.jobs.approvals import approvals_of, approve
from transcribe.jobs.correct import Opened, vocabulary
from transcribe.jobs.corrections import read_sidecar, sidecar_of
from transcribe.jobs.edit_lines import ClashError, Edit, edit_lines
from transcribe.jobs.revise import rename_speakers
from transcribe.jobs.submissions import Submission
from transcribe.server.desk import Sheet
from transcribe.server.errors import Refused, refused
from transcribe.server.intake.json_body import json_of
from transcribe.server.intake.uploads import TITLE_CHARS
from transcribe.server.service import Service, check_outcome, service_of
from transcribe.server.turns.store import DOCUMENT

T = TypeVar("T")

MOST_BYTES = 16 * 1024 * 1024
"""Every line of a ten-hour recording edited at once has less."""

MOST_LEARNED_FROM = 200
"""Episodes, the newest, whose corrections names are learned from."""

CONTAINERS = {
    "mp3": "audio/mpeg", "mov": "video/mp4", "mp4": "video/mp4", "m4a": "audio/mp4", "matroska": "video/webm",
    "webm": "video/webm", "ogg": "audio/ogg", "wav": "audio/wav", "flac": "audio/flac", "aac": "audio/aac",
    "aiff": "audio/aiff", "avi": "video/x-msvideo", "mpeg": "video/mpeg", "mpegts": "video/mp2t",
    "asf": "video/x-ms-asf", "flv": "video/x-flv", "amr": "audio/amr", "caf": "audio/x-caf",
    "au": "audio/basic",
}  # fmt: skip
"""Media types (IANA) by ffmpeg's name of the container, or the first of several names."""

Place = Annotated[int, Meta(ge=0, le=2**31)]
Name = Annotated[str, Meta(max_length=LONGEST_NAME)]
Ids = Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=100_000)]
Revision = Annotated[str, Meta(max_length=64, description="State of the transcript, as it was answered")]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all shapes have in common."""


class SaidWord(_Part, frozen=True, omit_defaults=True):
    """A word of a line."""

    text: str
    start_ms: int
    end_ms: int
    probability: float
    space_before: bool = True
    corrected: bool = False


class SaidLine(_Part, frozen=True):
    """A segment of the corrected transcript: the recognised words from `first` to before `end`."""

    first: int
    end: int
    speaker: str | None
    text: str
    words: tuple[SaidWord, ...]
    corrections: tuple[str, ...]


class ToCheck(_Part, frozen=True):
    """A stretch that somebody should listen to."""

    start_ms: int
    end_ms: int
    kind: str
    reason: str


class ApprovalView(_Part, frozen=True):
    """The latest approval; it holds while nothing has been changed since."""

    who: str
    when: str
    reason: str
    holds: bool


class TranscriptView(_Part, frozen=True):
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


class WantedLine(_Part, frozen=True):
    """A line as it is to be."""

    text: Annotated[str, Meta(max_length=LONGEST_TEXT)]
    speaker: Name | None = None


class WantedEdit(_Part, frozen=True):
    """Recognised words, those of whole lines, and what they are to be; no line: they are deleted."""

    first: Place
    end: Place
    lines: Annotated[tuple[WantedLine, ...], Meta(max_length=100_000)]
    seen: Annotated[Ids, Meta(description="The corrections of these lines, as they were answered")]


class EditsRequest(_Part, frozen=True):
    """Edits that are made together or not at all."""

    revision: Revision
    edits: Annotated[tuple[WantedEdit, ...], Meta(min_length=1, max_length=100_000)]
    prefer: Annotated[
        Literal["mine", "theirs"] | None, Meta(description="What stays where others corrected the same words")
    ] = None
    who: Annotated[Name, Meta(description="Who does it, where no key says so")] = ""


class EditedPart(_Part, frozen=True):
    """Words whose lines were touched, and their lines as they are."""

    first: int
    end: int
    lines: tuple[SaidLine, ...]


class EditsAnswer(_Part, frozen=True):
    """What became of edits; where `before` is not what was known, others have changed something, too."""

    revision: str
    before: str
    parts: tuple[EditedPart, ...]
    approval: ApprovalView | None


class ClashView(_Part, frozen=True):
    """An edit whose words somebody else has corrected meanwhile: theirs, and who."""

    first: int
    end: int
    mine: tuple[WantedLine, ...]
    theirs: tuple[SaidLine, ...]
    who: str


class RenameRequest(_Part, frozen=True):
    """New names of speakers by the old ones."""

    revision: Revision
    names: Annotated[dict[Name, Name], Meta(min_length=1, max_length=1000)]


class ApprovalRequest(_Part, frozen=True):
    """Somebody stands by the transcript as it is."""

    revision: Revision
    reason: Annotated[str, Meta(max_length=LONGEST_REASON)] = ""
    who: Annotated[Name, Meta(description="Who does it, where no key says so")] = ""


class Titled(_Part, frozen=True):
    """What an episode is called."""

    title: Annotated[str, Meta(max_length=TITLE_CHARS)]


class LearnedName(_Part, frozen=True):
    """A name that was put in the place of something else twice or more."""

    text: str
    times: int
    instead_of: tuple[str, ...]


class LearnedNames(_Part, frozen=True):
    """Names for the vocabulary; nothing uses them by itself."""

    names: tuple[LearnedName, ...]


async def transcript(request: Request) -> Response:
    """GET /episodes/{id}/transcript: the corrected transcript in lines, with what a person should check."""
    service, submission = finished(request)
    return await _answer(service, submission, lambda: _transcript(service, submission))


async def edits(request: Request) -> Response:
    """POST /episodes/{id}/edits: lines as they are to be; 409 with both versions where others were faster."""
    service, submission = finished(request)
    wanted = await json_of(request, service.limits, EditsRequest, MOST_BYTES)
    who = _who(request, service, wanted.who)
    return await _answer(service, submission, lambda: _edit(service, submission, wanted, who))


async def speakers(request: Request) -> Response:
    """POST /episodes/{id}/speakers: rename speakers everywhere; the transcript as it is then."""
    service, submission = finished(request)
    wanted = await json_of(request, service.limits, RenameRequest, MOST_BYTES)
    return await _answer(service, submission, lambda: _rename(service, submission, wanted))


async def approvals(request: Request) -> Response:
    """POST /episodes/{id}/approvals: approve the transcript as it is; 409 where it has changed meanwhile."""
    service, submission = finished(request)
    wanted = await json_of(request, service.limits, ApprovalRequest, MOST_BYTES)
    who = _who(request, service, wanted.who)
    if not who:
        raise Refused(400, "an approval has a name", "missing_name", param="who")
    return await _answer(service, submission, lambda: _approve(service, submission, wanted, who))


async def title(request: Request) -> Response:
    """POST /episodes/{id}/title: call the episode something else."""
    service, submission = finished(request)
    wanted = await json_of(request, service.limits, Titled, MOST_BYTES)
    given = plain_name(wanted.title)
    if not given:
        raise Refused(400, "a title is not empty", "invalid_value", param="title")
    service.dispatcher.rename(submission.name, given)
    return await _answer(service, submission, lambda: Titled(given))


async def names(request: Request) -> Response:
    """GET /episodes/{id}/vocabulary: names that were corrected again and again in this client's episodes."""
    service, submission = finished(request)
    others = [
        each.name
        for each in service.store.submissions.all()
        if each.name != submission.name and (not service.apart or each.client == submission.client)
    ]
    documents = [_document(service, each) for each in (submission.name, *others[: MOST_LEARNED_FROM - 1])]
    return await _answer(service, submission, lambda: _learned(documents))


async def sound(request: Request) -> Response:
    """GET /episodes/{id}/sound: the recording, or a range of it."""
    service, submission = finished(request)
    path = service.store.recording(submission.name)
    document = _document(service, submission.name)
    episode = await _read(service, submission, lambda: service.store.desk.recognised(document))
    try:
        facts = path.lstat()
        if not S_ISREG(facts.st_mode):  # nobody is to wait for a pipe, or to get what a link leads to
            raise FileNotFoundError
    except OSError:
        raise Refused(404, "the recording is not there any more", "sound_not_found") from None
    container = episode.source.container.partition(",")[0]
    kind = CONTAINERS.get(container, "application/octet-stream")
    return FileResponse(
        path, media_type=kind, headers={"Cache-Control": "private, no-cache"}, stat_result=facts
    )


SHAPES: Mapping[str, tuple[type | None, type | None]] = {
    "transcript": (None, TranscriptView),
    "edits": (EditsRequest, EditsAnswer),
    "speakers": (RenameRequest, TranscriptView),
    "approvals": (ApprovalRequest, ApprovalView),
    "title": (Titled, Titled),
    "names": (None, LearnedNames),
}
"""What is sent to each of these, and what is answered."""


def finished(request: Request) -> tuple[Service, Submission]:
    """The job that a request names.

    Raises:
        Refused: It is not done, or the client may not see it.
    """
    service = service_of(request)
    submission = service.submission(request, request.path_params["id"])
    check_outcome(service.job(submission.name), submission)
    return service, submission


async def sheet_of(service: Service, submission: Submission) -> Sheet:
    """The transcript of a job as it is.

    Raises:
        Refused: It cannot be read.
    """
    document = _document(service, submission.name)
    return await _read(service, submission, lambda: service.store.desk.read(document))


async def _answer(
    service: Service, submission: Submission, made: Callable[[], msgspec.Struct | Response]
) -> Response:
    """What a function makes, away from the loop."""

    def content() -> Response:
        value = made()
        if isinstance(value, Response):
            return value
        return Response(msgspec.json.encode(value), media_type="application/json")

    return await _read(service, submission, content)


async def _read(service: Service, submission: Submission, made: Callable[[], T]) -> T:
    """What a function reads of a job, away from the loop.

    Raises:
        Refused: It cannot, or the job was removed meanwhile.
    """
    try:
        return await asyncio.to_thread(made)
    except InputError as error:
        service.job(submission.name)  # or it was removed meanwhile
        raise Refused(500, service.in_words(error), "lost") from error
    except TranscribeError as error:
        if isinstance(error, OutputError):
            error.hint = "Nothing was changed; the server needs room, and a folder that it may write into"
            error.what = error.what.replace(f"{service.store.folder(submission.name)}/", "")
        raise refused(error) from error


def _document(service: Service, name: str) -> Path:
    return service.store.folder(name) / DOCUMENT


def _who(request: Request, service: Service, given: str) -> str:
    """Whose key it is; without keys, the name that was given."""
    return str(request.state.client)[:LONGEST_NAME] if service.apart else plain_name(given)


def _transcript(service: Service, submission: Submission) -> TranscriptView:
    return transcript_of(service.store.desk.read(_document(service, submission.name)), submission.title)


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
        lines=_lines(sheet, range(len(sheet.lines))),
        corrections=() if sheet.lines else tuple(each.correction.id for each in opened.layer.placed),
        to_check=tuple(
            ToCheck(each.start_ms, each.end_ms, each.kind, each.reason)
            for each in opened.episode.coverage.to_check
        ),
        approval=approval_of(opened),
    )


def approval_of(opened: Opened) -> ApprovalView | None:
    """The latest approval of a transcript."""
    known = approvals_of(opened.document)
    if known.last is None:
        return None
    holds = known.holds(opened.recognition, opened.corrections.digest)
    return ApprovalView(known.last.who, known.last.when, known.last.reason, holds)


def _lines(sheet: Sheet, numbers: Iterable[int]) -> tuple[SaidLine, ...]:
    return tuple(_line(sheet.lines[number], tuple(sheet.ids[number])) for number in numbers)


def _line(line: RowLine, ids: tuple[str, ...]) -> SaidLine:
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
    with service.store.desk.writing(_document(service, submission.name)) as sheet:
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
    return EditedPart(words.start, words.stop, _lines(sheet, sheet.numbers(words)))


def _clashes(sheet: Sheet, error: ClashError) -> Response:
    ids = dict(zip(sheet.starts, sheet.ids, strict=True))
    found = [
        ClashView(
            each.edit.first,
            each.edit.end,
            tuple(WantedLine(line.text, line.speaker) for line in each.edit.lines),
            tuple(_line(line, tuple(ids[line.first])) for line in each.theirs),
            each.who,
        )
        for each in error.clashes
    ]
    what = "somebody else has corrected the same words meanwhile; say what stays with prefer"
    body = Refused(409, what, "edit_conflict").body() | {"revision": sheet.revision, "conflicts": found}
    return Response(msgspec.json.encode(body), 409, media_type="application/json")


def _rename(service: Service, submission: Submission, wanted: RenameRequest) -> TranscriptView:
    names = {old: _name(new) for old, new in wanted.names.items()}
    document = _document(service, submission.name)
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
    return _transcript(service, submission)


def _approve(service: Service, submission: Submission, wanted: ApprovalRequest, who: str) -> ApprovalView:
    with service.store.desk.writing(_document(service, submission.name)) as sheet:
        if sheet.revision != wanted.revision:
            what = "somebody else has changed the transcript meanwhile; look at it again"
            raise Refused(409, what, "changed_meanwhile")
        made = approve(sheet.opened, who, wanted.reason.strip(), service.store.signer).records[-1]
    return ApprovalView(made.who, made.when, made.reason, holds=True)


def _check_recognition(sheet: Sheet, revision: str) -> None:
    """See that edits are about the words that are there.

    Raises:
        Refused: The transcript was recognised anew, or speakers were renamed.
    """
    if revision.partition(".")[0] != sheet.opened.recognition:
        what = "the transcript was recognised anew, or speakers were renamed; load it again"
        raise Refused(409, what, "other_recognition")


def _is_readable(document: Path) -> bool:
    """Whether names can be learned from an episode: what is wrong with one is told on its own page."""
    try:
        read_sidecar(sidecar_of(document))
    except InputError:
        return False
    return document.exists()


def _learned(documents: Sequence[Path]) -> LearnedNames:
    found = vocabulary([each for each in documents if _is_readable(each)])
    return LearnedNames(tuple(LearnedName(each.text, each.times, each.instead_of) for each in found))


def _name(speaker: str | None) -> str | None:
    return plain_name(speaker or "") or None
