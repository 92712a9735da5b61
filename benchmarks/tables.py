"""The page with the tables: a pure function of the results."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.clips import LANGUAGES
from benchmarks.measured import Results, Run, by, median, scores, speed_ratio, systems_in, total_score
from benchmarks.systems import BATCHED, PLAIN
from transcribe.quality.evaluate.words import Score, normalise

FIRST_MINUTES = 10
"""The length that longer recordings are compared with; in shorter ones start-up counts too much."""

SHOWN = 50
"""Letters of an invented text that the table shows."""

HOW = """\
Each run is a fresh process that loads the model, decodes the audio and writes the text; its wall time from
start to end counts. The systems take turns; a figure is the median of the rounds. All are told the language;
peers have two threads and otherwise their own defaults (whisper.cpp's command line is started once for each
clip). Memory is the largest proportional set size of all processes together, sampled five times a second.
"""


def page(results: Results, model: str) -> str:
    """Everything that was measured, as Markdown; a part that was not measured is left out."""
    lines = [f"# `transcribe` and its peers, model `{model}`\n", *introduction(results)]
    for section in (speed, errors, languages, every_clip, growth, workers, silence):
        lines += section(results)
    return "\n".join(lines).rstrip() + "\n"


def introduction(results: Results) -> Iterator[str]:
    """What was measured, on what and with what."""
    machine = results.machine
    yield "Made by `make bench-peers`; `python -m benchmarks.peers --render` draws it again.\n"
    yield f"- {machine.processor}, {machine.cores} cores, {machine.memory_gb} GB; {machine.system}"
    yield f"- instruction sets: {' '.join(machine.instructions) or 'not known'}"
    yield f"- packages: {', '.join(f'{name} {version}' for name, version in machine.packages.items())}"
    for build in dict.fromkeys(results.builds.values()):
        names = (name for name, other in results.builds.items() if other == build)
        yield f"- whisper.cpp in {', '.join(names)}: {build}"
    yield f"- this program at {', '.join(dict.fromkeys(run.code for run in results.runs if run.code))}\n"
    yield HOW


def speed(results: Results) -> Iterator[str]:
    """How fast every system is, the fastest first."""
    runs = results.of("speed")
    if not runs:
        return
    rounds = len({run.turn for run in runs})
    yield f"## Speed, {round(max(run.audio_s for run in runs))} s of English\n"
    yield f"Rounds: {rounds}. A ratio is the median of those within each round. WER as in the next table.\n"
    head = ["system", "× real time", "slowest to fastest", "wall s", "processor s", "peak MB", "WER %"]
    ordered = sorted(systems_in(runs), key=lambda name: -speed_of(by(runs, name)))
    rows = [speed_cells(runs, name) for name in ordered]
    yield from table([*head, f"against {PLAIN}", f"against {BATCHED}"], rows)


def speed_cells(runs: Sequence[Run], name: str) -> list[str]:
    """The row of one system."""
    own = by(runs, name)
    speeds = [run.speed for run in own]
    return [
        name,
        f"{median(speeds):.1f}",
        f"{min(speeds):.1f} to {max(speeds):.1f}",
        f"{median(run.wall_s for run in own):.1f}",
        f"{median(run.cpu_s for run in own):.1f}",
        f"{peak_mb(own):.0f}",
        f"{total_score(own).rate:.2f}",
        ratio(speed_ratio(runs, name, PLAIN)),
        ratio(speed_ratio(runs, name, BATCHED)),
    ]


def errors(results: Results) -> Iterator[str]:
    """Word errors in each clip of the speed measurement."""
    runs = results.of("speed")
    if not runs:
        return
    clips = list(dict.fromkeys(heard.clip for run in runs for heard in run.heard))
    yield "## Word error rate of each clip\n"
    yield "Percent (substituted/deleted/inserted words), texts normalised by `whisper-normalizer`."
    yield "References stand without parentheses: what is between them is read aloud, and would be left out.\n"

    def cells(name: str) -> list[str]:
        found = scores(by(runs, name))
        return [name, *(rate(found.get(clip)) for clip in clips), rate(total_score(by(runs, name)))]

    yield from table(["system", *clips, "**total**"], [cells(name) for name in systems_in(runs)])


def languages(results: Results) -> Iterator[str]:
    """Word errors in every clip with a reference, language by language."""
    runs = results.of("languages")
    if not runs:
        return
    present = [code for code in LANGUAGES if results.of("languages", code)]
    yield "## Word error rate of every clip, by language\n"
    yield "Percent (substituted/deleted/inserted words); short clips and several speakers among them.\n"

    def cells(name: str) -> list[str]:
        own = by(runs, name)
        each = [[run for run in own if run.case == code] for code in present]
        total = rate(total_score(own)) if all(each) else ""  # of less than all, it would compare with nothing
        return [name, *(rate(total_score(heard)) if heard else "" for heard in each), total]

    yield from table(["system", *present, "**total**"], [cells(name) for name in systems_in(runs)])


def every_clip(results: Results) -> Iterator[str]:
    """Word errors in each of those clips."""
    runs = results.of("languages")
    if not runs:
        return
    found = {name: scores(by(runs, name)) for name in systems_in(runs)}
    yield "## Word error rate of every clip\n"
    yield "Percent (wrong words).\n"

    def cells(code: str, clip: str) -> list[str]:
        each = (found[name].get(clip) for name in found)
        return [clip, code, *(f"{score.rate:.1f} ({score.errors})" if score else "" for score in each)]

    ordered = [run for code in LANGUAGES for run in results.of("languages", code)]
    clips = dict.fromkeys((run.case, heard.clip) for run in ordered for heard in run.heard)
    yield from table(["clip", "", *found], (cells(*clip) for clip in clips))


def growth(results: Results) -> Iterator[str]:
    """Time and memory over the length of the recording."""
    runs = results.of("growth")
    if not runs:
        return
    yield "## Growth with the length of the recording\n"
    yield f"The sample, played again and again, as an MP3. Changes are against {FIRST_MINUTES} minutes.\n"
    head = [
        "system",
        "minutes",
        "wall s",
        "s per minute",
        "change",
        "processor s per minute",
        "change",
        "peak MB",
        "change",
    ]
    rows = [cells for name in systems_in(runs) for cells in growth_rows(by(runs, name))]
    yield from table(head, rows)


def growth_rows(own: Sequence[Run]) -> Iterator[list[str]]:
    """The rows of one system, the shortest recording first."""
    lengths = sorted({int(run.case) for run in own})

    def figures(minutes: int) -> tuple[float, float, float]:
        runs = [run for run in own if run.case == str(minutes)]
        wall, processor = (median(run.wall_s for run in runs), median(run.cpu_s for run in runs))
        return wall / minutes, processor / minutes, peak_mb(runs)

    measured = {minutes: figures(minutes) for minutes in lengths}
    first = measured.get(FIRST_MINUTES)
    for minutes, (pace, work, peak) in measured.items():
        changes = ["", "", ""]
        if first and minutes > FIRST_MINUTES:
            changes = [
                f"{100 * (pace / first[0] - 1):+.1f} %",
                f"{100 * (work / first[1] - 1):+.1f} %",
                f"{peak - first[2]:+.0f} MB",
            ]
        times = f"{pace * minutes:.1f}", f"{pace:.2f}"
        yield [
            own[0].system,
            str(minutes),
            *times,
            changes[0],
            f"{work:.2f}",
            changes[1],
            f"{peak:.0f}",
            changes[2],
        ]


def workers(results: Results) -> Iterator[str]:
    """Memory and time with one worker and with two."""
    runs = results.of("workers")
    if not runs:
        return
    yield "## One worker and two, a 10-minute recording\n"
    head = ["system", "workers", "wall s", "peak MB", "against one worker"]
    rows = []
    for name in systems_in(runs):
        own = by(runs, name)
        one = peak_mb(run for run in own if run.case == "1")
        for case in sorted({run.case for run in own}):
            these = [run for run in own if run.case == case]
            wall, peak = median(run.wall_s for run in these), peak_mb(these)
            rows.append([name, case, f"{wall:.1f}", f"{peak:.0f}", ratio(peak / one)])
    yield from table(head, rows)


def silence(results: Results) -> Iterator[str]:
    """Words that were heard where nobody speaks."""
    runs = results.of("silence")
    if not runs:
        return
    clips = list(dict.fromkeys(heard.clip for run in runs for heard in run.heard))
    yield "## Words heard where nobody speaks\n"
    yield "Number of words, and how the text begins. What stands in brackets is no word.\n"

    def cells(name: str) -> list[str]:
        heard = {heard.clip: heard.text for run in by(runs, name) for heard in run.heard}
        return [name, *(invented(heard[clip]) if clip in heard else "" for clip in clips)]

    yield from table(["system", *clips], [cells(name) for name in systems_in(runs)])


def invented(text: str) -> str:
    """How many words a text has, and its beginning."""
    line = " ".join(text.split()).replace("|", "/").replace("*", "\\*")
    shown = line if len(line) <= SHOWN else line[:SHOWN] + "…"
    return f"{len(normalise(text, 'en').split())}" + (f": {shown}" if shown else "")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table in Markdown, and an empty line."""
    for line in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(line)} |"
    yield ""


def speed_of(runs: Iterable[Run]) -> float:
    """The median speed, in seconds of audio per second."""
    return median(run.speed for run in runs)


def peak_mb(runs: Iterable[Run]) -> float:
    """The median peak of memory."""
    return median(run.peak_bytes for run in runs) / 1e6


def ratio(value: float) -> str:
    """A ratio, or nothing where there was nothing to compare with."""
    return "" if math.isnan(value) else f"{value:.2f} ×"


def rate(score: Score | None) -> str:
    """An error rate and the three kinds of error."""
    if score is None:
        return ""
    return f"{score.rate:.2f} ({score.substitutions}/{score.deletions}/{score.insertions})"
