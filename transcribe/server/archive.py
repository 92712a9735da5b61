"""The archive as the server has it: kept as its episodes are, and asked by each client about its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from transcribe.archive.index import Archive
from transcribe.archive.keep import keep_named, remove
from transcribe.archive.meaning import make_vectors, near
from transcribe.archive.names import Names, names_of
from transcribe.archive.query import Query, read_query
from transcribe.archive.reader import Indexed, Reader, TooLong
from transcribe.archive.search import Hit, search
from transcribe.core.errors import InputError, OutputError, TranscribeError
from transcribe.core.events import Progress, Warned
from transcribe.core.unexpected import ends_run, for_people
from transcribe.jobs.queue import PENDING, QueuedJob, State
from transcribe.jobs.submissions import Sought, Submission
from transcribe.server.errors import Refused
from transcribe.server.turns.listeners import Listeners, Removed, Told
from transcribe.server.turns.store import DOCUMENT, Store, file_name

T = TypeVar("T")
Gone = Callable[[], Awaitable[bool]]

SETTLE_S = 1.0
REST = 10
"""After work on the archive, it rests so many times as long: who corrects saves again and again.
Deletions wait for nothing."""
PAUSE_S = 60.0
"""When it is tried again after it could not be written."""

TOGETHER = 16
"""Episodes that are put in at a time; a deletion waits no longer than for these."""

ASKED_S = 10.0
"""A question that takes longer is given up: others wait. The first one loads dictionaries."""
MEANT_S = 2.0
"""How long the server of vectors may take for a question; then only words are searched."""
AT_ONCE = 2
MOST_WAITING = 20
"""Questions of a client; one of them is answered at a time."""

BUSY_S = 2
"""When a client may ask again that has so many."""

EVERYTHING = ""
"""What stands for every job among those that have changed."""


@dataclass
class _Turns:
    """The questions of a client."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class LibraryArchive:
    """Puts finished episodes into the archive, takes out what is gone, and answers questions.

    Args:
        file: The archive's; what others put into it is left alone, and nobody here is shown it.
        progress: Told what goes wrong: it costs nothing else.
        meaning: The setting `meaning`.
    """

    def __init__(
        self, file: Path, store: Store, listeners: Listeners, progress: Progress, meaning: str = ""
    ) -> None:
        self._meaning = meaning
        self._file, self._store, self._listeners, self.progress = file, store, listeners, progress
        self._changed: set[str] = set()
        self._looked = False
        self._came, self._removed = asyncio.Event(), asyncio.Event()
        self._keeping = ThreadPoolExecutor(1, "archive")
        self._answering = ThreadPoolExecutor(AT_ONCE, "search")
        self._turns: dict[str, _Turns] = {}

    def touch(self, name: str) -> None:
        """A job or its transcript has changed: let the archive follow soon."""
        self._changed.add(name)
        self._came.set()

    async def run(self) -> None:
        """Follow the jobs until cancelled; what has changed by then is put down."""
        following = asyncio.create_task(self._follow())
        pause = 0.0
        try:
            while True:
                await self._came.wait()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._removed.wait(), pause)
                self._came.clear()
                self._removed.clear()
                began = time.monotonic()
                good = await self._bring()
                pause = max(SETTLE_S, REST * (time.monotonic() - began)) if good else PAUSE_S
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            if self._changed:
                await self._bring()
            self._keeping.shutdown()
            self._answering.shutdown(cancel_futures=True)

    async def _follow(self) -> None:
        while True:  # it is told no more where it has not listened for long
            with self._listeners.to_all() as listener:
                self.touch(EVERYTHING)
                async for name, told in listener:
                    if isinstance(told, Removed):
                        self._removed.set()
                    if isinstance(told, Removed) or _is_over(told):
                        self.touch(name)

    async def _bring(self) -> bool:
        """Let the archive be as the jobs are that have changed; whether it could be."""
        changed, self._changed = self._changed, set()
        try:
            if not self._file.exists():
                changed.add(EVERYTHING)
            every = {self._document(each): file_name(each.title) for each in self.visible(None).values()}
            some = None if EVERYTHING in changed else {self._store.folder(each) for each in changed}
            await self._kept(partial(self._take_out, set(every), some))
            self._looked = True
            names = [each for each in every.items() if some is None or each[0].parent in some]
            for at in range(0, len(names), TOGETHER):
                await self._kept(partial(self._put_in, dict(names[at : at + TOGETHER])))
            while await self._kept(self._make_vectors):
                if self._removed.is_set():  # which waits for nothing
                    self.touch(EVERYTHING)
                    break
        except Exception as error:
            if ends_run(error):
                raise
            self._changed |= changed
            self._came.set()
            self._looked = True
            self.progress(Warned(f"the archive is behind: {for_people(error, debug=False)}"))
            return False
        return True

    def _kept(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._keeping, work)

    def _take_out(self, there: set[Path], folders: set[Path] | None) -> None:
        """Take out what is of this server and not there any more."""
        with Archive(self._file) as archive:
            for each in filter(self._is_ours, archive.episodes().values()):
                meant = folders is None or each.document.parent in folders
                if meant and each.document not in there:
                    remove(archive, each.document)

    def _put_in(self, names: Mapping[Path, str]) -> None:
        with Archive(self._file) as archive:
            for path, error in keep_named(archive, names).failed:
                self.progress(Warned(f"{path} is not in the archive: {for_people(error, debug=False)}"))

    def _make_vectors(self) -> int:
        """Some of those that are missing; how many were made."""
        try:
            return make_vectors(self._file, self._meaning, most=TOGETHER)
        except TranscribeError as error:
            self.progress(Warned(f"search by meaning is behind: {for_people(error, debug=False)}"))
            return 0

    def visible(self, client: str | None) -> dict[str, Submission]:
        """The episodes of a client, or of all, by the names of their jobs."""
        found, _ = self._store.submissions.found(Sought(client, (State.DONE,)), -1)
        return {each.name: each for each in found}

    async def hits(
        self, client: str, question: str, most: int, visible: Mapping[str, Submission], gone: Gone
    ) -> tuple[list[Hit], str] | None:
        """The best places among some episodes, and what to say of them; None where nobody waits any more.

        Args:
            client: Who asks.
            gone: Says whether the client has left.

        Raises:
            Refused: The client asks too much at a time.
            UsageError: The question is none.
            OutputError: The archive cannot be used, or that takes too long.
        """
        query, among = read_query(question), self._among(visible)
        async with self._turn(client):
            if await gone():
                return None
            try:
                return await self._answer(partial(self._found, query, question, most, among), ([], ""))
            except TooLong:
                raise
            except (InputError, OutputError):
                self.touch(EVERYTHING)  # it is made anew where somebody has moved it away
                raise

    def _found(
        self, query: Query, question: str, most: int, among: Callable[[Indexed], bool], reader: Reader
    ) -> tuple[list[Hit], str]:
        found, note = near(reader, self._meaning, query, question, MEANT_S) if self._meaning else ((), "")
        return search(reader, query, most, among=among, near=found), note

    async def names(self, client: str, visible: Mapping[str, Submission]) -> Names:
        """What there is to narrow a question to; raises what `hits` raises."""
        among = self._among(visible)
        async with self._turn(client):
            return await self._answer(lambda reader: names_of(reader, among), Names())

    def _answer(self, question: Callable[[Reader], T], nothing: T) -> asyncio.Future[T]:
        def answer() -> T:
            if not self._looked:  # it may be under way to be made
                return nothing
            with Reader(self._file, ASKED_S) as reader:
                return question(reader)

        return asyncio.get_running_loop().run_in_executor(self._answering, answer)

    @asynccontextmanager
    async def _turn(self, client: str) -> AsyncIterator[None]:
        turns = self._turns.setdefault(client, _Turns())
        if turns.waiting >= MOST_WAITING:
            what = f"{MOST_WAITING} questions of this client wait already"
            raise Refused(429, what, "too_many_requests", retry_after=BUSY_S)
        turns.waiting += 1
        try:
            async with turns.lock:
                yield
        finally:
            turns.waiting -= 1
            if not turns.waiting:
                self._turns.pop(client, None)

    def _among(self, visible: Mapping[str, Submission]) -> Callable[[Indexed], bool]:
        return lambda each: job_of(each) in visible and self._is_ours(each)

    def _is_ours(self, each: Indexed) -> bool:
        return each.document == self._store.folder(job_of(each)) / DOCUMENT

    def _document(self, submission: Submission) -> Path:
        return self._store.folder(submission.name) / DOCUMENT


def _is_over(told: Told) -> bool:
    return isinstance(told, QueuedJob) and told.state not in PENDING


def job_of(each: Indexed | Hit) -> str:
    """The job whose episode it is."""
    return Path(each.document).parent.name
