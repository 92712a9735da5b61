"""The one table from settings to engines: which program decodes, which model recognises."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from transcribe.core.episode import ModelIdentity
from transcribe.core.errors import ModelError, UsageError
from transcribe.core.settings import MULTI, RecogniseSettings, Settings
from transcribe.jobs.assemble.diariser import diariser_of
from transcribe.jobs.assemble.workers import layout
from transcribe.models.catalogue import Kind
from transcribe.models.installed import InstalledModel, check_before_load
from transcribe.models.store import Store
from transcribe.pipeline.ports import Engines

if TYPE_CHECKING:
    from transcribe.engines.ctranslate2 import CTranslate2
    from transcribe.engines.pool import WorkerPool
    from transcribe.engines.whisper_cpp import WhisperCpp
    from transcribe.pipeline.ports import SpeechDetector

OpenPool = Callable[[InstalledModel, Settings], AbstractContextManager["WorkerPool[Any]"]]


def choose_engines(settings: Settings) -> Engines:
    """Find the programs and weights that the settings ask for; nothing is loaded yet.

    Raises:
        ModelError: The model is not installed, or does not know the language.
        DependencyError: ffmpeg or the engine is missing.
    """
    from transcribe.engines.editing import FfmpegEditor
    from transcribe.engines.ffmpeg import Ffmpeg

    recogniser = RECOGNISERS[settings.recognise.engine]
    engine = recogniser.identity()
    model = Store().find(settings.recognise.model, recogniser.reads)
    _check_language(settings.recognise, model)
    media = Ffmpeg.find(settings.compute, settings.normalise)
    return Engines(
        program=program(),
        prober=media,
        decoder=media,
        open_detector=open_detector,
        open_workers=partial(recogniser.open, model, settings),
        engine=engine,
        model=ModelIdentity(model.name, model.sha256, model.licence),
        editor=FfmpegEditor(media),
        **diariser_of(settings),
    )


def program() -> str:
    """Name and version of this program."""
    return f"transcribe {importlib.metadata.version('transcribe-offline')}"


def open_detector() -> SpeechDetector:
    """Load the speech detector."""
    from transcribe.engines.silero import SileroDetector

    return SileroDetector()


@contextmanager
def _open_whisper_cpp(model: InstalledModel, settings: Settings) -> Iterator[WorkerPool[WhisperCpp]]:
    from transcribe.engines.pool import WorkerPool
    from transcribe.engines.whisper_cpp import WhisperCpp

    check_before_load(model)
    workers, threads = layout(settings.compute, model, shared=True)
    engine = WhisperCpp(str(model.path), model.alignment, threads, settings.display.debug)
    with closing(engine), WorkerPool(engine.load, workers, name=f"whisper.cpp with {model.name}") as pool:
        yield pool


@contextmanager
def _open_ctranslate2(model: InstalledModel, settings: Settings) -> Iterator[WorkerPool[CTranslate2]]:
    """Workers that each load the model: the engine's threads do not survive a fork."""
    from transcribe.engines.ctranslate2 import CTranslate2, import_packages
    from transcribe.engines.pool import WorkerPool, process_context

    check_before_load(model)
    if process_context().get_start_method() == "fork":
        import_packages()
    asked = settings.recognise
    workers, threads = layout(settings.compute, model, shared=False)
    engine = CTranslate2(str(model.path.parent), threads, asked.compute_type)
    name = f"CTranslate2 with {model.name}"
    with WorkerPool(engine.load, workers, asked.batch_size, share=False, name=name) as pool:
        yield pool


def _whisper_cpp_identity() -> str:
    from transcribe.engines.whisper_cpp import identity

    return identity()


def _ctranslate2_identity() -> str:
    from transcribe.engines.ctranslate2 import identity

    return identity()


@dataclass(frozen=True)
class RecogniserChoice:
    """What `--engine` chooses.

    Attributes:
        reads: The form of model it reads.
        identity: Its packages and versions; raises DependencyError when they are missing.
        open: Starts its workers.
        shared: Whether its workers share the weights.
    """

    reads: Kind
    identity: Callable[[], str]
    open: OpenPool
    shared: bool


RECOGNISERS = {
    "whisper.cpp": RecogniserChoice("whisper", _whisper_cpp_identity, _open_whisper_cpp, shared=True),
    "ctranslate2": RecogniserChoice("ctranslate2", _ctranslate2_identity, _open_ctranslate2, shared=False),
}


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
            f"the model {model.name} knows English only and cannot {wish}", "Choose another with --model"
        )
