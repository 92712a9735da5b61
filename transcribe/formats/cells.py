"""A text as a cell of a table (.csv, .tsv): on one line, and nothing that a spreadsheet would run.

A cell that begins like a formula gets an apostrophe before it (OWASP, "CSV Injection").
"""

from __future__ import annotations

from transcribe.formats.outline import one_line

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""Full-width ones count where the spreadsheet speaks Chinese or Japanese. Tabs and line ends, the others of
OWASP's list, become spaces."""

QUOTE = '"'
"""In a .tsv nobody quotes, and a spreadsheet takes away those around a cell: `"=1"` is run, too."""


def cell(text: str) -> str:
    """A cell that no spreadsheet runs and that ends neither itself nor its row."""
    text = one_line(text)
    return f"'{text}" if text.lstrip(f"{QUOTE} ").startswith(FORMULA) else text
