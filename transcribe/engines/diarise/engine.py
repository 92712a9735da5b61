"""The diariser: windows → local speakers → voices → people → turns; all of it on ONNX Runtime and NumPy.

The outline is that of pyannote.audio's pipeline (Bredin, "pyannote.audio 2.1 speaker diarization pipeline",
Interspeech 2023), with other voices (CAM++) and clustering of our own; see docs/speakers.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transcribe.engines.diarise.clustering import match, people
from transcribe.engines.diarise.mel import FRAME, SHIFT, mel_spectrum
from transcribe.engines.diarise.segmentation import (
    BATCH,
    FRAME_CENTRE,
    FRAME_STEP,
    LOCAL,
    WINDOW_FRAMES,
    Window,
    rate,
    read_window,
    window_starts,
)
from transcribe.engines.diarise.segmentation_net import segmentation_graph
from transcribe.engines.diarise.sessions import Network
from transcribe.engines.diarise.timeline import speaking, stretches
from transcribe.engines.diarise.voice_net import voice_graph
from transcribe.episode import SAMPLES_PER_MS, SpeechSpans, Turn, Turns
from transcribe.voice import Diarisation, Voice
from transcribe.waveform import Waveform

STEP = 59
"""Frames from one window to the next: one second."""

CLEAN_SECONDS = 1.0
"""Speech of one voice alone that people are found by; shorter pieces go to the nearest of them."""

SHORTEST_SECONDS = 0.25
"""Speech from which a voice is listened to at all."""

SECONDS = FRAME_STEP / (1000 * SAMPLES_PER_MS)
"""Of one frame."""


class LocalDiariser:
    """Tells speakers apart with pyannote segmentation 3.0 and CAM++.

    Args:
        segmentation: PyTorch's checkpoint of the first.
        voice: Of the second.
        identity: What to call both.
        threads: How many may be used.

    Raises:
        ModelError: A checkpoint is damaged.
        DependencyError: A package of the extra `diarize` is missing.
    """

    def __init__(self, segmentation: Path, voice: Path, identity: str, threads: int) -> None:
        self.identity = identity
        self._segmentation = Network(segmentation, segmentation_graph, "waveform", threads)
        self._voice = Network(voice, voice_graph, "mel", threads)

    def diarise(
        self,
        waveform: Waveform,
        speech: SpeechSpans,
        fewest: int,
        most: int | None,
        tell: Callable[[int], None],
    ) -> Diarisation:
        """Who speaks when; speakers are called by numbers.

        Args:
            waveform: The recording.
            speech: Where somebody speaks; the rest is not looked at.
            fewest: Speakers there are at the least.
            most: At the most; None: as many as are found.
            tell: Told how many ms are gone through.

        Raises:
            EngineError: A network failed, or the samples are gone.
        """
        heard = self._listen(waveform, speech, tell)
        if not heard.vectors:
            return Diarisation(Turns((), self.identity))
        vectors, seconds = np.stack(heard.vectors), np.array(heard.seconds, np.float32)
        clean = seconds >= min(CLEAN_SECONDS, float(seconds.max()))
        share = STEP / WINDOW_FRAMES  # every second is in so many windows
        means = people(vectors[clean], seconds[clean] * share, fewest, most)
        persons = match(vectors @ means.T, heard.places, len(heard.windows), LOCAL)
        frames = waveform.samples // FRAME_STEP + 1
        active = speaking(heard.windows, persons, frames, len(means))
        turns = [
            Turn(start, end, str(person))
            for person in range(len(means))
            for start, end in stretches(active[:, person], waveform.start_ms, waveform.end_ms)
        ]
        turns.sort(key=lambda turn: (turn.start_ms, turn.end_ms, int(turn.speaker)))
        voices = tuple(Voice(str(person), tuple(map(float, mean))) for person, mean in enumerate(means))
        return Diarisation(Turns(tuple(turns), self.identity), voices)

    def _listen(self, waveform: Waveform, speech: SpeechSpans, tell: Callable[[int], None]) -> _Heard:
        heard = _Heard()
        starts = window_starts(waveform, speech, STEP)
        for number in range(0, len(starts), BATCH):
            batch = [(start, read_window(waveform, start)) for start in starts[number : number + BATCH]]
            for window, (start, samples) in zip(rate(self._segmentation, batch), batch, strict=True):
                self._hear_voices(heard, window, samples)
                tell((start * FRAME_STEP + len(samples)) // SAMPLES_PER_MS)
        return heard

    def _hear_voices(self, heard: _Heard, window: Window, samples: NDArray[np.float32]) -> None:
        heard.windows.append(window)
        alone = window.speech.sum(axis=1) == 1
        mel: NDArray[np.float32] | None = None
        for local in range(LOCAL):
            frames = window.speech[:, local] & alone
            if frames.sum() * SECONDS < SHORTEST_SECONDS:
                frames = window.speech[:, local]
            seconds = float(frames.sum() * SECONDS)
            if seconds < SHORTEST_SECONDS:
                continue
            mel = mel_spectrum(samples) if mel is None else mel
            spoken = mel[frames[_frames_of(len(mel))]]
            vector = self._voice((spoken - spoken.mean(axis=0))[None])[0]
            heard.vectors.append(vector / max(float(np.linalg.norm(vector)), 1e-9))
            heard.seconds.append(seconds)
            heard.places.append((len(heard.windows) - 1, local))


@dataclass
class _Heard:
    """What was heard in all windows.

    Attributes:
        windows: Each window.
        vectors: Each voice, of length 1.
        seconds: How much speech it was made of.
        places: Its window and local speaker.
    """

    windows: list[Window] = field(default_factory=list)
    vectors: list[NDArray[np.float32]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)


def _frames_of(count: int) -> NDArray[np.intp]:
    """The segmentation's frame that each of so many Mel frames lies in."""
    centres = np.arange(count) * SHIFT + FRAME // 2
    return np.clip((centres - FRAME_CENTRE + FRAME_STEP // 2) // FRAME_STEP, 0, WINDOW_FRAMES - 1)
