"""Worker processes that each hold the same loaded model and listen side by side.

On Linux the workers are forked after the model is loaded, so that they share its memory pages, and
each answers once: whisper.cpp's beam search draws random numbers, and goes on with them from one
window to the next, so that a window's words would depend on the windows before it. A fork takes
milliseconds and starts from the same numbers every time. Elsewhere, and where an engine does not
survive a fork, every worker loads the model for itself and goes on. A worker that dies (the engine
is native code) is replaced and its item tried once more; the rest of the work is not touched by it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from transcribe.errors import EngineError, TranscribeError

Recogniser = TypeVar("Recogniser")
Item = TypeVar("Item")
Result = TypeVar("Result")

STOPPING = (signal.SIGINT, signal.SIGTERM)

_GONE = object()
"""Stands for the answer of a worker that has died."""

TRIES = 2
"""How often an item is given to a worker before it is given up."""


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    item: tuple[int, Any] | None = None  # the item it works on, with the number of the try


class WorkerPool(Generic[Recogniser]):
    """A context manager that owns the worker processes.

    Args:
        load: Loads the model; called once per process that has to. Picklable.
        workers: Number of processes.
        batch: How many windows the recogniser decodes at a time.
        share: Whether a loaded model may be forked; an engine's own threads do not survive it.
    """

    def __init__(
        self, load: Callable[[], Recogniser], workers: int, batch: int = 1, *, share: bool = True
    ) -> None:
        self.batch = batch
        self._load = load
        self._share = share
        self._count = workers
        self._context = process_context()
        self._shared: Recogniser | None = None
        self._workers: list[_Worker] = []

    def __enter__(self) -> WorkerPool[Recogniser]:
        if self._share and self._forks:
            self._shared = self._load()  # before the first fork, so that the pages are shared
        return self

    def __exit__(self, *exc: object) -> None:
        for worker in self._workers:
            worker.process.kill()  # nothing a worker does outlives its answer
        for worker in self._workers:
            worker.process.join()
            worker.connection.close()
        self._workers = []
        self._shared = None

    @property
    def _forks(self) -> bool:
        return self._context.get_start_method() == "fork"

    def map(self, task: Callable[[Recogniser, Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Run `task(recogniser, item)` for every item; results come as they are finished.

        Raises:
            EngineError: A worker died twice over the same item.
            TranscribeError: What the task raised.
        """
        waiting = deque((1, item) for item in items)
        while waiting or any(worker.item for worker in self._workers):
            while waiting and (worker := self._idle_worker()):
                worker.item = waiting.popleft()
                with contextlib.suppress(BrokenPipeError):  # its death is noticed below
                    worker.connection.send((task, worker.item[1]))
            yield from self._collect(waiting)

    def _idle_worker(self) -> _Worker | None:
        """A worker without work; a new one while there are fewer than there may be."""
        for worker in self._workers:
            if worker.item is None:
                return worker
        if len(self._workers) == self._count:
            return None
        self._workers.append(self._start())
        return self._workers[-1]

    def _collect(self, waiting: deque[tuple[int, Any]]) -> Iterator[Any]:
        """Wait until at least one worker has answered or died; give on answers, replace the dead."""
        busy = [worker for worker in self._workers if worker.item]
        ready = set(wait([w.connection for w in busy] + [w.process.sentinel for w in busy]))
        for worker in busy:
            if worker.connection in ready or worker.process.sentinel in ready:
                # asked again: an answer may have come, and its worker gone, since `wait` looked
                answer = _receive(worker.connection)
                if answer is _GONE:
                    self._give_again(worker, waiting)
                    continue
                worker.item = None
                if self._shared is not None:
                    self._retire(worker)
                yield _unwrap(answer)

    def _retire(self, worker: _Worker) -> None:
        """Let go of a worker that has ended, or ends by itself."""
        self._workers.remove(worker)
        worker.process.join()
        worker.connection.close()

    def _give_again(self, worker: _Worker, waiting: deque[tuple[int, Any]]) -> None:
        """Put back what a worker died over, to be tried once more."""
        self._retire(worker)
        tries, item = worker.item or (TRIES, None)
        if tries >= TRIES:
            raise EngineError(
                f"the recogniser crashed {tries} times ({_death(worker.process)}) on {item}",
                "What was recognised so far is kept; try another model, or transcribe doctor",
            )
        waiting.appendleft((tries + 1, item))

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        others = [worker.connection for worker in self._workers] + [ours]
        arguments = (theirs, self._load, self._shared, others if self._forks else [])
        process = self._context.Process(target=_serve, args=arguments, daemon=True)  # type: ignore[attr-defined]
        try:
            with _signals_held():
                process.start()
        except OSError as error:  # no memory or no process to be had
            raise EngineError(
                f"the system refuses to start a worker: {error.strerror}",
                "Finished work is kept; close other programs, or use fewer --workers or a smaller model",
            ) from error
        theirs.close()
        return _Worker(process, ours)


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait; a process that is started meanwhile lets them wait, too.

    Otherwise a worker that has not come to its own first line would show a traceback.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def process_context() -> BaseContext:
    """How workers start: forked on Linux, where that is safe with the engine; fresh elsewhere."""
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def _serve(
    connection: Connection,
    load: Callable[[], Any],
    shared: Any | None,
    inherited: Sequence[Connection],
) -> None:
    """A worker's life: answer one item if it was forked, else one after the other."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    for copy in inherited:
        copy.close()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    recogniser = shared if shared is not None else load()
    while True:
        try:
            task, item = connection.recv()
        except EOFError:
            return
        try:
            answer: Any = task(recogniser, item)
        except Exception as error:  # noqa: BLE001 - handed to the parent, which raises it
            answer = _Failure.of(error)
        connection.send(answer)
        if shared is not None:
            return


def _die_with_parent() -> None:
    """End this worker at once when the parent is killed, so that it does not compute for nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@dataclass(frozen=True)
class _Failure:
    """An exception on its way from a worker to the parent."""

    error: Exception

    @classmethod
    def of(cls, error: Exception) -> _Failure:
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
        except Exception:  # noqa: BLE001 - whatever a foreign exception does when it is pickled
            return cls(EngineError(f"the recogniser failed: {type(error).__name__}: {error}"))
        return cls(error)


def _receive(connection: Connection) -> Any:
    """The answer that lies in a connection that is ready, or whose worker has died."""
    try:
        return connection.recv() if connection.poll() else _GONE
    except (EOFError, ConnectionResetError):
        return _GONE


def _unwrap(answer: Any) -> Any:
    if not isinstance(answer, _Failure):
        return answer
    if isinstance(answer.error, TranscribeError | MemoryError | OSError):
        raise answer.error
    raise EngineError(
        f"the recogniser failed: {type(answer.error).__name__}: {answer.error}"
    ) from answer.error


def _death(process: BaseProcess) -> str:
    code = process.exitcode or 0
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
