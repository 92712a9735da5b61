"""Disturbed speech beside plain decoding: no word twice, none out of order, and the times where they were.

    python -m benchmarks.noise [--model tiny.en] [--engine ctranslate2] [--audio DIR]
        [--clips NAME,NAME] [--kinds NAME,NAME]

Six clips, each disturbed in eleven ways at three strengths (`disturb.py`). This program and plain
`pywhispercpp` hear the same WAV file with the same weights. A row is met when this program has at most a
tenth more words than plain decoding, at most 10 points more errors, every word in order and none twice, and
19 of 20 word times within 0.3 s of those in the clean clip where the word is right in both.
Writes `benchmarks/results/noise-MODEL.md`, with CTranslate2 `noise-MODEL-ct2.md`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.clips import Clip, read_named
from benchmarks.disturb import STRENGTHS, Samples, disturbed
from benchmarks.recognisers import Plain, ask, decode
from benchmarks.rooms import write
from benchmarks.tables import table
from transcribe import transcribe_file
from transcribe.core.episode import Episode, Word
from transcribe.quality.evaluate.words import normalise, score

ROOT = Path(__file__).resolve().parent.parent
CLIPS = ("jfk", "leopard-en", "sense-0870", "sense-0920", "sonnet1-9s-mp4", "mfa-acoustic-corpus")

MORE_WORDS = 1.1
MORE_ERRORS = 10.0
"""Points of the word error rate."""

LATE_MS = 300
ON_TIME = 0.95

PHRASE = 4
"""Words in a row that stand twice before they count as a passage that stands twice."""


@dataclass(frozen=True)
class Heard:
    """What became of one disturbed clip.

    Attributes:
        words: How many this program wrote.
        plain_words: How many plain decoding did.
        rate: Word error rate of this program, in percent.
        plain_rate: The same of plain decoding.
        twice: Phrases more often than in plain decoding and in the reference.
        in_order: Whether every word starts no earlier than the one before it, and takes some time.
        off_ms: How far the start of each right word is from the one in the clean clip.
        covered: What the program says of itself, in percent.
        text: What this program wrote.
        plain_text: What plain decoding did.
    """

    words: int
    plain_words: int
    rate: float
    plain_rate: float
    twice: int
    in_order: bool
    off_ms: tuple[int, ...]
    covered: float
    text: str
    plain_text: str

    @property
    def failures(self) -> tuple[str, ...]:
        """Which rules are not met."""
        late = sum(each <= LATE_MS for each in self.off_ms) < ON_TIME * len(self.off_ms)
        checks = {
            "more words": self.words > MORE_WORDS * self.plain_words + 1,
            "more errors": self.rate > self.plain_rate + MORE_ERRORS,
            "twice": self.twice > 0,
            "order": not self.in_order,
            "times": late,
        }
        return tuple(name for name, failed in checks.items() if failed)


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="tiny.en")
    parser.add_argument("--engine", default="whisper.cpp")
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    parser.add_argument("--clips", default=",".join(CLIPS))
    parser.add_argument("--kinds", default=",".join(STRENGTHS))
    parser.add_argument("--show", action="store_true", help="print the text where a rule is not met")
    arguments = parser.parse_args()
    clips = read_named(arguments.audio, arguments.clips.split(","))
    rows: list[list[str]] = []
    with measuring(arguments.model, arguments.engine) as measure:
        for clip in clips:
            for kind in arguments.kinds.split(","):
                for strength in STRENGTHS[kind]:
                    heard = measure(clip, kind, strength)
                    rows.append(cells(clip.name, f"{kind} {strength:g}", heard))
                    print(*rows[-1], sep=" | ", flush=True)
                    if arguments.show and heard.failures:
                        print("   plain:", heard.plain_text, "\n   ours: ", heard.text, flush=True)
    write_table(arguments.model, arguments.engine, rows)


SUFFIXES = {"ctranslate2": "-ct2"}

Measure = Callable[[Clip, str, float], Heard]


@contextmanager
def measuring(model: str, engine: str = "whisper.cpp") -> Iterator[Measure]:
    """What becomes of a clip with a disturbance of a strength, by this model; nothing is resumed."""
    weights = Path(ask("models", "path", model))
    with tempfile.TemporaryDirectory() as folder, other_process() as other:
        os.environ["TRANSCRIBE_WORK_DIR"] = folder

        @cache
        def clean(clip: Clip) -> tuple[Episode, Samples]:
            episode = transcribe_file(clip.path, model=model, engine=engine, language=clip.language)
            return episode, decode(clip.path).astype(np.float64)

        def measure(clip: Clip, kind: str, strength: float) -> Heard:
            undisturbed, speech = clean(clip)
            path = write(Path(folder) / "disturbed.wav", disturbed(speech, kind, strength))
            bad = replace(clip, path=path)
            episode = transcribe_file(path, model=model, engine=engine, language=clip.language)
            return compared(bad, episode, undisturbed, other.submit(plainly, weights, bad).result())

        yield measure


def other_process() -> ProcessPoolExecutor:
    """Where plain decoding has its threads: this program forks its workers, and threads do not survive."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


@cache
def loaded(model: Path) -> Plain:
    """Plain decoding, with what it has heard before."""
    return Plain(model, ROOT / ".bench")


def plainly(model: Path, clip: Clip) -> str:
    """What plain decoding hears."""
    return loaded(model)(clip)


def compared(clip: Clip, episode: Episode, clean: Episode, plain: str) -> Heard:
    """One disturbed clip against its reference, plain decoding and the clean clip."""
    text, words = episode.transcript.text, episode.transcript.words
    of_plain = normalise(plain, clip.language).split()
    ours = normalise(text, clip.language).split()
    reference = normalise(clip.reference, clip.language).split()
    return Heard(
        words=len(ours),
        plain_words=len(of_plain),
        rate=score(clip.reference, text, clip.language).rate,
        plain_rate=score(clip.reference, plain, clip.language).rate,
        twice=sum((phrases(ours) - (phrases(of_plain) | phrases(reference) | once(ours))).values()),
        in_order=in_order(words),
        off_ms=tuple(differences(words, clean.transcript.words)),
        covered=episode.coverage.percent,
        text=text,
        plain_text=plain,
    )


def phrases(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    """How often every phrase stands in a text."""
    return Counter(tuple(words[i : i + PHRASE]) for i in range(len(words) - PHRASE + 1))


def once(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    """Every phrase of a text, once."""
    return Counter(set(phrases(words)))


def in_order(words: Sequence[Word]) -> bool:
    """Whether every word takes some time, after the one before it."""
    ends = [0, *(word.end_ms for word in words)]
    return all(end <= word.start_ms < word.end_ms for end, word in zip(ends, words, strict=False))


def differences(words: Sequence[Word], clean: Sequence[Word]) -> Iterator[int]:
    """How far each word starts from where the clean clip has it, in ms, where three in a row are the same."""
    left, right = ([normalise(word.text, "en") for word in each] for each in (words, clean))
    for a, b, size in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks():
        if size >= 3:
            yield from (abs(words[a + i].start_ms - clean[b + i].start_ms) for i in range(size))


def cells(clip: str, disturbance: str, heard: Heard) -> list[str]:
    """A row of the table."""
    late = sum(each > LATE_MS for each in heard.off_ms)
    return [
        clip,
        disturbance,
        f"{heard.words} / {heard.plain_words}",
        f"{heard.rate:.0f} / {heard.plain_rate:.0f}",
        str(heard.twice),
        f"{np.mean(heard.off_ms or [0]):.0f}, {max(heard.off_ms, default=0)}; {late} of {len(heard.off_ms)}",
        f"{heard.covered:.1f}",
        ", ".join(heard.failures) or "met",
    ]


def write_table(model: str, engine: str, rows: Sequence[Sequence[str]]) -> None:
    """The table, and how many rows are met."""
    met = sum(row[-1] == "met" for row in rows)
    clips = tuple(dict.fromkeys(row[0] for row in rows))
    fewer = "" if clips == CLIPS else f" --clips {','.join(clips)}"
    head = [
        "clip", "disturbance", "words / plain", "WER % / plain", "twice", "start off: mean, most (ms); > 300",
        "covered %", "rules",
    ]  # fmt: skip
    lines = [
        f"# Disturbed speech, model `{model}`, {engine}\n",
        f"Made by `make bench-noise MODEL={model} OPTIONS='--engine {engine}{fewer}'`.",
        f"{met} of {len(rows)} rows meet every rule.\n",
        *table(head, rows),
    ]
    path = ROOT / "benchmarks" / "results" / f"noise-{model}{SUFFIXES.get(engine, '')}.md"
    path.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
