"""The producer's chapters in every format that has chapters, with and without notes."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import docx
import pytest
from noted import notes
from spoken import episode, segment

from transcribe.core.episode import Episode
from transcribe.core.settings import Settings, SubtitleSettings
from transcribe.core.show_notes import Chapter, Show
from transcribe.formats.document import read_document
from transcribe.formats.known import render
from transcribe.jobs.publish.content import content_of

TITLES = ("Begrüßung", "望遠鏡 <&>", "Schluss")
STARTS = (0, 20_000, 45_000)
LINK = "https://example.org/a?b=c&d=e"
HOSTILE = 'javascript:alert("x")'


def own(*, noted: bool = False, url: str = LINK, image: str = ".chapter-1.jpg") -> Episode:
    chapters = tuple(
        Chapter(start, end, title, (n,), "producer", url, image)
        for n, (start, end, title) in enumerate(zip(STARTS, (*STARTS[1:], 65_000), TITLES, strict=True))
    )
    said = replace(episode(*(segment("Ja.", start) for start in STARTS)), chapters=chapters)
    return replace(said, notes=replace(notes("Modell"), chapters=chapters)) if noted else said


def text(name: str, made: Episode) -> str:
    return render(made, name, SubtitleSettings()).decode()


@pytest.mark.parametrize("noted", [False, True])
def test_podcasting_chapters_have_links_and_pictures(noted: bool) -> None:
    document = json.loads(text("chapters", own(noted=noted)))
    first = document["chapters"][0]
    assert [each["title"] for each in document["chapters"]] == list(TITLES)
    assert (first["startTime"], first["endTime"], first["url"]) == (0.0, 20.0, LINK)
    assert first["img"].endswith(".chapter-1.jpg")
    assert "ai_generated" not in document  # no model wrote them
    paged = replace(own(), show=Show(episode_url="https://e.org/12/?x"))
    assert json.loads(text("chapters", paged))["chapters"][0]["img"].startswith("https://e.org/12/")


@pytest.mark.parametrize("name", ["psc", "rss"])
def test_podlove_chapters_have_links_and_pictures(name: str) -> None:
    root = ET.fromstring(text(name, own()))  # noqa: S314 - our own
    chapters = root.iter("{http://podlove.org/simple-chapters}chapter")
    found = [(each.get("title"), each.get("href"), each.get("image")) for each in chapters]
    assert [title for title, _, _ in found] == list(TITLES)
    assert {href for _, href, _ in found} == {LINK}
    assert all(image and image.startswith("https://todo.invalid/") for _, _, image in found)


@pytest.mark.parametrize("name", ["notes", "notes-html", "notes-txt", "rss-html", "page", "youtube"])
def test_the_producers_chapters_stand_in_notes(name: str) -> None:
    made = text(name, own(noted=True))
    assert "Modell" not in made
    assert "Begrüßung" in made
    assert "Schluss" in made
    assert name == "youtube" or "https://example.org/a?b=c" in made


def test_the_page_and_word_show_them_without_notes() -> None:
    assert "Begrüßung" in text("page", own())
    paragraphs = docx.Document(io.BytesIO(render(own(), "docx", SubtitleSettings()))).paragraphs
    headings = [each.text for each in paragraphs if each.style and each.style.name == "Heading 1"]
    assert headings == list(TITLES)


@pytest.mark.parametrize(
    "name", ["chapters", "psc", "rss", "notes", "notes-html", "notes-txt", "rss-html", "page"]
)
def test_hostile_addresses_of_a_document_are_written_nowhere(name: str) -> None:
    made = text(name, own(noted=True, url=HOSTILE, image=HOSTILE))
    assert "javascript:" not in made
    beside = text(name, own(noted=True, image="./../../etc/passwd"))
    assert "passwd" not in beside


def test_the_document_keeps_them() -> None:
    made = own(noted=True)
    assert read_document(render(made, "json", SubtitleSettings())).chapters == made.chapters


def test_pictures_are_named_only_where_they_are_written() -> None:
    kept = content_of(Settings.of(publish=True), own(), "chapters")
    without = content_of(Settings(), own(), "chapters")
    assert kept
    assert b".chapter-1.jpg" in kept
    assert without
    assert b".chapter-1.jpg" not in without
    assert LINK.encode() in without
