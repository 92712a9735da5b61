"""What ffmpeg says while it decodes: where timestamps jump, and whether it complains about the sound."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from transcribe.core.media import Recorded, Run
from transcribe.core.recording import SAMPLE_RATE
from transcribe.engines.frames import FORMATS

TOLERANCE_S = 0.04
"""Timestamps jitter; what is off by more than this is a jump. Half of what cue times may be off by."""

MARK_JUMPS = (
    "st(2, T - N / SR);"
    f"if(isnan(ld(2)), 0, if(not(ld(1)) + gt(abs(ld(2) - ld(0)), {TOLERANCE_S}),"
    " st(1, 1) + st(0, ld(2) + 0 * print(T, 32) + 0 * print(N / SR, 32)), 0));"
    "N / SR / TB"
)
"""For ffmpeg's `asetpts`: two lines in the log wherever a timestamp does not go on from the last jump, the
timestamp and how much sound lies before it, in seconds; and all sound end to end from there on. `ld(0)` is
how far timestamps are ahead of the sound, `ld(1)` whether that is known. Level 32 is `info`."""

RECORDED = "astats@recorded"
MEASURE_RECORDED = {
    "measure_perchannel": "DC_offset+Peak_level+RMS_level+Flat_factor+Peak_count",
    "measure_overall": "Number_of_samples",
}
"""A filter under a name of its own, before anything is mixed or filtered: what each channel is like as it was
recorded (`Recorded`), in the log."""

COUNT_SAMPLES = {"measure_perchannel": "none"}
MEASURE_CHANNELS = {"measure_perchannel": "RMS_level", "measure_overall": "none"}
"""For ffmpeg's `astats`, the last filter: number and level of the samples, in the log. For another one before
channels are mixed: the level of each. Where the rate or the channels change on the way, ffmpeg builds its
filters anew and `MARK_JUMPS` counts from 0 again."""

MOST_MARKS = 50_000
MOST_CHANNELS = 10_000
MOST_KINDS = 1_000
LONGEST_LINE = 1 << 16

FEW = 6
"""Complaints before the first sound, of a file that was cut in the middle of a frame; two for a frame."""

NO_FRAME = "Header missing"
"""Said of bytes between frames, and once more by the decoder's thread: also of tags where recordings were put
together. `frames.py` tells which of them are frames that are missing."""

_NUMBER = re.compile(r"(?:\[Eval @ \w+\] )?\[info\] (-?\d+\.\d{6})$")
_MEASURED = re.compile(
    r"\[Parsed_astats_\d+ @ \w+\] \[info\] (Channel|Overall|Number of samples|RMS level dB)(?:: (\S+))?$"
)
_CHANNEL = re.compile(rf"\[{RECORDED} @ \w+\] \[info\] ([\w ]+)(?:: (\S+))?$")
_START = re.compile(r"\[info\]   Duration: [^,]+, start: (-?\d+\.\d+)")
_FLOAT = re.compile(r"-?(?:\d+(?:\.\d*)?|inf)")
_MAPPED = re.compile(r"\[info\]   Stream #0:(\d+) \((\w+)\) -> ")
_COMPLAINT = re.compile(r"((?:\[[^\]]+ @ \w+\] )*)\[(?:error|fatal|panic)\] (.*)")
_CONTEXT = re.compile(r"\[([^\]]+) @ \w+\]")
_STREAM = re.compile(r"\bstream #?(?:0:)?(\d+)", re.IGNORECASE)
_ABOUT_TAGS = re.compile(
    r"\b(?:picture|mime ?type|APIC|ID3|comment|lyrics|tags?|metadata|cover)\b", re.IGNORECASE
)


class DecodingLog:
    """Takes ffmpeg's standard error in blocks, with `level` and `repeat` in its log level.

    Args:
        codec: ffmpeg's name of the codec of the stream that is decoded; empty where it is not known.

    Attributes:
        channels_db: Level of each channel before they are mixed, in dB of full scale, if asked for.
        mixes_db: Level of what was decoded, one for each time that ffmpeg built its filters.
    """

    def __init__(self, codec: str = "") -> None:
        self._rest = b""
        self._numbers: list[float] = []
        self._filters: list[tuple[list[float], int | None]] = []
        self._channels: list[dict[str, float]] = []
        self._measured: list[Recorded] = []
        self._starts: list[float] = []
        self._stream = ""
        self._decoders = {codec}
        self._complaints: Counter[tuple[str, str, bool]] = Counter()
        self._no_frames = 0
        self._of_channel = False
        self.channels_db: list[float] = []
        self.mixes_db: list[float] = []

    def __call__(self, block: bytes) -> None:
        """Take what it said next."""
        *lines, self._rest = (self._rest + block).split(b"\n")
        self._rest = self._rest[:LONGEST_LINE]
        for line in lines:
            self._hear(line.decode("utf-8", "replace").rstrip("\r"))

    def _hear(self, line: str) -> None:
        if number := _NUMBER.match(line):
            if len(self._numbers) < 2 * MOST_MARKS:
                self._numbers.append(float(number[1]))
        elif measured := _MEASURED.match(line):
            self._measure(*measured.groups())
        elif channel := _CHANNEL.match(line):
            self._record(channel[1], channel[2])
        elif complaint := _COMPLAINT.match(line):
            self._complain(complaint[1], complaint[2])
        elif not self._started and (mapped := _MAPPED.match(line)):
            self._stream, decoder = mapped.groups()
            self._decoders.add(decoder)
        elif not self._started and (start := _START.match(line)):
            self._starts.append(float(start[1]))

    @property
    def _samples(self) -> bool:
        """Whether the stream is uncompressed: of samples, none can be damaged."""
        return any(decoder.startswith("pcm_") for decoder in self._decoders)

    def _measure(self, what: str, value: str) -> None:
        if what == "RMS level dB":
            (self.channels_db if self._of_channel else self.mixes_db).append(float(value))
        elif what == "Number of samples":
            self._filters.append((self._numbers, int(value)))
            self._numbers = []
        else:
            self._of_channel = what == "Channel"

    def _record(self, what: str, said: str | None) -> None:
        """Take what is said of the channels: of one after the other, then how many samples each has."""
        value = float(said) if said and _FLOAT.fullmatch(said) else 0.0
        if what == "Channel":
            self._channels.append({})
        elif what != "Number of samples":
            if self._channels:
                self._channels[-1][what] = value
        else:
            if len(self._measured) < MOST_CHANNELS:
                self._measured += [
                    Recorded(
                        channel=channel,
                        samples=int(value),
                        offset=said_of.get("DC offset", 0.0),
                        rms_db=said_of.get("RMS level dB", -math.inf),
                        peak_db=said_of.get("Peak level dB", -math.inf),
                        peaks=int(said_of.get("Peak count", 0)),
                        flat_db=said_of.get("Flat factor", 0.0),
                    )
                    for channel, said_of in enumerate(self._channels)
                ]
            self._channels = []

    def recorded(self) -> tuple[Recorded, ...]:
        """What the channels are like as they were recorded; several times where filters were built anew."""
        return tuple(self._measured)

    @property
    def _started(self) -> bool:
        return bool(self._numbers or self._filters)

    def _complain(self, contexts: str, message: str) -> None:
        context = _CONTEXT.findall(contexts)
        if _ABOUT_TAGS.search(message) or len(self._complaints) >= MOST_KINDS:
            return
        self._no_frames += message == NO_FRAME
        about = _STREAM.search(message)
        self._complaints[(context[0] if context else "", about[1] if about else "", self._started)] += 1

    def runs(self) -> tuple[Run, ...]:
        """Where timestamps jump, counted from where the container starts."""
        return tuple(self._runs())

    def _runs(self) -> Iterator[Run]:
        before = 0
        for numbers, samples in [*self._filters, (self._numbers, None)]:
            marks = list(zip(numbers[::2], numbers[1::2], strict=False))
            if (
                marks and marks[0][1]
            ):  # not the first sound of these filters: without its mark, nothing is known
                marks = []
            start = self._start(marks[0][0] if marks else 0.0)
            for time, sound in marks:
                first = before + round(sound * SAMPLE_RATE)
                if samples is None or first < before + samples or not sound:
                    yield Run(first, round((time - start) * SAMPLE_RATE))
            before += samples or 0

    @property
    def samples(self) -> int:
        """How many were decoded, at the rate of the last filter."""
        return sum(samples or 0 for _, samples in self._filters)

    def _start(self, first: float) -> float:
        """Where the container's clock starts, in s: 0 where it does not say.

        Where a tag imitates that line, neither is believed: it starts with the first sound.
        """
        return first if len(self._starts) > 1 else self._starts[0] if self._starts else 0.0

    def damaged(self, container: str) -> bool:
        """Whether data of the decoded stream made no sense.

        What is said of other streams (pictures, covers), of tags, or of a first frame whose beginning lies
        before the file, is no damage.
        """
        early = late = 0
        for (context, stream, started), count in self._complaints.items():
            if stream and self._stream and stream != self._stream:
                continue
            if context in self._decoders or context.startswith("aist#"):
                if self._samples:  # half of the last one is no loss
                    continue
                late += count if started else 0
                early += 0 if started else count
            elif (
                not context
                or context.startswith("in#")
                or context in container.split(",")
                or context == container
            ):
                late += count
        if container in FORMATS:
            late -= 2 * self._no_frames
        return late > 0 or early > FEW or (early > 0 and not self._started)
