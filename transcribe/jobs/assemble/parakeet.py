"""Parakeet and the Whisper beside it: what it is not asked for, which model hears again, how workers open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from transcribe.core.errors import UsageError
from transcribe.core.settings import MULTI, RecogniseSettings, Settings
from transcribe.jobs.assemble.device import Place
from transcribe.jobs.assemble.memory import require_memory
from transcribe.jobs.assemble.workers import layout
from transcribe.models.catalogue import RECOGNITION
from transcribe.models.installed import InstalledModel, check_before_load
from transcribe.models.store import Store

if TYPE_CHECKING:
    from transcribe.engines.parakeet import Parakeet
    from transcribe.engines.pool import WorkerPool


def check_asked(asked: RecogniseSettings) -> None:
    """Make sure that Parakeet can do what it is asked for.

    Raises:
        UsageError: It knows no such language, or has nothing that reads the option.
    """
    from transcribe.engines.parakeet import LANGUAGES

    if asked.language not in ("auto", MULTI, *LANGUAGES):
        raise UsageError(
            f"--language {asked.language}: Parakeet knows {', '.join(sorted(LANGUAGES))} only",
            "Use Whisper: another --model, or another --engine",
        )
    beyond = {
        "--translate": asked.translate,
        "--prompt": asked.prompt,
        "--vocabulary": asked.vocabulary,
        "--term": asked.terms,
        "--beam-size": asked.beam_size > 1,
    }
    for flag, given in beyond.items():
        if given:
            raise UsageError(
                f"{flag}: Parakeet can only transcribe, without prompt, vocabulary and candidates",
                "Leave it out, or use Whisper: another --model, or another --engine",
            )


def whisper_beside(store: Store) -> InstalledModel | None:
    """The best installed model of Whisper that knows every language and can be read here, if there is one."""
    from transcribe.engines import ctranslate2

    readable = RECOGNITION if ctranslate2.is_installed() else ("whisper",)
    found = (model for model in store.installed() if model.kind in readable and model.multilingual)
    return next(found, None)


def identity(_model: InstalledModel, _settings: Settings, _place: Place) -> str:
    """The engine and what hears again, which has a say in the words.

    Raises:
        DependencyError: The engine is not installed.
    """
    from transcribe.engines import ctranslate2, parakeet, whisper_cpp

    own, whisper = parakeet.identity(), whisper_beside(Store())
    if whisper is None:
        return own
    engine = ctranslate2.identity() if whisper.kind == "ctranslate2" else whisper_cpp.identity("cpu")
    return f"{own}; doubts heard by {whisper.name} ({whisper.sha256[:12]}) with {engine}"


@contextmanager
def open_workers(model: InstalledModel, settings: Settings, place: Place) -> Iterator[WorkerPool[Parakeet]]:
    """Workers that each load the model, and Whisper when it is first needed."""
    from transcribe.engines.ctranslate2 import CTranslate2
    from transcribe.engines.parakeet import Parakeet
    from transcribe.engines.pool import Crew, WorkerPool
    from transcribe.engines.whisper_cpp import WhisperCpp

    check_before_load(model)
    whisper, both = whisper_beside(Store()), model
    if whisper:
        both = replace(model, memory_bytes=model.memory_bytes + whisper.memory_bytes)
        check_before_load(whisper)
    require_memory(both)
    workers, threads = layout(settings.compute, both, shared=False)
    engine = Parakeet(str(model.path.parent), threads)
    if whisper and whisper.kind == "ctranslate2":
        engine.load_whisper = CTranslate2(str(whisper.path.parent), threads).load
    elif whisper:
        engine.load_whisper = WhisperCpp(
            str(whisper.path), whisper.alignment, threads, settings.display.debug
        ).load
    crew = Crew((engine.load,) * workers, share=False, name=f"Parakeet with {model.name}")
    with WorkerPool(crew, warning=place.warning) as pool:
        yield pool
