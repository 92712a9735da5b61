"""Stage 3: from samples to SpeechSpans: where somebody speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import fmean

from transcribe.core.events import Progress, StageAdvanced, silent
from transcribe.core.own_process import Died
from transcribe.core.recording import SAMPLES_PER_MS, SpeechSpan, SpeechSpans, joined
from transcribe.core.settings import DetectSettings
from transcribe.core.timecode import format_stretch
from transcribe.core.waveform import Waveform
from transcribe.pipeline.ports import SpeechDetector
from transcribe.pipeline.stages.level import level_of

WINDOW_SAMPLES = 512
WINDOW_MS = WINDOW_SAMPLES // SAMPLES_PER_MS
"""32 ms: the window Silero's 16 kHz model was trained on."""

HYSTERESIS = 0.15
"""Speech goes on until the probability is this far below the threshold; Silero's own value.

Source: `get_speech_timestamps` in https://github.com/snakers4/silero-vad
"""

BLOCK_SAMPLES = 8192 * WINDOW_SAMPLES
"""262 s (17 MB) at a time: memory does not grow with the recording's length, and a detector has enough
to rate several stretches side by side."""


STEADY_DB = 1.0
STEADY_MS = 1_000
MEASURED_MS = 30_000
"""A burst is no speech where the level varies less (`level.py`) in it and around it, measured over at least a
second and at most 30 s: noise that is raised to the loudness of speech gives such bursts.
Measured in noise: 0.26 to 0.83 dB."""


UNSURE = 0.05
UNSURE_MS = 1_000
UNSURE_WINDOW_MS = 2_000
"""Two seconds of a pause in which the mean probability is higher count as speech, and so does a shorter
pause of at least one: there the recogniser is asked. Measured in the pauses of 18 clips: 2 s of 92 s in
clean speech (0.06), 2 s of 31 s of noise, 2 s of 49 s of music; of radio traffic, where somebody speaks,
16 s of 37 s."""


def detect(
    waveform: Waveform,
    settings: DetectSettings,
    detector: SpeechDetector,
    progress: Progress,
    on_death: Callable[[Died], None] | None = None,
) -> SpeechSpans:
    """Find every stretch in which somebody speaks.

    Args:
        on_death: Told where the detector crashed or hung; the block in which it did is taken for speech, and
            the next one begins without a memory. None: that is an error.

    Raises:
        ModelError: The detector's weights are missing.
        Died: The detector crashed or hung; the message says where in the recording.
        EngineError: The samples cannot be read.
    """
    found: list[SpeechSpan] = []
    assumed: list[SpeechSpan] = []
    for stretch in waveform.stretches():
        first_ms = stretch.start // SAMPLES_PER_MS
        rating = _Rating(waveform, stretch, detector, progress, on_death)
        rated = rating.probabilities()
        assumed += rating.assumed
        sure = speech_bursts(rated, settings.speech_threshold)
        bursts = [*sure, *unsure(rated, sure, settings.speech_pad_ms)]
        found += _moved(sorted(bursts, key=lambda burst: burst.start_ms), first_ms)
    length_ms = waveform.end_ms - waveform.start_ms
    padded = pad(_lasting(found, waveform, settings, assumed), settings.speech_pad_ms, length_ms)
    return SpeechSpans(_moved(padded, waveform.start_ms), _moved(assumed, waveform.start_ms))


def speech_in(
    waveform: Waveform, part: SpeechSpan, settings: DetectSettings, detector: SpeechDetector
) -> tuple[SpeechSpan, ...]:
    """Speech in a part of a recording, heard by itself; not padded.

    Raises:
        As `detect`.
    """
    first_ms, last_ms = (each - waveform.start_ms for each in (part.start_ms, part.end_ms))
    stretch = range(first_ms * SAMPLES_PER_MS, min(last_ms * SAMPLES_PER_MS, waveform.samples))
    rated = _Rating(waveform, stretch, detector, silent, None).probabilities()
    found = _moved(speech_bursts(rated, settings.speech_threshold), first_ms)
    return _moved(_lasting(found, waveform, settings), waveform.start_ms)


def _lasting(
    found: Iterable[SpeechSpan],
    waveform: Waveform,
    settings: DetectSettings,
    assumed: Sequence[SpeechSpan] = (),
) -> list[SpeechSpan]:
    """Bursts that are long enough and no steady noise, or assumed; near ones as one."""
    return [
        burst
        for burst in joined(found, settings.min_silence_ms)
        if any(map(burst.overlaps, assumed))
        or (burst.duration_ms >= settings.min_speech_ms and not is_steady(burst, waveform))
    ]


def _moved(spans: Iterable[SpeechSpan], by_ms: int) -> tuple[SpeechSpan, ...]:
    return tuple(span.moved(by_ms.__add__) for span in spans)


class _Rating:
    """Rates a stretch without long gaps; times are in ms from the waveform's first sample.

    Attributes:
        assumed: Blocks over which the detector died.
    """

    def __init__(
        self,
        waveform: Waveform,
        stretch: range,
        detector: SpeechDetector,
        progress: Progress,
        on_death: Callable[[Died], None] | None,
    ) -> None:
        self.assumed: list[SpeechSpan] = []
        self._waveform, self._stretch = waveform, stretch
        self._detector, self._progress, self._on_death = detector, progress, on_death
        self._first_ms = stretch.start // SAMPLES_PER_MS
        self._end_ms = self._first_ms + -(-len(stretch) // SAMPLES_PER_MS)
        self._probabilities: list[float] = []

    def probabilities(self) -> list[float]:
        """Of speech in each window; 1 where the detector died."""
        blocks = self._waveform.blocks(BLOCK_SAMPLES, self._stretch)
        while True:
            try:
                for block in self._detector.probabilities(blocks):
                    self._add(block.tolist())
            except Died as died:
                self._assume(died)
            else:
                return self._probabilities

    @property
    def _far_ms(self) -> int:
        return min(self._first_ms + len(self._probabilities) * WINDOW_MS, self._end_ms)

    def _add(self, probabilities: list[float]) -> None:
        self._probabilities += probabilities
        self._progress(StageAdvanced("detect", self._far_ms))

    def _assume(self, died: Died) -> None:
        """Take the block over which the detector died for speech."""
        start_ms = self._far_ms
        samples = min(BLOCK_SAMPLES, len(self._stretch) - len(self._probabilities) * WINDOW_SAMPLES)
        end_ms = min(start_ms + -(-samples // SAMPLES_PER_MS), self._end_ms)
        place = format_stretch(self._waveform.start_ms + start_ms, self._waveform.start_ms + end_ms)
        placed = Died(f"{died.what}, at {place}", died.hint)
        if self._on_death is None:
            raise placed from died
        self._on_death(placed)
        self.assumed.append(SpeechSpan(start_ms, end_ms))
        self._add([1.0] * -(-samples // WINDOW_SAMPLES))


def speech_bursts(probabilities: Iterable[float], threshold: float) -> list[SpeechSpan]:
    """Runs of windows, from one that reaches the threshold up to one clearly below it."""
    bursts: list[SpeechSpan] = []
    start: int | None = None
    position = 0
    for position, probability in enumerate(probabilities, 1):
        if start is None and probability >= threshold:
            start = position - 1
        elif start is not None and probability < threshold - HYSTERESIS:
            bursts.append(SpeechSpan(start * WINDOW_MS, (position - 1) * WINDOW_MS))
            start = None
    if start is not None:
        bursts.append(SpeechSpan(start * WINDOW_MS, position * WINDOW_MS))
    return bursts


def unsure(probabilities: Sequence[float], bursts: Iterable[SpeechSpan], pad_ms: int) -> Iterator[SpeechSpan]:
    """Parts of long pauses that may be speech: the detector is not quite sure of silence there.

    Args:
        probabilities: Of speech, one for each window of `WINDOW_MS`.
        bursts: Where it is surely speech.
        pad_ms: How much of a pause at either end belongs to the speech beside it.
    """
    most = UNSURE_WINDOW_MS // WINDOW_MS
    edges = [-pad_ms, *(edge for burst in bursts for edge in (burst.start_ms, burst.end_ms))]
    edges.append(len(probabilities) * WINDOW_MS + pad_ms)
    for end_ms, start_ms in zip(edges[::2], edges[1::2], strict=True):
        first, last = (end_ms + pad_ms) // WINDOW_MS, (start_ms - pad_ms) // WINDOW_MS
        size = min(most, last - first)
        if size * WINDOW_MS < UNSURE_MS:
            continue
        for start in range(first, last - size + 1, size):
            if fmean(probabilities[start : start + size]) >= UNSURE:
                yield SpeechSpan(start * WINDOW_MS, (start + size) * WINDOW_MS)


def is_steady(burst: SpeechSpan, waveform: Waveform) -> bool:
    """Whether a burst lies in noise of one level, which the detector may take for speech where it is raised.

    Args:
        burst: In ms from the waveform's first sample.
    """
    length_ms = waveform.end_ms - waveform.start_ms
    if length_ms < STEADY_MS:
        return False
    more_ms = max(0, STEADY_MS - burst.duration_ms) // 2
    first_ms = min(max(0, burst.start_ms - more_ms), length_ms - STEADY_MS)
    last_ms = min(max(first_ms + STEADY_MS, burst.end_ms + more_ms), first_ms + MEASURED_MS, length_ms)
    start_ms, end_ms = (waveform.start_ms + each for each in (first_ms, last_ms))
    samples = waveform.read(start_ms, end_ms)
    return level_of(samples).varies_db < STEADY_DB


def pad(spans: list[SpeechSpan], pad_ms: int, length_ms: int) -> list[SpeechSpan]:
    """Lengthen every span at both ends; neighbours meet in the middle of their pause."""
    padded: list[SpeechSpan] = []
    for index, span in enumerate(spans):
        earliest = _middle(spans[index - 1], span) if index else 0
        latest = _middle(span, spans[index + 1]) if index + 1 < len(spans) else length_ms
        padded.append(SpeechSpan(max(earliest, span.start_ms - pad_ms), min(latest, span.end_ms + pad_ms)))
    return padded


def _middle(span: SpeechSpan, after: SpeechSpan) -> int:
    return (span.end_ms + after.start_ms) // 2
