"""The golden cases: a transcript document each, and beside it what formats make of it.

Every case has the transcript formats; only `pack` and `three-speakers` have those of the publish pack, of
which each is laid out by code that the transcript formats share, or by a library; `three-speakers` has the
notes, too, and `formulas` what a spreadsheet would run, as csv. Word documents and pages are tested in
`tests/unit`.

Run as a program it writes the expected files anew; the difference is then for a reviewer to judge.
`episode.json` is its own expected JSON.
"""

from __future__ import annotations

from pathlib import Path

from transcribe.core.settings import SubtitleSettings
from transcribe.formats.document import read_document
from transcribe.formats.known import FORMATS, render

CASES = Path(__file__).parent / "cases"
TRANSCRIPTS = ("txt", "srt", "vtt", "json", "tsv", "md")
PACK_CASE = "pack"
PACKED = ("podcast-srt", "podcast-json", "html", "chapters", "psc", "rss", "audacity", "lrc", "ttml", "csv")
SENTENCES_CASE = "sentence-lines"
"""The words of `english-sentences`, one sentence a line."""

NOTES = ("notes", "notes-html", "notes-txt", "rss-html", "newsletter", "checklist")
FORMATS_OF = {
    PACK_CASE: (*TRANSCRIPTS, *PACKED),
    "three-speakers": (*TRANSCRIPTS, *PACKED, *NOTES),
    "formulas": (*TRANSCRIPTS, "csv"),
}


SETTINGS_OF = {SENTENCES_CASE: SubtitleSettings(max_line_chars=0)}


def case_names() -> list[str]:
    return sorted(folder.name for folder in CASES.iterdir())


def formats_of(case: str) -> tuple[str, ...]:
    return FORMATS_OF.get(case, TRANSCRIPTS)


def goldens() -> list[tuple[str, str]]:
    """Every case with every format it is written in."""
    return [(case, name) for case in case_names() for name in formats_of(case)]


def expected_file(case: str, format_name: str) -> Path:
    suffix = FORMATS[format_name].suffix
    return CASES / case / ("episode.json" if format_name == "json" else f"expected{suffix}")


def rendered(case: str, format_name: str) -> bytes:
    document = (CASES / case / "episode.json").read_bytes()
    return render(read_document(document, case), format_name, SETTINGS_OF.get(case, SubtitleSettings()))


def rewrite() -> None:
    for case, format_name in goldens():
        expected_file(case, format_name).write_bytes(rendered(case, format_name))


if __name__ == "__main__":
    rewrite()
