"""Which sentences of a transcript say what a text says, and how much of it they say."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from functools import cached_property
from itertools import accumulate, pairwise

from transcribe.core.show_notes import Show
from transcribe.notes.addresses import Said
from transcribe.notes.lemmas import readings
from transcribe.notes.numbers import numbers_of
from transcribe.notes.terms import Terms, folded, matches, words_of
from transcribe.notes.words import in_language
from transcribe.notes.writer import Material

NEIGHBOURS = 1
"""Sentences beside one that count as its context: "It opened in 1905." needs the one before."""


class Evidence:
    """A transcript, ready to be asked what it supports."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.terms = Terms(material.language)
        self.contents = [frozenset(self.terms.of(sentence.text)) for sentence in material.sentences]
        self._places: dict[str, list[int]] = defaultdict(list)
        for index, content in enumerate(self.contents):
            for term in content:
                self._places[term].append(index)
        facts = facts_of(material.show)
        self.fact_terms = frozenset(self.terms.of(facts))
        self.fact_numbers = numbers_of(facts, material.language)

    def content_of(self, text: str) -> frozenset[str]:
        """What a text says, without what is known about the show and without numbers.

        Numbers are looked for by themselves: one that was said anywhere supports nothing.
        """
        said = (term for term in self.terms.of(text) if not any(char.isdigit() for char in term))
        return frozenset(said) - self.fact_terms

    def support(self, content: frozenset[str], sentences: Iterable[int]) -> float:
        """Which share of some terms those sentences and their neighbours have, 0 to 1."""
        if not content:
            return 1.0
        found: set[str] = set()
        for index in sentences:
            for near in range(index - NEIGHBOURS, index + NEIGHBOURS + 1):
                if 0 <= near < len(self.contents):
                    found |= self.contents[near] & content
        return len(found) / len(content)

    def places(self, term: str) -> Sequence[int]:
        """The sentences that have a term, ascending."""
        return self._places.get(term, ())

    def texts_near(self, sentences: Iterable[int]) -> list[str]:
        """Some sentences and their neighbours."""
        near = {index + step for index in sentences for step in range(-NEIGHBOURS, NEIGHBOURS + 1)}
        return [self.material.sentences[at].text for at in sorted(near) if 0 <= at < len(self.contents)]

    def apart(self, text: str, speakers: Container[str] = ()) -> float:
        """Which share of the terms that follow each other in a text were said, but in no sentence together.

        Terms that were not said at all are left out: `support` counts them.

        Args:
            speakers: Terms that name who speaks, and says "I" instead: they go with every word.
        """
        said = [term for term in self.terms.of(text) if term in self._places]
        pairs = [(left, right) for left, right in pairwise(said) if left != right]
        parted = sum(
            not set(self._places[left]) & set(self._places[right])
            for left, right in pairs
            if left not in speakers and right not in speakers
        )
        return parted / len(pairs) if pairs else 0.0

    def find(
        self, content: frozenset[str], limit: int, within: Container[int] | None = None
    ) -> tuple[int, ...]:
        """The sentences that share most of some terms, each for what those before it lack; ascending.

        Args:
            within: Look at these only.
        """
        open_terms = set(content)
        found: list[int] = []
        while open_terms and len(found) < limit:
            votes: Counter[int] = Counter()
            for term in open_terms:
                for index in self._places.get(term, ()):
                    votes[index] += within is None or index in within
            votes += Counter()  # without those that have none
            if not votes:
                break
            best = max(votes, key=lambda index: (votes[index], -self._distance(index, found), -index))
            found.append(best)
            open_terms -= self.contents[best]
        return tuple(sorted(found))

    @staticmethod
    def _distance(index: int, found: Sequence[int]) -> int:
        return min((abs(index - other) for other in found), default=0)

    def knows_name(self, name: str) -> bool:
        """Whether every word of a name is in the transcript or among the facts about the show."""
        return all(self._knows_word(word) for word in words_of(name))

    def _knows_word(self, word: str) -> bool:
        word = word.removesuffix("'s")
        if word in self.vocabulary or self.terms.stem(word) in self._stems:
            return True
        if not in_language(self.material.language).inflects_names or len(word) < 4:
            return False
        if _lemmas(word, self.material.language) & self._lemmas:
            return True
        bare = _without_marks(word)
        return any(_same_name(bare, known) for known in self._bare if known[:2] == bare[:2])

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word of the transcript and of what is known about the show, folded."""
        return frozenset(
            word.removesuffix("'s") for word in [*self.words, *words_of(facts_of(self.material.show))]
        )

    @cached_property
    def _bare(self) -> frozenset[str]:
        return frozenset(map(_without_marks, self.vocabulary))

    @cached_property
    def _lemmas(self) -> frozenset[str]:
        """Dictionary forms of the words that may be names."""
        texts = [*(sentence.text for sentence in self.material.sentences), facts_of(self.material.show)]
        names = {match.group() for text in texts for match in matches(text) if match.group()[0].isupper()}
        return frozenset().union(*(_lemmas(name, self.material.language) for name in names))

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(self.terms.stem(word) for word in self.vocabulary)

    @cached_property
    def numbers(self) -> list[set[str]]:
        """The numbers in each sentence."""
        return [numbers_of(sentence.text, self.material.language) for sentence in self.material.sentences]

    @cached_property
    def all_numbers(self) -> frozenset[str]:
        """The numbers that were said, and those known about the show."""
        return frozenset(self.fact_numbers.union(*self.numbers))

    def numbers_near(self, sentences: Iterable[int]) -> set[str]:
        """The numbers said in some sentences and two to each side, and those known about the show."""
        near = {index + step for index in sentences for step in (-2, -1, 0, 1, 2)}
        return self.fact_numbers.union(*(self.numbers[i] for i in near if 0 <= i < len(self.numbers)))

    def verbatim(self, text: str) -> tuple[int, ...]:
        """The sentences in which a text stands word for word; empty where it does not.

        Words are compared after NFKC and case folding, without punctuation and white space.
        """
        words = words_of(text)
        if not words:
            return ()
        at = self._running.find(f" {' '.join(words)} ")
        if at < 0:
            return ()
        first = self._running.count(" ", 0, at)
        return tuple(
            range(bisect_right(self._starts, first) - 1, bisect_right(self._starts, first + len(words) - 1))
        )

    @cached_property
    def _worded(self) -> list[list[str]]:
        return [words_of(sentence.text) for sentence in self.material.sentences]

    @cached_property
    def words(self) -> list[str]:
        """Every word that was said, folded, in order."""
        return [word for words in self._worded for word in words]

    @cached_property
    def said(self) -> Said:
        """Which addresses were said, or are known about the show."""
        texts = [sentence.text for sentence in self.material.sentences]
        return Said([*texts, *facts_of(self.material.show).split("\n")])

    @cached_property
    def _running(self) -> str:
        return f" {' '.join(self.words)} "

    @cached_property
    def _starts(self) -> list[int]:
        """Where each sentence begins in `words`."""
        return list(accumulate((len(words) for words in self._worded), initial=0))[:-1]


def facts_of(show: Show) -> str:
    """What is known about a show, as one text."""
    links = [part for link in show.links for part in (link.label, link.url)]
    single = [
        show.title, show.episode_title, show.number, show.season, show.url, show.episode_url, show.image_url,
        show.sponsor, show.call_to_action,
    ]  # fmt: skip
    return " \n ".join(filter(None, [*single, *show.hosts, *show.guests, *links]))


def _without_marks(word: str) -> str:
    """A word without its accents: Kraków becomes Krakowie, and Łódź Łodzi, when they are inflected."""
    apart = unicodedata.normalize("NFD", word)
    return "".join(char for char in apart if not unicodedata.combining(char))


def _lemmas(name: str, language: str) -> frozenset[str]:
    """The dictionary forms of a name, folded."""
    return frozenset(
        folded(each.lemma) for each in readings(name.capitalize(), language) if each.part == "name"
    )


def _same_name(word: str, known: str) -> bool:
    """Whether two words differ in their last letters only: Nowak, Nowakiem; Anna, Anny."""
    shorter = min(len(word), len(known))
    shared = next((at for at in range(shorter) if word[at] != known[at]), shorter)
    return shared >= max(3, shorter - 1) and abs(len(word) - len(known)) <= 3
