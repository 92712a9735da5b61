"""This program and its peers on the same recordings, taking turns: speed, errors, memory.

    python -m benchmarks.peers [--speed] [--languages] [--silence] [--growth] [--workers] [--rounds N]
    python -m benchmarks.peers --render

Every run is a fresh process. A run is saved as soon as it is done, so that a long measurement can be made
in pieces; it replaces the earlier one of the same part, system, case and round. Writes
`benchmarks/results/peers-MODEL.json` and `.md`, and `docs/peers-speed.png` and `docs/peers-growth.png`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from benchmarks.clips import Clip, read_clips, read_long_english, read_silence
from benchmarks.machine import code_version, engine_build, this_machine
from benchmarks.measured import Heard, Part, Results, Run, merge, read, save
from benchmarks.schedule import Task, clip_tasks, growth_tasks, worker_tasks
from benchmarks.systems import Ours, Outcome, System, all_systems, also
from benchmarks.tables import page
from transcribe.quality.evaluate.words import score

ROOT = Path(__file__).resolve().parent.parent
PARTS: tuple[Part, ...] = get_args(Part)
ROUNDS = 3
MINUTES = (1, 10, 30, 120)


def main() -> None:
    """Measure what was asked for, then draw everything that was ever measured."""
    arguments = parse_arguments()
    target = arguments.results / f"peers-{arguments.model}.json"
    if not arguments.render:
        measure(arguments, target)
    render(target, arguments.plots)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--render", action="store_true", help="measure nothing; draw from the results")
    parts = parser.add_argument_group("parts, all of them when none is named")
    parts.add_argument("--speed", action="store_true", help="speed and errors, long English clips")
    parts.add_argument("--languages", "--all-clips", action="store_true", help="errors, every clip")
    parts.add_argument("--silence", action="store_true", help="words heard where nobody speaks")
    parts.add_argument("--growth", action="store_true", help="time and memory from 1 to 120 minutes")
    parts.add_argument("--workers", action="store_true", help="memory with one worker and with two")
    parser.add_argument("--rounds", type=int, help=f"of each part; else {ROUNDS} for --speed, 1 for the rest")
    parser.add_argument("--minutes", type=numbers, default=MINUTES, metavar="N,N", help="lengths of --growth")
    parser.add_argument("--systems", type=names, metavar="NAME,NAME", help="only these")
    parser.add_argument("--clips", type=names, metavar="NAME,NAME", help="only these")
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="NAME=PYTHON [OPTION...]",
        help="one more row: this program, run by another interpreter",
    )
    parser.add_argument("--model", default="base", help="name of an installed model")
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio", help="the clips")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder")
    parser.add_argument("--plots", type=Path, default=ROOT / "docs", help="folder")
    return parser.parse_args()


def names(text: str) -> tuple[str, ...]:
    """The names of a list with commas."""
    return tuple(name.strip() for name in text.split(","))


def numbers(text: str) -> tuple[int, ...]:
    """The numbers of a list with commas."""
    return tuple(map(int, names(text)))


def measure(arguments: argparse.Namespace, target: Path) -> None:
    """Run everything that was asked for, and save each run.

    Raises:
        SystemExit: The results there are cannot be compared with new ones, or a name is unknown.
    """
    systems = choose(arguments)
    target.parent.mkdir(parents=True, exist_ok=True)
    save(target, begin(target, systems))
    with tempfile.TemporaryDirectory(prefix="transcribe-peers-") as name:
        for task in tasks(arguments, systems, Path(name)):
            run = perform(task)
            if run:
                save(target, merge(read(target), [run]))  # read again: another piece may run meanwhile


def choose(arguments: argparse.Namespace) -> list[System]:
    """The systems that were asked for and can run here; why the others cannot is printed."""
    systems = [*all_systems(arguments.model), *(also(text, arguments.model) for text in arguments.also)]
    if arguments.systems:
        unknown = set(arguments.systems) - {system.name for system in systems}
        if unknown:
            sys.exit(f"no such system: {', '.join(unknown)}; there is: {', '.join(s.name for s in systems)}")
        systems = [system for system in systems if system.name in arguments.systems]
    return [system for system in systems if is_runnable(system)]


def is_runnable(system: System) -> bool:
    """Whether a system can run here; else the reason is printed."""
    reason = system.missing()
    if reason:
        print(f"{system.name} is left out: {reason}", flush=True)
    return not reason


def begin(target: Path, systems: Iterable[System]) -> Results:
    """The results so far, or empty ones."""
    machine = this_machine()
    results = read(target) if target.exists() else Results(machine)
    if results.machine != machine:
        sys.exit(f"{target} was measured on another machine or with other packages; move it away first")
    ours = [system for system in systems if isinstance(system, Ours) and not system.package]
    builds = {system.name: engine_build(system.python) for system in ours}
    return replace(results, builds={**results.builds, **builds})


def tasks(arguments: argparse.Namespace, systems: Sequence[System], folder: Path) -> Iterator[Task]:
    """Everything that was asked for, in the order in which it is run."""
    chosen = [part for part in PARTS if getattr(arguments, part)] or PARTS

    def rounds(part: Part) -> int:
        return int(arguments.rounds or (ROUNDS if part == "speed" else 1))

    def clips(listed: Callable[[Path], list[Clip]]) -> list[Clip]:
        found = listed(arguments.audio)
        return [clip for clip in found if not arguments.clips or clip.name in arguments.clips]

    if "speed" in chosen:
        yield from clip_tasks("speed", systems, clips(read_long_english), rounds("speed"))
    if "silence" in chosen:
        yield from clip_tasks("silence", systems, clips(read_silence), rounds("silence"))
    if "languages" in chosen:
        yield from clip_tasks("languages", systems, clips(read_clips), rounds("languages"))
    if "workers" in chosen:
        yield from worker_tasks(systems, rounds("workers"), folder)
    if "growth" in chosen:
        yield from growth_tasks(systems, arguments.minutes, rounds("growth"), folder)


def perform(task: Task) -> Run | None:
    """Run one process and count the errors; a failure is printed, and the next task has its turn."""
    label = f"{task.part} {task.case}, round {task.turn}, {task.system.name}"
    recordings = [clip.path for clip in task.clips]
    with tempfile.TemporaryDirectory() as folder:
        try:
            outcome = task.system.run(recordings, task.clips[0].language, Path(folder))
        except subprocess.CalledProcessError as error:
            print(f"{label}: failed: {last_line(error.stderr)}", flush=True)
            return None
    run = recorded(task, outcome)
    print(
        f"{label}: {run.wall_s:.1f} s, {run.speed:.1f} × real time, {run.peak_bytes / 1e6:.0f} MB", flush=True
    )
    return run


def last_line(text: str) -> str:
    """What a program said at its end, which is where Python names the error."""
    return next(reversed(text.strip().splitlines()), "it said nothing")


def recorded(task: Task, outcome: Outcome) -> Run:
    """What is kept of one run; texts are kept where someone may want to read them."""
    observed, took_s = outcome.observed, outcome.took_s or (None,) * len(task.clips)
    heard = tuple(
        Heard(
            clip.name,
            clip.seconds,
            "" if task.part in ("growth", "workers") else text,
            score(clip.reference, text, clip.language) if clip.reference else None,
            taken,
        )
        for clip, text, taken in zip(task.clips, outcome.texts, took_s, strict=True)
    )
    costs = observed.wall_s, observed.cpu_s, observed.peak_bytes
    name, load_s = task.system.name, outcome.load_s
    return Run(task.part, name, task.case, task.turn, *costs, heard, load_s, code_version(ROOT))


def render(target: Path, plots: Path) -> None:
    """Write the tables, and the plots if matplotlib is there."""
    results = read(target)
    target.with_suffix(".md").write_text(page(results, target.stem.removeprefix("peers-")), encoding="utf-8")
    try:
        from benchmarks import plots as drawing

        drawing.draw(results, plots)
    except ModuleNotFoundError as error:
        print(f"no plots: the package {error.name} is not installed")


if __name__ == "__main__":
    main()
