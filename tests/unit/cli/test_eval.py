"""`transcribe eval` with finished transcripts: what it prints, and how it ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from transcribe.cli.main import run
from transcribe.core.episode import Coverage, Episode, ModelIdentity, Provenance, Segment, Transcript, Word
from transcribe.core.recording import Audio, AudioStream, Source, SpeechSpans
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.known import render


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """References in `refs`, transcripts in `out`: one with 2 errors in 8 words, one without in 2."""
    for folder in ("refs", "out"):
        (tmp_path / folder).mkdir()
    texts = {
        "refs/one.txt": "The cats sat on the mat all day.",
        "out/one.txt": "the bats sat on the mat all",
        "refs/two.txt": "Good night!",
        "out/two.txt": "good night",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


BOTH = ("eval", "refs/one.txt", "refs/two.txt", "--transcripts", "out")


@pytest.mark.usefixtures("desk")
def test_the_table_counts_each_file_and_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(BOTH) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == ["refs/one.txt", "en", "8", "words", "25.00", "1", "1", "0", "16.13"]
    assert lines[2] == ["refs/two.txt", "en", "2", "words", "0.00", "0", "0", "0", "0.00"]
    assert lines[3] == ["total", "10", "20.00", "1", "1", "0", "12.20"]


@pytest.mark.usefixtures("desk")
def test_a_passage_shows_both_texts_word_above_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert run((*BOTH, "--worst", "1")) == 0
    assert capsys.readouterr().out.split("\n\n")[1].splitlines() == [
        "refs/one.txt, from word 1: 1 error",
        "  reference  the cats sat on the",
        "  transcript the bats sat on the",
    ]


@pytest.mark.usefixtures("desk")
def test_programs_get_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run((*BOTH, "--json", "--worst", "1")) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["total"]["words"] == {
        "count": 10, "substitutions": 1, "deletions": 1, "insertions": 0, "rate": 20.0,
    }  # fmt: skip
    first, second = found["files"]
    assert first["passages"] == [
        {"word": 1, "errors": 1, "reference": "the cats sat on the", "transcript": "the bats sat on the"}
    ]
    assert (second["reference"], second["transcript"]) == ("refs/two.txt", "out/two.txt")
    assert (second["language"], second["unit"], second["passages"]) == ("en", "words", [])


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("limits", "code", "said"),
    [
        (("--max-wer", "20", "--max-cer", "12.2"), 0, ""),
        (("--max-wer", "19.9"), 12, "the word error rate is 20.00 %, and 19.9 % are allowed"),
        (("--max-wer", "20", "--max-cer", "12"), 12, "the letter error rate is 12.20 %"),
    ],
)
def test_thresholds_decide_how_it_ends(
    limits: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run((*BOTH, *limits)) == code
    shown = capsys.readouterr()
    assert "total" in shown.out
    assert said in shown.err


def test_words_heard_in_silence_meet_no_threshold(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "refs/two.txt").write_text("", "utf-8")
    command = ("eval", "refs/two.txt", "--transcripts", "out/two.txt", "--json", "--max-wer", "100")
    assert run(command) == 12
    shown = capsys.readouterr()
    assert json.loads(shown.out)["total"]["words"]["rate"] is None
    assert "2 words were heard where none were said" in shown.err


def test_the_language_is_told(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "refs/two.txt").write_text("晴れです。", "utf-8")
    (desk / "out/two.txt").write_text("晴れです", "utf-8")
    assert run(("eval", "refs/two.txt", "--transcripts", "out", "-l", "ja")) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[1:4] == ["ja", "4", "letters"]


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("refs/one.txt", "--transcripts", "refs"), 3, "no transcript for refs/one.txt"),
        (("refs/one.txt",), 3, "no recording for refs/one.txt"),
        (("refs/none.txt", "--transcripts", "out"), 3, "refs/none.txt cannot be read"),
        (("refs/one.txt", "--transcripts", "out", "--audio", "refs"), 2, "exclude each other"),
        (("refs/one.txt", "refs/two.txt", "--transcripts", "out/one.txt"), 2, "is one file"),
        (("refs/one.txt", "--transcripts", "out", "--live", "--json"), 2, "standard output"),
        (("refs/one.txt", "--transcripts", "nowhere"), 2, "nowhere"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    arguments: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(("eval", *arguments)) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err


@pytest.mark.usefixtures("desk")
def test_a_missing_extra_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "transcribe.quality.evaluate.words", raising=False)
    monkeypatch.delitem(sys.modules, "transcribe.cli.eval_report", raising=False)
    monkeypatch.setitem(sys.modules, "jiwer", None)
    assert run(BOTH) == 7
    assert "pip install 'transcribe-offline[eval]'" in capsys.readouterr().err


SAID = ("the", "cats", "sat", "on", "the", "mat")


@pytest.fixture
def speakers(desk: Path) -> Path:
    """Beside the texts: turns of 20 s with 2 s under the wrong name, and words by speaker with one so."""
    files = {
        "refs/talk.rttm": "SPEAKER talk 1 0 10 <NA> <NA> Ala <NA> <NA>\n"
        "SPEAKER talk 1 10 10 <NA> <NA> Marek\n",
        "out/talk.rttm": "SPEAKER talk 1 0 12 <NA> <NA> S1 <NA> <NA>\nSPEAKER talk 1 12 8 <NA> <NA> S2\n",
        "refs/say.stm": "say 1 Ala 0 2 the cats sat\nsay 1 Marek 2 4 on the mat\n",
    }
    for name, text in files.items():
        (desk / name).write_text(text, "utf-8")
    words = [Word(at, at + 90, word, 0.9) for at, word in enumerate(SAID)]
    parts = [(words[:4], "S1"), (words[4:], "S2")]
    made = [
        Segment(part[0].start_ms, part[-1].end_ms, tuple(part), 0, speaker, "en") for part, speaker in parts
    ]
    episode = Episode(
        Source("say.mp3", "say.mp3", "ab" * 32, 1, "mp3", 4000, (AudioStream(0, "mp3", 16_000, 1),), 0),
        Audio("audio.f32", 64_000, 0, -20.0, 0.0),
        SpeechSpans(()),
        Transcript(None, tuple(made)),
        Coverage(0, 0, 0, 0, ()),
        Provenance("transcribe 1", "engine 1", ModelIdentity("base", "ab"), ()),
    )
    (desk / "out/say.json").write_bytes(render(episode, "json", SubtitleSettings()))
    return desk


ALL = ("eval", "refs/talk.rttm", "refs/say.stm", "--transcripts", "out", "--collar", "0")


@pytest.mark.usefixtures("speakers")
def test_the_table_tells_of_speakers_where_a_reference_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ALL) == 0
    head, talk, say, total = (line.split() for line in capsys.readouterr().out.splitlines()[:4])
    assert head[-8:] == ["cpWER", "%", "DER", "%", "missed", "false", "confused", "speakers"]
    assert talk == ["refs/talk.rttm", "10.00", "0.00", "0.00", "10.00", "2", "of", "2"]
    assert say == ["refs/say.stm", "en", "6", "words", "0.00", "0", "0", "0", "0.00", "33.33"]
    assert total[-8:] == ["33.33", "10.00", "0.00", "0.00", "10.00", "2", "of", "2"]


@pytest.mark.usefixtures("speakers")
def test_programs_get_speakers_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run((*ALL, "--json")) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["files"][0] == {
        "reference": "refs/talk.rttm",
        "transcript": "out/talk.rttm",
        "diarisation": {
            "speech_ms": 20_000, "missed_ms": 0, "false_ms": 0, "confused_ms": 2000,
            "speakers": 2, "speakers_found": 2, "rate": 10.0,
        },
    }  # fmt: skip
    assert found["files"][1]["words_by_speaker"]["rate"] == pytest.approx(33.3333)
    assert found["total"]["diarisation"]["rate"] == 10.0


@pytest.mark.usefixtures("speakers")
@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (("--max-der", "9"), "the diarisation error rate is 10.00 %, and 9 % are allowed"),
        (("--max-cpwer", "33"), "the word-and-speaker error rate is 33.33 %, and 33 % are allowed"),
    ],
)
def test_speakers_have_thresholds(
    limit: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run((*ALL, *limit)) == 12
    assert said in capsys.readouterr().err
    assert run((*ALL, "--max-der", "10", "--max-cpwer", "34")) == 0


def test_a_transcript_without_turns_is_no_answer_to_rttm(
    speakers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (speakers / "out/talk.rttm").unlink()
    (speakers / "out/say.json").rename(speakers / "out/talk.json")
    assert run(("eval", "refs/talk.rttm", "--transcripts", "out")) == 2
    assert "does not say who speaks when" in capsys.readouterr().err
