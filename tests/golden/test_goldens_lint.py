"""Every file of the publish pack keeps the rules that `transcribe lint` knows."""

from __future__ import annotations

import pytest
from goldens import FORMATS_OF, expected_file

from transcribe.formats import FORMATS
from transcribe.lint import Asked, lint_bytes

CHECKED = ("vtt", "srt", "podcast-srt", "podcast-json", "chapters", "psc", "rss")


WRITTEN = [(case, name) for case, names in FORMATS_OF.items() for name in CHECKED if name in names]


@pytest.mark.parametrize(("case", "name"), WRITTEN)
def test_a_file_of_the_pack_is_clean(case: str, name: str) -> None:
    path = expected_file(case, name)
    profile = "podcast" if name == "podcast-srt" else ""
    findings = lint_bytes(path.name, path.read_bytes(), Asked(profile=profile) if profile else Asked())
    assert [finding for finding in findings if finding.severity != "note"] == []


def test_what_is_checked_are_formats() -> None:
    assert set(CHECKED) < set(FORMATS)
