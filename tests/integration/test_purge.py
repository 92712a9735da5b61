"""One recording through a batch, a watched folder and a server; after a purge no byte of it is left."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from correcting import edit_of, send, transcript
from desk import SAMPLE, Desk
from served import serving

pytestmark = [pytest.mark.real, pytest.mark.slow]

NAME = "Grzegżółka Wichajster.flac"
SAID = ("grzegżółka", "wichajster", "szczebrzeszyn", "quokkanaut", "zephyrmint", "mumpsimus")
"""In names, terms, guests, corrections and approvals."""


def _words(document: Path) -> list[str]:
    """The longest words of a transcript, which stand nowhere else."""
    said = json.loads(document.read_text("utf-8"))
    text = " ".join(each["text"] for each in said["segments"])
    words = {each.lower() for each in re.findall(r"[A-Za-z]{7,}", text)}
    return sorted(words, key=lambda each: (-len(each), each))[: 20 - len(SAID)]


def _left(folder: Path, words: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in folder.rglob("*"):
        content = os.fsencode(path.relative_to(folder)).lower()
        if path.is_file():
            content += path.read_bytes().lower()
        for word in words:
            forms = (word, json.dumps(word)[1:-1])
            if any(form.encode().lower() in content for form in forms):
                found.setdefault(word, []).append(str(path.relative_to(folder)))
    return found


def test_nothing_is_left_of_an_episode_of_a_batch_a_watcher_and_a_server(desk: Desk) -> None:
    for folder in ("in", "inbox"):
        (desk.folder / folder).mkdir()
        shutil.copyfile(SAMPLE, desk.folder / folder / NAME)
    desk.transcribe(
        "batch", "in", "-o", "out", "-q", "--notes", "-f", "page", "-f", "json", "-f", "srt", "-f", "docx",
        "--term", "Szczebrzeszyn", "--guest", "Quokkanaut",
    )  # fmt: skip
    desk.transcribe("watch", "inbox", "--out", "watched", "--once", "--settle", "0", "--min-free", "0", "-q")
    with serving(desk) as server:
        job = server.submit(desk.folder / "in" / NAME)
        server.until(job["id"], "done")
        url = f"/episodes/{job['id']}"
        known = transcript(server.http, url)
        line = known["lines"][0]
        assert send(server.http, url, known, edit_of(line, f"Zephyrmint {line['text']}")).status_code == 200
        body = {"revision": transcript(server.http, url)["revision"], "who": "Mumpsimus", "reason": "heard"}
        assert server.http.post(f"{url}/approvals", json=body).status_code in (200, 201)
        out, watched = Path("out", NAME), Path("watched", NAME).with_suffix(".json")
        document = Path("data/jobs", job["id"], "transcript.json")
        together = ("purge", out, watched, document, "--recording", "--data", "data", "--as", "Ola")
        assert desk.run(*together).code == 13, "the server is at work"
    (desk.folder / "log").unlink()  # of the test's own
    words = [*_words(desk.folder / "out" / Path(NAME).with_suffix(".json")), *SAID]
    assert len(words) == 20
    assert set(_left(desk.folder, words)) >= set(words)
    assert desk.run("purge", out, "--data", "data").code == 13, "the others use it, too"
    assert desk.run("purge", document, "--hold", "--as", "Jan", "--data", "data").code == 0
    with serving(desk) as server:
        answer = server.http.delete(f"/v1/jobs/{job['id']}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "held")
    assert desk.run(*together).code == 13
    assert desk.run("purge", document, "--release", "--as", "Jan", "--data", "data").code == 0
    done = desk.run(*together)
    assert done.code == 0, (done.stdout.decode(), done.stderr)
    (desk.folder / "log").unlink(missing_ok=True)
    assert _left(desk.folder, words) == {}
    assert _left(desk.work, words) == {}
    for folder in ("out", "watched", "data"):
        checked = desk.run("verify", folder)
        assert checked.code == 0, checked.stdout
        assert b"by Ola" in checked.stdout
    with serving(desk) as server:
        assert server.http.get("/v1/jobs").json()["data"] == []
        assert server.http.get(url).status_code == 404
        assert server.http.get(f"/v1/jobs/{job['id']}").status_code == 404
        assert server.http.get("/").status_code == 200
    desk.transcribe("watch", "inbox", "--out", "watched", "--once", "--settle", "0", "--min-free", "0", "-q")
    assert not (desk.folder / watched).exists()
