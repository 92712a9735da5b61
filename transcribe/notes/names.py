"""Somebody or something that is named: found again under other endings, in the nominative, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from transcribe.core.show_notes import MentionKind
from transcribe.notes.capitals import Run
from transcribe.notes.lemmas import commonness, readings
from transcribe.notes.nominative import nominative, with_strong_ending
from transcribe.notes.terms import folded
from transcribe.notes.words import in_any, in_language

_OBLIQUE_ENDING = 3
"""Letters that an ending adds to a name at the most: "Whispera", "Microsoftem", "Googlowi"."""


@dataclass
class Name:
    """Somebody or something that is named.

    Attributes:
        text: In the nominative where that is certain, else as it was said most often.
        forms: As it was said, with how often.
        sentences: Positions of the sentences that name it, ascending; one for each time.
    """

    text: str = ""
    kind: MentionKind = "other"
    forms: Counter[str] = field(default_factory=Counter)
    sentences: list[int] = field(default_factory=list)
    _kinds: Counter[MentionKind] = field(default_factory=Counter)
    _before: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, run: Run, kind: MentionKind, index: int) -> None:
        """Count one more time that it is named."""
        self.forms[run.text] += 1
        self._kinds[kind] += 1
        self.sentences.append(index)
        self._before[run.before, run.text] += 1

    def take(self, other: Name) -> None:
        """What is named by this shorter name is the same."""
        self._kinds.update(other._kinds)
        self.sentences = sorted(self.sentences + other.sentences)

    def settle(self, language: str) -> None:
        """Choose its text and its kind."""
        self.text = _dictionary_form(self.forms, self._before, language)
        said = Counter({kind: count for kind, count in self._kinds.items() if kind != "other"})
        kind = said.most_common(1)[0][0] if said else "other"
        unsure = kind == "place" and 2 * said[kind] <= len(self.sentences)
        self.kind = "other" if unsure else kind


def before_places(language: str) -> frozenset[str]:
    """Words behind which rather a place is named."""
    return in_language(language).names.before_places


def keys_of(name: str, language: str) -> list[tuple[str, ...]]:
    """What a name is found by, whatever its inflection; its titles aside."""
    titles = in_any().names.titles
    words = [word.strip(".") for word in name.split()]
    words = [word for word in words if folded(word) not in titles] or words
    keys: list[tuple[str, ...]] = [()]
    for word in words:
        keys = [(*key, lemma) for key in keys[:8] for lemma in _lemmas(word, language)]
    return keys


def _lemmas(word: str, language: str) -> list[str]:
    if in_language(language).capital_nouns:
        adjectives = [each.lemma for each in readings(word, language) if each.part == "adjective"]
        return [folded(adjectives[0] if adjectives else word)]
    if not in_language(language).inflects_names:
        return [folded(word)]
    found = [folded(each.lemma) for each in readings(word, language) if each.part not in ("verb", "other")]
    return list(dict.fromkeys([*found[:4], folded(word)]))


def in_nominative(name: str, before: str) -> str:
    """A Polish name in the nominative; behind a preposition rather a place: "z Czech"."""
    return nominative(tuple(name.split()), place=before in in_language("pl").clauses.prepositions)


def _dictionary_form(forms: Counter[str], before: Counter[tuple[str, str]], language: str) -> str:
    """A name in the nominative; where that is not certain, as it was said most often."""
    sure: Counter[str] = Counter()
    for (article, form), count in before.items():
        words = tuple(form.split())
        strong = with_strong_ending(article, words, language)
        sure[in_nominative(form, article) if language == "pl" else strong] += count
    del sure[""]
    if sure:
        return max(sorted(sure), key=lambda form: sure[form])
    if not in_language(language).inflects_names:
        return max(sorted(forms), key=lambda form: (forms[form], -len(form)))
    prepositions = before_places(language)
    oblique = Counter({form: count for (word, form), count in before.items() if word in prepositions})

    def worth(form: str) -> tuple[int, int, int]:
        listed = sum(readings(word, language)[0].lemma == word for word in form.split())
        return listed, forms[form] - oblique[form], forms[form]

    best = max(sorted(forms), key=worth)
    lemma = readings(best, language)[0].lemma
    return lemma if " " not in best and lemma[:1].isupper() and commonness(lemma, language) else best


def merged(names: list[Name], language: str) -> list[Name]:
    """ "Einstein" after "Albert Einstein" is the same; where two longer names hold it, it stays alone."""
    kept = _without_inflected(names) if in_language(language).inflects_names else names
    longer: dict[str, list[Name]] = {}
    bare = {id(name): _untitled(name.text) for name in kept}
    for name in kept:
        words = bare[id(name)].split()
        for word in {words[0], words[-1]} if len(words) > 1 else ():
            for lemma in _lemmas(word, language):
                longer.setdefault(lemma, []).append(name)
    alone: list[Name] = []
    for name in kept:
        short = bare[id(name)]
        wholes = [] if " " in short else longer.get(_lemmas(short, language)[0], [])
        if len(wholes) == 1:
            wholes[0].take(name)
        else:
            alone.append(name)
    for name in alone:
        name.settle(language)
    return sorted(alone, key=lambda name: name.sentences[0])


def _untitled(name: str) -> str:
    """A name without titles, unless it is nothing else: "Frau Winter" is "Winter"."""
    words = [word for word in name.split() if folded(word.strip(".")) not in in_any().names.titles]
    return " ".join(words) or name


def _without_inflected(names: Sequence[Name]) -> list[Name]:
    """Names of which no other is the uninflected form, by their letters: no dictionary has every name."""
    best_first = sorted(names, key=lambda name: (len(name.text), -len(name.sentences), name.sentences[0]))
    kept = list(best_first)
    for at in range(len(best_first) - 1, 0, -1):
        name = best_first[at]
        base = next((other for other in best_first[:at] if _is_inflected(name.text, other.text)), None)
        if base is not None:
            base.take(name)
            kept.remove(name)
    return kept


def _is_inflected(name: str, base: str) -> bool:
    """Whether a name is another with endings: "Whispera" of "Whisper", "Сергею Орлову" of "Сергей Орлов"."""
    words, bases = name.split(), base.split()
    if len(words) != len(bases) or name[:2] != base[:2]:
        return False
    changed = int(len(words) > 1)  # of one word alone every letter has to be there
    return all(
        word == bare
        or (
            len(bare) > 3 - changed
            and word.startswith(bare[: len(bare) - changed])
            and -1 <= len(word) - len(bare) <= _OBLIQUE_ENDING - changed
        )
        for word, bare in zip(words, bases, strict=True)
    )
