"""What results wait for before they may be published: an approval that holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from transcribe.core.errors import TranscribeError
from transcribe.core.events import Progress
from transcribe.core.settings import Settings
from transcribe.jobs.approvals import approvals_of
from transcribe.jobs.assemble import run as plain
from transcribe.jobs.correct import opened
from transcribe.pipeline.ports import Run


def assemble(settings: Settings, progress: Progress) -> Run:
    """What a run works with (`jobs.assemble.run`), which knows what results wait for.

    Raises:
        TranscribeError: As there.
    """
    return replace(plain.assemble(settings, progress), waits_for=waits_for)


def waits_for(document: Path) -> str:
    """What the results of a transcript wait for; empty: they may be published.

    Whatever cannot be read is waited for.
    """
    try:
        of, approvals = opened(document), approvals_of(document)
    except TranscribeError as error:
        return str(error)
    if approvals.last is None:
        return "nobody has approved it"
    if not approvals.holds(of.recognition, of.corrections.digest):
        return f"it was changed since {approvals.last.who} approved it"
    return ""
