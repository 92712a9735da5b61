"""Terms: read, ranked, and fitted into a prompt."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.core.errors import UsageError
from transcribe.core.hearing import MOST_PROMPT_TOKENS
from transcribe.core.settings import RecogniseSettings
from transcribe.pipeline.hearing.vocabulary import (
    fitting,
    folded,
    likely,
    prompt_of,
    terms_of,
    written,
)

NAMES = ("Adam Duguid", "Kalpana Chawla", "Reto Lamm", "Łódź", "Ilan Ramon")


def count_words(text: str) -> int:
    return len(text.split())


def test_the_terms_of_file_and_config_stand_once_each(tmp_path: Path) -> None:
    file = tmp_path / "terms.txt"
    file.write_text("\ufeffZażółć\n\n  Gęślą   Jaźń \nZażółć\n", "utf-8")
    asked = RecogniseSettings(vocabulary=file, terms=("Łódź", "Zażółć", " "))
    assert terms_of(asked) == ("Zażółć", "Gęślą Jaźń", "Łódź")
    assert terms_of(RecogniseSettings()) == ()


def test_a_vocabulary_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        terms_of(RecogniseSettings(vocabulary=tmp_path / "none.txt"))


def test_the_prompt_is_a_list_and_then_the_users_own() -> None:
    assert prompt_of(["Ala", "Marek Nowak"], " Hello. ") == "Ala, Marek Nowak. Hello."
    assert prompt_of(["Ala"], "") == "Ala."
    assert prompt_of([], "Hello.") == "Hello."


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("and Dr. Kulbna Shavla, and others", ["Kalpana Chawla"]),
        ("dass Retoulam die Berge liebt", ["Reto Lamm"]),
        ("Kalpana Chaw la and Reto Lam", ["Kalpana Chawla", "Reto Lamm"]),
        ("wyjazd do Lodz", ["Łódź"]),
        ("a word about something else altogether", []),
        ("", []),
    ],
)
def test_terms_that_may_be_meant_are_found_in_what_was_heard(heard: str, expected: list[str]) -> None:
    assert likely(NAMES, heard) == expected


def test_what_is_written_rightly_needs_no_second_hearing() -> None:
    assert likely(NAMES, "Kalpana Chawla met Ilan Ramon") == []
    assert likely(NAMES, "Kalpana Chawla met Elan Ramon") == ["Kalpana Chawla", "Ilan Ramon"]
    assert likely(NAMES, "kalpana chawla") == ["Kalpana Chawla"]
    assert written(NAMES, "Kalpana, Chawla! Reto lamm") == {"Kalpana Chawla"}


def test_equally_likely_terms_stay_in_their_order() -> None:
    assert likely(("Marta", "Marte", "Martb"), "Martx") == ["Marta", "Marte", "Martb"]
    assert likely(("Martb", "Marta"), "Martx") == ["Martb", "Marta"]


def test_very_short_terms_are_not_chosen_by_likeness() -> None:
    assert likely(("Ala", "Ola"), "Ela ma kota") == []


def test_case_accents_and_punctuation_do_not_count() -> None:
    assert folded("Gęślą-Jaźń!") == folded("GESLA JAZN")


def test_as_many_terms_as_fit_and_the_best_first() -> None:
    prompt = " ".join(["word"] * (MOST_PROMPT_TOKENS - 3))
    assert fitting(["Ala", "a b c d", "Ola", "Ewa", "Iga"], prompt, count_words) == f"Ala, Ola, Ewa. {prompt}"
    assert fitting([], "Hello.", count_words) == "Hello."
    assert fitting(["Ala"], "", count_words) == "Ala."
