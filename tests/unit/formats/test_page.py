"""The episode page as a file: what tests/integration/test_page_in_browser.py cannot see."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest
from spoken import episode, segment

from transcribe.core.episode import Segment, Word
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.example import example_episode
from transcribe.formats.labels import LABELS, WORDS, language_in, tables, texts_in
from transcribe.formats.page import COLOURS, beside, data_url, lines_of, write, write_page
from transcribe.formats.tokens import tokens_of


def test_the_policy_names_the_style_and_the_script_that_are_in_it() -> None:
    page = write_page(example_episode(), "a.mp3").decode()
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)[0].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; ")
    for element in ("style", "script"):
        text = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)[0]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy


def test_every_word_has_its_times_in_the_data() -> None:
    said = example_episode()
    page = write_page(said, "a.mp3").decode()
    data = json.loads(re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)[0])
    assert data["starts"] == [word.start_ms for word in said.transcript.words]
    assert data["ends"] == [word.end_ms for word in said.transcript.words]
    text = page.partition('id="words"')[2].partition("<footer")[0]
    assert len(re.findall(r"<span>[^<]*</span>", text)) == len(data["starts"])


def test_scripts_without_spaces_get_none() -> None:
    page = write_page(episode(segment("こん にち は", spaces=False), language="ja"), "a.mp3").decode()
    assert "<span>こん</span><span>にち</span><span>は</span>" in page
    assert '<html lang="ja" dir="ltr">' in page


def test_nothing_said_says_so() -> None:
    assert "Nothing was said." in write_page(episode(), "a.mp3").decode()


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("a b#?.mp3", "a%20b%23%3F.mp3"),
        ("ż&\"'<.mp3", "%C5%BC%26%22%27%3C.mp3"),
        ("javascript:x.mp3", "javascript%3Ax.mp3"),
        ("a\udcff.mp3", "a%FF.mp3"),
    ],
)
def test_a_files_name_becomes_a_relative_url(name: str, url: str) -> None:
    assert beside(name) == url


def test_a_recording_inside_the_page() -> None:
    assert data_url("a.MP3", b"abc") == "data:audio/mpeg;base64,YWJj"
    assert data_url("a.xyz", b"").startswith("data:application/octet-stream;")


def test_speakers_keep_their_colour_and_shape() -> None:
    names = [*"ABCDEFGA"]
    segments = [Segment(n, n, (Word(n, n, "x", 1.0),), 0, name) for n, name in enumerate(names)]
    lines = lines_of(tokens_of(episode(*segments).transcript))
    assert [line.colour for line in lines] == [0, 1, 2, 3, 4, 5, 6 % COLOURS, 0]
    assert len({line.mark for line in lines}) == COLOURS
    assert all(line.begins_turn for line in lines)


def test_every_language_has_the_same_words_and_headings() -> None:
    english = texts_in(WORDS, "en")
    for language in tables(LABELS):
        words = texts_in(WORDS, language)
        assert language_in(WORDS, language) == language
        assert words.keys() == english.keys()
        for name, text in english.items():
            assert sorted(re.findall(r"\{\w+\}", words[name])) == sorted(re.findall(r"\{\w+\}", text)), name
            assert words[name].strip()
        assert tables(LABELS)[language].keys() == tables(LABELS)["en"].keys()
    assert not set(dir(dict)) & english.keys()  # a template would get the method
    assert language_in(WORDS, "xh") == "en"


@pytest.mark.parametrize("language", sorted(set(tables(LABELS)) - {"en"}))
def test_a_page_in_another_language_has_no_english_words_of_ours(language: str) -> None:
    page = write(episode(segment("x"), language=language), SubtitleSettings()).decode()
    same = {"pause", "player", "position"}  # in some languages
    for name, english in texts_in(WORDS, "en").items():
        if name not in same and "{" not in english:
            assert f">{english}<" not in page
            assert f'"{english}"' not in page
    assert f'lang="{language}"' in page
