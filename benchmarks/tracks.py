"""Conversations with a microphone each: the right speaker for every word, nothing twice, nothing lost.

    python -m benchmarks.tracks [--model base] [--audio DIR] [--parts dialogue,bleed,clocks]

Writes `benchmarks/results/tracks-MODEL.md`. The dialogue is a real one with a speaker on each channel;
rooms are simulated (`rooms.py`) with the two readers of the sample, so that what each one says is known.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.recognisers import ask, clean_environment, program
from benchmarks.rooms import RATE, Room, Samples, by_another_clock, decoded, microphones, turns, write
from transcribe.core.waveform import Waveform
from transcribe.pipeline.tracks.align import place
from transcribe.quality.evaluate.words import Score, score

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
DIALOGUE = "pl-nemo-dialog-stereo"
NEAR_S = 0.3
"""A word lies in a turn when its middle does, or misses it by no more: word times are estimates."""


@dataclass(frozen=True)
class Turn:
    """Who speaks from when to when, in seconds, and what."""

    speaker: str
    start: float
    end: float
    text: str = ""


@dataclass(frozen=True)
class Judged:
    """How well a transcript tells speakers apart.

    Attributes:
        words: How many it has.
        right: How many lie in a turn of their speaker.
        stray: How many lie in a turn of another speaker only: bleed, or the wrong name.
        by_speaker: Errors, each speaker's words against what that speaker says.
        all: Errors without regard to speakers, in order of time.
    """

    words: int
    right: int
    stray: int
    by_speaker: Score
    all: Score


def main() -> None:
    """Measure what is asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="base", help="name of an installed multilingual model")
    parser.add_argument(
        "--audio", type=Path, default=ROOT.parent / "shared" / "audio", help="folder of clips"
    )
    parser.add_argument("--parts", default=",".join(PARTS), help="what to measure")
    asked = parser.parse_args()
    makers = {
        "dialogue": lambda: dialogue(asked.audio, asked.model),
        "bleed": lambda: bleed(asked.model),
        "clocks": clocks,
    }
    for name in asked.parts.split(","):
        save(asked.model, name, makers[name]())


def save(model: str, part: str, text: str) -> None:
    """Put one part into the page; those measured before stay."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"tracks-{model}.md"
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    parts = dict(re.findall(r"^<!-- (\w+) -->\n\n(.*?)\n(?=\n<!--|\Z)", page, re.MULTILINE | re.DOTALL))
    parts[part] = text
    sections = [f"<!-- {name} -->\n\n{parts[name]}\n" for name in PARTS if name in parts]
    heading = f"# Several tracks, model `{model}`\n\n{ask('--version')}. {ABOUT}\n"
    path.write_text("\n".join([heading, *sections]), encoding="utf-8")


PARTS = ("dialogue", "bleed", "clocks")

ABOUT = """\
Right speaker: share of the words whose middle lies in a turn of the speaker they are given to, or at most
0.3 s beside it. Stray: words in a turn of somebody else only, which is what doubled words are. WER by
speaker: each one's words against what that one says, so a word under the wrong name is two errors. WER
without speakers counts order, too: where people talk at once, a sentence stands before or after another.
Errors: percent (substituted/deleted/inserted words). Made by `python -m benchmarks.tracks`."""


def transcript(model: str, language: str, *arguments: str) -> list[dict[str, Any]]:
    """The segments that this program writes, from the start."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--model", model, "--language", language, "--format", "json", "--quiet"]
        subprocess.run(
            program(*arguments, *options, "--output", folder),
            check=True,
            env={**clean_environment(), "TRANSCRIBE_WORK_DIR": f"{folder}/work"},
        )
        (document,) = Path(folder).glob("*.json")
        segments: list[dict[str, Any]] = json.loads(document.read_text(encoding="utf-8"))["segments"]
    return segments


def judged(segments: Sequence[dict[str, Any]], truth: Sequence[Turn], language: str) -> Judged:
    """Compare a transcript with what is known."""
    words = [(each["speaker"], word) for each in segments for word in each["words"]]
    near = [set(_near(truth, (word["start_ms"] + word["end_ms"]) / 2000)) for _, word in words]
    right = sum(speaker in who for (speaker, _), who in zip(words, near, strict=True))
    stray = sum(bool(who) and speaker not in who for (speaker, _), who in zip(words, near, strict=True))
    by_speaker = Score()
    for speaker in dict.fromkeys(turn.speaker for turn in truth):
        said = " ".join(turn.text for turn in truth if turn.speaker == speaker)
        heard = " ".join(each["text"] for each in segments if each["speaker"] == speaker)
        by_speaker += score(said, heard, language)
    everything = score(
        " ".join(turn.text for turn in sorted(truth, key=lambda turn: turn.start)),
        " ".join(each["text"] for each in segments),
        language,
    )
    return Judged(len(words), right, stray, by_speaker, everything)


def _near(truth: Sequence[Turn], at: float) -> Iterator[str]:
    for turn in truth:
        if turn.start - NEAR_S <= at <= turn.end + NEAR_S:
            yield turn.speaker


def dialogue(audio: Path, model: str) -> str:
    """The real dialogue, as one recording and by its channels."""
    lines = (audio / f"{DIALOGUE}.stm").read_text(encoding="utf-8").splitlines()
    truth = [
        Turn(who, float(start), float(end), text)
        for _, _, who, start, end, text in (line.split(maxsplit=5) for line in lines)
    ]
    path = str(audio / f"{DIALOGUE}.m4a")
    mixed = judged(transcript(model, "pl", path), truth, "pl")
    names = ("--speaker", f"ch1={truth[0].speaker}", "--speaker", "ch2=WR0")
    apart = judged(transcript(model, "pl", path, "--channels", *names), truth, "pl")
    rows = [
        ["one recording", str(mixed.words), errors(mixed.all), "–", "–", "–"],
        ["`--channels`", *cells(apart)],
    ]
    return "## A real dialogue, Polish, 108 s, 34 turns\n\n" + table(rows)


def cells(found: Judged) -> list[str]:
    """Figures of a transcript for a table."""
    return [
        str(found.words),
        errors(found.all),
        errors(found.by_speaker),
        f"{100 * found.right / max(1, found.words):.1f} %",
        f"{found.stray} ({100 * found.stray / max(1, found.words):.1f} %)",
    ]


def errors(found: Score) -> str:
    """Errors as they stand in tables."""
    return f"{found.rate:.1f} ({found.substitutions}/{found.deletions}/{found.insertions})"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows under the heading all tables of transcripts have."""
    head = ["", "words", "WER", "WER by speaker", "right speaker", "stray words"]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def readers() -> tuple[list[Samples], list[list[Turn]]]:
    """The two readers of the sample, each alone, and their turns."""
    samples = ROOT / "samples"
    parts = turns(decoded(samples / "two-voices.flac"), samples / "two-voices.rttm")
    texts = (samples / "two-voices.txt").read_text(encoding="utf-8").splitlines()
    known: dict[str, list[Turn]] = {}
    for line, text in zip((samples / "two-voices.rttm").read_text().splitlines(), texts, strict=True):
        fields = line.split()
        start = float(fields[3])
        known.setdefault(fields[7], []).append(Turn(fields[7], start, start + float(fields[4]), text))
    return list(parts.values()), list(known.values())


OVERLAP_S = 4.0
"""How much earlier the second reader begins, so that the two talk at the same time."""


def bleed(model: str) -> str:
    """Simulated rooms, in turns and talking at once, as two channels of one file."""
    voices, truth = readers()
    early = [voices[0], np.roll(voices[1], -int(OVERLAP_S * RATE))]
    rows: list[list[str]] = []
    for how, spoken, ahead in (("in turns", voices, 0.0), ("at once", early, OVERLAP_S)):
        known = truth[0] + [Turn(t.speaker, t.start - ahead, t.end - ahead, t.text) for t in truth[1]]
        for level in (None, -12.0, -18.0, -25.0):
            for options in [()] if level is None or level == -25.0 else [(), ("--no-drop-bleed",)]:
                found = _in_room(spoken, Room(level), known, model, *options)
                name = f"{how}, no bleed" if level is None else f"{how}, {level:.0f} dB {' '.join(options)}"
                rows.append([name.strip(), *cells(found)])
                print(*rows[-1], sep="  ", file=sys.stderr)
    about = (
        "## Two readers in a simulated room, English, 67 s\n\nEach microphone hears the other voice so much "
        "quieter, 6 ms later and with an echo of 0.3 s, and has noise at -65 dB. At once: the second reader "
        f"begins {OVERLAP_S:.0f} s earlier and talks over the first for that long at each turn.\n\n"
    )
    return about + table(rows)


def _in_room(voices: list[Samples], room: Room, truth: list[Turn], model: str, *options: str) -> Judged:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "talk.wav", *microphones(voices, room))
        names = dict.fromkeys(turn.speaker for turn in truth)
        named = [f"--speaker=ch{number}={name}" for number, name in enumerate(names, 1)]
        return judged(transcript(model, "en", str(path), "--channels", *named, *options), truth, "en")


MINUTES = 10
LATE_MS = 7_654


def clocks() -> str:
    """Two recorders that were started at different times and run at different rates."""
    voices, _ = readers()
    count = -(-MINUTES * 60 * RATE // len(voices[0]))
    long = [np.concatenate([np.roll(each, RATE * turn) for turn in range(count)]) for each in voices]
    rows = ["| bleed | drift | found | error at 0 / at the end | places |", "|---|---|---|---|---|"]
    for level in (-12.0, -25.0, -35.0, None):
        for drift in (0.0, 25.0, 120.0):
            one, other = microphones(long, Room(level))
            rows.append(_clock_row(level, drift, one, by_another_clock(other, LATE_MS, drift)))
            print(rows[-1], file=sys.stderr)
    return (
        f"## Two recorders, {MINUTES} minutes, the second started {LATE_MS} ms later\n\nThe voices reach the "
        "other microphone 6 ms late, which no comparison of sound can tell from an offset.\n\n"
        + "\n".join(rows)
    )


def _clock_row(level: float | None, drift: float, one: Samples, other: Samples) -> str:
    with tempfile.TemporaryDirectory() as folder:
        waves = []
        for name, samples in (("one", one), ("other", other)):
            path = Path(folder) / name
            samples.astype("<f4").tofile(path)
            waves.append(Waveform(str(path), len(samples), 0, 0.0))
        found = place(*waves)
    bleed_db = "none" if level is None else f"{level:.0f} dB"
    if found is None:
        return f"| {bleed_db} | {drift:.0f} ppm | not placed | – | – |"
    end_ms = len(other) * 1000 / RATE
    wrong = [
        found.offset_ms + at * found.drift_ppm / 1e6 - LATE_MS - at * drift / 1e6 for at in (0.0, end_ms)
    ]
    return (
        f"| {bleed_db} | {drift:.0f} ppm | {found.offset_ms:.0f} ms, {found.drift_ppm:.1f} ppm | "
        f"{wrong[0]:+.0f} / {wrong[1]:+.0f} ms | {found.places} |"
    )


if __name__ == "__main__":
    main()
