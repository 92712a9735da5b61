"""The work directory survives whatever a kill leaves behind."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from transcribe.episode import SpeechSpan, SpeechSpans
from transcribe.errors import OutputError
from transcribe.workspace import Workspace, atomic_file, disk_errors

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


@pytest.mark.parametrize("torn", [b'{"start_ms":5', b"garbage\n", b'{"start_ms":1,"end_ms":2}'])
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


def test_an_atomic_file_is_whole_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "result"
    path.write_bytes(b"before")
    with pytest.raises(ZeroDivisionError), atomic_file(path) as handle:
        handle.write(b"half")
        1 / 0  # noqa: B018
    assert [p.name for p in tmp_path.iterdir()] == ["result"]
    assert path.read_bytes() == b"before"


def test_a_full_disk_is_told_apart_from_other_trouble(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"disk is full.*make room"), disk_errors(tmp_path, "writing"):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OutputError, match="Read-only file system"), disk_errors(tmp_path, "writing"):
        raise OSError(errno.EROFS, "Read-only file system")
