from __future__ import annotations

import pytest
from spoken import segment, transcript

from transcribe.formats.breaks import ANYWHERE, CLAUSE, CONNECTIVE, GLUED, SENTENCE, TORN, break_costs
from transcribe.formats.tokens import tokens_of


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("ended. Then", "en", SENTENCE),
        ("ended.” Then", "en", SENTENCE),
        ("really?! Then", "en", SENTENCE),
        ("„Nein.“ Dann", "de", SENTENCE),
        ("sagte „Nein.“", "de", CONNECTIVE),
        ("first, second", "en", CLAUSE),
        ("walked because", "en", CONNECTIVE),
        ("poszedł ponieważ", "en", ANYWHERE),
        ("szkoła w", "pl", CONNECTIVE),
        ("w szkole", "pl", TORN),
        ("the school", "en", TORN),
        ("Anna Nowak", "en", TORN),
        ("Dr. Nowak", "en", TORN),
        ("ul. Targowa", "pl", TORN),
        ("3. Oktober", "de", TORN),
        ("1 200", "en", TORN),
        ("5 km", "en", TORN),
        ("red house", "en", ANYWHERE),
        ("red house", "", ANYWHERE),
        ("end !", "fr", GLUED),
    ],
)
def test_a_break_costs_what_it_tears(text: str, language: str, expected: float) -> None:
    tokens = tokens_of(transcript(segment(text)))
    assert break_costs(tokens, language)[0] == expected


def test_a_pause_makes_a_break_cheaper() -> None:
    together = tokens_of(transcript(segment("one two")))
    apart = tokens_of(transcript(segment("one"), segment("two", 600)))
    assert break_costs(apart, "en")[0] < break_costs(together, "en")[0]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("don 't", "en", GLUED),
        ("吾輩 は", "ja", ANYWHERE),
        ("猫 。", "ja", GLUED),
        ("「 猫", "ja", GLUED),
        ("ไป มา", "th", ANYWHERE),
    ],
)
def test_without_a_space_only_some_scripts_break(text: str, language: str, expected: float) -> None:
    tokens = tokens_of(transcript(segment(text, spaces=False)))
    assert break_costs(tokens, language)[0] == expected
