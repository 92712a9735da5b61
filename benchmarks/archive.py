"""What an archive of five million words costs: to make, on the disk, to ask; and what kills do to it.

    python -m benchmarks.archive [--words N] [--rounds N] [--kills N]

The words are drawn by how common they are (wordfreq) in Polish, English and German, an episode in one
language by two speakers; the same every time. Such a text has more different words than people use: of 2,000
words that are drawn, a fifth to two thirds more than in the talks of `benchmarks/talks`. Writes
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
from transcribe.archive.units import units_of
from transcribe.core.episode import Language, Segment, Transcript, Word
from transcribe.formats.document import from_episode, read_document
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
    "two letters and a star": "pr*",
    "one letter and a star": "s*",
    "three common words": "nie jest się",
    "common words, one excluded": "the -and",
    "a common word in a language": "lang:de in",
    "a word that nobody says": "quuxozaur",
    "a speaker": "speaker:Ala time",
    "a show since a day": 'show:"Show 3" after:2020 the',
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
        off_ms = most_off(folder / "whole" / NAME, episodes)
        same = kills(folder, arguments.kills) if arguments.kills else None
    report = "\n".join(
        report_of(Made(arguments.words, len(episodes), made, size, again, removed, off_ms), asked, same, load)
    )
    print(report)
    (ROOT / "benchmarks" / "results" / "archive.md").write_text(report + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Cost:
    """Seconds of the processor, and on the wall."""

    processor_s: float
    wall_s: float

    def __str__(self) -> str:
        return f"{self.processor_s:.1f} s, {self.wall_s:.0f} s on the wall"


@dataclass(frozen=True)
class Made:
    """What it cost to make, to keep and to change; and how far phrases are found from where they are said."""

    words: int
    episodes: int
    made: Cost
    size: int
    updated: Cost
    removed: Cost
    off_ms: int


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
    yield "processor time of whole commands, and of questions in a process that has the archive open."
    yield ""
    yield f"{machine.processor}; {machine.system}; commit {code_version(ROOT)}; load {load:.1f} before."
    yield f"Others may use it: ten million turns of an empty loop took {empty_loop_s():.2f} s at the end."
    yield ""
    yield "| what | measured | target |"
    yield "|---|---|---|"
    yield f"| `archive add` of all | {made.made} | {TARGET_S} s |"
    yield f"| size of the archive | {made.size / 1e6:.0f} MB | {TARGET_MB} MB |"
    yield f"| `archive update`, nothing changed | {made.updated} | |"
    yield f"| `archive remove` of one episode | {made.removed} | |"
    yield f"| phrases of three words, furthest from the word in the document | {made.off_ms} ms | 300 ms |"
    if same:
        yield f"| killed while it was made, the same answers afterwards | {same[0]} of {same[1]} | all |"
    yield ""
    yield "| question | | places | least ms | most ms | target |"
    yield "|---|---|---|---|---|---|"
    for each in asked:
        target = TARGET_PHRASE_MS if each.question.startswith('"') else TARGET_MS
        question = each.question.replace("|", "\\|")
        yield (
            f"| {each.kind} | `{question}` | {each.found} | {each.least_ms:.1f} | {each.most_ms:.1f} "
            f"| {target} |"
        )


def cost(archive: Path, *arguments: str) -> Cost:
    """What a command of the archive costs."""
    began, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command(archive, *arguments), check=True, capture_output=True)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
    return Cost(processor, time.monotonic() - wall)


def empty_loop_s() -> float:
    """Processor seconds of a loop: on a machine that others use, every figure grows with it."""
    began = time.process_time()
    for _ in range(10_000_000):
        pass
    return time.process_time() - began


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
        for question in ("time", "nie", "the", "s*", "the -and", '"of the"'):
            began = time.process_time()
            found = sum(each.count for each in count(reader, read_query(question)))
            took = 1000 * (time.process_time() - began)
            yield Asked("counted, by show and month", question, found, took, took)


def most_off(file: Path, episodes: Sequence[Path], most: int = 200) -> int:
    """How far phrases are found from the word with which they begin in their document, at most, in ms."""
    draw, off = random.Random(20261128), [0]  # noqa: S311 - the same every time
    with Reader(file) as reader:
        for path in draw.choices(episodes, k=most):
            read = read_document(path.read_bytes()).transcript
            segment = draw.choice(read.segments)
            at = draw.randrange(len(segment.words) - 3)
            phrase = " ".join(each.text for each in segment.words[at : at + 3])
            if len(units_of(phrase)) < 3 or '"' in phrase:
                continue
            found = search(reader, read_query(f'"{phrase}"'), 1000)
            here = [each.start_ms for each in found if each.document == str(path)]
            off.append(min((abs(each - segment.words[at].start_ms) for each in here), default=10**9))
    return max(off)


def kills(folder: Path, times: int) -> tuple[int, int]:
    """How often an archive gives the same answers after it was killed while it was made."""
    draw = random.Random(20261128)  # noqa: S311 - the same every time
    some = folder / "some"
    documents_of = sorted((folder / "documents").iterdir())[:15]
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
    segments, draw = [], random.Random(title)  # noqa: S311 - the same every time
    for number, start in enumerate(range(0, len(said), SENTENCE)):
        texts = said[start : start + SENTENCE]
        texts = [texts[0].capitalize(), *texts[1:-1], f"{texts[-1]}."]
        times = [380 * (start + at) + 10 * draw.randrange(-9, 10) + 90 for at in range(len(texts))]
        made = tuple(Word(at, at + 190, text, 0.9) for at, text in zip(times, texts, strict=True))
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
