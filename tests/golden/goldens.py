"""The golden cases: a transcript document each, and beside it what every format makes of it.

Run as a program it writes the expected files anew; the difference is then for a reviewer to judge.
`episode.json` is its own expected JSON.
"""

from __future__ import annotations

from pathlib import Path

from transcribe.formats import FORMATS, render
from transcribe.formats.document import read_document
from transcribe.settings import SubtitleSettings

FORMATS_WITH_GOLDENS = tuple(
    known.name for known in FORMATS.values() if not known.from_notes and known.name != "page"
)
"""Notes and pages are tested by what is in them (tests/unit/formats): the cases have no notes, and a page
is mostly our own style and script."""

CASES = Path(__file__).parent / "cases"


def case_names() -> list[str]:
    return sorted(folder.name for folder in CASES.iterdir())


def expected_file(case: str, format_name: str) -> Path:
    return CASES / case / ("episode.json" if format_name == "json" else f"expected.{format_name}")


def rendered(case: str, format_name: str) -> bytes:
    document = (CASES / case / "episode.json").read_bytes()
    return render(read_document(document, case), format_name, SubtitleSettings())


def rewrite() -> None:
    for case in case_names():
        for format_name in FORMATS_WITH_GOLDENS:
            expected_file(case, format_name).write_bytes(rendered(case, format_name))


if __name__ == "__main__":
    rewrite()
