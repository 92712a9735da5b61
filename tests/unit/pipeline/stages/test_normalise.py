from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from transcribe.core.errors import EngineError, InputError, OutputError, TranscribeError, UsageError
from transcribe.core.events import Event, StageAdvanced, silent
from transcribe.core.media import Decoding, Extract, Sink
from transcribe.core.recording import SAMPLE_RATE, Audio
from transcribe.core.settings import ComputeSettings, NormaliseSettings
from transcribe.core.waveform import Waveform
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.pipeline.ports import Decoder
from transcribe.pipeline.stages.normalise import AUDIO_FILE, gain, normalise
from transcribe.pipeline.stages.probe import probe

MakeMedia = Callable[..., Path]
MakeStub = Callable[[str], str]

NOISE = ("-f", "lavfi", "-i", "anoisesrc=duration=20:amplitude=0.3:seed=1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "work"
    path.mkdir()
    return path


def run(
    path: Path,
    folder: Path,
    ffmpeg: Ffmpeg,
    settings: NormaliseSettings | None = None,
    decoder: Decoder | None = None,
) -> Audio:
    settings = settings or NormaliseSettings()
    return normalise(probe(path, None, ffmpeg), settings, folder, decoder or ffmpeg, silent)


def failure(kind: type[TranscribeError], folder: Path, run: Callable[[], object]) -> str:
    """The message; and nothing is left in the work directory."""
    with pytest.raises(kind) as caught:
        run()
    assert list(folder.iterdir()) == []
    return str(caught.value)


def stub(path: str, stall_seconds: int = 30) -> Ffmpeg:
    return Ffmpeg.find(ComputeSettings(ffmpeg=path, stall_seconds=stall_seconds))


def test_a_recording_becomes_samples(ffmpeg: Ffmpeg, make_media: MakeMedia, folder: Path) -> None:
    audio = run(make_media("a.mp3"), folder, ffmpeg)
    assert (folder / AUDIO_FILE).stat().st_size == audio.samples * 4
    assert audio.samples == pytest.approx(SAMPLE_RATE, abs=200)
    assert (audio.start_ms, audio.warnings) == (0, ())
    assert list(folder.iterdir()) == [folder / AUDIO_FILE]


def test_the_same_recording_becomes_the_same_bytes(
    ffmpeg: Ffmpeg, make_media: MakeMedia, folder: Path
) -> None:
    path = make_media("a.ogg", *NOISE)
    first = run(path, folder, ffmpeg), (folder / AUDIO_FILE).read_bytes()
    second = run(path, folder, ffmpeg), (folder / AUDIO_FILE).read_bytes()
    assert first == second


def test_progress_is_told(ffmpeg: Ffmpeg, make_media: MakeMedia, folder: Path) -> None:
    events: list[Event] = []
    source = probe(make_media("a.wav", *NOISE), None, ffmpeg)
    normalise(source, NormaliseSettings(), folder, ffmpeg, events.append)
    assert events[-1] == StageAdvanced("normalise", 20_000)
    done = [event.done_ms for event in events if isinstance(event, StageAdvanced)]
    assert len(done) >= 2
    assert done == sorted(done)


def test_a_part_of_a_recording(ffmpeg: Ffmpeg, make_media: MakeMedia, folder: Path) -> None:
    part = NormaliseSettings(from_ms=5_000, to_ms=7_500)
    audio = run(make_media("a.wav", *NOISE), folder, ffmpeg, part)
    assert (audio.start_ms, audio.end_ms, audio.warnings) == (5_000, 7_500, ())


def test_an_end_beyond_the_end_is_no_damage(ffmpeg: Ffmpeg, make_media: MakeMedia, folder: Path) -> None:
    audio = run(make_media("a.wav"), folder, ffmpeg, NormaliseSettings(to_ms=99_000))
    assert (audio.duration_ms, audio.warnings) == (1_000, ())


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "message"),
    [
        (5_000, 5_000, "--to (5 s) does not lie after --from (5 s)"),
        (None, 0, "--to (0 s) does not lie after"),
        (25_000, None, "--from 25 s lies beyond the end of"),
        (25_000, 26_000, "which is 20 s long"),
    ],
)
def test_a_part_that_is_not_there(
    ffmpeg: Ffmpeg, make_media: MakeMedia, folder: Path, from_ms: int | None, to_ms: int, message: str
) -> None:
    path, part = make_media("a.wav", *NOISE), NormaliseSettings(from_ms=from_ms, to_ms=to_ms)
    assert message in failure(UsageError, folder, lambda: run(path, folder, ffmpeg, part))


@pytest.mark.parametrize("name", ["a.mp3", "a.wav", "a.flac", "a.ogg"])
def test_a_truncated_file_is_used_as_far_as_it_goes(
    ffmpeg: Ffmpeg, make_media: MakeMedia, folder: Path, name: str
) -> None:
    path = make_media(name, *NOISE)
    os.truncate(path, path.stat().st_size // 2)
    audio = run(path, folder, ffmpeg)
    assert audio.duration_ms == pytest.approx(10_000, abs=1_000)
    if name != "a.ogg":  # its length stands at its end: nothing is known to be missing
        assert "ends early: at " in audio.warnings[0]
        assert " of 20 s" in audio.warnings[0]


def test_a_file_with_headers_only(ffmpeg: Ffmpeg, make_media: MakeMedia, folder: Path) -> None:
    path = make_media("a.flac", *NOISE)
    os.truncate(path, 8300)
    assert "can be decoded" in failure(InputError, folder, lambda: run(path, folder, ffmpeg))


def test_channels_in_opposite_phase_are_not_lost(ffmpeg: Ffmpeg, make_media: MakeMedia, folder: Path) -> None:
    inverted = "aevalsrc=0.5*sin(2*PI*400*t)|-0.5*sin(2*PI*400*t):d=2:s=48000"
    audio = run(make_media("a.wav", "-f", "lavfi", "-i", inverted), folder, ffmpeg)
    samples = Waveform.of(audio, folder).read(0, 2000)
    assert len(samples) == audio.samples == 2 * SAMPLE_RATE
    assert np.abs(samples).max() > 0.05
    assert "cancel each other out" in audio.warnings[0]


def test_silence_in_stereo_stays_silence(ffmpeg: Ffmpeg, make_media: MakeMedia, folder: Path) -> None:
    audio = run(make_media("a.wav", "-f", "lavfi", "-i", "anullsrc=cl=stereo:d=2"), folder, ffmpeg)
    assert (audio.duration_ms, audio.loudness_lufs, audio.gain_db) == (2000, None, 0.0)
    assert audio.warnings == ()


@pytest.mark.parametrize("quieter_db", [0, 20, 30])
def test_recordings_of_any_level_come_out_alike(
    ffmpeg: Ffmpeg, make_media: MakeMedia, folder: Path, quieter_db: int
) -> None:
    path = make_media("a.flac", *NOISE, "-af", f"volume=-{quieter_db}dB")
    audio = run(path, folder, ffmpeg)
    assert audio.loudness_lufs is not None
    assert audio.loudness_lufs + audio.gain_db == pytest.approx(-20, abs=0.1)
    assert run(path, folder, ffmpeg, NormaliseSettings(loudness=False)).gain_db == 0


def test_gain_has_limits() -> None:
    assert gain(None) == 0
    assert gain(-20.0) == 0
    assert gain(-5.0) == -15
    assert gain(10.0) == -20
    assert gain(-58.0) == 38
    assert gain(-68.9) == 45


def test_a_hanging_decoder_is_stopped(
    ffmpeg: Ffmpeg, make_media: MakeMedia, make_stub: MakeStub, folder: Path
) -> None:
    path, hanging = make_media("a.wav"), stub(_decoding(make_stub, "head -c 4000 /dev/zero; sleep 600"), 1)
    said = failure(EngineError, folder, lambda: run(path, folder, ffmpeg, decoder=hanging))
    assert "has not answered for 1 seconds" in said


def test_a_crashing_decoder(ffmpeg: Ffmpeg, make_media: MakeMedia, make_stub: MakeStub, folder: Path) -> None:
    path, crashing = make_media("a.wav"), stub(_decoding(make_stub, "head -c 4000 /dev/zero; kill -SEGV $$"))
    said = failure(EngineError, folder, lambda: run(path, folder, ffmpeg, decoder=crashing))
    assert f"crashed (signal 11) while reading {path}" in said


def test_a_decoder_that_gives_up_at_once(
    ffmpeg: Ffmpeg, make_media: MakeMedia, make_stub: MakeStub, folder: Path
) -> None:
    path, failing = make_media("a.wav"), stub(_decoding(make_stub, "exit 1"))
    said = failure(InputError, folder, lambda: run(path, folder, ffmpeg, decoder=failing))
    assert f"nothing in {path} can be decoded" in said


def test_a_decoder_that_gives_up_half_way(
    ffmpeg: Ffmpeg, make_media: MakeMedia, make_stub: MakeStub, folder: Path
) -> None:
    # 16,002 bytes: a quarter of a second and half a sample.
    path, failing = make_media("a.wav", *NOISE), stub(_decoding(make_stub, "head -c 16002 /dev/zero; exit 1"))
    audio = run(path, folder, ffmpeg, decoder=failing)
    assert audio.samples == 4000
    assert (folder / AUDIO_FILE).stat().st_size == 16_000
    assert "ends early: at 0 s of 20 s" in audio.warnings[0]


def test_damage_without_loss_is_told(ffmpeg: Ffmpeg, make_media: MakeMedia, folder: Path) -> None:
    class Complaining:
        def decode(self, extract: Extract, sink: Sink) -> Decoding:
            sink(bytes(4 * SAMPLE_RATE))
            return Decoding(-20.0, damaged=True)

    audio = run(make_media("a.wav"), folder, ffmpeg, decoder=Complaining())
    assert "parts of the file are damaged or missing" in audio.warnings[0]


def test_sound_without_an_end_leaves_some_of_the_disk_free(
    ffmpeg: Ffmpeg, make_media: MakeMedia, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []

    class Endless:
        def decode(self, _extract: Extract, sink: Sink) -> Decoding:
            while True:
                written.append(1_000_000)
                sink(b"1" * 1_000_000)

    def disk(_folder: Path) -> tuple[int, int, int]:
        return 1_000_000_000_000, 0, 600_000_000 - sum(written)

    monkeypatch.setattr("transcribe.core.disk.shutil.disk_usage", disk)
    path = make_media("a.wav")
    with pytest.raises(OutputError, match="the decoded sound has not ended after 135 MB") as caught:
        run(path, folder, ffmpeg, decoder=Endless())
    assert list(folder.iterdir()) == []
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOSPC  # `watch` waits until there is room


def test_a_full_disk(ffmpeg: Ffmpeg, make_media: MakeMedia, small_disk: Path) -> None:
    path = make_media("a.wav", *NOISE)
    said = failure(OutputError, small_disk, lambda: run(path, small_disk, ffmpeg))
    assert "the disk is full" in said


def _decoding(make_stub: MakeStub, script: str) -> str:
    """A stub that lists its containers like ffmpeg and does `script` when it is to decode."""
    real = imageio_ffmpeg.get_ffmpeg_exe()
    return make_stub(f'case "$*" in *-demuxers*) exec "{real}" "$@";; esac\n{script}\n')


def test_one_channel_of_several(make_media: MakeMedia, folder: Path, ffmpeg: Ffmpeg) -> None:
    two = (
        "-f",
        "lavfi",
        "-i",
        "anoisesrc=duration=2:seed=1",
        "-f",
        "lavfi",
        "-i",
        "anullsrc=r=44100:cl=mono",
    )
    path = make_media("two.wav", *two, "-filter_complex", "[0][1]amerge=inputs=2", "-t", "2")
    levels = []
    for channel in (1, 2):
        audio = run(path, folder, ffmpeg, NormaliseSettings(channel=channel, loudness=False))
        samples = Waveform.of(audio, folder).read(0, 2000)
        levels.append(float(np.abs(samples).mean()))
    assert levels[0] > 0.1
    assert levels[1] == 0
    (folder / AUDIO_FILE).unlink()
    message = failure(UsageError, folder, lambda: run(path, folder, ffmpeg, NormaliseSettings(channel=3)))
    assert "has no channel 3; it has 2 channels" in message
