"""What was said is written as people write it, and every character knows its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.control.personal.spoken import WEAK_AT, written
from transcribe.control.personal.vocabulary import known_languages, words_in


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("oh seven seven double zero, nine hundred one two three", "0 7 7 00, 900 1 2 3"),
        ("nine hundred and one", "901"),
        ("nineteen eighty four", "19 84"),
        ("two thousand and twenty three", "2023"),
        ("three million five hundred thousand", "3,500,000"),
        ("three zeros and two 7s", "000 77"),
        ("300 and 46 800 and 5.", "346 805."),
        ("300, and 46", "300, 46"),
        ("300 and 460", "300 460"),
        ("oh, that is one", "oh, that is 1"),
        ("anna dot k at gmail dot com", f"anna.k{WEAK_AT}gmail.com"),
        ("a b c at sign x dot org", "abc@x.org"),
        ("golf bravo twenty-nine", "gb 29"),
        ("golf and bravo", "golf and bravo"),
        ("N for November, W as in Whisky 6", "nw 6"),
        ("seven, uh, eight", "7, 8"),
        ("plus forty-four 20", "+44 20"),
        ("(212) 555-0199.", "(212) 555-0199."),
    ],
)
def test_english(text: str, wanted: str) -> None:
    assert written(text.split(), "en").text == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sześćset sto dwadzieścia trzy", "600 123"),
        ("sześćset jeden dwa trzy", "600 1 2 3"),
        ("dwie siódemki trzy zera", "77 000"),
        ("cztery razy zero", "0000"),
        ("dwa tysiące dwadzieścia trzy", "2023"),
        ("tysiąc sto", "1100"),
        ("dolna kreska, myślnik kropka", "_-."),
        ("pe el 61", "pl 61"),
        ("pe i el", "pe i el"),
        ("ten jeden", "ten 1"),
    ],
)
def test_polish(text: str, wanted: str) -> None:
    assert written(text.split(), "pl").text == wanted


WORDS = sorted(
    {*words_in("en").numbers, *words_in("pl").numbers, *words_in("en").repeats, "hundred", "tysiąc"}
)
ANY = st.lists(st.one_of(st.sampled_from(WORDS), st.text(min_size=1, max_size=5)), max_size=30)


@given(said=ANY, language=st.sampled_from([*known_languages(), "de", None]))
def test_every_character_knows_its_words(said: list[str], language: str | None) -> None:
    made = written(said, language)
    owners = [made.words_of(at, at + 1) for at in range(len(made.text))]
    assert all(0 <= first <= last < len(said) for first, last in owners)
    assert [first for first, _ in owners] == sorted(first for first, _ in owners)


@given(number=st.integers(0, 10**9 - 1))
def test_a_number_in_digits_stays(number: int) -> None:
    assert written([str(number)], "en").text == str(number)
