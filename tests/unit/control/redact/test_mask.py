"""Masked texts."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from spoken import episode, segment, transcript

from transcribe.control.redact.choose import Wanted, choose
from transcribe.control.redact.mask import FIXED, FREE_SETTINGS, MASK, Scrubber, masked
from transcribe.core.episode import Track, Turn, Turns
from transcribe.core.settings import OPTIONS, WORDS_DEPEND_ON
from transcribe.core.show_notes import Chapter, Link, Show

JAN = Wanted.of(None, ["Jan Kowalski"], [], [])


def scrubber(*phrases: str, said: str = "Hello there.") -> Scrubber:
    heard, wanted = transcript(segment(said)), Wanted.of(None, phrases, [], [(0, 1)])
    return Scrubber(wanted, [(heard, choose(replace(wanted, spans=()), heard))])


def test_a_run_of_words_has_one_mask_with_its_time_and_punctuation() -> None:
    said = transcript(segment("Yes, Jan Kowalski, he said."))
    made = masked(said, choose(JAN, said))
    assert made.text == f"Yes, {MASK}, he said."
    old, new = said.words, made.words
    assert (new[1].start_ms, new[1].end_ms, new[1].probability) == (old[1].start_ms, old[2].end_ms, 1.0)
    assert new[2:] == old[3:]


def test_a_mask_does_not_tell_how_long_a_word_is() -> None:
    texts = set()
    for name in ("Al", "Maximilian", "Jan Kowalski"):
        said = transcript(segment(f"So {name} said"))
        texts.add(masked(said, choose(Wanted.of(None, [name], [], []), said)).text)
    assert texts == {f"So {MASK} said"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A talk with Jan Kowalski.", f"A talk with {MASK}."),
        ("jan_kowalski-2", f"{MASK}-2"),
        ("https://example.org/Jan%20Kowalski", MASK),
        ("https://example.org/jan-kowalski/a", f"https://example.org/{MASK}/a"),
        ("JanKowalski", MASK),
        ("January", "January"),
        ("", ""),
    ],
)
def test_texts_without_times(text: str, expected: str) -> None:
    assert scrubber("Jan Kowalski").text(text) == expected


def test_what_was_said_in_a_span_is_masked_in_titles_unless_it_says_nothing() -> None:
    said = transcript(segment("The budget is frozen."))
    for span, title, expected in (
        ((0, 600), "The budget is out", f"{MASK} is out"),
        ((0, 100), "The end", "The end"),
    ):
        wanted = Wanted.of(None, [], [], [span])
        assert Scrubber(wanted, [(said, choose(wanted, said))]).text(title) == expected


def test_everything_else_in_an_episode_is_masked() -> None:
    name = "Jan Kowalski"
    full = episode(segment("He is here.", speaker=name), tags=(("title", f"With {name}"),))
    full = replace(
        full,
        show=Show(title=name, guests=(name,), links=(Link(name, "https://example.org/jan-kowalski"),)),
        chapters=(Chapter(0, 1000, f"About {name}", (0,), "producer"),),
        tracks=(Track(f"{name}.wav", "ab" * 32, name),),
        turns=Turns((Turn(0, 1000, name),)),
        provenance=replace(
            full.provenance, settings=(("engine", "x"), ("prompt", name), ("terms", f"a,{name}"))
        ),
    )
    made = scrubber(name).episode(full)
    assert [text for text in texts_in(made) if "Jan" in text or "owalsk" in text] == []
    assert made.provenance.settings == (("engine", "x"), ("prompt", MASK), ("terms", f"a,{MASK}"))
    assert made.transcript.text == "He is here."


def test_names_of_ours_stay_whatever_is_masked() -> None:
    full = replace(episode(segment("x")), chapters=(Chapter(0, 1, "speaker", (0,), "speaker"),))
    made = scrubber("speaker", "mp3", "en", "base").episode(full)
    assert made.chapters[0].title == MASK
    assert (made.chapters[0].origin, made.source.container, made.source.streams[0].codec) == (
        "speaker",
        "mp3",
        "mp3",
    )
    assert made.transcript.language and made.transcript.language.code == "en"


def test_settings_with_words_of_people_are_known() -> None:
    free = {
        name
        for name, each in OPTIONS.items()
        if each.group in WORDS_DEPEND_ON and each.kind is str and not each.spec.choices
    }
    assert free - {"model", "language"} == set(FREE_SETTINGS)


def texts_in(value: Any, name: str = "") -> list[str]:
    if isinstance(value, str):
        return [] if name in FIXED else [value]
    if isinstance(value, tuple):
        return [text for each in value for text in texts_in(each, name)]
    if is_dataclass(value):
        return [text for each in fields(value) for text in texts_in(getattr(value, each.name), each.name)]
    return []
