"""Work directories as bytes: what goes, what does not, and what is refused."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest

from transcribe.cluster.parcel import packed, unpack
from transcribe.core.errors import EngineError
from transcribe.core.workspace import Workspace

KEY = "ab" * 16


def test_there_and_back(tmp_path: Path) -> None:
    made = Workspace(tmp_path / "there", f"{'0' * 32}/{KEY}")
    with made:
        made.save("episode", {"words": ["zażółć"]})
        made.append("results", 1)
        made.save("published", [])
        (made.path / "audio.f32").write_bytes(b"sound")
        (made.path / "link.json").symlink_to("/etc/passwd")
    (made.path / "link.json").unlink()
    here = Workspace(tmp_path / "here", f"{'0' * 32}/{KEY}")
    unpack(packed(made.path.parent), here.path.parent)
    assert here.load("episode", dict) == {"words": ["zażółć"]}
    assert here.records("results", int) == [1]
    assert sorted(each.name for each in here.path.iterdir()) == ["episode.json", "results.jsonl"]
    assert {stat.S_IMODE(each.stat().st_mode) for each in here.path.iterdir()} == {0o600}


@pytest.mark.parametrize(
    "name",
    ["../x.json", f"{KEY}/../../x.json", f"{KEY}/x.sh", f"{KEY}/.json", "/etc/x.json", f"{KEY}/a/b.json",
     f"{KEY}/published.json", f"{KEY}/names.json", f"{KEY}/x.json\n", f"{KEY.upper()}/x.json", ""],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, name: str) -> None:
    content = msgspec.msgpack.encode({f"{KEY}/episode.json": b"{}", name: b"{}"})
    with pytest.raises(EngineError, match="no result of a worker"):
        unpack(content, tmp_path / "here")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", msgspec.msgpack.encode([1]), msgspec.msgpack.encode({"a": 1})]
)
def test_what_is_something_else(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(EngineError, match="no result of a worker"):
        unpack(content, tmp_path)
