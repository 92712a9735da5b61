"""Comma-separated values (.csv): a segment a line, for spreadsheets.

With a byte order mark: without one, Excel reads the file in the machine's old code page and spoils every
letter that is not English. Programs are better served by tsv or json.
"""

from __future__ import annotations

import csv
import io

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.core.timecode import format_timecode
from transcribe.formats.cells import cell
from transcribe.formats.outline import lines_of


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """Columns `start`, `end` (as `HH:MM:SS.mmm`), `speaker`, `text`, under a header."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("start", "end", "speaker", "text"))
    for line in lines_of(episode.transcript):
        times = (format_timecode(line.start_ms), format_timecode(line.end_ms))
        writer.writerow((*times, cell(line.speaker), cell(line.text)))
    return table.getvalue().encode("utf-8-sig")
