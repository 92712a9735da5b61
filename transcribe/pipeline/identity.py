"""What decides the words of a job: programs, weights, settings; and the work directory that they name."""

from __future__ import annotations

from transcribe.core.digest import fingerprint
from transcribe.core.episode import Provenance
from transcribe.core.places import work_root
from transcribe.core.recording import Source
from transcribe.core.settings import OPTIONS, WORDS_DEPEND_ON, Settings
from transcribe.core.workspace import LAYOUT, Workspace
from transcribe.pipeline.hearing.vocabulary import terms_of
from transcribe.pipeline.ports import Engines, Run


def open_workspace(run: Run, source: Source, among: tuple[str, ...] = ()) -> Workspace:
    """The work directory of this job: this recording, these settings, these weights.

    Args:
        among: What identifies the tracks it is one of; empty for a recording of its own.
    """
    identity = (LAYOUT, source.stream, provenance_of(run.settings, run.engines), *among)
    return Workspace(work_root(), f"{source.sha256[:32]}/{fingerprint(identity)[:32]}")


def provenance_of(settings: Settings, engines: Engines) -> Provenance:
    """What makes the words: programs, weights, and every setting that changes them."""
    said = {
        option.name: option.show(value)
        for option, value in settings.flat()
        if option.group in WORDS_DEPEND_ON and option.name not in ("model", "vocabulary", "audio_stream")
    }
    # With those of the vocabulary: their text counts, not where it lies.
    said["terms"] = OPTIONS["terms"].show(terms_of(settings.recognise))
    said |= {name: value for name, value in engines.chosen if said[name] == _default(name)}
    return Provenance(engines.program, engines.engine, engines.model, tuple(sorted(said.items())))


def _default(name: str) -> str:
    return OPTIONS[name].show(OPTIONS[name].default)
