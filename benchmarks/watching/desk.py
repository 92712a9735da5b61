"""A watched folder in a temporary place: recordings to put into it, a watcher to start and to kill."""

from __future__ import annotations

import array
import os
import signal
import subprocess
import sys
import time
import wave
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg
import psutil

from transcribe.jobs.queue import Queue, State

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "two-voices.flac"
RATE = 16_000


@dataclass
class Desk:
    """Folders, and the options of the watcher.

    Attributes:
        folder: Where everything lies.
        options: Of `transcribe watch`.
    """

    folder: Path
    options: list[str]
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox.mkdir(parents=True)

    @property
    def inbox(self) -> Path:
        return self.folder / "in"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def start(self) -> subprocess.Popen[bytes]:
        """Start the watcher; what it says goes to a file."""
        command = [sys.executable, "-m", "transcribe", "watch", str(self.inbox), "--out", str(self.out)]
        environment = os.environ | {"TRANSCRIBE_WORK_DIR": str(self.folder / "work"), "PYTHONPATH": str(ROOT)}
        with (self.folder / "watcher.log").open("ab") as log:
            return subprocess.Popen(
                [*command, *self.options], stdout=log, stderr=log, env=environment, start_new_session=True
            )

    def queue(self) -> Queue:
        return Queue(self.out / ".watch" / "ledger.sqlite")

    def counts(self) -> dict[State, int]:
        """Files in each state."""
        queue = self.queue()
        try:
            return queue.counts()
        finally:
            queue.close()

    def stop(self, watcher: subprocess.Popen[bytes]) -> int:
        """Ask it to end; its exit code."""
        watcher.send_signal(signal.SIGTERM)
        return watcher.wait(60)


def kill(watcher: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the watcher and nobody else; those it started have to end by themselves."""
    family = psutil.Process(watcher.pid).children(recursive=True)
    watcher.kill()
    watcher.wait()
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive, f"{alive} outlived the watcher"


def wait_until_listening(desk: Desk, seconds: float = 120) -> None:
    """Until the watcher has written its first heartbeat."""
    path = desk.out / ".watch" / "heartbeat.json"
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, (desk.folder / "watcher.log").read_text()
        time.sleep(0.1)


class Voices:
    """The sample, decoded once, from which different recordings are cut."""

    def __init__(self) -> None:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(SAMPLE)]
        command += ["-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"]
        self.samples = array.array("h", subprocess.run(command, check=True, capture_output=True).stdout)

    def cut(self, number: int, seconds: float) -> bytes:
        """Sound that no other number has: 16-bit samples."""
        length = int(RATE * seconds)
        start = (number * 997) % (len(self.samples) - length)
        return self.samples[start : start + length].tobytes()

    def phrase(self, number: int) -> bytes:
        """Its first phrase, about two seconds, from one of 9,000 starts before the first word."""
        return self.samples[number * 7 % 9000 : int(RATE * 2.35)].tobytes()


def write_wav(path: Path, sound: bytes) -> None:
    """A whole WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(sound)


def wav_header(count: int) -> bytes:
    """Its first 44 bytes, for so many bytes of sound; -1: not known yet."""
    size = 0xFFFFFFFF if count < 0 else count
    riff = 0xFFFFFFFF if count < 0 else count + 36
    fmt = (16).to_bytes(4, "little") + (1).to_bytes(2, "little") * 2 + RATE.to_bytes(4, "little")
    fmt += (2 * RATE).to_bytes(4, "little") + (2).to_bytes(2, "little") + (16).to_bytes(2, "little")
    return b"RIFF" + riff.to_bytes(4, "little") + b"WAVEfmt " + fmt + b"data" + size.to_bytes(4, "little")


def encode(source: Path, target: Path) -> None:
    """The same in the format that the target's name stands for."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(source), str(target)]
    subprocess.run(command, check=True)
