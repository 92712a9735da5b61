"""The recordings with references that accuracy is measured on, as `manifest.tsv` lists them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("en", "de", "es", "fr", "it", "pl")
GOOD_REFERENCES = ("A", "A-")  # word for word, or with small doubts; the rest is too rough to count errors


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
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    clips = [_read_clip(folder, row) for row in rows if _counts(row)]
    return sorted(clips, key=lambda clip: LANGUAGES.index(clip.language))


def read_named(folder: Path, names: Iterable[str]) -> list[Clip]:
    """The clips with these names, in this order, however good their references are."""
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as handle:
        rows = {row["name"]: row for row in csv.DictReader(handle, delimiter="\t")}
    return [_read_clip(folder, rows[name]) for name in names]


def _counts(row: dict[str, str]) -> bool:
    return row["ref_quality"] in GOOD_REFERENCES and row["lang"] in LANGUAGES


def _read_clip(folder: Path, row: dict[str, str]) -> Clip:
    return Clip(
        name=row["name"],
        path=folder / row["file"],
        seconds=float(row["seconds"]),
        language=row["lang"],
        reference=(folder / row["transcript"]).read_text(encoding="utf-8"),
    )
