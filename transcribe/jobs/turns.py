"""Jobs in turns: one is finished after the other, the next are begun when a worker has nothing to do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, TypeVar

from transcribe.core.errors import TranscribeError
from transcribe.core.events import HeldBack
from transcribe.core.unexpected import ends_run, for_people
from transcribe.jobs.warm import kept_loaded
from transcribe.pipeline.ports import Run
from transcribe.pipeline.suspend import Pause, Pausing

Item = TypeVar("Item")


@dataclass(eq=False)
class Turn(Generic[Item]):
    """A job under way. What it tells is held back until it is its turn, and so is its error.

    Whatever goes wrong with it, a bug too, is caught here and costs this job only.

    Attributes:
        debug: Whether to show on standard error where an unexpected error comes from.
        pause: What it waits for; None while it is run, and once it is over.
        over: Whether it came to its end, perhaps before its turn.
    """

    item: Item
    told: HeldBack
    work: Pausing[None]
    debug: bool
    pause: Pause | None = None
    error: TranscribeError | None = None
    over: bool = False

    def advance(self) -> None:
        """Go on to the next pause, or to the end."""
        self.pause = None  # while it runs, it may be asked whether it waits for something
        try:
            self.pause = next(self.work, None)
            self.over = self.pause is None
        except Exception as error:
            if ends_run(error):
                raise
            self.error = for_people(error, debug=self.debug)

    def unlocked(self) -> bool:
        """Go on if it waits for somebody else; whether it came further."""
        if self.pause is not Pause.LOCK:
            return False
        self.advance()
        return self.pause is not Pause.LOCK

    def finish(self) -> bool:
        """Go on to the end, unless it waits for somebody else; whether it came to the end."""
        self.unlocked()
        if self.pause is not Pause.LOCK:
            self.told.release()
        while self.pause is Pause.RECOGNISER:
            self.advance()
        return self.pause is None


class Turns(ABC, Generic[Item]):
    """Runs jobs with engines that are loaded once."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.begun: list[Turn[Item]] = []

    @abstractmethod
    def next_turn(self) -> Turn[Item] | None:
        """The next job; None where there is none now, and, while none is under way, none any more."""

    @abstractmethod
    def ended(self, turn: Turn[Item]) -> None:
        """A job came to its end."""

    @abstractmethod
    def rest(self) -> None:
        """Every job under way waits for somebody else: let a moment pass."""

    def all(self) -> None:
        """Run jobs until there are none any more."""
        with kept_loaded(self.run, self._more) as self.run, closing(self):
            while self.begun or self._begin_next():
                finished = next((each for each in self.begun if each.finish()), None)
                if finished is not None:
                    self.begun.remove(finished)
                    self.ended(finished)
                elif not self._begin_next():
                    self.rest()

    def close(self) -> None:
        """Give up what is under way."""
        for turn in self.begun:
            turn.work.close()
            if turn.over:  # where nothing has to be recognised, a recording is published before its turn
                turn.told.release()

    def _more(self) -> bool:
        """Get a job to where it waits for the recogniser; whether one came further."""
        return any(turn.unlocked() for turn in self.begun) or self._begin_next()

    def _begin_next(self) -> bool:
        turn = self.next_turn()
        if turn is None:
            return False
        if not self.begun:
            turn.told.release()
        self.begun.append(turn)
        turn.advance()
        return True
