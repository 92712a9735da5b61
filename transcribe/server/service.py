"""What requests are met with: a recording becomes a job, a job is waited for, its episode is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from starlette.requests import Request

from transcribe.control.review.state import ReadPolicy
from transcribe.core.disk import disk_errors
from transcribe.core.episode import Episode
from transcribe.core.errors import TranscribeError
from transcribe.core.files import sync_file
from transcribe.core.media import Container
from transcribe.core.settings import Settings
from transcribe.jobs.queue import PENDING, QueuedJob, State
from transcribe.jobs.submissions import Submission
from transcribe.models.token_table import LANGUAGES
from transcribe.server.archive import LibraryArchive
from transcribe.server.errors import Refused, refused, refused_by_code
from transcribe.server.intake.asked import check_model
from transcribe.server.intake.paths import named
from transcribe.server.intake.samples import digest_of, samples_of
from transcribe.server.intake.uploads import Form, Limits, Upload, received
from transcribe.server.lookout import Lookout
from transcribe.server.turns.dispatcher import Dispatcher
from transcribe.server.turns.listeners import Listener, Stopping, Told
from transcribe.server.turns.store import SAMPLES_OPTION, Store, Wish
from transcribe.server.turns.working import LONGEST_MS, too_long

RETRY_S = 30
"""When a client may ask again that was told to come back later."""


@dataclass(frozen=True)
class Taken:
    """A recording that was taken in.

    Attributes:
        new: Whether no job did the same already.
    """

    form: Form
    job: QueuedJob
    new: bool


@dataclass
class Service:
    """Everything that handlers of requests use.

    Attributes:
        probe: Reads the headers of a media file.
        check: Raises TranscribeError where settings cannot be met here.
        model: The name of the model that is served.
        languages: Codes of those that it knows.
        roots: Folders whose recordings may be named instead of sent.
        apart: Whether clients see their own jobs only.
        most: Jobs that wait at a time; of each client, where they are kept apart.
        most_uploads: Uploads that come in at a time; of each client a fifth, where they are kept apart.
        lookout: Sees the watched folders that are shown.
        policy: By which transcripts are reviewed; None: no policy.
        archive: Finds what was said in the episodes; None: nothing is kept for that.
    """

    store: Store
    dispatcher: Dispatcher
    probe: Callable[[Path], Container]
    check: Callable[[Settings], None]
    model: str
    languages: tuple[str, ...] = LANGUAGES
    roots: tuple[Path, ...] = ()
    apart: bool = False
    limits: Limits = field(default_factory=Limits)
    most: int = 1000
    most_uploads: int = 250
    lookout: Lookout = field(default_factory=Lookout)
    policy: ReadPolicy | None = None
    archive: LibraryArchive | None = None
    _uploading: dict[asyncio.Task[Any], str] = field(default_factory=dict, init=False)

    @property
    def uploads(self) -> int:
        """How many uploads come in."""
        return len(self._uploading)

    def changed(self, name: str) -> None:
        """The transcript of a job is another one: let what is made of it follow."""
        if self.archive is not None:
            self.archive.touch(name)

    def stop(self) -> None:
        """Tell everybody who waits, and everybody who uploads, that the server ends."""
        self.dispatcher.stop()
        for each in self._uploading:
            each.cancel()

    def wish(self, request: Request, options: Mapping[str, Any], *, interactive: bool) -> Wish:
        """What the client of a request wants.

        Raises:
            Refused: The options make no sense, or cannot be met here.
        """
        client: str = request.state.client
        try:
            self.check(self.store.settings_of(options))
        except ValueError as error:
            raise Refused(400, str(error), "invalid_value") from None
        except TranscribeError as error:
            raise refused(error) from None
        return Wish(client, client if self.apart else "", options, interactive)

    def check_room(self, client: str) -> None:
        """See whether one more job of a client may wait; no client takes the others' room.

        Raises:
            Refused: There are too many already, or the server ends.
        """
        if self.dispatcher.stopping:
            raise stopping()
        waiting = self.store.submissions.pending(client if self.apart else None)
        own = sum(each == client for each in self._uploading.values())
        few = self.apart and own >= self.most_uploads // 5
        if waiting >= self.most or few or self.uploads >= self.most_uploads:
            raise Refused(
                429, "too many jobs wait already; come back later", "queue_full", retry_after=RETRY_S
            )

    async def taken(
        self, request: Request, options: Callable[[Form], Mapping[str, Any]], *, interactive: bool
    ) -> Taken:
        """Read a request with a recording, and make a job of it.

        Args:
            options: Says by the fields which settings differ from the server's.

        Raises:
            Refused: There is no recording in it, or something about it makes no sense.
        """
        client: str = request.state.client
        self.check_room(client)
        self.dispatcher.expect()
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._uploading[task] = client
        try:
            async with self._form(request) as form:
                check_model(form, self.model)
                wish = _with_samples(self.wish(request, options(form), interactive=interactive), form)
                if form.upload is None:
                    what = "the form has no recording; send it as the field file"
                    raise Refused(400, what, "missing_file", param="file")
                return Taken(form, *await self.accept(form.upload, wish))
        except asyncio.CancelledError:
            if not self.dispatcher.stopping:
                raise
            raise stopping() from None
        finally:
            del self._uploading[task]

    def _form(self, request: Request) -> AbstractAsyncContextManager[Form]:
        incoming, limits = self.store.incoming, self.limits
        if self.roots and request.headers.get("content-type", "").startswith("application/json"):
            return named(request, incoming, limits, self.roots)
        return received(request, incoming, limits)

    async def accept(self, upload: Upload, wish: Wish) -> tuple[QueuedJob, bool]:
        """The job that a recording becomes, and whether it is a new one.

        Raises:
            Refused: It is no recording.
        """
        try:
            if job := self.store.found(upload.sha256, wish):
                return job, False
            duration_ms = await asyncio.to_thread(self._looked_at, upload)
            if job := self.store.found(upload.sha256, wish):  # another request was faster
                return job, False
            job = self.store.submit(upload, wish, duration_ms)
        except TranscribeError as error:
            error.what = error.what.replace(str(upload.path), upload.title)
            raise refused(error) from error
        self.dispatcher.wake()
        return job, True

    def _looked_at(self, upload: Upload) -> int:
        """How long it says it is, in ms; 0 where it does not."""
        if not upload.path.stat().st_size:
            raise Refused(400, f"{upload.title} is empty", "invalid_audio", param="file")
        container = self.probe(upload.path)
        if not container.streams:
            raise Refused(400, f"{upload.title} has no sound", "invalid_audio", param="file")
        if (container.duration_ms or 0) > LONGEST_MS:
            raise too_long()
        with disk_errors(upload.path, "writing"):
            sync_file(upload.path)  # before its client is answered
        return container.duration_ms or 0

    def submission(self, request: Request, name: str) -> Submission:
        """A job that the client of a request may see.

        Raises:
            Refused: There is none of that name.
        """
        found = self.store.submissions.get(name)
        if found is None or (self.apart and found.client != request.state.client):
            raise Refused(404, f"there is no job {name!r}", "job_not_found")
        return found

    def sees(self, client: str, submission: Submission) -> bool:
        """Whether a client is shown a job: its own, or where clients are not told apart everybody's."""
        return not submission.interactive and (not self.apart or submission.client == client)

    def job(self, name: str) -> QueuedJob:
        """The state of a job.

        Raises:
            Refused: It is gone.
        """
        job = self.store.queue.job(name)
        if job is None:
            raise Refused(404, f"there is no job {name!r}", "job_not_found")
        return job

    async def episode(self, submission: Submission) -> Episode:
        """What was recognised.

        Raises:
            Refused: It is not there any more, or it or its corrections are damaged.
        """
        try:
            return await asyncio.to_thread(self.store.episode, submission)
        except TranscribeError as error:
            raise Refused(500, self.in_words(error), "lost") from error

    def in_words(self, error: TranscribeError) -> str:
        """An error for clients: what happened and what to do, without the path of the server's folder."""
        folder = f"{self.store.incoming.parent}/"
        return f"{error.what}. {error.hint}".rstrip().replace(folder, "")


def _with_samples(wish: Wish, form: Form) -> Wish:
    """The wish with the samples of speakers that stand in its form, where speakers are told apart."""
    samples = samples_of(form)
    options = dict(wish.options or {})
    if not samples or "speakers" not in options:
        return wish
    return replace(wish, samples=samples, options=options | {SAMPLES_OPTION: digest_of(samples)})


def stopping() -> Refused:
    """What is said while the server ends."""
    return Refused(503, "the server is being stopped", "stopping", retry_after=RETRY_S)


def service_of(request: Request) -> Service:
    """What handlers use."""
    service: Service = request.app.state.service
    return service


def check_outcome(job: QueuedJob, submission: Submission) -> None:
    """See that a job that is over was done.

    Raises:
        Refused: It was not.
    """
    if job.state is State.FAILED:
        raise refused_by_code(submission.exit_code, f"{job.reason}. {job.hint}".rstrip())
    if job.state is not State.DONE:
        raise Refused(409, f"the job is {job.state.value}: {job.reason}", job.state.value)


async def happenings(listener: Listener[Told], job: QueuedJob) -> AsyncIterator[Told]:
    """What happens to a job until it is over; its states too, the last of them at the end.

    Args:
        job: Its state when it began to be listened to; told first.

    Raises:
        Refused: The server ends before it, or the listener is too slow.
    """
    yield job
    if job.state not in PENDING:
        return
    async for told in listener:
        if isinstance(told, Stopping):
            break
        yield told
        if isinstance(told, QueuedJob) and told.state not in PENDING:
            return
    what = "the server is being stopped, or this stream is read too slowly; send it again"
    raise Refused(503, what, "stopping", retry_after=RETRY_S)


async def over(listener: Listener[Told], job: QueuedJob) -> QueuedJob:
    """Wait until a job is over.

    Raises:
        Refused: As for `happenings`.
    """
    async for told in happenings(listener, job):
        if isinstance(told, QueuedJob):
            job = told
    return job


async def left(request: Request) -> None:
    """Wait until the client of a request is gone; its body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
