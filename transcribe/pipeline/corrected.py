"""Corrections as a step of a job, before notes are written: what fits is applied, what does not is told."""

from __future__ import annotations

from collections.abc import Sequence

from transcribe.core.corrections.apply import corrected
from transcribe.core.corrections.place import Unfit
from transcribe.core.corrections.record import Corrections
from transcribe.core.episode import Episode
from transcribe.core.events import Progress, Warned

TOLD = 3
"""Corrections in one line; `transcribe corrections list` has them all."""


def with_corrections(episode: Episode, corrections: Corrections, progress: Progress) -> Episode:
    """The episode as people corrected it; what does not fit is told as a warning, and stays in its file."""
    made, unfit = corrected(episode, corrections)
    if unfit:
        progress(Warned(f"{episode.source.name}: {_what_does_not_fit(unfit, len(corrections.records))}"))
    return made


def _what_does_not_fit(unfit: Sequence[Unfit], total: int) -> str:
    shown = "; ".join(map(str, unfit[:TOLD])) + ("; …" if len(unfit) > TOLD else "")
    do = "1 correction of {} does" if len(unfit) == 1 else f"{len(unfit)} corrections of {{}} do"
    return f"{do.format(total)} not fit this recognition: {shown} (all: transcribe corrections list)"
