"""Recorders that pause in mid-take for a minute and then go on."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from benchmarks.watching.desk import RATE, Desk, Voices, wait_until_listening, wav_header
from transcribe.jobs.queue import PENDING, State

PART_S = 4


@dataclass(frozen=True)
class Take:
    """How one recorder's take was dealt with.

    Attributes:
        recorder: What it does with its file in the pause.
        versions: How often the take was transcribed.
        transcripts: How many text files there are for it.
        transcribed_ms: What the last transcript says of its length.
        whole_ms: Its length.
    """

    recorder: str
    versions: int
    transcripts: int
    transcribed_ms: int
    whole_ms: int


def pausing(folder: Path, model: str, pause: float) -> list[Take]:
    """Four recorders at once, the delays at their defaults."""
    desk = Desk(folder, ["--model", model, "--min-free", "100"])
    voices = Voices()
    first, second, third, fourth = (voices.cut(number * 50, 2 * PART_S) for number in range(4))
    mp3 = mp3_of(fourth)
    half = len(first) // 2
    watcher = desk.start()
    wait_until_listening(desk)
    held = (desk.inbox / "keeps it open.wav").open("w+b", buffering=0)
    held.write(wav_header(-1) + first[:half])
    held_mp3 = (desk.inbox / "keeps it open.mp3").open("wb", buffering=0)
    held_mp3.write(mp3[: len(mp3) // 2])
    closed = {"closes it, header open.wav": second, "closes it, header patched.wav": third}
    (desk.inbox / "closes it, header open.wav").write_bytes(wav_header(-1) + second[:half])
    (desk.inbox / "closes it, header patched.wav").write_bytes(wav_header(half) + third[:half])
    time.sleep(pause)
    held.write(first[half:])
    held_mp3.write(mp3[len(mp3) // 2 :])
    for name, sound in closed.items():
        with (desk.inbox / name).open("ab") as file:
            file.write(sound[half:])
    time.sleep(2)
    held.seek(0)
    held.write(wav_header(len(first)))
    held.close()
    held_mp3.close()
    for name, sound in closed.items():
        with (desk.inbox / name).open("r+b") as file:
            file.write(wav_header(len(sound)))
    while not desk.counts()[State.DONE] or any(desk.counts()[each] for each in PENDING):
        time.sleep(1)
    time.sleep(15)
    takes = [take(desk, path.name) for path in sorted(desk.inbox.iterdir())]
    desk.stop(watcher)
    return takes


def take(desk: Desk, name: str) -> Take:
    """What became of one file."""
    queue = desk.queue()
    job = queue.job(name)
    queue.close()
    assert job is not None
    stem = Path(name).stem
    texts = [path for path in desk.out.glob("*.txt") if path.name.removesuffix(".txt") in (stem, name)]
    mine = [path for path in texts if str(path.relative_to(desk.out)) == job.place + ".txt"]
    said = json.loads((desk.out / f"{job.place}.json").read_text())
    return Take(name, job.version, len(mine), said["source"]["duration_ms"], PART_S * 2000)


def mp3_of(sound: bytes) -> bytes:
    """The same as MP3."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-f",
        "s16le",
        "-ar",
        str(RATE),
        "-ac",
        "1",
        "-i",
        "-",
    ]
    return subprocess.run([*command, "-f", "mp3", "-"], input=sound, check=True, capture_output=True).stdout
