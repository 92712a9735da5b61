"""The program as a fork of a process that has imported it: a process of its own, without a second of imports.

What a test starts is `warm_client.py`. Where the start of the program is what is tested (its imports, paths
or interpreter), or a signal is sent to it, a test starts `COLD` instead. What the program calls in a process
of its own (`transcribe/core/own_process.py`) is likewise a fork, of a second process that has ONNX Runtime.
"""

from __future__ import annotations

import gc
import importlib
import io
import marshal
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Command = tuple[str, ...]

COLD: Command = (sys.executable, "-m", "transcribe")
CLIENT = Path(__file__).with_name("warm_client.py")
STREAMS = (0, 1, 2)


@contextmanager
def warm_program(folder: Path) -> Iterator[Command]:
    """What to start instead of `COLD`, for as long as this is open.

    A fork of a process with as many libraries is safe on Linux only; elsewhere it is `COLD`.

    Args:
        folder: An empty folder, for the socket.
    """
    if sys.platform != "linux":
        yield COLD
        return
    address = folder / "warm"
    with subprocess.Popen(
        [sys.executable, __file__, str(address)],
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1"},
        stdin=subprocess.PIPE,  # when it is closed the process ends, also after the suite was killed
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the suite
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        try:
            yield (sys.executable, "-I", "-S", str(CLIENT), str(address))
        finally:
            server.terminate()


def main(address: str) -> None:
    """Be what programs and their own processes are forks of, then one of them."""
    import_program()
    programs, others = listening(address), listening(f"{address}-own")
    if os.fork() == 0:
        programs.close()
        be_own_process(others)
    others.close()
    for package in ("pywhispercpp.model", "ctranslate2", "tokenizers"):
        importlib.import_module(package)
    os.write(1, b"ready\n")
    serve(programs)
    from transcribe.core import own_process

    own_process.COMMAND = [sys.executable, "-I", "-S", str(CLIENT), f"{address}-own"]
    runpy.run_module("transcribe", run_name="__main__", alter_sys=True)


def be_own_process(server: socket.socket) -> None:
    """Likewise, with no other native library than what nearly every one of them needs."""
    importlib.import_module("onnxruntime")
    gc.freeze()
    serve(server)
    importlib.import_module("transcribe.core.own_process").serve()


def listening(address: str) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.bind(address)
    server.listen()
    return server


def serve(server: socket.socket) -> None:
    """Fork for every client, until standard input ends; return in a process that is to be what it wants."""
    while True:
        if 0 in select.select([0, server.fileno()], [], [])[0]:
            sys.exit()
        client, _ = server.accept()
        with client:
            if os.fork() == 0:
                server.close()
                attend(client)
                return
        reap()


def import_program() -> None:
    """Import every module of the program, and what it imports late; none of them does anything by that."""
    import transcribe

    for module in pkgutil.walk_packages(transcribe.__path__, "transcribe."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for late in ("ffmpeg", "imageio_ffmpeg", "multiprocessing.popen_fork"):
        importlib.import_module(late)
    gc.freeze()


def reap() -> None:
    """Forget the processes that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def attend(client: socket.socket) -> None:
    """Fork the program for a client, return in it, and tell the client how it ended.

    A client that is gone takes the program with it.
    """
    head, (*streams, folder), *_ = socket.recv_fds(client, 4, len(STREAMS) + 1)
    with client.makefile("rb") as rest:
        arguments, environment = marshal.loads(rest.read(int.from_bytes(head, "big")))  # noqa: S302 - from a test
    program = os.fork()
    if program:
        for number in (*STREAMS, *streams, folder):
            os.close(number)
        end = os.pidfd_open(program)
        ready, _, _ = select.select([client.fileno(), end], [], [])
        if end not in ready:
            os.kill(program, signal.SIGKILL)
        _, status = os.waitpid(program, 0)
        with suppress(OSError):
            client.send(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    client.close()
    become(arguments, environment, streams, folder)


def become(arguments: list[str], environment: dict[str, str], streams: list[int], folder: int) -> None:
    """Take what a process has from whoever starts it."""
    from transcribe.core import telemetry

    os.fchdir(folder)
    os.close(folder)
    for number, stream in zip(STREAMS, streams, strict=True):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = io.TextIOWrapper(open(0, "rb", closefd=False), encoding="utf-8")  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    telemetry.turn_off()  # as the import of the program does
    sys.argv = ["transcribe", *arguments]


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file
    main(sys.argv[1])
