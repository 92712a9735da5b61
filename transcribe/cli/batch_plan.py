"""The plan of a batch as people read it: what would be done and why, how much that is, how long it takes."""

from __future__ import annotations

from collections.abc import Iterator

from transcribe.core.events import FilePlanned
from transcribe.core.text import printable
from transcribe.core.timecode import format_duration
from transcribe.formats.tokens import text_width
from transcribe.jobs.due import Decision, Plan

WIDEST_NAME = 60


def as_lines(plan: Plan) -> Iterator[str]:
    """A table: what is done with a recording, how long it is, its name, and why."""
    rows = [
        (_action(each), _length(each), printable(each.job.name), printable(each.reason))
        for each in plan.decisions
    ]
    rows += [("left out", "", printable(each.name), printable(each.reason)) for each in plan.left_out]
    width = min(WIDEST_NAME, max((text_width(name) for _, _, name, _ in rows), default=0))
    for action, length, name, reason in rows:
        yield f"{action:<9}{length:>8}  {name}{' ' * max(0, width - text_width(name))}  {reason}"


def as_events(plan: Plan) -> Iterator[FilePlanned]:
    """The same for programs."""
    for each in plan.decisions:
        yield FilePlanned(each.job.name, _action(each), each.reason, each.audio_ms)
    for left in plan.left_out:
        yield FilePlanned(left.name, "left out", left.reason)


def estimate(plan: Plan, speed: float | None) -> str:
    """How many recordings there are, how much has to be done, and how long that takes at this speed."""
    said = [f"{len(plan.decisions)} recordings" if len(plan.decisions) != 1 else "1 recording"]
    due = plan.due
    said.append(f"{len(due)} to do" if due else "nothing to do")
    unknown = sum(each.audio_ms is None for each in due)
    if plan.audio_ms:
        said.append(
            f"{format_duration(plan.audio_ms)} of audio"
            + (f" and {unknown} of unknown length" if unknown else "")
        )
        said.append(_time(plan.audio_ms, speed))
    return ", ".join(said)


def _time(audio_ms: int, speed: float | None) -> str:
    if speed is None:
        return "time not known before a first run"
    return f"about {format_duration(round(audio_ms / speed))} at {speed:.1f}× real time, as in the last run"


def _action(decision: Decision) -> str:
    return "wait" if decision.unapproved else "run" if decision.due else "skip"


def _length(decision: Decision) -> str:
    return format_duration(decision.audio_ms) if decision.audio_ms else ""
