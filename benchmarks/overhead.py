"""What this program costs beside recognition: time, memory, start-up, and asking for a finished job.

    python -m benchmarks.overhead [--model base] [--short 10] [--long 120]

Writes `benchmarks/results/overhead-MODEL.md`. The recordings are the sample played again and again to
10 and 120 minutes, as MP3 in a temporary folder; a long file takes its length divided by the speed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg

from benchmarks.observe import Message, Observed, observe
from benchmarks.recognisers import ask, clean_environment, program

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "samples" / "two-voices.flac"
HELP_RUNS = 5


def main() -> None:
    """Measure and write the page."""
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        short = run(folder, arguments.model, arguments.short)
        again = run(folder, arguments.model, arguments.short)
        long = run(folder, arguments.model, arguments.long)
    page = "\n".join(
        [*head(arguments.model), *stages(arguments.short, short), *rest(arguments, short, again, long)]
    )
    target = ROOT / "benchmarks" / "results" / f"overhead-{arguments.model}.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text(page + "\n", encoding="utf-8")
    print(page)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="base", help="name of an installed model")
    parser.add_argument(
        "--short", type=int, default=10, metavar="MINUTES", help="length of the short recording"
    )
    parser.add_argument(
        "--long", type=int, default=120, metavar="MINUTES", help="length of the long recording"
    )
    return parser.parse_args()


def run(folder: Path, model: str, minutes: int) -> Observed:
    """Transcribe the sample played for some minutes; the second time, the job is finished already."""
    recording = folder / f"{minutes}-minutes.mp3"
    if not recording.exists():
        make_recording(recording, minutes)
    environment = {**clean_environment(), "TRANSCRIBE_WORK_DIR": str(folder / "work")}
    options = ["--model", model, "--language", "en", "--progress", "json"]
    return observe(program(str(recording), *options), environment)


def make_recording(target: Path, minutes: int) -> None:
    """The sample played again and again, as a podcast's MP3."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-stream_loop", "-1", "-i", str(SAMPLE)]
    command += ["-t", str(60 * minutes), "-c:a", "libmp3lame", "-b:a", "64k", str(target)]
    subprocess.run(command, check=True)


def head(model: str) -> Iterator[str]:
    """What was measured, with what."""
    yield f"# Time and memory beside recognition, model `{model}`\n"
    yield f"{ask('--version')} on {os.cpu_count()} cores. Made by `make bench-overhead`.\n"


def stages(minutes: int, observed: Observed) -> Iterator[str]:
    """How long each stage of one run took."""
    seconds = stage_seconds(observed.messages)
    outside = observed.wall_s - seconds["recognise"]
    yield f"## Where the time of a {minutes}-minute file goes\n"
    yield "| stage | seconds | share of the wall time |"
    yield "|---|---|---|"
    seconds["start-up and everything between"] = observed.wall_s - sum(seconds.values())
    for stage, taken in seconds.items():
        yield f"| {stage} | {taken:.2f} | {100 * taken / observed.wall_s:.1f} % |"
    yield f"| **all but recognise** | **{outside:.2f}** | **{100 * outside / observed.wall_s:.1f} %** |"
    yield f"| whole run | {observed.wall_s:.2f} | {60 * minutes / observed.wall_s:.1f} × real time |\n"


def stage_seconds(messages: tuple[Message, ...]) -> dict[str, float]:
    """Seconds between the start and the end of every stage, from `--progress json`."""
    started: dict[str, float] = {}
    seconds: dict[str, float] = {}
    for message in messages:
        event = json.loads(message.text)
        if event["event"] == "stage_started":
            started[event["stage"]] = message.at_s
        elif event["event"] == "stage_finished":
            seconds[event["stage"]] = message.at_s - started[event["stage"]]
    return seconds


def rest(arguments: argparse.Namespace, short: Observed, again: Observed, long: Observed) -> Iterator[str]:
    """Memory, the finished job and the help text."""
    grown = long.peak_bytes - short.peak_bytes
    yield "## Peak memory of all processes together\n"
    yield "Proportional set size, sampled five times a second from outside.\n"
    yield "| recording | peak | wall time |"
    yield "|---|---|---|"
    for minutes, observed in ((arguments.short, short), (arguments.long, long)):
        yield f"| {minutes} minutes | {observed.peak_bytes / 1e6:.0f} MB | {observed.wall_s:.0f} s |"
    yield f"| **difference** | **{grown / 1e6:+.0f} MB** | |\n"
    yield "## Start-up\n"
    yield "| command | wall time | processor time | peak memory |"
    yield "|---|---|---|---|"
    yield f"| a finished {arguments.short}-minute job, again | {cost(again)} |"
    yield f"| `transcribe --help`, median of {HELP_RUNS} | {cost(help_run())} |"


def cost(observed: Observed) -> str:
    """Three cells of the last table."""
    return f"{observed.wall_s:.2f} s | {observed.cpu_s:.2f} s | {observed.peak_bytes / 1e6:.0f} MB"


def help_run() -> Observed:
    """The median run of `transcribe --help`, by processor time."""
    runs = [observe(program("--help"), clean_environment()) for _ in range(HELP_RUNS)]
    middle = statistics.median_low(observed.cpu_s for observed in runs)
    return next(observed for observed in runs if observed.cpu_s == middle)


if __name__ == "__main__":
    main()
