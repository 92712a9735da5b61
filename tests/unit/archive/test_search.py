"""What is found, by whom it is said, when, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest
from shelf import Shelf, spaceless, titles
from spoken import MS_PER_CHARACTER, segment

from transcribe.archive.pieces import SHARED, WORDS
from transcribe.archive.search import Month


@pytest.mark.parametrize(
    ("language", "said", "asked", "found"),
    [
        ("pl", "Mówili o książkach całą noc.", "książka", ["książkach"]),
        ("pl", "Mówili o książkach całą noc.", "ksiazka", ["książkach"]),
        ("pl", "Byliśmy w Krakowie.", "Kraków", ["Krakowie."]),
        ("pl", "To jest Łódź.", "lodz", ["Łódź."]),
        ("pl", "Jadę do Łodzi.", "łódź", ["Łodzi."]),
        ("pl", "Poszedłem do sądu.", "sad", ["sądu."]),
        ("pl", "Poszedłem do sadu.", "sąd", []),
        ("en", "She went home.", "go", ["went"]),
        ("en", "Children are running.", "child", ["Children"]),
        ("de", "Die Häuser sind alt.", "Haus", ["Häuser"]),
        ("de", "Wir sind gegangen.", "gehen", ["gegangen."]),
        ("fr", "Les journaux sont là.", "journal", ["journaux"]),
        ("ru", "Он читал книги.", "книга", ["книги."]),
        ("en", "It's a well-known thing.", "known", ["well-known"]),
        ("en", "The Wi-Fi is down.", '"wi fi"', ["Wi-Fi"]),
        ("en", "At 10:30 sharp.", "10:30", ["10:30"]),
        ("xx", "Some thing unheard.", "unheard", ["unheard."]),
    ],
)
def test_words_in_any_inflection(
    shelf: Shelf, language: str, said: str, asked: str, found: list[str]
) -> None:
    shelf.write("a", said, language=language)
    shelf.add()
    assert shelf.found(asked) == found


def test_scripts_without_spaces(shelf: Shelf) -> None:
    shelf.write("a", spaceless("これは音声認識の話です"), language="ja")
    shelf.add()
    assert shelf.found("音声認識") == ["は音声認識の"]
    assert shelf.found("声認") == ["声認"]
    assert shelf.found("話") == ["話で"]
    assert shelf.found("す") == ["す"]
    assert shelf.found("認声") == []


def test_a_phrase_stands_as_it_is(shelf: Shelf) -> None:
    shelf.write("a", "The first quarter was", "good. Of the quarters, the first is best.")
    shelf.add()
    assert shelf.found('"first quarter"') == ["first quarter"]
    assert shelf.found('"quarter was good"') == ["quarter was good."]  # across the border of segments
    assert shelf.found('"quarter first"') == []
    assert shelf.found('"firsts quarter"') == []


def test_a_phrase_across_passages(shelf: Shelf) -> None:
    said = [f"word{number}" for number in range(3 * WORDS)]
    shelf.write("a", *(" ".join(said[at : at + 9]) for at in range(0, len(said), 9)))
    shelf.add()
    for start in range(0, len(said) - 12, 7):
        (hit,) = shelf.search('"' + " ".join(said[start : start + 12]) + '"')
        assert hit.words.split() == said[start : start + 12]
    long = said[WORDS - 20 : WORDS + 20]  # longer than what two passages share
    (hit,) = shelf.search('"' + " ".join(long) + '"')
    assert hit.words.split()[:SHARED] == long[:SHARED]


def test_the_second_in_which_it_is_said(shelf: Shelf) -> None:
    shelf.write("a", segment("One two three", 5000), segment("four five", 9000))
    shelf.add()
    (hit,) = shelf.search('"three four"')
    assert (hit.start_ms, hit.last_ms) == (5000 + 6 * MS_PER_CHARACTER, 9000)
    assert (hit.before, hit.words, hit.after) == ("One two", "three four", "five")


def test_context_goes_beyond_the_passage(shelf: Shelf) -> None:
    said = [f"word{number}" for number in range(2 * WORDS)]
    shelf.write("a", " ".join(said))
    shelf.add()
    for number in (WORDS - SHARED, WORDS - 1, WORDS):
        (hit,) = shelf.search(said[number])
        assert hit.before.split() == said[number - 12 : number]
        assert hit.after.split() == said[number + 1 : number + 13]


def test_all_words_together_the_nearest_first(shelf: Shelf) -> None:
    far = "apple " + "and so on " * 20 + "pear"
    shelf.write("far", far)
    shelf.write("near", "an apple beside a pear")
    shelf.write("typed", "the apple pear")
    shelf.write("one", "an apple")
    shelf.add()
    found = shelf.search("apple pear")
    assert [each.document.rpartition("/")[2] for each in found] == ["typed.json", "near.json", "far.json"]
    assert [each.score > 1 for each in found] == [True, False, False]


def test_what_is_not_said(shelf: Shelf) -> None:
    shelf.write("a", "profit before tax")
    shelf.write("b", "profit and loss")
    shelf.add()
    assert len(shelf.search("profit")) == 2
    assert shelf.found("profit -tax") == ["profit"]
    assert shelf.found('profit -"and loss"') == ["profit"]
    assert shelf.found("profit -taxes -losses") == []


def test_what_is_not_said_has_its_accents_where_they_are_typed(shelf: Shelf) -> None:
    for name, place in (("court", "sąd"), ("orchard", "sad"), ("neither", "ulica")):
        shelf.write(name, f"profit i {place}", language="pl")
    shelf.add()
    left_by = {"-sad": ["neither"], "-sąd": ["neither", "orchard"], "-ul*": ["court", "orchard"]}
    for excluded, left in left_by.items():
        found = shelf.search(f"profit {excluded}")
        assert sorted(Path(each.document).stem for each in found) == left


def test_a_beginning(shelf: Shelf) -> None:
    shelf.write("a", "Progress of programmes, not a prologue", language="en")
    shelf.add()
    assert shelf.found("prog*") == ["Progress"]
    assert shelf.found("programm* -prolog*") == []
    assert shelf.found("zzz*") == []


def test_speakers_across_episodes(shelf: Shelf) -> None:
    shelf.write("a", segment("I like bees", speaker="Ala Nowak"), segment("Bees sting", 3000, speaker="Ben"))
    shelf.write("b", segment("The bee is gone", speaker="Ala Nowak"))
    shelf.add()
    assert {(each.speaker, each.words) for each in shelf.search("speaker:ala bee")} == {
        ("Ala Nowak", "bees"), ("Ala Nowak", "bee"),
    }  # fmt: skip
    assert [each.speaker for each in shelf.search('bee -speaker:"Ala Nowak"')] == ["Ben"]
    assert shelf.search("bee speaker:Al") == []


def test_speakers_who_take_turns_are_apart(shelf: Shelf) -> None:
    shelf.write(
        "a",
        segment("the quick brown", speaker="Ala"),
        segment("yes", 1000, speaker="Ben"),
        segment("fox jumps", 1500, speaker="Ala"),
    )
    shelf.add()
    assert [each.speaker for each in shelf.search('"brown fox"')] == ["Ala"]
    assert shelf.search("brown yes") == []


def test_shows_languages_and_days(shelf: Shelf) -> None:
    shelf.write("a", "one word", show="Ranek z Łodzi", day="2024-02-01", language="pl")
    shelf.write("b", "one word", show="Evening", day="2025-06-30")
    shelf.add()
    assert [each.show for each in shelf.search("word show:lodzi")] == ["Ranek z Łodzi"]
    assert [each.show for each in shelf.search("word -show:evening")] == ["Ranek z Łodzi"]
    assert [each.show for each in shelf.search("word lang:en")] == ["Evening"]
    assert [each.show for each in shelf.search("word after:2025")] == ["Evening"]
    assert [each.show for each in shelf.search("word after:2024-02-01 before:2025-06-30")] == [
        "Ranek z Łodzi"
    ]
    assert shelf.search("word after:2026") == []


def test_who_said_it_first(shelf: Shelf) -> None:
    shelf.write("b", "nothing", "the needle", title="Later", day="2025-02-01")
    shelf.write("a", "the needle needle", title="Latest", day="2025-03-01")
    shelf.write("c", "a", "a", "the needle", title="First", day="2024-12-31")
    shelf.add()
    assert titles(shelf.search("needles", first=True)) == ["First", "Later", "Latest"]
    assert titles(shelf.search("needle", most=1, first=True)) == ["First"]


def test_how_often(shelf: Shelf) -> None:
    long = " ".join(f"word{number}" for number in range(WORDS - 4))
    shelf.write("a", f"{long} bee bee bees", show="One", day="2025-01-05")  # in two passages
    shelf.write("b", "bee", show="One", day="2025-01-20")
    shelf.write("c", "bee", show="Two", day="2025-03-01")
    shelf.add()
    assert shelf.months("bee") == [Month("One", "2025-01", 4), Month("Two", "2025-03", 1)]
    assert shelf.months("wasp") == []


def test_a_word_of_one_language_is_not_inflected_as_one_of_another(shelf: Shelf) -> None:
    shelf.write("a", "The war is over.", language="en")
    shelf.write("b", "Das ist gut.", language="de")
    shelf.add()
    assert shelf.found("war") == ["war"]


def test_words_are_counted_once_where_passages_overlap(shelf: Shelf) -> None:
    shelf.write("a", " ".join(["Bee", "bees", "said"] * WORDS), day="2025-01-01", show="One")
    shelf.write("b", "A bee.", day="2025-01-02", show="One")
    shelf.add()
    assert shelf.months("bee") == [Month("One", "2025-01", 2 * WORDS + 1)]
    assert shelf.months('"bees"') == [Month("One", "2025-01", WORDS)]
    assert shelf.months("be*") == [Month("One", "2025-01", 2 * WORDS + 1)]
    assert shelf.months("bee -wasp") == [Month("One", "2025-01", 2 * WORDS + 1)]


def test_words_that_differ_in_accents_are_counted_apart(shelf: Shelf) -> None:
    shelf.write("a", "Sąd, sad, sąd i sady.", language="pl", day="2025-01-01", show="One")
    shelf.add()
    assert shelf.months("sąd") == [Month("One", "2025-01", 2)]
    assert shelf.months('"sad"') == [Month("One", "2025-01", 3)]
