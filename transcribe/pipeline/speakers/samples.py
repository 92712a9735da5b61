"""Voices out of a folder of samples: short recordings, each called after the one person who speaks in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from transcribe.core.diarisation import Voice
from transcribe.core.errors import InputError, UsageError
from transcribe.core.events import Warned, silent
from transcribe.core.settings import NormaliseSettings
from transcribe.core.unexpected import ends_run, for_people
from transcribe.pipeline.ports import Run
from transcribe.pipeline.speakers.enrol import sole_voice
from transcribe.pipeline.stages.probe import probe

FEWEST_MS = 1_000
"""Speech in a sample at the least: OpenAI's API takes samples of 2 s, with pauses in them."""

MOST = 100
"""Samples in a folder: each is listened to in every run."""


def sample_files(folder: Path) -> tuple[Path, ...]:
    """The recordings in a folder of samples, by name; hidden files and links are left out.

    Raises:
        UsageError: There is no such folder, nothing is in it, or too much.
    """
    try:
        found = sorted(
            each
            for each in folder.iterdir()
            if each.is_file() and not each.is_symlink() and not each.name.startswith(".")
        )
    except OSError as error:
        raise UsageError(f"{folder} cannot be read as a folder of samples: {error.strerror}") from error
    if not found:
        raise UsageError(
            f"{folder} has no sample in it", "Put a short recording of each person there, called after them"
        )
    if len(found) > MOST:
        raise UsageError(f"{folder} has more than {MOST} samples", "Leave those who may speak")
    return tuple(found)


def sampled_voices(folder: Path, run: Run) -> tuple[Voice, ...]:
    """The voices of the people in a folder of samples; one that is of no use is told as a warning.

    Raises:
        UsageError: There is no such folder, nothing is in it, or too much.
    """
    found: list[Voice] = []
    for path in sample_files(folder):
        try:
            found.append(_voice(path, run))
        except Exception as error:
            if ends_run(error):
                raise
            why = for_people(error, debug=run.settings.display.debug)
            run.progress(Warned(f"{path.stem} is not looked for, because: {why}"))
    return tuple(found)


def _voice(path: Path, run: Run) -> Voice:
    engines = run.engines
    if engines.open_diariser is None:
        raise InputError("there is nothing that tells speakers apart")
    sole = sole_voice(
        probe(path, None, engines.prober),
        replace(run.settings, normalise=NormaliseSettings()),
        engines.decoder,
        engines.open_detector(),
        engines.open_diariser,
        silent,
        FEWEST_MS,
    )
    return Voice(path.stem, sole.vector)
