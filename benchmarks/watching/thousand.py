"""A thousand files at once, some broken, some growing, and a watcher that is killed again and again."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.watching.desk import (
    RATE,
    Desk,
    Voices,
    encode,
    kill,
    wait_until_listening,
    wav_header,
    write_wav,
)
from transcribe.jobs.queue import PENDING, State

GROW_SECONDS = 120.0
BLOCKS = 12
OTHER_FORMATS = ("flac", "mp3", "m4a", "ogg")


@dataclass
class Files:
    """What was put into the folder.

    Attributes:
        plain: Whole when they appear.
        renamed: Written under another name first.
        growing: Written bit by bit.
        broken: Cannot be transcribed.
        doubles: With the content of a plain one.
    """

    plain: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    growing: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    doubles: list[tuple[str, str]] = field(default_factory=list)

    @property
    def good(self) -> list[str]:
        """All that have to be transcribed, but for doubles."""
        return [*self.plain, *self.renamed, *self.growing]


@dataclass
class Run:
    """What happened.

    Attributes:
        seed: Of everything random.
        lines: The log.
        problems: What was not as it should be.
        seconds: From the first start to the end.
        facts: Counts.
    """

    seed: int
    lines: list[str]
    problems: list[str]
    seconds: float
    facts: dict[str, int]


def thousand(folder: Path, model: str, count: int, special: int, kills: int, seed: int) -> Run:
    """Do it."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    options = [
        "--model",
        model,
        "-f",
        "txt",
        "-f",
        "json",
        "--settle",
        "5",
        "--settle-unsure",
        "15",
        "--settle-open",
        "60",
    ]
    options += ["--window-margin-ms", "1000"]  # as little recognition as can be: this is about the watcher
    desk = Desk(folder, [*options, "--rescan", "30", "--min-free", "100", "--progress", "plain"])
    files = prepare(folder / "prepared", count, special, dice)
    started = time.monotonic()
    lines: list[str] = []

    def log(text: str) -> None:
        lines.append(f"{time.monotonic() - started:7.1f} s  {text}")
        print(lines[-1], flush=True)

    watcher = desk.start()
    wait_until_listening(desk)
    log("watcher started")
    for path in sorted((folder / "prepared").rglob("*")):
        if path.is_file() and not path.name.startswith("later-"):
            target = desk.inbox / path.relative_to(folder / "prepared")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    log(f"{count - len(files.growing) - len(files.renamed)} files dropped; growing and renaming begin")
    writers = [threading.Thread(target=put_later, args=(desk, folder, files, seed))]
    writers[0].start()
    wanted = len(files.good)
    moments = sorted(dice.randrange(0, wanted * 19 // 20) for _ in range(kills))
    for number, moment in enumerate(moments, start=1):
        wait_for(desk, watcher, moment)
        time.sleep(dice.uniform(0, 2))
        at_work = working_on(desk)
        kill(watcher)
        done = desk.counts()[State.DONE]
        log(f"kill {number} after {done} done, while {at_work or 'nothing'} was worked on")
        time.sleep(dice.uniform(0, 1))
        watcher = desk.start()
    writers[0].join()
    log("all files are complete")
    wait_for_all(desk, watcher, count)
    counts = desk.counts()
    log("; ".join(f"{number} {state.value}" for state, number in counts.items() if number))
    seconds = time.monotonic() - started
    code = desk.stop(watcher)
    log(f"SIGTERM: exit code {code}")
    problems = list(check(desk, folder / "prepared", files))
    if code != 143:
        problems.append(f"exit code {code} after SIGTERM")
    return Run(
        seed, lines, problems, seconds, {state.value: number for state, number in counts.items() if number}
    )


def prepare(place: Path, count: int, special: int, dice: random.Random) -> Files:
    """Make all files apart from the folder; those that come later are called `later-`."""
    voices, files = Voices(), Files()
    for number in range(count - 4 * special):
        folder = place / f"day {number % 7 + 1}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"nagranie {number:04} – gość.wav"
        write_wav(path, voices.phrase(number))
        if number % 10 == 0:
            other = path.with_suffix("." + OTHER_FORMATS[number // 10 % len(OTHER_FORMATS)])
            encode(path, other)
            path.unlink()
            path = other
        files.plain.append(str(path.relative_to(place)))
    for number in range(special):
        name = f"renamed {number:02}.wav"
        write_wav(place / f"later-{name}", voices.phrase(2_000 + number))
        files.renamed.append(name)
        files.growing.append(f"growing {number:02}.wav")
        (place / f"later-growing {number:02}.wav").write_bytes(voices.cut(30_000 + number, BLOCKS / 2))
        broken, content = broken_file(number, dice)
        (place / broken).write_bytes(content)
        files.broken.append(broken)
        first = dice.choice(files.plain)
        double = f"double {number:02}{Path(first).suffix}"
        shutil.copy(place / first, place / double)
        files.doubles.append((first, double))
    return files


def broken_file(number: int, dice: random.Random) -> tuple[str, bytes]:
    """Five kinds of files that nothing can be got from."""
    kinds = (
        ("noise.wav", dice.randbytes(50_000)),
        ("text.mp3", b"This is no sound, whatever its name says.\n" * 50),
        (
            "no index.m4a",
            b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(12) + b"\0\0\x10\0mdat" + dice.randbytes(4088),
        ),
        ("empty.wav", b""),
        (
            "header only.flac",
            b"fLaC" + bytes([0x80, 0, 0, 34]) + bytes(10) + b"\x0a\xc4\x42\xf0\0\0\x10\0" + bytes(16),
        ),
    )
    name, content = kinds[number % len(kinds)]
    return f"broken {number:02} {name}", content


def put_later(desk: Desk, folder: Path, files: Files, seed: int) -> None:
    """Write the growing ones bit by bit, and rename the others into place at random moments."""
    dice = random.Random(seed + 1)  # noqa: S311 - no secret
    sounds = {name: (folder / "prepared" / f"later-{name}").read_bytes() for name in files.growing}
    opened = {}
    for number, name in enumerate(files.growing):
        (desk.inbox / name).write_bytes(wav_header(-1))
        if number % 2:  # every other recorder keeps its file open; the rest close it after each block
            opened[name] = (desk.inbox / name).open("ab", buffering=0)
    for name in files.renamed:
        shutil.copy(folder / "prepared" / f"later-{name}", desk.inbox / f"{name}.part")
    renames = iter(sorted((dice.uniform(0, GROW_SECONDS), name) for name in files.renamed))
    waiting = next(renames, None)
    step = RATE  # bytes: half a second of sound
    started = time.monotonic()
    for block in range(BLOCKS):
        for name, sound in sounds.items():
            part = sound[block * step : (block + 1) * step]
            if name in opened:
                opened[name].write(part)
            else:
                with (desk.inbox / name).open("ab") as file:
                    file.write(part)
        while time.monotonic() - started < GROW_SECONDS * (block + 1) / BLOCKS:
            while waiting and time.monotonic() - started >= waiting[0]:
                (desk.inbox / f"{waiting[1]}.part").rename(desk.inbox / waiting[1])
                waiting = next(renames, None)
            time.sleep(0.05)
    while waiting:
        (desk.inbox / f"{waiting[1]}.part").rename(desk.inbox / waiting[1])
        waiting = next(renames, None)
    for name, sound in sounds.items():
        with (desk.inbox / name).open("r+b") as file:
            file.write(wav_header(len(sound)))
        if name in opened:
            opened[name].close()


def wait_for(desk: Desk, watcher: subprocess.Popen[bytes], done: int) -> None:
    """Until so many files are done."""
    while desk.counts()[State.DONE] < done:
        assert watcher.poll() is None, (desk.folder / "watcher.log").read_text()[-2000:]
        time.sleep(0.2)


def wait_for_all(desk: Desk, watcher: subprocess.Popen[bytes], count: int) -> None:
    """Until nothing is to happen any more."""
    while sum((counts := desk.counts()).values()) < count or any(counts[each] for each in PENDING):
        assert watcher.poll() is None, (desk.folder / "watcher.log").read_text()[-2000:]
        time.sleep(0.5)


def working_on(desk: Desk) -> str:
    """The file that is worked on now."""
    queue = desk.queue()
    try:
        return ", ".join(job.name for job in queue.jobs(State.WORKING))
    finally:
        queue.close()


def check(desk: Desk, prepared: Path, files: Files) -> Iterator[str]:
    """Everything that is not as it should be."""
    queue = desk.queue()
    jobs = {job.name: job for job in queue.jobs()}
    times_done = Counter(moment.name for moment in queue.history() if moment.state == "done")
    queue.close()
    pairs = dict(files.doubles) | {double: first for first, double in files.doubles}
    for name in files.good:
        job = jobs.get(name)
        if name in pairs and job and job.state is State.DUPLICATE:
            job = jobs.get(job.twin)
        times = times_done[job.name] if job else 0
        if job is None or job.state is not State.DONE or times != 1:
            yield f"{name}: {job.state if job else 'never seen'}, done {times} times"
        else:
            yield from check_outputs(desk, job.place, name in files.growing)
    for first, double in files.doubles:
        states = {jobs[first].state, jobs[double].state} if double in jobs else set()
        of_first = [each for each in files.doubles if each[0] == first]
        if states != {State.DONE, State.DUPLICATE} and len(of_first) == 1:
            yield f"{first} and {double}: {states}"
    for name in files.broken:
        job = jobs.get(name)
        reason = desk.out / "failed" / f"{name}.error.txt"
        if job is None or job.state is not State.FAILED or not reason.exists() or not job.reason:
            yield f"{name}: {job.state if job else 'never seen'}, reason {reason.exists()}"
    yield from check_originals(desk, prepared, files)
    for path in desk.out.rglob("*"):
        if path.name.endswith(".tmp"):
            yield f"{path} was left behind"
    expected = {f"{jobs[name].place}.json" for name in jobs if jobs[name].state is State.DONE}
    found = {
        str(path.relative_to(desk.out)) for path in desk.out.rglob("*.json") if ".watch" not in str(path)
    }
    yield from (f"{name} should not be there" for name in found - expected)


def check_outputs(desk: Desk, place: str, growing: bool) -> Iterator[str]:
    """A file's transcripts."""
    for ending in ("txt", "json"):
        if not (desk.out / f"{place}.{ending}").exists():
            yield f"{place}.{ending} is missing"
            return
    said = json.loads((desk.out / f"{place}.json").read_text())
    duration = said["source"]["duration_ms"]
    if growing and abs(duration - BLOCKS * 500) > 20:
        yield f"{place}: {duration} ms of {BLOCKS * 500} ms"


def check_originals(desk: Desk, prepared: Path, files: Files) -> Iterator[str]:
    """No recording may have changed."""
    for name in [*files.plain, *files.broken, *(double for _, double in files.doubles)]:
        if digest(desk.inbox / name) != digest(prepared / name):
            yield f"{name} was changed"
    for name in files.renamed:
        if digest(desk.inbox / name) != digest(prepared / f"later-{name}"):
            yield f"{name} was changed"
    for name in files.growing:
        sound = (prepared / f"later-{name}").read_bytes()
        if (desk.inbox / name).read_bytes() != wav_header(len(sound)) + sound:
            yield f"{name} was changed"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
