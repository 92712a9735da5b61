"""Changed state is found and made again; a hostile folder changes nothing outside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from desk import Desk

pytestmark = pytest.mark.real


def damage(path: Path) -> None:
    """Change one character in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_one_changed_character_in_every_file_of_the_work_folder(used_desk: Desk) -> None:
    used_desk.transcribe("clip.wav", "-o", "before")
    state = [path for path in used_desk.work.rglob("*.json*") if path.stat().st_size]
    assert {"episode.json", "results.jsonl", "published.json"} <= {path.name for path in state}
    for path in state:
        damage(path)
    used_desk.transcribe("clip.wav", "-o", "after")
    assert used_desk.outputs("clip", "after") == used_desk.outputs("clip", "before")


@pytest.mark.parametrize("name", ["stitch.json", "results.jsonl", "plan.json", "detect.json"])
def test_one_changed_character_in_the_state_of_a_job_that_was_stopped(used_desk: Desk, name: str) -> None:
    used_desk.transcribe("clip.wav", "-o", "before")
    for path in used_desk.work.rglob("*.json*"):
        if path.name == name:
            damage(path)
        elif path.name in ("episode.json", "check.json"):
            path.unlink()
    used_desk.transcribe("clip.wav", "-o", "after")
    assert used_desk.outputs("clip", "after") == used_desk.outputs("clip", "before")


def test_a_hostile_config_in_the_current_folder(used_desk: Desk) -> None:
    outside = used_desk.folder.parent / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("Kalpana Chawla\n")
    (outside / "kept.txt").write_text("kept")
    evil = used_desk.folder / "evil"
    evil.write_text(f"#!/bin/sh\ntouch '{outside}/run'\n")
    evil.chmod(0o755)
    (used_desk.folder / "x.desktop.j2").write_text("[Desktop Entry]")
    (used_desk.folder / "transcribe.toml").write_text(
        f"output = '{outside}'\nforce = true\nffmpeg = './evil'\nvocabulary = '../outside/secret.txt'\n"
        "template = 'x.desktop.j2'\nquiet = true\nworkers = 200\nformats = ['txt']\n"
    )
    outcome = used_desk.transcribe("clip.wav")
    names = "output, force, ffmpeg, vocabulary, template, quiet, workers"
    assert outcome.stderr.count("may not set") == 1
    assert f"transcribe.toml may not set {names}" in outcome.stderr
    assert sorted(each.name for each in outside.iterdir()) == ["kept.txt", "secret.txt"]
    assert not list(used_desk.folder.glob("*.desktop"))
    assert "best of times" in (used_desk.folder / "clip.txt").read_text()


def test_links_and_pipes_where_outputs_go(used_desk: Desk) -> None:
    precious = used_desk.folder.parent / "precious"
    precious.write_text("mine")
    out = used_desk.folder / "out"
    out.mkdir()
    for name in ("clip.txt", "clip.review.md", ".transcribe"):
        (out / name).symlink_to(precious)
    used_desk.transcribe("clip.wav", "-o", "out", "--force")
    assert precious.read_text() == "mine"
    assert not (out / "clip.txt").is_symlink()


def test_pipes_where_files_are_read_stop_nothing(used_desk: Desk) -> None:
    for name in ("pipe.srt", "report.json", "words.txt", "ep.json", "clip.vtt"):
        os.mkfifo(used_desk.folder / name)
    for command in (
        ("lint", "pipe.srt"),
        ("clip.wav", "--vocabulary", "words.txt", "--model", "tiny.en"),
        ("render", "ep.json", "-f", "srt"),
        ("clip.wav", "--model", "tiny.en"),  # an output is in the way
        ("eval", "pipe.srt", "words.txt"),
    ):
        outcome = used_desk.run(*command)
        assert outcome.code != 0, command
        assert "plain file" in outcome.stderr + outcome.stdout.decode(), (command, outcome.stderr)
    used_desk.transcribe("batch", "clip.wav", "-o", "out", "--report", "report.json")
