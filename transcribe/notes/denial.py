"""Whether a text says that something is not so, in the languages whose words for it are few and known."""

from __future__ import annotations

import re
from collections.abc import Sequence

from transcribe.notes.terms import Terms, words_of
from transcribe.notes.words import in_language, meets

_CLAUSES = re.compile(r"[,;:.!?…—–]+\s+|\s[—–-]\s")


def denies(text: str, language: str) -> bool:
    """Whether a text holds a word that denies; never where the language's words are not known."""
    known = in_language(language).denial
    endings = tuple(known.endings)
    words = words_of(affirmed(text, language))
    return any(word in known.words or word.endswith(endings) for word in words)


def affirmed(text: str, language: str) -> str:
    """A text without the words that deny nothing together: "nothing but", "not only"."""
    known = in_language(language).denial.affirms
    return meets(known).sub("", text) if known else text


def is_turned_into_denial(text: str, said: Sequence[str], language: str) -> bool:
    """Whether a text denies something, and nothing it rests on does."""
    return denies(text, language) and not any(denies(sentence, language) for sentence in said)


def has_lost_denial(text: str, said: Sequence[str], terms: Terms) -> bool:
    """Whether what a text says is denied where it was said: the "not" is missing.

    Looked at is the clause that shares most with the text, since the rest of a sentence may deny
    something else; of several sentences the text may be put together, so that only one is judged.
    """
    if len(said) != 1 or denies(text, terms.language):
        return False
    content = frozenset(terms.of(text))
    clauses = [(len(content & frozenset(terms.of(part))), part) for part in _CLAUSES.split(said[0])]
    most = max(shared for shared, _ in clauses)
    return most > 0 and all(denies(part, terms.language) for shared, part in clauses if shared == most)
