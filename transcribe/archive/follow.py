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
    if not settings.archive.archive:
        return progress

    def keep(event: Event) -> None:
        progress(event)
        if isinstance(event, FileFinished):
            for document in map(Path, event.outputs):
                if failed := followed(document, settings):
                    progress(Warned(failed))

    return keep


def followed(document: Path, settings: Settings) -> str:
    """Add a document, or read it again, where the settings ask for that; what failed, or empty."""
    if not settings.archive.archive:
        return ""
    from transcribe.archive.keep import is_transcript, keep_current  # takes time, and few ask for it
    from transcribe.archive.meaning import make_vectors
    from transcribe.archive.reader import place

    try:
        if is_transcript(document):
            keep_current(document, settings.archive.archive)
            make_vectors(place(settings.archive.archive), settings.archive.meaning)
    except Exception as error:
        if ends_run(error):
            raise
        return f"{document} is not in the archive: {for_people(error)}"
    return ""
