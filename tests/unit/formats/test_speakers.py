"""Several speakers in the formats: who has no name, long names, two at the same time."""

from __future__ import annotations

import io
import json
import random
import re

import docx
import pytest
from spoken import episode, segment, transcript

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.cues import lay_out
from transcribe.formats.known import FORMATS, render
from transcribe.formats.page import write_page
from transcribe.formats.tokens import UNNAMED, tokens_of
from transcribe.quality.lint import Asked, lint_bytes

LONG = "Aleksandra Katarzyna Wiśniewska-Kowalska"
DEFAULTS = SubtitleSettings()


def test_words_of_two_who_speak_at_once_keep_their_times() -> None:
    spoken = transcript(
        segment("a long sentence that goes on and on", 0, speaker="Anna"),
        segment("oh yes", 1_000, speaker="Jan"),
        segment("and ends", 3_000, speaker="Anna"),
    )
    words = [word for part in spoken.segments for word in part.words]
    assert [(token.start_ms, token.end_ms) for token in tokens_of(spoken)] == [
        (word.start_ms, word.end_ms) for word in words
    ]


def test_times_of_one_speaker_never_run_backwards() -> None:
    spoken = transcript(segment("one", 5_000, speaker="A"), segment("two", 100, speaker="A"))
    assert [token.start_ms for token in tokens_of(spoken)] == [5_000, 5_000]


@pytest.mark.parametrize("limit", [20, 32, 42])
def test_a_long_name_is_broken_between_its_words_and_within_the_line(limit: int) -> None:
    spoken = transcript(segment("Good morning to you all", 0, speaker=LONG))
    cues = lay_out(spoken, SubtitleSettings(max_line_chars=limit), names=True)
    lines = [line for cue in cues for line in cue.lines]
    assert max(map(len, lines)) <= limit
    assert " ".join(lines) == f"{LONG}: Good morning to you all"


def test_a_name_longer_than_a_line_without_spaces_is_cut_by_itself() -> None:
    spoken = transcript(segment("Yes, of course", 0, speaker="W" * 50))
    lines = [line for cue in lay_out(spoken, DEFAULTS, names=True) for line in cue.lines]
    assert "".join(lines).replace(" ", "") == "W" * 50 + ":Yes,ofcourse"
    assert not any("W" in line and "Yes" in line and "W:" not in line for line in lines)


@pytest.mark.parametrize("name", ["txt", "srt", "podcast-srt", "lrc", "md"])
def test_what_a_nameless_one_says_is_not_read_as_somebody_else_s(name: str) -> None:
    said = episode(
        segment("Hello there.", 0, speaker="Anna"),
        segment("Coffee?", 3_000),
        segment("Two with milk.", 6_000),
        segment("Thanks.", 9_000, speaker="Anna"),
    )
    text = render(said, name, DEFAULTS).decode()
    assert text.count(UNNAMED) == 1
    assert f"{UNNAMED} Coffee?" in text
    assert len(re.findall(r"Anna:", text)) == 2


@pytest.mark.parametrize("name", ["txt", "srt", "html", "md"])
def test_without_speakers_nobody_is_marked(name: str) -> None:
    said = episode(segment("Hello there.", 0), segment("Coffee?", 3_000))
    assert UNNAMED not in render(said, name, DEFAULTS).decode()


def test_a_word_document_names_every_turn() -> None:
    said = episode(
        segment("Hello.", 0, speaker="Anna"),
        segment("Coffee?", 3_000),
        segment("مرحبا", 6_000, speaker="ليلى حداد"),
    )
    paragraphs = docx.Document(io.BytesIO(render(said, "docx", DEFAULTS))).paragraphs
    bold = [run.text for paragraph in paragraphs for run in paragraph.runs if run.bold]
    assert bold == ["Anna: ", f"{UNNAMED} ", "ليلى حداد: "]


def test_the_page_gives_each_a_colour_and_the_nameless_none() -> None:
    said = episode(
        segment("Hello.", 0, speaker="O'Connor <b>"), segment("Coffee?", 3_000), segment("Yes.", 6_000)
    )
    page = write_page(said, "a.mp3").decode()
    names = re.findall(r'<p class="speaker"><span aria-hidden="true">(.?)</span> <bdi>(.*?)</bdi></p>', page)
    assert names == [("●", "O&#39;Connor &lt;b&gt;"), ("", UNNAMED)]
    data = json.loads(re.findall(r'id="data">(.*?)</script>', page)[0])
    assert len(data["starts"]) == 3


def crosstalk(seed: int) -> Episode:
    """Four people, one without a name, who speak at the same time again and again."""
    chance = random.Random(seed)  # noqa: S311 - words, no secrets
    spoken = []
    for turn in range(60):
        text = " ".join(chance.choice(["yes", "harbour", "the", "lighthouse,", "well."]) for _ in range(12))
        name = chance.choice(["Anna", "Jan", LONG, None])
        spoken.append(segment(text, max(0, 3_500 * turn - chance.randint(0, 4_000)), speaker=name))
    return episode(*sorted(spoken, key=lambda each: each.start_ms))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["vtt", "srt", "podcast-srt", "podcast-json"])
def test_people_who_talk_over_each_other_break_no_rule(name: str, seed: int) -> None:
    text = render(crosstalk(seed), name, DEFAULTS)
    asked = Asked(profile="podcast") if name == "podcast-srt" else Asked()
    findings = lint_bytes(f"talk{FORMATS[name].suffix}", text, asked)
    assert [each for each in findings if each.severity != "note"] == []
