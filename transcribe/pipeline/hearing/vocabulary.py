"""Names and terms to expect: read, ranked by how like they are to what was heard, fitted into a prompt.

Whisper takes a prompt of at most 223 tokens. Terms that fit stand in every window's prompt. Of more, each
window gets those that resemble something in it: names are misheard as something that sounds, and so
is spelt, nearly like them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

from transcribe.core.errors import UsageError
from transcribe.core.hearing import MOST_PROMPT_TOKENS
from transcribe.core.reading import open_regular
from transcribe.core.settings import RecogniseSettings

LEAST_LIKENESS = 60.0
LEAST_LIKENESS_SHORT = 70.0
"""From here on a term may be what was said: of 100, twice the letters that two texts share in order, by
the letters both have (rapidfuzz's `ratio`). Most misheard names are above 80 ("Reto Lamm", heard as
"Retoulam": 88), the worst that a prompt still mended was at 64 ("Kalpana Chawla": "Kulbna Shavla"). Short
texts are alike by chance: in 75 English words one in six single names that nobody says reaches 60 and one
in a hundred 70; of first names with surnames, one in 200 reaches 60."""

LONG_TERM = 10
"""From so many letters on the first of the two counts."""

MAX_BYTES = 10_000_000

SHORTEST_TERM = 4
"""Terms with fewer letters resemble too much to be chosen by it."""


def terms_of(settings: RecogniseSettings) -> tuple[str, ...]:
    """The terms of the vocabulary file and then those of `terms`, each once.

    Raises:
        UsageError: The vocabulary cannot be read, or is not text.
    """
    lines = _read_text(settings.vocabulary).splitlines() if settings.vocabulary else []
    terms = (" ".join(term.split()) for term in (*lines, *settings.terms))
    return tuple(dict.fromkeys(filter(None, terms)))


def prompt_of(terms: Sequence[str], prompt: str) -> str:
    """The text that stands before a window: a list of terms, then the user's own prompt."""
    return " ".join(part for part in (", ".join(terms) + "." if terms else "", prompt.strip()) if part)


def likely(terms: Sequence[str], text: str) -> list[str]:
    """The terms that may stand misspelt in a text, the most alike first, else in the order given.

    A term is compared with as many words in a row as it has, and with one more and one fewer, because
    a name that is not known is often heard as two words or as a part of one.

    Returns:
        Nothing where every term that resembles the text stands in it as it is written.
    """
    counts = {len(term.split()) + more for term in terms for more in (-1, 0, 1)}
    phrases = {count: _phrases(text, count) for count in counts}
    ranked = sorted(
        (-score, place) for place, term in enumerate(terms) if (score := _likeness(term, phrases))
    )
    found = [terms[place] for _, place in ranked]
    return found if len(written(found, text)) < len(found) else []


def written(terms: Sequence[str], text: str) -> set[str]:
    """The terms that stand in a text as they are to be spelt, whatever punctuation is between their words."""
    words = _words(text)
    return {term for term in terms if _words(term) in words}


def fitting(terms: Sequence[str], prompt: str, count_tokens: Callable[[str], int]) -> str:
    """The prompt with as many of the terms as it has room for; the first ones are taken first.

    Args:
        terms: In the order of their importance.
        prompt: The user's own; always whole.
        count_tokens: How many tokens the recogniser makes of a text.
    """
    taken: list[str] = []
    for term in terms:
        if count_tokens(prompt_of([*taken, term], prompt)) <= MOST_PROMPT_TOKENS:
            taken.append(term)
    return prompt_of(taken, prompt)


def _likeness(term: str, phrases: dict[int, list[str]]) -> float:
    """How like a term is to the phrase it is most like, 0 below the least that counts."""
    from rapidfuzz import fuzz, process

    letters, words = folded(term), len(term.split())
    if len(letters) < SHORTEST_TERM:
        return 0.0
    near = [phrase for count in (words - 1, words, words + 1) for phrase in phrases[count]]
    least = LEAST_LIKENESS if len(letters) >= LONG_TERM else LEAST_LIKENESS_SHORT
    best = process.extractOne(letters, near, scorer=fuzz.ratio, score_cutoff=least)
    return best[1] if best else 0.0


def _words(text: str) -> str:
    """Letters and digits as they are, one space for all that is between them."""
    return " ".join("".join(letter if letter.isalnum() else " " for letter in text).split())


def _phrases(text: str, count: int) -> list[str]:
    """Every so many words in a row, as they are compared."""
    words = [letters for word in text.split() if (letters := folded(word))]
    return ["".join(words[start : start + count]) for start in range(len(words) - count + 1) if count]


def folded(text: str) -> str:
    """Letters and digits without case and accents."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text.casefold())))


def _read_text(vocabulary: Path) -> str:
    try:
        with open_regular(vocabulary) as handle:
            content = handle.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise UsageError(
                f"{vocabulary} is too large for a vocabulary ({MAX_BYTES / 1e6:.0f} MB are the limit)"
            )
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"the vocabulary {vocabulary} is not UTF-8 text", "Save it as UTF-8") from None
    except OSError as error:
        raise UsageError(
            f"the vocabulary {vocabulary} cannot be read: {error.strerror or error}",
            "Check what --vocabulary names",
        ) from error
