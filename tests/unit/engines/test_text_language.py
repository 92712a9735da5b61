"""Which language a text is in."""

from __future__ import annotations

import pytest

from transcribe.engines.text_language import LETTERS, doubts, probabilities

SAID = {
    "cs": "Dobrý večer, dámy a pánové, vítáme vás u dalšího dílu našeho pořadu o historii.",
    "de": "Reto Lamm entstammt einer grossen Schweizer Familie, welche sich für Wintersport interessierte.",
    "el": "Καλησπέρα σας και καλώς ήρθατε στην εκπομπή μας για την ιστορία της πόλης.",
    "en": "It was the best of times, it was the worst of times, it was the age of wisdom.",
    "fr": "Sous le consulat il devient conservateur des eaux et forêts et conseiller général.",
    "pl": "Dobry wieczór państwu, witamy w kolejnym odcinku, w którym mówimy o tym, co się stało.",
    "ru": "Добрый вечер, дамы и господа, сегодня мы будем говорить о том, что было вчера.",
    "uk": "Добрий вечір, пані та панове, сьогодні ми будемо говорити про те, що було вчора.",
}


@pytest.mark.parametrize("language", SAID)
def test_told_by_its_words_and_letters(language: str) -> None:
    found = dict(probabilities(SAID[language]))
    assert max(found, key=lambda code: found[code]) == language
    assert found.keys() == LETTERS.keys()
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize("language", SAID)
def test_a_text_in_the_language_that_was_told_is_not_doubted(language: str) -> None:
    assert doubts(SAID[language], language) == ()


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Добрый вечер.", "pl", ("in another script",)),
        ("Dobry wieczór i до свидания.", "pl", ("in another script",)),
        ("Dobry wieczór.", "uk", ("in another script",)),
        ("Я купил iPhone и новый MacBook.", "ru", ()),
        ("Kąt α ma 30°.", "pl", ()),
        (SAID["en"], "fr", ("in another language",)),
        ("It was the best of times.", "fr", ()),  # too few words to tell
        ("", "pl", ()),
        ("1945.", "el", ()),
    ],
)
def test_what_is_doubted(text: str, language: str, found: tuple[str, ...]) -> None:
    assert doubts(text, language) == found


def test_without_words_every_language_is_as_likely() -> None:
    assert {probability for _, probability in probabilities("… 7")} == {1 / len(LETTERS)}


def test_maltese_has_letters_but_no_list_of_words() -> None:
    said = "Il-lejl it-tajjeb lil kulħadd u merħba għal programm ieħor dwar l-istorja ta' pajjiżna."
    assert doubts(said, "mt") == ()
