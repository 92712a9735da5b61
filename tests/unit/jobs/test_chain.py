from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from transcribe.jobs.chain import EARLIER, append, manifest_path
from transcribe.jobs.manifest import Manifest, Seen

GONE = 2**22 + 1
"""The number of no process: Linux has none above."""


def test_what_a_killed_run_left_is_removed_with_the_next_manifest(tmp_path: Path) -> None:
    left = [
        tmp_path / f".transcribe-{GONE}-0f.tmp",
        tmp_path / EARLIER / f".transcribe-{GONE}-1f.tmp",
    ]
    manifest = Manifest("a.wav", Seen(1, 1, "0" * 64), {}, {}, 0, 0, 0, 0)
    for each in left:
        each.parent.mkdir(exist_ok=True)
        each.write_bytes(b"{")
    append(manifest_path(tmp_path, "a.wav"), lambda link: replace(manifest, link=link))
    assert not any(map(Path.exists, left))
    assert manifest_path(tmp_path, "a.wav").is_file()
