"""Searching the archive: where something was said, by whom, who said it first, how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Annotated

from msgspec import Meta

from transcribe.archive.places import Asked, By, Find, Near, Order
from transcribe.archive.query import Query, Said
from transcribe.archive.reader import Indexed, Reader

FUSION = 60
MEANT = 10
"""Places by meaning: to every question there is a nearest one."""

MORE = 60
"""Places beyond those that are wanted: how near its words stand together decides which are the best."""


@dataclass(frozen=True)
class Hit:
    """A place where something was said."""

    document: Annotated[str, Meta(description="Path of the episode's transcript document")]
    recording: Annotated[str, Meta(description="SHA-256 of the recording, hexadecimal")]
    title: Annotated[str, Meta(description="The episode")]
    show: Annotated[str, Meta(description="Its show; where none is known, the folder of the document")]
    aired: Annotated[str, Meta(description="Its day; or empty")]
    speaker: Annotated[str, Meta(description="Who says it; empty where that is not known")]
    language: Annotated[str, Meta(description="Language, ISO 639-1; empty where that is not known")]
    start_ms: Annotated[int, Meta(description="Where the first word begins, in ms")]
    last_ms: Annotated[int, Meta(description="Where the last word begins, in ms")]
    before: Annotated[str, Meta(description="What is said before")]
    words: Annotated[str, Meta(description="What was found, from the first to the last word")]
    after: Annotated[str, Meta(description="What is said after it")]
    score: Annotated[float, Meta(description="How well it fits; above 1, it is said as it was typed")]
    by: Annotated[By, Meta(description="What found it; by meaning alone, the score is the cosine")] = "words"


@dataclass(frozen=True)
class Month:
    """How often something was said in a show in a month."""

    show: str
    month: Annotated[str, Meta(description="As 2025-06; empty where the day is not known")]
    count: int


def search(
    reader: Reader,
    query: Query,
    most: int,
    order: Order = "rank",
    among: Callable[[Indexed], bool] | None = None,
    near: Near = (),
) -> list[Hit]:
    """The best places, or the first ones; of one passage only the best place.

    Args:
        among: Whether an episode is looked at; None: all are.
        near: What is nearest by meaning; it counts where all that is wanted are words in any inflection.

    Raises:
        OutputError: The archive is damaged, or that takes too long.
    """
    found: dict[tuple[int, int], Find] = {}
    as_typed = _as_typed(query) if order == "rank" else None
    together = order == "rank" and len(query.wanted) > 1
    for question in filter(None, (as_typed, query)):
        asked = Asked(reader, question, among)
        for each in asked.finds(order, 1.0 if question is as_typed else 0.0):
            found.setdefault((each.passage.episode, each.place.start_ms), each)
            if len(found) >= most + (MORE if together else 0):
                break
        if len(found) >= most:  # all of them as it was typed
            break
    finds = list(found.values())
    best = finds if order == "first" else sorted(finds, key=lambda each: -each.score)
    if near and order == "rank" and has_meaning(query):
        best = _fused(best, list(islice(asked.meant(near), MEANT)))
    return [_hit(asked, each) for each in best[:most]]


def has_meaning(query: Query) -> bool:
    """Whether a question asks for words whatever their form; not for a phrase or a beginning."""
    return all(each.inflected and not each.begins for each in query.wanted)


def _fused(said: Sequence[Find], meant: Sequence[Find]) -> list[Find]:
    """Both in one order: what is said as it was typed, then reciprocal-rank fusion of words and meaning.

    Cormack, Clarke and Büttcher 2009: 1 / (60 + rank), summed over the lists that a passage is in.
    """
    found: dict[int, Find] = {}
    points: dict[int, float] = {}
    for each in (said, meant):
        for rank, find in enumerate(each):
            number = find.passage.number
            known = found.setdefault(number, find)
            if known.by != find.by:
                found[number] = replace(known, by="both")
            points[number] = points.get(number, 0.0) + 1 / (FUSION + rank)
    return sorted(found.values(), key=lambda each: (each.score < 1, -points[each.passage.number]))


def count(reader: Reader, query: Query) -> list[Month]:
    """How often it was said, by show and month; of several words, in how many places.

    Raises:
        OutputError: The archive is damaged, or that takes too long.
    """
    asked = Asked(reader, query)
    times = asked.counted()
    if times is None:
        times = _counted_by_reading(asked)
    months: Counter[tuple[str, str]] = Counter()
    for episode, number in times.items():
        months[asked.episodes[episode].show, asked.episodes[episode].aired[:7]] += number
    return [Month(show, month, number) for (show, month), number in sorted(months.items())]


def _counted_by_reading(asked: Asked) -> Counter[int]:
    said = {(passage.episode, place.start_ms) for passage, places in asked.found("") for place in places}
    return Counter(episode for episode, _ in said)


def _as_typed(query: Query) -> Query | None:
    """The same question for its words one after the other as they stand; None where that is no other."""
    one = len(query.wanted) == 1
    if any(each.begins for each in query.wanted) or (one and not query.wanted[0].inflected):
        return None
    units = tuple(unit for each in query.wanted for unit in each.units)
    return replace(query, wanted=(Said(units, inflected=False),))


def _hit(asked: Asked, find: Find) -> Hit:
    """A place with all that is known about it."""
    episode = asked.episode(find.passage.episode)
    before, words, after = asked.context(find.passage, find.place)
    return Hit(
        document=str(episode.document),
        recording=episode.recording,
        title=episode.title,
        show=episode.show,
        aired=episode.aired,
        speaker=asked.speakers[find.passage.speaker],
        language=find.passage.language,
        start_ms=find.place.start_ms,
        last_ms=find.place.last_ms,
        before=before,
        words=words,
        after=after,
        score=find.score,
        by=find.by,
    )
