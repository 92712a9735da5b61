"""How often a word that was masked is still heard: words at random, masked in the sound and recognised again.

    python -m benchmarks.redact [--audio FOLDER] [--models tiny.en,base] [--words N] [--no-control]

Words are drawn from English recordings with a good reference, and from the sample, the same every time; those
of one recording are at least 8 s apart and are masked in one copy. A word is still heard, and is a guess, as
`transcribe redact` counts it. As a control the same words are masked in the wrong place, right before and
right behind them: of these, which are in the sound, none may be taken for a guess. Writes
`benchmarks/results/redact.md`.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.clips import read_clips
from benchmarks.machine import code_version, this_machine
from transcribe.control.redact.choose import WORDS, Chosen, Place, Wanted, numbered
from transcribe.control.redact.guess import guessed
from transcribe.control.redact.proof import Heard, is_near, recognise_again, still_heard
from transcribe.control.redact.redact import placed
from transcribe.control.redact.spans import SHARES, SHORTEST_MS, Span
from transcribe.core.episode import Episode, Transcript
from transcribe.core.events import silent
from transcribe.core.settings import Settings
from transcribe.jobs.assemble.run import assemble
from transcribe.jobs.run_one import episode_of
from transcribe.jobs.warm import kept_loaded
from transcribe.notes.terms import words_of
from transcribe.pipeline.ports import Run
from transcribe.pipeline.stages.probe import probe

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "benchmarks" / "results" / "redact.md"
MADE = "## The table"
"""What comes before it in the page is written by hand."""

APART_MS, LONGEST_S = 8_000, 300
NOTHING = Wanted(())


@dataclass(frozen=True)
class Tried:
    """One masked word.

    Attributes:
        copies: In how many copies it is heard; stretches get wider from one to the next.
        guess: Whether it is a guess in the last one.
    """

    copies: int = 0
    guess: bool = False


def drawn(transcript: Transcript, most: int, chance: random.Random) -> list[Place]:
    """Places of words at random, far from each other."""
    said = list(numbered(transcript))
    chance.shuffle(said)
    kept: list[tuple[Place, int]] = []
    for number, place, word in said:
        if words_of(word.text) and all(abs(word.start_ms - at) >= APART_MS for _, at in kept):
            kept.append(((number, place), word.start_ms))
    return [place for place, _ in kept[:most]]


@dataclass
class Trial:
    """Words of one recording that are masked in one copy."""

    run: Run
    episode: Episode
    places: list[Place]
    bleep: bool

    def __post_init__(self) -> None:
        """Look the words up."""
        self.said = [(self.episode.transcript, Chosen({each: frozenset([WORDS]) for each in self.places}))]
        self.words = [self.episode.transcript.segments[one].words[two] for one, two in self.places]

    def heard(self, spans: Sequence[Span], *, ask: bool = True) -> tuple[Sequence[Heard], tuple[Span, ...]]:
        """What is heard in a copy in which these stretches are masked, and those of which it is a guess.

        Args:
            ask: Whether that is asked.
        """
        length_ms, engines = self.episode.duration_ms, self.run.engines
        source = probe(Path(self.episode.source.path), self.episode.source.stream, engines.prober)
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / source.name
            copy.touch()
            assert engines.editor
            times = [(each.start_ms, each.end_ms) for each in spans]
            engines.editor.mask(source, times, copy, bleep=self.bleep)
            listen = partial(recognise_again, self.run, copy, length_ms=length_ms)
            left = still_heard(NOTHING, self.said, spans, listen([(0, length_ms)]))
            asked = left if ask else ()
            if not self.bleep:
                engines.editor.mask(source, times, copy, bleep=True)
            return left, guessed(NOTHING, self.said, spans, asked, listen, length_ms)

    def tried(self) -> list[Tried]:
        """What comes of each word, in one copy after the other."""
        copies: list[Sequence[Heard]] = []
        found = [Tried() for _ in self.words]
        while len(copies) < len(SHARES) and (not copies or copies[-1]):
            spans = placed(NOTHING, self.said, copies)
            left, guesses = self.heard(spans, ask=len(copies) == len(SHARES) - 1)
            copies.append(left)
            for number, word in enumerate(self.words):
                span = next(each for each in spans if each.start_ms <= word.start_ms < each.end_ms)
                if any(is_near(each, span) for each in left):
                    found[number] = Tried(len(copies), span in guesses)
                    print(self.episode.source.name, word.start_ms, word.text, found[number], flush=True)
        return found

    def misplaced(self, *, behind: bool) -> list[Tried]:
        """The same, with each stretch as long as its word, right before or behind it."""
        spans = []
        for word in sorted(self.words, key=lambda each: each.start_ms):
            by = (word.end_ms - word.start_ms) * (1 if behind else -1)
            start, end = max(0, word.start_ms + by), min(self.episode.duration_ms, word.end_ms + by)
            if end - start >= SHORTEST_MS:
                spans.append(Span(start, end, (WORDS,)))
        left, guesses = self.heard(spans)
        found = [Tried(any(is_near(one, each) for one in left), each in guesses) for each in spans]
        for each in guesses:
            print("taken for a guess:", self.episode.source.name, each, flush=True)
        return found


def measure(
    model: str, paths: list[Path], most: int, *, bleep: bool, controlled: bool
) -> tuple[list[Tried], list[Tried]]:
    """All words of all recordings, and the control."""
    chance = random.Random(14)  # noqa: S311 - the same every time
    run = assemble(Settings().replace({"model": model, "language": "en"}), silent)
    found: list[Tried] = []
    control: list[Tried] = []
    with kept_loaded(run) as loaded:
        for path in paths:
            episode = episode_of(loaded, path)
            episode = replace(episode, source=replace(episode.source, path=str(path)))
            if places := drawn(episode.transcript, 6, chance):
                trial = Trial(loaded, episode, places, bleep)
                found += trial.tried()
                for behind in (True, False) if controlled else ():
                    control += trial.misplaced(behind=behind)
                print(model, "bleep" if bleep else "mute", path.name, len(found), len(control), flush=True)
            if len(found) >= most:
                break
    return found, control


def row(model: str, found: list[Tried], control: list[Tried], *, bleep: bool) -> str:
    """A line of the table."""
    heard = [sum(each.copies >= number for each in found) for number in range(1, len(SHARES) + 1)]
    guesses = sum(each.guess for each in found)
    counts = [f"{count} ({100 * count / len(found):.0f} %)" for count in (*heard, heard[-1] - guesses)]
    wrong = f"{sum(each.guess for each in control)} of {sum(each.copies > 0 for each in control)}"
    wrong = wrong if control else "not tried"
    return (
        f"| {model} | {'bleep' if bleep else 'mute'} | {len(found)} | {' | '.join(counts[:-1])} | {guesses} "
        f"| {counts[-1]} | {wrong} |\n"
    )


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    parser.add_argument("--models", default="tiny.en,base")
    parser.add_argument("--words", type=int, default=60)
    parser.add_argument("--no-control", action="store_true", help="Leave the control out.")
    asked = parser.parse_args()
    paths = [ROOT / "samples" / "two-voices.flac"]
    if asked.audio.is_dir():
        clips = [
            clip for clip in read_clips(asked.audio) if clip.language == "en" and 8 < clip.seconds < LONGEST_S
        ]
        paths += [clip.path for clip in clips]
    rows = []
    for model in asked.models.split(","):
        for bleep in (True, False):
            found = measure(model, paths, asked.words, bleep=bleep, controlled=not asked.no_control)
            rows.append(row(model, *found, bleep=bleep))
            print(rows[-1], flush=True)
    machine = this_machine()
    head, _, _ = PAGE.read_text(encoding="utf-8").partition(MADE)
    text = (
        f"{MADE}\n\n{code_version(ROOT)}; {machine.processor}; {machine.system}. "
        f"`python -m benchmarks.redact`: {asked.words} words or a few more, drawn at random.\n\n"
        "| model | sound | words | heard in the first copy | in the second | in the third | guesses | errors "
        "| control: taken for a guess |\n"
        "|---|---|---|---|---|---|---|---|---|\n" + "".join(rows)
    )
    PAGE.write_text(head + text, encoding="utf-8")


if __name__ == "__main__":
    main()
