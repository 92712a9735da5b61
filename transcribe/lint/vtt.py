"""WebVTT: header, blocks, cues (W3C, WebVTT: The Web Video Text Tracks Format, section 4)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from transcribe.lint.cues import SeenCue, blocks_of, check_cues
from transcribe.lint.finding import Findings, shown
from transcribe.lint.limits import Limits
from transcribe.lint.text import Lines
from transcribe.lint.vtt_settings import check_settings
from transcribe.lint.vtt_text import Payload, check_payload

ARROW = "-->"
_TIME = r"(?:([0-9]{2,6}):)?([0-5][0-9]):([0-5][0-9])\.([0-9]{3})"
_EXACT = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t]+(.*))?")
_MEANT_TIME = r"(?:([0-9]{1,6}):)?([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]{1,3}))?"
_MEANT = re.compile(rf"[ \t]*{_MEANT_TIME}[ \t]*-->[ \t]*{_MEANT_TIME}(?:[ \t]+(.*))?")
_SPEAKER = re.compile(r"([^\W\d_][^:<>\n]{0,30}): \S")


def check(text: str, limits: Limits, duration_ms: int | None, findings: Findings) -> None:
    """Check a WebVTT file."""
    lines = Lines(text)
    reader = _Reader(findings)
    for start, block in blocks_of(lines, _header(lines, findings)):
        reader.block(start, block)
    check_cues(reader.cues, "vtt", limits, duration_ms, findings)
    _check_speakers(reader, findings)


def _header(lines: Sequence[str], findings: Findings) -> int:
    """Check the header; the index of the first line behind it."""
    first = lines[0]
    if not (first == "WEBVTT" or first.startswith(("WEBVTT ", "WEBVTT\t"))):
        findings.add("vtt-header", f"the first line is {shown(first)}, not WEBVTT", 1)
        return 0 if _begins_cue(lines, 0) else 1
    if ARROW in first:
        findings.add("vtt-arrow-in-text", "the header contains -->", 1, first.index(ARROW) + 1)
    index = 1
    while index < len(lines) and lines[index].startswith("X-TIMESTAMP-MAP="):  # RFC 8216, section 3.5
        index += 1
    if index < len(lines) and lines[index]:
        findings.add("vtt-header-blank", "no empty line follows the header", index + 1)
        while index < len(lines) and lines[index] and not _begins_cue(lines, index):
            index += 1
    return index


def _begins_cue(lines: Sequence[str], index: int) -> bool:
    return any(ARROW in line for line in lines[index : index + 2])


class _Reader:
    """Reads blocks one after the other.

    Attributes:
        cues: Those with usable times.
        voices: Whether any cue names its speaker.
    """

    def __init__(self, findings: Findings) -> None:
        self.cues: list[SeenCue] = []
        self.voices = False
        self._ids: dict[str, int] = {}
        self._any_cue = False
        self._findings = findings

    def block(self, start: int, block: Sequence[str]) -> None:
        """Read the block whose first line has the index `start`."""
        first = block[0]
        if first == "NOTE" or first.startswith(("NOTE ", "NOTE\t")):
            self._no_arrows(start, block, "a note")
        elif first.rstrip(" \t") in ("STYLE", "REGION"):
            self._no_arrows(start, block, "a style or region")
            if self._any_cue:
                self._findings.add("vtt-style-late", f"{first.strip()} stands after a cue", start + 1)
        else:
            self._cues(start, block)

    def _no_arrows(self, start: int, block: Sequence[str], where: str) -> None:
        for number, line in enumerate(block, start + 1):
            if ARROW in line:
                message = f"{where} contains -->, which begins a cue"
                self._findings.add("vtt-arrow-in-text", message, number, line.index(ARROW) + 1)

    def _cues(self, start: int, block: Sequence[str]) -> None:
        times = [index for index, line in enumerate(block) if ARROW in line]
        heads = [index for index in times if _MEANT.fullmatch(block[index])] or times[:1]
        if not heads:
            self._findings.add("vtt-stray-text", f"{shown(block[0])} belongs to no cue", start + 1)
            return
        if heads[0] > 1:
            self._findings.add("vtt-stray-text", f"{shown(block[0])} belongs to no cue", start + 1)
        for position, head in enumerate(heads):
            end = heads[position + 1] if position + 1 < len(heads) else len(block)
            if end < len(block):
                self._findings.add("vtt-missing-blank", "no empty line before this cue", start + end + 1)
                end -= block[end - 1].isdigit() and end - 1 > head  # what looks like its identifier
            if head > 0 and (position == 0 or block[head - 1].isdigit()):
                self._identifier(block[head - 1], start + head)
            self._cue(start + head, block[head], block[head + 1 : end])

    def _identifier(self, name: str, number: int) -> None:
        if ARROW in name:
            self._findings.add(
                "vtt-arrow-in-text", "an identifier contains -->", number, name.index(ARROW) + 1
            )
        if name in self._ids:
            message = f"the identifier {shown(name)} stands in line {self._ids[name]} already"
            self._findings.add("vtt-id-duplicate", message, number)
        self._ids.setdefault(name, number)

    def _cue(self, index: int, head: str, body: Sequence[str]) -> None:
        self._any_cue = True
        number = index + 1
        times = self._times(head, number)
        for offset, line in enumerate(body, number + 1):
            if ARROW in line:
                self._findings.add(
                    "vtt-arrow-in-text", "the text contains -->", offset, line.index(ARROW) + 1
                )
        payload: Payload = check_payload(body, number + 1, times, self._findings)
        self.voices = self.voices or bool(payload.voices)
        if times:
            self.cues.append(SeenCue(number, *times, payload.lines, number + 1))

    def _times(self, head: str, number: int) -> tuple[int, int] | None:
        match = _EXACT.fullmatch(head) or _MEANT.fullmatch(head)
        if match is None:
            self._findings.add("vtt-timing", f"{shown(head)} is no line of times", number)
            return None
        if not _EXACT.fullmatch(head):
            self._findings.add("vtt-timing", f"{shown(head)}: {_trouble(head)}", number)
        parts = match.groups()
        check_settings(parts[8] or "", number, head, self._findings)
        return _ms(parts[0:4]), _ms(parts[4:8])


def _trouble(head: str) -> str:
    before, _, after = head.partition(ARROW)
    if "," in before or "," in after.lstrip().partition(" ")[0]:
        return "a point, not a comma, stands before the milliseconds"
    if not before.endswith((" ", "\t")) or not after.startswith((" ", "\t")):
        return "a space stands on both sides of -->"
    return "times are written HH:MM:SS.mmm or MM:SS.mmm"


def _ms(parts: Sequence[str | None]) -> int:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return int(hours) * 3_600_000 + int(minutes) * 60_000 + int(seconds) * 1000 + int(fraction.ljust(3, "0"))


def _check_speakers(reader: _Reader, findings: Findings) -> None:
    """Note names before a colon that several cues begin with, where there is no `<v>` at all."""
    if reader.voices:
        return
    seen: dict[str, int] = {}
    for cue in reader.cues:
        match = _SPEAKER.match(cue.texts[0]) if cue.texts else None
        if match is None:
            continue
        if match[1] in seen:
            message = f"{shown(match[1] + ':')} looks like a speaker; write <v {match[1]}>"
            findings.add("vtt-speaker-in-text", message, seen[match[1]])
            return
        seen[match[1]] = cue.text_line
