"""What goes wrong around a server: kills, full disks, files that are damaged, and a model that is gone."""

from __future__ import annotations

import random
import shutil
import signal
import socket
import time
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from desk import PATIENCE_SECONDS, SAMPLE, Desk, mounted
from served import Server, serving

pytestmark = pytest.mark.real


def results(server: Server, name: str) -> dict[str, bytes]:
    return {each: server.http.get(f"/v1/jobs/{name}/results/{each}").content for each in ("json", "srt")}


def test_three_kills_over_six_jobs_lose_none_double_none_and_change_no_byte(desk: Desk) -> None:
    length = ("-t", "12", "-i", str(SAMPLE))
    paths = [desk.media(f"{number}.wav", "-ss", str(number), *length) for number in range(6)]
    desk.transcribe(*(each.name for each in paths))
    moments = random.Random(1)  # noqa: S311 - moments, no secrets
    names: dict[Path, str] = {}
    with serving(desk) as server:
        coming = iter(paths)
        for _ in range(3):
            names |= {path: server.submit(path)["id"] for path in islice(coming, 2)}
            time.sleep(moments.uniform(0.2, 3))
            server.kill()
            server.start()
        for path, name in names.items():
            server.until(name, "done")
            outputs = desk.outputs(path.stem)
            assert results(server, name) == {each: outputs[each] for each in ("json", "srt")}
        listed = [each["id"] for each in server.http.get("/v1/jobs").json()["data"]]
    assert sorted(listed) == sorted(names.values())


def test_a_disk_that_gets_full_in_mid_job_is_waited_for_and_uploads_are_told(desk: Desk, clip: Path) -> None:
    path = desk.media("long.wav", "-stream_loop", "4", "-i", str(SAMPLE))
    with mounted(desk.folder / "data", "size=2g") as change:
        with serving(desk) as server:
            name = server.submit(path)["id"]
            while not (desk.folder / "data" / "work").is_dir():
                time.sleep(0.05)
            change("size=30m")
            with clip.open("rb") as file:
                answer = server.http.post("/v1/jobs", files={"file": file})
            assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_full")
            time.sleep(3)  # it tries to go on
            assert server.http.get(f"/v1/jobs/{name}").json()["state"] in ("working", "queued")
            change("size=2g")
            server.until(name, "done")
            server.submit(clip)
        assert "Traceback" not in server.said()


def test_a_model_that_is_gone_is_said_and_jobs_wait_until_it_is_back(desk: Desk, clip: Path) -> None:
    models = desk.folder / "models"
    shutil.copytree(Path(desk.environment["TRANSCRIBE_MODELS_DIR"]) / "tiny.en", models / "tiny.en")
    desk.environment["TRANSCRIBE_MODELS_DIR"] = str(models)
    with serving(desk, "--keep-loaded", "0") as server:
        models.rename(desk.folder / "away")
        name = server.submit(clip)["id"]
        while server.http.get("/health").status_code != 503:
            time.sleep(0.1)
        assert server.http.get(f"/v1/jobs/{name}").json()["state"] == "queued"
        (paused,) = [each for each in server.said().splitlines() if "paused: " in each]
        assert "models pull tiny.en" in paused
        (desk.folder / "away").rename(models)
        server.until(name, "done")
        assert server.http.get("/health").status_code == 200


def test_a_stop_in_mid_upload_and_mid_job_leaves_nothing_and_loses_nothing(desk: Desk) -> None:
    path = desk.media("long.wav", "-stream_loop", "2", "-i", str(SAMPLE))
    head = (
        b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
        b"Content-Type: multipart/form-data; boundary=B\r\n\r\n"
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    )
    incoming = desk.folder / "data" / "incoming"
    with serving(desk) as server:
        name = server.submit(path)["id"]
        server.until(name, "working")
        port = int(server.url.rpartition(":")[2].partition("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as half:
            half.sendall(head + bytes(1000))
            while not [*incoming.iterdir()]:
                time.sleep(0.05)
            assert server.stop() == 128 + signal.SIGTERM
            assert b" 503 " in half.recv(1000)
    assert [*incoming.iterdir()] == []
    with serving(desk) as server:
        server.until(name, "done")
        assert [each["id"] for each in server.http.get("/v1/jobs").json()["data"]] == [name]


def test_a_damaged_queue_and_damaged_keys_are_said_and_left_alone(desk: Desk) -> None:
    with serving(desk, "--key"):
        pass
    data = desk.folder / "data"
    asked = ("serve", "--port", "0", "--data", "data", "-m", "tiny.en")
    keys = data / "keys.json"
    kept = keys.read_bytes()
    keys.write_bytes(kept[:-10])
    assert f"{keys}" in desk.refuses(4, *asked, "--key")
    keys.write_bytes(kept)
    queue = data / "queue.sqlite"
    queue.write_bytes(b"rubbish" * 1000)
    said = desk.refuses(4, *asked)
    assert f"{queue} cannot be used" in said
    assert "move it away" in said


def test_what_is_no_http_is_refused_and_logged_in_a_line(desk: Desk) -> None:
    heads = [
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        for method, path in (("POST", "/v1/jobs"), ("POST", "/episodes/x/edits"), ("GET", "/health"))
    ]
    with serving(desk) as server:
        port = urlsplit(server.url).port or 0
        for head in heads:
            for pieces in ((head.encode() + b"zz\r\nno chunk",), (head.encode(), b"zz\r\nno chunk")):
                with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as client:
                    for piece in pieces:
                        client.sendall(piece)
                        time.sleep(0.05)
                    assert client.recv(12)[:9] == b"HTTP/1.1 "
        assert server.http.get("/health").json()["status"] == "ok"
        said = server.said()
    assert "Invalid HTTP request received" in said
    assert not any(each in said for each in ("Traceback", "is a bug"))  # else whoever likes fills the log
