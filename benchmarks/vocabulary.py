"""What a vocabulary does for names: without one, with the clip's names, with them among 200 others.

    python -m benchmarks.vocabulary [--model base] [--audio DIR]

Writes `benchmarks/results/vocabulary-MODEL.md`. Each window gets those that resemble something in it. A name
counts as right as often as the transcript has it, at most as often as the reference; one that the transcript
has more often is invented.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clips import Clip, read_named
from benchmarks.recognisers import ask, ours
from transcribe.pipeline.hearing.doubt import plain
from transcribe.quality.evaluate.words import Score, score

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"

NAMES = {
    "ami-dev00": ("Adam Duguid", "Ebenezer Ademesoye"),
    "columbia": (
        "Columbia", "Houston", "Texas", "Rick Husband", "Michael Anderson", "Laurel Clark", "David Brown",
        "William McCool", "Kalpana Chawla", "Ilan Ramon", "Isaiah",
    ),
    "leopard-en": ("Quilter",),
    "lj001-joined": ("Gutenberg", "Netherlands"),
    "pyannote-sample": ("Diane", "Sheila", "New Jersey", "Chicago", "Yankee"),
    "sense-0870": ("John Dashwood",),
    "daniel-de": (
        "Reto Lamm", "Montanara", "Ticket to Ride World Snowboard Tour", "Nissan X-Trail Jam", "Tokio",
    ),
    "aeneas-es": ("Manuel Tamayo y Baus", "Real Academia Española", "Valdemoro", "Capitán Veneno", "Pedro"),
}  # fmt: skip
"""What somebody who prepares the show would write down, as the reference spells it."""

FIRST = (
    "Agnieszka", "Bartosz", "Carmen", "Dmitri", "Elodie", "Farid", "Giulia", "Henrik", "Ingrid", "Jakub",
    "Katarzyna", "Leopold", "Magdalena", "Nikolai", "Oluwaseun", "Priya", "Quentin", "Rosalind", "Sebastian",
    "Thandiwe",
)  # fmt: skip
LAST = (
    "Abernathy", "Brzezinski", "Castellanos", "Dombrowski", "Eichendorff", "Fitzgerald", "Gonzalez",
    "Hawthorne", "Ivanovic", "Jankowski", "Kowalczyk", "Lindqvist", "Montgomery", "Nakamura", "Okonkwo",
    "Petrov", "Quinn", "Rasmussen", "Szymanski", "Takahashi",
)  # fmt: skip
OTHERS = (*FIRST, *LAST, *(f"{FIRST[i % 20]} {LAST[(i // 20 + i) % 20]}" for i in range(160)))
"""200 names that nobody says: 20 first names, 20 surnames and 160 of both."""

WAYS = ("without", "its names", "among 200 others")


@dataclass(frozen=True)
class Result:
    """One clip, or all of them, recognised in one way.

    Attributes:
        score: Errors of words.
        right: Names that the transcript has, of those in the reference.
        said: Names in the reference.
        invented: Names of the list that the transcript has and nobody says.
    """

    score: Score
    right: int
    said: int
    invented: int

    def __add__(self, other: Result) -> Result:
        return Result(
            self.score + other.score,
            self.right + other.right,
            self.said + other.said,
            self.invented + other.invented,
        )

    def cells(self) -> list[str]:
        """The result as it stands in the table."""
        invented = f", {self.invented} invented" if self.invented else ""
        return [f"{self.right} of {self.said}{invented}", f"{self.score.rate:.2f}"]


def main() -> None:
    """Measure every clip and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="base")
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    arguments = parser.parse_args()
    rows = {}
    for clip in read_named(arguments.audio, NAMES):
        rows[clip.name] = list(measure(clip, arguments.model))
        print(clip.name, *(result.cells() for result in rows[clip.name]), flush=True)
    nothing = Result(Score(), 0, 0, 0)
    rows["**total**"] = [sum(column, nothing) for column in zip(*rows.values(), strict=True)]
    RESULTS.mkdir(exist_ok=True)
    page = introduction(arguments.model) + "\n" + "".join(table(rows))
    (RESULTS / f"vocabulary-{arguments.model}.md").write_text(page, encoding="utf-8")


def measure(clip: Clip, model: str) -> Iterator[Result]:
    """One clip in each of the ways."""
    names = NAMES[clip.name]
    half = len(OTHERS) // 2
    for terms in ((), names, (*OTHERS[:half], *names, *OTHERS[half:])):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "terms.txt"
            file.write_text("\n".join(terms), encoding="utf-8")
            text = ours(clip, model, clip.language, "--vocabulary", str(file))
        yield judge(clip, text, terms or names)


def judge(clip: Clip, text: str, terms: Iterable[str]) -> Result:
    """Count what is right and what is wrong."""
    counts = [(count(term, clip.reference), count(term, text)) for term in terms]
    return Result(
        score(clip.reference, text, clip.language),
        right=sum(min(said, written) for said, written in counts),
        said=sum(said for said, _ in counts),
        invented=sum(max(0, written - said) for said, written in counts),
    )


def count(term: str, text: str) -> int:
    """How often a term stands in a text, whatever its case and punctuation."""
    return f" {plain(text)} ".replace(" ", "  ").count(f" {plain(term)} ".replace(" ", "  "))


def table(rows: dict[str, list[Result]]) -> Iterator[str]:
    """The result as Markdown."""
    yield "| clip | " + " | ".join(f"{way}: names | WER %" for way in WAYS) + " |\n"
    yield "|---" * (1 + 2 * len(WAYS)) + "|\n"
    for name, results in rows.items():
        yield "| " + " | ".join([name, *(cell for result in results for cell in result.cells())]) + " |\n"


def introduction(model: str) -> str:
    """What was measured."""
    return (
        f"# Vocabulary, model `{model}`\n\n{ask('--version')}, default settings, language given.\n\n"
        "Names: how many of those that are said stand in the transcript as the reference spells them. "
        "Invented:\nnames of the list that the transcript has and nobody says. "
        "Made by `python -m benchmarks.vocabulary`.\n"
    )


if __name__ == "__main__":
    main()
