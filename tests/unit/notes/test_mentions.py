"""Who and what is named: in the form a dictionary has, once each, and nothing that names nobody."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from recordings import episode_of

from transcribe.notes.lemmas import polish_analyser
from transcribe.notes.material import sentences_of
from transcribe.notes.mentions import mentions_of, names_of
from transcribe.notes.nominative import kind_of_polish, nominative, with_strong_ending
from transcribe.notes.terms import Terms


def mentioned(texts: Sequence[str], language: str) -> dict[str, str]:
    sentences = sentences_of(episode_of(texts, language).transcript)
    names = names_of(sentences, frozenset(), Terms(language))
    return {mention.name: mention.kind for mention in mentions_of(names, sentences)}


POLISH = [
    (["Byłem w Nowym Jorku.", "Z Nowego Jorku jadę do Gdańska.", "Lubię Gdańsk."], {"Nowy Jork", "Gdańsk"}),
    (["Znam Ewę Nowak.", "Rozmawiałem z Ewą Nowak o Ewie Nowak."], {"Ewa Nowak"}),
    (["Uczy na Uniwersytecie Łódzkim.", "Z Uniwersytetu Łódzkiego."], {"Uniwersytet Łódzki"}),
    (["Mówił o Unii Europejskiej i o Wielkiej Brytanii."], {"Unia Europejska", "Wielka Brytania"}),
    (["Dziękuję Piotrowi Lisowi za rozmowę."], {"Piotr Lis"}),
    (["Program Optimaxu działa.", "Szpital Kliniczny czeka."], {"Optimaxu", "Szpital Kliniczny"}),
]  # fmt: skip


@pytest.mark.skipif(polish_analyser() is None, reason="there is no Morfeusz for this machine")
@pytest.mark.parametrize(("texts", "names"), POLISH)
def test_polish_names_are_in_the_nominative_once_each(texts: list[str], names: set[str]) -> None:
    assert set(mentioned(texts, "pl")) == names


OTHERS = [
    ("de", ["Sie lebt in den Vereinigten Staaten.", "Die Vereinigten Staaten."], {"Vereinigte Staaten"}),
    ("de", ["Wir waren im Zoologischen Garten.", "Der Zoologische Garten!"], {"Zoologischer Garten"}),
    ("de", ["Ich war im Deutschen Museum.", "Das Deutsche Museum ist groß."], {"Deutsches Museum"}),
    ("ru", ["Я говорил с Борисом Орловым.", "Борис Орлов живёт в Москве."], {"Борис Орлов", "Москва"}),
    ("es", ["En Suiza Ana Ríos vive bien.", "Conozco a Ana Ríos."], {"Ana Ríos"}),
    ("de", ["Der Strom kommt aus Hamburg.", "Der Müll geht nach Bremen."], {"Hamburg", "Bremen"}),
    ("es", ["Vive en los Estados Unidos.", "Los Estados Unidos son grandes."], {"Estados Unidos"}),
    ("fr", ["Nous étions à l'Opéra Garnier.", "Les Français aiment l'Opéra Garnier."], {"Opéra Garnier"}),
    ("it", ["Lavora all'Istituto di Fisica.", "Vive a Torino."], {"Istituto di Fisica", "Torino"}),
    ("uk", ["Вона живе у Києві.", "Дорога до Києва довга."], {"Київ"}),
    ("nl", ["Dat is Jan de Vries van Philips."], {"Jan de Vries", "Philips"}),
]  # fmt: skip


@pytest.mark.parametrize(("language", "texts", "names"), OTHERS)
def test_names_are_whole_and_alone(language: str, texts: list[str], names: set[str]) -> None:
    assert set(mentioned(texts, language)) == names


NOBODY = [
    ("en", "Many American and French companies are run by Americans."),
    ("en", "In the U.S. and in Washington every TV is on, and the CEO calls on Monday."),
    ("en", "The Canadian government decided it in September, and the Polish one in May."),
    ("en", "The Colonel met the President and the Doctor there."),
    ("pl", "Wszyscy Amerykanie i Polacy lubią kawę."),
    ("de", "Der Amerikaner hat den Hund am Montag im Garten gesehen."),
    ("fr", "Hier les Français et les Américaines ont dansé."),
    ("uk", "Він працює в Київському театрі."),
]


@pytest.mark.parametrize(("language", "text"), NOBODY)
def test_peoples_titles_and_common_abbreviations_are_no_names(language: str, text: str) -> None:
    assert not set(mentioned([text], language)) - {"Washington"}


def test_a_name_may_hold_an_owner_who_is_nobody_elsewhere() -> None:
    assert set(mentioned(["There is a mill in Vermont called Baker's Field."], "en")) == {
        "Vermont",
        "Baker's Field",
    }
    said = ["We met at Ruth's Harbour Bread.", "Then Ruth left."]
    assert set(mentioned(said, "en")) == {"Ruth", "Harbour Bread"}


def test_german_nouns_that_are_known_to_be_names() -> None:
    said = ["Heute sitzt Carla Winter im Studio.", "Ich grüße Frau Winter."]
    assert mentioned(said, "de") == {"Carla Winter": "person"}
    assert set(mentioned(["Wir waren beim Nissan Jam Contest in Tokyo."], "de")) == {
        "Nissan Jam Contest",
        "Tokyo",
    }
    assert mentioned(["George Pullman fuhr nach New York."], "de").keys() == {"George Pullman", "New York"}
    assert mentioned(["Er stammt aus einer großen Schweizer Familie."], "de") == {}
    assert set(mentioned(["Am Abend sahen wir die Berliner Mauer."], "de")) == {"Berliner Mauer"}


@pytest.mark.skipif(polish_analyser() is None, reason="there is no Morfeusz for this machine")
def test_a_surname_is_no_proof_of_a_person() -> None:
    assert mentioned(["Żarówki sprowadzamy z Czech.", "Wracam z Czech."], "pl") == {"Czechy": "place"}
    assert mentioned(["Właściciel hotelu Bryza pozwał miasto."], "pl") == {"Bryza": "other"}
    assert mentioned(["Zbudował je kupiec Teofil Brzeski."], "pl") == {"Teofil Brzeski": "person"}


def test_a_street_is_a_place_whatever_it_is_called_after() -> None:
    assert mentioned(["I found this room on Church Street."], "en") == {"Church Street": "place"}


def test_a_letter_may_stand_in_a_name() -> None:
    assert mentioned(["Na stronie Have I Been Pwned to widać."], "pl").keys() == {"Have I Been Pwned"}
    assert "German" not in mentioned(["A German chemist called Maillard was wrong."], "en")


def test_a_title_in_quotation_marks_is_one_work() -> None:
    assert mentioned(["Moja książka to „Cień nad rzeką” i tyle."], "pl") == {"Cień nad rzeką": "work"}
    assert mentioned(['She wrote "The Long Way Home" last year.'], "en") == {"The Long Way Home": "work"}


def test_what_no_dictionary_has_loses_its_ending_where_it_was_said_without() -> None:
    assert set(mentioned(["Używam Kubernetesa.", "Kubernetes działa.", "Mówię o Kubernetesie."], "pl")) == {
        "Kubernetes"
    }
    assert set(mentioned(["Używam Flumbrixa od lat."], "pl")) == {"Flumbrixa"}  # nothing is made up


@pytest.mark.skipif(polish_analyser() is None, reason="there is no Morfeusz for this machine")
def test_polish_phrases() -> None:
    terms = {
        "kart graficznych": "karta graficzna", "sztucznej inteligencji": "sztuczna inteligencja",
        "rozpoznawania mowy": "rozpoznawanie mowy", "danych osobowych": "dane osobowe", "drzwi": "drzwi",
    }  # fmt: skip
    assert {said: nominative(tuple(said.split()), singular=True) for said in terms} == terms
    assert nominative(("Xyzzego",)) == ""
    assert [kind_of_polish(word) for word in ("Kraków", "Anna", "Microsoft", "stół")] == [
        "place", "person", "organisation", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "said", "expected"),
    [
        ("der", "Deutsche Bundestag", "Deutscher Bundestag"), ("das", "Rote Kreuz", "Rotes Kreuz"),
        ("die", "Technische Universität", "Technische Universität"), ("im", "Roten Kreuz", ""),
        ("der", "Technischen Universität", "Technische Universität"),
        ("in", "Großer Saal", "Großer Saal"), ("der", "Sabine Hoffmann", ""),
    ],
)  # fmt: skip
def test_german_adjectives_end_as_without_an_article(before: str, said: str, expected: str) -> None:
    assert with_strong_ending(before, tuple(said.split()), "de") == expected
