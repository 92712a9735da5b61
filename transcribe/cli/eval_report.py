"""What `transcribe eval` prints: a table and the worst passages for people, JSON for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from wcwidth import wcswidth

from transcribe.core.errors import TranscribeError
from transcribe.core.text import printable, shown
from transcribe.quality.evaluate.speakers import DiarisationScore, total_diarisation
from transcribe.quality.evaluate.words import Comparison, Pair, Passage, Score, total

HEADER = ("file", "language", "count", "WER %", "sub", "del", "ins", "CER %")

SPEAKER_HEADER = ("cpWER %", "DER %", "missed", "false", "confused", "speakers")
"""Further columns, where a reference tells speakers apart."""

LINE_COLUMNS = 100
"""Terminal columns that a line of a passage takes at most."""

MISSING = "*"
"""Stands where one side has no word, as long as the word on the other side (as in NIST's sclite)."""


@dataclass(frozen=True)
class Result:
    """What became of one reference.

    Attributes:
        transcript: The file compared with it, or the recording that was transcribed.
        comparison: How their words compare; None if the recording failed, or the reference has no words.
        attributed: Errors of words where each has to be under the right name; None where nobody says whose.
        diarisation: How their turns compare; None where the reference has words.
    """

    reference: str
    transcript: str = ""
    comparison: Comparison | None = None
    failure: TranscribeError | None = None
    attributed: Score | None = None
    diarisation: DiarisationScore | None = None


def total_of(results: Sequence[Result]) -> tuple[Score, Score]:
    """Words and letters of all files together."""
    compared = [result.comparison for result in results if result.comparison]
    return total(each.words for each in compared), total(each.letters for each in compared)


def total_attributed(results: Sequence[Result]) -> Score:
    """Words by speaker of all files together."""
    return total(result.attributed for result in results if result.attributed)


def total_turns(results: Sequence[Result]) -> DiarisationScore:
    """Turns of all files together."""
    return total_diarisation(result.diarisation for result in results if result.diarisation)


def as_json(results: Sequence[Result], worst: int) -> str:
    """The result for programs; described in docs/evaluation.md."""
    words, letters = total_of(results)
    totals: dict[str, Any] = {"words": _counts(words), "letters": _counts(letters)}
    totals |= _speaker_record(*_speaker_totals(results))
    record = {"files": [_record(result, worst) for result in results], "total": totals}
    return json.dumps(shown(record), indent=2, ensure_ascii=False)


def as_text(results: Sequence[Result], worst: int) -> str:
    """The result for people."""
    return "\n".join([*_table(results), *_passages(results, worst)])


def _record(result: Result, worst: int) -> dict[str, Any]:
    found = result.comparison
    if result.failure is not None:
        return {"reference": result.reference, "error": str(result.failure)}
    names = {"reference": result.reference, "transcript": result.transcript}
    speakers = _speaker_record(result.attributed, result.diarisation)
    if found is None:
        return names | speakers
    return {
        **names,
        "language": found.language,
        "unit": found.unit,
        "words": _counts(found.words),
        "letters": _counts(found.letters),
        **speakers,
        "passages": [_passage_record(passage) for passage in found.passages[:worst]],
    }


def _speaker_record(attributed: Score | None, turns: DiarisationScore | None) -> dict[str, Any]:
    record: dict[str, Any] = {}
    if attributed is not None:
        record["words_by_speaker"] = _counts(attributed)
    if turns is not None:
        record["diarisation"] = {
            "speech_ms": turns.total_ms,
            "missed_ms": turns.missed_ms,
            "false_ms": turns.false_ms,
            "confused_ms": turns.confused_ms,
            "speakers": turns.speakers,
            "speakers_found": turns.found,
            "rate": _rate(turns),
        }
    return record


def _counts(score: Score) -> dict[str, int | float | None]:
    return asdict(score) | {"rate": _rate(score)}


def _rate(score: Score | DiarisationScore) -> float | None:
    return round(score.rate, 4) if math.isfinite(score.rate) else None


def _passage_record(passage: Passage) -> dict[str, Any]:
    return {
        "word": passage.word,
        "errors": passage.errors,
        "reference": " ".join(pair.reference for pair in passage.pairs if pair.reference),
        "transcript": " ".join(pair.transcript for pair in passage.pairs if pair.transcript),
    }


def _table(results: Sequence[Result]) -> Iterator[str]:
    rows = [HEADER, *map(_row, results), ("total", "", *_cells(*total_of(results), ""))]
    if any(result.attributed or result.diarisation for result in results):
        further = [SPEAKER_HEADER, *(_speaker_cells(each.attributed, each.diarisation) for each in results)]
        further.append(_speaker_cells(*_speaker_totals(results)))
        rows = [row + more for row, more in zip(rows, further, strict=True)]
    widths = [max(wcswidth(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        names = [_padded(cell, width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        numbers = [f"{cell:>{width}}" for cell, width in zip(row[2:], widths[2:], strict=True)]
        yield "  ".join(names + numbers).rstrip()


def _row(result: Result) -> tuple[str, ...]:
    name, found = printable(result.reference), result.comparison
    if found is None:
        return (name, "failed" if result.failure else "", *[""] * 6)
    return name, found.language, *_cells(found.words, found.letters, found.unit)


def _speaker_totals(results: Sequence[Result]) -> tuple[Score | None, DiarisationScore | None]:
    attributed = any(result.attributed for result in results)
    turns = any(result.diarisation for result in results)
    return total_attributed(results) if attributed else None, total_turns(results) if turns else None


def _speaker_cells(attributed: Score | None, turns: DiarisationScore | None) -> tuple[str, ...]:
    first = _percent(attributed) if attributed else ""
    if turns is None:
        return (first, *[""] * 5)
    parts = (turns.missed_ms, turns.false_ms, turns.confused_ms)
    shares = (f"{turns.share(part):.2f}" for part in parts)
    return (first, _percent(turns), *shares, f"{turns.found} of {turns.speakers}")


def _cells(words: Score, letters: Score, unit: str) -> tuple[str, ...]:
    errors = (words.substitutions, words.deletions, words.insertions)
    return f"{words.count} {unit}".strip(), _percent(words), *map(str, errors), _percent(letters)


def _percent(score: Score | DiarisationScore) -> str:
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
