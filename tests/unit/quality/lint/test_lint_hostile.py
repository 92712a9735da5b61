"""Whatever a file holds, lint ends and says something about it."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lint_cases import CASES
from lint_files import Case, chapters, segments, vtt

from transcribe.cli.lint import KINDS
from transcribe.quality.lint import RULES, Asked, Length, lint_bytes

NAMES = ("a.vtt", "a.srt", "a.json", "chapters.json", "a.xml", "a.psc", "a")
PIECES = (
    *("WEBVTT", "\n", "\r\n", "\r", "\n\n", "1", "00:00:01,000 --> 00:00:02,000", "00:01.000 --> 00:02.000"),
    *("-->", "NOTE", "STYLE", "<v ", "<v Ann>", "</v>", "<", ">", "&", "&amp;", "&#x110000;", "&#0;"),
    *("<00:01.500>", "Ann: hi", "\0", "\ufeff", "漢", "\u202e", "{", "}", "[", "]", ":", ",", '"', "]]>"),
    *('"segments"', '"chapters"', '"startTime"', "1e999", "-1", "NaN", "null", "<?xml version='1.0'?>"),
    *("<rss version='2.0'>", "<channel>", "<item>", "</item>", "<psc:chapters>", "<!DOCTYPE a>"),
    *("<podcast:transcript url='http://[' type=''/>", "<enclosure length='99999999999999999999'/>"),
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                (
                    "startTime",
                    "endTime",
                    "body",
                    "speaker",
                    "title",
                    "url",
                    "img",
                    "toc",
                    "location",
                    "geo",
                    "name",
                )
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


def check(name: str, data: bytes) -> None:
    for kind in (None, *KINDS):
        for each in lint_bytes(name, data, Asked(kind=kind, length=Length(1000))):
            assert RULES[each.rule].severity == each.severity
            assert each.line is None or each.line >= 1
            assert each.column is None or each.column >= 1
            assert "\n" not in each.message


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(NAMES), data=st.binary(max_size=60))
@example(name="a.xml", data=b'<?xml version="1.0" encoding="idna"?><rss/>')
@example(name="a.xml", data=b'<?xml version="1.0" encoding="rot13"?><rss/>')
@example(name="a.vtt", data=b"\xff\xfe\x00")
def test_bytes_never_make_it_fail(name: str, data: bytes) -> None:
    check(name, data)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(NAMES), pieces=st.lists(st.sampled_from(PIECES), max_size=25))
def test_pieces_of_the_formats_never_make_it_fail(name: str, pieces: list[str]) -> None:
    check(name, "".join(pieces).encode())


@settings(max_examples=150, deadline=None)
@given(value=JSON_VALUES, key=st.sampled_from(("segments", "chapters")))
def test_json_values_never_make_it_fail(value: object, key: str) -> None:
    check("a.json", json.dumps({key: value}).encode())
    check("a.json", json.dumps({"version": value, key: [value]}).encode())


@settings(max_examples=150, deadline=None)
@given(case=st.sampled_from(CASES), data=st.data())
def test_damaged_files_never_make_it_fail(case: Case, data: st.DataObject) -> None:
    original = case.bad[:400]
    at = data.draw(st.integers(0, len(original)))
    check(case.name, original[:at] + data.draw(st.binary(max_size=4)) + original[at + 1 :])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.vtt", vtt("<" * 300_000)),
        ("a.vtt", vtt("<a" + " " * 300_000)),
        ("a.vtt", vtt("&" * 100_000)),
        ("a.vtt", vtt("<i>" * 100_000)),
        ("a.vtt", "WEBVTT\n\n" + "00:01.000 --> 00:02.000\n" * 50_000),
        ("a.vtt", "WEBVTT\n\n" + "-->\n" * 100_000),
        ("a.vtt", "WEBVTT\n\n" + "9" * 300_000 + ":00.000 --> 00:02.000\n"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:01,000\n" + "<a " * 100_000),
        ("a.srt", "1\n00:00:01,000 --> 00:00:01,000\n" + "{\\" * 100_000),
        ("a.srt", "9" * 300_000 + "\n00:00:01,000 --> 00:00:02,000\nHi\n"),
        ("a.json", '{"segments":[' * 50_000),
        ("a.json", segments('{"startTime": 1' + "0" * 400 + ', "body": "a"}')),
        ("a.json", chapters('{"startTime": 0, "title": "\\ud800", "url": "http://[::1"}')),
        ("a.xml", "<a " + " ".join(f"b{n}='1'" for n in range(20_000)) + "/>"),
        ("a.xml", "<item>" + "<title>" * 50_000),
        ("a.psc", '<psc:chapters><psc:chapter start="' + "9" * 300_000 + '" title="a"/></psc:chapters>'),
        ("a.xml", f"<item><pubDate>{'(' * 100_000}</pubDate></item>"),
        ("a.xml", f"<item><enclosure length='{'9' * 100_000}'/></item>"),
    ],
)
def test_hostile_files_are_found_wanting(name: str, text: str) -> None:
    assert [each for each in lint_bytes(name, text.encode()) if each.severity == "error"]


def test_nothing_is_read_from_outside() -> None:
    entity = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss version="2.0">&x;</rss>'
    assert [each.rule for each in lint_bytes("a.xml", entity)] == ["xml-dtd"]


@pytest.mark.parametrize("depth", [100, 900, 950, 970, 980, 985, 990, 2000, 20_000])
def test_deep_values_are_no_trouble_anywhere(depth: int) -> None:
    deep = "[" * depth + "]" * depth
    for text in (
        segments('{"startTime": 0, "body": ' + deep + "}"),
        segments(deep),
        chapters('{"startTime": 0, "title": "a", "location": ' + deep + "}"),
        '{"chapters": [], "version": ' + deep + "}",
        '{"segments": [], "version": ' + deep + ', "version": 1}',
        '{"chapters": [], "schema": ' + deep + "}",
    ):
        assert [each for each in lint_bytes("a.json", text.encode()) if each.severity == "error"]


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet='0123456789 :+-,TuJaneGMT()\\"<', max_size=40))
def test_dates_addresses_and_names_never_make_it_fail(text: str) -> None:
    safe = text.replace("<", "&lt;").replace('"', "&quot;")
    check(
        "a.xml",
        (
            f'<item><pubDate>{safe}</pubDate><guid>{safe}</guid><enclosure url="{safe}" length="{safe}"/>'
            f'<podcast:soundbite startTime="{safe}" duration="{safe}"/><podcast:person href="http://{safe}"/></item>'
        ).encode(),
    )


def test_many_findings_of_a_rule_are_counted() -> None:
    found = lint_bytes("a.srt", b"text\n\n" * 5000)
    assert len(found) == 1002
    assert {each.message for each in found if each.rule == "more-findings"} == {"4000 more of srt-stray-text"}


def test_many_findings_in_json_are_counted_too() -> None:
    found = lint_bytes("a.json", segments(*["1"] * 5000).encode())
    assert [each.line for each in found[:2]] == [4, 5]
    assert (len(found), found[-1].message) == (1001, "4000 more of transcript-shape")
