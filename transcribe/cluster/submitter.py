"""The side that asks: recordings are recognised by the workers of a cluster, and published here."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath
from typing import TypeVar

from transcribe.cluster.addresses import Address
from transcribe.cluster.carrier import Carrier
from transcribe.cluster.certificates import Identity
from transcribe.cluster.members import Members
from transcribe.cluster.orders import Answer, Order, Said, Wanted
from transcribe.cluster.parcel import unpack
from transcribe.core.digest import fingerprint
from transcribe.core.episode import Episode
from transcribe.core.errors import EngineError, NetworkError, TranscribeError, UsageError
from transcribe.core.events import MachineAdvanced, Noticed, Progress
from transcribe.core.recording import Source
from transcribe.core.seal.take import refuse
from transcribe.core.settings import ComputeSettings, DisplaySettings, NotesSettings, OutputSettings, Settings
from transcribe.core.workspace import Workspace
from transcribe.jobs.making import MADE_BY, MadeBy
from transcribe.jobs.trouble import Passing
from transcribe.pipeline.ports import Engines, Run
from transcribe.pipeline.recipe import settled
from transcribe.pipeline.speakers.step import wants_speakers
from transcribe.pipeline.suspend import Pause, Pausing

TRIES = 3
"""How often a recording is placed where machines fail with it."""

CARRIERS = 4
"""Recordings and results on their way at a time."""

T = TypeVar("T")


def check_settings(settings: Settings) -> None:
    """Refuse what needs files that only this machine has.

    Raises:
        UsageError: Something does, or the run is sealed.
    """
    refuse("a cluster")
    asked = settings.speakers
    flags = {
        "--turns": asked.turns,
        "--voices": asked.voices,
        "--speaker-samples": asked.speaker_samples,
        "--channels": settings.tracks.channels,
        "--tracks": settings.tracks.tracks,
    }
    for flag, given in flags.items():
        if given:
            raise UsageError(f"{flag} does not go with --cluster", f"Leave out {flag}, or --cluster")


def settings_for_workers(settings: Settings) -> Settings:
    """What workers have to know: what decides the words and who says them; nothing of files, notes, show.

    What a machine may use is its own business.
    """
    bare = Settings()
    return replace(
        settings,
        output=replace(OutputSettings(), formats=("json",)),
        notes=NotesSettings(),
        show=bare.show,
        subtitles=bare.subtitles,
        compute=ComputeSettings(),
        display=replace(DisplaySettings(), progress="none"),
        archive=bare.archive,
    )


class Cluster:
    """Workers that recognise; what they have made is brought into the work directories of this machine."""

    def __init__(
        self, members: Members, identity: Identity, pool: ThreadPoolExecutor, stopped: threading.Event
    ) -> None:
        self._members = members
        self._identity = identity
        self._pool = pool
        self._stopped = stopped

    def most(self) -> int:
        """How many recordings may be under way: one a worker, as more would wait behind each other."""
        return max(1, self._members.count)

    def bring(self, run: Run, work: Workspace, source: Source, name: str) -> Pausing[None]:
        """Have a recording recognised, and bring what was made of it; nothing where it is there already.

        Args:
            name: What people are shown.

        Raises:
            TranscribeError: It could not be recognised, by whatever machine.
        """
        if work.load("episode", Episode) and not wants_speakers(run.settings.speakers):
            return
        order = self._order(run, work, source)
        failed: list[str] = []
        while len(failed) < TRIES:
            placed = replace(order, key=f"{order.key}-{time.monotonic_ns():x}")
            try:
                answer = yield from self._placed(placed, Path(source.path), _Told(name, run.progress))
                if answer.trouble is None:
                    yield from self._fetched(answer, work, source)
                    return
            except NetworkError as error:
                failed.append(str(error))
                continue
            trouble = answer.trouble
            if trouble.passing is Passing.NO:
                raise _error(answer, source)
            told = f"{answer.machine}: {trouble.what}"
            run.progress(Noticed(f"{name}: {told}; another machine gets it"))
            if trouble.passing is Passing.YES:
                failed.append(told)
        raise EngineError(f"{source.name} failed on {TRIES} tries; the last one: {failed[-1]}", "Try it here")

    def _order(self, run: Run, work: Workspace, source: Source) -> Order:
        key = fingerprint((work.key, wants_speakers(run.settings.speakers)))[:32]
        ending = PurePath(source.path).suffix.lower()
        return Order(
            key,
            source.sha256,
            Path(source.path).stat().st_size,
            ending if ending[1:].isascii() and ending[1:].isalnum() and len(ending) <= 9 else "",
            settings_for_workers(run.settings),
            Wanted.of(run.engines),
        )

    def _placed(self, order: Order, recording: Path, told: _Told) -> Pausing[Answer]:
        """Have a job done by whatever worker, again where the scheduler or a worker is gone; its answer.

        Raises:
            NetworkError: The recording cannot be brought to the worker.
            EngineError: Three workers died while they had it.
        """
        members = self._members
        carrying: Future[None] | None = None
        with members.placed(order) as placed:
            while not placed.done:
                members.look()
                for said in placed.news():
                    told(said)
                    if said.stage == "bring":
                        place = said.host, said.port, said.machine
                        carrier = Carrier(*place, self._identity, self._stopped)
                        carrying = self._pool.submit(carrier.put, recording, order.sha256)
                if carrying is not None and carrying.done():
                    carrying.result()
                    carrying = None
                yield Pause.LOCK
            return placed.answer()

    def _fetched(self, answer: Answer, work: Workspace, source: Source) -> Pausing[None]:
        carrier = Carrier(answer.host, answer.port, answer.machine, self._identity)
        content = yield from self._waited(self._pool.submit(carrier.get, answer.sha256))
        unpack(content, work.path.parent)
        if work.load("episode", Episode) is None:
            raise EngineError(f"what {answer.machine} has made of {source.name} is for another job")
        work.save(MADE_BY, MadeBy(answer.machine, answer.computes, dict(answer.stages_ms)))
        self._pool.submit(_forgetting, carrier, answer.sha256)

    def _waited(self, future: Future[T]) -> Pausing[T]:
        while not future.done():
            yield Pause.LOCK
        return future.result()


def _forgetting(carrier: Carrier, sha256: str) -> None:
    with suppress(NetworkError):  # the worker forgets it by itself later
        carrier.remove(sha256)


class _Told:
    """Tells people how far a worker is with a recording."""

    def __init__(self, name: str, tell: Progress) -> None:
        self._name = name
        self._tell = tell

    def __call__(self, said: Said) -> None:
        self._tell(MachineAdvanced(self._name, said.machine, said.stage, said.done_ms, said.total_ms))


def _error(answer: Answer, source: Source) -> TranscribeError:
    trouble = answer.trouble
    assert trouble is not None  # noqa: S101 - the caller has looked
    what = trouble.what.replace("the recording", source.name, 1)
    error = TranscribeError(f"{what} (on {answer.machine})", trouble.hint)
    error.exit_code = trouble.exit_code
    return error


@contextmanager
def open_cluster(
    scheduler: Address, identity: Identity, settings: Settings, engines: Engines, tell: Progress
) -> Iterator[Cluster]:
    """The workers that a scheduler has, once at least one of them would make the same words as this machine.

    Raises:
        NetworkError: The scheduler cannot be reached, or there is no worker.
        UsageError: No worker fits, each named with the reason; or the settings need files of this machine.
    """
    check_settings(settings)
    bare = settings_for_workers(settled(Run(settings, engines)).settings)
    stopped = threading.Event()
    with ThreadPoolExecutor(CARRIERS, "cluster") as pool:
        members = Members(scheduler, identity, Wanted.of(engines), bare, partial(_notice, tell), pool)
        try:
            members.open()
            yield Cluster(members, identity, pool, stopped)
        finally:
            stopped.set()
            members.close()
            pool.shutdown(wait=False, cancel_futures=True)


def _notice(tell: Progress, line: str) -> None:
    tell(Noticed(line))
