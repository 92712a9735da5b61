"""Which clause of a transcript each clause of a statement rests on, and what in it that clause does not say.

Words that were said, but of something else, make the claims that are hardest to see through: a name, a number
or a denial is all there is to change. Therefore a statement is taken apart into clauses, and each is held
against one clause of the transcript. What is said there counts; what was said just before counts where that
clause refers to it: by a pronoun, by a verb without a subject, or as an answer. Everything else is from
elsewhere.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, takewhile
from math import log

from transcribe.notes.addresses import Said, addresses_in
from transcribe.notes.evidence import Evidence
from transcribe.notes.reader import Clause, Reader, Word, is_title, is_year, same
from transcribe.notes.terms import folded, matches, words_of
from transcribe.notes.words import in_language

BEFORE = 3
"""Sentences before one that its pronouns reach back to."""

BESIDE = 2
"""Sentences before one that add to it, where a statement has all that it speaks of."""

CANDIDATES = 6
"""Sentences that are tried, and for each the one after it: those that share most words."""

TOPIC = 3
"""A word in so many sentences is what the recording is about, and need not stand in each."""

OPENING = 5
"""The sentences that say what a recording is about."""

NEAR, ABOUT, ODD = 0.7, 0.5, 0.5
"""What a word is worth that was said just before, or that is what the recording is about, where one said in
the clause itself is worth 1; and what one takes away that was said of something else."""

SUPPORTED = 0.57
"""What the words of a clause have to be worth, on average."""

TAG_WORDS = 3
"""What stands after the last comma of a question, if it is so short, asks for agreement only."""

ELSEWHERE = "something in it was said of something else"
NUMBER = "a number in it was said of something else"
REWORDED = "too much of it was not said so"
UNREAL = "what it rests on is wished, supposed or past"
DENIED = "what it rests on denies something, and it does not"
DENIES = "it denies something, and what it rests on does not"


@dataclass(frozen=True)
class Match:
    """How well a clause of the transcript says a clause of a statement.

    Attributes:
        support: What its words are worth, on average; 1 where it has them all.
        doubt: Why it does not say it; empty where it does.
    """

    support: float
    doubt: str


@dataclass(frozen=True)
class _Asked:
    """A clause of a statement.

    Attributes:
        words: What has to be found, those without meaning left out.
        addresses: What in it is an address.
    """

    clause: Clause
    words: tuple[Word, ...]
    addresses: tuple[str, ...]


class Grounds:
    """A transcript, ready to be asked which of its clauses says something."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._material = evidence.material
        self._reader = Reader(evidence.terms)
        self._clauses: dict[int, list[Clause]] = {}
        self._named: dict[int, list[tuple[Word, Word]]] = {}

    @property
    def can_read(self) -> bool:
        """Whether the language's joining words are known, without which a text has no clauses."""
        return bool(in_language(self._material.language).clauses.joins)

    def doubt(self, text: str) -> str:
        """Why a statement may say something else than the transcript; empty where nothing tells so."""
        asked = self.asked(self._without_title_case(text))
        sentences = self._candidates(asked)
        return next(filter(None, (self._best(part, sentences).doubt for part in asked)), "")

    def _without_title_case(self, text: str) -> str:
        """A title of capitals as a sentence: with those that its words had when they were said."""
        if not is_title(text, self._material.language):
            return text
        return re.sub(r"\w+", lambda word: self._as_said(word.group()), text)

    def _as_said(self, word: str) -> str:
        lower = word.lower()
        return lower if lower in self._written or self._evidence.terms.is_small(folded(word)) else word

    @cached_property
    def _written(self) -> frozenset[str]:
        return frozenset(
            match.group() for sentence in self._material.sentences for match in matches(sentence.text)
        )

    def asked(self, text: str) -> list[_Asked]:
        """The clauses of a statement; one without a subject of its own has the names of the first."""
        addresses = tuple(addresses_in(text))
        asked: list[_Asked] = []
        names: tuple[Word, ...] = ()
        for clause in self._reader.clauses(text):
            words = tuple(
                word
                for word in clause.words
                if not word.small and not any(word.text in address for address in addresses)
            )
            if asked and clause.refers:
                words = (*names, *words)
            elif not asked:
                names = clause.subject
            inside = tuple(
                address for address in addresses if any(word.text in address for word in clause.words)
            )
            if words or clause.numbers:
                asked.append(_Asked(clause, words, inside))
        return asked

    def _candidates(self, asked: Sequence[_Asked]) -> list[int]:
        """The sentences that share most words with a statement, rare ones above all, and those after them."""
        votes: dict[int, float] = defaultdict(float)
        for key in {key for part in asked for word in part.clause.words for key in word.keys}:
            places = self._places.get(key, ())
            for index in places:
                votes[index] += 1 / (1 + log(len(places)))
        best = sorted(votes, key=lambda index: (-votes[index], index))[:CANDIDATES]
        count = len(self._material.sentences)
        return sorted({near for index in best for near in (index, index + 1) if near < count})

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """The sentences that each word is in, as it stands and as its stem."""
        places: dict[str, list[int]] = defaultdict(list)
        for index, sentence in enumerate(self._material.sentences):
            words = set(words_of(sentence.text))
            for key in words | set(map(self._evidence.terms.stem, words)):
                places[key].append(index)
        return places

    def _best(self, asked: _Asked, sentences: Iterable[int]) -> Match:
        found = [
            self._match(asked, clause, at)
            for index in sentences
            if not self._asks(index)
            for at, clause in enumerate(self._of(index))
        ]
        return max(found, key=lambda match: (match.support, not match.doubt), default=Match(0, REWORDED))

    def _match(self, asked: _Asked, clause: Clause, at: int) -> Match:
        words = set(asked.words)
        direct = {word: [other for other in clause.words if same(word, other)] for word in words}
        here = {word for word, others in direct.items() if others}
        before = self._before(clause, at, BEFORE) if clause.refers else []
        if not before and self._is_complete(clause, asked.words):
            before = self._before(clause, at, BESIDE)
        found = self._with_names(asked.words, here | self._near(asked, here, clause, before), clause)
        leans = clause.refers or clause.own or before
        topic = {word for word in words - found if leans and not word.name and self._is_topic(word)}
        near = (found - here) | topic
        elsewhere = {word for word in words - found - topic if self._is_elsewhere(word, clause, before)}
        elsewhere |= self._replacing(asked.words, clause, near)
        new = words - found - topic - elsewhere
        numbers = _odd_numbers(asked.clause, clause, before, direct)

        given = sum(map(self._addresses(clause.sentence).has, asked.addresses))
        told = len(here) + len(asked.clause.numbers & clause.numbers) + given
        if told == sum(word.name for word in here) and not all(word.name for word in words):
            return Match(0, REWORDED)  # a name alone says nothing of it
        odd = len(elsewhere) + len(numbers) + sum(map(self._is_said, new))
        worth = told + NEAR * len(found - here) + ABOUT * len(topic) - ODD * odd
        support = worth / (len(words) + len(asked.clause.numbers) + given)
        if numbers:
            return Match(support, NUMBER)
        if elsewhere:
            unheard = next(
                (word.text for word in asked.words if word in elsewhere and not self._is_said(word)), ""
            )
            return Match(support, f"“{unheard}” was not said" if unheard else ELSEWHERE)
        acts = any(word.acts for word in clause.words) or not any(word.acts for word in new)
        if support < SUPPORTED or not (acts or asked.addresses or not any(word.is_thing for word in near)):
            return Match(support, REWORDED)
        if clause.unreal and not asked.clause.unreal:
            return Match(support, UNREAL)
        return Match(support, _polarity(asked, clause, direct))

    def _is_elsewhere(self, word: Word, clause: Clause, before: Sequence[Clause]) -> bool:
        """Whether a word that a clause has not was said of something else."""
        if word.acts and clause.acts:
            return _in(word, before)
        return word.name or (not word.may_act and self._is_said(word))

    def _replacing(self, words: Sequence[Word], clause: Clause, near: set[Word]) -> set[Word]:
        """What does in a statement what something else does in a clause."""
        prepositions = in_language(self._material.language).clauses.prepositions
        mine, theirs = _first_thing(words), _first_thing(clause.words, prepositions)
        if not mine or not theirs or not clause.has_verb or mine not in near or mine.owns:
            return set()
        return set() if any(same(word, theirs) for word in words) else {mine}

    def _addresses(self, sentence: int) -> Said:
        return Said([self._material.sentences[sentence].text])

    def _near(self, asked: _Asked, here: set[Word], clause: Clause, before: Sequence[Clause]) -> set[Word]:
        """Words that were said just before a clause, or that name who speaks, or where."""
        words = set(asked.words) - here
        near = {word for word in words if _in(word, before) and not (word.acts and clause.acts)}
        others = _has_other_name(clause, asked.words)
        subject = {word for word in asked.clause.subject if not word.owns}
        if others:
            near = {word for word in near if not word.name}
        elif clause.speaks or (clause.own and not clause.persons):
            near -= subject  # whoever speaks does it
        if clause.here:
            near |= {word for word in words - subject if word.name and _in(word, self._opening)}
        if clause.own or not others:
            speaking = {word for word in words if self._is_speaker(word, [clause, *before], clause)}
            done = clause.persons or any(word.acts for word in here)
            near |= speaking - subject if clause.own and not clause.speaks and done else speaking
        return near

    @cached_property
    def _opening(self) -> list[Clause]:
        return [
            part for index in range(min(OPENING, len(self._material.sentences))) for part in self._of(index)
        ]

    def _is_complete(self, clause: Clause, words: Sequence[Word]) -> bool:
        """Whether some words have everything that a clause speaks of."""
        things = [word for word in clause.words if word.is_thing]
        return bool(things) and all(any(same(word, thing) for word in words) for thing in things)

    def _with_names(self, words: Sequence[Word], found: set[Word], clause: Clause) -> set[Word]:
        """Words that were found, and what belongs to them: “Falk” where Robert is, “kino” of Mewa."""
        others = _has_other_name(clause, words)
        for left, right in [*pairwise(words), *reversed(list(pairwise(words)))]:
            one = (left in found) != (right in found)
            if others and (right if left in found else left).name:
                continue
            if one and (left.name or right.name) and self._together(left, right):
                found = found | {left, right}
        return found

    def _together(self, left: Word, right: Word) -> bool:
        """Whether two words, one of them a name, stand side by side somewhere."""
        return any(same(left, one) and same(right, other) for one, other in self._pairs(left, right))

    def _pairs(self, *words: Word) -> Iterator[tuple[Word, Word]]:
        """Words that stand side by side, one of them a name, in the sentences that have all of some words."""
        having = [{at for key in word.keys for at in self._places.get(key, ())} for word in words]
        for index in sorted(set.intersection(*having)):
            if index not in self._named:
                self._named[index] = list(self._reader.named_pairs(self._material.sentences[index].text))
            yield from self._named[index]

    def _asks(self, index: int) -> bool:
        """Whether a sentence is a question; one with “…, right?” is none."""
        text = self._material.sentences[index].text
        return text.endswith("?") and len(text.rpartition(",")[2].split()) > TAG_WORDS

    def _of(self, index: int) -> list[Clause]:
        if index not in self._clauses:
            answers = index > 0 and self._material.sentences[index - 1].text.endswith("?")
            text = self._material.sentences[index].text
            self._clauses[index] = self._reader.clauses(text, index, answers=answers)
        return self._clauses[index]

    def _before(self, clause: Clause, at: int, sentences: int) -> list[Clause]:
        """What was said before a clause, from so many sentences on."""
        first = max(0, clause.sentence - sentences)
        earlier = [part for index in range(first, clause.sentence) for part in self._of(index)]
        return earlier + self._of(clause.sentence)[:at]

    def _is_speaker(self, word: Word, parts: Sequence[Clause], clause: Clause) -> bool:
        """Whether a word names whoever says "I" in a clause or just before."""
        speaker = self._material.sentences[clause.sentence].speaker
        if not word.name or not any(same(word, other) for other in self._speakers.get(speaker, ())):
            return False
        mine = [part for part in parts if self._material.sentences[part.sentence].speaker == speaker]
        return any(part.own or (part.silent and not any(other.name for other in part.words)) for part in mine)

    @cached_property
    def speaker_terms(self) -> frozenset[str]:
        """The names of those who speak, as terms."""
        names = [word.text for words in self._speakers.values() for word in words]
        return frozenset(term for name in names for term in self._evidence.terms.of(name))

    @cached_property
    def _speakers(self) -> dict[str | None, set[Word]]:
        """The names of those who speak: that they tell, or by which they are addressed before their turn."""
        names: dict[str | None, set[Word]] = {}
        called: list[Word] = []
        sentences = self._material.sentences
        told = [(each.speaker, list(self._reader.introduced(each.text))) for each in sentences]
        told = [(speaker, words) for speaker, words in told if words]
        for speaker, words in told:
            if speaker is not None or len(told) == 1:  # of several nobody knows who speaks when
                names.setdefault(speaker, set()).update(words)
        for at, sentence in enumerate(sentences):
            if at and (sentence.speaker is None or sentences[at - 1].speaker != sentence.speaker):
                for word in called:
                    full = [
                        part
                        for pair in self._pairs(word)
                        if all(each.name for each in pair) and any(same(word, each) for each in pair)
                        for part in pair
                    ]
                    names.setdefault(sentence.speaker, set()).update([word, *full])
                called = []
            called += self._reader.called(sentence.text)
        return names

    def _is_topic(self, word: Word) -> bool:
        places = [self._places.get(key, ()) for key in word.keys]
        return any(len(at) >= TOPIC or (at and at[0] < OPENING) for at in places)

    def _is_said(self, word: Word) -> bool:
        return any(self._places.get(key, ()) for key in word.keys)


def _has_other_name(clause: Clause, words: Sequence[Word]) -> bool:
    """Whether a clause names somebody or something that is not among some words."""
    return any(other.name and not any(same(word, other) for word in words) for other in clause.words)


def _first_thing(words: Sequence[Word], prepositions: frozenset[str] = frozenset()) -> Word | None:
    """What stands before a verb, and right behind none of some words."""
    before = list(takewhile(lambda word: not word.acts, words))
    pairs = zip(before, [None, *before], strict=False)
    return next(
        (word for word, last in pairs if word.is_thing and not (last and folded(last.text) in prepositions)),
        None,
    )


def _in(word: Word, clauses: Iterable[Clause]) -> bool:
    return any(same(word, other) for clause in clauses for other in clause.words)


def _odd_numbers(
    asked: Clause, clause: Clause, before: Sequence[Clause], direct: Mapping[Word, Sequence[Word]]
) -> set[str]:
    """The numbers that a clause has not, or of other things; a year may be told before."""
    years = {number for part in before for number in part.numbers if is_year(number)}
    odd = {number for number in asked.numbers - clause.numbers if number not in years}
    for number in asked.numbers & clause.numbers:
        left, right = asked.units.get(number), clause.units.get(number)
        if left and right and not same(left, right):
            odd.add(number)
        if asked.bounds.get(number, 0) * clause.bounds.get(number, 0) < 0:
            odd.add(number)
        told = max(at for at, counts in enumerate(clause.counts) if number in counts)
        later = [at for at, counts in enumerate(clause.counts) if at > told and counts - asked.numbers]
        if any(others and all(other.stretch in later for other in others) for others in direct.values()):
            odd.add(number)
    return odd


def _polarity(asked: _Asked, clause: Clause, direct: Mapping[Word, Sequence[Word]]) -> str:
    """Whether one denies what the other does not: word by word, since half a clause may be denied."""
    sides = [
        (word.denied, {other.denied for other in others})
        for word, others in direct.items()
        if others and not word.name
    ]
    if not clause.acts and all(word.denied for word in clause.words):  # "Never." answers for what was asked
        sides += [(word.denied, {True}) for word, others in direct.items() if not others and not word.name]
    numbers = asked.clause.numbers & clause.numbers
    sides += [(number in asked.clause.denied, {number in clause.denied}) for number in numbers]
    if any(not here and others == {True} for here, others in sides):
        return DENIED
    denied = [others for here, others in sides if here]
    return DENIES if denied and not any(True in others for others in denied) else ""
