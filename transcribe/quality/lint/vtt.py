"""WebVTT: header, blocks, cues (W3C, WebVTT: The Web Video Text Tracks Format, section 4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache, partial

from transcribe.quality.lint.cues import SeenCue, blocks_of, check_cues, time_ms
from transcribe.quality.lint.finding import Findings, shown
from transcribe.quality.lint.limits import Length, Limits
from transcribe.quality.lint.text import lines_of
from transcribe.quality.lint.vtt_settings import CUE, Regions, read_settings
from transcribe.quality.lint.vtt_text import Payload, check_payload

ARROW = "-->"
REMEMBERED = 1000
"""Texts of settings that are read once: nearly all cues of a file have the same."""

_TIME = r"(?:([0-9]{2,}):)?([0-5][0-9]):([0-5][0-9])\.([0-9]{3})"
_EXACT = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t]+(.*))?")
_MEANT_TIME = r"(?:([0-9]+):)?([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]{1,3}))?"
_MEANT = re.compile(rf"[ \t]*{_MEANT_TIME}[ \t]*-->[ \t]*{_MEANT_TIME}(?:[ \t]+(.*))?")
_METADATA = re.compile(r"[A-Za-z][A-Za-z0-9_-]*:[ \t]*\S.*")
_SPEAKER = re.compile(r"([^\W\d_][^:<>\n]{0,30}): \S")


def check(text: str, limits: Limits, length: Length | None, findings: Findings) -> None:
    """Check a WebVTT file."""
    lines = lines_of(text)
    _check_end(lines, findings)
    reader = _Reader(findings)
    for start, block in blocks_of(lines, _header(lines, findings), end=""):
        reader.block(start, block)
    check_cues(reader.cues, "vtt", limits, length, findings)
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
    end = index
    while end < len(lines) and lines[end] and not _begins_cue(lines, end):
        end += 1
    if (
        end > index
        and all(_METADATA.fullmatch(line) for line in lines[index:end])
        and not "".join(lines[end : end + 1])
    ):
        findings.add("vtt-header-metadata", f"{shown(lines[index])} is no part of WebVTT", index + 1)
    elif index < len(lines) and lines[index]:
        findings.add("vtt-header-blank", "no empty line follows the header", index + 1)
    return end


def _check_end(lines: Sequence[str], findings: Findings) -> None:
    if lines[-1]:
        findings.add("vtt-file-end", "no line end stands at the end of the file", len(lines))
    elif len(lines) == 2:
        findings.add("vtt-file-end", "no empty line follows the header, though nothing else does", 1)


def _begins_cue(lines: Sequence[str], index: int) -> bool:
    return any(ARROW in line for line in lines[index : index + 2])


class _Reader:
    """Reads blocks one after the other.

    Attributes:
        cues: Those with usable times.
    """

    def __init__(self, findings: Findings) -> None:
        self.cues: list[SeenCue] = []
        self.voices = False
        self._ids: dict[str, int] = {}
        self._regions = Regions(findings)
        self._read_settings = lru_cache(REMEMBERED)(partial(read_settings, kind=CUE))
        self._any_cue = False
        self._findings = findings

    def block(self, start: int, block: Sequence[str]) -> None:
        """Read the block whose first line has the index `start`."""
        first = block[0]
        kind = first.rstrip(" \t")
        if first == "NOTE" or first.startswith(("NOTE ", "NOTE\t")):
            self._without_cues(start, block, "a note")
        elif kind == "REGION":
            self._regions.define(start, self._without_cues(start, block, "a region"))
        elif kind == "STYLE":
            self._without_cues(start, block, "a style")
        else:
            self._cues(start, block)

    def _without_cues(self, start: int, block: Sequence[str], where: str) -> Sequence[str]:
        """The part of a block that readers take for a note, style or region: a cue in it ends it."""
        if self._any_cue and where != "a note":
            self._findings.add("vtt-style-late", f"{block[0].strip()} stands after a cue", start + 1)
        for index, line in enumerate(block):
            if ARROW not in line:
                continue
            message = f"{where} contains -->, which begins a cue"
            self._findings.add("vtt-arrow-in-text", message, start + index + 1, line.index(ARROW) + 1)
            if _MEANT.fullmatch(line):
                self._cues(start + index, block[index:])
                return block[:index]
        return block

    def _cues(self, start: int, block: Sequence[str]) -> None:
        times = [index for index, line in enumerate(block) if ARROW in line]
        if times in ([0], [1]):  # as nearly all have it
            if times == [1]:
                self._identifier(block[0], start + 1)
            self._cue(start + times[0], block[times[0]], block[times[0] + 1 :])
            return
        heads = times if len(times) == 1 else _heads(block, times)
        if not heads or heads[0] > 1:
            self._findings.add("vtt-stray-text", f"{shown(block[0])} belongs to no cue", start + 1)
        for position, head in enumerate(heads):
            end = heads[position + 1] if position + 1 < len(heads) else len(block)
            if end < len(block):
                numbered = block[end - 1].isdigit() and end - 1 > head  # what looks like its identifier
                self._findings.add("vtt-missing-blank", _no_blank(block[end - 1 - numbered]), start + end + 1)
                end -= numbered
            if head > 0 and (position == 0 or block[head - 1].isdigit()):
                self._identifier(block[head - 1], start + head)
            self._cue(start + head, block[head], block[head + 1 : end])
        for index in sorted(set(times).difference(heads)):
            if index > heads[0]:
                column = block[index].index(ARROW) + 1
                self._findings.add("vtt-arrow-in-text", "the text contains -->", start + index + 1, column)

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
        payload: Payload = check_payload(body, number + 1, times, self._findings)
        self.voices = self.voices or bool(payload.voices)
        if times:
            self.cues.append(SeenCue(number, *times, payload.lines, number + 1))

    def _times(self, head: str, number: int) -> tuple[int, int] | None:
        match = _EXACT.fullmatch(head)
        if match is None:
            match = _MEANT.fullmatch(head)
            trouble = f": {_trouble(head)}" if match else " is no line of times"
            self._findings.add("vtt-timing", shown(head) + trouble, number)
        if match is None:
            return None
        parts = match.groups()
        if parts[8]:
            self._settings(parts[8], number, len(head) - len(parts[8]) + 1)
        return time_ms(*parts[0:4]), time_ms(*parts[4:8])

    def _settings(self, settings: str, number: int, column: int) -> None:
        values, problems, mismatch = self._read_settings(settings)
        for offset, problem in problems:
            self._findings.add(CUE.rule, problem, number, column + offset)
        if region := values.get("region"):
            self._regions.use(region, number)
        if mismatch:
            self._findings.add("vtt-setting-ignored", mismatch, number, column)


def _heads(block: Sequence[str], times: list[int]) -> list[int]:
    """Of the lines with an arrow those that begin a cue, or are most likely meant to."""
    return [index for index in times if _MEANT.fullmatch(block[index])] or times[:1]


def _no_blank(line: str) -> str:
    if line.strip(" \t"):
        return "no empty line before this cue"
    return "the line before this cue is not empty, there are spaces in it; only an empty line ends a cue"


def _trouble(head: str) -> str:
    before, _, after = head.partition(ARROW)
    if "," in before or "," in after.lstrip().partition(" ")[0]:
        return "a point, not a comma, stands before the milliseconds"
    if not before.endswith((" ", "\t")) or not after.startswith((" ", "\t")):
        return "a space stands on both sides of -->"
    return "times are written HH:MM:SS.mmm or MM:SS.mmm"


def _check_speakers(reader: _Reader, findings: Findings) -> None:
    """Note names before a colon that several cues begin with, where there is no `<v>` at all."""
    if reader.voices:
        return
    seen: dict[str, int] = {}
    for cue in reader.cues:
        match = _SPEAKER.match(next((text for text in cue.texts if text.strip()), ""))
        if match is None:
            continue
        if match[1] in seen:
            message = f"{shown(match[1] + ':')} looks like a speaker; write <v {match[1]}>"
            findings.add("vtt-speaker-in-text", message, seen[match[1]])
            return
        seen[match[1]] = cue.text_line
