"""Chapters that a feed has: in its items and beside it; a feed is hostile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from transcribe.jobs.find import find_recordings
from transcribe.jobs.lists import entries_of

HEAD = "<rss xmlns:psc='http://podlove.org/simple-chapters' xmlns:podcast='https://podcastindex.org/namespace/1.0'>"
BESIDE = "<podcast:chapters url='{}' type='application/json+chapters'/>"


def feed(folder: Path, *items: str) -> Path:
    path = folder / "feed.xml"
    inside = "".join(f"<item><enclosure url='{n}.mp3'/>{item}</item>" for n, item in enumerate(items, 1))
    path.write_text(f"{HEAD}<channel>{inside}</channel></rss>", "utf-8")
    return path


def chapters(folder: Path, item: str) -> list[tuple[int, str, str, str]]:
    (entry,) = entries_of(feed(folder, item))
    return [(each.start_ms, each.title, each.url, each.image) for each in entry.chapters]


def test_podloves_chapters_in_an_item(tmp_path: Path) -> None:
    marks = (
        "<psc:chapter start='0' title='Anfang'/>"
        "<psc:chapter start='00:01:02.5' title='二 &amp;' href='https://e.org/a' image='https://e.org/a.png'/>"
        "<psc:chapter start='soon' title='?'/>"
        "<psc:chapter start='02:03' href='javascript:alert(1)'/>"
    )
    assert chapters(tmp_path, f"<psc:chapters version='1.2'>{marks}</psc:chapters>") == [
        (0, "Anfang", "", ""),
        (62_500, "二 &", "https://e.org/a", "https://e.org/a.png"),
        (123_000, "Chapter 3", "", ""),
    ]


def test_a_file_of_chapters_beside_the_feed(tmp_path: Path) -> None:
    marks = [
        {"startTime": 0, "title": "Anfang", "url": "https://e.org/a", "img": "https://e.org/a.png"},
        {"startTime": 1.5, "toc": False, "img": "https://e.org/b.png"},
        {"startTime": 2.5, "title": "Ende", "endTime": 9},
        {"startTime": "3", "title": "?"}, {"startTime": -1}, {"startTime": 1e300}, {"title": "no time"}, 7,
    ]  # fmt: skip
    (tmp_path / "folge 1.json").write_text(json.dumps({"version": "1.2.0", "chapters": marks}))
    assert chapters(tmp_path, BESIDE.format("folge%201.json")) == [
        (0, "Anfang", "https://e.org/a", "https://e.org/a.png"), (2500, "Ende", "", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("content", ["", "[]", "{", '{"chapters": 1}', '{"chapters": [1]}', "[" * 100_000])
def test_a_file_that_is_none_of_chapters(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    assert chapters(tmp_path, BESIDE.format("a.json")) == []


@pytest.mark.parametrize(
    "address", ["../up.json", "/etc/passwd", "https://e.org/a.json", "link.json", "x%00.json", ""]
)
def test_nothing_outside_the_feeds_folder_is_read(tmp_path: Path, address: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    content = json.dumps({"chapters": [{"startTime": 0, "title": "a secret"}]})
    (tmp_path / "up.json").write_text(content)
    (inside / "link.json").symlink_to(tmp_path / "up.json")
    assert chapters(inside, BESIDE.format(address)) == []


def test_every_recording_has_the_chapters_of_its_item(tmp_path: Path) -> None:
    mark = "<psc:chapters><psc:chapter start='0' title='{}'/></psc:chapters>"
    path = feed(tmp_path, mark.format("eins"), "", mark.format("drei"))
    found = find_recordings([str(path)]).recordings
    assert [[each.title for each in recording.chapters] for recording in found] == [["eins"], [], ["drei"]]
