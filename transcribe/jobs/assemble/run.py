"""What a run works with, by its settings: engines, and the writer of notes."""

from __future__ import annotations

from transcribe.core.events import Progress
from transcribe.core.settings import Settings
from transcribe.jobs.assemble.engines import choose_engines
from transcribe.jobs.assemble.writer import choose_writer
from transcribe.pipeline.ports import Run


def assemble(settings: Settings, progress: Progress) -> Run:
    """Find what the settings ask for; nothing is loaded yet.

    Raises:
        UsageError: The writer of notes cannot be what is asked for.
        ModelError: A model is not installed, or does not know the language.
        DependencyError: ffmpeg or an engine is missing.
    """
    open_writer = choose_writer(settings)
    return Run(settings, choose_engines(settings), progress, open_writer)
