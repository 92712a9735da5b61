"""What `transcribe eval` prints: a table and the worst passages for people, JSON for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wcwidth import wcswidth

from transcribe.errors import TranscribeError
from transcribe.evaluation import Comparison, Pair, Passage, Score, total
from transcribe.progress import printable

HEADER = ("file", "language", "count", "WER %", "sub", "del", "ins", "CER %")

LINE_COLUMNS = 100
"""Terminal columns that a line of a passage takes at most."""

MISSING = "*"
"""Stands where one side has no word, as long as the word on the other side (as in NIST's sclite)."""


@dataclass(frozen=True)
class Result:
    """What became of one reference.

    Attributes:
        reference: Its file.
        transcript: The file compared with it, or the recording that was transcribed.
        comparison: How they compare; None if the recording failed.
        failure: Why it failed.
    """

    reference: str
    transcript: str = ""
    comparison: Comparison | None = None
    failure: TranscribeError | None = None


def total_of(results: Sequence[Result]) -> tuple[Score, Score]:
    """Words and letters of all files together."""
    compared = [result.comparison for result in results if result.comparison]
    return total(each.words for each in compared), total(each.letters for each in compared)


def as_json(results: Sequence[Result], worst: int) -> str:
    """The result for programs; described in docs/evaluation.md."""
    words, letters = total_of(results)
    record = {
        "files": [_record(result, worst) for result in results],
        "total": {"words": _counts(words), "letters": _counts(letters)},
    }
    return json.dumps(record, indent=2, ensure_ascii=False)


def as_text(results: Sequence[Result], worst: int) -> str:
    """The result for people."""
    return "\n".join([*_table(results), *_passages(results, worst)])


def _record(result: Result, worst: int) -> dict[str, Any]:
    found = result.comparison
    if found is None:
        return {"reference": result.reference, "error": str(result.failure)}
    return {
        "reference": result.reference,
        "transcript": result.transcript,
        "language": found.language,
        "unit": found.unit,
        "words": _counts(found.words),
        "letters": _counts(found.letters),
        "passages": [_passage_record(passage) for passage in found.passages[:worst]],
    }


def _counts(score: Score) -> dict[str, int | float | None]:
    return {
        "count": score.count,
        "substitutions": score.substitutions,
        "deletions": score.deletions,
        "insertions": score.insertions,
        "rate": round(score.rate, 4) if math.isfinite(score.rate) else None,
    }


def _passage_record(passage: Passage) -> dict[str, Any]:
    return {
        "word": passage.word,
        "errors": passage.errors,
        "reference": " ".join(pair.reference for pair in passage.pairs if pair.reference),
        "transcript": " ".join(pair.transcript for pair in passage.pairs if pair.transcript),
    }


def _table(results: Sequence[Result]) -> Iterator[str]:
    rows = [HEADER, *(_row(result) for result in results), _total_row(results)]
    widths = [max(wcswidth(row[column]) for row in rows) for column in range(len(HEADER))]
    for row in rows:
        names = [_padded(cell, width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        numbers = [f"{cell:>{width}}" for cell, width in zip(row[2:], widths[2:], strict=True)]
        yield "  ".join(names + numbers).rstrip()


def _row(result: Result) -> tuple[str, ...]:
    name, found = printable(result.reference), result.comparison
    if found is None:
        return (name, "failed", *[""] * 6)
    return name, found.language, *_cells(found.words, found.letters, found.unit)


def _total_row(results: Sequence[Result]) -> tuple[str, ...]:
    return "total", "", *_cells(*total_of(results), "")


def _cells(words: Score, letters: Score, unit: str) -> tuple[str, ...]:
    errors = (words.substitutions, words.deletions, words.insertions)
    return f"{words.count} {unit}".strip(), _percent(words), *map(str, errors), _percent(letters)


def _percent(score: Score) -> str:
    return f"{score.rate:.2f}" if math.isfinite(score.rate) else "-"


def _passages(results: Sequence[Result], worst: int) -> Iterator[str]:
    for result in results:
        for passage in result.comparison.passages[:worst] if result.comparison else ():
            what = "1 error" if passage.errors == 1 else f"{passage.errors} errors"
            yield f"\n{printable(result.reference)}, from word {passage.word}: {what}"
            yield from _side_by_side(passage.pairs)


def _side_by_side(pairs: Sequence[Pair]) -> Iterator[str]:
    """Reference and transcript under each other, every word above what stands for it."""
    upper, lower, used = "  reference ", "  transcript", 0
    for pair in pairs:
        left, right = printable(pair.reference), printable(pair.transcript)
        width = max(wcswidth(left), wcswidth(right))
        if used and used + width > LINE_COLUMNS:
            yield from (upper.rstrip(), lower.rstrip(), "")
            upper, lower, used = " " * 12, " " * 12, 0
        upper += " " + _padded(left or MISSING * width, width)
        lower += " " + _padded(right or MISSING * width, width)
        used += width + 1
    yield from (upper.rstrip(), lower.rstrip())


def _padded(text: str, width: int) -> str:
    """The text and spaces up to a width in terminal columns."""
    return text + " " * max(0, width - wcswidth(text))
