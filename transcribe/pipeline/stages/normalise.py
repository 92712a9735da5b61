"""Stage 2: from a Source to Audio: one file of 16 kHz mono samples, and the gain that levels speech."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from transcribe.core.disk import Room
from transcribe.core.errors import InputError, UsageError
from transcribe.core.events import Progress, StageAdvanced
from transcribe.core.files import atomic_file
from transcribe.core.media import Decoding, Extract
from transcribe.core.recording import SAMPLES_PER_MS, Audio, Source
from transcribe.core.settings import NormaliseSettings
from transcribe.core.timecode import format_duration
from transcribe.core.timeline import timeline_of
from transcribe.core.waveform import BYTES_PER_SAMPLE
from transcribe.pipeline.ports import Decoder
from transcribe.pipeline.stages.channels import audible_channel, difference, extract_of, mix_of
from transcribe.pipeline.stages.damage import warnings_of, without_false_end
from transcribe.pipeline.stages.faults import faults_of
from transcribe.pipeline.stages.level import Variation
from transcribe.pipeline.stages.silence import SilenceFinder, placed

AUDIO_FILE = "audio.f32"

TARGET_LUFS = -20.0
"""Loudness speech is brought to, between broadcast (EBU R128: -23) and podcasts (-16)."""

MIN_GAIN_DB, MAX_GAIN_DB = -20.0, 45.0
"""Enough for the quietest recording that EBU R128 measures (-70 LUFS); what is quieter is left as it is.
Noise may be raised as well: the detector tells noise from speech at any level (docs/normalise.md)."""

REPORT_EVERY_MS = 10_000


def normalise(
    source: Source, settings: NormaliseSettings, folder: Path, decoder: Decoder, progress: Progress
) -> Audio:
    """Decode a recording into `folder`/audio.f32. Memory does not grow with its length.

    Raises:
        UsageError: `--from` lies beyond the end, `--to` not after it, or there is no such channel.
        InputError: Nothing in it can be decoded.
        OutputError: The work directory cannot be written.
        DependencyError: The decoder is missing.
        EngineError: The decoder hangs or crashes.
    """
    extract = _extract(source, settings)
    with atomic_file(folder / AUDIO_FILE, private=True) as handle:
        writer = _Writer(handle, Room(folder, "the decoded sound"), progress)
        decoding, faults = _decode(source, extract, decoder, writer)
        if extract.start_ms and not writer.samples:
            # Where timestamps start again, seeking misses what lies behind; the whole recording does not.
            decoding, faults = _decode(source, replace(extract, seek=False), decoder, writer)
        timeline = timeline_of(extract, decoding, writer.samples)
        if not timeline.pieces:
            raise _nothing(source, extract)
        timeline = without_false_end(source, extract, timeline, decoding)
        writer.finish(max(piece.stored + piece.samples for piece in timeline.pieces))
    first, last = timeline.pieces[0], timeline.pieces[-1]
    stream = source.streams[source.stream]
    faults = (*faults, *faults_of(decoding.recorded, stream.codec))
    silences = placed(writer.silence.found(), timeline)
    return Audio(
        file=AUDIO_FILE,
        samples=last.end,
        start_ms=extract.start_ms,
        loudness_lufs=decoding.loudness_lufs,
        gain_db=gain(decoding.loudness_lufs) if settings.loudness else 0.0,
        warnings=(*faults, *warnings_of(source, extract, timeline, decoding, silences)),
        pieces=() if first is last and not first.at and not first.stored else timeline.pieces,
        astray=bool(timeline.strays) or timeline.restarts,
        faults=faults,
    )


def gain(loudness_lufs: float | None) -> float:
    """Gain in dB that brings a recording of this integrated loudness to the common level.

    A linear gain leaves the dynamics as they are.
    """
    if loudness_lufs is None:
        return 0.0
    return round(min(MAX_GAIN_DB, max(MIN_GAIN_DB, TARGET_LUFS - loudness_lufs)), 1)


class _Writer:
    """Writes samples to a file, listens to zeros and levels, and tells how far it is."""

    def __init__(self, handle: BinaryIO, room: Room, progress: Progress) -> None:
        self._handle = handle
        self._room = room
        self._progress = progress
        self.restart()

    def restart(self) -> None:
        """Forget what was written."""
        self._handle.seek(0)
        self._handle.truncate()
        self._written = self._reported_ms = 0
        self._part = b""
        self.silence = SilenceFinder()
        self.variation = Variation()

    def __call__(self, block: bytes) -> None:
        if block.count(0) == len(block):  # hours of zeros take no room where files may have holes
            self._handle.seek(len(block), os.SEEK_CUR)
        else:
            self._handle.write(block)
            self._room.check(self._written)
        self._written += len(block)
        self._part += block
        whole = len(self._part) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE
        samples = np.frombuffer(self._part[:whole], "<f4")
        self.silence.add(samples)
        self.variation.add(samples)
        self._part = self._part[whole:]
        done_ms = self.samples // SAMPLES_PER_MS
        if done_ms - self._reported_ms >= REPORT_EVERY_MS:
            self._reported_ms = done_ms
            self._progress(StageAdvanced("normalise", done_ms))

    @property
    def samples(self) -> int:
        """Number of whole samples written."""
        return self._written // BYTES_PER_SAMPLE

    def finish(self, samples: int) -> None:
        """Cut off what follows this many samples."""
        self._handle.flush()
        self._handle.truncate(samples * BYTES_PER_SAMPLE)
        self._progress(StageAdvanced("normalise", samples // SAMPLES_PER_MS))


def _decode(
    source: Source, extract: Extract, decoder: Decoder, writer: _Writer
) -> tuple[Decoding, tuple[str, ...]]:
    """Decode the mix, or what is heard better: one channel, the difference of two; and what to say of it."""
    stream, again = source.streams[source.stream], partial(_again, decoder, writer)
    mix = mix_of(extract, stream)
    decoding = again(mix)
    if decoding.loudness_lufs is None and extract.channel is None and stream.channels > 1:
        # Silent anyway: what was written last is as good as the mix, and as long.
        better = audible_channel(extract, stream.channels, again)
    else:
        better = difference(mix, decoding, again, lambda: writer.variation.varies_db)
    return (better[0], (better[1],)) if better else (decoding, ())


def _extract(source: Source, settings: NormaliseSettings) -> Extract:
    start_ms, end_ms = settings.from_ms or 0, settings.to_ms
    if end_ms is not None and end_ms <= start_ms:
        raise UsageError(
            f"--to ({format_duration(end_ms)}) does not lie after --from ({format_duration(start_ms)})",
            "Both are counted from the beginning of the recording",
        )
    length_ms = None if end_ms is None else end_ms - start_ms
    return extract_of(source, start_ms, length_ms, settings.channel)


def _again(decoder: Decoder, writer: _Writer, extract: Extract) -> Decoding:
    writer.restart()
    return decoder.decode(extract, writer)


def _nothing(source: Source, extract: Extract) -> InputError | UsageError:
    if extract.start_ms:
        length = (
            f", which is {format_duration(source.duration_ms)} long" if source.duration_ms is not None else ""
        )
        return UsageError(
            f"--from {format_duration(extract.start_ms)} lies beyond the end of {source.path}{length}",
            "Start earlier",
        )
    return InputError(
        f"nothing in {source.path} can be decoded", "The file is damaged; copy or download it again"
    )
