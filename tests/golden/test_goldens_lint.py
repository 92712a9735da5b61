"""Every file of the publish pack keeps the rules that `transcribe lint` knows."""

from __future__ import annotations

import pytest
from goldens import FORMATS_OF, SENTENCES_CASE, case_names, expected_file, rendered

from transcribe.formats.known import FORMATS
from transcribe.quality.lint import Asked, lint_bytes

CHECKED = ("vtt", "srt", "podcast-srt", "podcast-json", "chapters", "psc", "rss")


WRITTEN = [(case, name) for case, names in FORMATS_OF.items() for name in CHECKED if name in names]


@pytest.mark.parametrize(("case", "name"), WRITTEN)
def test_a_file_of_the_pack_is_clean(case: str, name: str) -> None:
    path = expected_file(case, name)
    profile = "podcast" if name == "podcast-srt" else ""
    findings = lint_bytes(path.name, path.read_bytes(), Asked(profile=profile) if profile else Asked())
    assert [finding for finding in findings if finding.severity != "note"] == []


WRITABLE = [
    (case, name)
    for case in case_names()
    for name in FORMATS
    if case == "three-speakers" or not FORMATS[name].from_notes
]


@pytest.mark.parametrize(("case", "name"), WRITABLE)
def test_no_format_is_an_error(case: str, name: str) -> None:
    findings = lint_bytes(f"talk{FORMATS[name].suffix}", rendered(case, name))
    known = "rule file-kind: name the ending in transcribe/quality/lint/kinds.py"
    assert [finding for finding in findings if finding.severity == "error"] == [], known


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_one_sentence_a_line_is_no_warning(name: str) -> None:
    findings = lint_bytes(f"a.{name}", rendered(SENTENCES_CASE, name))
    assert [finding.rule for finding in findings] == [f"{name}-line-wide"]


def test_what_is_checked_are_formats() -> None:
    assert set(CHECKED) < set(FORMATS)
