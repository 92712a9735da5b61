"""A server beside a real watcher: its page shows what becomes of a recording, and leaves no trace."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from desk import PATIENCE_SECONDS, Desk
from served import Server, serving
from test_watch import Place

pytestmark = pytest.mark.real


def shown(server: Server) -> str:
    answer = server.http.get("/watched")
    assert answer.status_code == 200, answer.text
    return answer.text.partition("<main")[2].partition("</main>")[0]


def until(server: Server, *texts: str) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not all(each in (said := shown(server)) for each in texts):
        assert time.monotonic() < deadline, said
        time.sleep(0.2)
    return said


def test_a_recording_is_followed_from_the_folder_to_its_outputs(desk: Desk, clip: Path) -> None:
    place = Place(desk)
    with serving(desk, "--watched", "out") as server:
        assert "nothing can be shown of out so far: it is not there" in server.said()
        assert "No watcher has written here yet" in shown(server)
        with place.watching() as watcher:
            until(server, "At work", str(place.inbox), "Nothing has been put into this folder yet.")
            place.drop("dzień/gość.wav", clip)
            (place.inbox / "bad.wav").write_bytes(b"no sound" * 100)
            said = until(server, "dzień/gość.wav", "gość.txt", "bad.wav", "not a sound or video file")
            assert 'data-state="done"' in said
            watcher.send_signal(signal.SIGTERM)
            watcher.communicate(timeout=PATIENCE_SECONDS)
        folder = place.out / ".watch"
        before = {each: (each.stat().st_mtime_ns, each.read_bytes()) for each in folder.iterdir()}
        until(server, "Not at work", "gość.txt", "not a sound or video file")
        assert {each: (each.stat().st_mtime_ns, each.read_bytes()) for each in folder.iterdir()} == before
        with place.watching() as watcher:
            until(server, "At work", "gość.txt")
            watcher.kill()
            watcher.communicate()
            until(server, "Not at work", "gość.txt")
