"""What a language model writes when it fails: loops, nothing, the wrong language, its own orders."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from transcribe.notes.terms import folded, small_words, words_of
from transcribe.notes.words import anywhere, in_any, in_language, languages, opening
from transcribe.notes.writer import Part

LONGEST_CHARS: dict[Part, int] = {
    "chapters": 160,
    "summary": 700,
    "long_summary": 3_000,
    "takeaways": 400,
    "quotes": 700,
    "titles": 200,
    "keywords": 80,
    "social_post": 600,
}
"""Characters of one text; twice what is asked for, since a little too long is no failure."""

FOREIGN = "it is in another language"

_ORDERS = re.compile(
    r"<\|?(?:im_start|im_end|system|user|assistant|endoftext|eot_id|begin_of_text|s|/s|inst|think)\b|\[/?INST\]|"
    r"^\s*(?:###|```|system:|user:|assistant:)|\"(?:text|items|sentences|takeaways|type|properties)\"\s*:",
    re.IGNORECASE,
)
"""Marks of chat templates and of JSON, which nobody asks for."""


def degenerate(texts: Sequence[str], part: Part, language: str, prompt: str = "") -> str:
    """Why what was written for a part is no text for people, in a few words; empty where it is one.

    Args:
        language: Whisper's code of the language it should be in; empty: any.
        prompt: What the model was told (without the transcript), to notice its echo.
    """
    said = [text.strip() for text in texts if text.strip()]
    if not any(words_of(text) for text in said):
        return "nothing was written"
    if any(len(text) > LONGEST_CHARS[part] for text in said):
        return "it is far too long"
    if any(loops(text) for text in said) or _repeats(said):
        return "it repeats itself"
    assistants = anywhere(in_any().assistant.phrases)
    if any(_ORDERS.search(text) or assistants.search(folded(text)) for text in said) or _echoes(said, prompt):
        return "it echoes its orders"
    if part != "keywords" and language and is_foreign(" ".join(said), language):
        return FOREIGN
    return ""


def narrates(text: str, language: str) -> bool:
    """Whether a text opens by telling of the recording: “The transcript discusses …”."""
    known = in_language(language).assistant.narrates
    return bool(known and opening(known).match(folded(text)))


def loops(text: str) -> bool:
    """Whether the same words come again and again: a third of all runs of three are repetitions."""
    words = words_of(text)
    runs = Counter(tuple(words[index : index + 3]) for index in range(len(words) - 2))
    total = sum(runs.values())
    again = sum(count - 1 for count in runs.values())
    stuck = len(words) >= 6 and max(Counter(words).values()) > len(words) * 0.6
    return stuck or (total >= 6 and again * 3 > total)


def _repeats(texts: Sequence[str]) -> bool:
    """Whether most of several drafts say the same."""
    distinct = {tuple(words_of(text)) for text in texts}
    return len(texts) >= 3 and len(distinct) * 2 <= len(texts)


def _echoes(texts: Sequence[str], prompt: str) -> bool:
    """Whether a draft repeats eight words of the orders in a row."""
    orders = " " + " ".join(words_of(prompt)) + " "
    for text in texts if prompt else ():
        words = words_of(text)
        if any(f" {' '.join(words[at : at + 8])} " in orders for at in range(len(words) - 7)):
            return True
    return False


def is_foreign(text: str, language: str) -> bool:
    """Whether a text is clearly in another language: by its letters, then by its small words."""
    letters = Counter(unicodedata.name(char, "?").split()[0] for char in text if char.isalpha())
    total = sum(letters.values())
    if total < 10:
        return False
    expected = in_language(language).script
    own = letters[expected]
    if expected == "CJK":
        own += letters["HIRAGANA"] + letters["KATAKANA"] + letters["KATAKANA-HIRAGANA"]
    if expected and own * 2 < total:
        return True
    return expected == "LATIN" and _small_words_say_so(text, language)


def _small_words_say_so(text: str, language: str) -> bool:
    """Compared by the small words that only one of two languages has."""
    words = words_of(text)
    own = small_words(language)
    if len(words) < 8 or not own:
        return False
    for rival in (code for code, known in languages().items() if known.often_written):
        theirs = small_words(rival)
        here = sum(word in own and word not in theirs for word in words)
        there = sum(word in theirs and word not in own for word in words)
        if rival != language and there >= 3 and there > 3 * here:
            return True
    return False
