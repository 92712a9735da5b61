"""Titles of chapters: terms in dictionary form or whole sentences, never pieces of sentences."""

from __future__ import annotations

import pytest
from recordings import WORD_MS, episode_of

from benchmarks.chapters import Talk, talks
from transcribe.notes.extractive import write_extractive
from transcribe.notes.material import material_of
from transcribe.notes.titles import LONGEST_CELLS, shortened

ROUTER = (
    "Hasło do routera zmienia się w panelu.", "Producent routerów wydaje poprawki co kwartał.",
    "Stare routery nie dostają żadnych poprawek.", "Wirus zaraził routery w całym mieście.",
)  # fmt: skip
BEES = (
    "The honey bee leaves her hive at dawn.", "Every hive has one queen.", "A hive needs much honey.",
    "Beekeepers paint each hive in another colour.",
)  # fmt: skip
PRICES = (
    "The ticket costs 30 dollars.", "A meal costs 12 dollars.", "The museum charges 8 dollars.",
    "Students visit the museum for free.", "The museum opens at nine in the morning.",
)  # fmt: skip


def titles_of(said: tuple[str, ...], language: str = "en", word_ms: int = WORD_MS) -> list[str]:
    notes = write_extractive(material_of(episode_of(said, language, word_ms=word_ms)))
    return [chapter.title for chapter in notes.chapters]


def test_a_chapter_is_called_by_what_it_speaks_of() -> None:
    assert titles_of(BEES) == ["Hive"]


def test_two_terms_that_are_said_as_one_are_one() -> None:
    said = (
        "They took prints from the wood blocks.", "Cutters of wood lived in the north.",
        "A block lasts for years.",
        "Each block was cut by hand, and the wood was pear.",
    )  # fmt: skip
    assert titles_of(said) == ["Wood block"]


def test_a_term_has_the_form_of_a_dictionary() -> None:
    assert titles_of(ROUTER, "pl")[0].startswith("Router")


def test_units_are_no_topics() -> None:
    assert titles_of(PRICES) == ["Museum"]


def test_where_nothing_is_said_often_a_whole_sentence_is_the_title() -> None:
    said = (
        "Well, but salt tightens the wet dough.",
        "Then the oven was ready for her, he said, as though nobody knew.",
    )
    assert titles_of(said) == ["Salt tightens the wet dough"]


def test_nothing_is_called_by_what_is_said_of_the_programme() -> None:
    said = (*BEES[:1], *["This episode is an episode about episodes."] * 4)
    assert not any("pisode" in title for title in titles_of(said))


def test_no_two_chapters_have_one_title() -> None:
    titles = titles_of(BEES * 60, word_ms=400)
    assert len(titles) > 2
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("talk", talks(), ids=lambda talk: talk.language)
def test_titles_of_talks_are_whole(talk: Talk) -> None:
    whole = {sentence.text.strip(" .!?") for sentence in talk.material.sentences}
    for chapter in write_extractive(talk.material).chapters:
        sentence = len(chapter.title.split()) > 6
        assert not sentence or any(text.endswith(chapter.title[1:]) for text in whole), chapter.title
        assert not chapter.title.endswith("…")


def test_a_title_that_is_cut_says_so() -> None:
    title = shortened(
        "A sentence with so many words that no player in the world would show it whole.", LONGEST_CELLS
    )
    assert title == "A sentence with so many words that no player in the world…"
    assert shortened("a" * 100, 20) == "A" + "a" * 18 + "…"
    assert shortened("Short.", 20) == "Short"
