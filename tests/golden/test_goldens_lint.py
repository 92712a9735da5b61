"""What the program writes keeps to the published rules."""

from __future__ import annotations

import pytest
from goldens import case_names, rendered

from transcribe.lint import Asked, lint_bytes


@pytest.mark.parametrize("format_name", ["vtt", "srt"])
@pytest.mark.parametrize("case", case_names())
def test_a_case_has_no_errors_and_no_warnings(case: str, format_name: str) -> None:
    for profile in (None, "subtitle"):
        data = rendered(case, format_name)
        found = lint_bytes(f"{case}.{format_name}", data, Asked(profile=profile))
        assert [str(each) for each in found if each.severity != "note"] == []
