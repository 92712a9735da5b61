"""Which channels of a recording are heard, and how several become one."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

from transcribe.core.errors import InputError, UsageError
from transcribe.core.media import Decoding, Extract
from transcribe.core.recording import AudioStream, Source

MOST_CHANNELS = 64
"""More than these neither ffmpeg's resampler nor its filters take (SWR_CH_MAX in libswresample)."""

SILENT_LUFS = -69.0
"""Below this EBU R128 measures nothing."""

CERTAIN_DB = 6.0
"""A channel has to be so much louder than needed to be heard in the mix before a cancellation is claimed."""

NEARLY_DB = 5.0
"""So much quieter than two independent channels is the sum of two that cancel each other out. The same voice
in both, one inverted: 7 dB where that one has half the amplitude, 23 dB where it has nine tenths."""

LESS_VARIED_DB = 3.0
"""Speech varies in level by 7 to 14 dB, noise by 2 (level.py): where the difference of two channels varies so
much less than their sum, it is noise that cancels out, and the voice is in the sum."""

MOST_DB = 60.0
"""Beyond this the rest is rounding."""

SUM, DIFFERENCE = (0.5, 0.5), (0.5, -0.5)

_WHOLE = re.compile(r"mono|stereo|downmix|quad|hexagonal|octagonal|\d\.\d")
"""Layouts of which ffmpeg's own downmix hears every channel. In others it loses the upper ones (7.1.4), or
fails (17 channels); where it knows no places, a channel is a microphone."""


def extract_of(source: Source, start_ms: int, length_ms: int | None, channel: int | None) -> Extract:
    """What to decode of a recording's chosen stream.

    Args:
        channel: The one channel to keep, from 1; None mixes all of them.

    Raises:
        UsageError: There is no such channel.
        InputError: It has more channels than can be told apart.
    """
    stream = source.streams[source.stream]
    if stream.channels > MOST_CHANNELS:
        raise InputError(
            f"{source.path} has {stream.channels} channels; {MOST_CHANNELS} can be read",
            f"Export the ones with speech into a file of {MOST_CHANNELS} channels or fewer",
        )
    place = source.path, source.stream, start_ms, length_ms
    return Extract(*place, _index(source, stream.channels, channel), _evenly(stream))


def mix_of(extract: Extract, stream: AudioStream) -> Extract:
    """The same extract, two channels with weights that are known: then a cancellation is noticed."""
    stereo = stream.channels == 2 and extract.channel is None and not extract.evenly
    return replace(extract, stereo=SUM) if stereo else extract


def difference(
    extract: Extract,
    together: Decoding,
    decode: Callable[[Extract], Decoding],
    varies_db: Callable[[], float],
) -> tuple[Decoding, str] | None:
    """Where two channels nearly cancel each other out: their difference, and what to say of it.

    Args:
        together: How decoding their sum went, which was written last.
        decode: Decodes anew; what it wrote last is what counts.
        varies_db: How the level of what was written last varies.

    Returns:
        How decoding it went; None where the sum, which then was written last, is what is heard better.
    """
    if together.cancelled_db < NEARLY_DB:
        return None
    sum_varies_db = varies_db()
    apart = decode(replace(extract, stereo=DIFFERENCE))
    if varies_db() > sum_varies_db - LESS_VARIED_DB:
        by = f"{min(together.cancelled_db, MOST_DB):.0f} dB"
        return apart, f"the two channels cancel each other out in part (by {by}); their difference was used"
    decode(extract)
    return None


def _index(source: Source, count: int, wanted: int | None) -> int | None:
    """The channel as ffmpeg counts, from 0."""
    if wanted is None or wanted <= count:
        return None if wanted is None else wanted - 1
    channels = "1 channel" if count == 1 else f"{count} channels"
    raise UsageError(
        f"{source.path} has no channel {wanted}; it has {channels}", "Choose another with --channel"
    )


def _evenly(stream: AudioStream) -> int:
    name = stream.layout.partition("(")[0].strip()
    known = not stream.layout or _WHOLE.fullmatch(name) is not None
    return 0 if known and stream.channels <= 8 else stream.channels


def audible_channel(
    extract: Extract, channels: int, decode: Callable[[Extract], Decoding]
) -> tuple[Decoding, str] | None:
    """Where the mix of a stream is silent: its first channel that is not, alone, and what to say of it.

    Channels wired in opposite phase cancel each other out; a quiet voice is lost among many channels.

    Args:
        decode: Decodes anew; what it wrote last is what counts.

    Returns:
        How decoding it went; None where every channel is silent.
    """
    for channel in range(channels):
        single = decode(replace(extract, channel=channel))
        if single.loudness_lufs is not None:
            why = _why(single.loudness_lufs, channels)
            return single, f"{why}; only channel {channel + 1} of {channels} was used"
    return None


def _why(loudness_lufs: float, channels: int) -> str:
    """A channel that ought to be heard in the mix and is not was cancelled; another one may be too quiet."""
    if loudness_lufs - 10 * math.log10(channels) - CERTAIN_DB > SILENT_LUFS:
        return "the channels cancel each other out"
    return "the recording is so quiet that nothing is heard when its channels are mixed"
