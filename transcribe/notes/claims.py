"""What a statement says that the transcript does not: why it cannot be true, or why it should be checked."""

from __future__ import annotations

from collections.abc import Sequence

from transcribe.notes.addresses import addresses_in
from transcribe.notes.denial import has_lost_denial, is_turned_into_denial
from transcribe.notes.evidence import Evidence, facts_of
from transcribe.notes.grounds import Grounds
from transcribe.notes.mentions import names_in
from transcribe.notes.numbers import numbers_of
from transcribe.notes.reader import Reader, is_title
from transcribe.notes.terms import Terms, folded, matches
from transcribe.notes.words import in_language

SUPPORTED = 0.6
"""From this share of its content words on, a statement is taken to be supported."""

DROPPED = 0.35
"""Below this share it is dropped; between the two it is marked."""

APART = 0.5
"""If more than this share of neighbouring words stand in no sentence together, a statement is marked: it
puts together what was said of different things ("the age of belief": an age of wisdom, a time of belief)."""

UNSUPPORTED = "too few of its words were said"
NEW = "a word in it was not said there"
NOT_TOGETHER = "its words were said, but not together"


class Claims:
    """Holds statements against a transcript."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._grounds = Grounds(evidence)
        self._language = evidence.material.notes_language
        self._foreign = evidence.material.notes_language != evidence.material.language
        self._terms = Terms(self._language)
        self._reader = Reader(self._terms)

    def invention(self, text: str) -> str:
        """Why a statement cannot be true: what in it comes from nowhere; empty where nothing does."""
        if not all(map(self._evidence.said.has, addresses_in(text))):
            return "an address in it was not said"
        if numbers_of(text, self._language, small=False) - self._evidence.all_numbers:
            return "a number in it was not said"
        if self._foreign or is_title(text, self._language):
            return ""
        known = self._evidence.knows_name
        return "" if all(map(known, names_in(text, self._terms))) else "a name in it was not said"

    def is_new(self, text: str, sentences: Sequence[int]) -> bool:
        """Whether a word or a number of a text is in no form in some sentences, nor known about the show."""
        evidence = self._evidence
        said = [evidence.material.sentences[at].text for at in sentences]
        counted = evidence.fact_numbers.union(*(evidence.numbers[at] for at in sentences))
        if numbers_of(text, self._language, small=False) - counted:
            return True
        known = self._reader.forms(" ".join([*said, facts_of(evidence.material.show)]))
        words = (part for match in matches(text) for part in match.group().split("-"))
        return any(
            not self._reader.forms(word) & known and not numbers_of(word, self._language)
            for word in words
            if not self._terms.is_small(folded(word))
        )

    def doubt(self, text: str, positions: Sequence[int]) -> str | None:
        """Why a statement should be checked; empty where it need not, None where it is unsupported."""
        if self._foreign:
            translated = "it is a translation, which was not compared word for word"
            return self._number_elsewhere(text, positions) or translated
        support = self._evidence.support(self._evidence.content_of(text), positions)
        if support < DROPPED:
            return None
        if self._grounds.can_read:
            parted = self._evidence.apart(text, self._grounds.speaker_terms) == 1
            return self._grounds.doubt(text) or (NOT_TOGETHER if parted else "")
        weak = "few of its words were said" if support < SUPPORTED else ""
        apart = NOT_TOGETHER if self._evidence.apart(text) > APART else ""
        turned = weak or apart or self.turned(text, positions)
        return self._number_elsewhere(text, positions) or turned or self._unheard(text)

    def _number_elsewhere(self, text: str, positions: Sequence[int]) -> str:
        numbers = numbers_of(text, self._language, small=False)
        far = numbers - self._evidence.numbers_near(positions)
        return "a number in it was said elsewhere in the recording" if far else ""

    def turned(self, text: str, positions: Sequence[int]) -> str:
        """Why a statement may say the opposite of what it rests on; empty where nothing tells so.

        Half a sentence may, too, though it stands there word for word.
        """
        if is_turned_into_denial(text, self._evidence.texts_near(positions), self._language):
            return "it denies something, and what it rests on does not"
        said = [self._evidence.material.sentences[at].text for at in positions]
        if has_lost_denial(text, said, self._terms):
            return "what it rests on denies something, and it does not"
        return ""

    def _unheard(self, text: str) -> str:
        """Which word that may be a name was not said: the one that opens it, or any of a title in capitals.

        Where every noun has a capital, that says nothing.
        """
        if in_language(self._language).capital_nouns:
            return ""
        words = [match.group() for match in matches(text)]
        suspects = words if is_title(text, self._language) else words[:1]
        return next((f"“{word}” was not said" for word in suspects if self._is_new(word)), "")

    def _is_new(self, word: str) -> bool:
        small = self._terms.is_small(folded(word))
        return word[:1].isupper() and not small and not self._evidence.knows_name(word)
