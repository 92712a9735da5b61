"""What WebVTT and SubRip share: blocks of lines, times as they are written, the times and sizes of cues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from transcribe.core.timecode import format_timecode
from transcribe.formats.tokens import text_width
from transcribe.quality.lint.finding import Findings
from transcribe.quality.lint.limits import Length, Limits, is_past

FAR_MS = 24 * 3_600_000
"""From one cue to the next: what lies further away is a wrong digit, in all but a few files."""


LONGEST_HOURS = 12
"""Digits of hours that are read exactly; Python itself converts no number of more than 4,300 digits."""


class SeenCue(NamedTuple):
    """A cue as it stands in a file, right or wrong.

    Attributes:
        line: Number of its line of times.
        start_ms: As written.
        end_ms: As written; may lie before the start.
        texts: Its lines as they are shown, without markup.
        text_line: Number of the first of them.
    """

    line: int
    start_ms: int
    end_ms: int
    texts: tuple[str, ...]
    text_line: int


def blocks_of(lines: Sequence[str], first: int = 0, *, end: str) -> Iterator[tuple[int, Sequence[str]]]:
    """The stretches of lines between empty ones: index of the first line, and the lines.

    Args:
        end: Characters that a line may have and still count as empty.
    """
    start = first
    for index, line in enumerate(lines[first:], first):
        if not line.strip(end):
            if index > start:
                yield start, lines[start:index]
            start = index + 1
    if start < len(lines):
        yield start, lines[start:]


def time_ms(hours: str | None, minutes: str | None, seconds: str | None, fraction: str | None) -> int:
    """Hours, minutes, seconds and up to three decimals of a second as ms; None stands for 0."""
    if hours is not None and len(hours) > LONGEST_HOURS:
        whole = hours.lstrip("0")
        hours = whole if len(whole) <= LONGEST_HOURS else "9" * LONGEST_HOURS
    ms = int(fraction.ljust(3, "0")) if fraction else 0
    return ((int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)) * 1000 + ms


def check_cues(
    cues: Sequence[SeenCue], kind: str, limits: Limits, length: Length | None, findings: Findings
) -> None:
    """Check times and sizes. `kind` (`vtt`, `srt`) is how the rules' ids begin."""
    if not cues:
        findings.add(f"{kind}-no-cues", "there is no cue in the file")
    _check_times(cues, kind, findings)
    wide = _Wide(kind, limits, findings)
    for cue in cues:
        if is_past(length, cue.end_ms):
            message = f"the cue ends at {format_timecode(cue.end_ms)}, {length}"
            findings.add(f"{kind}-cue-past-end", message, cue.line)
        widths = [_width(text) for text in cue.texts]
        _check_text(cue, widths, kind, limits, wide, findings)
        if cue.end_ms > cue.start_ms:
            _check_duration(cue, sum(widths), kind, limits, findings)
    wide.finish()


class _Wide:
    """Lines beyond the limit of width: each is a finding where it was asked for, else all are one note."""

    def __init__(self, kind: str, limits: Limits, findings: Findings) -> None:
        self._kind = kind
        self._limits = limits
        self._findings = findings
        self._count = 0
        self._widest = (0, 0)

    def add(self, width: int, line: int) -> None:
        """Note a line."""
        if self._limits.asked:
            message = f"the line is {width} characters wide, {self._limits.line_cells} are the limit"
            self._findings.add(f"{self._kind}-line-length", message, line)
        self._count += 1
        self._widest = max(self._widest, (width, -line))

    def finish(self) -> None:
        """Say how many there were, where no limit was asked for."""
        if self._count and not self._limits.asked:
            width, line = self._widest
            usual = f"{self._limits.line_cells} are usual"
            message = f"the widest of {self._count} long lines has {width} characters, {usual}; see --profile"
            self._findings.add(f"{self._kind}-line-wide", message, -line)


def _check_times(cues: Sequence[SeenCue], kind: str, findings: Findings) -> None:
    latest = before = 0
    for cue in cues:
        if cue.end_ms <= cue.start_ms:
            end = format_timecode(cue.end_ms)
            how = "at its start" if cue.end_ms == cue.start_ms else f"before its start, at {end}"
            start = format_timecode(cue.start_ms)
            findings.add(f"{kind}-cue-end", f"the cue from {start} ends {how}", cue.line)
        if cue.start_ms < before:
            start, earlier = format_timecode(cue.start_ms), format_timecode(before)
            message = f"the cue starts at {start}, before the one above ({earlier})"
            findings.add(f"{kind}-cue-order", message, cue.line)
        elif max(cue.start_ms, cue.end_ms) > latest + FAR_MS:
            far = format_timecode(max(cue.start_ms, cue.end_ms))
            message = f"the cue reaches {far}, those above end at {format_timecode(latest)}"
            findings.add(f"{kind}-cue-far", message, cue.line)
        elif cue.start_ms < latest:
            start, until = format_timecode(cue.start_ms), format_timecode(latest)
            message = f"the cue starts at {start}, and one above lasts until {until}"
            findings.add(f"{kind}-cue-overlap", message, cue.line)
        latest, before = max(latest, cue.end_ms), cue.start_ms


def _check_text(
    cue: SeenCue, widths: Sequence[int], kind: str, limits: Limits, wide: _Wide, findings: Findings
) -> None:
    if not "".join(cue.texts).strip():
        findings.add(f"{kind}-cue-empty", "the cue has no text", cue.line)
        return
    if limits.lines is not None and len(cue.texts) > limits.lines:
        findings.add(
            f"{kind}-line-count",
            f"the cue has {len(cue.texts)} lines, {limits.lines} are the limit",
            cue.text_line,
        )
    for number, width in enumerate(widths, cue.text_line):
        if width > limits.line_cells:
            wide.add(width, number)


def _check_duration(cue: SeenCue, width: int, kind: str, limits: Limits, findings: Findings) -> None:
    seconds = (cue.end_ms - cue.start_ms) / 1000
    if limits.shortest_ms is not None and seconds * 1000 < limits.shortest_ms:
        findings.add(
            f"{kind}-cue-short", f"the cue lasts {seconds:.3f} s, at least {limits.shortest_ms} ms", cue.line
        )
    if limits.longest_ms is not None and seconds * 1000 > limits.longest_ms:
        findings.add(
            f"{kind}-cue-long", f"the cue lasts {seconds:.3f} s, at most {limits.longest_ms} ms", cue.line
        )
    if limits.cells_per_second is not None:
        speed = width / seconds
        if speed > limits.cells_per_second:
            findings.add(
                f"{kind}-reading-speed",
                f"{speed:.1f} characters a second, {limits.cells_per_second:g} are the limit",
                cue.line,
            )


def _width(text: str) -> int:
    """Width in character cells; what is longer than any line is only counted, since measuring takes time."""
    return text_width(text) if len(text) <= 1000 else len(text)
