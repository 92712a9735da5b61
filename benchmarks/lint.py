"""What `transcribe lint` costs for files of 30 MB, clean ones and ones with faults all over.

    python -m benchmarks.lint [--megabytes N] [--rounds N]

The files are made up, the same every time. Each is checked in a process of its own, which says how much
processor time the check took (loading modules counts, reading the file does not) and how much memory the
process had at its peak. Writes `benchmarks/results/lint.md`.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from benchmarks.machine import code_version, this_machine
from transcribe.core.timecode import format_timecode

ROOT = Path(__file__).resolve().parent.parent
MEGABYTES = 30
TARGETS = {"clean.vtt": 5.0, "faulty.vtt": 8.0}
"""Seconds."""

FEED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"'
    ' xmlns:podcast="https://podcastindex.org/namespace/1.0"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel>\n'
    "<title>Show</title><link>https://a.example/</link><description>All</description>\n"
)


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=MEGABYTES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--once", type=Path, metavar="FILE", help="check in this process and print JSON")
    arguments = parser.parse_args()
    if arguments.once:
        print(json.dumps(measured(arguments.once)))
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = [row(Path(folder), name, arguments.megabytes, arguments.rounds) for name in FILES]
    report = "\n".join(report_of(rows, arguments.megabytes, arguments.rounds)) + "\n"
    print(report, end="")
    if arguments.megabytes == MEGABYTES:
        (ROOT / "benchmarks" / "results" / "lint.md").write_text(report, encoding="utf-8")


def row(folder: Path, name: str, megabytes: int, rounds: int) -> tuple[str, float, float, int]:
    """A file's name, median seconds, largest megabytes of memory, and number of findings."""
    path = folder / name
    path.write_text(text_of(name, megabytes), encoding="utf-8")
    again = [sys.executable, "-m", "benchmarks.lint", "--once", str(path)]
    found = [
        json.loads(subprocess.run(again, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
        for _ in range(rounds)
    ]
    path.unlink()
    seconds = median(each["seconds"] for each in found)
    return name, seconds, max(each["megabytes"] for each in found), found[0]["findings"]


def measured(path: Path) -> dict[str, float]:
    """Processor seconds, peak memory of this process and findings of a file."""
    data = path.read_bytes()
    began = time.process_time()
    from transcribe.quality.lint import lint_bytes

    findings = lint_bytes(path.name, data)
    spent = time.process_time() - began
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return {"seconds": spent, "megabytes": kibibytes * 1024 / 1e6, "findings": len(findings)}


def report_of(rows: list[tuple[str, float, float, int]], megabytes: int, rounds: int) -> Iterator[str]:
    """The page."""
    machine = this_machine()
    yield "# Checking large files"
    yield ""
    yield f"`transcribe lint` on files of {megabytes} MB; processor seconds in one thread, median of {rounds}"
    yield "processes, and the largest peak of memory, the file included. Loading modules counts. Of a rule"
    yield "1000 findings are kept."
    yield ""
    yield f"{machine.processor}; {machine.system}; commit {code_version(ROOT)}"
    yield ""
    yield "| file | seconds | target | memory, MB | findings kept |"
    yield "|---|---|---|---|---|"
    for name, seconds, memory, findings in rows:
        target = f"{TARGETS[name]:g}" if name in TARGETS else "–"
        yield f"| {name} | {seconds:.1f} | {target} | {memory:.0f} | {findings} |"


def text_of(name: str, megabytes: int) -> str:
    """A file of at least that size: its beginning, as many parts as are needed, its end."""
    begin, part, end = FILES[name]
    parts, size, number = [begin], 0, 0
    while size < megabytes * 1e6:
        parts.append(part(number))
        size += len(parts[-1])
        number += 1
    return "".join(parts).removesuffix(",\n") + end


def clean_cue(number: int) -> str:
    """A WebVTT cue of one speaker, with settings, an escape and two lines."""
    times = f"{_clock(number * 3000)} --> {_clock(number * 3000 + 2900)}"
    said = "<v Ann>It was the best of times &amp; the worst,\nit was the age of wisdom.</v>"
    return f"\n{number}\n{times} align:start position:10%\n{said}\n"


def faulty_cue(number: int) -> str:
    """A WebVTT cue with mistakes: a comma, a setting, width, an escape, tags."""
    times = f"{_clock(number * 3000, ',')} --> {_clock(number * 3000 + 2900)}"
    said = (
        "It <b>was & the best of times, in a line that is wider than any guide allows it to be\n<was> it?</i>"
    )
    return f"\n{number}\n{times} position:110%\n{said}\n"


def clean_subtitle(number: int) -> str:
    """A SubRip subtitle of two lines; a file of 30 MB lasts 300 hours, which is all there is to find."""
    times = f"{_clock(number * 3000, ',')} --> {_clock(number * 3000 + 2900, ',')}"
    return f"{number + 1}\n{times}\nBył najlepszy z czasów,\nbył najgorszy z czasów.\n\n"


def faulty_subtitle(number: int) -> str:
    """A SubRip subtitle with a wrong number, a point for a comma, markup, three lines, and a wide one."""
    times = f"{_clock(number * 3000)} --> {_clock(number * 3000 + 2900, ',')}"
    return f"{number * 2}\n{times}\n<i>It was</i>\nthe best of times,\n{'it was wide ' * 5}\n\n"


def chapter(number: int) -> str:
    """A chapter in JSON."""
    return (
        f'{{"startTime": {number * 3}, "title": "Chapter {number}", "url": "https://a.example/{number}"}},\n'
    )


def segment(number: int) -> str:
    """A segment of a transcript in JSON."""
    times = f'"startTime": {number * 3}.5, "endTime": {number * 3 + 2}.5'
    return f'{{"speaker": "Ann", {times}, "body": "It was the best of times,"}},\n'


def episode(number: int) -> str:
    """An item of a feed."""
    return (
        f"<item><title>Episode {number}</title><guid isPermaLink='false'>{number}</guid>\n"
        f"<enclosure url='https://a.example/{number}.mp3' length='123' type='audio/mpeg'/>\n"
        "<pubDate>Tue, 03 Jun 2025 09:00:00 +0000</pubDate><itunes:duration>1:02:03</itunes:duration>\n"
        f"<podcast:transcript url='https://a.example/{number}.vtt' type='text/vtt'/>\n"
        "<description>It was the best of times, it was the worst of times.</description></item>\n"
    )


def faulty_episode(number: int) -> str:
    """An item with a mistake in every element."""
    return (
        "<item><title/><guid>one</guid><enclosure url='1.mp3' length='long' type='mp3'/>\n"
        "<pubDate>yesterday</pubDate><itunes:duration>an hour</itunes:duration>\n"
        f"<podcast:transcript url='file:{number}.vtt' type='vtt'/></item>\n"
    )


def _clock(ms: int, decimal: str = ".") -> str:
    return format_timecode(ms, decimal=decimal)


FILES: dict[str, tuple[str, Callable[[int], str], str]] = {
    "clean.vtt": ("WEBVTT\n", clean_cue, ""),
    "faulty.vtt": ("WEBVTT\n", faulty_cue, ""),
    "long.srt": ("", clean_subtitle, ""),
    "faulty.srt": ("", faulty_subtitle, ""),
    "chapters.json": ('{"version": "1.2.0", "chapters": [', chapter, "]}"),
    "transcript.json": ('{"version": "1.0.0", "segments": [', segment, "]}"),
    "clean.rss": (FEED, episode, "</channel></rss>"),
    "faulty.rss": (FEED, faulty_episode, "</channel></rss>"),
}
"""Beginning, part by number, and end of every file."""


if __name__ == "__main__":
    main()
