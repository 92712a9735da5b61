"""`transcribe redact` with real files and a real model: words gone from text and sound, all else kept."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from desk import FFMPEG, SAMPLE, Desk, Outcome

from transcribe.control.redact.mask import MASK

pytestmark = pytest.mark.real

TAGS = (
    ";FFMETADATA1\ntitle=Of wisdom\nartist=Ala\n"
    "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=6000\ntitle=The age of wisdom\n"
    "[CHAPTER]\nTIMEBASE=1/1000\nSTART=6000\nEND=12123\ntitle=Foolishness\n"
)
PICTURES = ("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=12")
STEREO = ("-ac", "2", "-ar", "48000")
KINDS: dict[str, tuple[str, ...]] = {
    "talk.mp3": (*STEREO, "-b:a", "96k"),
    "talk.m4a": STEREO,
    "talk.wav": STEREO,
    "talk.flac": ("-ar", "44100", "-sample_fmt", "s32"),
    "talk.opus": STEREO,
    "talk.aac": STEREO,
}
VIDEOS: dict[str, tuple[str, ...]] = {
    "talk.mp4": ("-c:v", "mpeg4", "-c:a", "aac", *STEREO),
    "talk.mkv": ("-c:v", "mpeg4", "-c:a", "flac", "-map", "0:a", "-metadata:s:a:1", "title=Wisdom again"),
}


def recorded(desk: Desk, name: str, seconds: str = "12.123") -> Path:
    """Twelve seconds: the best of times, the age of wisdom, the age of foolishness."""
    (desk.folder / "tags").write_text(TAGS)
    inputs = ["-i", str(SAMPLE), "-i", str(desk.folder / "tags")]
    streams = ["-map", "0:a", "-map_metadata", "1", "-map_chapters", "1", "-t", seconds]
    if name in VIDEOS:
        return desk.media(name, *inputs, *PICTURES, *streams, "-map", "2:v", *VIDEOS[name])
    return desk.media(name, *inputs, *streams, *KINDS[name])


def redacted(desk: Desk, name: str, *arguments: str) -> dict[str, Any]:
    """The record of a redaction of a recording."""
    desk.transcribe(name, "-q")
    done: Outcome = desk.run("redact", Path(name).stem + ".json", "-o", "out", *arguments)
    assert done.code == 0, done.stderr
    record: dict[str, Any] = json.loads(
        (desk.folder / "out" / f"{Path(name).stem}.redaction.json").read_text()
    )
    return record


def samples(path: Path, stream: int = 0) -> np.ndarray[Any, np.dtype[np.int16]]:
    command = [
        FFMPEG,
        "-v",
        "error",
        "-i",
        str(path),
        "-map",
        f"0:a:{stream}",
        "-ac",
        "1",
        "-f",
        "s16le",
        "-",
    ]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, dtype=np.int16)


def facts(path: Path) -> list[str]:
    """Streams, chapters and tags as ffmpeg tells them, without what an encoder says of itself."""
    said = subprocess.run(
        [FFMPEG, "-hide_banner", "-i", str(path)], capture_output=True, text=True, check=False
    )
    lines = [re.sub(r", \d+ kb/s|#0:\d+|\[0x\w+\]", "", line) for line in said.stderr.splitlines()]
    noise = re.compile(
        r"Duration|(?i:encoder)|Input|DURATION|handler|vendor|At least|bitrate|brand|minor|Guessed"
    )
    return sorted(line.strip() for line in lines if not noise.search(line))


def every_text(folder: Path) -> str:
    """All that is in the files of a folder, tags of recordings and what is packed in them too."""
    texts = []
    for path in folder.rglob("*"):
        content = path.read_bytes()
        texts += [content.decode("utf-8", "replace"), content.decode("utf-16-le", "replace")]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                texts += [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
    return "\n".join(texts)


@pytest.mark.parametrize("name", [*KINDS, *VIDEOS])
def test_the_word_is_gone_and_the_rest_is_as_it_was(desk: Desk, name: str) -> None:
    source = recorded(desk, name)
    before = source.read_bytes()
    record = redacted(desk, name, "--words", "wisdom", "--force")
    copy = desk.folder / "out" / name
    heard = desk.transcribe(copy, "-o", "again", "-q", "-f", "txt")
    text = (desk.folder / "again" / "talk.txt").read_text()
    assert heard.code == 0
    assert "wisdom" not in text.lower()
    assert "best of times" in text
    old, new = samples(source), samples(copy)
    assert len(old) == len(new)
    if name.endswith((".wav", ".flac", ".mkv")):  # nothing is lost: outside of the stretch it is the same
        rate = len(old) / 12.123
        changed = np.nonzero(old != new)[0] / rate * 1000
        [masked] = record["masked"]
        assert masked["start_ms"] <= changed[0] < masked["start_ms"] + 5
        assert masked["end_ms"] - 5 < changed[-1] <= masked["end_ms"] + 2
    expected = [re.sub("wisdom", MASK, line, flags=re.IGNORECASE) for line in facts(source)]
    assert facts(copy) == sorted(expected)
    assert source.read_bytes() == before
    assert "wisdom" not in every_text(desk.folder / "out").lower()


def test_pictures_are_copied_untouched_and_every_audio_stream_is_masked(desk: Desk) -> None:
    source = recorded(desk, "talk.mkv")
    record = redacted(desk, "talk.mkv", "--words", "wisdom", "--mute")
    copy = desk.folder / "out" / "talk.mkv"
    told = ("-map", "0:v", "-c", "copy", "-f", "framemd5", "-")
    pictures = [
        subprocess.run([FFMPEG, "-v", "error", "-i", path, *told], capture_output=True, check=True).stdout
        for path in (source, copy)
    ]
    assert pictures[0] == pictures[1]
    [masked] = record["masked"]
    middle = slice(*(int((masked[key] + by) * 48) for key, by in (("start_ms", 10), ("end_ms", -10))))
    for stream in (0, 1):
        assert not samples(copy, stream)[middle].any()


def test_first_and_last_word_and_stretches_that_overlap(desk: Desk) -> None:
    recorded(desk, "talk.wav", "6.4")
    desk.transcribe("talk.wav", "-q")
    words = [
        word
        for each in json.loads((desk.folder / "talk.json").read_text())["segments"]
        for word in each["words"]
    ]
    first, last = words[0], words[-1]
    spans = [f"0-{first['end_ms'] / 1000}", f"{last['start_ms'] / 1000}-9", "0.2-0.8", "0.7-1.2"]
    options = [part for span in spans for part in ("--span", span)]
    done = desk.run("redact", "talk.json", "-o", "out", *options)
    assert done.code == 0, done.stderr
    record = json.loads((desk.folder / "out" / "talk.redaction.json").read_text())
    assert len(record["masked"]) == 2
    assert record["masked"][0]["start_ms"] == 0
    text = (desk.folder / "out" / "talk.txt").read_text().strip()
    assert text.startswith(MASK)
    assert text.rstrip(".").endswith(MASK)


def test_every_format_notes_and_corrections_are_masked(desk: Desk) -> None:
    recorded(desk, "talk.m4a")
    desk.transcribe("talk.m4a", "-q", "--notes", "--term", "wisdom", "--guest", "Wisdom", "-f", "json")
    exported = desk.run("corrections", "export", "talk.json", "-o", "edit.txt")
    assert exported.code == 0, exported.stderr
    edit = desk.folder / "edit.txt"
    edit.write_text(edit.read_text().replace("wisdom", "folly"))
    assert desk.run("corrections", "apply", "talk.json", "edit.txt").code == 0
    formats = [
        part for each in ("page", "docx", "notes", "rss", "md", "psc", "ttml") for part in ("-f", each)
    ]
    done = desk.run("redact", "talk.json", "--words", "folly", "-o", "out", "--publish", *formats)
    assert done.code == 0, done.stderr
    said = every_text(desk.folder / "out").lower()
    assert "folly" not in said
    made = json.loads((desk.folder / "out" / "talk.json").read_text())
    assert MASK in made["segments"][0]["text"] + made["segments"][-1]["text"]
    assert not (desk.folder / "out" / "talk.corrections.json").exists()
    assert (
        made["source"]["sha256"]
        == json.loads((desk.folder / "out" / "talk.redaction.json").read_text())["copy_sha256"]
    )


def test_rules_of_a_policy_and_personal_data(desk: Desk) -> None:
    recorded(desk, "talk.wav")
    (desk.folder / "rules.toml").write_text(
        'version = 1\nname = "x"\n[[rules]]\nid = "no-wisdom"\ntitle = "None"\npatterns = [\'\\bwis\\w+\']\n'
    )
    record = redacted(desk, "talk.wav", "--policy", "rules.toml")
    assert [each["reasons"] for each in record["masked"]] == [["no-wisdom"]]


REFUSED = {
    "not found": (14, ("--words", "dragon", "--words", "wisdom"), "not found in the transcript: 'dragon'"),
    "nothing said": (2, (), "nothing is to be masked"),
    "no such data": (14, ("--personal", "email"), "nothing was found that is to be masked"),
    "outside": (2, ("--span", "1:00-1:10"), "is outside of the recording"),
    "backwards": (2, ("--span", "4-3"), "has no length"),
    "no time": (2, ("--span", "a-b"), "is not a time"),
    "a folder": (2, ("--words", "wisdom", "--name", "a/b"), "is no name of a file"),
}


@pytest.fixture
def ready(desk: Desk) -> Desk:
    recorded(desk, "talk.wav", "6.4")
    desk.transcribe("talk.wav", "-q", "-f", "json")
    return desk


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_nothing_is_an_error(ready: Desk, case: str) -> None:
    code, arguments, message = REFUSED[case]
    assert message in ready.refuses(code, "redact", "talk.json", "-o", "out", *arguments)


def test_originals_are_never_overwritten(ready: Desk) -> None:
    for arguments in (("-o", "."), ("-o", ".", "--force")):
        said = ready.refuses(4, "redact", "talk.json", "--words", "wisdom", *arguments)
        assert "would be overwritten" in said
    assert "Choose a folder" in ready.refuses(2, "redact", "talk.json", "--words", "wisdom")


def test_a_recording_that_is_gone_or_another_one_is_refused(ready: Desk) -> None:
    wav = ready.folder / "talk.wav"
    wav.write_bytes(wav.read_bytes()[:-4])
    assert "has changed since" in ready.refuses(3, "redact", "talk.json", "--words", "wisdom", "-o", "out")
    wav.unlink()
    assert "does not lie beside" in ready.refuses(3, "redact", "talk.json", "--words", "wisdom", "-o", "out")


def test_a_name_that_holds_the_word_has_to_be_another(ready: Desk) -> None:
    for ending in ("wav", "json"):
        shutil.move(ready.folder / f"talk.{ending}", ready.folder / f"of_wisdom.{ending}")
    document = ready.folder / "of_wisdom.json"
    document.write_text(document.read_text().replace("talk.wav", "of_wisdom.wav"))
    command = ("redact", "of_wisdom.json", "--words", "wisdom", "-o", "out")
    assert "holds what is to be masked" in ready.refuses(2, *command)
    done = ready.run(*command, "--name", "case 7")
    assert done.code == 0, done.stderr
    assert {path.name for path in (ready.folder / "out").iterdir()} >= {"case 7.wav", "case 7.json"}
    assert "wisdom" not in every_text(ready.folder / "out").lower()


def test_what_is_still_heard_publishes_nothing(ready: Desk) -> None:
    document = ready.folder / "talk.json"
    made = json.loads(document.read_text())
    for segment in made["segments"]:  # times that are off by three seconds
        for word in segment["words"]:
            word["start_ms"] += 3_000
            word["end_ms"] += 3_000
        segment["start_ms"] += 3_000
        segment["end_ms"] += 3_000
    document.write_text(json.dumps(made))
    said = ready.refuses(14, "redact", "talk.json", "--words", "best", "-o", "out")
    assert "is still heard in the copy, at 00:00:0" in said


def test_a_program_that_dies_in_the_middle_leaves_nothing(ready: Desk) -> None:
    dying = ready.folder / "ffmpeg.sh"
    dying.write_text(f'#!/bin/sh\ncase "$*" in *asendcmd*) exit 9;; esac\nexec {FFMPEG} "$@"\n')
    dying.chmod(0o755)
    said = ready.refuses(6, "redact", "talk.json", "--words", "best", "-o", "out", "--ffmpeg", str(dying))
    assert "ffmpeg failed while masking" in said


def test_names_that_are_not_utf8_and_a_purge_of_the_copy(desk: Desk) -> None:
    name = os.fsdecode(b"r\xf3\xbfa")
    recorded(desk, "talk.wav").rename(desk.folder / f"{name}.wav")
    desk.transcribe(f"{name}.wav", "-q", "-f", "json")
    done = desk.run("redact", f"{name}.json", "--words", "wisdom", "-o", "out")
    assert done.code == 0, done.stderr
    out = desk.folder / "out"
    assert {each.suffix for each in out.iterdir()} == {".wav", ".txt", ".srt", ".vtt", ".json"}
    assert all(each.name.startswith(name) for each in out.iterdir())
    record = json.loads((out / f"{name}.redaction.json").read_text())
    assert len(record["texts"]) == 4
    purged = desk.run("purge", f"out/{name}.json", "--recording")
    assert purged.code == 0, purged.stdout
    assert [each.name for each in out.iterdir()] == [".transcribe"]
    assert (desk.folder / f"{name}.wav").exists()


def test_a_long_recording_is_recognised_again_around_its_stretches(desk: Desk) -> None:
    quiet = "[0]atrim=end=12.123,asplit[a][b];[a]apad=pad_dur=600[c];[c][b]concat=n=2:v=0:a=1"
    desk.media("talk.flac", "-i", str(SAMPLE), "-filter_complex", quiet)
    desk.transcribe("talk.flac", "-q", "-f", "json")
    words = [
        word
        for each in json.loads((desk.folder / "talk.json").read_text())["segments"]
        for word in each["words"]
    ]
    assert words[-1]["end_ms"] > 600_000
    done = desk.run("redact", "talk.json", "--words", "wisdom", "-o", "out")
    assert done.code == 0, done.stderr
    record = json.loads((desk.folder / "out" / "talk.redaction.json").read_text())
    assert len(record["masked"]) == 2
    assert len(record["proof"]["heard"]) == 2
    assert len(samples(desk.folder / "talk.flac")) == len(samples(desk.folder / "out" / "talk.flac"))
    desk.transcribe("out/talk.flac", "-o", "again", "-q", "-f", "txt")
    assert "wisdom" not in (desk.folder / "again" / "talk.txt").read_text()


def test_channels_with_a_speaker_each(desk: Desk) -> None:
    sides = "[0]atrim=end=12.123,asplit[a][b];[b]adelay=13s:all=1[c];[a]apad=whole_dur=26[d];[d][c]amerge"
    desk.media("talk.wav", "-i", str(SAMPLE), "-filter_complex", sides, "-ar", "16000")
    desk.transcribe("talk.wav", "--channels", "-q", "-f", "json")
    before = sorted(desk.work.iterdir())
    done = desk.run("redact", "talk.json", "--words", "wisdom", "-o", "out")
    assert done.code == 0, done.stderr
    assert len(json.loads((desk.folder / "out" / "talk.redaction.json").read_text())["masked"]) == 2
    assert "wisdom" not in every_text(desk.folder / "out").lower()
    assert sorted(desk.work.iterdir()) == before


def test_several_recordings_are_refused_and_their_mix_is_masked(desk: Desk) -> None:
    for name, start in (("ala.wav", "0"), ("ola.wav", "6")):
        desk.media(name, "-ss", start, "-i", str(SAMPLE), "-t", "6.4", "-ar", "16000")
    tracks = ("multitrack", "ala.wav", "ola.wav", "-q", "-f", "json")
    desk.transcribe(*tracks, "-o", "apart")
    (document,) = (desk.folder / "apart").glob("*.json")
    said = desk.refuses(3, "redact", document, "--words", "wisdom", "-o", "out")
    assert "is of several recordings" in said
    assert "--mix" in said
    desk.transcribe(*tracks, "--mix", "-o", "mixed")
    (mixed,) = (desk.folder / "mixed").glob("*.json")
    done = desk.run("redact", mixed, "--words", "foolishness", "-o", "out")
    assert done.code == 0, done.stderr
    assert any((desk.folder / "out").glob("*.m4a"))
    assert "foolishness" not in every_text(desk.folder / "out").lower()
