"""Each format of the publish pack, read back by a parser that is not ours; hostile text stays text."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import docx
import jsonschema
import pytest
import ttconv.imsc.reader
import ttconv.model
import webvtt
from noted import HOSTILE, NAMES, SHOW, noted
from spoken import episode, segment

from transcribe.core.episode import Episode, Segment, Word
from transcribe.core.settings import SubtitleSettings
from transcribe.core.show_notes import Show
from transcribe.formats.known import FORMATS, PACK, render
from transcribe.formats.labels import LABELS, tables
from transcribe.formats.outline import facts_of
from transcribe.formats.tokens import text_width

SUBTITLES = SubtitleSettings()
NEW = (
    *(
        "podcast-srt",
        "podcast-json",
        "html",
        "chapters",
        "psc",
        "rss",
        "audacity",
        "lrc",
        "ttml",
        "docx",
        "csv",
    ),
)
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
PODCAST = "{https://podcastindex.org/namespace/1.0}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
PSC = "{http://podlove.org/simple-chapters}"


def text_of(name: str, said: Episode) -> str:
    return render(said, name, SUBTITLES).decode()


def xml_of(name: str, said: Episode) -> ET.Element:
    return ET.fromstring(render(said, name, SUBTITLES))  # noqa: S314 - written a moment ago


def silent() -> Episode:
    return episode()


def one_word() -> Episode:
    return episode(segment("Goodbye."))


def odd() -> Episode:
    """Characters no XML document can hold, a lone surrogate, times that run backwards, an empty segment."""
    words = (Word(900, 950, "a\ufffe\x00b\ud800", 0.5), Word(100, 50, "<br/>", 0.5))
    return episode(
        Segment(900, 50, words, 0, speaker="\x1b[31m\uffff"), Segment(10, 20, (Word(10, 20, "\x07", 0.5),), 0)
    )


def test_the_pack_names_formats_that_there_are() -> None:
    assert set(NEW) < set(PACK) <= set(FORMATS)
    assert {"vtt", "srt", "txt"} < set(PACK)


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("make", [noted, silent, one_word, odd])
def test_the_same_episode_gives_the_same_bytes(name: str, make: Callable[[], Episode]) -> None:
    assert render(make(), name, SUBTITLES) == render(make(), name, SUBTITLES)


@pytest.mark.parametrize("name", ["psc", "rss", "ttml"])
@pytest.mark.parametrize("make", [noted, silent, one_word, odd])
def test_xml_can_be_read_whatever_was_said(name: str, make: Callable[[], Episode]) -> None:
    xml_of(name, make())


@pytest.mark.parametrize("name", [*NEW, "srt", "vtt"])
def test_nothing_that_was_said_is_markup(name: str) -> None:
    content = render(noted(), name, SUBTITLES)
    if FORMATS[name].media_type in (
        "text/html",
        "application/xml",
        "application/rss+xml",
        "application/ttml+xml",
    ):
        assert b"<script" not in content
    if name in ("srt", "podcast-srt", "vtt"):
        times = [line for line in content.decode().splitlines() if "-->" in line]
        assert all(re.fullmatch(r"[\d:,.]+ --> [\d:,.]+", line) for line in times)


def test_podcast_srt_keeps_to_its_profile_and_names_speakers() -> None:
    said = episode(
        segment("Zażółć gęślą jaźń, powiedział ktoś, i poszedł do domu, bo było późno.", speaker=NAMES[0]),
        segment("はい、望遠鏡を庭で作りました。とても楽しかったです。", 9_000, speaker=NAMES[2]),
        segment("نعم.", 20_000, speaker=NAMES[1]),
    )
    captions = webvtt.from_string("WEBVTT\n\n" + text_of("podcast-srt", said).replace(",", ".")).captions
    lines = [line for caption in captions for line in caption.lines]
    assert max(map(text_width, lines)) <= 32
    assert max(len(caption.lines) for caption in captions) <= 2
    for name in NAMES:
        assert sum(line.startswith(f"{name}: ") for line in lines) == 1


def test_podcast_json_has_every_segment_with_times_in_seconds() -> None:
    document = json.loads(text_of("podcast-json", noted()))
    segment_schema = {
        "type": "object",
        "required": ["startTime", "endTime", "body", "speaker"],
        "properties": {
            "startTime": {"type": "number", "minimum": 0},
            "endTime": {"type": "number"},
            "body": {"type": "string", "minLength": 1},
            "speaker": {"type": "string"},
        },
        "additionalProperties": False,
    }
    jsonschema.validate(document["segments"], {"type": "array", "items": segment_schema, "minItems": 3})
    assert document["version"] == "1.0.0"
    assert [part["speaker"] for part in document["segments"]] == list(NAMES)
    assert [part["startTime"] for part in document["segments"]] == [0, 20, 40]
    assert {part["body"] for part in document["segments"]} == {HOSTILE}


def test_podcast_json_of_odd_times_runs_forwards_and_leaves_out_what_is_empty() -> None:
    (only,) = json.loads(text_of("podcast-json", odd()))["segments"]
    assert (only["startTime"], only["endTime"]) == (0.9, 0.9)
    assert "speaker" not in json.loads(text_of("podcast-json", one_word()))["segments"][0]


class _Page(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.tags[-1] if self.tags else "", []).append(data.strip())


def test_the_html_transcript_has_names_times_and_paragraphs_and_nothing_that_runs() -> None:
    page = _Page(text_of("html", noted()))
    assert set(page.tags) == {"html", "head", "meta", "title", "body", "cite", "time", "p"}
    assert [text for text in page.texts["cite"] if text] == [f"{name}:" for name in NAMES]
    assert [text for text in page.texts["time"] if text] == ["00:00:00", "00:00:20", "00:00:40"]
    assert {text for text in page.texts["p"] if text} == {HOSTILE}
    assert page.texts["title"][0] == HOSTILE


def test_chapters_of_notes_and_who_wrote_them() -> None:
    document = json.loads(text_of("chapters", noted()))
    assert document["version"] == "1.2.0"
    assert [(c["startTime"], c["endTime"], c["title"]) for c in document["chapters"]] == [
        (0, 32.5, "One"),
        (32.5, 65, HOSTILE),
    ]
    assert document["ai_generated"] is True
    assert document["generated_by"] == "qwen3-4b--q4"
    assert (document["podcastName"], document["author"]) == ("Gartenfunk", NAMES[0])
    assert "ai_generated" not in json.loads(text_of("chapters", noted(model="")))


@pytest.mark.parametrize("make", [silent, one_word])
def test_without_notes_the_episode_is_one_chapter(make: Callable[[], Episode]) -> None:
    (chapter,) = json.loads(text_of("chapters", make()))["chapters"]
    assert chapter == {"startTime": 0, "endTime": 65, "title": "talk"}
    (element,) = xml_of("psc", make())
    assert element.attrib == {"start": "00:00:00.000", "title": "talk"}


def test_simple_chapters() -> None:
    root = xml_of("psc", noted())
    assert (root.tag, root.attrib) == (f"{PSC}chapters", {"version": "1.2"})
    assert [chapter.attrib for chapter in root] == [
        {"start": "00:00:00.000", "title": "One"},
        {"start": "00:00:32.500", "title": HOSTILE},
    ]
    assert "ai_generated: true; generated_by: qwen3-4b- -q4 -->" in text_of("psc", noted())
    assert "ai_generated" not in text_of("psc", noted(model=""))


def test_the_item_of_a_feed_has_what_the_config_and_the_tags_say() -> None:
    item = xml_of("rss", noted())
    assert item.tag == "item"
    assert item.findtext("title") == HOSTILE
    assert item.findtext("description") == f"Summary {HOSTILE}"
    assert item.findtext("guid") == "sha256:" + "ab" * 32
    assert [item.findtext(f"{ITUNES}{tag}") for tag in ("duration", "episode", "season")] == ["65", "12", "3"]
    people = [(person.get("role"), person.text) for person in item.iter(f"{PODCAST}person")]
    assert people == [("host", NAMES[0]), ("guest", NAMES[1]), ("guest", NAMES[2])]
    bite = item.find(f"{PODCAST}soundbite")
    assert bite is not None
    assert (bite.get("startTime"), bite.get("duration"), bite.text) == ("1.0", "15.0", HOSTILE)
    assert item.findtext("{http://purl.org/dc/elements/1.1/}language") == "pl"
    page = _Page(item.findtext(f"{CONTENT}encoded") or "")
    assert set(page.tags) == {"p", "ul", "li", "em", "strong"}
    assert page.texts["p"][0] == f"Summary {HOSTILE}"


def test_the_item_points_to_every_transcript_and_to_the_chapters() -> None:
    item = xml_of(
        "rss", replace(noted(), show=replace(SHOW, episode_url="https://example.org/12/?utm=1#top"))
    )
    links = [(link.get("url"), link.get("type")) for link in item.iter(f"{PODCAST}transcript")]
    assert all(link.get("language") == "pl" for link in item.iter(f"{PODCAST}transcript"))
    made = {FORMATS[name].suffix: FORMATS[name].media_type for name in PACK}
    for url, media_type in links:
        assert url is not None
        assert made[url.removeprefix("https://example.org/12/talk")] == media_type
    chapters = item.find(f"{PODCAST}chapters")
    assert chapters is not None
    assert chapters.attrib == {
        "url": "https://example.org/12/talk.chapters.json",
        "type": "application/json+chapters",
    }
    sound = item.find("enclosure")
    assert sound is not None
    assert sound.attrib == {"url": "https://example.org/12/talk.mp3", "length": "1234", "type": "audio/mpeg"}
    assert "todo.invalid" not in text_of(
        "rss", replace(noted(), show=replace(SHOW, episode_url="http://a.b"))
    )


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "example.org/12"])
def test_addresses_nobody_told_are_marked_to_be_filled_in(url: str) -> None:
    said = replace(noted(), show=replace(SHOW, episode_url=url))
    sound = xml_of("rss", said).find("enclosure")
    assert sound is not None
    assert sound.get("url") == "https://todo.invalid/talk.mp3"
    assert "TODO: put the files' real addresses" in text_of("rss", said)
    assert xml_of("rss", said).find("link") is None


def test_the_item_carries_the_show_notes_and_tells_readers_that_a_model_wrote() -> None:
    shown = xml_of("rss", noted()).findtext(f"{CONTENT}encoded")
    assert shown == text_of("rss-html", noted())
    assert f"<em>{tables(LABELS)['en']['disclosure']}</em>" in shown
    assert tables(LABELS)["en"]["disclosure"] not in (
        xml_of("rss", noted(model="")).findtext(f"{CONTENT}encoded") or ""
    )


def test_the_item_says_that_a_model_wrote() -> None:
    mark = xml_of("rss", noted()).find(f"{PODCAST}txt")
    assert mark is not None
    assert (mark.get("purpose"), mark.text) == ("ai-content", "true")
    assert xml_of("rss", noted(model="")).find(f"{PODCAST}txt") is None


def test_a_number_that_is_none_stays_out_of_the_item() -> None:
    item = xml_of("rss", replace(noted(), show=replace(SHOW, number="2.5", season="³")))
    assert item.find(f"{ITUNES}episode") is None
    assert item.find(f"{ITUNES}season") is None


def test_facts_come_from_the_config_then_from_the_tags_then_from_the_name() -> None:
    tagged = replace(noted(), show=Show())
    facts = facts_of(tagged)
    assert (facts.title, facts.show, facts.number) == (HOSTILE, "Radio", "7")
    assert facts_of(replace(tagged, show=Show(episode_title="Mine"))).title == "Mine"
    assert facts_of(silent()).title == "talk"


def test_audacity_labels_are_three_columns() -> None:
    rows = [row.split("\t") for row in text_of("audacity", noted()).splitlines()]
    assert [(float(start), text) for start, _, text in rows] == [
        (20.0 * n, f"{name}: {HOSTILE}") for n, name in enumerate(NAMES)
    ]
    assert all(float(start) <= float(end) for start, end, _ in rows)


def test_lrc_lines_have_times_that_nothing_said_can_forge() -> None:
    said = episode(segment("[00:01.00]x <00:02.00> [ar:me]"), segment("Late.", 7_384_560))
    head, lines = text_of("lrc", said).split("[length:01:05]\n")
    assert head == "[ti:talk]\n[la:en]\n"
    found = [re.fullmatch(r"\[(\d+):(\d\d\.\d\d)\]([^\[\]]*)", line) for line in lines.splitlines()]
    assert all(found)
    texts = [match[3] for match in found if match]
    assert texts == ["(00:01.00)x (00:02.00) (ar:me)", "", "Late.", ""]
    assert "[123:04.56]Late." in lines


def test_ttml_is_what_another_reader_of_imsc_understands() -> None:
    read = ttconv.imsc.reader.to_model(ET.ElementTree(xml_of("ttml", noted())))
    assert read is not None
    body = read.get_body()
    assert body is not None
    paragraphs = [element for element in body.dfs_iterator() if isinstance(element, ttconv.model.P)]
    shown = webvtt.from_string(text_of("vtt", noted())).captions
    assert [float(p.get_begin() or 0) for p in paragraphs] == [
        caption.start_in_seconds + int(caption.start[-3:]) / 1000 for caption in shown
    ]
    texts = [e.get_text() for p in paragraphs for e in p.dfs_iterator() if isinstance(e, ttconv.model.Text)]
    assert " ".join(texts) == " ".join([HOSTILE] * 3)


def test_ttml_runs_from_right_to_left_where_the_language_does() -> None:
    assert 'direction="rtl"' in text_of("ttml", episode(segment("نعم"), language="ar"))
    assert 'direction="rtl"' not in text_of("ttml", one_word())


def test_a_word_document_has_chapters_names_times_and_properties() -> None:
    document = docx.Document(io.BytesIO(render(noted(), "docx", SUBTITLES)))
    styles = [(p.style.name if p.style else "", p.text) for p in document.paragraphs]
    assert styles == [
        ("Title", HOSTILE),
        ("Intense Quote", f"Summary {HOSTILE}"),
        ("Heading 1", "One"),
        ("Normal", f"[00:00:00] {NAMES[0]}: {HOSTILE}"),
        ("Normal", f"[00:00:20] {NAMES[1]}: {HOSTILE}"),
        ("Heading 1", HOSTILE),
        ("Normal", f"[00:00:40] {NAMES[2]}: {HOSTILE}"),
    ]
    about = document.core_properties
    assert (about.title, about.author, about.subject, about.language) == (
        HOSTILE,
        NAMES[0],
        "Gartenfunk",
        "pl",
    )
    assert about.keywords == "ai_generated"
    assert "generated_by: qwen3-4b--q4" in about.comments


def test_a_word_document_without_a_model_is_not_marked() -> None:
    about = docx.Document(io.BytesIO(render(noted(model=""), "docx", SUBTITLES))).core_properties
    assert about.keywords == ""
    assert "ai_generated" not in about.comments


def test_arabic_in_a_word_document_runs_from_right_to_left() -> None:
    said = episode(segment("نعم", speaker=NAMES[1]), language="ar")
    document = docx.Document(io.BytesIO(render(said, "docx", SUBTITLES)))
    assert "w:bidi" in document.paragraphs[-1]._p.xml


def test_a_table_starts_no_formula() -> None:
    said = episode(
        segment("=1+1", speaker="@Anna"),
        segment("-2", 5_000),
        segment("＝３", 9_000),
        segment('"a, b"', 12_000),
    )
    content = render(said, "csv", SUBTITLES)
    assert content.startswith(b"\xef\xbb\xbfstart,end,speaker,text\n")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["text"] for row in rows] == ["'=1+1", "'-2", "'＝３", '"a, b"']
    assert rows[0]["speaker"] == "'@Anna"
    assert rows[1]["start"] == "00:00:05.000"
