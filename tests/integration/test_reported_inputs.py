"""Inputs made after public reports, as they lie on the reference shelf: what people get for each of them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from typing import Any

import jiwer
import pytest
from desk import ROOT, SAMPLE, Desk
from whisper_normalizer.english import EnglishTextNormalizer

CASES = ROOT.parent / "shared" / "cases"

KENNEDY = (
    "And so, my fellow Americans, ask not what your country can do for you, "
    "ask what you can do for your country."
)
DICKENS = (
    "It was the best of times, it was the worst of times. It was the age of wisdom, "
    "it was the age of foolishness. It was the epoch of belief, it was the epoch of incredulity, "
    "it was the season of light, it was the season of darkness, it was the spring of hope, "
    "it was the winter of despair."
)

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not CASES.is_dir(), reason="the inputs are not there: put them into ../shared/cases"),
]


Document = dict[str, Any]
Heard = Callable[[str], tuple[Document, str]]


@pytest.fixture(scope="module")
def known() -> dict[str, tuple[Document, str]]:
    """What was heard in cases that other tests looked at."""
    return {}


@pytest.fixture
def heard(desk: Desk, known: dict[str, tuple[Document, str]]) -> Heard:
    """Transcribe a case, once for all tests: its document, and what was said on standard error."""

    def hear(name: str) -> tuple[Document, str]:
        if name not in known:
            shutil.copy(CASES / name, desk.folder)
            outcome = desk.transcribe(name, "-f", "json", "--language", "en")
            document = json.loads((desk.folder / name).with_suffix(".json").read_bytes())
            known[name] = document, outcome.stderr
        return known[name]

    return hear


def words_of(document: Document) -> list[dict[str, Any]]:
    return [word for segment in document["segments"] for word in segment["words"]]


def text_of(document: Document) -> str:
    return " ".join(segment["text"].strip() for segment in document["segments"])


def error_rate(document: Document, reference: str) -> float:
    normalise = EnglishTextNormalizer()
    return float(jiwer.wer(normalise(reference), normalise(text_of(document))))


def assert_in_order(document: Document) -> None:
    words = words_of(document)
    assert all(first["end_ms"] <= second["start_ms"] for first, second in pairwise(words))
    assert all(word["start_ms"] < word["end_ms"] for word in words)


@pytest.mark.parametrize(
    ("name", "reference", "most"),
    [
        ("dc-offset-2pct.wav", KENNEDY, 0.1),
        ("dc-offset-10pct-normal-level.wav", KENNEDY, 0.1),
        ("dc-quiet-no-speech.wav", KENNEDY, 0.2),
        ("hum50-0dB.wav", KENNEDY, 0.1),
        ("hum50-6dB-word-times.wav", DICKENS, 0.1),
        ("white-noise-0dB.wav", DICKENS, 0.45),
        ("wav-header-too-small.wav", KENNEDY, 0.1),
        ("one-bad-timestamp.mkv", KENNEDY, 0.15),
        ("cover-mislabelled.mp3", KENNEDY, 0.1),
        ("obs-silent-first-track.mkv", KENNEDY, 0.1),
    ],
)
def test_the_text_once_and_in_order(heard: Heard, name: str, reference: str, most: float) -> None:
    document, _ = heard(name)
    assert error_rate(document, reference) <= most, text_of(document)
    assert_in_order(document)


def test_words_in_hum_are_where_they_are_without(desk: Desk, heard: Heard) -> None:
    document, _ = heard("hum50-6dB-word-times.wav")
    clean = desk.media("clean.flac", "-i", str(SAMPLE), "-t", "20")
    desk.transcribe(clean, "-f", "json", "--language", "en")
    expected = json.loads((desk.folder / "clean.json").read_bytes())
    pairs = [
        (ours["start_ms"], theirs["start_ms"])
        for ours, theirs in zip(words_of(document), words_of(expected), strict=False)
        if plain(ours) == plain(theirs)
    ]
    assert len(pairs) >= 30
    offset = median(ours - theirs for ours, theirs in pairs)  # the clip starts elsewhere in the reading
    assert max(abs(ours - theirs - offset) for ours, theirs in pairs) <= 300


def test_a_header_that_is_too_small_is_a_warning(heard: Heard) -> None:
    _, said = heard("wav-header-too-small.wav")
    assert "warning" in said


def test_one_bad_timestamp_moves_nothing(heard: Heard) -> None:
    document, said = heard("one-bad-timestamp.mkv")
    assert words_of(document)[-1]["end_ms"] <= 12_000
    assert "warning" in said


def test_sound_that_starts_after_the_picture(heard: Heard) -> None:
    late, control = (words_of(heard(f"ts-audio-starts-late.{kind}")[0]) for kind in ("ts", "control.mp4"))
    assert late[0]["start_ms"] == pytest.approx(control[0]["start_ms"], abs=150)
    assert late[-1]["end_ms"] == pytest.approx(control[-1]["end_ms"], abs=150)


def test_a_gap_stays(heard: Heard) -> None:
    words = words_of(heard("ts-gap-15s.ts")[0])
    gaps = [second["start_ms"] - first["end_ms"] for first, second in pairwise(words)]
    assert 14_000 < max(gaps) < 18_000


@pytest.mark.parametrize(("name", "hours"), [("gap2h.mka", 2), ("gap12h.mka", 12)])
def test_a_huge_gap_costs_no_disk(desk: Desk, heard: Heard, name: str, hours: int) -> None:
    document, _ = heard(name)
    assert words_of(document)[-1]["end_ms"] > hours * 3_600_000
    assert sum(path.stat().st_blocks * 512 for path in desk.work.rglob("*")) < 10_000_000


@pytest.mark.parametrize("name", ["cover-mislabelled.mp3", "ts-mid-gop.ts", "silent-end-picture.mp4"])
def test_no_false_alarm(heard: Heard, name: str) -> None:
    document, said = heard(name)
    assert text_of(document)
    assert "damaged" not in said


def test_the_producers_chapters_stay(desk: Desk) -> None:
    shutil.copy(CASES / "mp3-with-own-chapters.mp3", desk.folder)
    desk.transcribe("mp3-with-own-chapters.mp3", "--publish", "--language", "en")
    chapters = json.loads((desk.folder / "mp3-with-own-chapters.chapters.json").read_bytes())["chapters"]
    assert len(chapters) == 3
    assert all(chapter.get("url") or chapter.get("img") for chapter in chapters)


def test_the_track_that_speaks(heard: Heard) -> None:
    document, said = heard("obs-silent-first-track.mkv")
    assert document["source"]["stream"] == 1
    assert "track" in said


def test_tracks_across_midnight(desk: Desk) -> None:
    for path in (CASES / "bwf-midnight").iterdir():
        shutil.copy(path, desk.folder)
    desk.transcribe("multitrack", "host.wav", "guest.wav", "--language", "en", "-o", "out", "-f", "json")
    (path,) = (desk.folder / "out").glob("*.json")
    document = json.loads(path.read_bytes())
    first = {each["speaker"]: each["start_ms"] for each in reversed(document["segments"])}
    assert first["Guest"] - first["Host"] == pytest.approx(13_000, abs=1_500)


def test_a_line_of_one_space_ends_no_cue(desk: Desk) -> None:
    shutil.copy(CASES / "youtube-auto.vtt", desk.folder)
    outcome = desk.run("lint", "youtube-auto.vtt")
    assert outcome.code == 0, outcome.stdout.decode()


@pytest.mark.parametrize("missing", ["explicit", "category", "owner", "language"])
def test_a_feed_lacks_what_directories_ask_for(desk: Desk, missing: str) -> None:
    shutil.copy(CASES / "feed.xml", desk.folder)
    outcome = desk.run("lint", "feed.xml")
    assert missing in outcome.stdout.decode()


def plain(word: dict[str, Any]) -> str:
    return re.sub(r"\W", "", word["text"]).lower()
