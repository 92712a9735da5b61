from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.core.episode import (
    Coverage,
    Episode,
    Language,
    ModelIdentity,
    Provenance,
    Segment,
    Transcript,
    Turn,
    Turns,
    Word,
)
from transcribe.core.errors import InputError, UsageError
from transcribe.core.recording import Audio, Source, SpeechSpans
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.known import render
from transcribe.quality.evaluate import references
from transcribe.quality.evaluate.references import check_places, find_recording, find_transcript, read_text

SAID = "Zażółć <gęślą> & jaźń"


def episode(translate: str = "false") -> Episode:
    words = tuple(
        Word(500 * n, 500 * n + 400, text, 0.9, space_before=n > 0) for n, text in enumerate(SAID.split())
    )
    return Episode(
        Source("a.wav", "a.wav", "ab" * 32, 1, "wav", 9000, (), 0, ()),
        Audio("", 144_000, 0, None, 0.0),
        SpeechSpans(()),
        Transcript(Language("pl", 1.0, detected=False), (Segment(0, words[-1].end_ms, words, 0, "Anna"),)),
        Coverage(0, 0, 0, 0, ()),
        Provenance("transcribe", "engine", ModelIdentity("m", "cd" * 32, ""), (("translate", translate),)),
    )


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(("kind", "language"), [("json", "pl"), ("vtt", "")])
def test_what_this_program_writes_is_read_without_times_and_markup(
    tmp_path: Path, kind: str, language: str
) -> None:
    path = write(tmp_path, f"a.{kind}", render(episode(), kind, SubtitleSettings()))
    text = read_text(path)
    assert (text.name, text.text.split(), text.language) == (str(path), SAID.split(), language)


def test_a_translation_is_english(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", render(episode("true"), "json", SubtitleSettings()))
    assert read_text(path).language == "en"


def test_subtitles_of_others_are_read(tmp_path: Path) -> None:
    content = (
        "\ufeff1\r\n00:00:01,000 --> 00:00:02,000\r\n<i>Good</i>\r\nday\r\n\r\n"
        "2\r\n00:00:03,000 --> 00:00:04,000\r\nR&B\r\n"
    )
    assert read_text(write(tmp_path, "a.SRT", content)).text == "Good\nday\nR&B"


def test_empty_subtitles_are_an_empty_transcript(tmp_path: Path) -> None:
    assert read_text(write(tmp_path, "a.srt", "")).text == ""


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.txt", b"\xff\xfe\x00"), ("a.vtt", b"no header"), ("a.json", b"{}"), ("a.txt", b"x" * 11)],
    ids=["not text", "not subtitles", "not a transcript", "too large"],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "LARGEST_BYTES", 10)
    with pytest.raises(InputError, match=name):
        read_text(write(tmp_path, name, content))


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_text(tmp_path / "none.txt")


def test_the_most_exact_transcript_is_taken_and_never_the_reference(tmp_path: Path) -> None:
    reference = write(tmp_path, "talk.v2.txt", "x")
    with pytest.raises(InputError, match="no transcript"):
        find_transcript(reference, tmp_path)
    srt = write(tmp_path, "talk.v2.srt", "x")
    assert find_transcript(reference, tmp_path) == srt
    json = write(tmp_path, "talk.v2.json", "{}")
    assert find_transcript(reference, tmp_path) == json
    assert find_transcript(reference, srt) == srt


def test_the_recording_has_the_name_of_the_reference(tmp_path: Path) -> None:
    reference = write(tmp_path, "talk.txt", "x")
    write(tmp_path, "talk.rttm", "x")
    write(tmp_path, "talker.mp3", "x")
    with pytest.raises(InputError, match="no recording"):
        find_recording(reference, tmp_path)
    flac = write(tmp_path, "talk.flac", "x")
    assert find_recording(reference, tmp_path) == flac
    write(tmp_path, "talk.mp3", "x")
    with pytest.raises(UsageError, match=r"talk\.flac, talk\.mp3"):
        find_recording(reference, tmp_path)
    assert find_recording(reference, flac) == flac


def test_one_file_is_not_compared_with_several_references(tmp_path: Path) -> None:
    one = write(tmp_path, "one.json", "x")
    check_places([one], one)
    check_places([one, one], tmp_path)
    with pytest.raises(UsageError, match="2 references"):
        check_places([one, one], one)


def test_stm_says_who_says_what(tmp_path: Path) -> None:
    path = tmp_path / "talk.stm"
    path.write_text(
        ";; comment\n"
        "talk 1 Marek 2.5 4.0 <o,f0,male> a to kot\n"
        "talk 1 Ala 0.00 2.00 to jest\n"
        "talk 1 Ala 4 5 <o> nasz dom\n"
        "talk 1 inter_segment_gap 5 6 <o>\n"
        "talk 1 Ewa 6 7 ignore_time_segment_in_scoring\n",
        "utf-8",
    )
    text = read_text(path)
    assert text.spoken == {"Ala": "to jest nasz dom", "Marek": "a to kot"}
    assert text.text == "to jest a to kot nasz dom"


@pytest.mark.parametrize("line", ["hello", "talk 1 A x y words", "talk 1 A 5 4 word", "talk 1 A nan 4 word"])
def test_what_is_no_stm_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "talk.stm"
    path.write_text(f"talk 1 A 0 1 words\n{line}\n")
    with pytest.raises(InputError, match=r"talk\.stm, line 2: no line of STM"):
        read_text(path)


def test_rttm_says_who_speaks_when(tmp_path: Path) -> None:
    path = tmp_path / "talk.rttm"
    path.write_text("SPEAKER talk 1 0 1.5 <NA> <NA> Ala <NA> <NA>\n")
    text = read_text(path)
    assert text.turns == Turns((Turn(0, 1500, "Ala"),), "talk.rttm")
    assert text.text == ""
    path.write_text("SPEAKER a 1 0 1 <NA> <NA> A\nSPEAKER b 1 0 1 <NA> <NA> A\n")
    with pytest.raises(InputError, match="tells of 2 recordings"):
        read_text(path)
