"""Runs of words with capitals in one text, and titles in quotation marks: what may be names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from transcribe.notes.terms import Terms, folded, matches
from transcribe.notes.words import in_any, in_language, whole

LONGEST = 8
"""Words of a name: "Secretario Perpetuo de la Real Academia Española"."""

_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]{2,60})[\"”“»]")
_ELIDED = re.compile(r"^\w{1,5}['’](?=\w)")
"""An article or preposition that French and Italian write with the next word: "l'Opéra", "dell'Aquila"."""


@dataclass(frozen=True)
class Run:
    """Words with capitals that follow each other, with the word before them and what they open."""

    text: str
    first: int
    words: int
    before: str
    opens: bool
    quoted: bool


def works_in(text: str, terms: Terms) -> list[Run]:
    """Titles of works that stand in quotation marks."""
    titles = (match.group(1) for match in _QUOTED.finditer(text) if _is_work(match.group(1), terms))
    return [Run(title.strip(), 0, len(title.split()), "", opens=False, quoted=True) for title in titles]


def _is_work(text: str, terms: Terms) -> bool:
    """Whether what stands in quotation marks is a title, not speech."""
    words = [word.group() for word in matches(text)]
    if not 2 <= len(words) <= 8 or not words[0][0].isupper() or text[-1] in ".?!…,":
        return False
    content = [word for word in words if not terms.is_small(folded(word))]
    return not in_language(terms.language).capital_titles or all(word[0].isupper() for word in content)


def runs_in(text: str, terms: Terms, telling: Callable[[int], bool] | None = None) -> Iterator[Run]:
    """Runs of words with capitals.

    Args:
        telling: Whether the word at a position can be part of a name; by default every one with a capital.
    """
    words = list(matches(text))
    quoted = [match.span(1) for match in _QUOTED.finditer(text)]

    def inside(index: int) -> bool:  # "los Estados Unidos", where a small word is part of the name
        return index > 0 and not text[words[index - 1].end() : words[index].start()].strip()

    tells = telling or (lambda index: is_capital(words[index].group(), terms, inside=inside(index)))
    first = 0
    while first < len(words):
        if not tells(first):
            first += 1
            continue
        last = _last_of_run(text, words, first, terms, tells)
        start, end = words[first].start(), words[last].end()
        elided = _ELIDED.match(words[first].group())
        start += elided.end() if elided and not words[first].group()[0].isupper() else 0
        name = re.sub(r"['’]s$", "", text[start:end])
        before = folded(words[first - 1].group()) if first else ""
        opens = first == 0 or text[words[first - 1].end() : start].strip(" ,") != ""
        opens = opens and not elided
        marked = any(left <= start and end <= right for left, right in quoted)
        yield Run(name, first, last - first + 1, before, opens, marked)
        first = last + 1


def _last_of_run(
    text: str, words: Sequence[re.Match[str]], first: int, terms: Terms, tells: Callable[[int], bool]
) -> int:
    last, joined = first, ""
    for index in range(first + 1, min(first + LONGEST, len(words))):
        word, before = words[index].group(), words[index - 1].group()
        between = text[words[index - 1].end() : words[index].start()].strip()
        if between and not (between == "." and (is_personal_title(before) or "." in before)):
            break
        if before.endswith(("'s", "’s")) or (_ELIDED.match(word) and _is_apart(words[:index], first)):
            break
        if tells(index):
            last = index
        elif not (_is_letter(word) or word in _particles(terms.language)) or joined not in ("", word, before):
            break  # one person of one place: "Willem de Boer van Rijkswaterstaat" are two names
        else:
            joined = word
    return last


def _is_apart(words: Sequence[re.Match[str]], first: int) -> bool:
    """Whether what follows after an elision is another name: "Giulia Ferrari dell'Istituto"."""
    if len(words) - first == 1 and first > 0:
        return False  # "l'Università dell'Aquila", but not "Lavora all'Aquila"
    text = " ".join(folded(word.group()) for word in words[first:])
    return not whole(in_any().names.organisations | in_any().names.places).search(text)


def _particles(language: str) -> frozenset[str]:
    return in_language(language).names.only_particles or in_any().names.particles


def _is_letter(word: str) -> bool:
    """Whether it is a capital by itself, which is no name but may stand in one: "Have I Been Pwned"."""
    return len(word) == 1 and word.isupper()


def is_personal_title(word: str) -> bool:
    """Whether a word is a title of people, or an initial."""
    return folded(word) in in_any().names.titles or len(word) == 1


def is_capital(word: str, terms: Terms, *, inside: bool = False) -> bool:
    """Whether a word has a capital that can be a name's.

    Args:
        inside: Whether it follows another word without punctuation, so that small words count, too.
    """
    elided = _ELIDED.match(word)
    if elided and not word[0].isupper():
        word = word[elided.end() :]
    if not word[0].isupper() or word[0].isdigit():
        return False
    if is_personal_title(word) and len(word) > 1:
        return True
    if folded(word).split("'")[0] in in_any().names.never:
        return False
    return inside or not terms.is_small(folded(word)) or (len(word) > 1 and word.isupper())
