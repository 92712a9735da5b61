"""A question over HTTP ends at its time and at its size, whatever the other side sends."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from itertools import chain, count, repeat

import pytest
from dripping_server import dripping

from transcribe.core.chat import BadAnswer
from transcribe.core.errors import EngineError
from transcribe.core.network import Answer, Network, NetworkProblem, TooLarge, TooSlow, Unreachable
from transcribe.engines.llm.http import Http
from transcribe.engines.webhook import Webhook

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP_NAME = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"  # RFC 1952: a file name follows, up to a NUL


def hurried() -> Callable[[], float]:
    """A clock that goes on by a second whenever somebody looks at it."""
    ticks = count()
    return lambda: float(next(ticks))


def endless(start: bytes, each: bytes) -> Iterator[bytes]:
    return chain([start], repeat(each))


DRIPS = {
    "status line": endless(b"HTTP/1.1 200 ", b"O"),
    "header names": endless(OK, b"x"),
    "headers": endless(OK, b"X-A: b\r\n"),
    "100 Continue": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "103 Early Hints": endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
    "body of unknown length": endless(OK + b"\r\n", b"x"),
    "body of known length": endless(OK + b"Content-Length: 1000000000\r\n\r\n", b"x"),
    "chunks": endless(CHUNKED, b"1\r\nx\r\n"),
    "chunk length": endless(CHUNKED, b"0"),
    "chunk extension": endless(CHUNKED + b"5;", b"a"),
    "trailers": endless(CHUNKED + b"0\r\n", b"X-A: b\r\n"),
    "events": endless(OK + b"Content-Type: text/event-stream\r\n\r\n", b"data: {}\n\n"),
    "gzip name": endless(OK + b"Content-Encoding: gzip\r\n\r\n" + GZIP_NAME, b"n"),
}


@pytest.mark.parametrize("what", DRIPS)
def test_no_answer_goes_on_without_end(what: str) -> None:
    with (
        dripping(DRIPS[what]) as url,
        pytest.raises(NetworkProblem),
        Network(5, 5, 1000, hurried()) as network,
    ):
        network.ask("GET", url, {})


@pytest.mark.parametrize("what", ["100 Continue", "header names", "body of unknown length", "chunks"])
def test_what_drips_ends_at_the_time(what: str) -> None:
    start, each = {
        "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        "header names": (OK, b"x"),
        "body of unknown length": (OK + b"\r\n", b"x"),
        "chunks": (CHUNKED, b"1\r\nx\r\n"),
    }[what]
    drip = endless(start, each)
    with dripping(drip) as url, pytest.raises(TooSlow), Network(4, 4, 10**9, hurried()) as network:
        network.ask("GET", url, {})


@pytest.mark.parametrize("what", ["100 Continue", "103 Early Hints", "body of unknown length", "chunks"])
def test_what_comes_fast_ends_at_the_size(what: str) -> None:
    start, each = {
        "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        "103 Early Hints": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000),
        "body of unknown length": (OK + b"\r\n", b"x" * 10_000),
        "chunks": (CHUNKED, b"1\r\nx\r\n" * 1000),
    }[what]
    with dripping(endless(start, each)) as url, pytest.raises(TooLarge), Network(600, 5, 100_000) as network:
        network.ask("GET", url, {})


def test_nothing_is_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    packed = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    network = Network(600, 5, 100_000)
    with dripping([packed, bomb]) as url, pytest.raises(NetworkProblem, match="compressed"):
        network.ask("GET", url, {})
    network.close()


def test_an_answer_in_pieces_is_whole() -> None:
    text = b"HTTP/1.1 103 Early Hints\r\n\r\n" + CHUNKED + b"3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n"
    with dripping(text[at : at + 1] for at in range(len(text))) as url, Network(600, 5, 100) as network:
        assert network.ask("GET", url, {}) == Answer(200, {"transfer-encoding": "chunked"}, b"abcde")


def test_a_reader_who_takes_nothing_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with dripping([]) as url, Network(3, 3, 100, hurried()) as network, pytest.raises(NetworkProblem):
        network.ask("POST", url, {}, b"x" * 30_000_000)


def test_nobody_there() -> None:
    with Network(5) as network, pytest.raises(Unreachable):
        network.ask("GET", "http://127.0.0.1:9/", {})


def test_a_language_model_ends_at_its_time_and_size() -> None:
    with dripping(endless(OK, b"X-A: b\r\n")) as url:
        http = Http(url, 600)
        with pytest.raises(BadAnswer, match=r"hung up|more than"):
            http.get("/v1/models")
        http.close()
    with dripping(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n")) as url:
        http = Http(url, 0.1)
        with pytest.raises(EngineError, match=r"did not answer within 0\.1 s"):
            http.get("/v1/models")
        http.close()


def test_a_webhook_waits_for_no_body() -> None:
    with dripping(endless(OK + b"\r\n", b"x")) as url:
        assert Webhook.parse(f"{url}/x", "", 600).post("{}", "1") == ""
    with dripping(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n")) as url:
        assert "no answer within 0.1 s" in Webhook.parse(f"{url}/x", "", 0.1).post("{}", "1")
