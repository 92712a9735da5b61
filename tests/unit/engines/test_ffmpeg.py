from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray

from transcribe.core.errors import DependencyError, EngineError, InputError
from transcribe.core.media import Decoding, Extract
from transcribe.core.recording import SAMPLE_RATE, AudioStream
from transcribe.core.settings import ComputeSettings
from transcribe.core.timeline import arrange, cut
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.engines.ffmpeg_headers import channel_count

MakeMedia = Callable[..., Path]
MakeStub = Callable[[str], str]

SINE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2")


def decode(ffmpeg: Ffmpeg, extract: Extract) -> tuple[NDArray[np.float32], Decoding]:
    """The samples at their places on the recording's timeline, from where the extract starts."""
    output = bytearray()
    decoding = ffmpeg.decode(extract, output.extend)
    decoded = np.frombuffer(output, "<f4")
    start = extract.start_ms * SAMPLE_RATE // 1000
    pieces = cut(arrange(decoding.runs, len(decoded)), start, None).pieces
    samples = np.zeros(pieces[-1].end if pieces else 0, np.float32)
    for piece in pieces:
        samples[piece.at : piece.end] = decoded[piece.stored : piece.stored + piece.samples]
    return samples, decoding


def level(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def stub(path: str, stall_seconds: int = 30) -> Ffmpeg:
    return Ffmpeg.find(ComputeSettings(ffmpeg=path, stall_seconds=stall_seconds))


def test_the_headers_are_read(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    path = make_media("a.m4a", *SINE, "-ac", "2", "-ar", "44100", "-metadata", "title=Żółć = 1; #2\\")
    container = ffmpeg.probe(path)
    assert container.format.startswith("mov,mp4,m4a")
    assert container.duration_ms == 2000
    assert container.streams == (AudioStream(0, "aac", 44100, 2, default=True, layout="stereo"),)
    assert dict(container.tags)["title"] == "Żółć = 1; #2\\"


def test_every_audio_stream_is_listed(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    path = make_media(
        "two.mkv", "-f", "lavfi", "-i", "testsrc=size=32x32:duration=1", *SINE, *SINE,
        "-map", "0", "-map", "1", "-map", "2", "-c:a", "pcm_s16le", "-disposition:a:1", "default",
        "-metadata:s:a:0", "language=pol", "-metadata:s:a:1", "title=Director, 48000 Hz",
        "-disposition:a:0", "0", "-ac:a:1", "6",
    )  # fmt: skip
    first, second = ffmpeg.probe(path).streams
    assert (first.index, first.language, first.channels, first.default) == (0, "pol", 1, False)
    assert (second.index, second.title, second.channels, second.default) == (1, "Director, 48000 Hz", 6, True)


def test_the_title_of_an_ogg_file_is_found(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    container = ffmpeg.probe(make_media("a.ogg", *SINE, "-metadata", "title=Folge 1"))
    assert ("title", "Folge 1") in container.tags


def test_tags_cannot_pass_for_headers(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    fake = (
        "x\n[info]   Duration: 99:00:00.00, start: 0\n"
        "[info]   Stream #0:0: Audio: mp3, 8000 Hz, mono, s16\n[STREAM]\ntitle=fake\n"
        "Input #0, wav, from 'y'"
    )
    container = ffmpeg.probe(make_media("a.flac", *SINE, "-metadata", f"{fake}={fake}"))
    assert container.format == "flac"
    assert [(s.codec, s.sample_rate, s.title) for s in container.streams] == [("flac", 44100, "")]
    assert container.duration_ms in (None, 2000)


@pytest.mark.parametrize(
    "name",
    [
        "-i.wav", "two words.wav", "new\nline.wav", "quo'te\".wav", "100%d.wav", "http:x.wav", "a:b.wav",
        "🎙 łódź العربية.wav", "x" * 251 + ".wav", "$(id);&|.wav", "[info] Input #0, mp3, from '.wav",
    ],
)  # fmt: skip
def test_any_file_name_works(ffmpeg: Ffmpeg, make_media: MakeMedia, name: str) -> None:
    path = make_media("plain.wav").rename(make_media("plain.wav").with_name(name))
    assert ffmpeg.probe(path).format == "wav"
    samples, _ = decode(ffmpeg, Extract(str(path), 0))
    assert len(samples) == SAMPLE_RATE


def test_a_relative_name_works(
    ffmpeg: Ffmpeg, make_media: MakeMedia, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(make_media("-v.wav").parent)
    assert ffmpeg.probe(Path("-v.wav")).format == "wav"


@pytest.mark.parametrize("length", [10, 100_000])
def test_text_is_not_audio(ffmpeg: Ffmpeg, tmp_path: Path, length: int) -> None:
    path = tmp_path / "text.mp3"
    path.write_text("Just words. " * (length // 12 + 1))
    try:
        assert ffmpeg.probe(path).streams == ()
    except InputError as error:
        assert "is not a sound or video file" in str(error)


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nsecret.mp3\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile secret.mp3\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("name", ["list.mp3", "list.m3u8", "list.ffconcat", "list.sdp"])
def test_files_that_refer_to_others_are_refused(
    ffmpeg: Ffmpeg, make_media: MakeMedia, tmp_path: Path, kind: str, name: str
) -> None:
    make_media("secret.mp3")
    path = tmp_path / name
    path.write_text(PLAYLISTS[kind])
    with pytest.raises(InputError, match="is not a sound or video file"):
        ffmpeg.probe(path)
    output = bytearray()
    ffmpeg.decode(Extract(str(path), 0), output.extend)
    assert not output


def test_samples_are_mono_at_16_khz(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    path = make_media("a.flac", *SINE, "-ar", "8000", "-ac", "2")
    samples, decoding = decode(ffmpeg, Extract(str(path), 0))
    assert len(samples) == 2 * SAMPLE_RATE
    spectrum = np.abs(np.fft.rfft(samples[:SAMPLE_RATE]))
    assert int(np.argmax(spectrum)) == 440
    assert decoding.loudness_lufs == pytest.approx(-21, abs=3)
    assert not decoding.damaged


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.m4a", "a.ogg", "a.mkv", "a.opus", "a.ts"])
def test_a_sample_stands_at_its_time(ffmpeg: Ffmpeg, make_media: MakeMedia, name: str) -> None:
    # A click of 100 ms at 1.5 s, decoded from 1 s on, must lie at 0.5 s.
    click = "aevalsrc=0.8*sin(2*PI*1000*t)*between(t\\,1.5\\,1.6):s=48000:d=3"
    path = make_media(name, "-f", "lavfi", "-i", click)
    samples, _ = decode(ffmpeg, Extract(str(path), 0, start_ms=1000, duration_ms=1500))
    assert len(samples) == pytest.approx(1.5 * SAMPLE_RATE, abs=400)
    loud = np.flatnonzero(np.abs(samples) > 0.3)
    assert loud[0] / SAMPLE_RATE == pytest.approx(0.5, abs=0.03)
    assert loud[-1] / SAMPLE_RATE == pytest.approx(0.6, abs=0.03)


def test_sound_that_starts_after_the_picture_keeps_its_time(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    path = make_media(
        "late.mkv", "-f", "lavfi", "-i", "testsrc=size=32x32:duration=3", "-itsoffset", "1", *SINE,
        "-map", "0", "-map", "1",
    )  # fmt: skip
    samples, _ = decode(ffmpeg, Extract(str(path), 0))
    assert np.flatnonzero(np.abs(samples) > 0.05)[0] / SAMPLE_RATE == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("name", ["a.flac", "a.webm", "a.mp3", "a.ogg", "a.ts"])
def test_recordings_put_together_with_cat_are_heard_whole(
    ffmpeg: Ffmpeg, make_media: MakeMedia, name: str
) -> None:
    path = make_media(name, *SINE)
    path.write_bytes(path.read_bytes() * 2)
    samples, _ = decode(ffmpeg, Extract(str(path), 0))
    assert len(samples) / SAMPLE_RATE == pytest.approx(4, abs=0.15)
    assert level(samples[-SAMPLE_RATE:]) > 0.05


def test_a_gap_in_the_timestamps_becomes_silence(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    gap = ("-af", "asetpts=PTS+gte(T\\,1)*2/TB")
    samples, _ = decode(ffmpeg, Extract(str(make_media("gap.mkv", *SINE, *gap)), 0))
    assert len(samples) / SAMPLE_RATE == pytest.approx(4, abs=0.1)
    assert level(samples[int(1.2 * SAMPLE_RATE) : int(2.8 * SAMPLE_RATE)]) < 0.001


def test_every_one_of_eight_channels_is_heard(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    # In the k-th half second, only channel k sounds.
    voices = "|".join(f"0.5*sin(2*PI*400*t)*between(t\\,{k / 2}\\,{k / 2 + 0.5})" for k in range(8))
    path = make_media("8.wav", "-f", "lavfi", "-i", f"aevalsrc={voices}:c=7.1:d=4:s=16000")
    assert ffmpeg.probe(path).streams[0].channels == 8
    samples, _ = decode(ffmpeg, Extract(str(path), 0))
    for half in samples.reshape(8, -1):
        assert level(half) > 0.05


def test_one_channel_can_be_taken_alone(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    inverted = "aevalsrc=0.5*sin(2*PI*400*t)|-0.5*sin(2*PI*400*t):d=2"
    path = str(make_media("inverted.wav", "-f", "lavfi", "-i", inverted))
    mixed, mixed_decoding = decode(ffmpeg, Extract(path, 0))
    single, single_decoding = decode(ffmpeg, Extract(path, 0, channel=0))
    assert level(mixed) < 0.001
    assert mixed_decoding.loudness_lufs is None
    assert level(single) > 0.3
    assert single_decoding.loudness_lufs is not None


def test_damaged_data_is_reported(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    path = make_media("a.mp3", "-f", "lavfi", "-i", "anoisesrc=duration=20:amplitude=0.3")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(range(250)) * 12
    path.write_bytes(content)
    samples, decoding = decode(ffmpeg, Extract(str(path), 0))
    assert len(samples) > 10 * SAMPLE_RATE
    assert decoding.damaged


def test_a_named_program_that_is_not_there() -> None:
    with pytest.raises(DependencyError, match="no ffmpeg program at /no/ffmpeg"):
        Ffmpeg.find(ComputeSettings(ffmpeg="/no/ffmpeg"))


def test_the_system_ffmpeg_comes_before_the_bundled_one(
    make_stub: MakeStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(make_stub("echo ffmpeg version stub"))
    path.rename(path.with_name("ffmpeg"))
    monkeypatch.setenv("PATH", str(path.parent))
    assert Ffmpeg.find(ComputeSettings()).version() == "ffmpeg version stub"
    monkeypatch.setenv("PATH", "/nowhere")
    assert Ffmpeg.find(ComputeSettings()).program.path == imageio_ffmpeg.get_ffmpeg_exe()


def test_no_ffmpeg_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise RuntimeError("No ffmpeg exe could be found")

    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", none)
    with pytest.raises(DependencyError, match="no ffmpeg on this machine") as caught:
        Ffmpeg.find(ComputeSettings())
    assert "apt install ffmpeg" in caught.value.hint


@pytest.mark.parametrize("script", ["echo rubbish", "exit 1", "head -c 100000 /dev/urandom"])
def test_a_program_that_is_not_ffmpeg(make_stub: MakeStub, tmp_path: Path, script: str) -> None:
    with pytest.raises(DependencyError, match="does not answer like ffmpeg"):
        stub(make_stub(script)).probe(tmp_path / "a.mp3")


def test_a_crash_while_probing_is_an_engine_error(make_stub: MakeStub, tmp_path: Path) -> None:
    path = make_stub('case "$*" in *-demuxers*) echo " D   wav  WAV";; *) kill -SEGV $$;; esac')
    with pytest.raises(EngineError, match=r"crashed \(signal 11\)"):
        stub(path).probe(tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("layout", "channels"),
    [
        ("mono", 1), ("stereo", 2), ("2.1", 3), ("quad(side)", 4), ("5.1", 6), ("5.1(side)", 6), ("7.1", 8),
        ("5.1.4", 10), ("22.2", 24), ("8 channels", 8), ("3 channels (FL+FR+LFE)", 3),
        ("ambisonic 1", 4), ("ambisonic 3", 16), ("ambisonic 1+stereo", 6), ("hexadecagonal", 16), ("odd", 0),
    ],
)  # fmt: skip
def test_channels_of_a_layout(layout: str, channels: int) -> None:
    assert channel_count(layout) == channels
