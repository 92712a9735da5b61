"""Marks of a language model that has failed."""

from __future__ import annotations

import pytest
from recordings import TEXTS

from transcribe.notes.degenerate import degenerate, narrates


@pytest.mark.parametrize("language", TEXTS)
def test_what_people_say_is_not_degenerate(language: str) -> None:
    assert degenerate(TEXTS[language], "long_summary", language) == ""
    for text in TEXTS[language]:
        assert degenerate([text], "summary", language) == ""


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ([], "nothing"),
        (["", "  ", "…"], "nothing"),
        (["The bees are the bees are the bees are the bees are the bees."], "repeats"),
        (["bees " * 20], "repeats"),
        (["Bees fly home."] * 4, "repeats"),
        (["a b c d e f " * 200], "far too long"),
        (["<|im_start|>assistant Bees fly home."], "echoes"),
        (['{"text": "Bees fly home"}'], "echoes"),
        (["As an AI, I cannot summarise this."], "echoes"),
        (["Here is a summary of the transcript:"], "echoes"),
        (["```json"], "echoes"),
        (["Die Bienen finden den Weg nach Hause und merken sich dabei den Stand der Sonne."], "language"),
        (["ミツバチは太陽の位置を覚えていることができます。"], "language"),
    ],
)
def test_failures_are_noticed(texts: list[str], reason: str) -> None:
    assert reason in degenerate(texts, "summary", "en")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I’m sorry, but I can’t summarise this."),
        ("en", "I am unable to help with that."),
        ("pl", "Przykro mi, ale nie mogę streścić tej rozmowy."),
        ("pl", "Nie jestem w stanie napisać tytułu."),
        ("pl", "Jako model językowy nie mam zdania."),
        ("pl", "Oto kilka tytułów:"),
        ("de", "Es tut mir leid, aber ich kann das nicht zusammenfassen."),
        ("de", "Als KI-Assistent habe ich keine Meinung."),
        ("es", "Lo siento, pero no puedo resumir este texto."),
        ("es", "Como modelo de lenguaje, no tengo opiniones."),
        ("fr", "Désolé, mais je ne peux pas résumer ce texte."),
        ("fr", "Voici un résumé de la conversation :"),
        ("it", "Mi dispiace, ma non posso riassumere questo testo."),
        ("pt", "Desculpe, mas não posso resumir este texto."),
        ("nl", "Het spijt me, maar ik kan dit niet samenvatten."),
        ("ru", "Извините, но я не могу это пересказать."),
        ("uk", "Вибачте, але я не можу це переказати."),
        ("ja", "申し訳ありませんが、要約できません。"),
    ],
)
def test_what_assistants_say_is_no_text(language: str, text: str) -> None:
    assert degenerate([text], "summary", language) == "it echoes its orders"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pl", "Nie mogę odpowiedzialnie radzić tego nikomu."),
        ("pl", "Oto pszczoła, która widzi słońce."),
        ("de", "Hier ist die Luft im Winter trocken."),
        ("fr", "Voici la mer et le sable chaud."),
        ("es", "Siento el frío y no puedo dormir."),
    ],
)
def test_people_speak_alike(language: str, text: str) -> None:
    assert degenerate([text], "summary", language) == ""


def test_an_echo_of_the_prompt_is_noticed() -> None:
    prompt = "Tell in two or three sentences what the episode is about, for people who have not heard it."
    echo = "Two or three sentences: what the episode is about, for people who have not heard it"
    assert degenerate([echo], "summary", "en", prompt) == "it echoes its orders"
    assert degenerate(["What the episode is about"], "summary", "en", prompt) == ""


def test_any_language_is_fine_where_none_is_asked_for() -> None:
    assert degenerate(["Die Bienen finden den Weg nach Hause."], "summary", "") == ""


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("en", "The transcript discusses the loss of Columbia.", True),
        ("en", "In this episode, we hear about ovens.", True),
        ("en", "The speaker is about to leave.", False),
        ("pl", "W tym odcinku mowa o modelach.", True),
        ("pl", "Rozmowa trwała godzinę.", False),
        ("de", "In dieser Folge geht es um Brot.", True),
        ("de", "Das Gespräch war lang.", False),
        ("fr", "L'épisode traite du pain.", True),
        ("ja", "このエピソードでは、パンについて話します。", True),
    ],
)
def test_openings_that_tell_of_the_recording(language: str, text: str, told: bool) -> None:
    assert narrates(text, language) == told
