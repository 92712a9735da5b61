"""How often a word that was masked is still heard: words at random, masked in the sound and recognised again.

    python -m benchmarks.redact [--audio FOLDER] [--models tiny.en,base] [--words N]

Words are drawn from English recordings with a good reference, and from the sample, the same every time; those
of one recording are at least 8 s apart and are masked in one copy. A word is still heard as
`transcribe redact` counts it. Writes `benchmarks/results/redact.md`.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.clips import read_clips
from benchmarks.machine import code_version, this_machine
from transcribe.control.redact.choose import WORDS, Chosen, Place, Wanted, numbered
from transcribe.control.redact.proof import Heard, recognise_again, still_heard
from transcribe.control.redact.redact import placed
from transcribe.control.redact.spans import Span
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
APART_MS, SHORTEST_S, LONGEST_S = 8_000, 8, 300


@dataclass(frozen=True)
class Tried:
    """One masked word.

    Attributes:
        where: Where it is still heard: `within` its stretch, `beside` it, or nowhere (empty).
        abuts: Whether a word that stays leaves it no room on at least one side.
    """

    where: str
    abuts: bool


def drawn(transcript: Transcript, most: int, chance: random.Random) -> list[Place]:
    """Places of words at random, far from each other."""
    said = list(numbered(transcript))
    chance.shuffle(said)
    kept: list[tuple[Place, int]] = []
    for number, place, word in said:
        if words_of(word.text) and all(abs(word.start_ms - at) >= APART_MS for _, at in kept):
            kept.append(((number, place), word.start_ms))
    return [place for place, _ in kept[:most]]


def tried(run: Run, episode: Episode, places: list[Place], *, bleep: bool) -> Iterator[tuple[Tried, Tried]]:
    """For each masked word, what comes of the first copy, and of one with wide stretches if that fails."""
    chosen = Chosen({place: frozenset([WORDS]) for place in places})
    said, nothing = [(episode.transcript, chosen)], Wanted(())
    length_ms = episode.duration_ms
    source = probe(Path(episode.source.path), episode.source.stream, run.engines.prober)
    rounds: list[list[Tried]] = []
    left: tuple[Heard, ...] = ()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / source.name
        for _ in range(2):
            spans = placed(nothing, said, left)
            if not rounds or left:
                copy.touch()
                assert run.engines.editor
                times = [(each.start_ms, each.end_ms) for each in spans]
                run.engines.editor.mask(source, times, copy, bleep=bleep)
                heard = recognise_again(run, copy, ((0, length_ms),), length_ms)
                left = still_heard(nothing, said, spans, heard)
            rounds.append([_judged(episode.transcript, place, spans, left) for place in places])
    yield from zip(*rounds, strict=True)


def _judged(transcript: Transcript, place: Place, spans: tuple[Span, ...], left: tuple[Heard, ...]) -> Tried:
    word = transcript.segments[place[0]].words[place[1]]
    span = next(each for each in spans if each.start_ms <= word.start_ms < each.end_ms)
    abuts = span.start_ms > word.start_ms - 50 or span.end_ms < word.end_ms + 50
    near = [each for each in left if abs(each.start_ms - word.start_ms) < APART_MS // 2]
    if not near:
        return Tried("", abuts)
    middle = (near[0].start_ms + near[0].end_ms) / 2
    return Tried("within" if span.start_ms <= middle <= span.end_ms else "beside", abuts)


def measure(model: str, paths: list[Path], most: int, *, bleep: bool) -> list[tuple[Tried, Tried]]:
    """All words of all recordings."""
    chance = random.Random(14)  # noqa: S311 - the same every time
    run = assemble(Settings().replace({"model": model, "language": "en"}), silent)
    found: list[tuple[Tried, Tried]] = []
    with kept_loaded(run) as loaded:
        for path in paths:
            episode = episode_of(loaded, path)
            episode = replace(episode, source=replace(episode.source, path=str(path)))
            if places := drawn(episode.transcript, 6, chance):
                found += tried(loaded, episode, places, bleep=bleep)
                print(model, bleep, path.name, len(found), sum(bool(a.where) for a, _ in found), flush=True)
            if len(found) >= most:
                break
    return found


def row(model: str, found: list[tuple[Tried, Tried]], *, bleep: bool) -> str:
    """A line of the table."""
    first, second = (Counter(each[number].where for each in found) for number in (0, 1))
    share = 100 * (len(found) - first[""]) / len(found)
    after = 100 * (len(found) - second[""]) / len(found)
    heard, still = (f"{len(found) - each['']}" for each in (first, second))
    return (
        f"| {model} | {'bleep' if bleep else 'mute'} | {len(found)} | {heard} ({share:.0f} %) "
        f"| {first['within']} | {first['beside']} | {still} ({after:.0f} %) |\n"
    )


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    parser.add_argument("--models", default="tiny.en,base")
    parser.add_argument("--words", type=int, default=60)
    asked = parser.parse_args()
    paths = [ROOT / "samples" / "two-voices.flac"]
    if asked.audio.is_dir():
        clips = [
            clip for clip in read_clips(asked.audio) if clip.language == "en" and 8 < clip.seconds < LONGEST_S
        ]
        paths += [clip.path for clip in clips]
    rows = [
        row(model, measure(model, paths, asked.words, bleep=bleep), bleep=bleep)
        for model in asked.models.split(",")
        for bleep in (True, False)
    ]
    machine = this_machine()
    text = (
        "# Words that are still heard after they were masked\n\n"
        f"{code_version(ROOT)}; {machine.processor}; {machine.system}. "
        f"`python -m benchmarks.redact`: {asked.words} words or a few more, drawn at random.\n\n"
        "| model | sound | words | still heard | within the stretch | beside it | with wide stretches |\n"
        "|---|---|---|---|---|---|---|\n" + "".join(rows)
    )
    (ROOT / "benchmarks" / "results" / "redact.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
