"""Findings stand at the line and column they speak of, and in the order of the file."""

from __future__ import annotations

import pytest
from lint_files import SRT, VTT, chapters, feed, item, vtt

from transcribe.quality.lint import Asked, Length, lint_bytes


def places(name: str, text: str) -> list[tuple[str, int | None, int | None]]:
    return [(each.rule, each.line, each.column) for each in lint_bytes(name, text.encode())]


def test_markup_has_a_column_on_any_line() -> None:
    assert places("a.vtt", vtt("one\ntwo <bad> & three")) == [
        ("vtt-tag-unknown", 5, 5),
        ("vtt-escape", 5, 11),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_alike_however_they_end(end: str) -> None:
    text = VTT.replace("How", "<How").replace("\n", end)
    assert places("a.vtt", text) == [("vtt-escape", 7, 1)]
    json_text = (
        chapters('{"startTime": 0,', '"title": "ä", "url": "x"}').replace(",,", ",").replace("\n", end)
    )
    assert places("a.json", json_text) == [("chapters-url", 5, 22)]


def test_xml_counts_columns_in_characters() -> None:
    line = "<description>żółw</description><podcast:person/>"
    assert places("a.xml", item(line)) == [("rss-person-name", 5, line.index("<podcast") + 1)]


def test_a_snippet_on_its_first_line_has_its_own_columns() -> None:
    assert places("a.xml", "<podcast:person/>") == [("rss-person-name", 1, 1)]


def test_findings_come_in_the_order_of_the_file() -> None:
    found = places("a.srt", SRT.replace("Good", "<b>Good").replace("\n2\n", "\n7\n"))
    assert [line for _, line, _ in found] == [3, 5]


def test_a_prefix_of_another_name_is_understood() -> None:
    text = feed(item("<p:person/>")).replace("xmlns:podcast", "xmlns:p")
    assert [rule for rule, _, _ in places("a.xml", text)] == ["rss-person-name"]


def test_kinds_are_recognised_without_an_ending() -> None:
    assert [rule for rule, _, _ in places("stdin", VTT)] == []
    assert [rule for rule, _, _ in places("stdin", SRT)] == []
    assert [rule for rule, _, _ in places("stdin", chapters())] == ["chapters-none"]
    assert [rule for rule, _, _ in places("stdin", item(guid=""))] == ["rss-guid-missing"]


def test_youtube_and_hls_headers() -> None:
    hls = VTT.replace("WEBVTT\n", "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n")
    assert places("a.vtt", hls) == []
    youtube = VTT.replace("WEBVTT\n", "WEBVTT\nKind: captions\nLanguage: en\n")
    assert places("a.vtt", youtube) == [("vtt-header-metadata", 2, None)]


def test_xml_is_read_in_the_encoding_it_declares() -> None:
    text = (
        '<?xml version="1.0" encoding="ISO-8859-2"?>\n<item>' + "<title>Żółw</title><podcast:person/></item>"
    )
    found = lint_bytes("a.xml", text.encode("iso-8859-2"))
    assert "rss-person-name" in [each.rule for each in found]
    assert "text-encoding" not in [each.rule for each in found]


def test_whole_seconds_of_a_recording_of_a_hundred_hours_are_no_milliseconds() -> None:
    late = chapters('{"startTime": 0, "title": "a"}', '{"startTime": 359000, "title": "b"}').encode()
    hundred_hours = Asked(length=Length(360_000_000))
    assert [each.rule for each in lint_bytes("a.json", late)] == ["chapters-milliseconds"]
    assert lint_bytes("a.json", late, hundred_hours) == []
    cue = "WEBVTT\n\n99:59:00.000 --> 100:00:00.001\nGood night.\n"
    found = lint_bytes("a.vtt", cue.encode(), hundred_hours)
    assert {each.rule for each in found} == {"vtt-cue-far", "vtt-cue-past-end"}
    assert "the recording ends at 100:00:00.000" in " ".join(each.message for each in found)
