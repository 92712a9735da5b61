"""Which words with a capital may be a name, by the words beside them and their parts of speech."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from transcribe.notes.capitals import Run, is_capital, is_personal_title, runs_in, works_in
from transcribe.notes.lemmas import TAGGED, Reading, commonness, readings, tagged
from transcribe.notes.names import before_places, keys_of
from transcribe.notes.nominative import is_polish_demonym
from transcribe.notes.terms import Terms, folded, matches
from transcribe.notes.words import in_any, in_language, whole

_EVERYDAY = 5.2
"""Zipf of a noun that is none of a name where only an adjective with a capital stands before it."""

_RARE = 3.0
"""Zipf of what is rather a surname than a noun behind a first name: "George Pullman"."""

_COMMON_ADJECTIVE = 4.2
"""Zipf: "hiszpański" is more common as an adjective than as a surname, "kowalski" is not."""


def surnames_in(texts: Iterable[str]) -> frozenset[str]:
    """Words with a capital that somewhere follow a title of people: surnames, though they may be nouns."""
    pairs = (pair for text in texts for pair in pairwise(word.group() for word in matches(text)))
    return frozenset(
        right for left, right in pairs if len(left) > 1 and is_personal_title(left) and right[0].isupper()
    )


def named_runs(text: str, terms: Terms, surnames: frozenset[str]) -> list[Run]:
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


def is_owner(run: Run, text: str) -> bool:
    """Whether it is one word with an 's that another name may follow."""
    words = [word.group() for word in matches(text)]
    return run.words == 1 and not run.quoted and words[run.first].endswith(("'s", "’s"))


def with_owners(runs: Sequence[Run], text: str, alone: set[str]) -> Iterator[Run]:
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
        if is_owner(run, text) and folded(run.text) not in alone:
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


def without_opener(run: Run, inner: set[str], wholes: set[tuple[str, ...]], terms: Terms) -> Run:
    """A run without a first word that is no part of the name: "Dziękuję Annie", "Poet Ann Lee".

    Args:
        inner: Runs that open no sentence, folded.
        wholes: What runs of several words are found by.
    """
    first, _, rest = run.text.partition(" ")
    if not rest or run.quoted or folded(first.strip(".")) in in_any().names.titles:
        return run
    bare = replace(run, text=rest, first=run.first + 1, words=run.words - 1, before=folded(first))
    if bare.words > 1 and wholes.intersection(keys_of(rest, terms.language)):
        return replace(bare, opens=False)  # elsewhere it is named without that word
    if run.opens and (folded(rest) in inner or folded(first) in before_places(terms.language)):
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


def _is_of_kind(word: str) -> bool:
    """Whether a word says what kind of thing the name is, and belongs to it: "University"."""
    names = in_any().names
    return whole(names.organisations | names.places).fullmatch(folded(word)) is not None


def is_known_name(run: Run, language: str) -> bool:
    """Whether it is a name though its capital does not say so: one word, in German the first one."""
    if run.words > 1 and not in_language(language).capital_nouns:
        return False
    parts = {reading.part for reading in readings(run.text.split()[0], language)}
    if in_language(language).capital_nouns:
        return parts <= {"name", ""} and "name" in parts
    return language == "pl" and parts == {""}  # Morfeusz knows the words that open sentences


def says_nothing_alone(run: Run, terms: Terms) -> bool:
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


def is_name(run: Run, inner: set[str], language: str) -> bool:
    """Whether capitals make it a name.

    Args:
        inner: Runs that open no sentence, folded.
    """
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
