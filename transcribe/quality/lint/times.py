"""Times as files write them, in hours of any number of digits."""

from __future__ import annotations

LONGEST_HOURS = 12
"""Digits of hours that are read exactly; Python itself converts no number of more than 4,300 digits."""


def time_ms(hours: str | None, minutes: str | None, seconds: str | None, fraction: str | None) -> int:
    """Hours, minutes, seconds and up to three decimals of a second as ms; None stands for 0."""
    if hours is not None and len(hours) > LONGEST_HOURS:
        whole = hours.lstrip("0")
        hours = whole if len(whole) <= LONGEST_HOURS else "9" * LONGEST_HOURS
    ms = int(fraction.ljust(3, "0")) if fraction else 0
    return ((int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)) * 1000 + ms
