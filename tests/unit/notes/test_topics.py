"""Chapters of a length people use, where the words change."""

from __future__ import annotations

from itertools import pairwise

from recordings import episode_of

from benchmarks.chapters import score, talks
from transcribe.notes.extractive import topic_spans
from transcribe.notes.material import material_of
from transcribe.notes.topics import usual_ms
from transcribe.notes.writer import Material

BEES = "The honey bee leaves her hive and the nectar of the flower feeds the hive."
TRAINS = "A railway engine pulls its wagons and the steam of the boiler drives the railway."
BREAD = "The baker kneads the dough and the yeast in the flour lifts the dough."
WORD_MS = 1_000


def lengths(material: Material) -> list[int]:
    starts = [0, *(material.sentences[first].start_ms for first in material.topics[1:]), material.duration_ms]
    return [right - left for left, right in pairwise(starts)]


def test_a_chapter_begins_where_the_words_change() -> None:
    material = material_of(episode_of([BEES] * 20 + [TRAINS] * 20 + [BREAD] * 20, word_ms=WORD_MS))
    assert material.topics == (0, 20, 40)


def test_a_short_recording_is_one_chapter() -> None:
    assert material_of(episode_of([BEES] * 5 + [TRAINS] * 5, word_ms=WORD_MS)).topics == (0,)


def test_an_hour_about_one_thing_still_has_chapters() -> None:
    spans = lengths(material_of(episode_of([BEES] * 240, word_ms=WORD_MS)))
    assert len(spans) >= 60 / 8
    assert all(60_000 <= span <= 8 * 60_000 for span in spans)


def test_what_a_speaker_announces_begins_a_chapter() -> None:
    plain = [BEES] * 40
    announced = [*plain[:17], "Let's talk about the queen of the hive.", *plain[18:]]
    assert 17 not in material_of(episode_of(plain, word_ms=WORD_MS)).topics
    assert 17 in material_of(episode_of(announced, word_ms=WORD_MS)).topics


def test_no_chapter_begins_with_a_sentence_that_leans_on_the_one_before() -> None:
    leaning = "It pulls wagons and the steam of the boiler drives the railway."
    said = [BEES] * 20 + [leaning] + [TRAINS] * 20
    assert material_of(episode_of(said, word_ms=WORD_MS)).topics[1] != 20


def test_a_change_of_speaker_speaks_for_a_start() -> None:
    said = [BEES] * 40
    speakers = ["Ann"] * 15 + ["Ben"] * 25
    assert 15 not in material_of(episode_of(said, word_ms=WORD_MS)).topics
    assert 15 in material_of(episode_of(said, speakers=speakers, word_ms=WORD_MS)).topics


def test_chapters_are_longer_in_longer_recordings() -> None:
    minutes = [usual_ms(length * 60_000) / 60_000 for length in (5, 15, 60, 120, 600)]
    assert minutes == sorted(minutes)
    assert minutes[0] >= 2.5
    assert 4.5 < minutes[2] < 5.5
    assert minutes[-1] == 8.0


def test_chapters_begin_where_the_authors_of_talks_have_headings() -> None:
    scores = [score(talk) for talk in talks()]
    headings, chapters = sum(each.headings for each in scores), sum(each.chapters for each in scores)
    assert headings > 15
    assert sum(each.found for each in scores) >= 0.6 * headings
    assert sum(each.wrong for each in scores) <= 0.25 * chapters


def test_one_segment_is_never_divided() -> None:
    material = material_of(episode_of([" ".join([BEES] * 40 + [TRAINS] * 40)], word_ms=WORD_MS))
    assert len(material.sentences) == 80
    assert material.topics == (0,)


def test_ten_hours_are_read() -> None:
    material = material_of(episode_of(([BEES] * 25 + [TRAINS] * 25) * 48, word_ms=WORD_MS))
    assert material.duration_ms > 9.9 * 3_600_000
    assert topic_spans(material)[-1][1] == len(material.sentences)
    assert all(span >= 60_000 for span in lengths(material))


def test_every_word_is_in_one_sentence() -> None:
    episode = episode_of([BEES.lower().rstrip(".")] * 60)
    said = " ".join(sentence.text for sentence in material_of(episode).sentences)
    assert said == episode.transcript.text


def test_a_change_of_speaker_ends_a_sentence() -> None:
    episode = episode_of(["so the bees", "fly home."], speakers=["Ann", "Ben"])
    assert [(each.text, each.speaker) for each in material_of(episode).sentences] == [
        ("so the bees", "Ann"),
        ("fly home.", "Ben"),
    ]
