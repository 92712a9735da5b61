"""Ctrl-C, SIGTERM and closed pipes: the program says how to go on, leaves nothing behind, and goes on."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from desk import FORMATS, SAMPLE, Desk
from warm import COLD

pytestmark = pytest.mark.real

Event = dict[str, Any]

COMMAND = ("talk.flac", "--model", "tiny.en", "--workers", "1", "--threads", "1")
"""One worker, so that there is work left after the first window."""


def starts(stage: str) -> Callable[[Event], bool]:
    """The moment a stage begins."""
    return lambda event: event["event"] == "stage_started" and event["stage"] == stage


def recognised(least_ms: int) -> Callable[[Event], bool]:
    """The moment so much of the recording is recognised."""
    return lambda event: (
        event["event"] == "stage_advanced" and event["stage"] == "recognise" and event["done_ms"] >= least_ms
    )


def test_stopped_again_and_again(desk: Desk) -> None:
    desk.media("talk.flac", "-i", str(SAMPLE), "-t", "30")
    moments = [
        (starts("probe"), signal.SIGINT),
        (starts("normalise"), signal.SIGTERM),
        (starts("detect"), signal.SIGINT),
        (recognised(0), signal.SIGTERM),
        (recognised(0), signal.SIGINT),  # the workers are being started
        (recognised(1), signal.SIGINT),
    ]
    for moment, number in moments:
        outcome = desk.stop(moment, number, *COMMAND)
        assert outcome.code == 128 + number, outcome.stderr
        assert "interrupted" in outcome.error()
        assert "Run the same command again to continue" in outcome.error()
        assert list(desk.folder.iterdir()) == [desk.folder / "talk.flac"]
    outcome = desk.transcribe(*COMMAND, "--verbose")
    assert "normalise: kept from an earlier run" in outcome.stderr
    stopped = desk.outputs("talk")

    shutil.rmtree(desk.work)
    for name in FORMATS:
        (desk.folder / f"talk.{name}").unlink()
    desk.transcribe(*COMMAND)
    assert desk.outputs("talk") == stopped


def test_stopped_among_several_files(used_desk: Desk) -> None:
    shutil.copy(SAMPLE, used_desk.folder / "talk.flac")
    outcome = used_desk.stop(recognised(1), signal.SIGINT, "clip.wav", *COMMAND)
    assert outcome.code == 130, outcome.stderr
    assert "best of times" in used_desk.text("clip")
    assert not (used_desk.folder / "talk.txt").exists()


def piped(command: list[str], desk: Desk) -> subprocess.Popen[bytes]:
    """The program with a pipe on each of its outputs."""
    return subprocess.Popen(
        command, cwd=desk.folder, env=desk.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_nobody_reads_the_transcript(used_desk: Desk) -> None:
    command = [*COLD, "clip.wav", "--model", "tiny.en", "-o", "-"]
    with piped(command, used_desk) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        stderr = child.stderr.read().decode()
    assert child.returncode in (0, 141), stderr
    assert "error" not in stderr
    used_desk.check(stderr)


def test_reader_takes_one_byte(used_desk: Desk) -> None:
    command = [*COLD, "clip.wav", "--model", "tiny.en", "-o", "-", "-f", "json"]
    with piped(command, used_desk) as child:
        head = subprocess.run(["head", "-c", "1"], stdin=child.stdout, capture_output=True, check=True)
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        stderr = child.stderr.read().decode()
    assert head.stdout == b"{"
    assert child.returncode in (0, 141), stderr
    used_desk.check(stderr)
