"""Files with several audio tracks: the one that speaks is transcribed, and a warning names the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from studio import Studio

from transcribe.core.digest import sealed
from transcribe.core.errors import InputError, UsageError
from transcribe.core.events import Event, Warned
from transcribe.core.recording import AudioStream, Source
from transcribe.core.settings import Settings
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.engines.silero import SileroDetector
from transcribe.pipeline.ports import Engines, Run
from transcribe.pipeline.tracks.choice import Choice, Sample, choice_of, source_of
from transcribe.pipeline.tracks.inputs import parts_of, track_jobs

MakeMedia = Callable[..., Path]

SAMPLE = Path(__file__).resolve().parents[4] / "samples" / "two-voices.flac"

DICKENS = ("-ss", "0", "-t", "8", "-i", str(SAMPLE))
AUSTEN = ("-ss", "12.7", "-t", "8", "-i", str(SAMPLE))
SILENCE = ("-f", "lavfi", "-t", "8", "-i", "anullsrc=r=48000:cl=stereo")
MUSIC = ("-f", "lavfi", "-i", "aevalsrc=0.2*sin(2*PI*220*t)+0.2*sin(2*PI*277*t)+0.2*sin(2*PI*330*t):d=8")


def engines_with(ffmpeg: Ffmpeg) -> Engines:
    studio = Studio().engines()
    return Engines(
        program=studio.program, prober=ffmpeg, decoder=ffmpeg, open_detector=SileroDetector,
        open_workers=studio.open_workers, engine=studio.engine, model=studio.model,
    )  # fmt: skip


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    return tmp_path / "work"


def found(path: Path, ffmpeg: Ffmpeg, **options: object) -> tuple[Source, list[str]]:
    events: list[Event] = []
    source = source_of(Run(Settings.of(**options), engines_with(ffmpeg), events.append), path)
    return source, [event.message for event in events if isinstance(event, Warned)]


def file_of(make_media: MakeMedia, name: str, *tracks: tuple[str, ...], titles: tuple[str, ...] = ()) -> Path:
    """One file with these tracks; the first one is the default."""
    inputs = [word for track in tracks for word in track]
    maps = [word for number in range(len(tracks)) for word in ("-map", f"{number}:a")]
    said = [
        word for n, title in enumerate(titles) for word in (f"-metadata:s:a:{n}", f"title={title}")
    ]  # fmt: skip
    flags = [word for n in range(len(tracks)) for word in (f"-disposition:a:{n}", "0" if n else "default")]
    return make_media(name, *inputs, *maps, *said, *flags)


@pytest.mark.parametrize("name", ["obs.mkv", "obs.mp4", "obs.mov", "obs.ts"])
def test_the_track_that_speaks_is_taken(ffmpeg: Ffmpeg, make_media: MakeMedia, work: Path, name: str) -> None:
    path = file_of(make_media, name, SILENCE, DICKENS)
    source, told = found(path, ffmpeg)
    assert source.stream == 1
    assert told == [f"{name}: track 2 of 2 is transcribed; nobody speaks on track 1"]
    assert found(path, ffmpeg)[0].stream == 1


def test_the_choice_is_kept(ffmpeg: Ffmpeg, make_media: MakeMedia, work: Path) -> None:
    path = file_of(make_media, "obs.mkv", SILENCE, DICKENS)
    first = found(path, ffmpeg)
    (kept,) = work.rglob("streams.json")
    kept.write_bytes(sealed("streams", b'{"stream":0,"spoken":[1]}'))
    assert found(path, ffmpeg)[0].stream == 0
    kept.unlink()
    assert found(path, ffmpeg) == first
    assert [each for each in work.iterdir() if each.suffix == ".tmp"] == []


def test_of_three_tracks_two_speak(ffmpeg: Ffmpeg, make_media: MakeMedia, work: Path) -> None:
    titles = ("Desktop", "Mic", "Gość\n2")
    path = file_of(make_media, "talk.mkv", MUSIC, DICKENS, AUSTEN, titles=titles)
    source, (told,) = found(path, ffmpeg)
    taken, left = (1, 2) if source.stream == 1 else (2, 1)
    names = {1: "track 2 (Mic)", 2: "track 3 (Gość 2)"}
    assert told == (
        f"talk.mkv: {names[taken]} of 3 is transcribed; nobody speaks on track 1 (Desktop); the speech on "
        f"{names[left]} is left out: --tracks makes one transcript of all of them, "
        f"--audio-stream {left} takes {names[left]} instead"
    )


def test_where_nobody_chooses_nothing_is_said(ffmpeg: Ffmpeg, make_media: MakeMedia, work: Path) -> None:
    path = file_of(make_media, "talk.mkv", SILENCE, DICKENS)
    source, told = found(path, ffmpeg, audio_stream=0)
    assert (source.stream, told) == (0, [])
    assert not work.exists()
    one, told = found(make_media("one.flac", *DICKENS), ffmpeg)
    assert (one.stream, told) == (0, [])
    usual, told = found(file_of(make_media, "usual.mkv", DICKENS, MUSIC, SILENCE), ffmpeg)
    assert (usual.stream, told) == (0, [])


def test_the_same_sound_in_another_coding_is_not_left_out(
    ffmpeg: Ffmpeg, make_media: MakeMedia, work: Path
) -> None:
    path = make_media(
        "film.mkv", *DICKENS, "-map", "0:a", "-map", "0:a", "-c:a:0", "aac", "-ac:a:0", "2",
        "-c:a:1", "ac3", "-ac:a:1", "6", "-b:a:1", "192k",
    )  # fmt: skip
    source, told = found(path, ffmpeg)
    assert source.stream in (0, 1)
    assert told == []


def test_silence_on_every_track(ffmpeg: Ffmpeg, make_media: MakeMedia, work: Path) -> None:
    source, told = found(file_of(make_media, "nothing.mkv", SILENCE, SILENCE), ffmpeg)
    assert (source.stream, told) == (0, [])


def test_who_speaks_in_a_few_moments_of_a_long_recording_is_found(
    ffmpeg: Ffmpeg, make_media: MakeMedia, work: Path
) -> None:
    """Nobody speaks in any of the stretches that are looked at first."""
    late = ("-af", "adelay=53000:all=1,apad=whole_dur=600")
    voice = make_media("voice.flac", *DICKENS, *late)
    path = make_media(
        "long.mkv", "-f", "lavfi", "-t", "600", "-i", "anullsrc=r=16000:cl=mono", "-i", str(voice),
        "-map", "0:a", "-map", "1:a", "-c:a", "flac", "-disposition:a:0", "default",
    )  # fmt: skip
    assert found(path, ffmpeg)[0].stream == 1
    part, told = found(path, ffmpeg, from_ms=300_000, to_ms=320_000)
    assert (part.stream, told) == (0, [])


def sample(index: int, speech_ms: int, *, default: bool = False, seed: int | None = None) -> Sample:
    outline = np.random.default_rng(index if seed is None else seed).normal(size=1000).astype(np.float32)
    return Sample(AudioStream(index, "aac", 48_000, 1, default=default), speech_ms, outline)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([sample(0, 0, default=True), sample(1, 9_000), sample(2, 0)], Choice(1)),
        ([sample(0, 3_000, default=True), sample(1, 9_000)], Choice(1, (0,))),
        ([sample(0, 8_000, default=True), sample(1, 9_000)], Choice(0, (1,))),
        ([sample(0, 8_000), sample(1, 9_000, default=True), sample(2, 8_500)], Choice(1, (0, 2))),
        ([sample(0, 300, default=True), sample(1, 0)], Choice(0)),
        ([sample(0, 8_000, default=True, seed=1), sample(1, 8_000, seed=1)], Choice(0)),
    ],
)
def test_what_is_taken_and_what_is_left_out(samples: list[Sample], expected: Choice) -> None:
    assert choice_of(samples) == expected


def test_the_tracks_of_a_file_are_jobs(ffmpeg: Ffmpeg, make_media: MakeMedia, work: Path) -> None:
    path = file_of(make_media, "talk.mkv", SILENCE, DICKENS, AUSTEN, titles=("", "Mic", "Mic"))
    settings = Settings.of(tracks=True, track_speakers="track3=Ala")
    jobs = parts_of(Run(settings, engines_with(ffmpeg)), path)
    assert [(job.source.stream, job.track.speaker, job.track.label) for job in jobs] == [
        (0, "Track 1", "talk.mkv, track 1"),
        (1, "Mic 2", "talk.mkv, track 2"),
        (2, "Ala", "talk.mkv, track 3"),
    ]


@pytest.mark.parametrize("options", [{"audio_stream": 1}, {"channel": 1}, {"channels": True}])
def test_tracks_are_whole(
    ffmpeg: Ffmpeg, make_media: MakeMedia, work: Path, options: dict[str, object]
) -> None:
    path = file_of(make_media, "talk.mkv", SILENCE, DICKENS)
    settings = Settings.of(tracks=True, **options)
    with pytest.raises(UsageError, match="--tracks recognises every track whole"):
        parts_of(Run(settings, engines_with(ffmpeg)), path)


def test_each_refusal_names_the_command_that_works(ffmpeg: Ffmpeg, make_media: MakeMedia, work: Path) -> None:
    engines = engines_with(ffmpeg)
    several = file_of(make_media, "talk.mkv", SILENCE, (*DICKENS,), titles=("Desktop", "Mic"))
    stereo = make_media("stereo.wav", *DICKENS, "-ac", "2")
    mono = make_media("mono.wav", *DICKENS, "-ac", "1")

    def refusal(path: Path, **options: object) -> str:
        settings = Settings.of(**options)
        with pytest.raises(InputError) as caught:
            if settings.tracks.divided:
                parts_of(Run(settings, engines), path)
            else:
                track_jobs(Run(settings, engines), [path])
        return str(caught.value)

    assert "has one channel" in refusal(several, channels=True)
    assert "Run transcribe FILE --tracks" in refusal(several, channels=True)
    assert "Leave out --channels" in refusal(mono, channels=True)
    assert "Run transcribe FILE --tracks" in refusal(several)
    assert "Run transcribe FILE --channels" in refusal(stereo)
    assert "Run transcribe FILE --speakers auto" in refusal(mono)
    assert "Run transcribe FILE --channels" in refusal(stereo, tracks=True)
    assert "Run transcribe FILE --speakers auto" in refusal(mono, tracks=True)
