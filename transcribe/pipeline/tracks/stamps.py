"""Where a track lies by the time stamps that field recorders write, also across midnight.

A `bext` chunk (EBU Tech 3285) has the samples since midnight and a date. Recorders disagree about which
midnight is meant, dates are missing or wrong: so of all days the one counts that brings the tracks together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from transcribe.core.recording import Source

DAY_MS = 24 * 60 * 60 * 1000

_DATE = re.compile(r"(\d{4})[-_:. /](\d\d)[-_:. /](\d\d)")
"""The separators that EBU Tech 3285 (section 2.3) allows, and what others write."""


@dataclass(frozen=True)
class Stamped:
    """Where a track starts on another one's clock, by their time stamps.

    Attributes:
        despite_dates: Whether the dates in the files say another day.
    """

    offset_ms: float
    despite_dates: bool = False


def stamped(first: Source, first_ms: int, this: Source, this_ms: int) -> Stamped | None:
    """Where `this` starts on the clock of `first`; None where one has no time stamp; both lengths in ms."""
    times = _since_midnight_ms(first), _since_midnight_ms(this)
    if times[0] is None or times[1] is None:
        return None
    apart = times[1] - times[0]
    dates = _date_of(first), _date_of(this)
    by_dates = (dates[1] - dates[0]).days * DAY_MS if dates[0] and dates[1] else 0

    def gap(offset_ms: float) -> float:
        return max(0.0, offset_ms - first_ms, -this_ms - offset_ms)

    stated = apart + by_dates
    # The first of equals is taken: what the files state, where that brings them as near as any day does.
    nearest = min((stated, apart, apart - DAY_MS, apart + DAY_MS), key=gap)
    return Stamped(nearest, despite_dates=None not in dates and nearest != stated)


def _since_midnight_ms(source: Source) -> float | None:
    said = dict(source.tags).get("time_reference", "")
    if not (said.isascii() and said.isdigit() and len(said) <= 20):  # 64 bits
        return None
    return 1000 * int(said) / source.streams[source.stream].sample_rate


def _date_of(source: Source) -> date | None:
    found = _DATE.match(dict(source.tags).get("date", ""))
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:  # such as 0000-00-00
        return None
