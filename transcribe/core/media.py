"""What a media program tells about a file: the values that engines hand to the first two stages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from transcribe.core.recording import AudioStream

Sink = Callable[[bytes], object]
"""Takes a stream of bytes, block by block."""


@dataclass(frozen=True)
class Container:
    """A media file as its headers describe it; nothing in it has been decoded yet.

    Attributes:
        format: ffmpeg's format name, such as `mp3` or `mov,mp4,m4a,3gp,3g2,mj2`.
        duration_ms: Length the headers state or suggest, None where they do not.
        streams: Every audio stream with known parameters, in the file's order; empty when there is none.
        tags: Title, artist and the like, sorted by key.
        pictures: Whether it holds moving pictures or other timed streams, whose length may be the one stated.
        chapters: Start and end in ms and title of every chapter, in the file's order, as the file says them.
        estimated: Whether the length is a guess from the first frames, far off where the bitrate varies.
    """

    format: str
    duration_ms: int | None
    streams: tuple[AudioStream, ...]
    tags: tuple[tuple[str, str], ...] = ()
    pictures: bool = False
    chapters: tuple[tuple[int, int, str], ...] = ()
    estimated: bool = False


@dataclass(frozen=True)
class Extract:
    """What to decode.

    Attributes:
        stream: Index of the audio stream, from 0.
        start_ms: Where to start.
        duration_ms: How much to decode, None for everything.
        channel: The one channel to keep, from 0; None mixes all of them.
        evenly: How many channels the stream has, where they are mixed with equal weights; 0: as ffmpeg mixes
            the channels of its layout.
        stereo: Weights of the two channels of a stream in the mix, whose levels are then measured; None: as
            `evenly` says.
        seek: Whether the file is read from the start on; else from its beginning, for files whose timestamps
            start again or are wrong: a seek goes by them.
    """

    path: str
    stream: int
    start_ms: int = 0
    duration_ms: int | None = None
    channel: int | None = None
    evenly: int = 0
    stereo: tuple[float, float] | None = None
    seek: bool = True


@dataclass(frozen=True)
class Voice:
    """One track of a mix.

    Attributes:
        offset_ms: Where it starts in the mix.
        drift_ppm: How much longer everything lasts in the mix, in millionths.
    """

    extract: Extract
    offset_ms: int
    drift_ppm: float


@dataclass(frozen=True)
class Run:
    """Decoded sound from where timestamps jump, to where they jump again.

    Attributes:
        first: Its first sample, counted in what was decoded (16 kHz).
        at: Where that one lies by its timestamp, in samples at 16 kHz from the container's start.
    """

    first: int
    at: int


@dataclass(frozen=True)
class Recorded:
    """One channel as it was recorded, at its own rate, before anything was mixed or filtered.

    Attributes:
        channel: Which one, from 0.
        offset: Their mean; full scale is 1.
        rms_db: Their level, in dB of full scale, the offset included.
        peak_db: The highest of them.
        peaks: How many have the lowest value or the highest.
        flat_db: How long those stay there: 20 times the logarithm of the mean run, weighted by its length.
    """

    channel: int
    samples: int
    offset: float
    rms_db: float
    peak_db: float
    peaks: int
    flat_db: float


@dataclass(frozen=True)
class Decoding:
    """How decoding went.

    Attributes:
        loudness_lufs: Integrated loudness of what was decoded (EBU R128), None when too quiet or short.
        damaged: Whether the decoder met data that it could not make sense of.
        runs: Where timestamps jump; empty where the sound has none.
        warnings: What was read in another way than the file says, for people.
        cancelled_db: How much quieter two channels are together (see `Extract.stereo`) than two independent
            sounds of their levels would be; 0 where that was not measured.
        end_ms: Where the file ends by its header, where that does not follow from the last timestamp.
        recorded: What each channel is like; several times where the sound changes its rate or channels.
    """

    loudness_lufs: float | None
    damaged: bool
    runs: tuple[Run, ...] = ()
    warnings: tuple[str, ...] = ()
    cancelled_db: float = 0.0
    end_ms: int | None = None
    recorded: tuple[Recorded, ...] = ()
