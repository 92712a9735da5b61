"""srt, vtt, txt, tsv and md: what each makes of harmless and of hostile text."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from markdown_it import MarkdownIt
from spoken import episode, segment

from transcribe.core.episode import Episode, Segment, Word
from transcribe.core.errors import UsageError
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.known import FORMATS, format_named, render
from transcribe.formats.paragraphs import paragraphs_of

HOSTILE = ["<script>", "-->", "\n\n3\n00:00:00,000 --> 00:00:01,000\nno", "a\tb", "&amp;", "#", "\x00", "*x*"]


def written(name: str, said: Episode) -> str:
    return render(said, name, SubtitleSettings()).decode("utf-8")


def hostile() -> Episode:
    words = tuple(Word(500 * n, 500 * n + 400, text, 0.5) for n, text in enumerate(HOSTILE))
    return episode(Segment(0, 4000, words, 0, speaker="A <b>\n\n-->"))


def silent() -> Episode:
    return episode()


def test_the_table_knows_each_format_by_its_own_name() -> None:
    assert list(FORMATS)[:6] == ["txt", "srt", "vtt", "json", "tsv", "md"]
    assert all(known.name == name for name, known in FORMATS.items())
    suffixes = [known.suffix for known in FORMATS.values()]
    assert len(set(suffixes)) == len(suffixes)


@pytest.mark.parametrize("asked", ["srt", ".srt", "SRT", " srt"])
def test_formats_are_found_however_they_are_written(asked: str) -> None:
    assert format_named(asked).name == "srt"


def test_an_unknown_format_names_the_known_ones_and_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no format 'str'.*mean srt\?.*txt, srt, vtt, json, tsv, md"):
        render(silent(), "str", SubtitleSettings())


@pytest.mark.parametrize(
    "name", [known.name for known in FORMATS.values() if known.name != "docx" and not known.from_notes]
)
def test_files_are_utf8_with_plain_line_ends(name: str) -> None:
    text = written(name, hostile())
    assert "\r" not in text
    assert "\x00" not in text
    assert text.endswith("\n")


def test_srt_of_one_sentence() -> None:
    assert (
        written("srt", episode(segment("Hello world."))) == "1\n00:00:00,000 --> 00:00:00,833\nHello world.\n"
    )


@pytest.mark.parametrize(("name", "expected"), [("srt", ""), ("txt", ""), ("tsv", "start\tend\ttext\n")])
def test_silence_leaves_valid_files(name: str, expected: str) -> None:
    assert written(name, silent()) == expected


def test_silence_leaves_a_webvtt_file_without_cues() -> None:
    text = written("vtt", silent())
    assert text.startswith("WEBVTT\n\nNOTE\n")
    assert "-->" not in text


def test_srt_blocks_cannot_be_forged() -> None:
    blocks = written("srt", hostile()).rstrip("\n").split("\n\n")
    for number, block in enumerate(blocks, 1):
        index, times, *lines = block.split("\n")
        assert index == str(number)
        assert re.fullmatch(r"\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}", times)
        assert lines
        assert not any("-->" in line or not line for line in lines)


def test_vtt_cues_and_tags_cannot_be_forged() -> None:
    _, note, *cues = written("vtt", hostile()).rstrip("\n").split("\n\n")
    assert note.startswith("NOTE\n")
    assert "-->" not in note
    for cue in cues:
        times, *lines = cue.split("\n")
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}", times)
        text = "\n".join(lines)
        assert text.startswith("<v A &lt;b&gt; --&gt;>")
        assert not re.search(r"[<>]", text.removeprefix("<v A &lt;b&gt; --&gt;>"))
        assert not re.search(r"&(?!amp;|lt;|gt;)", text)


def test_vtt_says_what_made_it() -> None:
    note = written("vtt", silent())
    for fact in ("transcribe 0.1.0", "base", "cd" * 32, "ab" * 32):
        assert fact in note


def test_txt_names_a_speaker_at_each_turn_and_begins_a_line_at_long_pauses() -> None:
    said = episode(
        segment("How are you?", speaker="Anna"),
        segment("Fine.", 1_000, speaker="Jan"),
        segment("And you?", 5_000, speaker="Jan"),
    )
    assert written("txt", said) == "Anna: How are you?\n\nJan: Fine.\n\nAnd you?\n"


def test_a_paragraph_ends_after_six_sentences() -> None:
    paragraphs = paragraphs_of(episode(segment("It is so. " * 12 + "End.")).transcript)
    assert [paragraph.text.count(".") for paragraph in paragraphs] == [6, 6, 1]


def test_without_full_stops_a_paragraph_ends_with_a_segment() -> None:
    segments = [segment("so it goes on and on and on", start) for start in range(0, 400_000, 2_000)]
    lengths = [len(paragraph.text) for paragraph in paragraphs_of(episode(*segments).transcript)]
    assert len(lengths) > 1
    assert max(lengths) < 1_000


def test_tsv_has_one_row_for_each_segment() -> None:
    rows = written("tsv", hostile()).splitlines()
    assert [row.count("\t") for row in rows] == [2, 2]
    assert rows[1].startswith("0\t4000\t<script> --> 3 00:00:00,000")


def test_markdown_shows_text_as_it_was_said() -> None:
    page = MarkdownIt().render(written("md", hostile()))
    shown = page.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert "<script> --> 3 00:00:00,000 --> 00:00:01,000 no a b &amp; # *x*" in shown
    assert "<script" not in page
    assert page.count("<h1>") == 1
    assert "<em>" not in page


def test_markdown_is_titled_by_the_tags_or_the_file_name() -> None:
    assert written("md", episode(tags=(("TITLE", "My *best* talk"),))).startswith("# My \\*best\\* talk\n")
    assert written("md", silent()).startswith("# talk\n")


def test_the_table_of_formats_loads_nothing_heavy() -> None:
    script = "import sys, transcribe.formats; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60
    )
    assert not {"numpy", "jinja2", "msgspec", "wcwidth", "jsonschema", "docx"} & set(run.stdout.split())
