"""A transcript as text that people edit in any editor, and what they made of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from transcribe.core.corrections.edit import Line
from transcribe.core.corrections.units import clean
from transcribe.core.episode import Segment
from transcribe.core.errors import InputError
from transcribe.core.text import plain_name
from transcribe.core.timecode import format_timecode
from transcribe.formats.corrections import LONGEST_NAME, LONGEST_TEXT

MAX_BYTES = 32 * 1024 * 1024

_IDS_A_LINE = 7

_MARKS = "\u200e\u200f\u061c\ufeff"
"""Editors put them before a line to set its direction (UAX #9)."""

_HEAD = re.compile(rf"[{_MARKS}]*\[(?:\d+:\d\d:\d\d\.\d{{3}})?\](?:\s+(?P<speaker>.*))?")
_ESCAPED = re.compile(rf"\\+{_HEAD.pattern}")


@dataclass(frozen=True)
class EditedText:
    """What stands in an edited text.

    Attributes:
        recognition: Digest of the recognition that it was made of; empty where it does not say.
        seen: Ids of the corrections that were in it.
    """

    recognition: str
    seen: frozenset[str]
    lines: tuple[Line, ...]


def write_edit_text(segments: Sequence[Segment], name: str, recognition: str, seen: Sequence[str]) -> bytes:
    """Segments as text to be edited; those without a visible character are left out.

    Args:
        name: Of the transcript document.
        recognition: Digest by which it is told later whether it is still the same recognition.
        seen: Ids of the corrections that are in the segments.
    """
    lines = [
        f"# {clean(name)}, to be corrected. Change words and names, then: transcribe corrections apply",
        "# A line is a segment: divide it with a new line, or make one line of two. A line in brackets says",
        "# who speaks from there on; its time only shows the place, [] does too.",
        f"# recognition {recognition}",
        *(f"# seen {' '.join(seen[at : at + _IDS_A_LINE])}" for at in range(0, len(seen), _IDS_A_LINE)),
    ]
    for segment in segments:
        if text := clean(segment.text):
            speaker = clean(segment.speaker or "")
            head = f"[{format_timecode(segment.start_ms)}] {speaker}".rstrip()
            lines += ["", head, f"\\{text}" if _HEAD.fullmatch(text) or _ESCAPED.fullmatch(text) else text]
    return ("\n".join(lines) + "\n").encode()


def read_edit_text(text: str, name: str) -> EditedText:
    """Read an edited text.

    Raises:
        InputError: It is not what `write_edit_text` made, or a name is too long; the message names the line.
    """
    lines: list[Line] = []
    told: dict[str, list[str]] = {"recognition": [], "seen": []}
    speaker: str | None = None
    begun = False
    for number, raw in enumerate(text.split("\n"), 1):
        line = clean(raw)
        if head := _HEAD.fullmatch(line):
            begun, speaker = True, plain_name(head["speaker"] or "") or None
            if speaker and len(speaker) > LONGEST_NAME:
                raise InputError(
                    f"{name}, line {number}: a name has at most {LONGEST_NAME} characters", "Shorten it"
                )
        elif len(line) > LONGEST_TEXT:
            raise InputError(
                f"{name}, line {number}: a line has at most {LONGEST_TEXT:,} characters", "Divide it"
            )
        elif line and begun:
            lines.append(Line(line[1:] if _ESCAPED.fullmatch(line) else line, speaker))
        elif line.startswith("#"):
            key, *values = line[1:].split() or [""]
            told.get(key, []).extend(values)
        elif line:
            raise InputError(
                f"{name}, line {number}: no text is expected here",
                "Edit what transcribe corrections export writes: [TIME] SPEAKER, and below it what is said",
            )
    if not lines:
        raise InputError(f"{name} holds no text", "Edit what transcribe corrections export writes")
    return EditedText("".join(told["recognition"]), frozenset(told["seen"]), tuple(lines))
