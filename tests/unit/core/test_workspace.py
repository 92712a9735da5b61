"""The work directory survives whatever a kill leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from transcribe.core.recording import SpeechSpan, SpeechSpans
from transcribe.core.workspace import Workspace

SPANS = SpeechSpans((SpeechSpan(0, 900), SpeechSpan(1000, 2000)))


def test_an_artefact_comes_back_as_it_was(tmp_path: Path) -> None:
    with Workspace(tmp_path, "a/b") as workspace:
        workspace.save("detect", SPANS)
        assert workspace.load("detect", SpeechSpans) == SPANS


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"spans": 3}', b"\xff\xfe"])
def test_an_unreadable_artefact_reads_as_absent(tmp_path: Path, content: bytes) -> None:
    with Workspace(tmp_path, "a/b") as workspace:
        (workspace.path / "detect.json").write_bytes(content)
        assert workspace.load("detect", SpeechSpans) is None


@pytest.mark.parametrize("torn", [b'{"start_ms":5', b"garbage\n", b'{"start_ms":1,"end_ms":2}\n'])
def test_a_torn_line_is_cut_off_and_the_next_one_follows_the_last_whole_one(
    tmp_path: Path, torn: bytes
) -> None:
    with Workspace(tmp_path, "a/b") as workspace:
        workspace.append("results", SPANS.spans[0])
        with (workspace.path / "results.jsonl").open("ab") as handle:
            handle.write(torn)
        assert workspace.records("results", SpeechSpan) == [SPANS.spans[0]]
        workspace.append("results", SPANS.spans[1])
        assert workspace.records("results", SpeechSpan) == list(SPANS.spans)


def test_a_changed_character_anywhere_is_found(tmp_path: Path) -> None:
    with Workspace(tmp_path, "a/b") as workspace:
        workspace.save("detect", SPANS)
        path = workspace.path / "detect.json"
        content = path.read_bytes()
        for place in range(len(content)):
            changed = bytearray(content)
            changed[place] ^= 1
            path.write_bytes(changed)
            assert workspace.load("detect", SpeechSpans) is None, changed
        for cut in range(1, len(content) - 1):
            path.write_bytes(content[:-cut])
            assert cut == 1 or workspace.load("detect", SpeechSpans) is None


def test_the_artefact_of_one_stage_is_not_taken_for_that_of_another(tmp_path: Path) -> None:
    with Workspace(tmp_path, "a/b") as workspace:
        workspace.save("detect", SPANS)
        (workspace.path / "detect.json").rename(workspace.path / "plan.json")
        assert workspace.load("plan", SpeechSpans) is None


def test_from_a_changed_line_on_the_work_is_done_again(tmp_path: Path) -> None:
    with Workspace(tmp_path, "a/b") as workspace:
        for span in (*SPANS.spans, *SPANS.spans):
            workspace.append("results", span)
        path = workspace.path / "results.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(lines[0] + lines[1].replace(b"2000", b"2001") + lines[2] + lines[3])
        assert workspace.records("results", SpeechSpan) == [SPANS.spans[0]]
        assert path.read_bytes() == lines[0]


@pytest.mark.parametrize("damage", [b"", b"sampl", b"samplez", b"samples and more"])
def test_a_file_that_is_short_or_changed_is_not_vouched_for(tmp_path: Path, damage: bytes) -> None:
    with Workspace(tmp_path, "a/b") as workspace:
        path = workspace.path / "audio.f32"
        assert not workspace.vouched("audio.f32")
        path.write_bytes(b"samples")
        assert not workspace.vouched("audio.f32")
        workspace.vouch("audio.f32")
        assert workspace.vouched("audio.f32")
        path.write_bytes(damage)
        assert not workspace.vouched("audio.f32")
        workspace.remove("audio.f32")
        assert [each.name for each in workspace.path.iterdir()] == ["audio.f32.digest.json"]
        assert not workspace.vouched("audio.f32")


def modes(root: Path) -> set[tuple[str, int]]:
    return {
        ("folder" if each.is_dir() else "file", each.stat().st_mode & 0o777)
        for each in [root, *root.rglob("*")]
    }


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_only_the_owner_may_read_it(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        with Workspace(tmp_path / "cache/transcribe/work", "a/b") as workspace:
            workspace.save("detect", SPANS)
            workspace.append("results", SPANS.spans[0])
            (workspace.path / "audio.f32").write_bytes(b"samples")
            workspace.vouch("audio.f32")
        assert modes(tmp_path / "cache") == {("folder", 0o700), ("file", 0o600)}
    finally:
        os.umask(before)


def test_a_work_folder_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    (tmp_path / "work/a/b").mkdir(parents=True)
    for folder in (tmp_path / "work", tmp_path / "work/a", tmp_path / "work/a/b"):
        folder.chmod(0o777)
    (tmp_path / "work/a/b/results.jsonl").touch(0o666)
    with Workspace(tmp_path / "work", "a/b") as workspace:
        workspace.append("results", SPANS.spans[0])
    assert modes(tmp_path / "work") == {("folder", 0o700), ("file", 0o600)}


def test_what_a_kill_left_in_a_work_folder_is_removed(tmp_path: Path) -> None:
    with Workspace(tmp_path, "a/b") as workspace:
        left = (
            workspace.path / ".transcribe-4194305-0123456789abcdef.tmp"
        )  # beyond the largest number there is
        left.write_bytes(b"samples")
    with Workspace(tmp_path, "a/b"):
        assert not left.exists()


def test_what_a_killed_run_left_is_gone_after_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path))
    code = "from transcribe.core.workspace import scratch\nimport os\n"
    code += "with scratch() as path:\n (path / 'stdin').write_text('x')\n os.kill(os.getpid(), 9)\n"
    subprocess.run([sys.executable, "-P", "-c", code], check=False)
    (left,) = tmp_path.iterdir()
    assert (left / "stdin").exists()
    with Workspace(tmp_path, "recording/job"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["recording"]
