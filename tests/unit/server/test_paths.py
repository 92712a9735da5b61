"""Recordings that are named instead of sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest
from counter import Counter, eventually

from transcribe.core.reading import real
from transcribe.server.intake import paths

JOBS = "/v1/jobs"


@pytest.fixture
def root(tmp_path: Path, counter: Counter) -> Path:
    folder = tmp_path / "studio"
    (folder / "dzień").mkdir(parents=True)
    (folder / "dzień" / "a.wav").write_bytes(b"2 a")
    (tmp_path / "secret").write_bytes(b"2 secret")
    (folder / "link.wav").symlink_to(tmp_path / "secret")
    counter.roots = (folder,)
    return folder


def ask(client: httpx2.Client, path: object, **fields: Any) -> httpx2.Response:
    return client.post(JOBS, json={"path": str(path), **fields})


def test_a_recording_is_copied(counter: Counter, root: Path) -> None:
    path = root / "dzień" / "a.wav"
    with counter.serving() as client:
        answer = ask(client, path, language="pl", max_lines=1, notes=False, terms=["Ala"])
        sent = client.post(
            JOBS,
            files={"file": ("b.wav", b"2 a")},
            data={"language": "pl", "max_lines": "1", "notes": "false", "terms": "Ala"},
        )
        assert (answer.status_code, answer.json()["title"]) == (202, "a.wav")
        assert (sent.status_code, sent.json()["id"]) == (200, answer.json()["id"])
        path.unlink()
        eventually(lambda: client.get(f"{JOBS}/{sent.json()['id']}").json()["state"] == "done")
        assert [*(counter.folder / "incoming").iterdir()] == []


@pytest.mark.parametrize(
    "path",
    ["secret", "studio/link.wav", "studio/../secret", "studio/none.wav", "studio", "studio/a\0b", "x" * 5000],
)
def test_nothing_outside_is_read_and_nothing_is_told_of_it(
    counter: Counter, root: Path, tmp_path: Path, path: str
) -> None:
    with counter.serving() as client:
        answers = [ask(client, each) for each in (f"{tmp_path}/{path}", path)]
        assert [each.json()["error"]["code"] for each in answers] == ["path_not_found"] * 2
        assert len({each.text for each in answers}) == 1


@pytest.mark.parametrize("replaced", ["dzień", "dzień/a.wav"])
def test_a_link_that_is_put_there_after_the_look_is_not_followed(
    counter: Counter, root: Path, tmp_path: Path, replaced: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.wav").write_bytes(b"2 secret")

    def looked(path: Path) -> Path:
        found = real(path)
        if found.name == "a.wav" and not (root / replaced).is_symlink():
            (root / replaced).rename(tmp_path / "moved")
            (root / replaced).symlink_to(tmp_path if replaced == "dzień" else tmp_path / "a.wav")
        return found

    monkeypatch.setattr(paths, "real", looked)
    with counter.serving() as client:
        assert ask(client, root / "dzień" / "a.wav").json()["error"]["code"] == "path_not_found"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"path": {"a": 1}}', b"[" * 100_000, b'{"path": "' + b"x" * 300_000]
)
def test_what_is_no_such_object_is_refused(counter: Counter, root: Path, body: bytes) -> None:
    with counter.serving() as client:
        answer = client.post(JOBS, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 413)
    assert answer.json()["error"]["code"] in ("invalid_json", "file_too_large")


def test_without_a_folder_that_is_allowed_only_uploads_are_taken(counter: Counter, tmp_path: Path) -> None:
    with counter.serving() as client:
        assert ask(client, tmp_path / "secret").json()["error"]["code"] == "invalid_form"
