"""Personal data in what was said: e-mail, phone, IBAN, PESEL, NIP and payment cards, spoken or written.

The words are first written as people would write them (`spoken.py`). A number with check digits is found
where these fit; one without, or one that was misheard, where the words before it say what it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from transcribe.control.personal.datum import Personal
from transcribe.control.personal.mails import mails
from transcribe.control.personal.numbers import ibans, numbers
from transcribe.control.personal.spoken import written


def personal_data(words: Sequence[str], language: str | None) -> list[Personal]:
    """The personal data in some words that follow each other, in order, without overlap.

    Args:
        words: With their punctuation.
        language: Whisper's code; None where it is not known.

    Raises:
        DependencyError: A package of the extra `control` is not installed.
    """
    text = written(words, language)
    lower = text._replace(text=text.text.lower()) if len(text.text.lower()) == len(text.text) else text
    found = [*mails(lower, language), *ibans(lower), *numbers(lower, language)]
    kept: list[Personal] = []
    for each in found:
        if not any(each.first <= other.last and other.first <= each.last for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda each: each.first)
