"""The recording of a document: whether it can be redacted, and with which settings it is recognised again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from transcribe.core.episode import Episode
from transcribe.core.errors import InputError, ModelError, RedactionError
from transcribe.core.recording import Source
from transcribe.core.settings import OPTIONS, WORDS_DEPEND_ON, Settings
from transcribe.pipeline.ports import Run
from transcribe.pipeline.stages.probe import probe


def check_document(document: Path, episode: Episode) -> None:
    """Refuse a transcript whose words do not tell what is said where in its recording.

    Raises:
        RedactionError: It has no words, or is of a part, or a translation.
        InputError: Its recording does not lie beside it, or is several files.
    """
    if not episode.transcript.segments:
        raise RedactionError(f"{document} has no words, so nothing can be found in it")
    said = dict(episode.provenance.settings)
    if said.get("translate") == "true":
        raise RedactionError(
            f"{document} is a translation: its words are not those of the sound",
            "Transcribe it without --translate",
        )
    if said.get("from_ms") or said.get("to_ms"):
        raise RedactionError(
            f"{document} is of a part of its recording: nobody knows what is said in the rest",
            "Transcribe all of it",
        )
    own = {track.sha256 for track in episode.tracks if not track.divided}
    if len(episode.tracks) > 1 and episode.source.sha256 in own:
        raise InputError(
            f"{document} is of several recordings, and a copy is made of one",
            "Transcribe them with --mix, and redact that",
        )
    if not episode.source.path or not Path(episode.source.path).is_file():
        raise InputError(
            f"the recording {episode.source.name} does not lie beside {document}",
            "Put it there; the copy is made of it",
        )


def proof_settings(episode: Episode, settings: Settings, model: str) -> Settings:
    """Settings that recognise as the transcript was made, on this machine.

    Args:
        settings: Those of the command: what the machine may use.
        model: Another model; empty: the same.
    """
    again = replace(Settings(), compute=settings.compute)
    for name, value in episode.provenance.settings:
        declared = OPTIONS.get(name)
        if declared and declared.group in WORDS_DEPEND_ON and value != declared.show(declared.default):
            with suppress(ValueError):  # what `auto` stood for
                again = again.replace({name: value})
    again = again.replace({"model": model or episode.provenance.model.name})
    if len(episode.source.streams) > 1:
        again = again.replace({"audio_stream": episode.source.stream})
    if any(track.channel is not None for track in episode.tracks):
        return again.replace({"channels": True, "channel": None, "audio_stream": None})
    if any(track.stream is not None for track in episode.tracks):
        return again.replace({"tracks": True, "audio_stream": None})
    return again


def open_recording(episode: Episode, run: Run, *, chosen_model: bool) -> Source:
    """The recording, which has to be the one that was transcribed.

    Args:
        chosen_model: Whether somebody chose another model than that of the transcript.

    Raises:
        InputError: It cannot be read, or is another one.
        ModelError: The model of the transcript is not installed, or is another one of the same name.
    """
    if not chosen_model and run.engines.model.sha256 != episode.provenance.model.sha256:
        raise ModelError(
            f"the model {run.engines.model.name} is not the one that made the transcript",
            "Choose what recognises the copy with --model",
        )
    path = Path(episode.source.path)
    source = probe(path, episode.source.stream, run.engines.prober)
    if source.sha256 != episode.source.sha256:
        raise InputError(
            f"{path} is not the recording that was transcribed, or has changed since", "Transcribe it"
        )
    return source
