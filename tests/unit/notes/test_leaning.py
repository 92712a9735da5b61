"""Sentences that hang in the air are told from those that stand alone, in every language of the notes."""

from __future__ import annotations

import pytest
from recordings import episode_of

from transcribe.notes.extractive import write_extractive
from transcribe.notes.fitness import has_no_verb
from transcribe.notes.leaning import has_name, is_own, reasons_in, standing
from transcribe.notes.material import material_of
from transcribe.notes.terms import Terms

LEANS = {
    "en": [
        "It's been absolutely terrible for our country.", "And they never came back to the village.",
        "That means the whole harvest was lost.", "Those are the only ones left.",
        "His lawyer said nothing about the contract.", "Then the engine stopped in the tunnel.",
        "Because of that the bridge was closed.", "So it works without electricity.",
    ],
    "pl": [
        "Zresztą to nie chodzi tylko o to, żeby płacić mniej.", "Ona wróciła do domu dopiero po wojnie.",
        "Dlatego że serwer nie odpowiadał na pytania.", "Ich dane leżą na dysku w Szwajcarii.",
        "Potem wyłączyli prąd w całym mieście.", "Ten jest szybszy od wszystkich modeli.",
    ],
    "de": [
        "Das ist für unser Land ganz schrecklich gewesen.", "Und dann kam der Winter über das Dorf.",
        "Deshalb steht der Zug eine Stunde am Brenner.", "Sie hat den ganzen Vertrag gelesen.",
        "Die hängt jetzt über meinem Schreibtisch.", "Also kaufte der Bauer eine neue Maschine.",
        "Außerdem fehlt das Geld für neue Wagen.",
    ],
    "fr": [
        "C'est une catastrophe pour notre pays.", "Et ils ne sont jamais revenus au village.",
        "Cela explique la fermeture du pont.", "Ensuite le moteur s'est arrêté dans le tunnel.",
    ],
    "es": [
        "Eso explica el cierre del puente.", "Y ellos nunca volvieron al pueblo.",
        "Por eso el puente estuvo cerrado.", "Después el motor se paró en el túnel.",
    ],
    "it": [
        "Questo è terribile per il nostro paese.", "E loro non sono mai tornati al villaggio.",
        "Per questo il ponte è rimasto chiuso.", "Poi il motore si è fermato nella galleria.",
    ],
    "pt": [
        "Isso explica o fechamento da ponte.", "E eles nunca voltaram para a aldeia.",
        "Por isso a ponte ficou fechada.", "Depois o motor parou dentro do túnel.",
    ],
    "uk": [
        "Це пояснює, чому закрили міст.", "І вони ніколи не повернулися в село.",
        "Тому міст закрили на цілий рік.", "Потім двигун зупинився в тунелі.",
    ],
    "ja": [
        "それは橋が閉鎖された理由を説明しています。", "でも彼らは村に戻りませんでした。",
        "そこで機関車が止まりました。",
    ],
}  # fmt: skip

CUT = {
    "en": (
        "Well, but salt makes the gluten in the dough tighter.",
        "… salt makes the gluten in the dough tighter.",
    ),
    "pl": ("No więc sól wzmacnia gluten w cieście chlebowym.", "… sól wzmacnia gluten w cieście chlebowym."),
    "de": ("Und das Salz macht den Kleber im Teig fester.", "… das Salz macht den Kleber im Teig fester."),
    "fr": ("Donc le sel renforce le gluten de la pâte.", "… le sel renforce le gluten de la pâte."),
    "es": ("Bueno, pero la sal refuerza el gluten de la masa.", "… la sal refuerza el gluten de la masa."),
    "it": ("Allora, il sale rinforza il glutine della pasta.", "… il sale rinforza il glutine della pasta."),
    "pt": ("Então, o sal reforça o glúten da massa do pão.", "… o sal reforça o glúten da massa do pão."),
    "uk": ("Отже, сіль зміцнює клейковину в хлібному тісті.", "… сіль зміцнює клейковину в хлібному тісті."),
    "ja": ("でも、塩はパン生地のグルテンを強くします。", "… 塩はパン生地のグルテンを強くします。"),
}

STANDS = {
    "en": [
        "So many bakers use too much yeast.", "There is a mill in Vermont that prints the date on each bag.",
        "Rye bread keeps for four days.",
        "A starter that doubles in six hours is ready because its yeast lives.",
        "Bakers need tools such as a scale and a knife.",
    ],
    "pl": [
        "Menedżer haseł zapisuje je w sejfie.", "Żarówka zużywa pięć watów.", "Kopia leży poza domem.",
        "Piekarz używa narzędzi takich jak waga i nóż.",
    ],
    "de": ["Das Wasser reicht für sieben Minuten.", "Der erste Orientexpress fuhr 1883 nach Konstantinopel."],
    "fr": ["Il faut une heure pour chauffer la pierre.", "La farine contient douze pour cent de gluten."],
    "es": ["La masa madre necesita harina y agua.", "El horno llega a doscientos grados."],
    "it": ["Il lievito madre ha bisogno di farina e acqua.", "Il forno arriva a duecento gradi."],
    "pt": ["O fermento natural precisa de farinha e água.", "O forno chega a duzentos graus."],
    "uk": ["Закваска потребує борошна й води.", "Піч нагрівається до двохсот градусів."],
    "ja": ["パン種には小麦粉と水が必要です。"],
}  # fmt: skip

META = {
    "en": "Today I would like to mention the price of flour in Canada.",
    "pl": "Jeszcze dzisiaj chciałbym wspomnieć o cenie mąki w Kanadzie.",
    "de": "Heute möchte ich über den Preis von Mehl in Kanada reden.",
    "fr": "Aujourd'hui je voudrais parler du prix de la farine au Canada.",
    "es": "Hoy quiero hablar del precio de la harina en Canadá.",
    "it": "Oggi vorrei parlare del prezzo della farina in Canada.",
    "pt": "Hoje quero falar do preço da farinha no Canadá.",
    "uk": "Сьогодні хочу поговорити про ціну борошна в Канаді.",
    "ja": "今回はカナダの小麦粉の値段について話します。",
}


def cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, text) for language, texts in table.items() for text in texts]


@pytest.mark.parametrize(("language", "text"), cases(LEANS))
def test_what_leans_on_the_sentence_before_is_worth_little(language: str, text: str) -> None:
    assert standing(text, Terms(language)).worth == 0.0


@pytest.mark.parametrize(("language", "text"), cases(STANDS))
def test_what_stands_alone_is_left_whole(language: str, text: str) -> None:
    alone = standing(text, Terms(language))
    assert (alone.text, alone.worth) == (text, 1.0)


@pytest.mark.parametrize("language", CUT)
def test_words_that_only_lead_into_a_sentence_are_cut_off_with_a_mark(language: str) -> None:
    text, shown = CUT[language]
    alone = standing(text, Terms(language))
    assert alone.text == shown
    assert text.endswith(alone.rest)
    assert 0.5 < alone.worth < 1.0


def test_a_pronoun_with_nothing_before_it_dangles() -> None:
    assert standing("Nobody knows why they left.", Terms("en")).worth < 0.5
    assert standing("The bees rest when they are cold.", Terms("en")).worth == 1.0
    assert standing("Mit 15 begann er zu klettern.", Terms("de")).worth < 0.5


def test_what_points_at_something_named_before_is_worth_less() -> None:
    for language, text in (
        ("en", "These astronauts knew the dangers."),
        ("de", "Diese Frage stellt der Verlag."),
        ("pl", "Ta żarówka zużywa pięć watów."),
        ("es", "Este horno llega a doscientos grados."),
    ):
        assert 0.3 < standing(text, Terms(language)).worth < 1.0
    assert standing("Die Frage stellt der Verlag.", Terms("de")).worth == 1.0


def test_a_clause_that_is_connected_with_another_one_dangles() -> None:
    assert standing("A company in Brussels therefore rents old wagons.", Terms("en")).worth < 0.5
    assert standing("Ein Unternehmen mietet deshalb alte Wagen.", Terms("de")).worth < 0.5
    assert standing("Der Zug ist voll, deshalb mietet die Bahn alte Wagen.", Terms("de")).worth == 1.0


def test_lists_are_no_sentences() -> None:
    assert has_no_verb("Colonel Anderson, Captain Brown, and Dr. Shavla of the Air Force.", "en")
    assert has_no_verb("Drei Kopien auf zwei Datenträgern.", "de")
    assert not has_no_verb("The ship was lost.", "en")
    assert not has_no_verb("Kopia to nie nadzieja.", "pl")
    assert not has_no_verb("Tres copias en dos discos.", "es")


def test_little_is_not_cut_to_less() -> None:
    assert standing("And bees, too.", Terms("en")).text == "And bees, too."


def test_of_an_unknown_language_everything_stands_alone() -> None:
    assert standing("Na wọn kò padà wá.", Terms("yo")).worth == 1.0


def test_one_languages_words_do_not_count_in_another() -> None:
    """English "I" is Polish for "and", "a" too."""
    for text in ("I bake a loaf of bread every Sunday.", "A loaf of bread keeps for four days."):
        assert standing(text, Terms("en")).text == text


def test_reasons_names_and_oneself() -> None:
    assert reasons_in("Rye is sticky because it has no gluten.", "en")
    assert reasons_in("塩を入れるのは味のためです。", "ja")
    assert not reasons_in("Rye is sticky.", "en")
    assert has_name("The mill in Vermont prints the date.", "en")
    assert not has_name("Vermont is far away, as I know.", "en")
    assert not has_name("Das alte Haus steht am Fluss.", "de")
    assert is_own("My sister moved to the sea.", "en")
    assert is_own("Pomyślałem o tym wczoraj wieczorem.", "pl")
    assert not is_own("A jar stands on the counter.", "en")


@pytest.mark.parametrize("language", META)
def test_notes_leave_out_what_is_said_about_the_programme_and_what_leans(language: str) -> None:
    stands, (led, cut) = STANDS[language], CUT[language]
    said = [META[language], *LEANS[language], *stands, led]
    notes = write_extractive(material_of(episode_of(said, language)))
    chosen = {each.text for each in [*notes.summary, *notes.takeaways]} | {each.text for each in notes.quotes}
    assert chosen
    assert chosen <= {*stands, cut}
