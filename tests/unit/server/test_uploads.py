"""Bodies as clients send them, and as they should not."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

import httpx2
import pytest
from counter import Counter, eventually
from hypothesis import given, settings, strategies

from transcribe.server.errors import Refused
from transcribe.server.intake.uploads import Limits, _Parts, title_of

JOBS = "/v1/jobs"
FORM = {"content-type": "multipart/form-data; boundary=B"}


def part(name: str, value: bytes, filename: str = "") -> bytes:
    named = f'; filename="{filename}"' if filename else ""
    head = f'--B\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + value + b"\r\n"


PIECES = (
    b"known_speaker_references",
    b"--B",
    b"\r\n",
    b"\r\n--B",
    b"--",
    b": ",
    b'name="',
    b'"',
    b";",
    b"\x00",
    b"x" * 200,
)
END = b"--B--\r\n"
SOUND = b"2 \r\n--\r\n-B\x00\xff"
RECORDING = part("file", SOUND, "a.wav")


def send(client: httpx2.Client, *parts: bytes, headers: Mapping[str, str] = FORM) -> httpx2.Response:
    return client.post(JOBS, content=b"".join(parts), headers=dict(headers))


def code(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def left_over(counter: Counter) -> list[Path]:
    return [*(counter.folder / "incoming").iterdir()]


def test_the_recording_is_kept_byte_by_byte_before_or_after_the_fields(counter: Counter) -> None:
    with counter.serving() as client:
        first = send(client, RECORDING, part("language", b"pl"), END)
        second = send(client, part("language", b"pl"), RECORDING, END)
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["id"] == second.json()["id"]
    kept = counter.folder / "jobs" / first.json()["id"] / "recording"
    assert kept.read_bytes() == SOUND
    assert counter.worker.requests[0].facts.size == len(SOUND)
    assert left_over(counter) == []


def test_a_body_without_a_length_is_read_as_it_comes(counter: Counter) -> None:
    body = RECORDING + part("keywords[]", "Łódź".encode()) + part("keywords", b"Gniezno") + END

    def blocks() -> Iterator[bytes]:
        for number in range(len(body)):
            yield body[number : number + 1]

    with counter.serving() as client:
        answer = client.post(JOBS, content=blocks(), headers=FORM)
    assert answer.status_code == 202
    assert answer.json()["options"] == {"terms": ["Łódź", "Gniezno"]}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((part("language", b"pl"), END), (400, "missing_file")),
        ((RECORDING, part("file", b"2", "b.wav"), END), (400, "too_many_files")),
        ((RECORDING,), (400, "invalid_form")),
        ((RECORDING.replace(b"--B", b"--C"), END), (400, "invalid_form")),
        ((part("file", b"", "a.wav"), END), (400, "invalid_audio")),
        ((part("file", b"noise", "a.wav"), END), (400, "invalid_audio")),
        ((part("file", b"172801 s long", "a.wav"), END), (400, "invalid_audio")),
        ((part("file", b"silent", "a.wav"), END), (400, "invalid_audio")),
        ((RECORDING, part("sudo", b"1"), END), (400, "unknown_field")),
        ((RECORDING, part("ffmpeg", b"/bin/sh"), END), (400, "unknown_field")),
        ((RECORDING, part("max_lines", b"many"), END), (400, "invalid_value")),
        ((RECORDING, part("model", b"gpt-9"), END), (404, "model_not_found")),
        ((*(part(f"x{number}", b"") for number in range(10_000)), RECORDING, END), (400, "too_many_fields")),
        ((RECORDING, part("prompt", b"x" * 300_000), END), (413, "fields_too_large")),
        ((b"",), (400, "invalid_form")),
        ((b"rubbish" * 100,), (400, "invalid_form")),
    ],
)
def test_what_cannot_be_taken_is_refused_and_leaves_nothing(
    counter: Counter, parts: tuple[bytes, ...], expected: tuple[int, str]
) -> None:
    with counter.serving() as client:
        answer = send(client, *parts)
        assert code(answer) == expected
        assert answer.headers["x-should-retry"] == "false"
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
        assert left_over(counter) == []
        assert client.get(JOBS).json()["data"] == []


def test_another_kind_of_body_is_refused(counter: Counter) -> None:
    with counter.serving() as client:
        answers = [client.post(JOBS, json={"file": "a"}), client.post(JOBS, content=b"x", headers={
            "content-type": "multipart/form-data"
        })]  # fmt: skip
    assert [code(each) for each in answers] == [(400, "invalid_form")] * 2


@pytest.mark.parametrize("stated", [True, False])
def test_a_recording_that_is_too_large_is_refused(counter: Counter, stated: bool) -> None:
    counter.limits = Limits(body_bytes=1000)
    body = part("file", b"2" * 2000, "a.wav") + END
    with counter.serving() as client:
        content = body if stated else iter([body[:500], body[500:]])
        answer = client.post(JOBS, content=content, headers=FORM)
        assert code(answer) == (413, "file_too_large")
        assert left_over(counter) == []


def test_a_full_disk_is_told(counter: Counter) -> None:
    counter.limits = Limits(least_free=10**18)
    with counter.serving() as client:
        answer = send(client, RECORDING, END)
    assert code(answer) == (507, "disk_full")


def test_an_upload_that_stops_is_given_up_and_one_that_is_cut_off_leaves_nothing(counter: Counter) -> None:
    counter.limits = Limits(chunk_seconds=0.2)
    head = (
        f"POST {JOBS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
        f"Content-Type: {FORM['content-type']}\r\n\r\n"
    ).encode()
    with counter.serving() as client:
        with socket.create_connection(("127.0.0.1", counter.port)) as stalled:
            stalled.sendall(head + RECORDING[:70])
            assert b" 408 " in stalled.recv(1000)
        with socket.create_connection(("127.0.0.1", counter.port)) as gone:
            gone.sendall(head + RECORDING[:70])
            time.sleep(0.05)
        assert client.get("/health").json()["status"] == "ok"
        eventually(lambda: left_over(counter) == [])


def test_stalled_uploads_hold_nobody_up(counter: Counter) -> None:
    head = f"POST {JOBS} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n".encode()
    stalled = []
    with counter.serving() as client:
        for _ in range(100):
            stalled.append(socket.create_connection(("127.0.0.1", counter.port)))
            stalled[-1].sendall(head + f"Content-Type: {FORM['content-type']}\r\n\r\n".encode())
        assert send(client, RECORDING, END).status_code == 202
        for each in stalled:
            each.close()


def test_an_upload_that_only_drips_is_given_up(counter: Counter) -> None:
    counter.limits = Limits(patience_seconds=0.1)

    def drip() -> Iterator[bytes]:
        yield RECORDING
        for _ in range(100):
            time.sleep(0.02)
            yield b"x"

    with counter.serving() as client:
        answer = client.post(JOBS, content=drip(), headers=FORM)
    assert code(answer) == (408, "upload_timeout")


@settings(max_examples=300, deadline=None)
@given(data=strategies.data())
def test_a_mutated_body_is_refused_or_read_and_never_more(data: strategies.DataObject) -> None:
    body = bytearray(part("prompt", b"Ala") + RECORDING + part("keywords[]", b"x") + END)
    for _ in range(data.draw(strategies.integers(1, 4))):
        place = data.draw(strategies.integers(0, len(body)))
        cut = data.draw(strategies.integers(0, 8))
        body[place : place + cut] = data.draw(strategies.sampled_from(PIECES) | strategies.binary(max_size=8))
    parts, block = (
        _Parts(b"B", BytesIO(), Limits(fields=3, field_bytes=100), BytesIO),
        data.draw(strategies.integers(1, 99)),
    )
    try:
        for start in range(0, len(body), block):
            parts.write(bytes(body[start : start + block]))
        parts.end()
    except Refused as error:
        assert error.status in (400, 413)
    assert sum(len(each) for values in parts.fields.values() for each in values) <= 200


def test_a_title_is_no_path_and_one_line() -> None:
    assert title_of("../../etc/pass\nwd") == "pass wd"
    assert title_of("C:\\rec\\a.wav") == "a.wav"
    assert [title_of(each) for each in ("", "..", "a/")] == ["recording"] * 3
    assert len(title_of("x" * 1000)) == 200
    assert title_of("photo\u202egnp.exe\u2066") == "photognp.exe"
    assert title_of("\u200f\u05d0.wav") == "\u200f\u05d0.wav"


def test_the_digest_is_that_of_the_recording(counter: Counter) -> None:
    with counter.serving() as client:
        name = send(client, RECORDING, END).json()["id"]
        queued = counter.worker.requests or eventually(lambda: counter.worker.requests)
    assert hashlib.sha256(Path(queued[0].path).read_bytes()).hexdigest() == hashlib.sha256(SOUND).hexdigest()
    assert queued[0].name == name


def test_a_name_is_what_the_browser_was_given(counter: Counter) -> None:
    with counter.serving() as client:
        answer = send(client, part("file", SOUND, "%22Lamp%22%0A.wav"), END)
    assert answer.json()["title"] == '"Lamp" .wav'
