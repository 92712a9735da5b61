"""`verify --rerun` recognises recordings again as their manifests say; models that are in no lock."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk import Desk

from transcribe.core.digest import file_digest
from transcribe.jobs.assemble.engines import program
from transcribe.jobs.chain import append, manifest_path
from transcribe.jobs.manifest import Manifest, Result, read_manifest
from transcribe.models.model_lock import write_lock

pytestmark = [pytest.mark.real, pytest.mark.slow]


def _rewritten(folder: Path, **changes: Any) -> None:
    """Write another manifest of the clip, as somebody could who has no key."""
    path = manifest_path(folder / ".transcribe", "clip.wav")
    known = read_manifest(path.read_bytes())
    assert known is not None

    def made(link: Any) -> Manifest:
        return replace(known, link=link, **{name: make(known) for name, make in changes.items()})

    append(path, made)


def _verified(desk: Desk, code: int, *more: str) -> Mapping[str, Any]:
    done = desk.run("verify", "out", "--rerun", "--json", *more)
    assert done.code == code, (done.stdout.decode(), done.stderr)
    (chain,) = json.loads(done.stdout)
    (found,) = chain["reruns"]
    return dict(found)


def test_a_recording_is_the_same_again_to_the_bit_or_it_is_told(desk: Desk, clip: Path) -> None:
    out = desk.folder / "out"
    (desk.folder / "in").mkdir()
    shutil.copy(clip, desk.folder / "in" / "clip.wav")
    options = ("--term", "Dickens", "--from", "0:01", "-f", "json", "-f", "srt", "--beam-size", "2")
    desk.transcribe("batch", "in", "-o", "out", "-q", *options)
    assert "does not lie beside" in _verified(desk, 11)["why"]
    before = sorted(each.name for each in desk.work.glob("*/*"))
    same = _verified(desk, 0, "--recordings", "in")
    assert (same["outcome"], same["compared"]) == ("same", ["clip.json", "clip.srt"])
    assert sorted(each.name for each in desk.work.glob("*/*")) == before, "in a work directory of its own"

    document = out / "clip.json"
    content = document.read_text("utf-8")
    document.write_text(content.replace("times", "tides"), "utf-8")
    sha256 = file_digest(document)
    _rewritten(out, files=lambda known: {**known.files, "clip.json": Result(sha256, "0" * 32)})
    assert desk.run("verify", "out").code == 0, "the chain alone does not tell"
    other = _verified(desk, 12, "--recordings", "in")
    assert other["outcome"] == "differs"
    assert 0 < other["changed"] < other["words"]
    assert "clip.json" in other["why"]

    programs = {"transcribe": program(), "engine": "x 1"}
    _rewritten(out, making=lambda known: replace(known.making, programs=programs))
    assert "x 1 recognised it" in _verified(desk, 11, "--recordings", "in")["why"]
    _rewritten(out, made_with=lambda known: {**known.made_with, "model": "0" * 64})
    assert "its model is not installed" in _verified(desk, 11, "--recordings", "in")["why"]
    (desk.folder / "in/clip.wav").write_bytes(os.urandom(1000))
    assert "the recording is another one" in _verified(desk, 11, "--recordings", "in")["why"]


def test_a_model_that_is_in_no_lock_is_found(desk: Desk, clip: Path) -> None:
    (desk.folder / "in").mkdir()
    shutil.copy(clip, desk.folder / "in" / "clip.wav")
    desk.transcribe("batch", "in", "-o", "out", "-q", "-f", "json")
    assert desk.run("models", "lock", "--file", "all.lock").code == 0
    assert desk.run("verify", "out", "--lock", "all.lock").code == 0
    write_lock(desk.folder / "transcribe.lock", ())
    found = desk.run("verify", "out")
    assert found.code == 12
    assert b"model: tiny.en" in found.stdout
    assert b"is not in transcribe.lock" in found.stdout
    (desk.folder / "transcribe.lock").write_text("{}")
    assert desk.run("verify", "out").code == 5
