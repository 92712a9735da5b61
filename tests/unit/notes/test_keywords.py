"""Keywords: nouns, names and terms in dictionary form, once each, and nothing that everybody says."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from recordings import episode_of

from transcribe.notes.keywords import keywords_of, read_sentences
from transcribe.notes.lemmas import polish_analyser
from transcribe.notes.material import sentences_of
from transcribe.notes.mentions import names_of
from transcribe.notes.terms import Terms


def keywords(texts: Sequence[str], language: str, limit: int = 12) -> tuple[str, ...]:
    sentences = sentences_of(episode_of(texts, language).transcript)
    terms = Terms(language)
    names = names_of(sentences, frozenset(), terms)
    read = read_sentences([sentence.text for sentence in sentences], names, terms)
    return keywords_of(read, names, terms, limit)


TOPICS = [
    (
        "pl",
        [
            "Możemy na przykład powiedzieć o rzeczach, które faktycznie są różne.",
            "Chodzi o miód i o pszczoły.", "W miodzie jest praca wielu pszczół.", "Pewne rzeczy są różne.",
            "Na przykład pszczoła miodna lubi ciepło.", "Faktycznie możemy mówić o pszczołach miodnych.",
        ],
        {"miód", "pszczoła miodna"},
        {"przykład", "możemy", "różne", "faktycznie", "rzecz", "rzeczy", "pewne", "chodzi"},
    ),
    (
        "en",
        [
            "People say that the thing is easy, but people are wrong.", "A solar panel likes cold weather.",
            "Solar panels last for thirty years, people say.", "We wash the panels and have an inverter.",
            "They say the inverters are the thing that breaks.", "You really think the inverter breaks?",
        ],
        {"solar panel", "inverter"},
        {"people", "thing", "say", "think", "really", "breaks"},
    ),
    (
        "de",
        [
            "Die Leute sagen zum Beispiel, der Teig klebt.", "Ein Sauerteig braucht viel Zeit.",
            "Mit dem Sauerteig backe ich jeden Tag.", "Zum Beispiel backen die Leute mit Roggenmehl.",
            "Roggenmehl und Sauerteige passen zusammen.",
        ],
        {"Sauerteig", "Roggenmehl"},
        {"Beispiel", "Leute", "Tag", "Zeit", "backe"},
    ),
    (
        "es",
        [
            "La gente dice que el telescopio es caro.", "Por ejemplo, los telescopios pequeños son baratos.",
            "Con un telescopio vemos una lluvia de estrellas.", "La gente quiere ver la lluvia de estrellas.",
        ],
        {"telescopio", "lluvia de estrellas"},
        {"gente", "ejemplo", "dice", "vemos"},
    ),
    (
        "fr",
        [
            "Les gens disent que le fromage est bon.", "Par exemple, la fromagerie garde le lait cru.",
            "Le lait cru donne des fromages forts.", "Dans la fromagerie les gens parlent.",
        ],
        {"lait cru", "fromagerie", "fromage"},
        {"gens", "exemple", "disent", "parlent"},
    ),
    (
        "it",
        [
            "La gente dice che la ceramica è facile.", "Per esempio, il tornio gira piano.",
            "Con il tornio facciamo le ceramiche.", "La gente ama i torni e la ceramica.",
        ],
        {"ceramica", "tornio"},
        {"gente", "esempio", "dice", "facciamo"},
    ),
    (
        "pt",
        [
            "As pessoas dizem que o violão é fácil.", "Por exemplo, os violões antigos soam melhor.",
            "Com um violão as pessoas cantam.", "O afinador ajuda, e os afinadores são baratos.",
        ],
        {"violão", "afinador"},
        {"pessoas", "pessoa", "exemplo", "dizem", "cantam"},
    ),
    (
        "uk",
        [
            "Люди кажуть, що телескоп дорогий.", "Наприклад, телескопи показують галактику.",
            "Люди люблять дивитися на галактики у телескоп.",
        ],
        {"телескоп", "галактика"},
        {"люди", "наприклад", "кажуть"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("language", "texts", "topics", "chatter"), TOPICS, ids=lambda each: str(each)[:2])
def test_keywords_are_topics_in_dictionary_form(
    language: str, texts: list[str], topics: set[str], chatter: set[str]
) -> None:
    if language == "pl" and polish_analyser() is None:
        pytest.skip("there is no Morfeusz for this machine")
    found = keywords(texts, language)
    assert topics <= set(found)
    assert not chatter & set(found)


def test_a_name_is_one_keyword_whole_and_in_the_nominative() -> None:
    texts = [
        "Byłem w Stanach Zjednoczonych.",
        "Stany Zjednoczone są duże.",
        "W Stanach Zjednoczonych jest drogo.",
    ]
    found = keywords(texts, "pl")
    assert found[0] == ("Stany Zjednoczone" if polish_analyser() else "Stanach Zjednoczonych")
    assert not {"stany", "zjednoczony", "Zjednoczonych"} & set(found)


def test_what_is_said_often_comes_first() -> None:
    texts = [*["The microscope is here."] * 3, *["A violin is here."] * 2, "One trumpet."]
    assert keywords(texts, "en")[:2] == ("microscope", "violin")


def test_in_a_long_recording_what_is_said_once_is_no_keyword() -> None:
    texts = [
        "The microscope is here.", "A microscope and a violin.", "The violin and the trumpet.", "A trumpet.",
        "The harp, a harp.", "A banjo or the banjo.", "The zither.",
    ]  # fmt: skip
    found = keywords(texts, "en")
    assert len(found) == 5
    assert "zither" not in found


@pytest.mark.parametrize("language", ["en", "pl", "es", "ja", "zh", "eu", ""])
def test_nothing_said_gives_none(language: str) -> None:
    assert keywords([], language) == ()
    assert keywords(["…"], language) == ()


def test_units_and_addresses_are_no_keywords() -> None:
    said = [
        "A jar costs four pounds.", "We sold the jar for six pounds.",
        "Find a jar on harbourbread dot co dot uk.", "Or write to ruth at harbourbread dot co dot uk.",
    ]  # fmt: skip
    assert keywords(said, "en") == ("jar",)


def test_what_is_joined_to_a_verb_is_one() -> None:
    said = ["Press four to raise or lower the volume.", "Press six to raise or lower the volume."] * 2
    assert not {"raise", "lower"} & set(keywords(said, "en"))


def test_german_compounds_with_short_ends_have_the_form_of_a_dictionary() -> None:
    said = ["Wir fahren mit Nachtzügen nach Rom.", "In den Nachtzügen schläft man gut."]
    assert "Nachtzug" in keywords(said, "de")
