"""Which audio track of a recording is transcribed: of several the one on which somebody speaks.

Screen recorders and video editors write a track for every source: the desktop, each microphone. Which one
players start with says nothing about where the talk is. So stretches of every track are listened to by the
speech detector; a warning names what is taken and what is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transcribe.core.digest import fingerprint
from transcribe.core.errors import InputError, UsageError
from transcribe.core.events import Warned, silent
from transcribe.core.own_process import Died
from transcribe.core.places import work_root
from transcribe.core.recording import AudioStream, Source
from transcribe.core.settings import NormaliseSettings, Settings
from transcribe.core.waveform import Waveform
from transcribe.core.workspace import LAYOUT, Workspace, scratch
from transcribe.pipeline.ports import Run, SpeechDetector
from transcribe.pipeline.stages.detect import detect
from transcribe.pipeline.stages.normalise import normalise
from transcribe.pipeline.stages.probe import best_stream, decodable, probe
from transcribe.pipeline.tracks.align import outline

Outline = NDArray[np.float32]

WHOLE_MS = 180_000
"""A shorter recording is listened to from beginning to end."""

PLACES, STRETCH_MS = 10, 12_000
"""Of a longer one this many stretches of this length, spread evenly."""

SPOKEN_MS = 500
"""A track with less speech is taken for one on which nobody speaks: a word takes as long."""

ALIKE = 0.8
"""Tracks with so much of the speech of the one with most are equals; what players start with wins."""

SAME_SOUND = 0.75
"""Correlation of the outlines of loudness from which two tracks hold the same sound: the same mix in another
coding. AAC and AC-3 of one voice have 0.87, two readers 0.3 (8 s of the sample, measured)."""

DELAY_FRAMES = 10
"""Of OUTLINE_MS: codings differ in the delay they add, up to 65 ms for AAC with SBR."""


@dataclass(frozen=True)
class Choice:
    """What was found on the tracks of a recording.

    Attributes:
        spoken: The other ones with speech of their own, which are left out.
    """

    stream: int
    spoken: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sample:
    """What stretches of one track hold.

    Attributes:
        stream: The track.
        speech_ms: How much speech was detected.
        outline: How loudness rises and falls (see `outline`), of all stretches in a row.
    """

    stream: AudioStream
    speech_ms: int
    outline: Outline


def source_of(run: Run, path: Path) -> Source:
    """Look at a recording, and at its tracks where it has several and none was chosen.

    Raises:
        InputError: As for `probe`.
        TranscribeError: It cannot be decoded, or the detector is missing.
    """
    settings = run.settings
    source = probe(path, settings.normalise.audio_stream, run.engines.prober)
    if settings.normalise.audio_stream is not None or len(decodable(source.streams)) < 2:
        return source
    work = Workspace(work_root(), f"{source.sha256[:32]}/{_fingerprint(settings)}")
    choice = work.load("streams", Choice)
    if choice is None:
        try:
            choice = _choose(run, source)
        except Died as died:
            told = f"{died.what}, to choose a track: {track_label(source.streams[source.stream])} is taken"
            run.progress(Warned(f"{source.name}: {told}; name another one with --audio-stream"))
            return source
        work.make()
        work.save("streams", choice)
    if told := _told(source, choice):
        run.progress(Warned(f"{source.name}: {told}"))
    return replace(source, stream=choice.stream)


def track_label(stream: AudioStream) -> str:
    """What people are shown: `track 2 (Mic)`; tracks are counted from 1, as players do."""
    title = " ".join(stream.title.split()) or stream.language
    return f"track {stream.index + 1}" + (f" ({title})" if title else "")


def _fingerprint(settings: Settings) -> str:
    heard = [
        option.show(value) for option, value in settings.flat() if option.group in ("normalise", "detect")
    ]
    return fingerprint((LAYOUT, "streams", heard))[:32]


def _choose(run: Run, source: Source) -> Choice:
    detector, asked = run.engines.open_detector(), run.settings.normalise
    tracks = [replace(source, stream=stream.index) for stream in decodable(source.streams)]
    parts = _parts(source, asked)
    with scratch() as folder:
        samples = [_sample(run, track, parts, detector, folder) for track in tracks]
        if len(parts) > 1 and not any(map(_speaks, samples)):  # then all of it is listened to
            samples = [_sample(run, track, [asked], detector, folder) for track in tracks]
    return choice_of(samples)


def _parts(source: Source, asked: NormaliseSettings) -> list[NormaliseSettings]:
    """The stretches that are listened to; one where the recording is short or its length not known."""
    start_ms, end_ms = asked.from_ms or 0, source.duration_ms or 0
    if asked.to_ms is not None:
        end_ms = min(end_ms, asked.to_ms)
    if end_ms - start_ms <= WHOLE_MS:
        return [asked]
    step = (end_ms - start_ms) // PLACES
    starts = [start_ms + place * step + (step - STRETCH_MS) // 2 for place in range(PLACES)]
    return [replace(asked, from_ms=start, to_ms=start + STRETCH_MS) for start in starts]


def _sample(
    run: Run, track: Source, parts: Sequence[NormaliseSettings], detector: SpeechDetector, folder: Path
) -> Sample:
    """What a track holds in these parts; in some it may hold nothing, since it is shorter than the others."""
    speech_ms, outlines = 0, [np.zeros(0, np.float32)]
    for part in parts:
        try:
            audio = normalise(track, part, folder, run.engines.decoder, silent)
        except (InputError, UsageError):
            continue
        waveform = Waveform.of(audio, folder)
        speech_ms += detect(waveform, run.settings.detect, detector, silent).duration_ms
        outlines.append(outline(waveform))
    return Sample(track.streams[track.stream], speech_ms, np.concatenate(outlines))


def choice_of(samples: Sequence[Sample]) -> Choice:
    """The track with most speech, and of about equal ones that with which players start."""
    most = max(sample.speech_ms for sample in samples)
    wanted = ALIKE * most if most >= SPOKEN_MS else 0
    best = best_stream(tuple(each.stream for each in samples if each.speech_ms >= wanted))
    taken = next(each for each in samples if each.stream is best)
    spoken = [each for each in samples if each is not taken and _speaks(each)]
    return Choice(best.index, tuple(each.stream.index for each in spoken if not _same_sound(each, taken)))


def _speaks(sample: Sample) -> bool:
    return sample.speech_ms >= SPOKEN_MS


def _same_sound(one: Sample, other: Sample) -> bool:
    """Whether two tracks hold the same, in the same language as far as the file says."""
    if one.stream.language != other.stream.language:
        return False
    frames = min(len(one.outline), len(other.outline)) - DELAY_FRAMES
    if frames < DELAY_FRAMES:
        return False
    pairs = [(one.outline, other.outline[lag:]) for lag in range(DELAY_FRAMES)]
    pairs += [(one.outline[lag:], other.outline) for lag in range(DELAY_FRAMES)]
    return max(_alike(first[:frames], second[:frames]) for first, second in pairs) >= SAME_SOUND


def _alike(one: Outline, other: Outline) -> float:
    size = float(np.linalg.norm(one) * np.linalg.norm(other))  # both have a mean of about 0
    return float(one @ other) / size if size else 0.0


def _told(source: Source, choice: Choice) -> str:
    """What a user should know about the choice, or nothing where it is the one a player makes."""
    streams = {stream.index: stream for stream in source.streams}
    usual = best_stream(source.streams)
    taken = f"{track_label(streams[choice.stream])} of {len(streams)} is transcribed"
    told = []
    if choice.stream != usual.index and usual.index not in choice.spoken:
        told.append(f"nobody speaks on {track_label(usual)}")
    if choice.spoken:
        others = ", ".join(track_label(streams[index]) for index in choice.spoken)
        told.append(
            f"the speech on {others} is left out: --tracks makes one transcript of all of them, "
            f"--audio-stream {choice.spoken[0]} takes {track_label(streams[choice.spoken[0]])} instead"
        )
    return "; ".join([taken, *told]) if told else ""
