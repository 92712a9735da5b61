"""How far a stage is, how fast it goes, and when it will be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from transcribe.core.timecode import format_duration

Clock = Callable[[], float]

MEASURABLE_SECONDS = 0.5
"""In less time nothing is measured: what was recognised while another file was shown comes all at once."""


@dataclass
class Pace:
    """How far a stage is, how fast it goes and when it will be done.

    Attributes:
        total_ms: Recording the stage has to go through; None when not known.
        done_ms: Recording it has gone through.
        resumed_ms: How much of that an earlier run had done, which says nothing about speed.
    """

    clock: Clock
    total_ms: int | None = None
    done_ms: int = 0
    resumed_ms: int = 0
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    @property
    def seconds(self) -> float:
        """Since the stage began."""
        return self.clock() - self.started

    @property
    def percent(self) -> int | None:
        """0 to 100; None where the total is not known."""
        if not self.total_ms:
            return None
        return min(100, self.done_ms * 100 // self.total_ms)

    @property
    def speed(self) -> float | None:
        """Seconds of recording per second; None before there is anything to measure."""
        fresh_ms, seconds = self.done_ms - self.resumed_ms, self.seconds
        return fresh_ms / 1000 / seconds if fresh_ms > 0 and seconds >= MEASURABLE_SECONDS else None

    @property
    def left_ms(self) -> int | None:
        """Time until the stage is done at this speed, in ms."""
        if not self.total_ms or not self.speed:
            return None
        return round(max(0, self.total_ms - self.done_ms) / self.speed)

    def texts(self) -> tuple[str, str, str]:
        """Percent (or how much is done), speed and time left, for people; empty where not known."""
        percent, speed, left = self.percent, self.speed, self.left_ms
        done = format_duration(self.done_ms) if self.done_ms else ""
        return (
            done if percent is None else f"{percent} %",
            "" if speed is None else f"{speed:.1f}× real time",
            "" if left is None else f"{format_duration(left)} left",
        )
