"""From settings to engines: which program decodes, which engine recognises with which model."""

from __future__ import annotations

import importlib.metadata
from functools import partial
from typing import TYPE_CHECKING

from transcribe.core.episode import ModelIdentity
from transcribe.core.errors import ModelError, UsageError
from transcribe.core.settings import MULTI, RecogniseSettings, Settings
from transcribe.engines.ctranslate2 import CANDIDATES, ENGLISH_CANDIDATES
from transcribe.jobs.assemble import parakeet
from transcribe.jobs.assemble.choice import CTRANSLATE2, PARAKEET, Choice, choose
from transcribe.jobs.assemble.diariser import diariser_of
from transcribe.jobs.assemble.recognisers import RECOGNISERS, numbers_for
from transcribe.jobs.assemble.workers import cores
from transcribe.models.catalogue import weights_name
from transcribe.models.digest import read_always
from transcribe.models.installed import InstalledModel, check_listed
from transcribe.models.store import Store
from transcribe.pipeline.ports import LEFT_OPEN, Engines

if TYPE_CHECKING:
    from transcribe.pipeline.ports import SpeechDetector


def choose_engines(settings: Settings) -> Engines:
    """Find the programs and weights that the settings ask for; nothing is loaded yet.

    Raises:
        ModelError: The model is not installed, or does not know the language.
        DependencyError: ffmpeg or the engine is missing, or the device that is asked for.
        UsageError: The engine does not compute so, or cannot do what it is asked for.
    """
    from transcribe.engines.editing import FfmpegEditor
    from transcribe.engines.ffmpeg import Ffmpeg

    read_always(settings.compute.paranoid)
    found = choose(settings, Store())
    check_listed(found.model)  # also where all that is asked for was recognised before
    recogniser = RECOGNISERS[found.engine]
    if found.engine == PARAKEET:
        parakeet.check_asked(settings.recognise)
    else:
        _check_language(settings.recognise, found.model)
    media = Ffmpeg.find(settings.compute, settings.normalise)
    return Engines(
        program=program(),
        prober=media,
        decoder=media,
        open_detector=open_detector,
        open_workers=partial(recogniser.open, found.model, settings, found.place),
        engine=recogniser.identity(found.model, settings, found.place),
        chosen=_chosen(found, settings),
        model=ModelIdentity(found.model.name, found.model.sha256, found.model.licence),
        summary=summary_of(found, settings),
        editor=FfmpegEditor(media),
        **diariser_of(settings),
    )


def summary_of(found: Choice, settings: Settings) -> str:
    """What recognises, for people: `ctranslate2 int8 on 2 cores, base`."""
    numbers = f" {numbers_for(found.model, settings, found.place)}" if found.engine == CTRANSLATE2 else ""
    where = f"{found.place.cards[0].name} ({found.place.device})" if found.place.cards else _cores(settings)
    return f"{found.engine}{numbers} on {where}, {weights_name(found.model.name)}"


def _cores(settings: Settings) -> str:
    count = settings.compute.workers * max(1, settings.compute.threads) or cores()
    return "1 core" if count == 1 else f"{count} cores"


def program() -> str:
    """Name and version of this program."""
    return f"transcribe {importlib.metadata.version('transcribe-offline')}"


def open_detector() -> SpeechDetector:
    """Load the speech detector.

    Raises:
        ModelError: Its weights are missing, or in no lock.
    """
    from transcribe.engines.silero import SileroDetector
    from transcribe.models.model_lock import check_locked

    identity = SileroDetector.identity
    check_locked(identity.name, [identity.sha256])
    return SileroDetector()


def _chosen(found: Choice, settings: Settings) -> tuple[tuple[str, str], ...]:
    """What stands for `auto` and 0; on a card a batch depends on its memory, which is nobody's setting."""
    said = {**dict(LEFT_OPEN), "engine": found.engine}
    if found.engine == CTRANSLATE2:
        said["beam_size"] = f"{CANDIDATES}, {ENGLISH_CANDIDATES} in English"
        said["compute_type"] = numbers_for(found.model, settings, found.place)
        if found.place.cards:
            del said["batch_size"]
    return tuple(said.items())


def _check_language(settings: RecogniseSettings, model: InstalledModel) -> None:
    from transcribe.engines.whisper_cpp import known_languages

    if settings.language not in ("auto", MULTI, *known_languages()):
        raise UsageError(
            f"{settings.language!r} is not a language Whisper knows",
            "Use a code such as en, pl or de, or auto, or multi",
        )
    if not model.multilingual and (settings.language not in ("auto", "en") or settings.translate):
        wish = "translate" if settings.translate else f"transcribe {settings.language!r}"
        if settings.language == MULTI:
            wish = "tell languages apart"
        raise ModelError(
            f"the model {weights_name(model.name)} knows English only and cannot {wish}",
            "Choose another with --model",
        )
