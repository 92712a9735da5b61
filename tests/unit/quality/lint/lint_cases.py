"""For every rule a small file that breaks it and its twin that does not."""

from __future__ import annotations

from pathlib import Path

from lint_cases_rss import RSS_CASES
from lint_files import (
    HELLO,
    INTRO,
    PODCAST,
    SRT,
    START,
    SUBTITLE,
    TEN_SECONDS,
    VTT,
    case,
    chapters,
    feed,
    in_region,
    item,
    psc,
    region,
    segments,
    srt,
    vtt,
)

CORRECTIONS = b'{"schema": "transcribe.corrections", "version": 1, "records": []}'
APPROVALS = CORRECTIONS.replace(b"corrections", b"approvals")
DECISIONS = CORRECTIONS.replace(b"corrections", b"decisions")
DOCUMENT = (Path(__file__).parents[3] / "golden" / "cases" / "one-word" / "episode.json").read_bytes()

FILES = [
    case("file-too-large", "a.srt", b"\n" * 32_000_001, SRT),
    *(
        case("file-empty", name, b"", good)
        for name, good in (("a.vtt", VTT), ("a.xml", item()), ("a.json", segments(HELLO)), ("a", SRT))
    ),
    case("file-empty", "a.vtt", "\r\n\r\n", VTT),
    case("file-kind", "a.png", b"\x89PNG", VTT),
    case("file-kind", "a.json", '{"name": "package"}', segments(HELLO)),
    case("file-unchecked", "a.lrc", "[00:01.00]Good morning", VTT),
    case("file-unchecked", "a.xml", '<tt xmlns="http://www.w3.org/ns/ttml"/>', item()),
    case("document-invalid", "a.json", '{"segments": [], "schema": "transcribe.transcript"}', DOCUMENT, 1),
    case("document-invalid", "a.corrections.json", '{"schema": "transcribe.corrections"}', CORRECTIONS, 1),
    case("document-invalid", "a.approvals.json", '{"schema": "transcribe.approvals"}', APPROVALS, 1),
    case("document-invalid", "a.decisions.json", '{"schema": "transcribe.decisions"}', DECISIONS, 1),
    case("file-kind", "a.psc", "<html/>", psc(START)),
    case("more-findings", "a.srt", "-\n\n" * 1001, SRT),
    case("text-encoding", "a.srt", srt("Größe").encode("latin-1"), srt("Größe"), 3),
    case("text-encoding", "a.vtt", VTT.encode("utf-16"), VTT),
    case("text-encoding", "a.srt", SRT.encode("utf-16-be"), SRT),
    case("text-bom", "a.srt", "\ufeff" + SRT, SRT, 1),
    case("text-nul", "a.vtt", vtt("Good\0 morning."), VTT, 4),
    case("text-control", "a.vtt", vtt("Good\x1b morning."), VTT, 4),
    case("text-replacement", "a.vtt", vtt("Gr\ufffd\ufffde"), vtt("Größe"), 4),
    case("text-line-ends", "a.srt", SRT.replace("\n", "\r\n", 2), SRT.replace("\n", "\r\n")),
]

_LATE = "00:20.000 --> 00:22.000"
VTT_CASES = [
    case("vtt-header", "a.vtt", VTT.replace("WEBVTT", "WEBVTT1"), VTT, 1),
    case("vtt-header-blank", "a.vtt", VTT.replace("\n\n", "\n", 1), VTT, 2),
    case("vtt-header-metadata", "a.vtt", VTT.replace("\n\n", "\nKind: captions\n\n", 1), VTT, 2),
    case("vtt-timing", "a.vtt", VTT.replace("01.000", "01,000"), VTT, 3),
    case("vtt-timing", "a.vtt", vtt("Hello", "now --> later"), VTT, 3),
    case("vtt-timing", "a.vtt", vtt("Hello", "00:01.000-->00:03.000"), VTT, 3),
    case("vtt-cue-order", "a.vtt", VTT.replace("00:03.000 --> 00:05", "00:00.500 --> 00:05"), VTT, 6),
    case("vtt-cue-end", "a.vtt", vtt("Hello", "00:03.000 --> 00:03.000"), VTT, 3),
    case("vtt-cue-overlap", "a.vtt", VTT.replace("00:03.000 --> 00:05", "00:02.500 --> 00:05"), VTT, 6),
    case("vtt-cue-far", "a.vtt", vtt("Hello", "00:01.000 --> 24:00:00.001"), VTT, 3),
    case("vtt-cue-past-end", "a.vtt", vtt("Hello", _LATE), VTT, 3, TEN_SECONDS),
    case("vtt-cue-empty", "a.vtt", "WEBVTT\n\n00:01.000 --> 00:03.000\n", VTT, 3),
    case("vtt-no-cues", "a.vtt", "WEBVTT\n", VTT),
    case("vtt-missing-blank", "a.vtt", VTT.replace(".\n\n", ".\n"), VTT, 5),
    case("vtt-stray-text", "a.vtt", VTT + "\nOver\n", VTT, 9),
    case("vtt-arrow-in-text", "a.vtt", vtt("a --> b"), vtt("a --&gt; b"), 4),
    case("vtt-arrow-in-text", "a.vtt", VTT + "\nNOTE a --> b\n", VTT + "\nNOTE a to b\n", 9),
    case("vtt-line-length", "a.vtt", vtt("漢" * 33), vtt("漢" * 32), 4, PODCAST),
    case("vtt-line-wide", "a.vtt", vtt("a\n" + "漢" * 33), vtt("漢" * 32), 5),
    case("vtt-line-length", "a.vtt", vtt("a" * 43), vtt("a &amp; " + "a" * 36), 4, SUBTITLE),
    case("vtt-line-count", "a.vtt", vtt("a\nb\nc"), vtt("a\nb"), 4, SUBTITLE),
    case("vtt-reading-speed", "a.vtt", vtt("a" * 41), vtt("a" * 40), 3, SUBTITLE),
    case("vtt-cue-short", "a.vtt", vtt("Hi", "00:01.000 --> 00:01.800"), VTT, 3, SUBTITLE),
    case("vtt-cue-long", "a.vtt", vtt("Hi", "00:01.000 --> 00:08.001"), VTT, 3, SUBTITLE),
    case("vtt-setting", "a.vtt", vtt("Hi", "00:01.000 --> 00:03.000 align:middle"), VTT, 3),
    case(
        "vtt-setting",
        "a.vtt",
        vtt("Hi", "00:01.000 --> 00:03.000 size:50% size:40%"),
        vtt("Hi", "00:01.000 --> 00:03.000 size:50% line:-1 position:10%,line-left align:start vertical:rl"),
        3,
    ),
    *(
        case(
            "vtt-setting-ignored", "a.vtt", in_region(f"low {wrong}"), in_region("low size:100% align:end"), 9
        )
        for wrong in ("line:1", "vertical:rl", "size:50%")
    ),
    *(
        case(
            "vtt-setting-ignored",
            "a.vtt",
            vtt("Hi", f"00:01.000 --> 00:03.000 size:50% {wrong}"),
            vtt("Hi", f"00:01.000 --> 00:03.000 size:50% {right}"),
            3,
        )
        for wrong, right in (("align:start", "align:start position:10%"), ("align:end", "align:left"))
    ),
    case("vtt-file-end", "a.vtt", VTT.removesuffix("\n"), VTT, 7),
    case("vtt-file-end", "a.vtt", "WEBVTT\r\n", "WEBVTT\r\n\r\n", 1),
    case("vtt-region-setting", "a.vtt", region("id:a", "lines:3 width:101%"), region("id:a width:100%"), 5),
    case("vtt-region-id", "a.vtt", region("lines:3"), region("lines:3", "id:a"), 3),
    case(
        "vtt-region-id",
        "a.vtt",
        region("id:a", "", "REGION ", "id:a"),
        region("id:a", "", "REGION ", "id:b"),
        6,
    ),
    case("vtt-region-unknown", "a.vtt", in_region("high"), in_region("low"), 9),
    case("vtt-id-duplicate", "a.vtt", VTT.replace("00:0", "x\n00:0").replace("--> x\n", "--> "), VTT, 7),
    case("vtt-escape", "a.vtt", vtt("Q & A"), vtt("Q &amp; A"), 4),
    case("vtt-escape", "a.vtt", vtt("I <3 you"), vtt("I &lt;3 you"), 4),
    case("vtt-tag-unknown", "a.vtt", vtt("<script>x</script>"), vtt("<c.red.big>x</c>"), 4),
    case("vtt-tag-nesting", "a.vtt", vtt("<i>x"), vtt("<i>x</i>"), 4),
    case("vtt-tag-nesting", "a.vtt", vtt("<i><b>x</i></b>"), vtt("<ruby>x<rt>y</ruby>"), 4),
    case("vtt-tag-nesting", "a.vtt", vtt("<v A>x\n<v B>y"), vtt("<v A>x</v>\n<v B>y</v>"), 4),
    case("vtt-tag-annotation", "a.vtt", vtt("<b loud>Hello</b>"), vtt("<b.loud>Hello</b>"), 4),
    case("vtt-tag-annotation", "a.vtt", vtt("<v Ann>Hello</v Ann>"), vtt("<v Ann>Hello</v>"), 4),
    case("vtt-language", "a.vtt", vtt("<lang french>Oui</lang>"), vtt("<lang fr-CA>Oui</lang>"), 4),
    case("vtt-voice-name", "a.vtt", vtt("<v>Hello"), vtt("<v Ann>Hello"), 4),
    case("vtt-inner-time", "a.vtt", vtt("a <00:04.000>b"), vtt("a <00:02.000>b"), 4),
    case(
        "vtt-style-late",
        "a.vtt",
        VTT + "\nSTYLE\n::cue {}\n",
        VTT.replace("\n\n", "\n\nSTYLE\n::cue {}\n\n", 1),
        9,
    ),
    case(
        "vtt-speaker-in-text",
        "a.vtt",
        VTT.replace("Good", "Ann: Good").replace("How", "Ann: How"),
        VTT.replace("Good", "<v Ann>Good").replace("How", "<v Ann>How"),
        4,
    ),
]

SRT_CASES = [
    case("srt-timing", "a.srt", SRT.replace("01,000", "01.000"), SRT, 2),
    case("srt-timing", "a.srt", srt("Hello", "now --> later"), SRT, 2),
    case("srt-cue-order", "a.srt", SRT.replace("00:03,000 --> 00:00:05", "00:00,500 --> 00:00:05"), SRT, 6),
    case("srt-cue-end", "a.srt", srt("Hi", "00:00:03,000 --> 00:00:01,000"), SRT, 2),
    case("srt-cue-overlap", "a.srt", SRT.replace("00:03,000 --> 00:00:05", "00:02,500 --> 00:00:05"), SRT, 6),
    case("srt-cue-far", "a.srt", srt("Hi", "24:00:00,001 --> 24:00:02,000"), SRT, 2),
    case("srt-hours", "a.srt", srt("Hi", "000:00:01,000 --> 000:00:03,000"), SRT, 2),
    case("srt-cue-past-end", "a.srt", srt("Hi", "00:00:09,000 --> 00:00:10,001"), SRT, 2, TEN_SECONDS),
    case("srt-cue-empty", "a.srt", "1\n00:00:01,000 --> 00:00:03,000\n", SRT, 2),
    case("srt-no-cues", "a.srt", b"", SRT),
    case("srt-missing-blank", "a.srt", SRT.replace("\n\n", "\n"), SRT, 4),
    case("srt-stray-text", "a.srt", SRT + "\nOver\n", SRT, 9),
    case("srt-arrow-in-text", "a.srt", srt("a --> b"), srt("a → b"), 3),
    case("srt-line-length", "a.srt", srt("a" * 43), srt("a" * 40), 3, SUBTITLE),
    case("srt-line-wide", "a.srt", srt("a" * 43), srt("a" * 40), 3),
    case("srt-line-length", "a.srt", srt("a" * 33), srt("a" * 32), 3, PODCAST),
    case("srt-line-count", "a.srt", srt("a\nb\nc"), srt("a\nb"), 3),
    case("srt-reading-speed", "a.srt", srt("a" * 41), srt("a" * 40), 2),
    case("srt-cue-short", "a.srt", srt("Hi", "00:00:01,000 --> 00:00:01,800"), SRT, 2),
    case("srt-cue-long", "a.srt", srt("Hi", "00:00:01,000 --> 00:00:08,001"), SRT, 2),
    case("srt-number-missing", "a.srt", SRT.removeprefix("1\n"), SRT, 1),
    case("srt-number-order", "a.srt", SRT.replace("\n2\n", "\n3\n"), SRT, 5),
    case("srt-markup", "a.srt", srt("<i>Hello</i>"), SRT, 3),
    case("srt-speaker-change", "a.srt", srt("Ann: Hi\nAnn: Oh"), srt("Ann: Hi\nOh"), 4),
]

_DEEP = "[" * 100_000 + "]" * 100_000
JSON_CASES = [
    case("json-syntax", "a.json", '{"segments": [\n}', segments(HELLO), 2),
    case("json-depth", "a.json", _DEEP, segments(HELLO)),
    case("json-number", "a.json", segments('{"startTime": NaN, "body": "a"}'), segments(HELLO)),
    case("json-number", "a.json", segments('{"startTime": ' + "1" * 5000 + "}"), segments(HELLO)),
    case(
        "json-duplicate-key",
        "a.json",
        segments('{"startTime": 0,\n"startTime": 1, "body": "a"}'),
        segments(HELLO),
        5,
    ),
    case("transcript-shape", "transcript.json", "[]", segments(HELLO), 1),
    case("transcript-shape", "a.json", segments("1"), segments(HELLO), 4),
    case("transcript-version", "a.json", segments(HELLO).replace("1.0.0", "2"), segments(HELLO), 2),
    case("transcript-version", "a.json", '{"segments": []}', segments(HELLO), 1),
    case("transcript-type", "a.json", segments('{"startTime": "0", "body": "a"}'), segments(HELLO), 4),
    case("transcript-start-missing", "a.json", segments('{"body": "a"}'), segments(HELLO), 4),
    case("transcript-body-missing", "a.json", segments('{"startTime": 0}'), segments(HELLO), 4),
    case("transcript-body-empty", "a.json", segments('{"startTime": 0, "body": " "}'), segments(HELLO), 4),
    case("transcript-order", "a.json", segments('{"startTime": 3, "body": "a"}', HELLO), segments(HELLO), 5),
    case("transcript-negative", "a.json", segments('{"startTime": -1, "body": "a"}'), segments(HELLO), 4),
    case(
        "transcript-end",
        "a.json",
        segments('{"startTime": 2, "endTime": 1, "body": "a"}'),
        segments(HELLO),
        4,
    ),
    case(
        "transcript-milliseconds",
        "a.json",
        segments(HELLO, '{"startTime": 100500, "body": "a"}'),
        segments(HELLO, '{"startTime": 100.5, "body": "a"}'),
        5,
    ),
    case(
        "transcript-past-end",
        "a.json",
        segments('{"startTime": 9, "endTime": 10.1, "body": "a"}'),
        segments('{"startTime": 9, "endTime": 10.0005, "body": "a"}'),
        4,
        TEN_SECONDS,
    ),
    case("transcript-none", "a.json", segments(), segments(HELLO), 3),
    case(
        "transcript-field-unknown",
        "a.json",
        segments('{"startTime": 0, "body": "a",\n"text": "b"}'),
        segments(HELLO),
        5,
    ),
    case("chapters-shape", "chapters.json", "[]", chapters(INTRO), 1),
    case("chapters-shape", "a.json", chapters('"Intro"'), chapters(INTRO), 4),
    case("chapters-version", "a.json", chapters(INTRO).replace("1.2.0", "9"), chapters(INTRO), 2),
    case("chapters-type", "a.json", chapters('{"startTime": 0, "title": 1}'), chapters(INTRO), 4),
    case("chapters-start-missing", "a.json", chapters('{"title": "a"}'), chapters(INTRO), 4),
    case("chapters-order", "a.json", chapters('{"startTime": 9, "title": "a"}', INTRO), chapters(INTRO), 5),
    case("chapters-negative", "a.json", chapters('{"startTime": -1, "title": "a"}'), chapters(INTRO), 4),
    case(
        "chapters-same-start",
        "a.json",
        chapters(INTRO, INTRO),
        chapters(INTRO, '{"startTime": 0, "toc": false, "img": "https://a.example/1.jpg"}'),
        5,
    ),
    case("chapters-first-at-zero", "a.json", chapters('{"startTime": 1, "title": "a"}'), chapters(INTRO), 4),
    case(
        "chapters-title",
        "a.json",
        chapters('{"startTime": 0}'),
        chapters('{"startTime": 0, "toc": false}'),
        4,
    ),
    case(
        "chapters-end", "a.json", chapters('{"startTime": 0, "endTime": 0, "title": "a"}'), chapters(INTRO), 4
    ),
    case(
        "chapters-url",
        "a.json",
        chapters('{"startTime": 0, "title": "a",\n"url": "javascript:alert(1)"}'),
        chapters('{"startTime": 0, "title": "a",\n"url": "https://a.example/"}'),
        5,
    ),
    case(
        "chapters-url",
        "a.json",
        chapters('{"startTime": 0, "title": "a", "img": "1.jpg"}'),
        chapters(INTRO),
        4,
    ),
    case(
        "chapters-insecure",
        "a.json",
        chapters('{"startTime": 0, "title": "a", "img": "http://a.example/1.jpg"}'),
        chapters(INTRO),
        4,
    ),
    case(
        "chapters-location",
        "a.json",
        chapters('{"startTime": 0, "title": "a", "location": {"name": "Paris"}}'),
        chapters('{"startTime": 0, "title": "a", "location": {"name": "Paris", "geo": "geo:48.8,2.3"}}'),
        4,
    ),
    case(
        "chapters-milliseconds",
        "a.json",
        chapters(INTRO, '{"startTime": 150000, "title": "a"}'),
        chapters(INTRO),
        5,
    ),
    case(
        "chapters-past-end",
        "a.json",
        chapters(INTRO, '{"startTime": 11, "title": "a"}'),
        chapters(INTRO),
        5,
        TEN_SECONDS,
    ),
    case("chapters-none", "a.json", chapters(), chapters(INTRO), 3),
    case(
        "chapters-field-unknown",
        "a.json",
        chapters('{"startTime": 0, "title": "a", "name": "b"}'),
        chapters(INTRO),
        4,
    ),
]

_BOMB = '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]>\n<rss>&d;</rss>'
XML_CASES = [
    case("xml-encoding", "a.xml", feed().encode("utf-16"), feed(), 1),
    case("xml-encoding", "a.xml", feed().replace("UTF-8", "ISO-8859-2").encode("latin2"), feed(), 1),
    case(
        "text-encoding",
        "a.xml",
        feed(item("<podcast:person>Zoë</podcast:person>")).encode("latin1"),
        feed(),
        8,
    ),
    case("xml-syntax", "a.xml", "<item>\n</itme>", item(), 2),
    case("xml-dtd", "a.xml", _BOMB, feed(), 2),
    case("xml-limits", "a.xml", "<a>" * 200 + "</a>" * 200, item(), 1),
    case("xml-namespace", "a.xml", feed(item("<atom:link/>")), feed(item())),
    case(
        "xml-namespace",
        "a.xml",
        item("<mine:x/>"),
        item("<podcast:chapters url='https://a.example/c.json' type='application/json+chapters'/>"),
        5,
    ),
    case("xml-namespace-uri", "a.xml", feed().replace("index.org", "index.com"), feed(), 2),
    case("psc-version", "a.psc", psc(START, version="3"), psc(START), 1),
    case("psc-element", "a.psc", psc(START, "<chapter-2/>"), psc(START), 3),
    case("psc-start", "a.psc", psc('<psc:chapter start="soon" title="a"/>'), psc(START), 2),
    case("psc-start", "a.psc", psc('<psc:chapter start="1:75" title="a"/>'), psc(START), 2),
    case("psc-title", "a.psc", psc('<psc:chapter start="0"/>'), psc(START), 2),
    case("psc-order", "a.psc", psc(START, '<psc:chapter start="1:00" title="a"/>', START), psc(START), 4),
    case("psc-first-at-zero", "a.psc", psc('<psc:chapter start="00:00:01.500" title="a"/>'), psc(START), 2),
    case("psc-url", "a.psc", psc('<psc:chapter start="0" title="a" href="page"/>'), psc(START), 2),
    case(
        "psc-past-end", "a.psc", psc(START, '<psc:chapter start="10" title="a"/>'), psc(START), 3, TEN_SECONDS
    ),
    case("psc-none", "a.psc", psc(), psc(START), 1),
    case("psc-title", "a.xml", feed(item(psc('<psc:chapter start="0"/>'))), feed(item(psc(START)))),
]

CASES = [*FILES, *VTT_CASES, *SRT_CASES, *JSON_CASES, *XML_CASES, *RSS_CASES]
