"""SubRip: numbers, times, text. There is no standard; the rules are what all readers share."""

from __future__ import annotations

import re
from collections.abc import Sequence

from transcribe.quality.lint.cues import SeenCue, blocks_of, check_cues, time_ms
from transcribe.quality.lint.finding import Findings, shown
from transcribe.quality.lint.limits import Length, Limits
from transcribe.quality.lint.text import lines_of

ARROW = "-->"
_TIME = r"([0-9]{2,}):([0-5][0-9]):([0-5][0-9]),([0-9]{3})"
_EXACT = re.compile(rf"{_TIME} --> {_TIME}(?: +X1:.*)?")
_MEANT_TIME = r"(?:([0-9]+):)?([0-9]{1,2}):([0-9]{1,2})(?:[.,:]([0-9]{1,3}))?"
_MEANT = re.compile(rf"[ \t]*{_MEANT_TIME}[ \t]*-->[ \t]*{_MEANT_TIME}(?:[ \t].*)?")
_NUMBER = re.compile(r"[ \t]*([0-9]{1,9})[ \t]*")
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|\{\\[^{}]*\}")
_SPEAKER = re.compile(r"([^\W\d_][^:\n]{0,30}): \S")


def check(text: str, limits: Limits, length: Length | None, findings: Findings) -> None:
    """Check a SubRip file."""
    reader = _Reader(findings)
    for start, block in blocks_of(lines_of(text), end=" \t"):
        reader.block(start, block)
    check_cues(reader.cues, "srt", limits, length, findings)
    _check_speakers(reader.cues, findings)


class _Reader:
    """Reads blocks one after the other.

    Attributes:
        cues: Those with usable times.
    """

    def __init__(self, findings: Findings) -> None:
        self.cues: list[SeenCue] = []
        self._number = 0
        self._findings = findings

    def block(self, start: int, block: Sequence[str]) -> None:
        """Read the block whose first line has the index `start`."""
        times = [index for index, line in enumerate(block) if ARROW in line]
        heads = [index for index in times if _MEANT.fullmatch(block[index])] or [i for i in times if i < 2][
            :1
        ]
        if not heads or heads[0] > 1:
            self._findings.add("srt-stray-text", f"{shown(block[0])} belongs to no cue", start + 1)
        for position, head in enumerate(heads):
            numbered = head > 0 and _NUMBER.fullmatch(block[head - 1]) is not None
            if position:
                line = start + head + (0 if numbered else 1)
                self._findings.add("srt-missing-blank", "no empty line before this cue", line)
            self._count(block[head - 1] if numbered else None, start + head)
            end = heads[position + 1] if position + 1 < len(heads) else len(block)
            if end < len(block) and end - 1 > head and _NUMBER.fullmatch(block[end - 1]):
                end -= 1
            self._cue(start + head, block[head], block[head + 1 : end])

    def _count(self, number: str | None, line: int) -> None:
        if number is None:
            self._number += 1
            self._findings.add("srt-number-missing", "no number stands above the times", line + 1)
            return
        expected, self._number = self._number + 1, int(number[-18:])
        if self._number != expected:
            message = f"the number is {self._number}, {expected} is expected"
            self._findings.add("srt-number-order", message, line)

    def _cue(self, index: int, head: str, body: Sequence[str]) -> None:
        number = index + 1
        for line_number, line in enumerate(body, number + 1):
            self._check_line(line, line_number)
        if (times := self._times(head, number)) is not None:
            texts = tuple(_MARKUP.sub("", line) for line in body)
            self.cues.append(SeenCue(number, *times, texts, number + 1))

    def _check_line(self, line: str, number: int) -> None:
        if ARROW in line:
            column = line.index(ARROW) + 1
            self._findings.add("srt-arrow-in-text", "the text contains -->", number, column)
        if match := _MARKUP.search(line):
            message = f"{shown(match[0])} is markup, or is taken for it"
            self._findings.add("srt-markup", message, number, match.start() + 1)

    def _times(self, head: str, number: int) -> tuple[int, int] | None:
        match = _MEANT.fullmatch(head)
        if match is None:
            self._findings.add("srt-timing", f"{shown(head)} is no line of times", number)
            return None
        if _EXACT.fullmatch(head.rstrip(" \t")) is None:
            message = f"{shown(head)}: times are written HH:MM:SS,mmm --> HH:MM:SS,mmm"
            self._findings.add("srt-timing", message, number)
        parts = match.groups()
        if long := next((hours for hours in (parts[0], parts[4]) if len(hours or "") > 2), None):
            self._findings.add("srt-hours", f"the hours are {shown(long)}, two digits are usual", number)
        return time_ms(*parts[0:4]), time_ms(*parts[4:8])


def _check_speakers(cues: Sequence[SeenCue], findings: Findings) -> None:
    """Names before a colon that begin one cue and stand in the middle of another: two speakers share it."""
    names = {match[1] for cue in cues if cue.texts and (match := _SPEAKER.match(cue.texts[0]))}
    for cue in cues:
        for number, text in enumerate(cue.texts[1:], cue.text_line + 1):
            if (match := _SPEAKER.match(text)) and match[1] in names:
                message = f"{shown(match[1] + ':')} begins to speak within a cue"
                findings.add("srt-speaker-change", message, number)
