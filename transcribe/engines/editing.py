"""ffmpeg, to write: chapters into a copy of a recording, clips cut out of it, stretches masked in it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from transcribe.core.errors import InputError
from transcribe.core.media import Extract, Voice
from transcribe.core.recording import SAMPLE_RATE, Piece, Source
from transcribe.core.show_notes import Chapter
from transcribe.core.timeline import Timeline, fewer, timeline_of
from transcribe.engines.ffmpeg import Ffmpeg, address, mixed_evenly
from transcribe.engines.masking import mask

CLIP_QUALITY = 2
"""Of LAME's variable bit rate, about 190 kbit/s: nobody hears it (LAME's own recommendation is 0 to 2)."""

MIX_RATE, CLOCK_RATE = 48_000, 192_000
MIX_BITRATE = "96k"
"""Mono speech at which nobody hears the coding (EBU Tech 3324 has AAC at 64 kbit/s a channel as good)."""

LOUDEST = 0.9
"""Of a mix: some room below full scale for what a lossy coding adds."""

MOST_PARTS = 100
"""Between which there is silence: ffmpeg's graph has a branch for each."""

SAME_BYTES = {"fflags": "+bitexact", "flags": "+bitexact"}
"""Without these a file says which ffmpeg wrote it."""

_SPECIAL = re.compile(r"[=;#\\\n]")


@dataclass(frozen=True)
class FfmpegEditor:
    """Writes media files with the ffmpeg that also reads them."""

    media: Ffmpeg

    def add_chapters(self, path: Path, chapters: Sequence[Chapter], target: Path) -> None:
        """Copy an M4A with these chapters instead of its own; sound, cover and tags are not touched.

        Raises:
            EngineError: ffmpeg cannot read or write it.
            DependencyError: ffmpeg cannot be started.
        """
        import ffmpeg

        with tempfile.TemporaryDirectory(prefix="transcribe-") as folder:
            listed = Path(folder) / "chapters.ffmetadata"
            listed.write_text(_ffmetadata(chapters), encoding="utf-8")
            # Streams by type: an old list of chapters is a stream too, and is replaced.
            streams = ffmpeg.input(address(path), **self.media.reading(path))
            marks = ffmpeg.input(f"file:{listed}", protocol_whitelist="file", format="ffmetadata")
            node = ffmpeg.output(
                streams["a"],
                streams["v?"],
                marks["a?"],  # has no streams, only chapters; without a stream the library would leave it out
                address(target),
                map_metadata=0,
                map_chapters=1,
                codec="copy",
                format="ipod",
                **SAME_BYTES,
            )
            self.media.write(node, target, f"writing chapters into a copy of {path}")

    def cut(self, extracts: Sequence[Extract], title: str, target: Path) -> None:
        """Write one stretch of a recording as an MP3 of its own, under its title.

        Args:
            extracts: The stretch, of each audio stream that is mixed into it.

        Raises:
            InputError: ffmpeg cannot read it.
            EngineError: ffmpeg cannot write it.
            DependencyError: ffmpeg cannot be started.
        """
        import ffmpeg

        node = ffmpeg.output(
            _together([self._sound(extract) for extract in extracts]),
            address(target),
            map_chapters=-1,
            metadata=f"title={title}",
            codec="libmp3lame",
            id3v2_version=3,
            format="mp3",
            **{"q:a": CLIP_QUALITY},
            **SAME_BYTES,
        )
        self.media.write(node, target, f"cutting a clip out of {extracts[0].path}")

    def sample(self, extracts: Sequence[Extract], target: Path) -> None:
        """Write one stretch of a recording as uncompressed sound (WAV), for a player.

        Args:
            extracts: As for `cut`.

        Raises:
            InputError: ffmpeg cannot read it.
            EngineError: ffmpeg cannot write it.
            DependencyError: ffmpeg cannot be started.
        """
        import ffmpeg

        sound = _together([self._sound(extract) for extract in extracts])
        node = ffmpeg.output(
            sound, address(target), map_metadata=-1, codec="pcm_s16le", format="wav", **SAME_BYTES
        )
        self.media.write(node, target, f"cutting a stretch out of {extracts[0].path}")

    def mix(self, voices: Sequence[Voice], target: Path) -> None:
        """Write tracks on top of each other as one M4A (AAC, mono, 48 kHz), each at its time.

        Raises:
            InputError: ffmpeg cannot read one.
            EngineError: ffmpeg cannot write it.
            DependencyError: ffmpeg cannot be started.
        """
        import ffmpeg

        node = ffmpeg.output(
            _together([self._placed(voice) for voice in voices]),
            address(target),
            map_metadata=-1,
            map_chapters=-1,
            codec="aac",
            format="ipod",
            **{"b:a": MIX_BITRATE},
            **SAME_BYTES,
        )
        self.media.write(node, target, f"mixing {', '.join(voice.extract.path for voice in voices)}")

    def _placed(self, voice: Voice) -> Any:
        sound = self._sound(voice.extract).filter("aformat", channel_layouts="mono")
        if voice.drift_ppm:
            # A rate is a whole number: one in 192,000 is 5 ppm.
            rate = round(CLOCK_RATE / (1 + voice.drift_ppm / 1e6))
            sound = sound.filter("aresample", CLOCK_RATE).filter("asetrate", rate)
        return _behind(voice.offset_ms / 1000, sound.filter("aresample", MIX_RATE))

    def _sound(self, extract: Extract) -> Any:
        """An extract with every piece at the time where recognition heard it, and silence between them."""
        timeline, extract = self._read(extract)
        sound = mixed_evenly(self.media.opened(extract), extract.evenly)
        return _laid(sound, fewer(timeline.pieces, MOST_PARTS))

    def _read(self, extract: Extract) -> tuple[Timeline, Extract]:
        """Where its sound lies, which only decoding tells, and how it has to be read."""
        written = 0

        def count(block: bytes) -> None:
            nonlocal written
            written += len(block)

        decoding = self.media.decode(extract, count)
        timeline = timeline_of(extract, decoding, written // np.dtype(np.float32).itemsize)
        if timeline.pieces:
            return timeline, extract
        if extract.start_ms and extract.seek:
            return self._read(replace(extract, seek=False))
        raise InputError(
            f"nothing in {extract.path} can be decoded", "The file is damaged; copy or download it again"
        )

    def mask(self, source: Source, spans: Sequence[tuple[int, int]], target: Path, *, bleep: bool) -> None:
        """Write a copy of a recording in which these stretches are masked (`masking.mask`).

        Raises:
            InputError: Its codec or container is read only.
            EngineError: ffmpeg cannot read or write it, or the copy would be longer or shorter.
            DependencyError: ffmpeg cannot be started.
        """
        mask(self.media, source, spans, target, bleep=bleep)


def _together(sounds: Sequence[Any]) -> Any:
    """Sounds on top of each other, none of them quieter for it."""
    import ffmpeg

    if len(sounds) == 1:
        return sounds[0]
    mixed = ffmpeg.filter(sounds, "amix", inputs=len(sounds), normalize=0)
    return mixed.filter("alimiter", limit=LOUDEST, level=0)


def _laid(sound: Any, pieces: Sequence[Piece]) -> Any:
    """Sound that is end to end, with silence where nothing was recorded; gaps take no memory."""
    ends = [*(piece.at for piece in pieces[1:]), pieces[-1].end]
    split = sound.filter_multi_output("asplit", len(pieces))
    parts = []
    for number, (piece, end) in enumerate(zip(pieces, ends, strict=True)):
        first, last = (f"{at / SAMPLE_RATE:.6f}" for at in (piece.stored, piece.stored + piece.samples))
        part = split[number].filter("atrim", start=first, end=last).filter("asetpts", "N/SR/TB")
        parts.append(part.filter("apad", pad_dur=f"{(end - piece.end) / SAMPLE_RATE:.6f}"))
    return _behind(pieces[0].at / SAMPLE_RATE, _in_a_row(parts))


def _behind(silence_s: float, sound: Any) -> Any:
    """Sound after silence, which is its own first sample, muted and prolonged: of its rate and channels."""
    if not silence_s:
        return sound
    split = sound.filter_multi_output("asplit", 2)
    silence = split[0].filter("atrim", end_sample=1).filter("volume", 0)
    return _in_a_row([silence.filter("apad", pad_dur=f"{silence_s:.6f}"), split[1]])


def _in_a_row(sounds: Sequence[Any]) -> Any:
    import ffmpeg

    return ffmpeg.concat(*sounds, v=0, a=1) if len(sounds) > 1 else sounds[0]


def _ffmetadata(chapters: Sequence[Chapter]) -> str:
    """Chapters as ffmpeg reads them: https://ffmpeg.org/ffmpeg-formats.html#Metadata-2."""
    blocks = [";FFMETADATA1\n"]
    for chapter in chapters:
        title = _SPECIAL.sub(r"\\\g<0>", " ".join(chapter.title.split()))
        # ffmpeg takes every backslash before a line end for one that escapes it, also an escaped one.
        title += " " if title.endswith("\\") else ""
        times = f"START={chapter.start_ms}\nEND={chapter.end_ms}"
        blocks.append(f"[CHAPTER]\nTIMEBASE=1/1000\n{times}\ntitle={title}\n")
    return "".join(blocks)
