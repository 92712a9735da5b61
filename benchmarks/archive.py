"""What an archive of five million words costs: to make, on the disk, to ask; and what kills do to it.

    python -m benchmarks.archive [--words N] [--rounds N] [--kills N]

The words are drawn by how common they are (wordfreq) in Polish, English and German, an episode in one
language by two speakers; the same every time. Times are processor seconds. Writes
`benchmarks/results/archive.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

import msgspec
import wordfreq

from benchmarks.machine import code_version, this_machine
from transcribe.archive.query import read_query
from transcribe.archive.reader import NAME, Reader
from transcribe.archive.search import count, search
from transcribe.core.episode import Language, Segment, Transcript, Word
from transcribe.formats.document import from_episode
from transcribe.formats.example import example_episode

ROOT = Path(__file__).resolve().parent.parent
WORDS, EPISODE, SENTENCE = 5_000_000, 9_000, 12
VOCABULARY = 150_000
LANGUAGES = ("pl", "en", "de")
TARGET_S, TARGET_MB, TARGET_PHRASE_MS, TARGET_MS = 60, 150, 20, 200

QUESTIONS = {
    "a rare word": "lighthouse",
    "a Polish word, all forms": "książkami",
    "a common word": "people",
    "the most common word": "nie",
    "a verb with many forms": "robić",
    "two words": "great house",
    "three words": "ludzie mają czas",
    "a phrase": '"in the house"',
    "a phrase of common words": '"of the"',
    "without accents": "lodz",
    "a beginning": "prze*",
    "one letter and a star": "s*",
    "a speaker": "speaker:Ala time",
    "excluded": "time -people",
    "the first": "time",
}


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=WORDS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kills", type=int, default=10)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        episodes = list(documents(folder / "documents", arguments.words))
        made = cost(folder / "whole", "add", str(folder / "documents"))
        size = sum(each.stat().st_size for each in (folder / "whole").iterdir())
        again = cost(folder / "whole", "update")
        removed = cost(folder / "whole", "remove", str(episodes[0]))
        cost(folder / "whole", "add", str(episodes[0]))
        asked = list(questions(folder / "whole" / NAME, arguments.rounds))
        same = kills(folder, arguments.kills) if arguments.kills else None
    report = "\n".join(
        report_of(Made(arguments.words, len(episodes), made, size, again, removed), asked, same, load)
    )
    print(report)
    (ROOT / "benchmarks" / "results" / "archive.md").write_text(report + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Made:
    """What making it cost, in processor seconds and bytes."""

    words: int
    episodes: int
    seconds: float
    size: int
    update_s: float
    remove_s: float


@dataclass(frozen=True)
class Asked:
    """A question, and what it cost: the least and the most processor time of its rounds, in ms."""

    kind: str
    question: str
    found: int
    least_ms: float
    most_ms: float


def report_of(made: Made, asked: Sequence[Asked], same: tuple[int, int] | None, load: float) -> Iterator[str]:
    """The page."""
    machine = this_machine()
    yield "# Archive"
    yield ""
    yield f"{made.words:,} words drawn by how common they are, {made.episodes} documents in three languages;"
    yield "processor seconds of whole commands, and of questions in a process that has the archive open."
    yield ""
    yield f"{machine.processor}; {machine.system}; commit {code_version(ROOT)}; load {load:.1f} before"
    yield ""
    yield "| what | measured | target |"
    yield "|---|---|---|"
    yield f"| `archive add` of all | {made.seconds:.1f} s | {TARGET_S} s |"
    yield f"| size of the archive | {made.size / 1e6:.0f} MB | {TARGET_MB} MB |"
    yield f"| `archive update`, nothing changed | {made.update_s:.1f} s | |"
    yield f"| `archive remove` of one episode | {made.remove_s:.1f} s | |"
    if same:
        yield f"| killed while it was made, the same answers afterwards | {same[0]} of {same[1]} | all |"
    yield ""
    yield "| question | | places | least ms | most ms | target |"
    yield "|---|---|---|---|---|---|"
    for each in asked:
        target = TARGET_PHRASE_MS if '"' in each.question else TARGET_MS
        question = each.question.replace("|", "\\|")
        yield (
            f"| {each.kind} | `{question}` | {each.found} | {each.least_ms:.1f} | {each.most_ms:.1f} "
            f"| {'' if each.kind.startswith('counted') else target} |"
        )


def cost(archive: Path, *arguments: str) -> float:
    """Processor seconds of a command of the archive."""
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command(archive, *arguments), check=True, capture_output=True)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime


def command(archive: Path, *arguments: str) -> list[str]:
    """A command of the archive."""
    return [sys.executable, "-m", "transcribe", "archive", *arguments, "--archive", str(archive), "-q"]


def questions(file: Path, rounds: int) -> Iterator[Asked]:
    """What questions cost: the first round of all is warming up."""
    with Reader(file) as reader:
        for kind, question in QUESTIONS.items():
            query, order = read_query(question), "first" if kind == "the first" else "rank"
            times = []
            for _ in range(rounds + 1):
                began = time.process_time()
                found = len(search(reader, query, 20, order))  # type: ignore[arg-type]
                times.append(1000 * (time.process_time() - began))
            yield Asked(kind, question, found, min(times[1:]), max(times[1:]))
        for question in ("time", "nie"):
            began = time.process_time()
            found = sum(each.count for each in count(reader, read_query(question)))
            took = 1000 * (time.process_time() - began)
            yield Asked("counted, by show and month", question, found, took, took)


def kills(folder: Path, times: int) -> tuple[int, int]:
    """How often an archive gives the same answers after it was killed while it was made."""
    draw = random.Random(20261128)  # noqa: S311 - the same every time
    some = folder / "some"
    documents_of = sorted((folder / "documents").iterdir())[:24]
    some.mkdir()
    for each in documents_of:
        (some / each.name).hardlink_to(each)
    began = time.monotonic()
    subprocess.run(command(folder / "unharmed", "add", str(some)), check=True, capture_output=True)
    whole_s = time.monotonic() - began
    want = answers(folder / "unharmed" / NAME)
    good = 0
    for number in range(times):
        place = folder / f"killed{number}"
        process = subprocess.Popen(command(place, "add", str(some)), stdout=subprocess.DEVNULL)
        time.sleep(whole_s * draw.uniform(0.1, 0.95))
        process.send_signal(signal.SIGKILL)
        process.wait()
        subprocess.run(command(place, "add", str(some)), check=True, capture_output=True)
        good += answers(place / NAME) == want
    return good, times


def answers(file: Path) -> str:
    """What an archive says to all the questions."""
    with Reader(file) as reader:
        found = [
            [replace(each, score=0.0) for each in search(reader, read_query(each), 50, "first")]
            for each in QUESTIONS.values()
        ]
    return json.dumps(msgspec.to_builtins(found), sort_keys=True)


def documents(folder: Path, words: int) -> Iterator[Path]:
    """Transcript documents with about so many words in all."""
    folder.mkdir()
    draw = random.Random(20261128)  # noqa: S311 - the same every time
    pools = {language: pool(language) for language in LANGUAGES}
    for number in range(max(1, words // EPISODE)):
        language = LANGUAGES[number % len(LANGUAGES)]
        said = drawn(draw, *pools[language], EPISODE)
        day = f"{2016 + number // 60}-{1 + number % 12:02}-{1 + number % 28:02}"
        path = folder / f"{day} {number}.json"
        path.write_bytes(document(said, language, f"Show {number % 7}", path.stem))
        yield path


def pool(language: str) -> tuple[list[str], list[float]]:
    """Words, and the sums of how common they are."""
    shares = wordfreq.get_frequency_dict(language, "large")
    common = sorted(shares.items(), key=lambda each: (-each[1], each[0]))[:VOCABULARY]
    return [word for word, _ in common], list(accumulate(share for _, share in common))


def drawn(draw: random.Random, words: list[str], sums: list[float], most: int) -> list[str]:
    """Words by how common they are."""
    return [words[min(bisect(sums, draw.random() * sums[-1]), len(words) - 1)] for _ in range(most)]


def document(said: list[str], language: str, show: str, title: str) -> bytes:
    """A document of these words."""
    segments = []
    for number, start in enumerate(range(0, len(said), SENTENCE)):
        made = tuple(
            Word(380 * (start + at), 380 * (start + at) + 300, text, 0.9)
            for at, text in enumerate(said[start : start + SENTENCE])
        )
        speaker = ("Ala", "Olek")[number // 9 % 2]
        segments.append(Segment(made[0].start_ms, made[-1].end_ms, made, 0, speaker))
    example = example_episode()
    transcript = Transcript(Language(language, 1.0, detected=False), tuple(segments))
    source = replace(example.source, name=f"{title}.mp3", duration_ms=380 * len(said))
    episode = replace(
        example, transcript=transcript, notes=None, turns=None, source=source,
        show=replace(example.show, title=show, episode_title=title),
    )  # fmt: skip
    return msgspec.json.encode(from_episode(episode))


if __name__ == "__main__":
    main()
