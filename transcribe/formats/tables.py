"""Tables for spreadsheets: comma-separated (.csv) and tab-separated values (.tsv), a segment a line.

A cell is one line, and nothing that a spreadsheet would run: what begins like a formula gets an apostrophe
before it (OWASP, "CSV Injection").
"""

from __future__ import annotations

import csv
import io

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.core.timecode import format_timecode
from transcribe.formats.outline import lines_of, one_line

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""Full-width ones count where the spreadsheet speaks Chinese or Japanese. Tabs and line ends, the others of
OWASP's list, become spaces."""

QUOTE = '"'
"""In a .tsv nobody quotes, and a spreadsheet takes away those around a cell: `"=1"` is run, too."""


def write_csv(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """Columns `start`, `end` (as `HH:MM:SS.mmm`), `speaker`, `text`, under a header.

    With a byte order mark: without one, Excel reads the file in the machine's old code page and spoils every
    letter that is not English. Programs are better served by tsv or json.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("start", "end", "speaker", "text"))
    for line in lines_of(episode.transcript):
        times = (format_timecode(line.start_ms), format_timecode(line.end_ms))
        writer.writerow((*times, cell(line.speaker), cell(line.text)))
    return table.getvalue().encode("utf-8-sig")


def write_tsv(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """Columns `start`, `end` (in ms), `text`, as OpenAI's `whisper` writes them, under a header."""
    rows = (f"{each.start_ms}\t{each.end_ms}\t{cell(each.text)}\n" for each in episode.transcript.segments)
    return "".join(["start\tend\ttext\n", *rows]).encode()


def cell(text: str) -> str:
    """A cell that no spreadsheet runs and that ends neither itself nor its row."""
    text = one_line(text)
    return f"'{text}" if text.lstrip(f"{QUOTE} ").startswith(FORMULA) else text
