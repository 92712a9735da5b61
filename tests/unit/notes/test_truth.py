"""What a language model invents is dropped or marked; what it may say is kept, with its evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from recordings import ARABIC, ENGLISH, GERMAN, JAPANESE, POLISH, episode_of

from transcribe.core.show_notes import Link, Show, Statement
from transcribe.notes.material import material_of
from transcribe.notes.truth import Checked, check_drafts
from transcribe.notes.writer import Draft, Material, Part

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


def test_a_statement_says_what_was_said_and_not_what_the_recording_does() -> None:
    claim = "honey bees use polarised light from the sky as their compass"
    checked = check(f"The transcript explains that {claim}.")
    assert checked.statements == {}
    assert checked.dropped == ["it tells of the recording, not what was said"]
    assert check(f"In this episode, {claim}.", "social_post").statements


@pytest.mark.parametrize(
    ("said", "written", "stands"),
    [
        (
            "I worked as a marine engineer for eleven years.",
            "You worked as a marine engineer for eleven years.",
            False,
        ),
        ("You were not always a baker, were you?", "You were not always a baker.", False),
        ("For bread you need a bowl and a scale.", "You need a bowl and a scale.", True),
        ("Dostałem stary młyn od dziadka.", "Ty dostałeś stary młyn od dziadka.", False),
    ],
)
def test_nobody_is_spoken_to_who_was_not(said: str, written: str, stands: bool) -> None:
    language = "pl" if "ł" in said else "en"
    others = ["The harbour of Hull is large.", "Tugs have strong engines."] if language == "en" else []
    checked = check(written, "summary", material=material_of(episode_of([said, *others], language)))
    assert bool(checked.statements) == stands
    assert checked.dropped == ([] if stands else ["it says “you” of somebody else"])


def test_a_sentence_inside_a_summary_may_only_lean_on_what_was_said_before_it() -> None:
    said = [
        "Ewa otworzyła piekarnię w Ustce.",
        "Zrobiła to sama.",
        "Brat pożyczył jej na piec osiem tysięcy.",
    ]
    material = material_of(episode_of(said, "pl"))
    together = check(f"{said[0]} {said[1]}", "summary", material=material)
    assert [each.text for each in together.statements["summary"]] == [f"{said[0]} {said[1]}"]
    apart = check(f"Brat pożyczył na piec osiem tysięcy. {said[1]}", "summary", material=material)
    assert [each.text for each in apart.statements["summary"]] == ["Brat pożyczył na piec osiem tysięcy."]
    assert apart.dropped == ["it leans on what was said before"]


def test_a_point_of_running_text_may_lean_on_the_one_it_is_printed_behind() -> None:
    said = ["The oven came from Spain in spring.", "It weighs nearly four tonnes.", "It burns beech wood."]
    others = ["Bread needs time and salt.", "The shop sells rye loaves in the morning."]
    material = material_of(episode_of([*said, *others]))
    drafts = [Draft("long_summary", text, ()) for text in (said[0], said[2], others[1], said[1])]
    checked = check_drafts(drafts, material)
    kept = [statement.text for statement in checked.statements["long_summary"]]
    assert kept == [said[0], said[2], others[1]]


def test_an_account_is_no_takeaway() -> None:
    account = " ".join(ENGLISH[4:9])
    assert check(account).dropped == ["it is too long for a takeaway"]
    assert check(account, "long_summary").statements


@pytest.mark.parametrize(
    ("language", "said", "leans"),
    [
        ("en", "The second rise takes an hour in a warm kitchen.", "It takes an hour in a warm kitchen."),
        ("pl", "Druga kopia leży w szufladzie u mojej siostry.", "Ona leży w szufladzie u mojej siostry."),
        ("de", "Der Teig ruht eine Stunde in der warmen Küche.", "Das ruht eine Stunde in der warmen Küche."),
    ],
)
@pytest.mark.parametrize("part", ["takeaways", "summary", "long_summary", "quotes"])
def test_what_leans_on_the_words_before_is_dropped(language: str, said: str, leans: str, part: Part) -> None:
    """Whether it stands there word for word or not."""
    alone = said.replace("second", "first").replace("Druga kopia", "Kopia zapasowa")
    for told in (alone, leans):
        material = material_of(episode_of([told, "Rye bread keeps for four days."], language))
        dropped = check(told, part, material=material).dropped
        assert dropped == ([] if told == alone else ["it leans on what was said before"])
    if part != "quotes":
        reworded = check(leans, part, material=material_of(episode_of([alone], language)))
        assert reworded.dropped == ["it leans on what was said before"]


def test_a_quote_loses_what_only_leads_in() -> None:
    material = material_of(episode_of(["Well, but salt makes the gluten in the dough tighter."]))
    (quote,) = check("salt makes the gluten in the dough tighter", "quotes", material=material).quotes
    assert quote.text == "… salt makes the gluten in the dough tighter."


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
    assert len(checked.dropped) == 1


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


def test_weak_support_is_marked() -> None:
    statement = kept(check("Radio tags help the university to follow honey traffic patterns across borders."))
    assert statement.doubt


def test_a_name_that_opens_a_statement_is_marked() -> None:
    assert "Einstein" in kept(check("Einstein studied how honey bees use the sky as a compass.")).doubt


@pytest.mark.parametrize(
    "text",
    [
        "Einstein Says Honey Bees Use Polarised Light As a Compass",
        "Honey Bees Use the Polarised Light of the Sky as Einstein Does",
    ],
)
def test_a_name_in_a_title_of_capitals_is_marked(text: str) -> None:
    (title,) = check(text, "titles").statements["titles"]
    assert title.doubt == "“Einstein” was not said"


def test_a_title_of_capitals_whose_words_were_said_is_kept() -> None:
    (title,) = check("Honey Bees Use the Polarised Light of the Sky", "titles").statements["titles"]
    assert title.doubt == ""


@pytest.mark.parametrize(
    ("language", "said", "true", "false"),
    [
        ("en", ["A starter is nothing but flour and water."], "A starter is flour and water.", ""),
        ("pl", ["Zakwas to nic innego jak mąka i woda."], "Zakwas to mąka i woda.", ""),
        ("de", ["Der Sauerteig ist nichts als Mehl und Wasser."], "Sauerteig ist Mehl und Wasser.", ""),
        ("fr", ["Le levain contient pas seulement de la farine."], "Le levain contient de la farine.", ""),
        (
            "en",
            ["Turn your oven to two hundred and fifty degrees and wait for forty minutes."],
            "Turn the oven to 250 degrees.",
            "Turn the oven to 40 degrees.",
        ),
        (
            "en",
            [
                "Bleached flour is another thing.", "In Europe that has been forbidden since 1997.",
                *["Rye bread keeps for four days."] * 4, "Spelt flour tastes of nuts.",
            ],
            "Bleached flour has been forbidden in Europe since 1997.",
            "Spelt flour has been forbidden in Europe since 1997.",
        ),
        (
            "en",
            ["My name is Ruth.", "I have been baking for almost fifteen years.", "Harold feeds the ducks."],
            "Ruth has been baking for almost fifteen years.",
            "Harold has been baking for almost fifteen years.",
        ),
        (
            "en",
            ["The bakery has been open for almost fifteen years."],
            "The bakery has been open for nearly fifteen years.",
            "The bakery has been open for over fifteen years.",
        ),
        (
            "pl",
            ["Nazywam się Tomek.", "Naprawiam routery od ponad 15 lat.", "Kasia pisze listy."],
            "Tomek naprawia routery od ponad 15 lat.",
            "Tomek naprawia routery od prawie 15 lat.",
        ),
        (
            "de",
            ["Mein Name ist Falk.", "Ich repariere Uhren seit über 15 Jahren.", "Ruth schreibt Briefe."],
            "Falk repariert Uhren seit über 15 Jahren.",
            "Falk repariert Uhren seit fast 15 Jahren.",
        ),
    ],
)  # fmt: skip
def test_what_is_true_is_not_marked_and_what_sounds_alike_is(
    language: str, said: list[str], true: str, false: str
) -> None:
    material = material_of(episode_of(said, language))
    assert kept(check(true, material=material)).doubt == ""
    assert not false or kept(check(false, material=material)).doubt


def test_nobody_knows_who_speaks_where_several_have_a_name() -> None:
    said = ["My name is Ruth.", "My name is Harold.", "I have been baking for fifteen years."]
    material = material_of(episode_of(said))
    assert kept(check("Ruth has been baking for fifteen years.", material=material)).doubt
    told_apart = material_of(episode_of(said, speakers=["A", "B"]))
    assert not kept(check("Ruth has been baking for fifteen years.", material=told_apart)).doubt
    assert kept(check("Harold has been baking for fifteen years.", material=told_apart)).doubt


DENIALS = (
    "Dr. Maria Keller has never used radio tags in Zurich, because the hive would lose its foragers.",
    "Honey bees do not remember the colour of the hive, they remember its smell.",
    "A queen lives for several years and lays two thousand eggs a day.",
)


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("A queen does not live for several years.", "it denies something, and what it rests on does not"),
        ("Honey bees remember the colour of the hive.", "what it rests on denies something, and it does not"),
        ("Maria Keller has used radio tags in Zurich.", "what it rests on denies something, and it does not"),
        ("Honey bees remember the smell, never the colour of the hive.", ""),
        ("The hive would lose its foragers.", ""),
        ("A queen lives for several years.", ""),
    ],
)
def test_a_denial_that_was_added_or_lost_is_marked(text: str, doubt: str) -> None:
    said = (*DENIALS[:2], *["A drone has large eyes and lives for a summer."] * 2, DENIALS[2])
    assert kept(check(text, material=material_of(episode_of(said)))).doubt == doubt


def test_what_was_said_of_different_things_is_marked() -> None:
    said = (
        "It was the age of wisdom.",
        "It was the epoch of belief.",
        "It was the season of light in London.",
    )
    material = material_of(episode_of(said))
    mixed = kept(check("There was an age of belief.", material=material))
    assert mixed.doubt == "its words were said, but not together"
    assert kept(check("London had a season of light.", material=material)).doubt == ""


@pytest.mark.parametrize(
    ("language", "said", "text"),
    [
        ("pl", "Pszczoły nie pamiętają koloru swojego ula.", "Pszczoły pamiętają kolor swojego ula."),
        ("de", "Bienen merken sich die Farbe des Stocks nicht.", "Bienen merken sich die Farbe des Stocks."),
        (
            "es",
            "Las abejas no recuerdan el color de la colmena.",
            "Las abejas recuerdan el color de la colmena.",
        ),
    ],
)
def test_a_denial_lost_in_other_languages(language: str, said: str, text: str) -> None:
    statement = kept(check(text, material=material_of(episode_of([said], language))))
    assert statement.doubt == "what it rests on denies something, and it does not"


def test_each_drop_says_why() -> None:
    drafts = [
        Draft("takeaways", "Honey bees remember the position of the sun for 17 hours.", ()),
        Draft("takeaways", "The study of honey bees by Albert Einstein took years.", ()),
        Draft("takeaways", "Quantum computers will replace accountants within a decade.", ()),
        Draft("takeaways", "Honey bees find their way home: see https://bees.example/route for more.", ()),
        Draft("quotes", "On cloudy days the bees rely on rivers.", ()),
        Draft("quotes", "the bees", ()),
        Draft("keywords", "blockchain", ()),
        Draft("keywords", "the", ()),
        Draft("keywords", "the bees rely on landmarks such as rivers", ()),
        Draft("chapters", "How honey bees find home", ()),
    ]
    assert check_drafts(drafts, BEES).dropped == [
        "a number in it was not said",
        "a name in it was not said",
        "too few of its words were said",
        "an address in it was not said",
        "nobody said it word for word",
        "it is too long or too short for a quote",
        "too few of its words were said",
        "it says nothing",
        "it is too long for a keyword",
        "it belongs to no chapter",
    ]


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
    assert len(check(text, "quotes", material=material).dropped) == 1
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
        ("pl", POLISH, "Pszczoły bada Kraków.", "Pszczoły bada Jan Kowalski, Adam Wilk, Rzeszów i Łódź."),
        ("de", GERMAN, "Pestizide stören Bienen.", "Pestizide stören Bienen laut Herrn Müller."),
        ("de", GERMAN, "Keller erforscht Bienen seit 20 Jahren.", "Keller erforscht sie seit 30 Jahren."),
        ("ja", JAPANESE, "農薬はミツバチの記憶を乱す。", "量子計算機は会計士の仕事を奪う。"),
        ("ar", ARABIC, "المبيدات تربك ذاكرة النحل.", "الحواسيب الكمومية ستغير المحاسبة."),
    ],
)  # fmt: skip
def test_other_languages(language: str, sentences: tuple[str, ...], true: str, false: str) -> None:
    material = material_of(episode_of(sentences, language))
    assert kept(check(true, material=material)).doubt == ""
    assert len(check(false, material=material).dropped) == 1


def test_a_translation_is_marked_and_its_numbers_are_checked() -> None:
    material = material_of(episode_of(POLISH, "pl"), "en")
    statement = kept(
        check("Anna Nowak has studied bees in Kraków for 20 years.", claims=(3,), material=material)
    )
    assert "translation" in statement.doubt
    assert (
        len(check("Anna Nowak has studied bees for 30 years.", claims=(3,), material=material).dropped) == 1
    )
    assert len(check("Bees remember the sun.", material=material).dropped) == 1  # it names no sentence


def test_keywords_have_to_be_said() -> None:
    drafts = [Draft("keywords", text, ()) for text in ("Honey bee", "honey BEE", "radio tags", "blockchain")]
    checked = check_drafts(drafts, BEES)
    assert checked.keywords == ["Honey bee", "radio tags"]
    assert len(checked.dropped) == 1


def test_a_chapter_title_is_held_against_its_chapter() -> None:
    assert check("How honey bees find home", "chapters", (0,)).chapter_titles == {
        0: "How honey bees find home"
    }
    assert check("Quantum computing for accountants", "chapters", (0,)).chapter_titles == {}
    assert len(check("How honey bees find home", "chapters").dropped) == 1
    assert check("honey bees find their way home.", "chapters", (0,)).chapter_titles == {
        0: "Honey bees find their way home"
    }
    (dropped,) = check("Hives in the sky", "chapters", (0,)).dropped
    assert dropped == "its words were said, but not together"


@pytest.mark.parametrize(
    ("language", "sentences", "said", "new"),
    [
        ("en", ENGLISH, "Bees Finding Their Ways Home", "How Homey Bees Find Home"),
        ("en", ENGLISH, "Twenty Years of Bees in Zurich", "Seven Years of Bees in Zurich"),
        ("pl", POLISH, "Pszczoła i położenie słońca", "Pszczoły i położenia Niechomy"),
        ("pl", POLISH, "Anna Nowak: 20 lat w Krakowie", "Anna Nowak: 30 lat w Krakowie"),
        ("de", GERMAN, "Das Gedächtnis einer Biene", "Der Verstand einer Biene"),
        ("de", GERMAN, "Bienen an trüben Tagen", "Bienen an trübseligen Tagen"),
        ("ja", JAPANESE, "ミツバチと太陽", "量子計算機"),
    ],
)
def test_every_word_of_a_chapter_title_was_said_in_it(
    language: str, sentences: tuple[str, ...], said: str, new: str
) -> None:
    material = material_of(episode_of(sentences, language))
    assert check(said, "chapters", (0,), material).chapter_titles == {0: said}
    assert check(new, "chapters", (0,), material).chapter_titles == {}


def test_a_chapter_title_may_name_the_show() -> None:
    material = replace(BEES, show=Show(title="Waggle Dance"))
    assert check("Waggle Dance: bees", "chapters", (0,), material).chapter_titles
    assert not check("Waggle Dance: bees", "chapters", (0,)).chapter_titles


def test_a_post_stays_within_its_limit() -> None:
    drafts = [Draft("social_post", text, ()) for text in ENGLISH[1:9]]
    posts = check_drafts(drafts, BEES).statements["social_post"]
    assert len(" ".join(each.text for each in posts)) <= 280
    assert len(posts) > 1


def test_nothing_can_be_true_of_an_empty_recording() -> None:
    empty = material_of(episode_of([]))
    parts: tuple[Part, ...] = ("summary", "quotes", "chapters", "keywords", "social_post")
    checked = check_drafts([Draft(part, "Something was said.", (0,)) for part in parts], empty)
    assert len(checked.dropped) == len(parts)
