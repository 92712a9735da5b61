"""What writing every file of the publish pack costs for a two-hour episode.

    python -m benchmarks.formats [--words N] [--rounds N]

The episode is made up (the same every time): two speakers, sentences, pauses, 20,000 words in two hours,
with notes by the extractive writer made before anything is timed. Every round is a process of its own, so
that nothing is remembered from the one before; the formats are written in the pack's order, as one run
writes them, and what they share is counted where it is needed first. Writes `benchmarks/results/formats.md`.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.machine import code_version, this_machine
from transcribe.core.episode import (
    Coverage,
    Episode,
    Language,
    ModelIdentity,
    Provenance,
    Segment,
    Transcript,
    Word,
)
from transcribe.core.events import silent
from transcribe.core.recording import Audio, AudioStream, Source, SpeechSpan, SpeechSpans
from transcribe.core.settings import NotesSettings, SubtitleSettings
from transcribe.formats.known import FORMATS, PACK, render
from transcribe.notes.write import write_notes

ROOT = Path(__file__).resolve().parent.parent
WORDS = 20_000
MS_PER_WORD = 2 * 60 * 60 * 1000 // WORDS
TARGET_S = 2.0
NAMES = ("Anna Żółć", "Jan")
PLAIN = (
    "the a of and to in is it that was for on with as they be at one have this from by had not but what "
    "all were when we there can an your which their said if do will each about how up out them then she "
    "many some so these would other into has more her two like him see time could no make than first been "
    "its who now people my made over did down only way find use may water long little very after word "
    "called just where most know telescope garden mirror lighthouse keeper winter harbour question answer"
)


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=WORDS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--once", action="store_true", help="measure in this process and print JSON")
    arguments = parser.parse_args()
    if arguments.once:
        print(json.dumps(seconds_of(noted(arguments.words))))
        return
    again = [sys.executable, "-m", "benchmarks.formats", "--once", "--words", str(arguments.words)]
    rounds = [
        json.loads(subprocess.run(again, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
        for _ in range(arguments.rounds)
    ]
    report = "\n".join(report_of(rounds, arguments.words)) + "\n"
    print(report, end="")
    if arguments.words == WORDS:
        (ROOT / "benchmarks" / "results" / "formats.md").write_text(report, encoding="utf-8")


def seconds_of(episode: Episode) -> dict[str, float]:
    """Processor seconds of each format of the pack and of the document, in the pack's order."""
    spent = {}
    for name in (*PACK, "json"):
        began = time.process_time()
        render(episode, name, SubtitleSettings())
        spent[name] = time.process_time() - began
    return spent


def report_of(rounds: list[dict[str, float]], words: int) -> Iterator[str]:
    """The page: the sum, then every format."""
    sums = [sum(each.values()) for each in rounds]
    machine = this_machine()
    yield "# Writing every format"
    yield ""
    yield f"{words:,} words in {words * MS_PER_WORD / 3_600_000:.3g} hours, two speakers, extractive notes;"
    yield f"processor seconds in one thread, median of {len(rounds)} processes. Loading modules counts."
    yield ""
    yield f"{machine.processor}; {machine.system}; commit {code_version(ROOT)}"
    yield ""
    yield f"**All {len(rounds[0])} formats: {median(sums):.2f} s** "
    yield f"(from {min(sums):.2f} to {max(sums):.2f}; target: under {TARGET_S:g} s)"
    yield ""
    yield "| format | file | seconds |"
    yield "|---|---|---|"
    for name in rounds[0]:
        yield f"| {name} | {FORMATS[name].suffix} | {median(each[name] for each in rounds):.3f} |"


def noted(words: int) -> Episode:
    """The episode with its notes."""
    said = episode_of(words)
    return replace(said, notes=write_notes(said, NotesSettings(), None, silent))


def episode_of(words: int) -> Episode:
    """The made-up episode, the same at every call."""
    segments = tuple(_segments(words, random.Random(1)))  # noqa: S311 - text, no secret
    length = words * MS_PER_WORD
    return Episode(
        source=Source(
            "talk.mp3", "talk.mp3", "ab" * 32, 1234, "mp3", length, (AudioStream(0, "mp3", 44_100, 2),), 0
        ),
        audio=Audio("", length * 16, 0, -19.5, 0.0),
        speech=SpeechSpans((SpeechSpan(0, length),)),
        transcript=Transcript(Language("en", 0.98, detected=True), segments),
        coverage=Coverage(length, 0, 0, 0, ()),
        provenance=Provenance("transcribe", "engine", ModelIdentity("base", "cd" * 32, "MIT"), ()),
    )


def _segments(words: int, chance: random.Random) -> Iterator[Segment]:
    said, speaker = 0, 0
    while said < words:
        count = min(words - said, chance.randint(4, 24))
        spoken = tuple(_sentence(count, said, chance))
        yield Segment(spoken[0].start_ms, spoken[-1].end_ms, spoken, said // 60, NAMES[speaker])
        said += count
        if chance.random() < 0.15:
            speaker = 1 - speaker


def _sentence(count: int, before: int, chance: random.Random) -> Iterator[Word]:
    plain = PLAIN.split()
    for index in range(count):
        start = (before + index) * MS_PER_WORD
        text = chance.choice(plain)
        text = text.capitalize() if index == 0 or chance.random() < 0.04 else text
        end = "." if index == count - 1 else "," if chance.random() < 0.06 else ""
        yield Word(start, start + MS_PER_WORD - chance.randint(0, 120), text + end, 0.9)


if __name__ == "__main__":
    main()
