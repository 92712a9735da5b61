"""Titles of chapters: terms in dictionary form that one speaks of and others do not, or a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from transcribe.formats.tokens import text_width
from transcribe.notes.fitness import is_chatter
from transcribe.notes.keywords import Read, Told, told_by
from transcribe.notes.names import Name
from transcribe.notes.titles import LONGEST_CELLS, as_title, shortened, titles_of
from transcribe.notes.weighing import Weighed, term_weights

ENOUGH = 3
"""A term that is said so often in a chapter is what it is about; a term of several words one time less."""

ITS_OWN = 1 / 3
"""How many of the times a term is said have to be in the chapter that it is the title of."""

WHOLLY = 1.75
"""From this worth on a term that is said twice, and nowhere else, is enough."""

SECOND = 0.45
"""What a second term in a title has to be worth, against the first."""

FEW = 3
"""Terms in a title where none is said twice."""

OPENING = 3
"""Sentences in which speakers say what they are about to speak of."""

OPENS = 1.5
"""What a term is worth that is in them."""


def chapter_titles(
    weighed: Weighed, read: Sequence[Read], spans: Sequence[tuple[int, int]], names: Sequence[Name]
) -> list[str]:
    """A title for each chapter, never empty, no two the same if that can be.

    Args:
        read: All sentences.
        spans: First sentence of each chapter and of the next.
        names: Those in the transcript.
    """
    told = [_told(weighed, read, span, names) for span in spans]
    everywhere = Counter[tuple[str, ...]]()
    for each in told:
        everywhere.update({term.key: term.count for term in each})
    titles: list[str] = []
    used: set[tuple[str, ...]] = set()
    for span, each in zip(spans, told, strict=True):
        share = {term.key: term.count / everywhere[term.key] for term in each}
        worth = {term.key: term.worth * share[term.key] for term in each}
        for term in _told(weighed, read, (span[0], min(span[1], span[0] + OPENING)), names):
            worth[term.key] = OPENS * worth.get(term.key, 0.0)
        own = [term for term in each if share[term.key] >= ITS_OWN and term.key not in used]
        own.sort(key=lambda term: -worth[term.key])
        sure = _fit(term for term in own if _is_sure(term, share[term.key], worth[term.key]))
        title, terms = next(
            (found for found in _candidates(weighed, read, span, sure, own, worth) if found[0] not in titles),
            (titles[-1] if titles else "", ()),
        )
        titles.append(title)
        used.update(term.key for term in terms)
    return titles


def _is_sure(term: Told, share: float, worth: float) -> bool:
    """Whether a chapter is surely about a term."""
    count = term.count + (len(term.key) > 1)
    return count >= ENOUGH or (count == ENOUGH - 1 and share == 1.0 and worth >= WHOLLY)


def _told(weighed: Weighed, read: Sequence[Read], span: tuple[int, int], names: Sequence[Name]) -> list[Told]:
    """The terms of some sentences."""
    positions = [index for index in range(*span) if index not in weighed.shaky]
    named = Counter(name.text for name in names for index in name.sentences if span[0] <= index < span[1])
    return told_by([read[index] for index in positions], named, names, weighed.terms)


_Title = tuple[str, tuple[Told, ...]]
"""A title, and the terms that it is made of."""


def _candidates(
    weighed: Weighed,
    read: Sequence[Read],
    span: tuple[int, int],
    sure: Sequence[Told],
    own: Sequence[Told],
    worth: Mapping[tuple[str, ...], float],
) -> Iterator[_Title]:
    """Titles for a chapter, best first; the last one in any case.

    Args:
        sure: Terms that it is surely about, best first.
        own: All of its terms.
    """
    here = read[span[0] : span[1]]
    yield from (_joined([first, *_close(first, sure, worth)], here) for first in sure)
    positions = range(*span)
    contents = [weighed.contents[index] for index in positions]
    weights = term_weights(contents, weighed.everywhere, len(weighed.contents))
    for title in titles_of(weighed, [index for index in positions if weighed.fit[index] > 0], weights):
        yield title.text, ()
    twice = _fit(term for term in own if term.count > 1)
    yield from (_joined([first, *_close(first, twice, worth)], here) for first in twice)
    if few := _fit(own, FEW):
        yield _joined(few, here)
    yield shortened(weighed.material.sentences[span[0]].text, LONGEST_CELLS), ()


def _fit(terms: Iterable[Told], most: int | None = None) -> list[Told]:
    """Terms that say more than that there is a programme; no more of them are looked at than are wanted."""
    return list(islice((term for term in terms if not is_chatter(term.text)), most))


def _close(first: Told, terms: Sequence[Told], worth: Mapping[tuple[str, ...], float]) -> list[Told]:
    """The next term, if it is worth nearly as much as the first and is of other words."""
    rest = terms[terms.index(first) + 1 :]
    close = (term for term in rest if worth[term.key] >= SECOND * worth[first.key])
    return [term for term in close if not set(term.key) & set(first.key)][:1]


def _joined(terms: Sequence[Told], read: Sequence[Read]) -> _Title:
    """As many terms as a title holds, the first in any case; two that make one as that: "wood block"."""
    if len(terms) == 2:
        one = terms[0].with_next(terms[1], read) or terms[1].with_next(terms[0], read)
        if one is not None:
            return as_title(one.text), tuple(terms)
    title, held = "", 0
    for term in terms:
        longer = f"{title}, {term.text}" if title else as_title(term.text)
        if title and text_width(longer) > LONGEST_CELLS:
            break
        title, held = longer, held + 1
    return title, tuple(terms[:held])
