"""Copies with chapters, and clips, made with the real ffmpeg: sound, tags and cover are not touched."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import pytest

from transcribe.core.episode import Coverage, Episode, ModelIdentity, Provenance, Transcript
from transcribe.core.errors import EngineError, InputError
from transcribe.core.events import Event, Warned, silent
from transcribe.core.media import Extract
from transcribe.core.recording import Audio, SpeechSpans
from transcribe.core.show_notes import Authorship, Chapter, ShowNotes, SoundBite
from transcribe.core.workspace import Workspace
from transcribe.engines.editing import FfmpegEditor
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.jobs.publish.tagging import CHAPTERS, CLIPS, content_of, publish_sound, sound_targets
from transcribe.pipeline.chapters.mp4 import boxes_in, read_moov
from transcribe.pipeline.stages.probe import probe

TITLES = ("Początek; #1 = \\", "二 <b>")
COVER = (
    "-f",
    "lavfi",
    "-i",
    "color=red:size=16x16:duration=0.04",
    "-map",
    "0:a",
    "-map",
    "1:v",
    "-frames:v",
    "1",
)
TAGS = ("-metadata", "title=Mój odcinek", "-metadata", "album=The Show", "-metadata", "track=7/9")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=4")
KINDS = {
    "talk.mp3": ("-c:a", "libmp3lame", "-c:v", "mjpeg", "-id3v2_version", "3"),
    "talk v24.mp3": ("-c:a", "libmp3lame", "-c:v", "png", "-id3v2_version", "4"),
    "talk.m4a": ("-c:a", "aac", "-c:v", "mjpeg", "-disposition:v", "attached_pic", "-f", "ipod"),
}


@pytest.fixture
def editor(ffmpeg: Ffmpeg) -> FfmpegEditor:
    return FfmpegEditor(ffmpeg)


@pytest.fixture
def episode_of(ffmpeg: Ffmpeg) -> Callable[[Path], Episode]:
    def make(path: Path) -> Episode:
        marks = ((0, 1500), (1500, 4000))
        chapters = tuple(
            Chapter(start, end, title, (n,))
            for n, ((start, end), title) in enumerate(zip(marks, TITLES, strict=True))
        )
        bites = (SoundBite(1000, 2500, "Zażółć", (0,)), SoundBite(2000, 2600, "二", (1,)))
        notes = ShowNotes(
            "en", chapters, (), (), (), (), (), (), (), (), bites, Authorship("extractive", "1")
        )
        return Episode(
            probe(path, None, ffmpeg),
            Audio("audio.f32", 64_000, 0, None, 0.0),
            SpeechSpans(()),
            Transcript(None, ()),
            Coverage(0, 0, 0, 0, ()),
            Provenance("transcribe 0", "engine 0", ModelIdentity("m", "00"), ()),
            notes=notes,
        )

    return make


def asked(*arguments: str) -> str:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()


def stream_hash(path: Path, stream: str) -> str:
    return asked("-i", str(path), "-map", stream, "-c", "copy", "-f", "hash", "-hash", "sha256", "-")


def chapters_in(path: Path) -> list[tuple[str, str, str]]:
    """Start, end and title of each chapter, as ffmpeg tells them."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-i", str(path)]
    log = subprocess.run(command, check=False, capture_output=True, timeout=60).stderr.decode()
    pattern = r"Chapter #\d+:\d+: start ([\d.]+), end ([\d.]+)\n *Metadata:\n *title *: ([^\n]*)"
    return [(start, end, title.rstrip()) for start, end, title in re.findall(pattern, log)]


def write(episode: Episode, name: str, editor: FfmpegEditor, target: Path) -> None:
    content = content_of(episode, name, editor)
    assert content is not None
    assert not isinstance(content, bytes)
    content(target)


@pytest.mark.parametrize("name", KINDS)
def test_a_copy_has_the_chapters_and_the_same_sound_cover_and_tags(
    name: str, make_media: Callable[..., Path], episode_of: Callable[[Path], Episode], editor: FfmpegEditor
) -> None:
    path = make_media(name, *SOUND, *COVER, *TAGS, *KINDS[name])
    before = path.read_bytes()
    copy = path.with_name("copy.tmp")
    write(episode_of(path), CHAPTERS, editor, copy)
    assert path.read_bytes() == before
    assert stream_hash(copy, "0:a") == stream_hash(path, "0:a")
    assert stream_hash(copy, "0:v") == stream_hash(path, "0:v")
    kept = {"title": "Mój odcinek", "album": "The Show", "track": "7/9"}
    assert dict(editor.media.probe(copy).tags).items() >= kept.items()
    assert [(float(start), float(end), title) for start, end, title in chapters_in(copy)] == [
        (0, 1.5, TITLES[0]),
        (1.5, 4, TITLES[1]),
    ]


def test_chapters_of_an_m4a_are_replaced_not_added(
    make_media: Callable[..., Path],
    episode_of: Callable[[Path], Episode],
    editor: FfmpegEditor,
    tmp_path: Path,
) -> None:
    path = make_media("talk.m4a", *SOUND, "-c:a", "aac", "-f", "ipod")
    once, twice = tmp_path / "once.m4a", tmp_path / "twice.m4a"
    write(episode_of(path), CHAPTERS, editor, once)
    write(episode_of(once), CHAPTERS, editor, twice)
    assert len(chapters_in(twice)) == 2
    assert twice.read_bytes() == once.read_bytes()


def test_an_mp3_without_tags_gets_the_chapters(
    make_media: Callable[..., Path],
    episode_of: Callable[[Path], Episode],
    editor: FfmpegEditor,
    tmp_path: Path,
) -> None:
    path = make_media("talk.mp3", *SOUND, "-id3v2_version", "0", "-write_xing", "0")
    assert not path.read_bytes().startswith(b"ID3")
    write(episode_of(path), CHAPTERS, editor, tmp_path / "copy.mp3")
    assert (tmp_path / "copy.mp3").read_bytes().endswith(path.read_bytes())
    assert len(chapters_in(tmp_path / "copy.mp3")) == 2


def test_a_damaged_tag_is_told(
    make_media: Callable[..., Path],
    episode_of: Callable[[Path], Episode],
    editor: FfmpegEditor,
    tmp_path: Path,
) -> None:
    path = make_media("talk.mp3", *SOUND)
    episode = episode_of(path)
    path.write_bytes(b"ID3\3\0\0\0\0\0\4junk" + path.read_bytes())
    with pytest.raises(InputError, match="damaged"):
        write(episode, CHAPTERS, editor, tmp_path / "copy.mp3")


@pytest.mark.parametrize(
    ("name", "codec"), [("talk.mp3", "libmp3lame"), ("talk.m4a", "aac"), ("talk.flac", "flac")]
)
def test_sound_bites_are_cut_out_of_any_recording(
    name: str,
    codec: str,
    make_media: Callable[..., Path],
    episode_of: Callable[[Path], Episode],
    editor: FfmpegEditor,
    ffmpeg: Ffmpeg,
    tmp_path: Path,
) -> None:
    path = make_media(name, *SOUND, *TAGS, "-c:a", codec)
    clip = tmp_path / "clip.tmp"
    write(episode_of(path), list(CLIPS)[1], editor, clip)
    found = ffmpeg.probe(clip)
    assert found.format == "mp3"
    assert found.duration_ms is not None
    assert found.duration_ms == pytest.approx(600, abs=60)  # in frames of 26 ms
    assert dict(found.tags)["title"] == "二"
    assert dict(found.tags)["album"] == "The Show"


def test_a_clip_starts_where_the_sound_bite_does(
    make_media: Callable[..., Path],
    episode_of: Callable[[Path], Episode],
    editor: FfmpegEditor,
    tmp_path: Path,
) -> None:
    tone = "aevalsrc='if(between(t,1.1,2.4),0.5*sin(880*PI*t),0)':duration=4:sample_rate=44100"
    path = make_media("talk.mp3", "-f", "lavfi", "-i", tone, "-c:a", "libmp3lame")
    clip = tmp_path / "clip.tmp"
    write(episode_of(path), next(iter(CLIPS)), editor, clip)  # from 1.0 to 2.5 s
    silence = "silencedetect=noise=-30dB:duration=0.05"
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-nostdin",
        "-i",
        str(clip),
        "-af",
        silence,
        "-f",
        "null",
        "-",
    ]
    log = subprocess.run(command, check=True, capture_output=True, timeout=60).stderr.decode()
    ends = [
        float(line.split("silence_end: ")[1].split()[0]) for line in log.splitlines() if "silence_end" in line
    ]
    assert ends[0] == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize(("file", "astray"), [("audio.f32", False), ("", False), ("", True)])
def test_a_recording_is_sought_in_unless_its_times_are_wrong(
    file: str,
    astray: bool,
    make_media: Callable[..., Path],
    episode_of: Callable[[Path], Episode],
    editor: FfmpegEditor,
    tmp_path: Path,
) -> None:
    cut: list[Extract] = []

    class Noting(FfmpegEditor):
        def cut(self, extracts: Sequence[Extract], title: str, target: Path) -> None:
            cut.extend(extracts)

    episode = episode_of(make_media("talk.wav", *SOUND))
    episode = replace(
        episode, audio=replace(episode.audio, file=file, astray=astray)
    )  # "": of several tracks
    write(episode, "sound bite 1", Noting(editor.media), tmp_path / "clip.mp3")
    assert [(each.start_ms, each.seek) for each in cut] == [(1000, not astray)]


def test_ffmpeg_says_why_it_failed(
    make_media: Callable[..., Path],
    episode_of: Callable[[Path], Episode],
    editor: FfmpegEditor,
    tmp_path: Path,
) -> None:
    path = make_media("talk.m4a", *SOUND, "-c:a", "aac")
    episode = episode_of(path)
    path.write_bytes(b"no longer what it was")
    with pytest.raises(EngineError, match=r"failed while writing chapters into a copy of .*talk\.m4a: .*"):
        write(episode, CHAPTERS, editor, tmp_path / "copy.m4a")


def test_where_there_are_no_notes_there_is_nothing_to_write(
    make_media: Callable[..., Path], episode_of: Callable[[Path], Episode], editor: FfmpegEditor
) -> None:
    episode = episode_of(make_media("talk.mp3"))
    assert content_of(episode, list(CLIPS)[2], editor) is None
    assert all(content_of(replace(episode, notes=None), name, editor) is None for name in (CHAPTERS, *CLIPS))


def test_names_of_what_is_written() -> None:
    (copy,), clips = sound_targets(Path("out"), "talk.MP3")
    assert copy.path == Path("out/talk.chapters.mp3")
    assert [target.path.name for target in clips][:2] == ["talk.soundbite-1.mp3", "talk.soundbite-2.mp3"]
    (only,) = sound_targets(Path("out"), "talk.wav")
    assert only[0].path == Path("out/talk.soundbite-1.mp3")


def test_sound_files_are_published_and_again_and_clips_too_many_are_removed(
    make_media: Callable[..., Path],
    episode_of: Callable[[Path], Episode],
    editor: FfmpegEditor,
    tmp_path: Path,
) -> None:
    episode = episode_of(make_media("talk.mp3", *SOUND))
    groups = sound_targets(tmp_path / "out", "talk.mp3")
    told: list[Event] = []
    with Workspace(tmp_path / "work", "recording/job") as work:
        written = publish_sound(groups, episode, editor, work, told.append, force=False)
        assert [path.name for path in written] == [
            "talk.chapters.mp3",
            "talk.soundbite-1.mp3",
            "talk.soundbite-2.mp3",
        ]
        first = [path.read_bytes() for path in written]
        assert publish_sound(groups, episode, editor, work, told.append, force=False) == written
        assert [path.read_bytes() for path in written] == first
        assert episode.notes is not None
        fewer = replace(episode, notes=replace(episode.notes, sound_bites=episode.notes.sound_bites[:1]))
        publish_sound(groups, fewer, editor, work, told.append, force=False)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "talk.chapters.mp3",
        "talk.soundbite-1.mp3",
    ]
    assert told == []


def test_what_goes_wrong_is_a_warning_and_costs_only_its_group(
    make_media: Callable[..., Path],
    episode_of: Callable[[Path], Episode],
    editor: FfmpegEditor,
    tmp_path: Path,
) -> None:
    episode = episode_of(make_media("talk.mp3", *SOUND))
    groups = sound_targets(tmp_path, "talk.mp3")
    foreign = tmp_path / "talk.chapters.mp3"
    foreign.write_bytes(b"somebody else's")
    told: list[Event] = []
    with Workspace(tmp_path / "work", "recording/job") as work:
        written = publish_sound(groups, episode, editor, work, told.append, force=False)
        assert [path.name for path in written] == ["talk.soundbite-1.mp3", "talk.soundbite-2.mp3"]
        assert foreign.read_bytes() == b"somebody else's"
        (warning,) = told
        assert isinstance(warning, Warned)
        assert "talk.mp3: chapters in the sound file could not be written" in warning.message
        publish_sound(groups, episode, editor, work, told.append, force=True)
    assert foreign.read_bytes().startswith(b"ID3")


def test_without_an_editor_nothing_is_written(
    make_media: Callable[..., Path], episode_of: Callable[[Path], Episode], tmp_path: Path
) -> None:
    episode = episode_of(make_media("talk.mp3"))
    groups = sound_targets(tmp_path / "out", "talk.mp3")
    with Workspace(tmp_path / "work", "recording/job") as work:
        assert publish_sound(groups, episode, None, work, silent, force=False) == ()


def test_every_tag_of_an_m4a_stays_byte_for_byte(
    make_media: Callable[..., Path],
    episode_of: Callable[[Path], Episode],
    editor: FfmpegEditor,
    tmp_path: Path,
) -> None:
    path = make_media("talk.m4a", *SOUND, *COVER, *TAGS, *KINDS["talk.m4a"])
    # A tag that ffmpeg does not know, in the place of one that it wrote: of the same length.
    path.write_bytes(path.read_bytes().replace(b"trkn", b"xyzq"))
    copy = tmp_path / "copy.m4a"
    write(episode_of(path), CHAPTERS, editor, copy)

    def metadata(file: Path) -> list[bytes]:
        with file.open("rb") as handle:
            _, moov = read_moov(handle)
        return [
            inner
            for name, content in boxes_in(moov)
            if name == b"udta"
            for kind, inner in boxes_in(content)
            if kind == b"meta"
        ]

    assert b"xyzq" in metadata(path)[0]
    assert metadata(copy) == metadata(path)
    assert len(chapters_in(copy)) == 2
    assert stream_hash(copy, "0:a") == stream_hash(path, "0:a")
