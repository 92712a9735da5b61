from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from transcribe.core.errors import InputError
from transcribe.core.media import Container, Extract
from transcribe.core.recording import AudioStream
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.pipeline.stages.probe import best_stream, changed_since, probe

MakeMedia = Callable[..., Path]


def refusal(path: Path, ffmpeg: Ffmpeg, audio_stream: int | None = None) -> str:
    with pytest.raises(InputError) as caught:
        probe(path, audio_stream, ffmpeg)
    assert str(path) in caught.value.what
    assert caught.value.hint
    return str(caught.value)


def test_a_recording_is_described(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    path = make_media("épisode 🎙.flac")
    source = probe(path, None, ffmpeg)
    assert (source.path, source.name) == (str(path), "épisode 🎙.flac")
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert source.bytes == path.stat().st_size
    assert (source.container, source.duration_ms, source.stream) == ("flac", 1000, 0)


def test_a_missing_file(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    assert "there is no file" in refusal(tmp_path / "none.mp3", ffmpeg)


def test_a_folder(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path, ffmpeg)


def test_a_pipe_is_not_waited_for(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    assert "not a plain file" in refusal(tmp_path / "pipe.mp3", ffmpeg)


def test_a_device(ffmpeg: Ffmpeg) -> None:
    assert "not a plain file" in refusal(Path(os.devnull), ffmpeg)


def test_an_empty_file(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    (tmp_path / "a.mp3").touch()
    assert "is empty" in refusal(tmp_path / "a.mp3", ffmpeg)


def test_a_file_that_may_not_be_read(
    ffmpeg: Ffmpeg, make_media: MakeMedia, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_media("a.wav")

    def denied(path: Path) -> None:  # chmod would not stop root
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("transcribe.core.digest.open_regular", denied)
    assert "cannot be read: Permission denied" in refusal(path, ffmpeg)


def test_a_name_that_no_file_can_have(ffmpeg: Ffmpeg) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        probe(Path("a\0b.mp3"), None, ffmpeg)
    with pytest.raises(InputError, match="cannot be read: File name too long"):
        probe(Path("x" * 300), None, ffmpeg)


def test_a_name_that_is_no_text(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    path = Path(os.fsdecode(os.fsencode(make_media("a.wav").with_name("bad")) + b"\xff.wav"))
    make_media("a.wav").rename(path)
    source = probe(path, None, ffmpeg)
    assert (source.path, source.name, source.container) == (str(path), "bad\udcff.wav", "wav")
    heard: list[bytes] = []
    ffmpeg.decode(Extract(source.path, 0, 0, None), heard.append)
    assert sum(map(len, heard)) > 0


def test_text_with_the_name_of_a_recording(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    path = tmp_path / "notes.mp3"
    path.write_text("Dear diary, nothing happened today.\n" * 100)
    refusal(path, ffmpeg)


def test_video_without_sound(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    path = make_media("silent.mp4", "-f", "lavfi", "-i", "testsrc=size=32x32:duration=1")
    assert "holds no sound" in refusal(path, ffmpeg)


def test_an_audio_stream_that_is_not_there(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    said = refusal(make_media("a.flac"), ffmpeg, audio_stream=2)
    assert "no audio stream 2" in said
    assert "0 = flac, 1 channel" in said


class Described:
    """A prober whose file has these streams."""

    def __init__(self, *streams: AudioStream) -> None:
        self.streams = streams

    def probe(self, path: Path) -> Container:
        return Container("matroska", None, self.streams)


def test_a_stream_can_be_chosen(make_media: MakeMedia) -> None:
    streams = (AudioStream(0, "aac", 48000, 2, default=True), AudioStream(1, "aac", 48000, 2))
    assert probe(make_media("a.wav"), 1, Described(*streams)).stream == 1
    assert probe(make_media("a.wav"), None, Described(*streams)).stream == 0


@pytest.mark.parametrize(
    "worse",
    [
        AudioStream(1, "none", 48000, 6, default=True),
        AudioStream(1, "aac", 48000, 6),
        AudioStream(1, "aac", 48000, 1, default=True),
        AudioStream(1, "aac", 44100, 2, default=True),
        AudioStream(1, "aac", 48000, 2, default=True),
    ],
)
def test_the_best_stream(worse: AudioStream) -> None:
    best = AudioStream(0, "aac", 48000, 2, default=True)
    assert best_stream((best, worse)) == best_stream((worse, best)) == best


def test_a_recording_that_changed_since_it_was_read(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    path = make_media("a.wav")
    source = probe(path, None, ffmpeg)
    assert not changed_since(source)
    os.utime(path)  # another time, the same bytes
    assert not changed_since(source)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # time and size say nothing
    assert changed_since(source)
    path.unlink()
    assert changed_since(source)


def test_another_file_in_its_place(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    path = make_media("a.wav")
    source = probe(path, None, ffmpeg)
    path.with_name("b.wav").write_bytes(path.read_bytes() + b"x")
    path.with_name("b.wav").replace(path)
    assert changed_since(source)
