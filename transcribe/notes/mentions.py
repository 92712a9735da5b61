"""Who and what an episode names, told by capital letters; nothing is looked up.

Cautious where capitals say little: German writes every noun with one, so that there the words count that the
Hanover Tagger takes for names; scripts without capitals have none to find.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from transcribe.core.show_notes import Mention, MentionKind
from transcribe.notes.capitals import Run, is_capital, is_personal_title, runs_in, works_in
from transcribe.notes.lemmas import TAGGED, Reading, commonness, readings, tagged
from transcribe.notes.nominative import (
    is_polish_demonym,
    kind_of_polish,
    may_be_polish_surname,
    nominative,
    with_strong_ending,
)
from transcribe.notes.terms import Terms, folded, matches
from transcribe.notes.words import in_any, in_language, whole
from transcribe.notes.writer import Sentence

LIMIT = 20
"""Mentions at the most."""

_OBLIQUE_ENDING = 3
"""Letters that an ending adds to a name at the most: "Whispera", "Microsoftem", "Googlowi"."""

_EVERYDAY = 5.2
"""Zipf of a noun that is none of a name where only an adjective with a capital stands before it."""

_RARE = 3.0
"""Zipf of what is rather a surname than a noun behind a first name: "George Pullman"."""

_COMMON_ADJECTIVE = 4.2
"""Zipf: "hiszpański" is more common as an adjective than as a surname, "kowalski" is not."""


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


def names_of(
    sentences: Sequence[Sentence], skip: frozenset[int], terms: Terms, people: Sequence[str] = ()
) -> list[Name]:
    """The names in a transcript, in the order in which they come up.

    Args:
        skip: Positions of sentences whose words are not to be relied on.
        people: Names that are known to be people's.
    """
    if _capitals_say_nothing(sentences):
        return []
    known = {folded(part) for name in people for part in name.split()}
    language = terms.language
    positions = _kept(sentences, skip)
    surnames = _titled(sentences[index].text for index in positions)
    runs = {index: _named_runs(sentences[index].text, terms, surnames) for index in positions}
    alone = {
        folded(run.text)
        for index, found in runs.items()
        for run in found
        if not _owns(run, sentences[index].text)
    }
    runs = {index: list(_with_owners(found, sentences[index].text, alone)) for index, found in runs.items()}
    every = [run for found in runs.values() for run in found]
    inner = {folded(run.text) for run in every if not run.opens}
    wholes = {key for run in every if run.words > 1 for key in _keys(run.text, language)}
    names: list[Name] = []
    places: dict[tuple[str, ...], Name] = {}
    for index, found in runs.items():
        for whole_run in found:
            run = _without_opener(whole_run, inner, wholes, terms)
            sure = _is_known_name(run, language)
            if not (sure or _is_name(run, inner, language)) or _says_nothing_alone(run, terms):
                continue
            keys = _keys(run.text, language)
            name = next((places[key] for key in keys if key in places), None)
            if name is None:
                name = Name()
                names.append(name)
            for key in keys:
                places.setdefault(key, name)
            name.add(run, _kind(run, language, known), index)
    for name in names:
        name.settle(language)
    return _merged(names, language)


def mentions_of(names: Sequence[Name], sentences: Sequence[Sentence]) -> tuple[Mention, ...]:
    """Those named most often, in the order in which they come up."""
    best = sorted(names, key=lambda name: (-len(name.sentences), name.sentences[0]))[:LIMIT]
    return tuple(
        Mention(
            name.text,
            name.kind,
            sentences[name.sentences[0]].start_ms,
            tuple(sorted({segment for index in name.sentences for segment in sentences[index].segments})),
        )
        for name in sorted(best, key=lambda name: name.sentences[0])
    )


def names_in(text: str, terms: Terms) -> list[str]:
    """The names in one text, by the same cautious rules; a word that only opens a sentence is none."""
    return [run.text for run in runs_in(text, terms) if _is_name(run, set(), terms.language)]


def _kept(sentences: Sequence[Sentence], skip: frozenset[int]) -> list[int]:
    return [index for index, each in enumerate(sentences) if index not in skip and each.sure >= 0.5]


def _titled(texts: Iterable[str]) -> frozenset[str]:
    """Words with a capital that somewhere follow a title of people: surnames, though they may be nouns."""
    pairs = (pair for text in texts for pair in pairwise(word.group() for word in matches(text)))
    return frozenset(
        right for left, right in pairs if len(left) > 1 and is_personal_title(left) and right[0].isupper()
    )


def _named_runs(text: str, terms: Terms, surnames: frozenset[str]) -> list[Run]:
    """The runs of a text that may be names, as far as the parts of speech of their words are known."""
    if not any(word.group()[0].isupper() for word in matches(text)):
        return []
    works = works_in(text, terms)
    words = tuple(word.group() for word in matches(text))
    parts = tagged(words, terms.language)
    telling = (
        _german(words, parts, terms, surnames | _behind_names(text, parts))
        if in_language(terms.language).capital_nouns
        else None
    )
    runs = [run for run in runs_in(text, terms, telling) if not (works and run.quoted)]
    return works + [run for run in runs if not _is_demonym(run, parts, terms.language)]


def _owns(run: Run, text: str) -> bool:
    """Whether it is one word with an 's that another name may follow."""
    words = [word.group() for word in matches(text)]
    return run.words == 1 and not run.quoted and words[run.first].endswith(("'s", "’s"))


def _with_owners(runs: Sequence[Run], text: str, alone: set[str]) -> Iterator[Run]:
    """Runs of a text, those with an 's joined with the next: "Baker's Field", but "Ruth's" "Harbour Bread".

    Args:
        alone: Names that are said without the 's, too, folded.
    """
    owner: Run | None = None
    for run in runs:
        if owner is not None:
            if not run.quoted and run.first == owner.first + 1:
                said = list(matches(text))
                whole_text = text[said[owner.first].start() : said[run.first].start()] + run.text
                yield replace(owner, text=whole_text, words=owner.words + run.words)
                owner = None
                continue
            yield owner
            owner = None
        if _owns(run, text) and folded(run.text) not in alone:
            owner = run
        else:
            yield run
    if owner is not None:
        yield owner


def _german(
    words: Sequence[str], parts: Sequence[Reading], terms: Terms, surnames: frozenset[str]
) -> Callable[[int], bool]:
    """Which words belong to a name: those tagged so, titles, nouns with an adjective that has a capital.

    Args:
        surnames: Nouns that belong to the name before them.
    """

    def adjective(index: int) -> bool:
        options = readings(words[index], terms.language) if index > 0 and words[index][0].isupper() else ()
        return any(reading.part == "adjective" for reading in options) and not _is_everyday(
            index + 1, words, terms
        )

    def telling(index: int) -> bool:
        if not is_capital(words[index], terms):
            return False
        if is_personal_title(words[index]) or (adjective(index) and _noun_follows(index, words, parts)):
            return True
        if parts[index].part == "noun":
            rare = commonness(words[index], terms.language) < _RARE and parts[index - 1].part == "name"
            if index > 0 and (rare or words[index] in surnames) and telling(index - 1):
                return True
            return adjective(index - 1) or (index > 0 and is_personal_title(words[index - 1]))
        return parts[index].part == "name"

    return telling


def _behind_names(text: str, parts: Sequence[Reading]) -> frozenset[str]:
    """Nouns that follow a name, and each other, at once: "Nissan Jam Contest"; one alone may be an object."""
    said = list(matches(text))
    tags = {"name": "M", "noun": "N"}
    kinds = "".join(
        tags.get(each.part, "-") if word.group()[0].isupper() else "-"
        for word, each in zip(said, parts, strict=True)
    )
    found: set[str] = set()
    for match in re.finditer("M(N{2,})", kinds):
        first, last = said[match.start()], said[match.end() - 1]
        if not re.search(r"[^\w\s'’-]", text[first.end() : last.start()]):
            found.update(word.group() for word in said[match.start(1) : match.end()])
    return frozenset(found)


def _is_everyday(index: int, words: Sequence[str], terms: Terms) -> bool:
    """Whether a word is so common that no place makes a name of it: "Schweizer Familie", "Berliner Mauer"."""
    return index < len(words) and commonness(words[index], terms.language) >= _EVERYDAY


def _noun_follows(index: int, words: Sequence[str], parts: Sequence[Reading]) -> bool:
    return index + 1 < len(words) and parts[index + 1].part in ("noun", "name")


def _is_demonym(run: Run, parts: Sequence[Reading], language: str) -> bool:
    """Whether one word is only what people from somewhere are called: "American", "Americans", "Polacy"."""
    if run.words > 1 or run.quoted:
        return False
    if language == "pl":
        return is_polish_demonym(run.text)
    peoples = in_language(language).names.peoples
    like = bool(peoples) and whole(peoples).fullmatch(folded(run.text)) is not None
    if language not in TAGGED:
        return like
    said, options = parts[run.first], readings(run.text, language)
    if said.part == "noun" and commonness(said.lemma, language):
        options = (*readings(said.lemma, language)[:1], *options)  # of "Americans" that of "american"
    return options[0].part == "adjective" or (like and any(each.part == "adjective" for each in options))


def _without_opener(run: Run, inner: set[str], wholes: set[tuple[str, ...]], terms: Terms) -> Run:
    """A run without a first word that is no part of the name: "Dziękuję Annie", "Poet Ann Lee".

    Args:
        inner: Runs that open no sentence, folded.
        wholes: What runs of several words are found by.
    """
    first, _, rest = run.text.partition(" ")
    if not rest or run.quoted or folded(first.strip(".")) in in_any().names.titles:
        return run
    bare = replace(run, text=rest, first=run.first + 1, words=run.words - 1, before=folded(first))
    if bare.words > 1 and wholes.intersection(_keys(rest, terms.language)):
        return replace(bare, opens=False)  # elsewhere it is named without that word
    if run.opens and (folded(rest) in inner or folded(first) in _before_places(terms.language)):
        return replace(bare, opens=False)
    return bare if run.opens and _only_opens(first, rest.split()[0], terms) else run


def _only_opens(first: str, second: str, terms: Terms) -> bool:
    """Whether the first word of a sentence is not a part of the name that begins with the second."""
    spoken = in_any().sentences
    part, beside = (readings(word, terms.language)[0].part for word in (first, second))
    if part == "noun" and beside in ("name", "") and terms.language in TAGGED:
        return not _is_of_kind(first)  # "Program Optimaxu", but "Szpital Miejski"
    greets = whole(spoken.chatter | spoken.leads | spoken.leans).fullmatch(folded(first))
    return greets is not None or part in ("verb", "other") or terms.is_small(folded(first))


def _before_places(language: str) -> frozenset[str]:
    return in_language(language).names.before_places


def _is_of_kind(word: str) -> bool:
    """Whether a word says what kind of thing the name is, and belongs to it: "University"."""
    names = in_any().names
    return whole(names.organisations | names.places).fullmatch(folded(word)) is not None


def _is_known_name(run: Run, language: str) -> bool:
    """Whether it is a name though its capital does not say so: one word, in German the first one."""
    if run.words > 1 and not in_language(language).capital_nouns:
        return False
    parts = {reading.part for reading in readings(run.text.split()[0], language)}
    if in_language(language).capital_nouns:
        return parts <= {"name", ""} and "name" in parts
    return language == "pl" and parts == {""}  # Morfeusz knows the words that open sentences


def _says_nothing_alone(run: Run, terms: Terms) -> bool:
    """Whether it is one word that many things are called by: "D.C", "TV", "Monday", "University"."""
    if run.words > 1:
        return False
    text, names = folded(run.text), in_any().names
    small = terms.is_small(text) or whole(in_any().sentences.leads).fullmatch(text) is not None
    small = small and not run.text.isupper()
    generic = small or text in names.never_alone or whole(names.organisations).fullmatch(text) is not None
    return (
        generic
        or "." in text.strip(".")
        or (len(text) < 3 and not text.isalpha())
        or _is_adjective(run.text, terms.language)
    )


def _is_adjective(word: str, language: str) -> bool:
    """Whether a word of an inflecting language is an adjective: "Київському", "Polski", not "Kowalski"."""
    if not in_language(language).inflects_names:
        return False
    found = readings(word, language)
    if language == "pl":
        said = [each for each in found if each.part == "adjective"]
        return bool(said) and commonness(said[0].lemma, language) >= _COMMON_ADJECTIVE
    patterns = in_language(language).grammar.adjectives
    return bool(patterns) and found[0].lemma[:1].islower() and bool(whole(patterns).fullmatch(found[0].lemma))


def _is_name(run: Run, inner: set[str], language: str) -> bool:
    words = run.text.split()
    if all(folded(word.strip(".")) in in_any().names.titles for word in words) or len(run.text) < 2:
        return False
    if run.quoted:
        return True
    if in_language(language).capital_nouns:
        titled = is_personal_title(words[0].strip("."))
        several = run.words > 1 and (titled or not run.opens)
        return several or run.text.isupper()
    return run.words > 1 or not run.opens or folded(run.text) in inner


def _kind(run: Run, language: str, known: set[str]) -> MentionKind:
    if run.quoted and run.words > 1:
        return "work"
    words, names = [folded(word.strip(".")) for word in run.text.split()], in_any().names
    if len(words) > 1 and whole(names.places).fullmatch(words[-1]):
        return "place"  # "Church Street"
    if whole(names.organisations).search(folded(run.text)):
        return "organisation"
    if whole(names.places).search(folded(run.text)):
        return "place"
    if words[0] in names.titles or run.before in names.titles or known.intersection(words):
        return "person"
    return _kind_in_dictionary(run, language) or ("place" if _is_where(run, language) else "other")


def _is_where(run: Run, language: str) -> bool:
    return run.before in _before_places(language) and run.words <= 2


def _kind_in_dictionary(run: Run, language: str) -> MentionKind | None:
    words = _in_nominative(run.text, run.before).split() if language == "pl" else []
    kind = kind_of_polish(words[0]) if words else None
    surname_first = kind == "person" and len(words) > 1 and not may_be_polish_surname(words[-1])
    return None if surname_first else kind  # "Miejski Dom Kultury"


def _in_nominative(name: str, before: str) -> str:
    """A Polish name in the nominative; behind a preposition rather a place: "z Czech"."""
    return nominative(tuple(name.split()), place=before in in_language("pl").clauses.prepositions)


def _keys(name: str, language: str) -> list[tuple[str, ...]]:
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


def _dictionary_form(forms: Counter[str], before: Counter[tuple[str, str]], language: str) -> str:
    """A name in the nominative; where that is not certain, as it was said most often."""
    sure: Counter[str] = Counter()
    for (article, form), count in before.items():
        words = tuple(form.split())
        strong = with_strong_ending(article, words, language)
        sure[_in_nominative(form, article) if language == "pl" else strong] += count
    del sure[""]
    if sure:
        return max(sorted(sure), key=lambda form: sure[form])
    if not in_language(language).inflects_names:
        return max(sorted(forms), key=lambda form: (forms[form], -len(form)))
    prepositions = _before_places(language)
    oblique = Counter({form: count for (word, form), count in before.items() if word in prepositions})

    def worth(form: str) -> tuple[int, int, int]:
        listed = sum(readings(word, language)[0].lemma == word for word in form.split())
        return listed, forms[form] - oblique[form], forms[form]

    best = max(sorted(forms), key=worth)
    lemma = readings(best, language)[0].lemma
    return lemma if " " not in best and lemma[:1].isupper() and commonness(lemma, language) else best


def _merged(names: list[Name], language: str) -> list[Name]:
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


def _capitals_say_nothing(sentences: Sequence[Sentence]) -> bool:
    """Whether most words have capitals: headlines, or a model that writes all in capitals."""
    words = capitals = 0
    for sentence in sentences:
        for match in matches(sentence.text):
            words += 1
            capitals += match.group()[0].isupper()
    return words > 20 and 2 * capitals > words
