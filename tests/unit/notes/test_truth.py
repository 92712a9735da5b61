"""What a language model invents is dropped or marked; what it may say is kept, with its evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from recordings import ARABIC, ENGLISH, GERMAN, JAPANESE, POLISH, episode_of

from transcribe.notes.material import material_of
from transcribe.notes.truth import Checked, check_drafts
from transcribe.notes.writer import Draft, Material, Part
from transcribe.show_notes import Link, Show, Statement

BEES = material_of(episode_of(ENGLISH))
SENTENCES = {sentence.text: index for index, sentence in enumerate(BEES.sentences)}


def check(
    text: str, part: Part = "takeaways", claims: tuple[int, ...] = (), material: Material = BEES
) -> Checked:
    return check_drafts([Draft(part, text, claims)], material)


def kept(checked: Checked) -> Statement:
    (statement,) = checked.statements["takeaways"]
    return statement


def test_a_paraphrase_is_kept_with_the_sentences_it_rests_on() -> None:
    statement = kept(check("Honey bees use polarised light from the sky as their compass."))
    assert statement.doubt == ""
    assert statement.origin == "model"
    assert 5 in statement.segments
    assert statement.start_ms == BEES.sentences[statement.segments[0]].start_ms


def test_claimed_evidence_is_verified() -> None:
    text = "Pesticides disturb the memory of bees."
    assert kept(check(text, claims=(7,))).segments == (7,)
    assert kept(check(text, claims=(0, 10))).segments == (7,)
    assert kept(check(text, claims=(-4, 99_999))).segments == (7,)


def test_words_somebody_said_are_told_to_be_theirs() -> None:
    statement = kept(check("Today we talk about how bees find their way home"))
    assert statement.origin == "speaker"
    assert statement.segments == (1,)


@pytest.mark.parametrize(
    "text",
    [
        "Honey bees can remember the position of the sun for 17 hours.",
        "Maria Keller has studied honey bees for 1905 years.",
        "The study of honey bees by Albert Einstein in Zurich took years.",
        "The honey bees of Zurich are studied by Google with radio tags.",
        "Quantum computers will replace accountants within a decade.",
        "Honey bees find their way home: see https://bees.example/route for more.",
        "Honey bees in Zurich: write to maria@keller.example about radio tags.",
        "Honey bees and their compass are explained on honeybees.com today.",
    ],
)  # fmt: skip
def test_inventions_are_dropped_and_counted(text: str) -> None:
    checked = check(text)
    assert checked.statements.get("takeaways", []) == []
    assert checked.dropped == 1


@pytest.mark.parametrize(
    "text", ["Maria Keller studied bees for 20 years.", "Keller studied bees for twenty years."]
)
def test_numbers_count_the_same_in_words_and_digits(text: str) -> None:
    assert kept(check(text)).doubt == ""


def test_a_number_from_elsewhere_is_marked() -> None:
    said = [*ENGLISH, *["Nothing else happens here at all."] * 6, "The honey costs 45 francs in the shop."]
    material = material_of(episode_of(said))
    text = "Maria Keller has studied honey bees in Zurich for 45 years."
    checked = check(text, claims=(4,), material=material)
    assert "number" in kept(checked).doubt
    assert checked.doubted == 1


def test_weak_support_is_marked() -> None:
    statement = kept(check("Radio tags help the university to follow honey traffic patterns across borders."))
    assert statement.doubt


def test_a_name_that_opens_a_statement_is_marked() -> None:
    assert "Einstein" in kept(check("Einstein studied how honey bees use the sky as a compass.")).doubt


def test_what_is_known_about_the_show_may_be_said() -> None:
    show = Show(title="Hive Talk", hosts=("Robin Hale",), links=(Link("Site", "https://hive.example/a"),))
    material = replace(BEES, show=show)
    checked = check("On Hive Talk, Robin Hale explains how bees find their way home.", material=material)
    assert kept(checked)
    assert kept(check("How bees find their way home: https://hive.example/a", material=material))


QUOTE = "On cloudy days the bees rely on landmarks such as rivers and forest edges."


@pytest.mark.parametrize(
    "text",
    [QUOTE, f"“{QUOTE.upper()}”", QUOTE.replace(" ", "\u00a0").rstrip("."), QUOTE.replace("fo", "ｆｏ")],
)
def test_a_quote_is_what_stands_in_the_transcript(text: str) -> None:
    (quote,) = check(text, "quotes").quotes
    assert quote.text == QUOTE
    assert quote.segments == (6,)


def test_part_of_a_sentence_is_quoted_whole() -> None:
    (quote,) = check("the bees rely on landmarks", "quotes").quotes
    assert quote.text == QUOTE


@pytest.mark.parametrize(
    "text", ["On cloudy days the bees rely on rivers and forest edges.", "the bees", "landmarks suc", "…"]
)
def test_a_quote_nobody_said_is_dropped(text: str) -> None:
    assert check(text, "quotes").quotes == []


def test_a_quote_across_two_speakers_is_nobodys() -> None:
    material = material_of(episode_of(ENGLISH, speakers=["Ann", "Ben"]))
    text = f"{ENGLISH[6]} {ENGLISH[7]}"
    assert check(text, "quotes", material=material).dropped == 1
    (quote,) = check(text, "quotes").quotes
    assert quote.text == text
    assert quote.segments == (6, 7)
    (quote,) = check(ENGLISH[7], "quotes", material=material).quotes
    assert quote.speaker == "Ben"


def test_the_same_quote_stands_once() -> None:
    assert len(check_drafts([Draft("quotes", QUOTE, ())] * 3, BEES).quotes) == 1


@pytest.mark.parametrize(
    ("language", "sentences", "true", "false"),
    [
        ("pl", POLISH, "Anna Nowak bada w Krakowie pszczoły.", "Jan Kowalski bada w Krakowie pszczoły."),
        ("pl", POLISH, "Pszczoły Anny Nowak bada od 20 lat Kraków.", "Pszczoły w Krakowie bada od 30 lat."),
        ("de", GERMAN, "Pestizide stören Bienen.", "Pestizide stören Bienen laut Herrn Müller."),
        ("de", GERMAN, "Keller erforscht Bienen seit 20 Jahren.", "Keller erforscht sie seit 30 Jahren."),
        ("ja", JAPANESE, "農薬はミツバチの記憶を乱す。", "量子計算機は会計士の仕事を奪う。"),
        ("ar", ARABIC, "المبيدات تربك ذاكرة النحل.", "الحواسيب الكمومية ستغير المحاسبة."),
    ],
)  # fmt: skip
def test_other_languages(language: str, sentences: tuple[str, ...], true: str, false: str) -> None:
    material = material_of(episode_of(sentences, language))
    assert kept(check(true, material=material)).doubt == ""
    assert check(false, material=material).dropped == 1


def test_a_translation_is_marked_and_its_numbers_are_checked() -> None:
    material = material_of(episode_of(POLISH, "pl"), "en")
    statement = kept(
        check("Anna Nowak has studied bees in Kraków for 20 years.", claims=(3,), material=material)
    )
    assert "translation" in statement.doubt
    assert check("Anna Nowak has studied bees for 30 years.", claims=(3,), material=material).dropped == 1
    assert check("Bees remember the sun.", material=material).dropped == 1  # it names no sentence


def test_keywords_have_to_be_said() -> None:
    drafts = [Draft("keywords", text, ()) for text in ("Honey bee", "honey BEE", "radio tags", "blockchain")]
    checked = check_drafts(drafts, BEES)
    assert checked.keywords == ["Honey bee", "radio tags"]
    assert checked.dropped == 1


def test_a_chapter_title_is_held_against_its_chapter() -> None:
    assert check("How honey bees find home", "chapters", (0,)).chapter_titles == {
        0: "How honey bees find home"
    }
    assert check("Quantum computing for accountants", "chapters", (0,)).chapter_titles == {}
    assert check("How honey bees find home", "chapters").dropped == 1


def test_a_post_stays_within_its_limit() -> None:
    drafts = [Draft("social_post", text, ()) for text in ENGLISH[1:9]]
    posts = check_drafts(drafts, BEES).statements["social_post"]
    assert len(" ".join(each.text for each in posts)) <= 280
    assert len(posts) > 1


def test_nothing_can_be_true_of_an_empty_recording() -> None:
    empty = material_of(episode_of([]))
    parts: tuple[Part, ...] = ("summary", "quotes", "chapters", "keywords", "social_post")
    checked = check_drafts([Draft(part, "Something was said.", (0,)) for part in parts], empty)
    assert checked.dropped == len(parts)
