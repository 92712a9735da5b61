"""A function of this program, called in a process of its own: it has a limit, and a crash is an error.

Native code that reads a stranger's file or sound may crash, hang or be killed for its memory. Here that costs
one call: the caller gets `Died`, and the next call starts the process anew. The process is a fresh
interpreter, never a fork, so that no two native libraries meet in one process and no thread is cut in half.

What is called is pickled on its way there, since it comes from this program. What comes back may have been
written by native code gone wrong: it is decoded with msgspec as the type the caller expects, and cannot run
anything.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import selectors
import signal
import struct
import subprocess
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

import msgspec

from transcribe.core import errors, processes
from transcribe.core.decoding import prepared
from transcribe.core.errors import EngineError, TranscribeError

T = TypeVar("T")

HEAD = struct.Struct(">cQ")
"""Before every message: its kind, and how many bytes follow."""

VALUE, FAILURE, SIGN = b"v", b"f", b"s"
"""An answer; an error; a sign of life."""

BLOCK_BYTES = 1 << 16
MOST_BYTES = 1 << 28
"""Longer answers come from native code gone wrong."""

MORE_LIKELY_KILLED = b"500"
"""Added to how likely Linux is to kill the process when memory runs out (-1000 to 1000), so that it is not
this program that goes."""

COMMAND = processes.python("-c", "from transcribe.core.own_process import serve; serve()")
"""What starts such a process."""


class Died(EngineError):
    """The process ended in the middle of a call, or was ended because it took too long."""


Tell = Callable[[int], None]
"""Takes a number that says how far a call is: a sign of life."""


@dataclass(frozen=True)
class _Failure:
    """An error on its way back; `kind` is the name of its class in `transcribe.core.errors`."""

    kind: str
    what: str
    hint: str

    @classmethod
    def of(cls, error: BaseException) -> _Failure:
        if isinstance(error, TranscribeError):
            return cls(type(error).__name__, error.what, error.hint)
        if isinstance(error, MemoryError):
            return cls("EngineError", "there is not enough memory", "Close other programs")
        return cls("", f"{type(error).__name__}: {error}", "")

    def error(self, name: str) -> TranscribeError:
        known = getattr(errors, self.kind, None)
        if isinstance(known, type) and issubclass(known, TranscribeError):
            return known(self.what, self.hint)
        return EngineError(f"{name} failed: {self.what}", self.hint)


class OwnProcess:
    """A process that calls functions of this program, one at a time.

    It is started when it is first needed, stays for the next call, and is started anew after it died.

    Args:
        name: What runs in it, for errors: `llama.cpp`.
        crashed: What people can do when it crashes.
        late: What they can do when it takes too long.
    """

    def __init__(self, name: str, crashed: str, late: str = "") -> None:
        self.name = name
        self._crashed, self._late = crashed, late or crashed
        self._child: subprocess.Popen[bytes] | None = None
        self._end: Callable[[], object] = bool

    def call(
        self,
        work: Callable[[], T],
        kind: type[T],
        seconds: float,
        doing: str,
        *,
        tell: Tell | None = None,
        tries: int = 1,
    ) -> T:
        """Call a function of this program there.

        Args:
            work: A `partial` of a function that can be imported by its name; all of it picklable.
            kind: Type of what it returns; msgspec has to know it.
            seconds: Longest time until it answers, or shows its next sign of life.
            doing: What it does, for errors: `reading the model`.
            tell: Given to the function under this name, and called here with its signs of life.
            tries: How often it is called as long as the process dies over it.

        Raises:
            Died: The process crashed, was killed, or took too long.
            TranscribeError: What the function raised, without what is beyond its message and its hint.
        """
        request = pickle.dumps((work, tell is not None))
        for tried in range(1, tries + 1):
            try:
                return self._call(request, kind, seconds, doing, tell)
            except Died:
                if tried == tries:
                    raise
        raise AssertionError("no try")

    def close(self) -> None:
        """End the process; a later call starts another one."""
        self._end()
        self._child = None

    def _call(self, request: bytes, kind: type[T], seconds: float, doing: str, tell: Tell | None) -> T:
        try:
            child = self._child or self._start()
            pipe = _Pipe(child, time.monotonic() + seconds)
            pipe.send(HEAD.pack(VALUE, len(request)) + request)
            while True:
                sort, content = pipe.receive()
                if sort == SIGN and tell is not None:
                    tell(msgspec.msgpack.decode(content, type=int))
                    pipe.deadline = time.monotonic() + seconds
                elif sort == FAILURE:
                    raise msgspec.msgpack.decode(content, type=_Failure).error(self.name)
                else:
                    prepared(kind)
                    return msgspec.msgpack.decode(content, type=kind)
        except TimeoutError:
            self.close()
            late = f"{self.name} did not answer within {seconds:g} s and was stopped while {doing}"
            raise Died(late, self._late) from None
        except (EOFError, msgspec.MsgspecError) as error:
            raise Died(f"{self.name} {self._death(error)} while {doing}", self._crashed) from error
        except TranscribeError:
            raise
        except BaseException:  # Ctrl-C: what is being done would answer the next call
            self.close()
            raise

    def _death(self, error: Exception) -> str:
        """What became of the process; it is gone afterwards."""
        child = self._child
        if child is None:
            return "cannot be started"
        if isinstance(error, msgspec.MsgspecError):
            child.kill()
            self.close()
            return "answered with nonsense"
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(1)  # its pipes are closed a moment before it is gone
        self.close()
        return how_it_ended(child.returncode)

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            child = subprocess.Popen(
                COMMAND,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # what native code prints is nobody's message
                env=processes.environment(),
                start_new_session=True,  # Ctrl-C reaches this process only, which then ends the other one
            )
        except OSError as error:
            raise EngineError(
                f"{self.name} cannot be started in a process of its own: {error.strerror or error}",
                "Close other programs, and run the same command again",
            ) from error
        os.set_blocking(cast("BinaryIO", child.stdin).fileno(), False)
        self._child = child
        self._end = weakref.finalize(self, _end, child, os.getpid())
        return child


def how_it_ended(code: int) -> str:
    """What an exit code says of a process, to come after its name.

    Args:
        code: As `subprocess` has it: minus the signal's number where one ended it.
    """
    if code >= 0:
        return f"ended (exit code {code})"
    name = signal.Signals(-code).name if -code in list(signal.Signals) else f"signal {-code}"
    if -code == signal.SIGKILL:
        return f"was killed ({name}), as the system does when memory runs out,"
    return f"crashed ({name})"


def _end(child: subprocess.Popen[bytes], owner: int) -> None:
    if os.getpid() != owner:  # a forked copy of this program, which does not own it
        return
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()


class _Pipe:
    """Messages to and from a process, until a deadline (of the monotonic clock, in seconds).

    Raises, from its methods:
        TimeoutError: The deadline has passed.
        EOFError: The process is gone, or sends more than any answer.
    """

    def __init__(self, child: subprocess.Popen[bytes], deadline: float) -> None:
        self._to = cast("BinaryIO", child.stdin).fileno()
        self._from = cast("BinaryIO", child.stdout).fileno()
        self.deadline = deadline

    def send(self, message: bytes) -> None:
        rest = memoryview(message)
        while rest:
            self._wait(self._to, selectors.EVENT_WRITE)
            try:
                rest = rest[os.write(self._to, rest[:BLOCK_BYTES]) :]
            except BrokenPipeError:
                raise EOFError from None

    def receive(self) -> tuple[bytes, bytes]:
        """The kind of the next message, and what it says."""
        kind, length = HEAD.unpack(self._read(HEAD.size))
        if length > MOST_BYTES:
            raise EOFError
        return kind, self._read(length)

    def _read(self, count: int) -> bytes:
        content = bytearray()
        while len(content) < count:
            self._wait(self._from, selectors.EVENT_READ)
            block = os.read(self._from, min(BLOCK_BYTES, count - len(content)))
            if not block:
                raise EOFError
            content += block
        return bytes(content)

    def _wait(self, pipe: int, event: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, event)
            if not selector.select(max(0.0, self.deadline - time.monotonic())):
                raise TimeoutError


def serve() -> None:
    """The life of such a process: call what is asked for, until whoever asks is gone."""
    requests, replies = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what native code prints is no answer
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_bytes(MORE_LIKELY_KILLED)
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read_requests, args=(requests, waiting), daemon=True).start()
    while True:
        _answer(waiting.get(), replies)


def _read_requests(requests: BinaryIO, waiting: queue.SimpleQueue[bytes]) -> None:
    """Take in requests; once nobody can ask any more, end, whatever is being done."""
    try:
        while True:
            _, length = HEAD.unpack(requests.read(HEAD.size))
            waiting.put(requests.read(length))
    finally:  # what is read at the end of the pipe is too short for a head
        os._exit(0)


def _answer(request: bytes, replies: BinaryIO) -> None:
    def send(kind: bytes, content: object) -> None:
        encoded = msgspec.msgpack.encode(content)
        replies.write(HEAD.pack(kind, len(encoded)) + encoded)
        replies.flush()

    work, tells = pickle.loads(request)  # noqa: S301 - from this program, which started this process
    try:
        value = work(tell=partial(send, SIGN)) if tells else work()
    except Exception as error:  # noqa: BLE001 - handed to the caller, who raises it
        send(FAILURE, _Failure.of(error))
    else:
        send(VALUE, value)
