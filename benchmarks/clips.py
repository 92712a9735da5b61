"""The recordings that speed and accuracy are measured on, as `manifest.tsv` lists them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("en", "de", "es", "fr", "it", "pl")
GOOD_REFERENCES = ("A", "A-")  # word for word, or with small doubts; the rest is too rough to count errors
FAIR_REFERENCES = (*GOOD_REFERENCES, "B")  # a corrected machine's: fit to compare systems with each other
LONG_S = 40


@dataclass(frozen=True)
class Clip:
    """One recording.

    Attributes:
        name: Its name in the manifest.
        path: Where it lies.
        seconds: Length.
        language: ISO 639-1 code of what is spoken.
        reference: What is said.
    """

    name: str
    path: Path
    seconds: float
    language: str
    reference: str


def read_clips(folder: Path) -> list[Clip]:
    """Every clip of a folder with a good reference in one of LANGUAGES, languages together."""
    clips = [_read_clip(folder, row) for row in _rows(folder) if _counts(row)]
    return sorted(clips, key=lambda clip: LANGUAGES.index(clip.language))


def read_long_english(folder: Path) -> list[Clip]:
    """English clips of one speaker over 40 s, with a reference that is fair to all systems."""
    return [_read_clip(folder, row) for row in _rows(folder) if _is_long_english(row)]


def read_silence(folder: Path) -> list[Clip]:
    """Clips in which nobody speaks; they count as English, with an empty reference."""
    return [
        Clip(row["name"], folder / row["file"], float(row["seconds"]), "en", "")
        for row in _rows(folder)
        if row["speakers"] == "0"
    ]


def read_named(folder: Path, names: Iterable[str]) -> list[Clip]:
    """The clips with these names, in this order, however good their references are."""
    rows = {row["name"]: row for row in _rows(folder)}
    return [_read_clip(folder, rows[name]) for name in names]


def _rows(folder: Path) -> Iterator[dict[str, str]]:
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as handle:
        yield from csv.DictReader(handle, delimiter="\t")


def _counts(row: dict[str, str]) -> bool:
    return row["ref_quality"] in GOOD_REFERENCES and row["lang"] in LANGUAGES


def _is_long_english(row: dict[str, str]) -> bool:
    fits = row["lang"] == "en" and row["speakers"] == "1" and float(row["seconds"]) > LONG_S
    return fits and row["ref_quality"] in FAIR_REFERENCES


def _read_clip(folder: Path, row: dict[str, str]) -> Clip:
    return Clip(
        name=row["name"],
        path=folder / row["file"],
        seconds=float(row["seconds"]),
        language=row["lang"],
        reference=_spoken((folder / row["transcript"]).read_text(encoding="utf-8")),
    )


def _spoken(reference: str) -> str:
    """A reference without parentheses: they are read aloud, and the normaliser takes them for remarks."""
    return reference.translate(dict.fromkeys(map(ord, "()"), " "))
