"""Worker processes that each hold the same loaded model and listen side by side.

On Linux the workers are forked after the model is loaded, so that they share its memory pages (a process
that ends at once loads it before, so that weights over which the engine crashes do not end the run), and
each answers once: whisper.cpp's beam search draws random numbers, and goes on with them from one
window to the next, so that a window's words would depend on the windows before it. A fork takes
milliseconds and starts from the same numbers every time. Elsewhere, and where an engine does not
survive a fork, every worker loads the model for itself and goes on. A worker that dies (the engine
is native code) is replaced and its item tried once more; the rest of the work is not touched by it.

Several orders may be open at a time. There is no thread for them: whoever waits for an answer hands
out everybody's work and puts everybody's answers where they belong.

Workers on a graphics card may have others that take over: when one fails, for want of a library or of the
card's memory, all of them end, and what they had not answered is heard by the others.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from transcribe.core import processes
from transcribe.core.errors import EngineError, ModelError, TranscribeError
from transcribe.core.hearing import Chunk
from transcribe.core.own_process import how_it_ended
from transcribe.core.timecode import format_stretch
from transcribe.engines.worker import STOPPING, Failure, load_and_end, serve

Recogniser = TypeVar("Recogniser")
Item = TypeVar("Item")
Result = TypeVar("Result")

_GONE = object()
"""Stands for the answer of a worker that has died."""

ADVICE = (
    "What was recognised so far is kept; try another model with --model, another engine with --engine, "
    "or --device cpu where a card computes; "
    "after make native, go back to the wheel (docs/native.md)"
)

LOADING_ADVICE = (
    "Try: transcribe models verify; or another model with --model; "
    "after make native, go back to the wheel (docs/native.md)"
)

MOST_PLACES = 3

TRIES = 2
"""How often an item is given to a worker before it is given up."""


@dataclass
class _Item:
    order: Answers[Any]
    content: Any
    tries: int = 0


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    connection: Connection
    place: int  # which of the crew's loads made it
    item: _Item | None = None  # the item it works on


@dataclass(frozen=True)
class Crew(Generic[Recogniser]):
    """How workers are made.

    Attributes:
        loads: What loads the model in each of them; picklable.
        share: Whether a loaded model may be forked; an engine's own threads do not survive it.
        name: Engine and weights, for errors.
    """

    loads: tuple[Callable[[], Recogniser], ...]
    share: bool = True
    name: str = "the recogniser"


@dataclass(frozen=True)
class Substitute(Generic[Recogniser]):
    """The workers that take over from those that fail.

    Attributes:
        from_the_start: Whether they do so before the first ones have answered anything.
        told: What is said then, after the reason.
    """

    crew: Crew[Recogniser]
    from_the_start: bool
    told: str


class WorkerPool(Generic[Recogniser]):
    """A context manager that owns the worker processes.

    Args:
        crew: How they are made.
        batch: How many windows the recogniser decodes at a time.
        substitute: Who takes over when one of them fails; None: failures are the order's.
        warning: Told with the first order.

    Attributes:
        batch: As above.
        count: Number of processes.
        on_idle: Asked when there is less work than workers; orders more, and says whether it did.
        on_warning: Told what people should know.
    """

    def __init__(
        self,
        crew: Crew[Recogniser],
        batch: int = 1,
        *,
        substitute: Substitute[Recogniser] | None = None,
        warning: str = "",
    ) -> None:
        self.batch = batch
        self.on_idle: Callable[[], bool] = bool
        self.on_warning: Callable[[str], None] = lambda _: None
        self._crew = crew
        self._substitute = substitute
        self._warning = warning
        self._answered = False
        self._context = process_context()
        self._shared: Recogniser | None = None
        self._workers: list[_Worker] = []
        self._waiting: deque[_Item] = deque()
        self._asking = False

    def __enter__(self) -> WorkerPool[Recogniser]:
        """Load the model, where it is to be shared.

        Raises:
            ModelError: The engine crashes over it.
            EngineError: The system has no memory for it; or what `load` raises.
        """
        self._load_shared()
        return self

    def __exit__(self, *exc: object) -> None:
        self._end_workers()
        self._shared = None

    @property
    def count(self) -> int:
        """Number of processes."""
        return len(self._crew.loads)

    @property
    def _forks(self) -> bool:
        return self._context.get_start_method() == "fork"

    def _end_workers(self) -> None:
        for worker in self._workers:
            worker.process.kill()  # nothing a worker does outlives its answer
        for worker in self._workers:
            worker.process.join()
            worker.connection.close()
        self._workers = []

    def _load_shared(self) -> None:
        """Load the model here, where it is to be shared; raises as `__enter__` does."""
        if self._crew.share and self._forks:
            self._try_loading()
            self._shared = self._crew.loads[0]()  # before the first fork, so that the pages are shared

    def _try_loading(self) -> None:
        """Load the model in a process that ends at once.

        Raises:
            ModelError: The engine crashed over it.
            EngineError: It was killed, as the system does when memory runs out.
        """
        trial = self._context.Process(target=load_and_end, args=self._crew.loads[:1], daemon=True)  # type: ignore[attr-defined]
        _start(trial)
        trial.join()
        if trial.exitcode:
            kind = EngineError if trial.exitcode == -signal.SIGKILL else ModelError
            ending = f"{how_it_ended(trial.exitcode)} while loading the model"
            raise kind(f"{self._crew.name} {ending}", LOADING_ADVICE)

    def map(self, task: Callable[[Recogniser, Item], Result], items: Sequence[Item]) -> Answers[Result]:
        """Order `task(recogniser, item)` for every item; results come as they are finished.

        The order stands behind those that are open already, and is worked on while any of them is
        waited for. Closed before its end, the rest of it is dropped.

        Raises, from its iterator:
            EngineError: A worker died twice over the same item.
            TranscribeError: What the task raised.
        """
        if self._warning:
            self.on_warning(self._warning)
            self._warning = ""
        order: Answers[Result] = Answers(self, task, len(items))
        self._waiting.extend(_Item(order, item) for item in items)
        return order

    def drop(self, order: Answers[Any]) -> None:
        """Forget the items of an order that no worker has begun."""
        self._waiting = deque(item for item in self._waiting if item.order is not order)

    def work(self) -> None:
        """Hand out what waits, then wait until a worker has answered or died."""
        self._hand_out()
        while len(self._waiting) < self.count and self._more():
            self._hand_out()
        self._collect()

    def _hand_out(self) -> None:
        while self._waiting and (worker := self._idle_worker()):
            item = worker.item = self._waiting.popleft()
            item.tries += 1
            with contextlib.suppress(BrokenPipeError):  # its death is noticed when answers are collected
                worker.connection.send((item.order.task, item.content))

    def _more(self) -> bool:
        """Whether somebody had more work to order; they may wait for answers while they are asked."""
        if self._asking:
            return False
        self._asking = True
        try:
            return self.on_idle()
        finally:
            self._asking = False

    def _idle_worker(self) -> _Worker | None:
        """A worker without work; a new one while there are fewer than there may be."""
        for worker in self._workers:
            if worker.item is None:
                return worker
        if len(self._workers) == self.count:
            return None
        taken = {worker.place for worker in self._workers}
        self._workers.append(self._start(next(place for place in range(self.count) if place not in taken)))
        return self._workers[-1]

    def _collect(self) -> None:
        """Wait until at least one worker has answered or died; note answers, replace the dead."""
        busy = [worker for worker in self._workers if worker.item]
        if not busy:  # who was asked for more has waited for what was missing here
            return
        ready = set(wait([w.connection for w in busy] + [w.process.sentinel for w in busy]))
        for worker in busy:
            if worker in self._workers and ready & {worker.connection, worker.process.sentinel}:
                self._take_answer(worker)

    def _take_answer(self, worker: _Worker) -> None:
        answer = _receive(worker.connection)  # asked again: it may have come, and its worker gone, just now
        failed = answer is _GONE or (isinstance(answer, Failure) and isinstance(answer.error, EngineError))
        if failed and self._substitute and (self._answered or self._substitute.from_the_start):
            self._replace_all(self._substitute, _reason(answer, worker))
            return
        item, worker.item = worker.item, None
        if answer is _GONE or self._shared is not None:
            self._retire(worker)
        if item is None:
            return
        if answer is not _GONE:
            self._answered = self._answered or not failed
            item.order.arrived.append(answer)
        elif not item.order.expected:
            return  # closed meanwhile: nobody waits for it
        elif item.tries < TRIES:
            self._waiting.appendleft(item)
        else:
            ending = how_it_ended(worker.process.exitcode or 0)
            crash = f"{self._crew.name} {ending} {item.tries} times over{_place(item.content)}"
            item.order.arrived.append(Failure(EngineError(crash, ADVICE)))

    def _replace_all(self, substitute: Substitute[Recogniser], why: str) -> None:
        """End all workers, and give what they had not answered to those that take over."""
        self._substitute = None
        for worker in self._workers:
            if worker.item and worker.item.order.expected:
                self._waiting.appendleft(replace(worker.item, tries=0))
        self.on_warning(f"{self._crew.name}: {why}; {substitute.told}")
        self._end_workers()
        self._crew = substitute.crew
        self._load_shared()

    def _retire(self, worker: _Worker) -> None:
        """Let go of a worker that has ended, or ends by itself."""
        self._workers.remove(worker)
        worker.process.join()
        worker.connection.close()

    def _start(self, place: int) -> _Worker:
        ours, theirs = self._context.Pipe()
        others = [worker.connection for worker in self._workers] + [ours]
        arguments = (theirs, self._crew.loads[place], self._shared, others if self._forks else [])
        process = self._context.Process(target=serve, args=arguments, daemon=True)  # type: ignore[attr-defined]
        _start(process)
        theirs.close()
        return _Worker(process, ours, place)


@dataclass(eq=False)
class Answers(Iterator[Result]):
    """The results of one order, in the order in which they are finished."""

    pool: WorkerPool[Any]
    task: Callable[[Any, Any], Result]
    expected: int
    arrived: deque[Any] = field(default_factory=deque)

    def __next__(self) -> Result:
        if not self.expected:
            raise StopIteration
        while not self.arrived:
            self.pool.work()
        self.expected -= 1
        result: Result = _unwrap(self.arrived.popleft())
        return result

    def close(self) -> None:
        """Wait for nothing more; what a worker has begun is finished for nobody."""
        self.expected = 0
        self.pool.drop(self)


def _reason(answer: Any, worker: _Worker) -> str:
    """Why a worker has no answer."""
    if isinstance(answer, Failure):
        return answer.error.what if isinstance(answer.error, TranscribeError) else str(answer.error)
    worker.process.join()
    return f"it {how_it_ended(worker.process.exitcode or 0)}"


def _start(process: BaseProcess) -> None:
    """Start a process that shows no traceback, however early it is stopped: signals wait meanwhile.

    Raises:
        EngineError: There is no memory or no process to be had.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        processes.start(process)
    except OSError as error:
        raise EngineError(
            f"the system refuses to start a worker: {error.strerror}",
            "Finished work is kept; close other programs, or use fewer --workers or a smaller model",
        ) from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def process_context() -> BaseContext:
    """How workers start: forked on Linux, where that is safe with the engine; fresh elsewhere."""
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def _receive(connection: Connection) -> Any:
    """The answer that lies in a connection that is ready, or whose worker has died."""
    try:
        return connection.recv() if connection.poll() else _GONE
    except (EOFError, ConnectionResetError):
        return _GONE


def _unwrap(answer: Any) -> Any:
    if not isinstance(answer, Failure):
        return answer
    if isinstance(answer.error, TranscribeError | MemoryError | OSError):
        raise answer.error
    raise EngineError(
        f"the recogniser failed: {type(answer.error).__name__}: {answer.error}"
    ) from answer.error


def _place(content: object) -> str:
    """Where in the recording an item lies, for people."""
    items = content if isinstance(content, tuple) else (content,)
    chunks = [each for each in items if isinstance(each, Chunk)]
    if not chunks:
        return " the same work"
    places = [format_stretch(chunk.start_ms, chunk.end_ms) for chunk in chunks[:MOST_PLACES]]
    more = f" and {len(chunks) - MOST_PLACES} more" if len(chunks) > MOST_PLACES else ""
    return f" {', '.join(places)}{more}"
