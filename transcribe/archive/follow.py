"""Keeps the archive current while recordings are transcribed, where the setting `archive` asks for that."""

from __future__ import annotations

from pathlib import Path

from transcribe.core.events import Event, FileFinished, Progress, Warned
from transcribe.core.settings import Settings
from transcribe.core.unexpected import ends_run, for_people


def keeping(progress: Progress, settings: Settings) -> Progress:
    """What tells progress, and adds every transcript that is published, where the settings ask for that.

    A failure is told, and costs nothing else.
    """
    chosen = settings.archive.archive
    if not chosen:
        return progress

    def keep(event: Event) -> None:
        progress(event)
        if not isinstance(event, FileFinished):
            return
        from transcribe.archive.keep import is_transcript, keep_current  # takes time, and few ask for it

        for document in filter(is_transcript, map(Path, event.outputs)):
            try:
                keep_current(document, chosen)
            except Exception as error:
                if ends_run(error):
                    raise
                progress(Warned(f"{document} is not in the archive: {for_people(error)}"))

    return keep
