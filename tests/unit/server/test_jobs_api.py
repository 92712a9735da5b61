"""The jobs API."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest
from counter import SAID, Counter, eventually

from transcribe.core.errors import InputError
from transcribe.formats.known import FORMATS
from transcribe.jobs.messages import Stumbled
from transcribe.jobs.trouble import trouble_of
from transcribe.server.access.auth import Access
from transcribe.server.access.keys import Keys

JOBS = "/v1/jobs"


def submit(client: httpx2.Client, content: bytes = b"2 a", **fields: Any) -> httpx2.Response:
    return client.post(JOBS, files={"file": ("odcinek ż.wav", content)}, data=fields)


def status(client: httpx2.Client, name: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{JOBS}/{name}").json()
    return found


def done(client: httpx2.Client, name: str) -> dict[str, Any]:
    return eventually(lambda: each if (each := status(client, name))["state"] == "done" else None) or {}


def test_a_job_from_submission_to_removal(counter: Counter) -> None:
    with counter.serving() as client:
        submitted = submit(client, language="pl", max_lines="1", notes="false", keywords="Łódź")
        name = submitted.json()["id"]
        assert (submitted.status_code, submitted.headers["location"]) == (202, f"{JOBS}/{name}")
        job = done(client, name)
        assert (job["title"], job["seconds"], job["percent"], job["error"]) == (
            "odcinek ż.wav",
            2.0,
            100,
            None,
        )
        assert job["options"] == {"language": "pl", "max_lines": "1", "notes": "false", "terms": ["Łódź"]}
        for each in job["formats"]:
            result = client.get(f"{JOBS}/{name}/results/{each}")
            assert result.content
            assert result.headers["content-type"].startswith(FORMATS[each].media_type)
            assert result.headers["content-disposition"].startswith(
                "attachment; filename*=UTF-8''odcinek%20%C5%BC."
            )
        assert client.get(f"{JOBS}/{name}/results/exe").status_code == 404
        assert client.delete(f"{JOBS}/{name}").json()["deleted"]
        assert client.get(f"{JOBS}/{name}").status_code == 404
        assert [*(counter.folder / "jobs").iterdir()] == []


def test_the_same_again_is_the_same_job(counter: Counter) -> None:
    with counter.serving() as client:
        first = submit(client).json()["id"]
        done(client, first)
        assert (submit(client).status_code, submit(client).json()["id"]) == (200, first)
        assert submit(client, language="pl").json()["id"] != first
        assert submit(client, b"2 b").json()["id"] != first


def test_what_failed_or_was_cancelled_is_tried_anew_when_it_is_submitted_again(counter: Counter) -> None:
    with counter.serving() as client:
        client.get("/health")
        counter.worker.answers = [Stumbled("", trouble_of(InputError("it is no sound", "Check it")))]
        name = submit(client).json()["id"]
        failed = eventually(lambda: each if (each := status(client, name))["state"] == "failed" else None)
        assert failed
        assert failed["error"] == "it is no sound. Check it"
        assert client.get(f"{JOBS}/{name}/results/txt").json()["error"]["code"] == "invalid_audio"
        counter.worker.holding = True
        assert submit(client).status_code == 202
        cancelled = client.post(f"{JOBS}/{name}/cancel").json()
        assert (cancelled["state"], counter.worker.has) == ("cancelled", {})
        assert client.get(f"{JOBS}/{name}/results/txt").status_code == 409
        counter.worker.holding = False
        assert submit(client).status_code == 202
        assert done(client, name)


def test_events_tell_everything_until_the_job_is_over(counter: Counter) -> None:
    with counter.serving() as client:
        client.get("/health")
        counter.worker.holding = True
        name = submit(client).json()["id"]
        eventually(lambda: counter.worker.has)
        counter.worker.hear(name)
        eventually(lambda: len(counter.dispatcher.lines(name)) == 2)
        told = []
        with client.stream("GET", f"{JOBS}/{name}/events") as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    told.append(json.loads(line.removeprefix("data: ")))
                if len(told) == 3:
                    counter.worker.finish(name)
                    told.append({})
    texts = [each["text"] for each in told if "text" in each]
    states = [each["state"] for each in told if "state" in each]
    assert (texts, states) == ([*SAID], ["working", "done"])


def all_events(client: httpx2.Client, wanted: Callable[[str, dict[str, Any]], bool]) -> list[tuple[str, Any]]:
    """What is told of all jobs, until something wanted comes."""
    told: list[tuple[str, Any]] = []
    kind = ""
    with client.stream("GET", "/v1/events") as answer:
        for line in answer.iter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            if line.startswith("data: "):
                told.append((kind, json.loads(line.removeprefix("data: "))))
                if wanted(*told[-1]):
                    break
    return told


def test_one_stream_tells_what_becomes_of_every_job(counter: Counter) -> None:
    with counter.serving() as client:
        client.get("/health")
        counter.worker.holding = True
        first, second = (submit(client, each).json()["id"] for each in (b"2 a", b"2 b"))
        eventually(lambda: first in counter.worker.has)
        counter.worker.hear(first)
        eventually(lambda: status(client, first)["percent"] == 50)
        assert status(client, first)["stage"] == "recognise"

        def act(kind: str, said: dict[str, Any]) -> bool:
            if kind == "listed":
                assert said == {"pending": 2}
                counter.worker.finish(first)
                submit(client, b"2 c")
            if kind == "state" and said["state"] == "done":
                client.delete(f"{JOBS}/{first}")
            return kind == "removed"

        told = all_events(client, act)
        states = [(each["id"], each["state"]) for kind, each in told if kind == "state"]
        assert states[:2] == [(first, "working"), (second, "queued")]
        assert (first, "done") in states
        assert told[-1] == ("removed", {"id": first})


def test_that_stream_is_not_told_of_others_jobs_or_of_those_somebody_waits_for(counter: Counter) -> None:
    counter.folder.mkdir()
    keys = Keys(counter.folder)
    ala, marek = ({"Authorization": f"Bearer {keys.make(each)}"} for each in ("Ala", "Marek"))
    counter.apart, counter.access = True, Access(keys)
    with counter.serving() as client:
        own: list[str] = []

        def act(kind: str, said: dict[str, Any]) -> bool:
            if kind == "listed":
                name = client.post(JOBS, files={"file": ("a.wav", b"2 m")}, headers=marek).json()["id"]
                client.post("/v1/audio/transcriptions", files={"file": ("a.wav", b"2 s")}, headers=ala)
                client.post(f"{JOBS}/{name}/cancel", headers=marek)
                client.delete(f"{JOBS}/{name}", headers=marek)
                own.append(client.post(JOBS, files={"file": ("a.wav", b"2 o")}, headers=ala).json()["id"])
            return kind == "state" and said["state"] == "done"

        client.headers.update(ala)
        told = all_events(client, act)
    assert {each["id"] for kind, each in told if kind != "listed"} == set(own)


def test_that_stream_ends_with_its_key(counter: Counter) -> None:
    counter.folder.mkdir()
    keys = Keys(counter.folder)
    key = keys.make("Ala")
    counter.apart, counter.access = True, Access(keys)
    with counter.serving(headers={"Authorization": f"Bearer {key}"}) as client:

        def act(kind: str, said: dict[str, Any]) -> bool:
            newer = {"Authorization": f"Bearer {Keys(counter.folder).make('Ala')}"}
            client.post(JOBS, files={"file": ("a.wav", b"2 m")}, headers=newer)
            return False

        assert all_events(client, act) == [("listed", {"pending": 0})]


def test_what_failed_or_was_cancelled_is_tried_again(counter: Counter) -> None:
    with counter.serving() as client:
        client.get("/health")
        counter.worker.answers = [Stumbled("", trouble_of(InputError("it is no sound", "Check it")))]
        name = submit(client).json()["id"]
        failed = eventually(lambda: each if (each := status(client, name))["state"] == "failed" else None)
        assert (failed or {})["code"] == "invalid_audio"
        again = client.post(f"{JOBS}/{name}/again").json()
        assert (again["error"], again["code"]) == (None, None)
        assert done(client, name)
        assert client.post(f"{JOBS}/{name}/again").json()["error"]["code"] == "not_again"
        counter.worker.holding = True
        other = submit(client, b"2 b").json()["id"]
        client.post(f"{JOBS}/{other}/cancel")
        (counter.folder / "jobs" / other / "recording").unlink()
        assert client.post(f"{JOBS}/{other}/again").status_code == 409


def test_the_list_is_the_newest_first_in_pages(counter: Counter) -> None:
    with counter.serving() as client:
        names = [submit(client, f"2 {number}".encode()).json()["id"] for number in range(3)]
        client.post("/v1/audio/transcriptions", files={"file": ("a.wav", b"2 spoken")})
        for name in names:
            done(client, name)
        page = client.get(JOBS, params={"limit": 2}).json()
        assert ([each["id"] for each in page["data"]], page["has_more"]) == (names[:0:-1], True)
        rest = client.get(JOBS, params={"after": names[1], "state": "done"}).json()
        assert ([each["id"] for each in rest["data"]], rest["has_more"]) == (names[:1], False)
        assert client.get(JOBS, params={"state": "failed"}).json()["data"] == []
        for wrong in ({"limit": "0"}, {"limit": "many"}, {"state": "odd"}):
            assert client.get(JOBS, params=wrong).status_code == 400
        assert client.get(JOBS, params={"after": "nobody"}).status_code == 404


def test_a_full_queue_asks_to_come_back_later(counter: Counter) -> None:
    counter.most = 1
    with counter.serving() as client:
        client.get("/health")
        counter.worker.holding = True
        assert submit(client).status_code == 202
        answer = submit(client, b"2 b")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    assert answer.json()["error"]["type"] == "rate_limit_error"


def test_no_client_takes_the_room_of_the_others(counter: Counter) -> None:
    counter.folder.mkdir()
    keys = Keys(counter.folder)
    ala, marek = ({"Authorization": f"Bearer {keys.make(each)}"} for each in ("Ala", "Marek"))
    counter.apart, counter.access, counter.most = True, Access(keys), 1
    upload = "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
    upload += (
        f"Content-Type: multipart/form-data; boundary=B\r\nAuthorization: {ala['Authorization']}\r\n\r\n"
    )
    with counter.serving(headers=ala) as client, ExitStack() as stalled:
        client.get("/health")
        counter.worker.holding = True
        counter.service.most_uploads = 10
        for _ in range(2):
            connection = socket.create_connection(("127.0.0.1", counter.port))
            stalled.enter_context(connection).sendall(upload.encode())
        eventually(lambda: counter.service.uploads == 2)
        assert submit(client).json()["error"]["code"] == "queue_full"
        client.headers.update(marek)
        assert submit(client, b"2 m").status_code == 202
        client.headers.update(ala)
        stalled.close()
        eventually(lambda: counter.service.uploads == 0)
        assert [submit(client, each).status_code for each in (b"2 a", b"2 b")] == [202, 429]


def test_clients_with_keys_see_their_own_jobs_only(counter: Counter) -> None:
    counter.folder.mkdir()
    keys = Keys(counter.folder)
    ala, marek = ({"Authorization": f"Bearer {keys.make(each)}"} for each in ("Ala", "Marek"))
    counter.apart, counter.access = True, Access(keys)
    with counter.serving(headers=ala) as client:
        name = submit(client).json()["id"]
        assert done(client, name)
        client.headers.update(marek)
        for url in ("", "/events", "/results/txt"):
            assert client.get(f"{JOBS}/{name}{url}").status_code == 404
        assert client.post(f"{JOBS}/{name}/cancel").status_code == 404
        assert client.delete(f"{JOBS}/{name}").status_code == 404
        assert client.get(JOBS).json()["data"] == []
        assert submit(client).json()["id"] != name
        client.headers.pop("Authorization")
        assert client.get(JOBS).status_code == 401


@pytest.mark.parametrize("name", ["..", "%2e%2e", "..%2f..%2fkeys.json", "a" * 5000, "%00", "%ff"])
def test_names_of_jobs_are_no_paths(counter: Counter, name: str) -> None:
    with counter.serving() as client:
        for url in (f"{JOBS}/{name}", f"{JOBS}/{name}/results/txt", f"{JOBS}/{name}/cancel"):
            assert client.get(url).status_code in (404, 405)
        assert client.delete(f"{JOBS}/{name}").status_code in (404, 405)
    assert (counter.folder / "queue.sqlite").exists()
