"""A machine of a cluster: it takes one job at a time, which a process of its own works on."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import wait
from pathlib import Path

from transcribe.cluster.blobs import Blobs
from transcribe.cluster.orders import Answer, Order, Said, Wanted
from transcribe.cluster.parcel import packed
from transcribe.core.errors import EngineError, NetworkError, TranscribeError
from transcribe.core.events import Event, StageAdvanced, StageStarted
from transcribe.core.files import private_folder
from transcribe.core.places import WORK_ENV, work_root
from transcribe.core.settings import ComputeSettings, Settings
from transcribe.jobs.assemble.memory import size as in_words
from transcribe.jobs.assemble.run import assemble
from transcribe.jobs.making import Timed
from transcribe.jobs.messages import (
    Changed,
    Down,
    Finished,
    Go,
    Hashed,
    More,
    Nothing,
    Request,
    Stumbled,
    Told,
)
from transcribe.jobs.queue import Facts
from transcribe.jobs.trouble import Trouble, trouble_of
from transcribe.jobs.worker import Worker
from transcribe.models.catalogue import weights_name
from transcribe.models.store import Store

LOOK_S = 0.5
"""How often it is looked whether a job is still wanted."""

BRING_S = 120.0
"""A recording that does not come for so long is not waited for."""

OUT, BLOBS, ALIAS = "out", "blobs", "recording"

_PLACE = re.compile(rf"(?:/\S*/{BLOBS}/)?\b{ALIAS}\.[A-Za-z0-9]+")


class Withdrawn(Exception):  # noqa: N818 - reads as what it is
    """Nobody wants the job any more, or this machine lost its scheduler."""


class Station:
    """Works on what is ordered.

    Args:
        folder: For all that comes and goes; removed with the station.
        compute: What this machine may use.
        memory: Bytes that a model may take here.

    Attributes:
        host: Where others fetch results, as in a URL; `port` likewise.
    """

    def __init__(self, name: str, folder: Path, compute: ComputeSettings, memory: int) -> None:
        self.name = name
        self.host, self.port = "", 0
        self.blobs = Blobs(folder / BLOBS)
        self._out = folder / OUT
        self._compute = compute
        self._memory = memory
        self._worker: Worker | None = None
        self._settings: Settings | None = None
        self._one = threading.Lock()
        self._abandoned = threading.Event()

    def check(self, wanted: Wanted, settings: Settings) -> str:
        """Why this machine would not make the same words with these settings; empty: it would."""
        worker = Worker(self._own(settings), assemble)
        try:
            worker.check()
        except TranscribeError as error:
            return str(error)
        finally:
            worker.stop()
        up = worker.up
        if up is None:
            return "the process that transcribes does not start"
        if up.model.sha256 != wanted.sha256:
            return (
                f"its model {up.model.name} has the digest {up.model.sha256[:12]}, and here "
                f"{wanted.model} has {wanted.sha256[:12]}: install the same one"
            )
        if up.engine != wanted.engine:
            return f"it recognises with {up.engine}, and this machine with {wanted.engine}"
        if up.diariser != wanted.diariser:
            return f"it tells speakers apart with {up.diariser}, and this machine with {wanted.diariser}"
        return self._too_large(wanted)

    def _too_large(self, wanted: Wanted) -> str:
        needs = {each.sha256: each.memory_bytes for each in Store().installed()}.get(wanted.sha256, 0)
        if needs <= self._memory:
            return ""
        model = weights_name(wanted.model)
        return f"{model} needs {in_words(needs)} of memory, and it gives {in_words(self._memory)}"

    def _own(self, settings: Settings) -> Settings:
        """The settings with what this machine may use."""
        return replace(settings, compute=self._compute)

    def work(self, order: Order, tell: Callable[[Said], None], wanted: Callable[[], bool]) -> Answer:
        """Work on a job, one after the other; what became of it.

        Args:
            wanted: Whether somebody still waits for it.

        Raises:
            Withdrawn: Nobody wants it any more.
            NetworkError: The recording did not come.
        """
        with self._one:
            self._abandoned.clear()
            try:
                return self._work(order, tell, wanted)
            except (Withdrawn, NetworkError):
                raise
            except _Failed as failed:
                return replace(self._answer(), trouble=_nameless(failed.trouble))
            except Exception as error:  # noqa: BLE001 - it is the submitter's business
                return replace(self._answer(), trouble=_nameless(trouble_of(error)))
            finally:
                self.blobs.remove(order.sha256)
                shutil.rmtree(self._out, ignore_errors=True)
                shutil.rmtree(self._works(order), ignore_errors=True)

    def _work(self, order: Order, tell: Callable[[Said], None], wanted: Callable[[], bool]) -> Answer:
        said = Said(order.key, self.name, self.host, self.port, "bring", 0, None)
        self.blobs.forget_old()
        self._bring(order, lambda: tell(said), wanted)
        worker = self._worker_for(self._own(order.settings))
        private_folder(self._out)
        path = self.blobs.path(order.sha256)
        alias = f"{ALIAS}{order.ending}"
        named = path.with_name(alias)
        path.rename(named)
        try:
            facts = Facts.of(named.stat())
            worker.send(Request(order.key, str(named), facts, str(self._out), alias))
            timed = Timed(_Telling(said, tell))
            self._follow(order, worker, timed, wanted)
        finally:
            named.unlink(missing_ok=True)
        parcel = self.blobs.add(packed(self._works(order)))
        computes = worker.up.summary if worker.up else ""
        return replace(
            self._answer(), sha256=parcel, computes=computes, stages_ms=tuple(timed.stages_ms.items())
        )

    def _answer(self) -> Answer:
        return Answer(self.name, self.host, self.port)

    def _works(self, order: Order) -> Path:
        return work_root() / order.sha256[:32]

    def _bring(self, order: Order, ask: Callable[[], None], wanted: Callable[[], bool]) -> None:
        with self.blobs.wanting(order.sha256, order.size) as coming:
            waited, had = 0.0, 0
            ask()
            while not coming.there.wait(LOOK_S):
                waited, had = (waited + LOOK_S if coming.got == had else 0.0), coming.got
                self._check_wanted(wanted)
                if waited >= BRING_S:
                    raise NetworkError(f"the recording did not come to {self.name}", "It is tried again")

    def _check_wanted(self, wanted: Callable[[], bool]) -> None:
        if self._abandoned.is_set() or not wanted():
            if self._worker is not None:
                self._worker.stop()
            raise Withdrawn

    def _worker_for(self, settings: Settings) -> Worker:
        """The process, which keeps the models of the last job loaded where the next has the same settings."""
        if self._worker is None or settings != self._settings:
            if self._worker is not None:
                self._worker.stop()
            self._worker, self._settings = Worker(settings, assemble), settings
        self._worker.start()
        return self._worker

    def _follow(
        self, order: Order, worker: Worker, tell: Callable[[Event], None], wanted: Callable[[], bool]
    ) -> None:
        """Listen to the process until the job came to its end.

        Raises:
            _Failed: It failed.
            EngineError: It is another recording than the one that came.
        """
        while True:
            wait(worker.handles, LOOK_S)
            self._check_wanted(wanted)
            for message in worker.messages():
                match message:
                    case More():
                        worker.send(Nothing())
                    case Hashed():
                        worker.send(Go(order.key, message.sha256 == order.sha256))
                    case Told():
                        tell(message.event)
                    case Finished():
                        return
                    case Stumbled() | Down():
                        raise _Failed(message.trouble)
                    case Changed():
                        raise EngineError("the recording changed while it was read", "It is tried again")

    def abandon(self) -> None:
        """Give up the job under way, from whatever thread: the scheduler is gone, or the machine stops."""
        self._abandoned.set()

    def close(self) -> None:
        """End the process."""
        self.abandon()
        with self._one:
            if self._worker is not None:
                self._worker.stop()


class _Telling:
    """Tells the submitter of stages, not of every step in them."""

    def __init__(self, said: Said, tell: Callable[[Said], None]) -> None:
        self._said = said
        self._tell = tell
        self._percent = -1

    def __call__(self, event: Event) -> None:
        match event:
            case StageStarted():
                self._said = replace(self._said, stage=event.stage, done_ms=0, total_ms=event.total_ms)
                self._percent = -1
                if event.total_ms:
                    self._tell(self._said)
            case StageAdvanced() if self._said.total_ms:
                percent = 100 * event.done_ms // self._said.total_ms
                if percent // 5 > self._percent // 5:
                    self._percent = percent
                    self._tell(replace(self._said, done_ms=event.done_ms))


class _Failed(Exception):  # noqa: N818 - reads as what it is
    """The process says what went wrong."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.what)
        self.trouble = trouble


def _nameless(trouble: Trouble) -> Trouble:
    """What went wrong, without the name that the recording has here for a moment."""
    return replace(trouble, what=_PLACE.sub("the recording", trouble.what))


def in_work_folder(folder: Path) -> None:
    """Let the work directories of this process and of those that it starts lie in a folder."""
    private_folder(folder)
    os.environ[WORK_ENV] = str(folder)
