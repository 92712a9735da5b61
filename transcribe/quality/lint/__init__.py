"""Checks files of subtitles, transcripts, chapters and feeds, anyone's, against the published rules.

`lint_bytes` is the door: bytes in, findings out. One module per format; every rule stands in `rules`.
"""

from __future__ import annotations

from transcribe.quality.lint.check import Asked, lint_bytes
from transcribe.quality.lint.finding import Finding
from transcribe.quality.lint.limits import Length
from transcribe.quality.lint.rules import RULES, Rule

__all__ = ["RULES", "Asked", "Finding", "Length", "Rule", "lint_bytes"]
