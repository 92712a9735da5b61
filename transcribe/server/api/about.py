"""What an episode is called, how it sounds, and which names were corrected in it again and again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from stat import S_ISREG
from typing import Annotated

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from transcribe.core.errors import InputError
from transcribe.core.text import plain_name
from transcribe.jobs.correct import vocabulary
from transcribe.jobs.corrections import read_sidecar, sidecar_of
from transcribe.server.api.finished import MOST_BYTES, Shapes, answer, document_of, finished, read
from transcribe.server.api.said import Part
from transcribe.server.errors import Refused
from transcribe.server.intake.json_body import json_of
from transcribe.server.intake.uploads import TITLE_CHARS

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


class Titled(Part, frozen=True):
    """What an episode is called."""

    title: Annotated[str, Meta(max_length=TITLE_CHARS)]


class LearnedName(Part, frozen=True):
    """A name that was put in the place of something else twice or more."""

    text: str
    times: int
    instead_of: tuple[str, ...]


class LearnedNames(Part, frozen=True):
    """Names for the vocabulary; nothing uses them by itself."""

    names: tuple[LearnedName, ...]


async def title(request: Request) -> Response:
    """POST /episodes/{id}/title: call the episode something else."""
    service, submission = finished(request)
    wanted = await json_of(request, service.limits, Titled, MOST_BYTES)
    given = plain_name(wanted.title)
    if not given:
        raise Refused(400, "a title is not empty", "invalid_value", param="title")
    service.dispatcher.rename(submission.name, given)
    return await answer(service, submission, lambda: Titled(given))


async def names(request: Request) -> Response:
    """GET /episodes/{id}/vocabulary: names that were corrected again and again in this client's episodes."""
    service, submission = finished(request)
    others = [
        each.name
        for each in service.store.submissions.all()
        if each.name != submission.name and (not service.apart or each.client == submission.client)
    ]
    documents = [document_of(service, each) for each in (submission.name, *others[: MOST_LEARNED_FROM - 1])]
    return await answer(service, submission, lambda: _learned(documents))


async def sound(request: Request) -> Response:
    """GET /episodes/{id}/sound: the recording, or a range of it."""
    service, submission = finished(request)
    path = service.store.recording(submission.name)
    document = document_of(service, submission.name)
    episode = await read(service, submission, lambda: service.store.desk.recognised(document))
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


SHAPES: Shapes = {title: (Titled, Titled), names: (None, LearnedNames)}
"""What is sent to each of these, and what is answered."""


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
