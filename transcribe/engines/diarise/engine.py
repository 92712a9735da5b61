"""The diariser: windows → speakers at a time → snippets → people → turns; on ONNX Runtime, NumPy and SciPy.

Segmentation and the count of speakers are those of pyannote.audio's pipeline (Bredin, "pyannote.audio 2.1
speaker diarization pipeline", Interspeech 2023); voices are CAM++'s, and who speaks is told by both, because
either alone misses what the other hears. docs/speakers.md has the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from transcribe.core.diarisation import Diarisation, Voice
from transcribe.core.episode import Turn, Turns
from transcribe.core.own_process import Tell
from transcribe.core.recording import SpeechSpans
from transcribe.core.waveform import Waveform
from transcribe.engines.diarise.clustering import people, strands
from transcribe.engines.diarise.segmentation import (
    BATCH,
    FRAME_STEP,
    WINDOW_FRAMES,
    Window,
    rate,
    read_window,
    window_starts,
)
from transcribe.engines.diarise.sessions import Network
from transcribe.engines.diarise.snippets import HOP_SECONDS, listen
from transcribe.engines.diarise.timeline import likeness, speaker_counts, speaking, stretches

STEP = 148
"""Frames from one window to the next: 2.5 s."""

SEGMENTATION_SHARE = 0.4
"""Of the time that all takes; measured."""


@dataclass(frozen=True)
class Networks:
    """What tells speakers apart.

    Attributes:
        segmentation: ONNX file of pyannote segmentation 3.0.
        voice: Of CAM++.
        identity: What to call both.
        threads: How many may be used.
    """

    segmentation: Path
    voice: Path
    identity: str
    threads: int


def diarise(
    networks: Networks, waveform: Waveform, speech: SpeechSpans, fewest: int, most: int | None, tell: Tell
) -> Diarisation:
    """Who speaks when; speakers are called by numbers. Windows without speech are not looked at.

    Raises:
        EngineError: ONNX Runtime cannot load a file, a network failed, or the samples are gone.
        DependencyError: A package of the extra `diarize` is missing.
    """
    segment = _loaded(networks.segmentation, "waveform", networks.threads)
    hear = _loaded(networks.voice, "mel", networks.threads)
    length_ms = waveform.end_ms - waveform.start_ms
    windows: list[Window] = []
    starts = window_starts(waveform, speech, STEP)
    for number in range(0, len(starts), BATCH):
        batch = [(start, read_window(waveform, start)) for start in starts[number : number + BATCH]]
        windows += rate(segment, batch)
        tell(int(SEGMENTATION_SHARE * (len(windows) / len(starts)) * length_ms))
    counts = speaker_counts(windows, waveform.samples // FRAME_STEP + 1)
    further = 1 - SEGMENTATION_SHARE
    snippets = listen(
        waveform,
        counts == 1,
        hear,
        lambda share: tell(int((SEGMENTATION_SHARE + further * share) * length_ms)),
    )
    voices, sizes = strands(windows, snippets)
    if not len(voices):
        return Diarisation(Turns((), networks.identity))
    seconds = sizes * np.float32(HOP_SECONDS * STEP / WINDOW_FRAMES)  # each lies in several windows
    means = people(voices, seconds, fewest, most)
    active = speaking(windows, counts, likeness(snippets, means, len(counts)))
    turns = [
        Turn(span.start_ms, span.end_ms, str(person))
        for person in range(len(means))
        for span in stretches(active[:, person], waveform.start_ms, waveform.end_ms)
    ]
    turns.sort(key=lambda turn: (turn.start_ms, turn.end_ms, int(turn.speaker)))
    heard = tuple(Voice(str(person), tuple(map(float, mean))) for person, mean in enumerate(means))
    return Diarisation(Turns(tuple(turns), networks.identity), heard)


@lru_cache(maxsize=2)
def _loaded(path: Path, name: str, threads: int) -> Network:
    return Network(path, name, threads)
