"""The recording: the file, the sound in it, and where somebody speaks.

Frozen and neutral, times in integer milliseconds on the timeline of the recording as the user has it:
0 is its first sample, also with `--from`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from transcribe.core.show_notes import Chapter

SAMPLE_RATE = 16_000
"""Hz. Whisper's input rate (Radford et al. 2022, section 2.2); everything is resampled to it."""

SAMPLES_PER_MS = SAMPLE_RATE // 1000


@dataclass(frozen=True)
class AudioStream:
    """One audio stream of a container.

    Attributes:
        index: Position among the container's audio streams, from 0 (ffmpeg's `0:a:index`).
        codec: ffmpeg's codec name.
        sample_rate: Hz.
        channels: Number of channels; 0 where ffmpeg's name of the layout does not tell.
        language: ISO 639 code the container states, or empty.
        title: Title the container states, or empty.
        layout: ffmpeg's name of the channel layout, such as `5.1(side)` or `12 channels`; empty where not
            known.
    """

    index: int
    codec: str
    sample_rate: int
    channels: int
    language: str = ""
    title: str = ""
    default: bool = False
    layout: str = ""


@dataclass(frozen=True)
class Source:
    """A recording as found on disk.

    Attributes:
        path: Where it lies, as the user named it.
        name: File name without directories; what people are shown.
        sha256: Hex digest of the file's bytes: the recording's identity.
        container: ffmpeg's format name.
        duration_ms: Length the container states, or None where it states none.
        streams: Every audio stream, in the container's order; never empty.
        stream: Index of the audio stream that is transcribed.
        tags: Container metadata (title, artist, album, ...), sorted by key.
        pictures: Whether the length stated may be that of moving pictures or other streams.
        stamp: What the system said of the file just before it was read; empty where nobody asked.
        chapters: Those that the recording's makers set, in order of their starts.
    """

    path: str
    name: str
    sha256: str
    bytes: int
    container: str
    duration_ms: int | None
    streams: tuple[AudioStream, ...]
    stream: int
    tags: tuple[tuple[str, str], ...] = ()
    pictures: bool = False
    stamp: tuple[int, ...] = field(default=(), compare=False)
    chapters: tuple[Chapter, ...] = ()


@dataclass(frozen=True)
class Piece:
    """Sound that is stored in one go; between pieces nothing was recorded.

    Attributes:
        at: Its first sample on the timeline, counted from where the audio starts.
        stored: The same sample in the file.
    """

    at: int
    stored: int
    samples: int

    @property
    def end(self) -> int:
        """The sample after its last one on the timeline."""
        return self.at + self.samples

    def part(self, start: int, end: int) -> Piece:
        """What of it lies between two places of the timeline; may be empty."""
        first = max(self.at, start)
        return Piece(first, self.stored + first - self.at, max(0, min(self.end, end) - first))


@dataclass(frozen=True)
class Audio:
    """The recording as the recogniser hears it: mono 32-bit floats at 16 kHz, in one file.

    Attributes:
        file: Name of the raw little-endian float32 file in the work directory.
        samples: Length of its timeline in samples.
        start_ms: Where its first sample lies on the recording's timeline (`--from`).
        loudness_lufs: Integrated loudness of the decoded audio (EBU R128), None when unmeasurable.
        gain_db: Gain that brings speech to the common level; applied when samples are read.
        warnings: What went wrong while decoding without making it fail, for people.
        pieces: Where the stored samples lie on that timeline, in order; empty where they fill it.
        astray: Whether timestamps of the container are wrong or start again, so that the length it states is
            wrong, too, and nothing can be sought by them.
        faults: Those of the warnings that concern the sound itself: speech in it may go unnoticed.
    """

    file: str
    samples: int
    start_ms: int
    loudness_lufs: float | None
    gain_db: float
    warnings: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()
    astray: bool = False
    faults: tuple[str, ...] = ()

    @property
    def duration_ms(self) -> int:
        """Length in ms, rounded down."""
        return self.samples // SAMPLES_PER_MS

    @property
    def end_ms(self) -> int:
        """Where the last sample lies on the recording's timeline."""
        return self.start_ms + self.duration_ms


@dataclass(frozen=True)
class SpeechSpan:
    """A stretch in which somebody speaks: `start_ms ≤ t < end_ms`."""

    start_ms: int
    end_ms: int

    @property
    def duration_ms(self) -> int:
        """Length in ms."""
        return self.end_ms - self.start_ms

    def overlaps(self, other: SpeechSpan) -> bool:
        """Whether they have time in common."""
        return self.start_ms < other.end_ms and other.start_ms < self.end_ms

    def moved(self, to: Callable[[int], int]) -> SpeechSpan:
        """The stretch on another clock, which `to` gives the times of."""
        return SpeechSpan(to(self.start_ms), to(self.end_ms))


def joined(spans: Iterable[SpeechSpan], within_ms: int = 1) -> list[SpeechSpan]:
    """Spans in order of their starts, those with less than so much between them as one."""
    found: list[SpeechSpan] = []
    for span in sorted(spans, key=lambda each: each.start_ms):
        if found and span.start_ms - found[-1].end_ms < within_ms:
            found[-1] = SpeechSpan(found[-1].start_ms, max(found[-1].end_ms, span.end_ms))
        else:
            found.append(span)
    return found


@dataclass(frozen=True)
class SpeechSpans:
    """Every stretch of detected voice activity, in order, without overlap.

    Attributes:
        assumed: Where the detector failed, and everything is taken for speech; in order.
    """

    spans: tuple[SpeechSpan, ...]
    assumed: tuple[SpeechSpan, ...] = ()

    @property
    def duration_ms(self) -> int:
        """Total speech in ms."""
        return sum(span.duration_ms for span in self.spans)

    def moved(self, to: Callable[[int], int]) -> SpeechSpans:
        """All of it on another clock, which `to` gives the times of."""
        return SpeechSpans(
            tuple(span.moved(to) for span in self.spans), tuple(span.moved(to) for span in self.assumed)
        )
