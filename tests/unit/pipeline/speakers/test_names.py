"""Who speaks, what they are to be called, and the episode under their new names."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from transcribe.core.episode import Episode
from transcribe.core.errors import UsageError
from transcribe.core.show_notes import Chapter, Quote, Statement
from transcribe.formats.example import example_episode
from transcribe.pipeline.speakers.names import Share, read_names, renamed, shares_of

KNOWN = ("Anna", "Ben", "a=b", "Łukasz")


def speakers(episode: Episode) -> list[str | None]:
    return [segment.speaker for segment in episode.transcript.segments]


def test_everybody_s_share_in_order_of_appearance() -> None:
    said = example_episode()
    nameless = replace(said.transcript.segments[1], speaker=None)
    first, other = shares_of(
        replace(
            said.transcript, segments=(said.transcript.segments[0], nameless, said.transcript.segments[2])
        )
    )
    segments = said.transcript.segments
    spoken = sum(segments[place].end_ms - segments[place].start_ms for place in (0, 2))
    assert first == Share("Anna", spoken, 0, segments[0].text)
    assert (other.name, other.start_ms) == (None, 15_000)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["Anna=Ala"], {"Anna": "Ala"}),
        (["Anna=Ben", "Ben=Anna"], {"Anna": "Ben", "Ben": "Anna"}),
        (["Anna = Ala  Żuk "], {"Anna": "Ala Żuk"}),
        (["a=b=c=d"], {"a=b": "c=d"}),
        (["Anna=x=y"], {"Anna": "x=y"}),
        ([unicodedata.normalize("NFD", "Łukasz=Józef")], {"Łukasz": "Józef"}),
        (["Ben=O'Brien\n<b>"], {"Ben": "O'Brien <b>"}),
        (["Anna=Ala", "Anna=Ala"], {"Anna": "Ala"}),
    ],
)
def test_names_are_read(arguments: list[str], names: dict[str, str]) -> None:
    assert read_names(arguments, KNOWN) == names


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("Anna", "names nobody anew"),
        ("Clara=Ala", r"no speaker 'Clara'.*There are: 'Anna', 'Ben', 'a=b', 'Łukasz'"),
        ("Anna=", "is no name"),
        ("Anna= \x00", "is no name"),
        ("Anna=" + "x" * 129, "between 1 and 128"),
    ],
)
def test_what_names_nobody_is_told(argument: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_names([argument], KNOWN)


def test_one_speaker_gets_one_name() -> None:
    with pytest.raises(UsageError, match="two names, 'Ala' and 'Ola'"):
        read_names(["Anna=Ala", "Anna=Ola"], KNOWN)


def test_nobody_can_be_renamed_where_speakers_are_not_told_apart() -> None:
    with pytest.raises(UsageError, match="speakers were not told apart"):
        read_names(["S1=Ala"], ())


@pytest.mark.parametrize(
    ("names", "after"),
    [
        ({"Anna": "Ala"}, ["Ala", "Ben", "Ala"]),
        ({"Anna": "Ben", "Ben": "Anna"}, ["Ben", "Anna", "Ben"]),
        ({"Anna": "Ala", "Ben": "Ala"}, ["Ala", "Ala", "Ala"]),
        ({"Anna": "Ben"}, ["Ben", "Ben", "Ben"]),
        ({}, ["Anna", "Ben", "Anna"]),
    ],
)
def test_speakers_are_renamed_all_at_once(names: dict[str, str], after: list[str]) -> None:
    assert speakers(renamed(example_episode(), names)) == after


def test_a_swap_done_twice_changes_nothing() -> None:
    swap = {"Anna": "Ben", "Ben": "Anna"}
    assert renamed(renamed(example_episode(), swap), swap) == example_episode()


def test_quotes_are_attributed_to_who_says_them() -> None:
    said = example_episode()
    assert said.notes
    both = Quote("x", "Anna", 0, 1, (0, 1))
    said = replace(said, notes=replace(said.notes, quotes=(*said.notes.quotes, both)))
    notes = renamed(said, {"Ben": "Basil", "Anna": "Ala"}).notes
    assert notes
    assert [quote.speaker for quote in notes.quotes] == ["Basil", "Ala"]


def test_labels_in_what_a_model_wrote_are_replaced_and_in_what_people_said_are_not() -> None:
    said = renamed(example_episode(), {"Anna": "S1", "Ben": "S2"})
    assert said.notes
    notes = replace(
        said.notes,
        summary=(Statement("S1 asks, S2's lamp burns; S10 and S2x do not.", (0,), 0, "model"),),
        takeaways=(Statement("S1 asks.", (0,), 0, "speaker"),),
        chapters=(Chapter(0, 1, "What S2 saw", (0,), "model"), Chapter(1, 2, "S2", (1,), "speaker")),
        sound_bites=(replace(said.notes.sound_bites[0], title="What S2 saw"),),
    )
    done = renamed(replace(said, notes=notes), {"S1": "S2", "S2": "Ala"}).notes
    assert done
    assert done.summary[0].text == "S2 asks, Ala's lamp burns; S10 and S2x do not."
    assert done.takeaways == notes.takeaways
    assert [chapter.title for chapter in done.chapters] == ["What Ala saw", "S2"]
    assert done.sound_bites[0].title == "What Ala saw"


def test_a_name_that_is_spoken_is_left_in_what_a_model_wrote() -> None:
    said = example_episode()  # in which Anna says "Ben"
    assert said.notes
    assert "Ben kept a lighthouse" in said.notes.long_summary[0].text
    done = renamed(said, {"Ben": "Basil"}).notes
    assert done
    assert done.long_summary == said.notes.long_summary
