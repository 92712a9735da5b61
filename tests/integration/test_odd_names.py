"""Names that mean something to a shell, to make, to a terminal or to a format, through the real commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, make_media

pytestmark = pytest.mark.real

NAMES = [
    os.fsdecode(name)
    for name in (
        b"caf\xe9 \xff", b"\xed\xa0\x80", b"-x", b"$(touch hacked)", b"\x1b[31mred", b"nl\nx", b"x" * 251,
        b"--help", b"a:b", b"e#f", b"g$h", b"p%q", b"%s%n", b"{0}", b" space ", b"cr\rx", b"q'r\"s",
        b"`touch hacked`", b"&;|<>", b"back\\slash", b"~root", b"*?[a]", "\u202egnp".encode(),
        "e\u0301".encode(),
    )
]  # fmt: skip
WATCHED = 7
"""So many of them are watched for; each is a job of its own."""
MODEL = ("--model", "tiny.en", "--language", "en")


@pytest.fixture
def odd(used_desk: Desk) -> Desk:
    """A desk with a folder of recordings that have these names and one content."""
    folder = used_desk.folder / "in"
    folder.mkdir()
    for name in NAMES:
        os.link(used_desk.folder / "clip.wav", folder / f"{name}.wav")
    return used_desk


def told(stderr: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stderr.splitlines()]


def texts(folder: Path) -> set[str]:
    """The names of the texts, without their ending."""
    return {path.name.removesuffix(".txt") for path in folder.iterdir() if path.name.endswith(".txt")}


def test_batch(odd: Desk) -> None:
    outcome = odd.run("batch", "in", "-o", "out", "-f", "txt", *MODEL, "--progress", "json")
    assert outcome.code == 0, outcome.stderr
    assert len([each for each in told(outcome.stderr) if each["event"] == "file_finished"]) == len(NAMES)
    assert texts(odd.folder / "out") == {*NAMES}
    outcome = odd.run("batch", "in", "-o", "out", "-f", "txt", *MODEL, "--dry-run")
    assert f"{len(NAMES)} recordings, nothing to do" in outcome.stderr
    assert outcome.stdout.count(b"\n") == len(NAMES)
    assert b"\x1b" not in outcome.stdout
    assert not (odd.folder / "hacked").exists()


def test_each_by_itself(odd: Desk) -> None:
    paths = [f"in/{name}.wav" for name in NAMES]
    outcome = odd.run(*MODEL, "-o", "out", "-f", "txt", "--progress", "json", "--", *paths)
    assert outcome.code == 0, outcome.stderr
    assert texts(odd.folder / "out") == {*NAMES}


def test_watch(odd: Desk) -> None:
    sound = odd.media("hiss.wav", "-f", "lavfi", "-i", "anoisesrc=a=0.01:d=1:r=16000").read_bytes()
    for number, name in enumerate(NAMES):
        path = odd.folder / "in" / f"{name}.wav"
        path.unlink()
        if number < WATCHED:
            path.write_bytes(sound[:-2] + bytes([number, 0]))  # with another content: else it is a duplicate
    folder = os.fsdecode(b"in \xff")
    (odd.folder / "in").rename(odd.folder / folder)
    out = os.fsdecode(b"out \xed\xa0\x80")
    outcome = odd.run(
        "watch", folder, "--out", out, "--move-done", os.fsdecode(b"done \xfe"),
        "--once", "--settle", "0.2", "--min-free", "0", "-f", "txt", *MODEL,
        "--on-done", "cat >> said.json; echo >> said.json", "--progress", "json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.stderr
    assert texts(odd.folder / out) == {*NAMES[:WATCHED]}
    assert not (odd.folder / "hacked").exists()
    told(outcome.stderr)
    assert list((odd.folder / folder).iterdir()) == []
    status = json.loads(odd.run("watch", "status", "--out", out, "--json").stdout)
    assert (status["counts"]["done"], status["inbox"]) == (WATCHED, f"{odd.folder}/in \\xff")


def test_multitrack(odd: Desk) -> None:
    names = [f"{NAMES[0]}.wav", "-x.wav", "nl\nx.wav"]
    for seconds, name in enumerate(names, start=3):
        (odd.folder / "in" / name).unlink()
        temporary = odd.folder / "in" / "temporary.wav"
        make_media(temporary, "-i", str(odd.folder / "clip.wav"), "-t", str(seconds))
        temporary.rename(odd.folder / "in" / name)
    paths = [f"in/{name}" for name in names]
    outcome = odd.run("multitrack", *MODEL, "-o", "out", "-f", "txt", "--progress", "json", "--", *paths)
    said = told(outcome.stderr)
    assert outcome.code in (0, 3), outcome.stderr  # the same sound is no track of its own
    assert [each for each in said if each["event"] == "track_placed"] or outcome.code == 3


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed: apt install make")
def test_make(odd: Desk) -> None:
    from test_make import write_makefile

    write_makefile(odd)
    done = subprocess.run(
        ["make", "TRANSCRIBE_IN=in", "TRANSCRIBE_FORMATS=txt"],
        cwd=odd.folder, env=odd.environment, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made = [os.fsdecode(name) for name in (b"\xed\xa0\x80", b"-x", b"--help", b"{0}", b"&;|<>", b"x" * 251)]
    assert {*made} - {"&;|<>"} <= texts(odd.folder / "in")
    assert b"make cannot handle names" in done.stderr
    assert b"\x1b" not in done.stderr + done.stdout
    assert not (odd.folder / "hacked").exists()
