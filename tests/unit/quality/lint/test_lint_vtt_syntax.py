"""WebVTT as its standard has it: what ends a block, what regions and settings take, how times are written.

The inputs follow the kinds that the Web Platform Tests have in `webvtt/parsing/file-parsing`.
"""

from __future__ import annotations

import pytest
from lint_files import VTT, region, vtt

from transcribe.quality.lint import lint_bytes
from transcribe.quality.lint.languages import is_language

TIMES = "00:01.000 --> 00:03.000"


def rules(text: str, *, notes: bool = False) -> list[str]:
    found = lint_bytes("a.vtt", text.encode())
    return [each.rule for each in found if notes or each.severity != "note"]


@pytest.mark.parametrize("spaces", [" ", "\t", "  \t "])
def test_a_line_of_spaces_is_text(spaces: str) -> None:
    assert rules(vtt(f"{spaces}\nGood morning.\n{spaces}\nHow are you?")) == []
    assert rules(vtt(spaces)) == ["vtt-cue-empty"]


def test_a_line_of_spaces_ends_no_cue() -> None:
    text = VTT.replace("morning.\n\n", "morning.\n \n")
    (finding,) = lint_bytes("a.vtt", text.encode())
    assert (finding.rule, finding.line) == ("vtt-missing-blank", 6)
    assert "there are spaces in it" in finding.message


def test_a_line_of_spaces_may_be_an_identifier() -> None:
    assert rules(VTT.replace("00:01.000", " \n00:01.000")) == []


def test_a_line_of_spaces_follows_no_header() -> None:
    assert rules(VTT.replace("\n\n", "\n \n", 1)) == ["vtt-header-blank"]


@pytest.mark.parametrize(
    "setting",
    [
        *("id:a", "lines:1", "lines:0", "lines:" + "9" * 5000, "width:0%", "width:100%", "width:100.00%"),
        *(
            "width:050%",
            "width:33.333333333333%",
            "scroll:up",
            "regionanchor:0%,0%",
            "regionanchor:100%,0.5%",
        ),
        *("viewportanchor:10%,90%", ""),
    ],
)
def test_values_that_a_region_takes(setting: str) -> None:
    identifier = () if setting.startswith("id:") else ("id:a",)
    assert rules(region(*identifier, *filter(None, [setting]))) == []


@pytest.mark.parametrize(
    "setting",
    [
        *("lines:", "lines:-1", "lines:1.5", "lines:3%", "lines:three", "lines:+3", "lines:٣", "lines :3"),
        *(
            "width:",
            "width:101%",
            "width:100.1%",
            "width:50",
            "width:-1%",
            "width:.5%",
            "width:5.%",
            "width:%",
        ),
        *("width:1e1%", "width:" + "9" * 5000 + "%", "width: 50%", "width=50%"),
        *("scroll:down", "scroll:", "scroll:UP", "scroll: up", "scroll"),
        *("colour:red", "Lines:3", ":", ":3", "lines:3 lines:4", "lines:3\nlines:3", "scroll:up\tscroll:up"),
    ],
)
def test_values_that_a_region_does_not_take(setting: str) -> None:
    assert "vtt-region-setting" in rules(region("id:a", setting))


@pytest.mark.parametrize("name", ["regionanchor", "viewportanchor"])
@pytest.mark.parametrize(
    "value",
    [
        *("", "0,0", "0%,0", "0,0%", "1%", ",1%", "1%,", "101%,1%", "1%,101%", "-0%,0%", "0%,-0%", "0%;0%"),
        *(" 1%,1%", "1% ,1%", "1%, 1%", "1 %,1%", "1%,1 %", "1%,1%,1%", "1e1%,1%"),
    ],
)
def test_anchors_are_two_percentages(name: str, value: str) -> None:
    assert "vtt-region-setting" in rules(region("id:a", f"{name}:{value}"))


@pytest.mark.parametrize("settings", [("id:",), ("id: a",), ("lines:3",), ("id :a",), ("ID:a",)])
def test_a_region_has_an_identifier(settings: tuple[str, ...]) -> None:
    assert "vtt-region-id" in rules(region(*settings))


def test_a_cue_ends_a_region() -> None:
    found = rules(VTT.replace("\n\n", "\n\nREGION\nid:a\n", 1) + "\n00:09.000 --> 00:11.000 region:a\nBye\n")
    assert found == ["vtt-arrow-in-text"]
    assert rules(region("id:a-->b")) == ["vtt-arrow-in-text"]


@pytest.mark.parametrize("block", ["REGION\nid:a", "STYLE\n::cue {}"])
def test_regions_and_styles_stand_above_cues(block: str) -> None:
    assert rules(f"{VTT}\n{block}\n") == ["vtt-style-late"]


def test_a_note_that_an_arrow_ends_does_not_swallow_its_cue() -> None:
    found = rules(f"WEBVTT\n\nNOTE a --> b\n\nNOTE one\n{TIMES}\n<blink>\n", notes=True)
    assert found == ["vtt-arrow-in-text", "vtt-cue-empty", "vtt-arrow-in-text", "vtt-tag-unknown"]


def test_a_style_sheet_has_no_empty_line() -> None:
    assert rules(f"WEBVTT\n\nSTYLE\n::cue {{}}\n\n.a {{}}\n\n{TIMES}\nHi\n") == ["vtt-stray-text"]
    assert rules(f"WEBVTT\n\nSTYLE\n/*\nNOTE a\n00:00 -- > 00:01\n*/\n\n{TIMES}\nHi\n") == []


@pytest.mark.parametrize(
    "setting",
    [
        *(
            "line:-0",
            "line:" + "1" * 5000,
            "line:100%,end",
            "line:00%",
            "position:000.5%,center",
            "size:100.0%",
        ),
        *("align:left", "vertical:lr"),
    ],
)
def test_values_that_a_cue_takes(setting: str) -> None:
    assert rules(vtt("Hi", f"{TIMES} {setting}")) == []


@pytest.mark.parametrize(
    "setting",
    [
        *("line:1.5", "line:-1%", "line:101%", "line:1%-", "line:%", "line:100%,middle", "line:", "line: 1"),
        *("position:50", "position:101%", "position:1%,start", "size:100.1%", "size:-1%", "align:middle"),
        *("vertical:rl,lr", "vertical", "region:", "align:start align:end", "colour:red", "-", ":"),
    ],
)
def test_values_that_a_cue_does_not_take(setting: str) -> None:
    assert "vtt-setting" in rules(vtt("Hi", f"{TIMES} {setting}"))


@pytest.mark.parametrize(
    "times",
    [
        *("00:00.000 --> 00:00:01.000", "00:00:00.000\t-->\t 00:01.000", "000:00:00.000 --> 0000:00:01.000"),
        *("99:59:59.000 --> 100:00:01.000", "123456789:00:00.000 --> 123456789:00:01.000 "),
        "9" * 5000 + ":00:00.000 --> " + "9" * 5001 + ":00:00.000",
    ],
)
def test_hours_have_any_number_of_digits_and_may_be_left_out(times: str) -> None:
    assert "vtt-timing" not in rules(vtt("Hi", times))


@pytest.mark.parametrize(
    "time",
    [
        *(
            "0:00:00.000",
            "00::00.000",
            "00:000.000",
            "000:00.000",
            "00:00.0000",
            "00:00.00",
            "00:00",
            "00:00,000",
        ),
        *(
            "00:60.000",
            "60:00.000",
            "00:00:60.000",
            "00:60:00.000",
            "-00:01.000",
            "00:00.000a",
            "٠٠:00.000",
            "",
        ),
    ],
)
def test_times_that_are_none(time: str) -> None:
    assert {"vtt-timing"} & set(rules(vtt("Hi", f"{time} --> 00:03.000")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["file-empty"]),
        ("WEBVT\n\n", ["vtt-header"]),
        ("WEBVTTX\n\n", ["vtt-header"]),
        ("webvtt\n\n", ["vtt-header"]),
        ("WEBVTT\x0c\n\n", ["vtt-header", "text-control"]),
        ("WEBVTT", ["vtt-file-end"]),
        ("WEBVTT \t\n", ["vtt-file-end"]),
        ("WEBVTT \t\n\n", []),
        ("\ufeffWEBVTT title\r\n\r\n", []),
        ("\ufeff\ufeffWEBVTT\n\n", ["vtt-header"]),
        ("WEBVTT\ngarbage\n\n", ["vtt-header-blank"]),
        ("WEBVTT\nREGION\nid:a\n\n", ["vtt-header-blank"]),
        (f"WEBVTT\n{TIMES}\nHi\n", ["vtt-header-blank"]),
        (f"WEBVTT\nKind: captions\n{TIMES}\nHi\n", ["vtt-header-blank"]),
        ("WEBVTT -->\n\n", ["vtt-arrow-in-text"]),
    ],
)
def test_the_header(text: str, expected: list[str]) -> None:
    assert sorted(rules(text)) == sorted(expected)


@pytest.mark.parametrize("arrows", ["-->", "foo-->", "-->foo", "--->", "-->-->"])
def test_arrows_that_are_no_times(arrows: str) -> None:
    found = rules(f"WEBVTT\n\n{arrows}\n{TIMES}\nHi\n")
    assert found == ["vtt-arrow-in-text"]


def test_language_tags() -> None:
    good = ("en", "EN-us", "pt-BR", "zh-Hant-TW", "es-419", "de-CH-1996", "yue", "sl-rozaj-biske", "en-x-us")
    bad = ("", "english", "eng", "en_US", "en-UK", "xx", "e", "en-", "-en", "en-US-", "en" + "-aaaaa" * 50)
    assert [tag for tag in (*good, *bad) if is_language(tag)] == list(good)
