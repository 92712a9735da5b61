"""How many speakers there may be: what `--speakers` says, parsed once."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_SPEAKERS = 100
"""More than any recording that can be told apart; a larger number is a slip."""


@dataclass(frozen=True)
class SpeakerCount:
    """How many speakers are told apart.

    Attributes:
        fewest: Speakers there are at the least; 0 where nobody is told apart.
        most: At the most; None: as many as are found.
    """

    fewest: int = 0
    most: int | None = None

    def __bool__(self) -> bool:
        return self.fewest > 0

    def __str__(self) -> str:
        if not self:
            return "off"
        if self.most is None:
            return "auto"
        return str(self.fewest) if self.fewest == self.most else f"{self.fewest}-{self.most}"

    @classmethod
    def parse(cls, text: str) -> SpeakerCount:
        """Read `off`, `auto`, `N` or `MIN-MAX`.

        Raises:
            ValueError: It is none of them; the message goes on after the option's name.
        """
        wish = text.strip().lower()
        if wish in ("off", "no", "false", ""):
            return cls()
        if wish == "auto":
            return cls(1)
        numbers = re.fullmatch(r"(\d{1,4})(?:\s*-\s*(\d{1,4}))?", wish)
        if numbers is None:
            raise ValueError("not a number of speakers; say auto, 2, or 2-4")
        fewest, most = int(numbers[1]), int(numbers[2] or numbers[1])
        if fewest < 1 or most > MOST_SPEAKERS:
            raise ValueError(f"there are 1 to {MOST_SPEAKERS} speakers; say auto, 2, or 2-4")
        if fewest > most:
            raise ValueError(f"the first number is larger than the second; say {most}-{fewest}")
        return cls(fewest, most)
