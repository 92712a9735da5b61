"""Texts taken apart into clauses and words, with what is known of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, takewhile

from transcribe.notes.denial import affirmed, denies
from transcribe.notes.lemmas import Part, commonness, readings
from transcribe.notes.numbers import in_digits, numbers_of
from transcribe.notes.terms import Terms, folded, matches
from transcribe.notes.words import in_language, meets

COMMON = 5.4
"""A word that is listed among the small ones is one if it is as common as this (Zipf scale); others are
content: "ordered"."""

_BREAK = re.compile(r"[,;:.!?…—–]+(?=\s|$)\s*|\s[—–-]\s|\s*[()]\s*")


@dataclass(frozen=True)
class Word:
    """A word of a statement or of the transcript.

    Attributes:
        keys: Forms in which it can be compared.
        lemmas: Folded dictionary forms.
        parts: Parts of speech that it may be.
        first: The most likely of them.
        small: Whether it says nothing about the topic.
        denied: Whether the stretch between two commas or joining words that it stands in denies.
        name: Whether it may be one of somebody or something.
        stretch: Which stretch of its clause it stands in.
    """

    text: str
    keys: frozenset[str]
    lemmas: frozenset[str]
    parts: frozenset[Part]
    first: Part
    small: bool
    name: bool
    denied: bool = False
    stretch: int = 0

    @property
    def acts(self) -> bool:
        """Whether it is a verb and no noun."""
        return self.may_act and "noun" not in self.parts

    @property
    def may_act(self) -> bool:
        """Whether it may be a verb."""
        return "verb" in self.parts and not self.name

    @property
    def owns(self) -> bool:
        """Whether something of its is meant: "Ruth's"."""
        return self.text.endswith(("'s", "’s"))

    @property
    def is_thing(self) -> bool:
        """Whether it names somebody or something."""
        return not self.small and (self.name or ("noun" in self.parts and not self.may_act))


@dataclass(frozen=True)
class Clause:
    """Words around a verb.

    Attributes:
        sentence: Position of its sentence, or -1.
        numbers: As `numbers_of` writes them.
        counts: Those in each stretch.
        bounds: Of those of them that are passed, or not reached, which it is: 1 or -1.
        units: What is counted, of those numbers that are followed by it.
        denied: Those of the numbers that stand only where it denies.
        refers: Whether something in it was named before.
        persons: Whether somebody in it was.
        own: Whether who speaks speaks of himself.
        speaks: Whether he is its subject.
        subject: The name before its verb.
        unreal: Whether it tells what is wished, supposed or past.
        here: Whether it speaks of where the recording is made.
        silent: Whether it has no subject, and may have one in its verb.
    """

    sentence: int
    words: tuple[Word, ...]
    numbers: frozenset[str]
    counts: tuple[frozenset[str], ...]
    bounds: dict[str, int]
    units: dict[str, Word]
    denied: frozenset[str]
    refers: bool
    persons: bool
    own: bool
    speaks: bool
    subject: tuple[Word, ...]
    unreal: bool
    here: bool
    silent: bool

    @property
    def acts(self) -> bool:
        """Whether it has a verb that says something."""
        return any(
            word.may_act and (word.acts or word.first == "verb") and not word.small for word in self.words
        )

    @property
    def has_verb(self) -> bool:
        """Whether it has any verb."""
        return any(word.acts or word.first == "verb" for word in self.words)


class Reader:
    """Takes texts of a language apart."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._known = in_language(terms.language)

    def clauses(self, text: str, sentence: int = -1, *, answers: bool = False) -> list[Clause]:
        """The clauses of a text; each has a verb, if any has.

        Args:
            answers: Whether it answers a question, to which its first clause then refers.
        """
        text = affirmed(text, self._terms.language)
        text = in_digits(text, self._terms.language, small=False)  # "two hundred and fifty" is one number
        parts: list[list[str]] = []
        for stretch, comma in self._stretches(text):
            if not parts or (
                self._has_verb(" ".join(parts[-1])) and self._stands(stretch, parts[-1], comma=comma)
            ):
                parts.append([stretch])
            else:
                parts[-1].append(stretch)
        found = [self._clause(part, sentence, first=not at) for at, part in enumerate(parts)]
        return [replace(found[0], refers=True, persons=True), *found[1:]] if answers and found else found

    def _stretches(self, text: str) -> Iterator[tuple[str, bool]]:
        """A text divided at punctuation and joining words, and whether punctuation is before a part."""
        for piece in _BREAK.split(text):
            last = 0
            for match in matches(piece):
                if folded(match.group()) in self._known.clauses.joins and piece[last : match.start()].strip():
                    yield piece[last : match.start()], not last
                    last = match.start()
            if any(True for _ in matches(piece[last:])):
                yield piece[last:], not last

    def _stands(self, stretch: str, before: Sequence[str], *, comma: bool) -> bool:
        """Whether a stretch is a clause of its own: by its verb, or built like the one before."""
        words = [folded(match.group()) for match in matches(stretch)]
        known = self._known.clauses
        if words[0] in known.binds:
            return False
        if self._has_verb(stretch):
            return True
        if words[0] not in known.joins or denies(stretch, self._terms.language):
            return False
        if comma and any(self._word(match.group()).name for match in matches(stretch)):
            return True
        earlier = {folded(match.group()) for match in matches(" ".join(before))}
        return any(word in earlier and word in known.prepositions for word in words[2:])

    def _has_verb(self, text: str) -> bool:
        return any(self._word(match.group()).may_act for match in matches(text))

    def _clause(self, stretches: Sequence[str], sentence: int, *, first: bool) -> Clause:
        known = self._known.clauses
        words: list[Word] = []
        bounds: dict[str, int] = {}
        units: dict[str, Word] = {}
        affirmed: set[str] = set()
        numbers: set[str] = set()
        counts: list[frozenset[str]] = []
        for place, stretch in enumerate(stretches):
            here = self._words(stretch, place, opens=first and not place)
            counted = numbers_of(stretch, self._terms.language) - {"1"}
            numbers |= counted
            counts.append(frozenset(counted))
            if not any(word.denied for word in here):
                affirmed |= counted
            words += here
            bounds |= self._bounds(stretch)
            units.update(self._units(here))
        texts = [folded(word.text) for word in words]
        verbs = [word for word in words if word.may_act]
        stands = known.speaker | known.persons | known.refers
        lead = next((word for word in words if word.parts != {"other"} or folded(word.text) in stands), None)
        silent = lead is None or lead in verbs if verbs else texts[0] not in known.joins
        uncounted = {number for number in numbers if number not in units and not is_year(number)}
        persons = silent or any(text in known.persons for text in texts)
        return Clause(
            sentence=sentence,
            words=tuple(words),
            numbers=frozenset(numbers),
            counts=tuple(counts),
            bounds=bounds,
            units=units,
            denied=frozenset(numbers - affirmed),
            refers=persons or bool(uncounted) or any(text in known.refers for text in texts),
            persons=persons,
            own=any(text in known.speaker for text in texts),
            speaks=any(text in known.subjects for text in texts),
            unreal=any(
                text in known.unreal or word.lemmas & known.unreal
                for word, text in zip(words, texts, strict=True)
            ),
            subject=_subject(words, known.prepositions),
            here=any(text in known.here for text in texts),
            silent=silent and self._known.drops_subjects,
        )

    def _words(self, stretch: str, place: int, *, opens: bool) -> list[Word]:
        found = list(matches(stretch))
        words = [self._word(match.group(), opens=opens and not at) for at, match in enumerate(found)]
        for at in range(1, len(words)):  # the other half of a name
            left, right = words[at - 1], words[at]
            if found[at].start() != found[at - 1].end() + 1:
                continue
            if opens and at == 1 and right.name and found[0].group()[0].isupper() and not left.small:
                words[0] = replace(left, name=True)
            if left.name and "name" in right.parts and found[at].group()[0].isupper():
                words[at] = replace(right, name=True)
        for at, word in enumerate(words[:-1]):
            if {"adjective", "verb"} <= word.parts and self._describes(words, at):
                words[at] = replace(word, parts=word.parts - {"verb"})
        denied = denies(stretch, self._terms.language) or any(
            word.lemmas & self._known.denial.verbs for word in words
        )
        return [replace(word, denied=denied, stretch=place) for word in words]

    def _describes(self, words: Sequence[Word], at: int) -> bool:
        """Whether a participle stands before its noun: "bleached flour", not "she bleached flour"."""
        determiners = in_language(self._terms.language).grammar.determiners
        opens = not at or folded(words[at - 1].text) in determiners
        return opens and words[at + 1].is_thing and not words[at + 1].name

    def _bounds(self, stretch: str) -> dict[str, int]:
        """Which numbers are told to be passed (1), or not to be reached (-1)."""
        sides = ((1, self._known.clauses.above), (-1, self._known.clauses.below))
        return {
            number: side
            for side, patterns in sides
            if patterns
            for match in re.finditer(rf"(?:{meets(patterns).pattern})\s+(\S+)", folded(stretch))
            for number in numbers_of(match.group(1), self._terms.language)
        }

    def introduced(self, text: str) -> Iterator[Word]:
        """The name by which whoever speaks introduces himself: "My name is …"."""
        patterns = self._known.clauses.introduces
        for match in meets(patterns).finditer(text) if patterns else ():
            names = re.match(r"(?:\s+[^\W\d_a-z][\w'’-]+)+", text[match.end() :])
            for name in names.group().split() if names else ():
                yield replace(self._word(name), name=True)

    def _units(self, words: Sequence[Word]) -> Iterator[tuple[str, Word]]:
        """What numbers count: the noun after one, or after its adjective."""
        for at, word in enumerate(words):
            values = numbers_of(word.text, self._terms.language)
            for unit in words[at + 1 : at + 3] if values else ():
                if unit.is_thing:
                    yield from ((value, unit) for value in values)
                if unit.is_thing or unit.small or numbers_of(unit.text, self._terms.language):
                    break

    def _word(self, text: str, *, opens: bool = False) -> Word:
        return _word_of(self._terms, text, opens)

    def forms(self, text: str) -> frozenset[str]:
        """Forms in which each word of a text can be compared, parts of compounds with hyphens too."""
        words = [part for match in matches(text) for part in (match.group(), *match.group().split("-"))]
        return frozenset[str]().union(*(self._word(word, opens=True).keys for word in words if word))

    def called(self, text: str) -> Iterator[Word]:
        """Names by which somebody is addressed: “Ruth, …”, “…, Ruth?”."""
        words = list(matches(text))
        for at, match in enumerate(words):
            if not match.group()[0].isupper() or self._terms.is_small(folded(match.group())):
                continue
            before, after = text[: match.start()].rstrip(), text[match.end() :].lstrip()
            titled = at == 1 and folded(words[0].group()) in self._known.names.titles
            opened = (at == 0 or titled) and after.startswith(",")
            closed = before.endswith(",") and re.fullmatch(r"[.?!]*", after) is not None
            if opened or closed:
                yield replace(self._word(match.group()), name=True)

    def named_pairs(self, text: str) -> Iterator[tuple[Word, Word]]:
        """Words that stand side by side, at most a comma between them, one of them a name."""
        found = list(matches(text))
        for left, right in pairwise(found):
            if text[left.end() : right.start()] in (" ", ", ") and (
                left.group()[0].isupper() or right.group()[0].isupper()
            ):
                pair = self._word(left.group()), self._word(right.group())
                if (pair[0].name or pair[1].name) and pair[0].is_thing and pair[1].is_thing:
                    yield pair


@lru_cache(maxsize=65_536)
def _word_of(terms: Terms, text: str, opens: bool) -> Word:
    language = terms.language
    bare = text.removesuffix("'s").removesuffix("’s")
    found = list(readings(bare, language))
    capital = text[:1].isupper()
    if opens and capital and not bare.isupper():
        found += readings(bare.lower(), language)
    lemmas = frozenset(folded(reading.lemma) for reading in found)
    keys = frozenset(
        {terms.stem(folded(text)), folded(bare), *(terms.stem(lemma) for lemma in lemmas), *lemmas}
    )
    parts = frozenset(reading.part for reading in found)
    small = terms.is_small(folded(text)) and (parts <= {"other", ""} or commonness(text, language) >= COMMON)
    small = (
        small
        or folded(text) in in_language(language).clauses.all
        or parts == {"other"}
        or len(text) < 2
        or any(char.isdigit() for char in text)
    )
    if capital and not opens and small and not in_language(language).capital_nouns:
        never = in_language(language).names.never | in_language(language).clauses.all
        small = folded(text).split("'")[0] in never or len(text) < 2 or any(char.isdigit() for char in text)
    if in_language(language).capital_nouns:
        name = capital and found[0].part == "name"
    elif opens:
        name = capital and readings(bare, language)[0].part in ("name", "")
    else:
        name = capital
    return Word(text, keys, lemmas, parts, found[0].part, small, name and not small)


def _subject(words: Sequence[Word], prepositions: frozenset[str]) -> tuple[Word, ...]:
    """The first name before a verb, if it follows no preposition."""
    before = list(takewhile(lambda word: not word.may_act, words))
    first = next((at for at, word in enumerate(before) if word.name), len(before))
    if first and folded(before[first - 1].text) in prepositions:
        return ()
    return tuple(takewhile(lambda word: word.name, before[first:]))


def same(left: Word, right: Word) -> bool:
    """Whether two words are forms of one, or of one family: bake, bakery."""
    if left.keys & right.keys:
        return True
    if left.name or right.name:
        return left.name and right.name and _alike(folded(left.text), folded(right.text))
    return any(_related(one, other) for one in left.lemmas for other in right.lemmas)


def _alike(left: str, right: str) -> bool:
    shared = _shared(left, right)
    return shared >= max(3, min(len(left), len(right)) - 1) and abs(len(left) - len(right)) <= 2


def _related(left: str, right: str) -> bool:
    shared = _shared(left, right)
    if shared >= 4 and shared >= 0.6 * max(len(left), len(right)):
        return True
    short, long = sorted((left, right), key=len)
    return len(short) >= 4 and long.endswith(short)


def _shared(left: str, right: str) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(left), len(right)))


def is_year(number: str) -> bool:
    """Whether a number may be one of a year."""
    return len(number) == 4 and number.isdigit() and "1000" <= number < "2200"


def is_title(text: str, language: str) -> bool:
    """Whether its capitals say nothing about names: in some languages most words of a title have them."""
    long = [match.group() for match in matches(text) if len(match.group()) > 3]
    capitals = sum(word[0].isupper() for word in long)
    return in_language(language).capital_titles and len(long) > 1 and capitals * 4 >= 3 * len(long)
