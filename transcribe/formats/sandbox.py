"""Running a function that may never end or ask for all memory: in a process of its own, with limits.

For templates that users wrote. Counting in Jinja's sandbox is not enough: it limits `range`, but a
single `9 ** 9 ** 9`, `"x" * 10 ** 10` or a text doubled in a loop keeps the interpreter inside one
operation that nothing in the same process can stop.
"""

from __future__ import annotations

import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transcribe.core import processes
from transcribe.core.errors import TranscribeError, UsageError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SECONDS = 20
"""The page of a ten-hour recording takes under two."""

OUTPUT_CHARS = 128_000_000
"""The page of a ten-hour recording has about 10 million; an embedded recording adds up to 28."""

MEMORY_BYTES = 1024**3
"""What it may use beyond what it starts with, where the system counts that (Linux)."""


def run_limited(function: Callable[..., str], arguments: tuple[Any, ...], name: str) -> str:
    """Call the function in another process, and end that when it takes too long.

    Args:
        function: Gives a text; picklable, like its arguments, where processes cannot be forked.

    Raises:
        TranscribeError: What the function raised.
        UsageError: It took too long or too much memory.
    """
    import multiprocessing  # takes longer to load than a template of ours to fill in

    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, function, arguments), daemon=True)  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads: it only fills in texts
        processes.start(process)
    theirs.close()
    try:
        if not ours.poll(SECONDS):
            raise UsageError(f"{name} was stopped after {SECONDS:g} s", "Look for a loop that does not end")
        answer = ours.recv()
    except EOFError:
        raise UsageError(
            f"{name} was stopped: it ended without an answer", "It may need too much memory"
        ) from None
    finally:
        process.kill()
        process.join()
        ours.close()
    if isinstance(answer, TranscribeError):
        raise answer
    return str(answer)


def _work(connection: Connection, function: Callable[..., str], arguments: tuple[Any, ...]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    _limit_memory()
    try:
        answer: str | TranscribeError = function(*arguments)
    except TranscribeError as error:
        answer = type(error)(error.what, error.hint)
    except MemoryError:
        answer = UsageError("the template asks for too much memory", "Look for a text that grows in a loop")
    connection.send(answer)


def _limit_memory() -> None:
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + MEMORY_BYTES
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard < 0 else min(limit, hard), hard))
