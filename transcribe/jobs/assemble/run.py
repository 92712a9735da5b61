"""What a run works with, by its settings: engines, and the writer of notes."""

from __future__ import annotations

from transcribe.core.events import Noticed, Progress
from transcribe.core.settings import Settings
from transcribe.jobs.assemble.engines import choose_engines
from transcribe.jobs.assemble.writer import choose_writer
from transcribe.pipeline.ports import Run


def assemble(settings: Settings, progress: Progress) -> Run:
    """Find what the settings ask for, and tell which engine it is; nothing is loaded yet.

    Raises:
        UsageError: The writer of notes cannot be what is asked for.
        ModelError: A model is not installed, or does not know the language.
        DependencyError: ffmpeg or an engine is missing.
    """
    open_writer = choose_writer(settings)
    engines = choose_engines(settings)
    progress(Noticed(engines.summary))
    return Run(settings, engines, progress, open_writer)
