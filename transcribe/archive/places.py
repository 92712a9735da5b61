"""The passages of an archive in which what is wanted is said, and the places in them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Literal

from transcribe.archive.matching import Sought, languages, sought
from transcribe.archive.pieces import words_of, written
from transcribe.archive.query import Narrowed, Query
from transcribe.archive.reader import Indexed, Reader
from transcribe.archive.units import folded, units_of, without_marks
from transcribe.notes.terms import is_unspaced

AROUND = 12
"""Words of context on each side."""

MEANT_WORDS = 24
"""Words at the start of a passage that stand for it, where it is found by its meaning."""

MOST_MEANT = 0.999
"""Score of a place by meaning: below that of what is said as it was typed."""

By = Literal["words", "meaning", "both"]
Order = Literal["rank", "first"]
Near = Sequence[tuple[int, float]]
"""The passages that are nearest by meaning: number and cosine, the nearest first."""


@dataclass(frozen=True)
class Passage:
    """A passage that the index proposes, and how well it fits (BM25, 0 to 1)."""

    number: int
    episode: int
    speaker: int
    language: str
    score: float


@dataclass(frozen=True)
class Place:
    """Where it stands in a passage.

    Attributes:
        first: Number of the first word; `last`: that of the last one, which is in it.
        closeness: How near its words stand together, 0 to 1.
    """

    first: int
    last: int
    start_ms: int
    last_ms: int
    closeness: float


@dataclass(frozen=True)
class Find:
    """A place in a passage, and how well it fits."""

    passage: Passage
    place: Place
    score: float
    by: By = "words"


_PROPOSED = (
    "select p.id, p.episode, p.speaker, p.language, {} from found join passages p on p.id = found.rowid "
    "{} where found match ?"
)
_DATED = "join episodes e on e.id = p.episode"
_ORDERS = {"rank": "found.rank", "first": "e.aired = '', e.aired, e.id, p.start_ms", "": "found.rowid desc"}
"""What begins with one letter is in every passage, and its rank says nothing."""


_COUNTED = (
    "select {} from json_each(?) t cross join temp.spots s on s.term = t.value "
    "cross join passages p on p.id = s.doc where p.language = ? and s.offset >= p.shared"
)


class Asked:
    """A question, with the episodes and speakers that it is about."""

    def __init__(self, reader: Reader, query: Query, among: Callable[[Indexed], bool] | None = None) -> None:
        self._reader, self._query, self._among = reader, query, among
        self._wanted = [sought(reader, each) for each in query.wanted]
        self._unwanted = [sought(reader, each) for each in query.unwanted]
        self._some = bool(among or query.after or query.before or query.shows)

    @cached_property
    def episodes(self) -> dict[int, Indexed]:
        """Those that the question is about, by their numbers."""
        among = self._among or (lambda _: True)
        every = self._reader.episodes()
        return {key: each for key, each in every.items() if _is_about(each, self._query) and among(each)}

    @cached_property
    def speakers(self) -> dict[int, str]:
        """All of the archive, by their numbers."""
        return dict(self._reader.rows("select id, name from speakers"))

    def episode(self, number: int) -> Indexed:
        """One that was found."""
        (found,) = self._reader.episodes("id = ?", number).values()
        return found

    def finds(self, order: Order, more: float) -> Iterator[Find]:
        """The places, one of a passage.

        Args:
            more: Is added to their scores.
        """
        everywhere = any(each.begins and each.units == (each.units[0][:1],) for each in self._query.wanted)
        for passage, (place, *_) in self.found("" if everywhere and order == "rank" else order):
            yield Find(passage, place, round(more + passage.score * place.closeness, 3))

    def meant(self, near: Near) -> Iterator[Find]:
        """The passages that are nearest by meaning and fit in all else, the nearest first."""
        narrow, values = self._narrowed()
        meant = self._reader.rows(
            "select p.id, p.episode, p.speaker, p.language from passages p "  # noqa: S608
            f"where p.id in (select value from json_each(?)) {narrow}",
            json.dumps([number for number, _ in near]), *values,
        )  # fmt: skip
        known = {number: rest for number, *rest in meant}
        for number, nearness in near:
            if number not in known:
                continue
            words, starts = self._reader.text(number)
            units = [unit for word, _ in words for unit in units_of(word)]
            if units and not any(each.places(units, known[number][2]) for each in self._unwanted):
                last = min(len(words), MEANT_WORDS) - 1
                place = Place(0, last, starts[0], starts[last], 1.0)
                score = round(min(nearness, MOST_MEANT), 3)
                episode, speaker, language = known[number]
                passage = Passage(number, episode, speaker, language, nearness)
                yield Find(passage, place, score, "meaning")

    def context(self, passage: Passage, place: Place) -> tuple[str, str, str]:
        """What is said before, there, and after; the passages beside it have more of that."""
        words, starts = self._reader.text(passage.number)
        first, last = place.first, place.last
        if first < AROUND and (earlier := self._beside(passage, -1)):
            more = [word for word, start in zip(*earlier, strict=True) if start < starts[0]]
            words, first, last = more + words, first + len(more), last + len(more)
        if len(words) - last <= AROUND and (later := self._beside(passage, 1)):
            words += [word for word, start in zip(*later, strict=True) if start > starts[-1]]
        said = words[first : last + 1]
        if len(said) > 2 * AROUND:
            said = [*said[:AROUND], ("…", True), *said[-AROUND:]]
        parts = words[max(0, first - AROUND) : first], said, words[last + 1 : last + 1 + AROUND]
        return written(parts[0]), written(parts[1]), written(parts[2])

    def _beside(self, passage: Passage, step: int) -> tuple[list[tuple[str, bool]], list[int]] | None:
        """The passage before or after one, where the same speaker goes on."""
        found = self._reader.rows(
            "select id from passages where id = ? and episode = ? and speaker = ? and language = ?",
            passage.number + step, passage.episode, passage.speaker, passage.language,
        )  # fmt: skip
        return self._reader.text(passage.number + step) if found else None

    def found(self, order: Order | Literal[""]) -> Iterator[tuple[Passage, list[Place]]]:
        """The passages in which everything is that is wanted, with the places where it stands."""
        needed = sum(len(each.units) for each in self._wanted)
        for passage in self._proposed(order):
            words = words_of(self._reader.words(passage.number))
            units = [unit for word, _ in words for unit in units_of(word)]
            if any(each.places(units, passage.language) for each in self._unwanted):
                continue
            found = [each.places(units, passage.language) for each in self._wanted]
            if not all(found):
                continue
            numbers = [number for number, (word, _) in enumerate(words) for _ in units_of(word)]
            starts = self._reader.starts(passage.number)
            yield (
                passage,
                [
                    Place(
                        (begin := numbers[first]),
                        (end := numbers[last]),
                        starts[begin],
                        starts[end],
                        (needed / max(needed, last + 1 - first)) ** 0.5,
                    )
                    for first, last in _stretches(found, self._wanted, len(units))
                ],
            )

    def counted(self) -> dict[int, int] | None:
        """How often a word is said in each episode, by the index; None where only the words tell.

        Of tokens that stand for several words, as "sad" and "sąd", the passages are read.
        """
        one = self._wanted[0].units[0]
        if len(self._wanted) > 1 or len(self._wanted[0].units) > 1 or self._unwanted or is_unspaced(one.unit):
            return None
        met: dict[str, dict[str, dict[bool, list[str]]]] = {}
        for language, word, token in self._reader.rows(*one.spelled):
            words = met.setdefault(language, {}).setdefault(token, {True: [], False: []})
            words[one.met_by(word, language)].append(word)
        narrow, values = self._narrowed()
        times: Counter[int] = Counter()
        for language, tokens in met.items():
            sure = json.dumps([token for token, words in tokens.items() if not words[False]])
            both = {token: words for token, words in tokens.items() if words[True] and words[False]}
            unsure, others = json.dumps([*both]), [word for words in both.values() for word in words[False]]
            statement = _COUNTED.format("p.episode, count(*)") + narrow + " group by p.episode"
            times.update(dict(self._reader.rows(statement, sure, language, *values)))
            statement = _COUNTED.format("p.episode, p.id, s.offset") + narrow + " order by p.id"
            for key, places in groupby(
                self._reader.rows(statement, unsure, language, *values), lambda row: row[:2]
            ):
                said = self._reader.words(key[1])
                if not any(map(folded(said).__contains__, others)):  # nearly always
                    times[key[0]] += sum(1 for _ in places)
                    continue
                units = [unit for word, _ in words_of(said) for unit in units_of(word)]
                times[key[0]] += sum(one.met_by(units[at], language) for *_, at in places if at < len(units))
        return times

    def _proposed(self, order: Order | Literal[""]) -> Iterator[Passage]:
        narrow, values = self._narrowed()
        score, dated = ("found.rank", "") if order == "rank" else ("0.0", _DATED if order == "first" else "")
        statement = f"{_PROPOSED.format(score, dated)} {narrow} order by {_ORDERS[order]}"
        expression = " AND ".join(each.expression for each in self._wanted)
        for each in filter(None, (each.certain for each in self._unwanted)):
            expression = f"({expression}) NOT {each}"
        for number, episode, speaker, language, rank in self._reader.each(statement, expression, *values):
            yield Passage(number, episode, speaker, language, -rank / (1 - rank))

    def _narrowed(self) -> tuple[str, list[str]]:
        """Conditions on passages, and their values."""
        values: list[str] = []
        narrow = ""
        if self._some:
            narrow += " and p.episode in (select value from json_each(?))"
            values.append(json.dumps([*self.episodes]))
        if self._query.speakers:
            narrow += " and p.speaker in (select value from json_each(?))"
            named = [key for key, name in self.speakers.items() if _fits(name, self._query.speakers)]
            values.append(json.dumps(named))
        if self._query.languages:
            narrow += " and p.language in (select value from json_each(?))"
            values.append(json.dumps(self._languages()))
        return narrow, values

    def _languages(self) -> list[str]:
        return [each for each in languages(self._reader) if _fits(each, self._query.languages)]


def _stretches(found: Sequence[list[int]], wanted: Sequence[Sought], most: int) -> list[tuple[int, int]]:
    """First and last unit of every place; of several things, of the shortest place that has them all."""
    if len(wanted) == 1:
        length = len(wanted[0].units)
        return [(start, min(start + length, most) - 1) for start in found[0]]
    rarest = min(found, key=len)
    best: tuple[int, int] | None = None
    for start in rarest:
        near = [min(places, key=lambda place: abs(place - start)) for places in found]
        first = min(near)
        last = max(at + len(each.units) for at, each in zip(near, wanted, strict=True)) - 1
        if best is None or last - first < best[1] - best[0]:
            best = first, min(last, most - 1)
    return [best] if best else []


def _is_about(episode: Indexed, query: Query) -> bool:
    day = episode.aired
    if query.after and day < query.after:
        return False
    if query.before and not "" < day < query.before:
        return False
    return _fits(episode.show, query.shows)


def _fits(name: str, asked: Sequence[Narrowed]) -> bool:
    """Whether a name is one of those that are asked for: has their words, one after the other."""
    units = [without_marks(each) for each in units_of(name)]
    fits = [_has(units, [without_marks(each) for each in units_of(one.text)]) for one in asked]
    if any(fit for fit, one in zip(fits, asked, strict=True) if one.excluded):
        return False
    meant = [fit for fit, one in zip(fits, asked, strict=True) if not one.excluded]
    return any(meant) or not meant


def _has(units: list[str], part: list[str]) -> bool:
    return bool(part) and any(units[at : at + len(part)] == part for at in range(len(units)))
