"""What ffmpeg is told about chapters, and what it says when it cannot write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from transcribe.core.errors import EngineError
from transcribe.core.media import Extract, Voice
from transcribe.core.show_notes import Chapter
from transcribe.engines.editing import FfmpegEditor
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.engines.program import Program


def test_a_title_cannot_forge_chapters_or_tags(
    make_media: Callable[..., Path], ffmpeg: Ffmpeg, tmp_path: Path
) -> None:
    path = make_media(
        "talk.m4a", "-f", "lavfi", "-i", "sine=duration=2", "-metadata", "title=Talk", "-f", "ipod"
    )
    title = "x\n[CHAPTER]\nSTART=0\nEND=1\ntitle=forged\n;FFMETADATA1\nartist=nobody"
    copy = tmp_path / "copy.m4a"
    FfmpegEditor(ffmpeg).add_chapters(
        path, [Chapter(0, 1000, title, (0,)), Chapter(1000, 2000, "y", (1,))], copy
    )
    log = ffmpeg.program.run(["-nostdin", "-hide_banner", "-i", str(copy)]).log
    assert log.count("Chapter #") == 2
    assert "title           : x [CHAPTER] START=0 END=1 title=forged ;FFMETADATA1 artist=nobody" in log
    assert dict(ffmpeg.probe(copy).tags) == {"title": "Talk"}


def test_a_clip_that_cannot_be_written_is_told(
    make_media: Callable[..., Path], ffmpeg: Ffmpeg, tmp_path: Path
) -> None:
    with pytest.raises(EngineError, match=r"failed while cutting a clip out of .*a\.wav: .*No such file"):
        FfmpegEditor(ffmpeg).cut(
            [Extract(str(make_media("a.wav")), 0, 0, 500)], "x", tmp_path / "nowhere" / "clip.mp3"
        )


def test_a_program_that_fails_without_a_word_is_told(
    make_stub: Callable[[str], str], make_media: Callable[..., Path], tmp_path: Path
) -> None:
    stub = make_stub('case "$*" in *-demuxers*) echo " D  wav  WAV";; *) exit 3;; esac')
    editor = FfmpegEditor(Ffmpeg(Program(stub, "", 10)))
    with pytest.raises(EngineError, match="it does not say why"):
        editor.add_chapters(make_media("a.wav"), [Chapter(0, 1000, "x", (0,))], tmp_path / "copy.m4a")


def test_tracks_are_mixed_each_at_its_time(
    make_media: Callable[..., Path], ffmpeg: Ffmpeg, tmp_path: Path
) -> None:
    tone = ("-f", "lavfi", "-i", "sine=frequency=300:duration=1")
    one, two = make_media("one.wav", *tone), make_media("two.flac", *tone, "-ac", "2", "-ar", "44100")
    mix = tmp_path / "mix.m4a"
    FfmpegEditor(ffmpeg).mix(
        [Voice(Extract(str(one), 0), 0, 0.0), Voice(Extract(str(two), 0), 3_000, 200_000.0)], mix
    )
    samples = bytearray()
    ffmpeg.decode(Extract(str(mix), 0), samples.extend)
    sound = np.abs(np.frombuffer(bytes(samples), "<f4"))
    loud = [bool(sound[at : at + 1_600].max() > 0.05) for at in range(0, len(sound) - 1_600, 1_600)]
    # The second one lasts a fifth longer: from 3.0 to 4.2 s.
    assert [loud[tenth] for tenth in (5, 15, 25, 32, 40)] == [True, False, False, True, True]
    assert len(loud) in (40, 41, 42)


def test_a_clip_of_many_channels_is_cut(
    make_media: Callable[..., Path], ffmpeg: Ffmpeg, tmp_path: Path
) -> None:
    voices = "|".join(["0"] * 16 + ["0.5*sin(2*PI*400*t)"])
    path = make_media("17.wav", "-f", "lavfi", "-i", f"aevalsrc={voices}:d=2")
    FfmpegEditor(ffmpeg).cut([Extract(str(path), 0, 0, 1000, evenly=17)], "x", tmp_path / "clip.mp3")
    samples = bytearray()
    ffmpeg.decode(Extract(str(tmp_path / "clip.mp3"), 0), samples.extend)
    assert np.abs(np.frombuffer(samples, "<f4")).max() > 0.05


def tone_at(*places: tuple[float, float]) -> str:
    """A source of a tone that is heard between these seconds, and quiet elsewhere."""
    heard = "+".join(f"between(t,{start},{end})" for start, end in places)
    return f"aevalsrc='0.4*sin(2*PI*500*t)*({heard})+0.001*sin(2*PI*300*t)':d=40:s=16000"


def heard_in(ffmpeg: Ffmpeg, path: Path) -> list[tuple[float, float]]:
    """From when to when the tone is heard, in seconds."""
    samples = bytearray()
    ffmpeg.decode(Extract(str(path), 0), samples.extend)
    sound = np.frombuffer(bytes(samples), "<f4")
    blocks = np.abs(sound[: len(sound) // 160 * 160]).reshape(-1, 160).max(axis=1) > 0.05
    edges = np.flatnonzero(np.diff(np.concatenate([[False], blocks, [False]])))
    return [(start / 100, end / 100) for start, end in edges.reshape(-1, 2).tolist()]


GAPPED = ("-af", "aselect='not(between(t,10,27))',asetpts=PTS+5/TB", "-c:a", "libmp3lame")
"""A tone in sound that starts late and lacks 17 seconds."""

START_AGAIN = "start again"


@pytest.mark.parametrize("kind", ["gap.ts", "gap.mkv", START_AGAIN])
def test_a_clip_is_where_the_words_are(
    make_media: Callable[..., Path], ffmpeg: Ffmpeg, tmp_path: Path, kind: str
) -> None:
    if kind == START_AGAIN:
        one, two = (
            make_media(name, "-f", "lavfi", "-i", tone_at(place), "-c:a", "mp2")
            for name, place in (("one.ts", (50, 50)), ("two.ts", (3, 4)))
        )
        path = tmp_path / "both.ts"
        path.write_bytes(one.read_bytes() + two.read_bytes())
        start_ms, seek = 42_000, False
    else:
        picture = ("-f", "lavfi", "-i", "color=red:size=16x16:rate=1:duration=45")
        path = make_media(kind, "-f", "lavfi", "-i", tone_at((8, 9), (30, 31)), *picture, *GAPPED)
        start_ms, seek = 12_500, True
    clip = tmp_path / "clip.mp3"
    end_ms = 36_500 if seek else 46_000
    FfmpegEditor(ffmpeg).cut([Extract(str(path), 0, start_ms, end_ms - start_ms, seek=seek)], "x", clip)
    expected = [(0.5, 1.5), (22.5, 23.5)] if seek else [(1, 2)]
    assert heard_in(ffmpeg, clip) == [pytest.approx(each, abs=0.08) for each in expected]


def test_a_mix_keeps_gaps(make_media: Callable[..., Path], ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    picture = ("-f", "lavfi", "-i", "color=red:size=16x16:rate=1:duration=45")
    one = make_media("one.ts", "-f", "lavfi", "-i", tone_at((8, 9), (30, 31)), *picture, *GAPPED)
    two = make_media("two.flac", "-f", "lavfi", "-i", tone_at((1, 2)))
    mix = tmp_path / "mix.m4a"
    FfmpegEditor(ffmpeg).mix(
        [Voice(Extract(str(one), 0), 0, 0.0), Voice(Extract(str(two), 0), 2_000, 0.0)], mix
    )
    expected = [(3, 4), (13, 14), (35, 36)]
    assert heard_in(ffmpeg, mix) == [pytest.approx(each, abs=0.08) for each in expected]
