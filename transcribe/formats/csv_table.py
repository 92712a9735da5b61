"""Comma-separated values (.csv): a segment a line, for spreadsheets.

With a byte order mark: without one, Excel reads the file in the machine's old code page and spoils every
letter that is not English. Programs are better served by tsv or json.

A cell that begins like a formula would be run by the spreadsheet, so it gets an apostrophe before it
(OWASP, "CSV Injection").
"""

from __future__ import annotations

import csv
import io

from transcribe.episode import Episode
from transcribe.formats.outline import lines_of
from transcribe.settings import SubtitleSettings
from transcribe.timecode import format_timecode

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""Full-width ones count where the spreadsheet speaks Chinese or Japanese. Tabs and line ends, the others of
OWASP's list, are not in a line of text."""


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """Columns `start`, `end` (as `HH:MM:SS.mmm`), `speaker`, `text`, under a header."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("start", "end", "speaker", "text"))
    for line in lines_of(episode.transcript):
        times = (format_timecode(line.start_ms), format_timecode(line.end_ms))
        writer.writerow((*times, inert(line.speaker), inert(line.text)))
    return table.getvalue().encode("utf-8-sig")


def inert(text: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{text}" if text.startswith(FORMULA) else text
