"""Dictionary forms of words, in every language that notes are made for."""

from __future__ import annotations

import pytest

from transcribe.notes.lemmas import commonness, has_lemmas, lemma, readings

FORMS = [
    ("en", "went", "go"), ("en", "houses", "house"), ("en", "children", "child"),
    ("pl", "Krakowie", "Kraków"), ("pl", "krakowie", "Kraków"), ("pl", "możemy", "móc"),
    ("pl", "rzeczy", "rzecz"), ("pl", "zrobiłem", "zrobić"), ("pl", "nagrywania", "nagrywanie"),
    ("pl", "wyjaśnień", "wyjaśnienie"), ("pl", "myciem", "mycie"), ("pl", "niepisaniu", "niepisanie"),
    ("de", "Häusern", "Haus"), ("de", "bienen", "Biene"), ("de", "ging", "gehen"),
    ("es", "redes", "red"), ("es", "hablamos", "hablar"), ("fr", "chevaux", "cheval"),
    ("fr", "parlons", "parler"),
    ("it", "reti", "rete"), ("pt", "gravações", "gravação"), ("nl", "huizen", "huis"),
    ("ru", "записи", "запись"), ("uk", "моделей", "модель"), ("ja", "音声認識", "音声認識"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "word", "expected"), FORMS)
def test_a_word_has_its_dictionary_form(language: str, word: str, expected: str) -> None:
    assert lemma(word, language) == expected


@pytest.mark.parametrize("language", ["", "xx", "eu", "ta", "zh"])
def test_every_language_has_an_answer(language: str) -> None:
    assert lemma("word", language)
    assert readings("", language)[0].lemma == ""


@pytest.mark.parametrize("word", ["U.S.", "AI", "NASA", "iPhone"])
@pytest.mark.parametrize("language", ["en", "pl", "de", "es"])
def test_letters_that_stand_for_words_are_left_alone(language: str, word: str) -> None:
    assert lemma(word, language) == word


def test_a_word_may_be_of_several_parts_of_speech() -> None:
    assert {"noun", "verb"} <= {reading.part for reading in readings("record", "en")}
    assert [reading.part for reading in readings("możemy", "pl")] == ["verb"]
    assert {reading.part for reading in readings("Krakowie", "pl")} == {"name"}
    assert readings("Sprachmodelle", "de")[0].part == "noun"
    assert readings("redes", "es")[0].part == ""


@pytest.mark.parametrize(
    ("language", "common", "rare"),
    [("en", "thing", "hive"), ("pl", "rzecz", "pszczoła"), ("de", "Sache", "Biene"), ("ja", "こと", "蜜蜂")],
)
def test_what_everybody_says_is_more_common_than_a_topic(language: str, common: str, rare: str) -> None:
    assert commonness(common, language) > commonness(rare, language) + 1
    assert commonness("qwrtzpk", language) == 0


def test_what_has_a_dictionary() -> None:
    assert all(map(has_lemmas, ["en", "pl", "de", "es", "fr", "it", "pt", "nl", "ru", "uk", "no"]))
    assert not any(map(has_lemmas, ["", "eu", "zh"]))
