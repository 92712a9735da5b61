"""Numbers in one form, however they are written."""

from __future__ import annotations

import pytest

from transcribe.notes.numbers import numbers_of


@pytest.mark.parametrize(
    ("text", "language", "numbers"),
    [
        ("twenty bees and 20 hives", "en", {"20"}),
        ("nineteen hundred and five", "en", {"1905"}),
        ("1,000 or 1.000 or 1 000 or 1000", "en", {"1000"}),
        ("3.5 and 3,5", "en", {"3.5"}),
        ("12,345.67", "en", {"12345.67"}),
        ("dreihundertfünf Tage", "de", {"305"}),
        ("vingt-deux", "fr", {"22"}),
        ("od 20 lat", "pl", {"20"}),
        ("٢٠ سنة", "ar", {"20"}),
        ("２０年と二十年、二百三十万円、二〇一九年", "ja", {"20", "2300000", "2019"}),
        ("007", "en", {"7"}),
        ("no numbers", "en", set()),
    ],
)
def test_numbers(text: str, language: str, numbers: set[str]) -> None:
    assert numbers_of(text, language) == numbers


def test_one_is_seldom_meant_as_a_number() -> None:
    assert numbers_of("one of the bees", "en", small=False) == set()
