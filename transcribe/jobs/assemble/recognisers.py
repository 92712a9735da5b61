"""The recognition engines: what each reads, what it computes on, and how its workers are opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from transcribe.core.errors import UsageError
from transcribe.core.settings import ComputeSettings, Settings
from transcribe.jobs.assemble import parakeet
from transcribe.jobs.assemble.device import Place, choose_place
from transcribe.jobs.assemble.memory import require_memory
from transcribe.jobs.assemble.workers import layout, threads_of
from transcribe.models.catalogue import Kind
from transcribe.models.installed import InstalledModel, check_before_load

if TYPE_CHECKING:
    from transcribe.engines.cards import Cards
    from transcribe.engines.ctranslate2 import CTranslate2
    from transcribe.engines.pool import Crew, WorkerPool
    from transcribe.engines.whisper_cpp import WhisperCpp

T = TypeVar("T")

OpenPool = Callable[[InstalledModel, Settings, Place], AbstractContextManager["WorkerPool[Any]"]]

PROCESSOR_BATCH = 4
"""Windows that CTranslate2 decodes at a time on a processor."""

ON_THE_PROCESSOR = {"auto": "int8", "float16": "float32", "int8_float16": "int8"}
"""What a processor computes with instead of what only cards can."""

MOST_CARD_THREADS = 8
"""Threads of a worker on a card: the processor prepares and samples only."""


def place_for(settings: Settings, engine: str) -> Place:
    """What computes for an engine.

    Raises:
        DependencyError: The engine or the device that is asked for is missing.
        UsageError: The engine does not compute so.
    """
    choice = RECOGNISERS[engine]
    return choose_place(settings.compute.device, engine, choice.drives, choice.find_cards)


@contextmanager
def _open_whisper_cpp(
    model: InstalledModel, settings: Settings, place: Place
) -> Iterator[WorkerPool[WhisperCpp]]:
    from transcribe.engines.pool import Crew
    from transcribe.engines.whisper_cpp import WhisperCpp

    _check(model, place)
    workers, threads = layout(settings.compute, model, shared=True)
    engine = WhisperCpp(str(model.path), model.alignment, threads, settings.display.debug)
    crew = Crew((engine.load,) * workers, share=True, name=f"whisper.cpp with {model.name}")
    cards = [
        replace(engine, card=card, threads=threads).load
        for card, threads in _card_workers(settings.compute, place)
    ]
    with closing(engine), _pool(crew, 1, cards, 1, place) as pool:
        yield pool


@contextmanager
def _open_ctranslate2(
    model: InstalledModel, settings: Settings, place: Place
) -> Iterator[WorkerPool[CTranslate2]]:
    """Workers that each load the model: the engine's threads do not survive a fork."""
    from transcribe.engines.ctranslate2 import CTranslate2, import_packages
    from transcribe.engines.ctranslate2_cards import batch_for
    from transcribe.engines.pool import Crew, process_context

    _check(model, place)
    if process_context().get_start_method() == "fork":
        import_packages()
    asked = settings.recognise
    workers, threads = layout(settings.compute, model, shared=False)
    batch = asked.batch_size or PROCESSOR_BATCH
    numbers = ON_THE_PROCESSOR.get(asked.compute_type, asked.compute_type)
    engine = CTranslate2(str(model.path.parent), threads, numbers, batch)
    crew = Crew((engine.load,) * workers, share=False, name=f"CTranslate2 with {model.name}")
    numbers = numbers_for(model, settings, place)
    card_batch = asked.batch_size or min((batch_for(card, model.bytes) for card in place.cards), default=1)
    cards = [
        replace(
            engine, threads=threads, compute_type=numbers, most=card_batch, device=place.device, card=card
        ).load
        for card, threads in _card_workers(settings.compute, place)
    ]
    with _pool(crew, batch, cards, card_batch, place) as pool:
        yield pool


def _check(model: InstalledModel, place: Place) -> None:
    """Refuse what does not fit into memory, before it is read from end to end; a card has its own."""
    if not place.cards:
        require_memory(model)
    check_before_load(model)


def _card_workers(compute: ComputeSettings, place: Place) -> list[tuple[int, int]]:
    """The card and the threads of each worker on cards: one worker a card, if not asked for otherwise."""
    if not place.cards:
        return []
    count = compute.workers or len(place.cards)
    threads = compute.threads or min(MOST_CARD_THREADS, threads_of(compute, count))
    return [(number % len(place.cards), threads) for number in range(count)]


def _pool(
    processor: Crew[T], batch: int, cards: list[Callable[[], T]], card_batch: int, place: Place
) -> WorkerPool[T]:
    """The workers on the cards, for which those on the processor take over; without cards, the latter."""
    from transcribe.engines.pool import Crew, Substitute, WorkerPool

    if not cards:
        return WorkerPool(processor, batch, warning=place.warning)
    crew = Crew(tuple(cards), share=False, name=f"{processor.name} on {place.device}")
    substitute = Substitute(processor, not place.asked, "the processor hears what is left")
    return WorkerPool(crew, card_batch, substitute=substitute)


def numbers_for(model: InstalledModel, settings: Settings, place: Place) -> str:
    """What CTranslate2 computes with.

    Raises:
        UsageError: The processor cannot.
    """
    from transcribe.engines.ctranslate2_cards import compute_type_for
    from transcribe.models.ctranslate2 import stored_as

    asked = settings.recognise.compute_type
    if place.cards:
        return compute_type_for(asked, stored_as(model.path), place.cards[0].numbers)
    if asked != "auto" and asked in ON_THE_PROCESSOR:
        raise UsageError(
            f"--compute-type {asked}: the processor computes with int8 or float32",
            "Use --compute-type auto; or --device cuda on a machine with a card",
        )
    return ON_THE_PROCESSOR.get(asked, asked)


def _require_whisper_cpp() -> None:
    from transcribe.engines.whisper_cpp import bindings

    bindings()


def _require_ctranslate2() -> None:
    from transcribe.engines.ctranslate2 import require

    require()


def _require_parakeet() -> None:
    from transcribe.engines.parakeet import require

    require()


def _whisper_cpp_cards() -> Cards:
    from transcribe.engines.whisper_cpp import find_cards

    return find_cards()


def _ctranslate2_cards() -> Cards:
    from transcribe.engines.ctranslate2_cards import find_cards

    return find_cards()


def _no_cards() -> Cards:
    from transcribe.engines.cards import Cards

    return Cards("", problem="this engine computes on the processor only")


def _whisper_cpp_identity(_model: InstalledModel, _settings: Settings, place: Place) -> str:
    from transcribe.engines.whisper_cpp import identity

    return identity(place.device, place.instructions)


def _ctranslate2_identity(model: InstalledModel, settings: Settings, place: Place) -> str:
    from transcribe.engines.ctranslate2 import identity

    numbers = numbers_for(model, settings, place)
    return f"{identity()} on {place.device} in {numbers}" if place.cards else identity()


@dataclass(frozen=True)
class RecogniserEntry:
    """An engine.

    Attributes:
        reads: The form of model it reads.
        require: Raises DependencyError when its packages are missing.
        drives: How it can drive graphics cards.
        find_cards: Looks for them.
        identity: Its packages, versions and what computes; they have a say in the words.
        open: Starts its workers.
        shared: Whether its workers on the processor share the weights.
    """

    reads: Kind
    require: Callable[[], None]
    drives: tuple[str, ...]
    find_cards: Callable[[], Cards]
    identity: Callable[[InstalledModel, Settings, Place], str]
    open: OpenPool
    shared: bool


RECOGNISERS = {
    "whisper.cpp": RecogniserEntry(
        "whisper",
        _require_whisper_cpp,
        ("cuda", "vulkan", "metal"),
        _whisper_cpp_cards,
        _whisper_cpp_identity,
        _open_whisper_cpp,
        shared=True,
    ),
    "ctranslate2": RecogniserEntry(
        "ctranslate2",
        _require_ctranslate2,
        ("cuda",),
        _ctranslate2_cards,
        _ctranslate2_identity,
        _open_ctranslate2,
        shared=False,
    ),
    "parakeet": RecogniserEntry(
        "parakeet", _require_parakeet, (), _no_cards, parakeet.identity, parakeet.open_workers, shared=False
    ),
}
