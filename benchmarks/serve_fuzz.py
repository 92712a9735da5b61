"""Mutated requests to every route of a running server, over sockets: no 500, no hang, nothing left behind.

    python -m benchmarks.serve_fuzz [--minutes 10] [--model tiny.en]

Half of the time no key is demanded. Writes `benchmarks/results/serve-fuzz.md`. Only 127.0.0.1 is asked.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_from_bytes

import psutil

from benchmarks.fuzz import SPICE
from benchmarks.serve import RESULTS, Server, cut
from transcribe.formats.known import FORMATS
from transcribe.server.api.openapi import description
from transcribe.server.app import ROUTES
from transcribe.server.intake.asked import ANSWERS, OWN

HANG_S = 90.0
"""An answer takes no longer: an upload that stalls is given up after 30 s, and a short recording is heard."""

CLIENTS = 8
PROMISES = (b"Content-Length", b"Transfer-Encoding", b"Expect")
"""Headers that say that a body comes."""
CONTINUE = re.compile(rb"^HTTP/1\.1 100[^\r]*\r\n\r\n")
SHORT = 300
"""Bytes of an answer that are read: the name of a job is among them."""
SEGMENTS = re.compile(r"\{[^}]*\}")
KNOWN = (b"whisper-1", b"auto", b"2", b"true", b"pl", b"word", b"en-US", b"0", b"1e3", b"polish")
TYPES = (
    b"application/json", b"application/x-www-form-urlencoded", b"text/plain", b"", b"multipart/form-data",
    b"multipart/form-data; boundary=", b"multipart/form-data; boundary=" + b"b" * 300, b"a/b; charset=\xff",
)  # fmt: skip
HEADERS = (
    b"Origin: https://stranger.example", b"Origin: null", b"Origin: http://[", b"Sec-Fetch-Site: cross-site",
    b"Authorization: Bearer null", b"Authorization: Bearer \xff", b"Authorization: Basic x",
    b"Cookie: a=b; =;",
    b"Cookie: transcribe-language=\xff", b"Accept-Language: pl;q=x,*;q=9",
    b"If-None-Match: *", b"Range: bytes=-1",
    b"Last-Event-ID: 9", b"X-Forwarded-For: ::::", b"X-Forwarded-Proto: x", b"Accept: text/html",
    b"Accept-Encoding: gzip", b"Connection: upgrade", b"Transfer-Encoding: chunked", b"Content-Length: -1",
    b"Content-Length: 5", b"Expect: 100-continue", b"Host: stranger.example", b"Content-Encoding: gzip",
)  # fmt: skip


def names_of(said: object) -> Iterator[str]:
    """Names of all members that a description of an API knows."""
    if isinstance(said, Mapping):
        for name, each in said.items():
            if name == "properties" and isinstance(each, Mapping):
                yield from each
            yield from names_of(each)
    elif isinstance(said, list):
        for each in said:
            yield from names_of(each)


FIELDS = tuple(
    name.encode()
    for name in sorted({*names_of(description(ROUTES)), *OWN, "file", "path", "next", "key", "x[]", ""})
)


@dataclass
class Fuzzer:
    """Asks a server, and remembers what came.

    Attributes:
        recordings: Small ones that are sound; what is uploaded else is none.
        paths: Of recordings, which jobs may name.
        key: One that is valid, where one is demanded.
        slow: Whether some uploads stall.
        failures: What must not be.
    """

    port: int
    chance: random.Random
    recordings: Sequence[bytes]
    paths: Sequence[bytes] = ()
    key: str = ""
    slow: bool = True
    statuses: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)

    def ask(self) -> None:
        """Send one request, read its answer."""
        request, whole, stalls = self._request()
        try:
            with socket.create_connection(("127.0.0.1", self.port), HANG_S) as connection:
                status = self._answer(connection, request, whole=whole, stalls=stalls)
        except OSError as error:
            self.failures.append(f"{error!r} for {request[:600]!r}")
            time.sleep(1)
            return
        self.statuses[status] += 1
        if status == "500":
            self.failures.append(f"500 for {request[:600]!r}")

    def _answer(self, connection: socket.socket, sent: bytes, *, whole: bool, stalls: bool) -> str:
        with suppress(ConnectionError):  # it may answer and hang up before all is sent
            connection.sendall(sent)
            if not (whole or stalls):
                connection.shutdown(socket.SHUT_WR)
        told = b""
        with suppress(ConnectionError):
            while not _is_answer(told, bodyless=sent.startswith(b"HEAD")):
                block = connection.recv(1 << 16)
                if not block:
                    break
                told = CONTINUE.sub(b"", told + block)
        if found := re.search(rb'"id": ?"([0-9a-f]{24})"', told):
            self.jobs = [*self.jobs[-20:], found[1].decode()]
        line = told.split(b" ", 2)
        return line[1].decode() if len(line) > 1 else "hung up"

    def _request(self) -> tuple[bytes, bool, bool]:
        """What is sent; whether that is all that was promised; whether the rest is waited for in vain."""
        one = self.chance.random
        route = self.chance.choice(ROUTES)
        method = self.chance.choice(sorted(route.methods or {"GET"}))
        if one() < 0.05:
            method = self.chance.choice(("PUT", "PATCH", "OPTIONS", "HEAD", "POST", "DELETE", "BREW"))
        path = SEGMENTS.sub(lambda _: self._segment(), route.path)
        if one() < 0.3:
            path += "?" + "&".join(
                quote_from_bytes(self._name()) + "=" + quote_from_bytes(self._value()) for _ in range(3)
            )
        kind, body = self._body() if method in ("POST", "PUT", "PATCH") else (b"", b"")
        heads = [f"{method} {path} HTTP/1.1".encode("latin-1", "replace"), b"Host: localhost"]
        if kind:
            heads.append(b"Content-Type: " + kind)
        if self.key and one() < 0.9:
            heads.append(f"Authorization: Bearer {self.key}".encode())
        sent, length = body, len(body)
        if one() < 0.2 and body:
            blocks = [body[at : at + 5000] for at in range(0, len(body), 5000)]
            sent = b"".join(b"%x\r\n" % len(each) + each + b"\r\n" for each in blocks) + b"0\r\n\r\n"
            heads.append(b"Transfer-Encoding: chunked")
        elif body or one() < 0.5:
            if one() < 0.1:
                length += self.chance.choice((-5, 1, 1000, 10**12))
            heads.append(b"Content-Length: %d" % length)
        more = self.chance.sample(HEADERS, 2) if one() < 0.3 else []
        heads += more
        request = b"\r\n".join(heads) + b"\r\n\r\n" + sent
        head_ends = len(request) - len(sent)
        stalls = self.slow and one() < 0.01
        if any(each.startswith(PROMISES) for each in more):
            return request, False, False
        if length > len(body) or stalls or one() < 0.1:
            return request[: self.chance.randrange(head_ends, len(request) + 1)], False, stalls
        return request, True, False

    def _segment(self) -> str:
        choices = ["whisper-1", "vtt", "home.js", *self.jobs[-3:], *list(FORMATS)[:5], "a" * 24]
        return (
            quote_from_bytes(self._value(), safe="")
            if self.chance.random() < 0.4
            else self.chance.choice(choices)
        )

    def _name(self) -> bytes:
        return self.chance.choice(FIELDS) if self.chance.random() < 0.9 else self.chance.choice(SPICE)

    def _value(self) -> bytes:
        pool = self.chance.choice(
            (KNOWN, SPICE, tuple(each.encode() for each in ANSWERS), self.paths or KNOWN)
        )
        return self.chance.choice(pool)

    def _body(self) -> tuple[bytes, bytes]:
        kind = self.chance.choices((self._multipart, self._json, self._form, self._noise), (6, 3, 1, 1))[0]
        content_type, body = kind()
        if self.chance.random() < 0.3:
            body = self._mutated(body)
        if self.chance.random() < 0.1:
            content_type = self.chance.choice(TYPES)
        return content_type, body

    def _multipart(self) -> tuple[bytes, bytes]:
        boundary = self.chance.choice((b"B", b"----WebKitFormBoundary7MA4YWxkTrZu0gW", b"-"))
        sound = self.chance.random() < 0.05  # it takes seconds
        recording = self.chance.choice(
            self.recordings if sound else (b"no sound", b"", self.chance.randbytes(3000))
        )
        count = 10_000 if self.chance.random() < 0.01 else self.chance.randrange(6)
        parts = [(self._name(), b"", self._value()) for _ in range(count)]
        name = self.chance.choice((b"a.wav", b"../../x", b"\xff", b'"', b"a\\b.mp3", b"x" * 5000))
        parts.insert(self.chance.randrange(len(parts) + 1), (b"file", b'; filename="%s"' % name, recording))
        if self.chance.random() < 0.02:
            parts.append((b"prompt", b"", b"endless" * 100_000))
        said = b"".join(
            b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
            % (boundary, named, more, value)
            for named, more, value in parts
        )
        return b"multipart/form-data; boundary=" + boundary, said + b"--" + boundary + b"--\r\n"

    def _json(self) -> tuple[bytes, bytes]:
        said = {
            self._name().decode("utf-8", "replace"): self._thing(3) for _ in range(self.chance.randrange(6))
        }
        if self.paths and self.chance.random() < 0.5:
            said["path"] = self.chance.choice(self.paths).decode()
        return b"application/json", json.dumps(said).encode()

    def _thing(self, depth: int) -> object:
        text = self._value().decode("utf-8", "replace")
        plain: tuple[object, ...] = (text, 0, -1, 1e308, 2**70, True, None, "")
        if depth and self.chance.random() < 0.3:
            return [self._thing(depth - 1), {text[:20]: self._thing(depth - 1)}]
        return self.chance.choice(plain)

    def _form(self) -> tuple[bytes, bytes]:
        pairs = [quote_from_bytes(self._name()) + "=" + quote_from_bytes(self._value()) for _ in range(4)]
        return b"application/x-www-form-urlencoded", "&".join(pairs).encode()

    def _noise(self) -> tuple[bytes, bytes]:
        return self.chance.choice(TYPES), self.chance.randbytes(self.chance.randrange(20_000))

    def _mutated(self, body: bytes) -> bytes:
        changed = bytearray(body)
        for _ in range(self.chance.randrange(1, 4)):
            at = self.chance.randrange(len(changed) + 1)
            changed[at : at + self.chance.randrange(8)] = self.chance.choice(SPICE)
        return bytes(changed)


def _is_answer(told: bytes, *, bodyless: bool) -> bool:
    """Whether the head of an answer has come, and of a short one the body."""
    head, found, body = told.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return bool(found) and (bodyless or length is None or len(body) >= min(int(length[1]), SHORT))


def clips(folder: Path) -> list[bytes]:
    """Recordings that are heard at once."""
    kinds = (("a.wav", 0.0, 0.5), ("b.mp3", 1.0, 1.0), ("c.flac", 2.0, 0.3))
    return [cut(folder / name, start, seconds).read_bytes() for name, start, seconds in kinds]


def _piece(model: str, seconds: float, seed: int, demanded: bool) -> Iterator[str]:
    """Ask a server for a while; lines about it."""
    with tempfile.TemporaryDirectory(prefix="serve-fuzz-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "in").mkdir()
        recordings = clips(folder / "in")
        (folder / "in" / "link.wav").symlink_to("/etc/passwd")
        inside = ("a.wav", "b.mp3", "link.wav", "../data/queue.sqlite", "none", ".", "\0")
        paths = [f"{folder}/in/{each}".encode() for each in inside] + [b"/etc/passwd", b"a.wav", b"~/a.wav"]
        key = _key(folder) if demanded else ""
        server = Server(folder, model, "--root", str(folder / "in"), *(["--key"] if demanded else []))
        process = psutil.Process(server.process.pid)
        port = int(server.url.rpartition(":")[2])
        fuzzers = [
            Fuzzer(port, random.Random(seed + number), recordings, paths, key)  # noqa: S311 - no secrets
            for number in range(CLIENTS)
        ]
        until = time.monotonic() + seconds
        warm = time.monotonic() + seconds / 4
        memory = 0
        with ThreadPoolExecutor(CLIENTS) as threads:
            running = [threads.submit(_until, each, until) for each in fuzzers]
            while time.monotonic() < until:
                time.sleep(0.5)
                if not memory and time.monotonic() > warm:
                    memory = process.memory_info().rss
            for each in running:
                each.result()
        code = server.process.poll()
        assert code is None, (
            code,
            fuzzers[0].failures[-1:],
            (folder / "log").read_text("utf-8")[-3000:],
        )
        later = process.memory_info().rss
        time.sleep(2)
        left = [each.name for each in (folder / "data" / "incoming").iterdir()]
        open_files = process.num_fds()
        server.end(15)
        log = (folder / "log").read_text("utf-8")
        statuses = sum((each.statuses for each in fuzzers), Counter())
        failures = [failure for each in fuzzers for failure in each.failures]
        if left:
            failures.append(f"left in incoming/: {left}")
        bad = [each for each in log.splitlines() if re.search("Traceback|is a bug|goes on in", each)]
        failures += bad
        counts = ", ".join(f"{status} × {count}" for status, count in sorted(statuses.items()))
        where = "a key is demanded" if demanded else "no key is demanded"
        total = sum(statuses.values())
        told = [where, f"{seconds / 60:.1f}", total, counts, f"{memory / 1e6:.0f} → {later / 1e6:.0f} MB"]
        yield f"| {' | '.join(map(str, (*told, open_files, len(failures))))} |"
        for failure in failures[:20]:
            print(failure, file=sys.stderr)


def _key(folder: Path) -> str:
    command = [sys.executable, "-P", "-m", "transcribe", "serve", "--data", "data", "--new-key", "fuzz"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def _until(fuzzer: Fuzzer, until: float) -> None:
    while time.monotonic() < until:
        fuzzer.ask()


def main() -> None:
    """Fuzz for some minutes and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--model", default="tiny.en", help="name of an installed model")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    pieces: list[Callable[[], Iterator[str]]] = [
        lambda: _piece(asked.model, asked.minutes * 30, asked.seed, demanded=False),
        lambda: _piece(asked.model, asked.minutes * 30, asked.seed + 1000, demanded=True),
    ]
    lines = [
        "# Mutated requests to the server\n",
        f"Made by `python -m benchmarks.serve_fuzz`: {CLIENTS} clients at a time, {len(ROUTES)} routes; "
        f"seed {asked.seed}.\n",
        "| | minutes | requests | answers | memory after a quarter, and at the end | open files | failures |",
        "|---|---|---|---|---|---|---|",
        *(line for piece in pieces for line in piece()),
    ]
    (RESULTS / "serve-fuzz.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
