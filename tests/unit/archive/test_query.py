"""What is typed, and what is meant."""

from __future__ import annotations

import random

import pytest
from shelf import Shelf

from transcribe.archive.query import MOST_CHARS, Narrowed, Query, Said, read_query
from transcribe.core.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Net profit", Query((Said(("net",)), Said(("profit",))))),
        ('"Net Profit"', Query((Said(("net", "profit"), inflected=False),))),
        ("„net profit”", Query((Said(("net", "profit"), inflected=False),))),
        ("Wi-Fi", Query((Said(("wi", "fi")),))),
        ("10:30", Query((Said(("10", "30")),))),
        ("prog*", Query((Said(("prog",), begins=True),))),
        ("a -b", Query((Said(("a",)),), (Said(("b",)),))),
        ('a -"b c"', Query((Said(("a",)),), (Said(("b", "c"), inflected=False),))),
        ("a SPEAKER:Ala", Query((Said(("a",)),), speakers=(Narrowed("Ala"),))),
        ('a speaker:"Ala Nowak"', Query((Said(("a",)),), speakers=(Narrowed("Ala Nowak"),))),
        ("a -show:x", Query((Said(("a",)),), shows=(Narrowed("x", excluded=True),))),
        ("a after:2024 after:2025-01", Query((Said(("a",)),), after="2025-01")),
        ("a before:2024", Query((Said(("a",)),), before="2024")),
        ("NEAR(a OR b) AND c:d", Query(tuple(
            Said(units) for units in (("near", "a"), ("or",), ("b",), ("and",), ("c", "d"))))),
    ],
)  # fmt: skip
def test_what_is_meant(typed: str, meant: Query) -> None:
    assert read_query(typed) == meant


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "no word to look for"),
        ("speaker:Ala", "no word to look for"),
        ("-tax", "no word to look for"),
        ("* - : ( ) !!!", "no word to look for"),
        ('"net profit', "not closed"),
        ('a " b', "not closed"),
        ("a after:yesterday", "no day"),
        ("a -after:2024", "no day"),
        ("a after:2024-99-99", "no day"),
        ("a before:2024-13", "no day"),
        ("a before:0000", "no day"),
        ("x" * (MOST_CHARS + 1), "1000 are the limit"),
        ("ab " * 10_000, "1000 are the limit"),
        ("a " * 33, "32 are the limit"),
    ],
)
def test_what_makes_no_sense(typed: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read_query(typed)


def test_nothing_that_is_typed_is_the_language_of_the_index(shelf: Shelf) -> None:
    shelf.write("a", "The word near or and not column tokens rank", language="en")
    shelf.add()
    assert shelf.found("NEAR or") == ["near or"]
    assert shelf.found("AND not") == ["and not"]
    for typed in ("tokens:rank", "{tokens} : word", "word OR", '"word" + "near"', "^the", "word)", "(word",
                  "word; drop table found", "'word'", "\0word"):  # fmt: skip
        assert all({"word", "the", "tokens"} & set(words.casefold().split()) for words in shelf.found(typed))
    assert shelf.found("word*") == ["word"]


def test_whatever_is_typed_is_answered_or_refused(shelf: Shelf) -> None:
    shelf.write("a", "alpha beta gamma 音声", language="en")
    shelf.add()
    draw = random.Random(5)  # noqa: S311 - the same every time
    signs = "aβ音 \"*-:()^+{},'\\;%_\x00\u202e\ud83dspeaker:lang:after:2024"
    for _ in range(300):
        typed = "".join(draw.choice(signs) for _ in range(draw.randrange(1, 40)))
        try:
            shelf.search(typed)
        except UsageError as error:
            assert error.hint
