"""Times as people write them and as subtitle formats write them; inside, integer milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_CLOCK = re.compile(r"(?:(?:(\d{1,9}):)?([0-5]?\d):)?(\d{1,12}(?:[.,]\d{1,3})?)", re.ASCII)
_UNITS = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,12}(?:[.,]\d{1,3})?)s)?", re.ASCII)


def parse_timecode(text: str) -> int:
    """Read a time written by a person, in ms: `90`, `90.5`, `1:30`, `1:02:03.5`, `1h2m3s`, `90s`.

    Raises:
        ValueError: The text is none of these.
    """
    text = text.strip()
    if match := _CLOCK.fullmatch(text):
        clock_hours, clock_minutes, seconds = match.groups()
        if clock_minutes and float(seconds.replace(",", ".")) >= 60:
            raise ValueError(f"{text!r} is not a time: seconds go up to 59")
        return _to_ms(clock_hours, clock_minutes, seconds)
    if text and (match := _UNITS.fullmatch(text)):
        return _to_ms(*match.groups())
    raise ValueError(f"{text[:40]!r} is not a time; write 90, 1:30, 1:02:03.5 or 1h2m3s")


def _to_ms(hours: str | None, minutes: str | None, seconds: str | None) -> int:
    exact = float((seconds or "0").replace(",", "."))
    return int(hours or 0) * 3_600_000 + int(minutes or 0) * 60_000 + round(exact * 1000)


def format_timecode(ms: int, *, decimal: str = ".") -> str:
    """Write a time in ms as `HH:MM:SS.mmm` (WebVTT); `decimal=","` is SubRip's form.

    Raises:
        ValueError: The time is negative.
    """
    if ms < 0:
        raise ValueError(f"a time cannot be negative: {ms} ms")
    seconds, millis = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{decimal}{millis:03d}"


def format_stretch(start_ms: int, end_ms: int) -> str:
    """Write where something lies in a recording, for people: `00:12:03–00:12:25`."""
    return "–".join(format_timecode(ms // 1000 * 1000)[:-4] for ms in (start_ms, end_ms))


def format_duration(ms: int) -> str:
    """Write a length in ms for people: `59 s`, `3:07`, `1:02:03`."""
    seconds = round(ms / 1000)
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def now() -> str:
    """The time in UTC as it stands in records (RFC 3339): `2026-11-28T06:41:00Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
