"""The plots of the peers' benchmark, drawn from the results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from benchmarks.measured import Results, Run, by, median, systems_in, total_score
from benchmarks.systems import OURS
from benchmarks.tables import peak_mb, speed_of

OWN, OTHER = "#1f6fb4", "#a7adb4"
"""Colours of this program's bars and of the others'."""

DPI = 144


def draw(results: Results, folder: Path) -> None:
    """Write the plots of what was measured."""
    if results.of("speed"):
        _save(speed(results), folder / "peers-speed.png")
    if results.of("growth"):
        _save(growth(results), folder / "peers-growth.png")


def speed(results: Results) -> Figure:
    """A bar for every system, the fastest on top, with its errors beside it."""
    runs = results.of("speed")
    names = sorted(systems_in(runs), key=lambda name: speed_of(by(runs, name)))
    speeds = [speed_of(by(runs, name)) for name in names]
    figure = Figure(figsize=(9, 1.4 + 0.36 * len(names)), layout="constrained")
    axes = figure.add_subplot()
    bars = axes.barh(names, speeds, color=[OWN if is_ours(name, results) else OTHER for name in names])
    errors = (total_score(by(runs, name)).rate for name in names)
    labels = [f"{each:.1f} ×   WER {wrong:.2f} %" for each, wrong in zip(speeds, errors, strict=True)]
    axes.bar_label(bars, labels, padding=4, fontsize=9)
    axes.set_xlim(0, 1.35 * max(speeds))  # room for the labels
    axes.set_xlabel("seconds of audio per second, loading included (more is faster)")
    seconds, rounds = max(run.audio_s for run in runs), len({run.turn for run in runs})
    what = f"{seconds:.0f} s of English, {results.machine.cores} cores, median of {rounds} rounds"
    axes.set_title(f"{what}; blue: this program", loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def growth(results: Results) -> Figure:
    """Time per minute and memory, over the length of the recording."""
    runs = results.of("growth")
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    time, memory = figure.subplots(1, 2)
    for name in systems_in(runs):
        points = _points(by(runs, name))
        lengths = [minutes for minutes, _ in points]
        style = {"marker": "o", "label": name, "linestyle": "-" if is_ours(name, results) else "--"}
        time.plot(lengths, [median(run.wall_s for run in own) / minutes for minutes, own in points], **style)
        memory.plot(lengths, [peak_mb(own) for _, own in points], **style)
    _growth_axes(time, runs, "seconds per minute of recording")
    _growth_axes(memory, runs, "peak memory of all processes, MB")
    figure.legend(*time.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def is_ours(name: str, results: Results) -> bool:
    """Whether a system is this program, run in any way."""
    return name.startswith(OURS) or name in results.builds


def _points(own: Sequence[Run]) -> list[tuple[int, list[Run]]]:
    """The lengths in minutes, and the runs of each."""
    lengths = sorted({int(run.case) for run in own})
    return [(minutes, [run for run in own if run.case == str(minutes)]) for minutes in lengths]


def _growth_axes(axes: Any, runs: Sequence[Run], label: str) -> None:
    lengths = sorted({int(run.case) for run in runs})
    axes.set_xscale("log")
    axes.set_xticks(lengths, [str(minutes) for minutes in lengths])
    axes.minorticks_off()
    axes.set_ylim(0, 1.05 * axes.get_ylim()[1])
    axes.set_xlabel("length of the recording, minutes")
    axes.set_ylabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)


def _save(figure: Figure, path: Path) -> None:
    """Write a PNG; without the version of matplotlib in it, the same figures give the same file."""
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
