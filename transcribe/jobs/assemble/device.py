"""What computes: the processor, or the graphics cards that an engine can use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from transcribe.core.errors import DependencyError, UsageError
from transcribe.engines.cards import Card, Cards

CPU, AUTO = "cpu", "auto"


@dataclass(frozen=True)
class Place:
    """What computes.

    Attributes:
        device: `cpu`, or how the cards are driven.
        cards: The cards; none for the processor.
        asked: Whether it was asked for by its name, so that nothing else is taken from the start.
        warning: Why a card that is there is not used; empty where there is nothing to say.
        instructions: What whisper.cpp was built with, where it was asked.
    """

    device: str = CPU
    cards: tuple[Card, ...] = ()
    asked: bool = False
    warning: str = ""
    instructions: tuple[str, ...] | None = None


PROCESSOR = Place()


def choose_place(asked: str, engine: str, drives: tuple[str, ...], find_cards: Callable[[], Cards]) -> Place:
    """What computes for an engine.

    Args:
        asked: `--device`.
        engine: The engine's name.
        drives: How it can drive cards.
        find_cards: Looks for its cards.

    Raises:
        UsageError: The engine drives no such cards.
        DependencyError: What is asked for by its name cannot be used.
    """
    if asked not in (AUTO, CPU, *drives):
        raise UsageError(
            f"--device {asked}: {engine} computes on {', '.join((CPU, *drives))} only",
            "Choose another --device, or another --engine",
        )
    if asked == CPU:
        return PROCESSOR
    found = find_cards()
    built_with = found.instructions or None
    if found.cards and not found.problem and asked in (AUTO, found.device):
        return Place(found.device, found.cards, asked != AUTO, instructions=built_with)
    if asked == AUTO:
        warning = f"{engine} uses the processor: {found.problem}. {found.advice}" if found.cards else ""
        return Place(warning=warning, instructions=built_with)
    problem = found.problem or f"{engine} was built here for {found.device}"
    advice = f"{found.advice}; or" if found.problem and found.advice else "Use --device auto or"
    raise DependencyError(f"--device {asked}: {problem}", f"{advice} --device cpu")
