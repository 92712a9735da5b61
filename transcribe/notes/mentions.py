"""Who and what an episode names, told by capital letters; nothing is looked up.

Cautious where capitals say little: German writes every noun with one, so that there the words count that the
Hanover Tagger takes for names; scripts without capitals have none to find.
"""

from __future__ import annotations

from collections.abc import Sequence

from transcribe.core.show_notes import Mention, MentionKind
from transcribe.notes.capitals import Run, runs_in
from transcribe.notes.name_runs import (
    is_known_name,
    is_name,
    is_owner,
    named_runs,
    says_nothing_alone,
    surnames_in,
    with_owners,
    without_opener,
)
from transcribe.notes.names import Name, before_places, in_nominative, keys_of, merged
from transcribe.notes.nominative import kind_of_polish, may_be_polish_surname
from transcribe.notes.terms import Terms, folded, matches
from transcribe.notes.words import in_any, whole
from transcribe.notes.writer import Sentence

LIMIT = 20
"""Mentions at the most."""


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
    surnames = surnames_in(sentences[index].text for index in positions)
    runs = {index: named_runs(sentences[index].text, terms, surnames) for index in positions}
    alone = {
        folded(run.text)
        for index, found in runs.items()
        for run in found
        if not is_owner(run, sentences[index].text)
    }
    runs = {index: list(with_owners(found, sentences[index].text, alone)) for index, found in runs.items()}
    every = [run for found in runs.values() for run in found]
    inner = {folded(run.text) for run in every if not run.opens}
    wholes = {key for run in every if run.words > 1 for key in keys_of(run.text, language)}
    names: list[Name] = []
    places: dict[tuple[str, ...], Name] = {}
    for index, found in runs.items():
        for whole_run in found:
            run = without_opener(whole_run, inner, wholes, terms)
            sure = is_known_name(run, language)
            if not (sure or is_name(run, inner, language)) or says_nothing_alone(run, terms):
                continue
            keys = keys_of(run.text, language)
            name = next((places[key] for key in keys if key in places), None)
            if name is None:
                name = Name()
                names.append(name)
            for key in keys:
                places.setdefault(key, name)
            name.add(run, _kind(run, language, known), index)
    for name in names:
        name.settle(language)
    return merged(names, language)


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
    return [run.text for run in runs_in(text, terms) if is_name(run, set(), terms.language)]


def _kept(sentences: Sequence[Sentence], skip: frozenset[int]) -> list[int]:
    return [index for index, each in enumerate(sentences) if index not in skip and each.sure >= 0.5]


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
    return run.before in before_places(language) and run.words <= 2


def _kind_in_dictionary(run: Run, language: str) -> MentionKind | None:
    words = in_nominative(run.text, run.before).split() if language == "pl" else []
    kind = kind_of_polish(words[0]) if words else None
    surname_first = kind == "person" and len(words) > 1 and not may_be_polish_surname(words[-1])
    return None if surname_first else kind  # "Miejski Dom Kultury"


def _capitals_say_nothing(sentences: Sequence[Sentence]) -> bool:
    """Whether most words have capitals: headlines, or a model that writes all in capitals."""
    words = capitals = 0
    for sentence in sentences:
        for match in matches(sentence.text):
            words += 1
            capitals += match.group()[0].isupper()
    return words > 20 and 2 * capitals > words
