"""Connections that ask nothing, and such as nobody can be sure of."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from counter import Counter, eventually

from transcribe.server.intake import connections
from transcribe.server.intake.connections import Connection, most_connections

HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"


class Few(Connection):
    most = 4


class Hasty(Connection):
    head_seconds = 0.2


@contextmanager
def connected(counter: Counter, sent: bytes = b"") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", counter.port), timeout=60) as connection:
        connection.sendall(sent)
        yield connection


def is_ended(connection: socket.socket) -> bool:
    """Whether the server ends a connection; waits for that."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


def test_those_who_say_nothing_keep_nobody_out(counter: Counter) -> None:
    counter.connection = Few
    with counter.serving() as client, ExitStack() as held:
        silent = [held.enter_context(connected(counter, HEAD)) for _ in range(12)]
        assert client.get("/health").status_code == 200
        assert all(is_ended(each) for each in silent[:8])
        silent[-1].sendall(b"\r\n")
        assert silent[-1].recv(100).startswith(b"HTTP/1.1 200")


def test_where_everybody_is_served_the_new_one_goes(counter: Counter) -> None:
    counter.connection = Few
    with counter.serving(), ExitStack() as held:
        stream = HEAD.replace(b"/health", b"/v1/events") + b"\r\n"
        busy = [held.enter_context(connected(counter, stream)) for _ in range(4)]
        assert all(each.recv(100).startswith(b"HTTP/1.1 200") for each in busy)
        assert is_ended(held.enter_context(connected(counter, HEAD)))


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        HEAD,
        HEAD + b"\r\n" + HEAD,  # the second request
        HEAD.replace(b"GET", b"POST") + b"Content-Length: 99999\r\n\r\n",  # is answered, and goes on
    ],
)
def test_a_connection_without_a_request_ends(counter: Counter, sent: bytes) -> None:
    counter.connection = Hasty
    with counter.serving(), connected(counter, sent) as connection:
        assert is_ended(connection)


def test_whoever_is_served_is_not_hurried(counter: Counter) -> None:
    counter.connection = Hasty
    with counter.serving() as client, client.stream("GET", "/v1/events") as stream:
        lines = stream.iter_lines()
        assert "listed" in next(lines)
        with connected(counter) as other:
            assert is_ended(other)  # so it has been longer
        client.post("/v1/jobs", files={"file": ("a.wav", b"2 a")})
        eventually(lambda: next(lines).startswith("event: state"))


def test_a_request_with_two_lengths_is_refused_and_ends_its_connection(counter: Counter) -> None:
    both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    with counter.serving(), connected(counter, HEAD + both + HEAD + b"\r\n") as connection:
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 400")
        assert answer.count(b"HTTP/1.1 ") == 1


def test_another_protocol_is_not_spoken_and_not_told(
    counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    upgrade = b"Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n"
    with counter.serving(), connected(counter, HEAD + upgrade) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert caplog.messages == []


def test_more_files_are_allowed_where_the_system_lets_us(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(before[1], 600)
    monkeypatch.setattr(connections, "WANTED_FILES", wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (300, before[1]))
    try:
        assert most_connections() == wanted // connections.FILES_EACH
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == wanted
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
