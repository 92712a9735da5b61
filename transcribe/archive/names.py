"""What a question may be narrowed to: the shows, languages and speakers of some episodes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from transcribe.archive.reader import Indexed, Reader

MOST = 300
"""Of each: nobody chooses from a longer list."""

_NUMBERED = re.compile(r"S[0-9]+")
"""A speaker without a name is another one in each episode."""


@dataclass(frozen=True)
class Names:
    """Each in the order of the alphabet."""

    shows: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()


def names_of(reader: Reader, among: Callable[[Indexed], bool]) -> Names:
    """What there is in the episodes that are meant.

    Raises:
        OutputError: The archive is damaged, or that takes too long.
    """
    episodes = {number: each for number, each in reader.episodes().items() if among(each)}
    said = reader.rows(
        "select distinct p.language, s.name from passages p join speakers s on s.id = p.speaker "
        "where p.episode in (select value from json_each(?))",
        json.dumps([*episodes]),
    )
    return Names(
        _listed({each.show for each in episodes.values()}),
        _listed({language for language, _ in said}),
        _listed({name for _, name in said if not _NUMBERED.fullmatch(name)}),
    )


def _listed(names: set[str]) -> tuple[str, ...]:
    return tuple(sorted(names - {""}, key=str.casefold))[:MOST]
