"""A batch of short recordings against as many single runs: what loading once and working ahead are worth.

    python -m benchmarks.batch [--files 100] [--seconds 60] [--model base] [--language auto] [--rounds 1]

Writes `benchmarks/results/batch-MODEL.md`, where the language is told `batch-MODEL-LANGUAGE.md`. The
recordings are cut from the sample, played again and again, at places that differ, as MP3 in a temporary
folder. A round does half of them one by one, then all in one batch, then the other half one by one, so that
a machine that gets slower or quicker meanwhile favours neither. Every run starts with an empty work
directory, and the files of both have to be the same, byte by byte.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from benchmarks.machine import code_version, this_machine
from benchmarks.recognisers import clean_environment, program

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "samples" / "two-voices.flac"
SHIFT_S = 0.37
"""How much later each recording begins than the one before, so that no two are the same."""


@dataclass(frozen=True)
class Round:
    """Seconds of one batch and of all single runs together, on the clock and of processors."""

    batch_s: float
    single_s: float
    batch_cpu_s: float
    single_cpu_s: float
    engine: str

    @property
    def ratio(self) -> float:
        return self.single_s / self.batch_s


def main() -> None:
    """Measure and write the page."""
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record(folder / "in", arguments.files, arguments.seconds)
        load = os.getloadavg()[0]
        rounds = [measure(folder, arguments, number) for number in range(arguments.rounds)]
    told = "" if arguments.language == "auto" else f"-{arguments.language}"
    page = "\n".join(page_of(arguments, rounds, load)) + "\n"
    target = ROOT / "benchmarks" / "results" / f"batch-{arguments.model}{told}.md"
    target.write_text(page, encoding="utf-8")
    print(page)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--files", type=int, default=100, help="how many recordings")
    parser.add_argument("--seconds", type=int, default=60, help="how long each of them is")
    parser.add_argument("--model", default="base", help="name of an installed model")
    parser.add_argument("--language", default="auto", help="auto, or the one that is told")
    parser.add_argument("--rounds", type=int, default=1, help="how often it is measured")
    return parser.parse_args()


def record(folder: Path, files: int, seconds: int) -> None:
    """Make the recordings."""
    folder.mkdir()
    for number in range(files):
        start = f"{number * SHIFT_S:.2f}"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-stream_loop", "-1"]
        cut = ["-ss", start, "-t", str(seconds), "-b:a", "96k"]
        subprocess.run([*command, "-i", SAMPLE, *cut, folder / f"{number:03}.mp3"], check=True)


def measure(folder: Path, asked: argparse.Namespace, number: int) -> Round:
    """One round: half of the single runs, the batch, the other half."""
    recordings = sorted((folder / "in").iterdir())
    half = len(recordings) // 2
    batch, single = (folder / f"{name}-{number}" for name in ("batch", "single"))
    first = [run(single, asked, str(recording)) for recording in recordings[:half]]
    together = run(batch, asked, "batch", str(folder / "in"), "--no-report")
    second = [run(single, asked, str(recording)) for recording in recordings[half:]]
    assert published(batch) == published(single)
    clock, processors = (math.fsum(column) for column in zip(*first, *second, strict=True))
    result = Round(together[0], clock, together[1], processors, engine_of(batch))
    print(
        f"batch {result.batch_s:.1f} s, single {result.single_s:.1f} s, ratio {result.ratio:.2f}", flush=True
    )
    return result


def children_cpu_s() -> float:
    """Processor time of every process that was waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(place: Path, asked: argparse.Namespace, *arguments: str) -> tuple[float, float]:
    """Run the program with results and work directory of its own; seconds on the clock and of processors."""
    options = ["--model", asked.model, "--language", asked.language, "--output", str(place), "--quiet"]
    command = program(*arguments, *options)
    started, used = time.monotonic(), children_cpu_s()
    subprocess.run(command, check=True, env={**clean_environment(), "TRANSCRIBE_WORK_DIR": f"{place}-work"})
    return time.monotonic() - started, children_cpu_s() - used


def published(place: Path) -> dict[str, bytes]:
    """Every file that was published."""
    return {path.name: path.read_bytes() for path in place.iterdir() if path.is_file()}


def engine_of(place: Path) -> str:
    """The recogniser and its version, as the transcripts name it."""
    engine: str = json.loads(next(place.glob("*.json")).read_bytes())["engine"]
    return engine


def page_of(arguments: argparse.Namespace, rounds: list[Round], load: float) -> Iterator[str]:
    """The page, line by line."""
    machine = this_machine()
    files, seconds = arguments.files, arguments.seconds
    options = f"--files {files} --seconds {seconds} --model {arguments.model} --language {arguments.language}"
    yield f"# A batch against single runs, `{arguments.model}`\n"
    yield f"{files} recordings of {seconds} s: `python -m benchmarks.batch {options}`,"
    yield f"commit {code_version(ROOT)}."
    yield f"{machine.processor}, {machine.cores} cores, {machine.memory_gb} GB; {machine.system};"
    yield f"{rounds[0].engine}."
    yield f"Load of the machine before it began: {load:.1f}; from 0.5 on, other programs disturb the times.\n"
    yield "| round | one batch | single runs | ratio | processor seconds |"
    yield "|---|---|---|---|---|"
    for number, each in enumerate(rounds, start=1):
        used = f"{each.batch_cpu_s:.0f} and {each.single_cpu_s:.0f}"
        yield f"| {number} | {each.batch_s:.1f} s | {each.single_s:.1f} s | {each.ratio:.2f} | {used} |"
    ratio = statistics.median(each.ratio for each in rounds)
    batch = statistics.median(each.batch_s for each in rounds)
    single = statistics.median(each.single_s for each in rounds)
    yield f"| **median** | {batch:.1f} s | {single:.1f} s | **{ratio:.2f}** | |\n"
    yield f"A recording takes {batch / files:.2f} s in the batch and {single / files:.2f} s alone."


if __name__ == "__main__":
    main()
