"""Sixty Polish questions in other inflections than what was said, judged by Morfeusz itself."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from shelf import Shelf

from transcribe.notes.lemmas import polish_analyser

ROOT = Path(__file__).resolve().parents[3]
TEXTS = (ROOT / "benchmarks/talks/pl.md", ROOT / "tests/unit/notes/truth/cinema.pl.txt")

ASKED = """
    hasłami routerach drukarkami sieciom telefonami dzieciom bankach pocztą kluczami kopiom
    dyskach zdjęciami chmurom wirusami siostrami wiadomościach umowami kartkami szufladach kablami
    ścianami antenom lodówkach mieszkaniom prędkościami minutach godzinom latami złotymi tygodniami
    programom adresami stronom kontami urządzeniom ekranami grami rodzicami zasadom problemami
    kolegom dokumentami powodziom nagraniami okupem oknach prądem operatorami sygnałom sąsiadami
    kupowałem zapisywałbym włączyła działającego pytałyśmy darmowej starszymi długiego własnej bezpieczną
""".split()  # noqa: SIM905 - easier to read


@cache
def lemmas(word: str) -> frozenset[str]:
    """All that Morfeusz says a word may be."""
    found = polish_analyser().analyse(word)
    return frozenset(entry.partition(":")[0].casefold() for start, _, (_, entry, *_) in found if start == 0)


def test_sixty_questions(shelf: Shelf) -> None:
    if polish_analyser() is None:
        pytest.skip("Morfeusz has no package for this machine: pip install morfeusz2 where there is one")
    text = " ".join(path.read_text(encoding="utf-8") for path in TEXTS)
    sentences = [each for each in re.split(r"(?<=[.!?])\s+|\n+", text) if re.search(r"\w", each)]
    words = {f"{number:04}": re.findall(r"\w+", each.lower()) for number, each in enumerate(sentences)}
    for name, each in zip(words, sentences, strict=True):
        shelf.write(name, each, language="pl")
    shelf.add()
    right = found_ones = expected = 0
    for asked in ASKED:
        want = {name for name, said in words.items() if any(lemmas(asked) & lemmas(word) for word in said)}
        found = {Path(hit.document).stem for hit in shelf.search(asked, most=1000)}
        right += len(want & found)
        found_ones += len(found)
        expected += len(want)
    assert len(ASKED) == 60
    assert expected > 200
    assert right / expected >= 0.9
    assert right / found_ones >= 0.9
