"""Which engine recognises, with which form of the model: the one place for the rule of `--engine auto`."""

from __future__ import annotations

from dataclasses import dataclass

from transcribe.core.errors import DependencyError, UsageError
from transcribe.core.settings import Settings
from transcribe.jobs.assemble.device import AUTO, CPU, Place
from transcribe.jobs.assemble.recognisers import RECOGNISERS, place_for
from transcribe.models.catalogue import Kind
from transcribe.models.installed import InstalledModel
from transcribe.models.store import Store

WHISPER_CPP, CTRANSLATE2, PARAKEET = "whisper.cpp", "ctranslate2", "parakeet"


@dataclass(frozen=True)
class Choice:
    """What recognises.

    Attributes:
        engine: A key of `RECOGNISERS`.
        model: The weights, in the form that it reads.
        place: What computes.
        reason: Why, in a few words.
    """

    engine: str
    model: InstalledModel
    place: Place
    reason: str


def choose(settings: Settings, store: Store) -> Choice:
    """The engine that is asked for; with `auto`, the one that suits the machine and the model.

    Only engines that read an installed form of the model, and drive the device that is asked for, come
    into question. Of two, `engine_of_machine` decides. Parakeet comes into question where its model is named.

    Raises:
        ModelError: The model is not installed, or not in the form that the engine reads.
        DependencyError: The engine is missing, or the device that is asked for.
        UsageError: The engine does not compute so.
    """
    asked, model = settings.recognise.engine, settings.recognise.model
    if asked != AUTO:
        RECOGNISERS[asked].require()
        return Choice(
            asked,
            store.find(model, RECOGNISERS[asked].reads),
            place_for(settings, asked),
            "asked for",
        )
    forms = store.forms(model)
    engines = [name for name, entry in RECOGNISERS.items() if entry.reads in forms]
    if len(engines) == 1:
        engine, reason = engines[0], "it alone reads this form of the model"
    else:
        engine, reason = engine_of_machine(settings)
    RECOGNISERS[engine].require()
    return Choice(engine, forms[RECOGNISERS[engine].reads], place_for(settings, engine), reason)


def engine_of_machine(settings: Settings) -> tuple[str, str]:
    """The engine for a model that is there in both forms, and why.

    whisper.cpp where it drives a graphics card (Metal, or what it was built for), or where CTranslate2 cannot
    be loaded or does not drive the device that is asked for; else CTranslate2, which takes a quarter to half
    of the time on a processor (benchmarks/results/peers-base.md).
    """
    device = settings.compute.device
    if device not in (AUTO, CPU, *RECOGNISERS[CTRANSLATE2].drives):
        return WHISPER_CPP, f"it alone drives {device}"
    try:
        if (place := place_for(settings, WHISPER_CPP)).cards:
            return WHISPER_CPP, f"it drives a card by {place.device}"
    except (DependencyError, UsageError):
        pass
    try:
        RECOGNISERS[CTRANSLATE2].require()
    except DependencyError:
        return WHISPER_CPP, "ctranslate2 is not installed"
    return CTRANSLATE2, "the faster one on this machine"


def form_of_machine(settings: Settings) -> Kind:
    """The form of a model that the engine of this machine reads; `--engine` decides where it is given."""
    asked = settings.recognise.engine
    return RECOGNISERS[engine_of_machine(settings)[0] if asked == AUTO else asked].reads
