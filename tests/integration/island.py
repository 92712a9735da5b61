"""An island: no network but its own loopback, and a name server that only writes down what it is asked.

Run it in namespaces of its own: `unshare --user --map-root-user --net --mount python island.py LOG COMMAND…`.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

SIOCSIFFLAGS = 0x8914
IFF_UP = 1
ANSWER = socket.inet_aton("192.0.2.1")
"""An address that nobody has (RFC 5737): whoever asked will try to connect to it, and that is traced."""

FILES = {
    "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


def main(log: Path, command: list[str]) -> int:
    raise_loopback()
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    log.touch()
    threading.Thread(target=write_down, args=(server, log), daemon=True).start()
    for path, content in FILES.items():
        replace(path, content)
    return subprocess.run(command, check=False).returncode


def raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def replace(path: str, content: str) -> None:
    """Put other content in the place of a file of the system, for this namespace only."""
    with tempfile.NamedTemporaryFile("w", encoding="ascii") as other:
        other.write(content)
        other.flush()
        Path(other.name).chmod(0o644)
        subprocess.run(["mount", "--bind", other.name, path], check=True)


def write_down(server: socket.socket, log: Path) -> None:
    """Answer every question for an IPv4 address with one that nobody has (RFC 1035, section 4)."""
    while True:
        question, asker = server.recvfrom(4096)
        name, end = read_name(question)
        with log.open("a", encoding="utf-8") as lines:
            lines.write(f"{name}\n")
        wants_address = question[end : end + 2] == b"\0\1"
        record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + ANSWER if wants_address else b""
        counts = struct.pack("!4H", 1, wants_address, 0, 0)
        server.sendto(question[:2] + b"\x81\x80" + counts + question[12 : end + 4] + record, asker)


def read_name(question: bytes) -> tuple[str, int]:
    """The name that is asked for, and where it ends."""
    labels, at = [], 12
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode("ascii", "replace"))
        at += 1 + length
    return ".".join(labels), at + 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
