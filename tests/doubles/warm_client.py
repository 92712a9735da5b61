"""What a test starts instead of `python -m transcribe`: hands itself over to the process of `warm.py`.

Arguments, environment, current folder and standard streams are its own; it ends as the program ends. It is
started for every command, so that it imports little.
"""

from __future__ import annotations

import marshal
import os
import signal
import socket
import sys
from contextlib import suppress


def main(address: str, *arguments: str) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        here = os.open(".", os.O_RDONLY)
        request = marshal.dumps((arguments, dict(os.environ)))
        socket.send_fds(server, [len(request).to_bytes(4, "big")], [0, 1, 2, here])
        server.sendall(request)
        code = int(server.recv(16) or 255)
    if code < 0:
        with suppress(OSError):  # SIGKILL, which nobody can take
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
