"""ffmpeg again, to write: chapters into a copy of a recording, and stretches cut out of it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transcribe.engines.ffmpeg import Ffmpeg, address, mixed_evenly, words_of
from transcribe.errors import EngineError
from transcribe.media import Extract, Voice
from transcribe.show_notes import Chapter

CLIP_QUALITY = 2
"""Of LAME's variable bit rate, about 190 kbit/s: nobody hears it (LAME's own recommendation is 0 to 2)."""

MIX_RATE, CLOCK_RATE = 48_000, 192_000
MIX_BITRATE = "96k"
"""Mono speech at which nobody hears the coding (EBU Tech 3324 has AAC at 64 kbit/s a channel as good)."""

LOUDEST = 0.9
"""Of a mix: some room below full scale for what a lossy coding adds."""

SAME_BYTES = {"fflags": "+bitexact", "flags": "+bitexact"}
"""Without these a file says which ffmpeg wrote it."""

_SPECIAL = re.compile(r"[=;#\\\n]")


@dataclass(frozen=True)
class FfmpegEditor:
    """Writes media files with the ffmpeg that also reads them.

    Attributes:
        media: Which ffmpeg, and what it may open.
    """

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
            self._run(node, f"writing chapters into a copy of {path}")

    def cut(self, extract: Extract, others: Sequence[int], title: str, target: Path) -> None:
        """Write one stretch of an audio stream as an MP3 of its own, under its title.

        Args:
            extract: The stretch.
            others: Streams that are mixed into it.
            title: What the clip is called.
            target: Where it goes.

        Raises:
            EngineError: ffmpeg cannot read or write it.
            DependencyError: ffmpeg cannot be started.
        """
        import ffmpeg

        span = {"ss": f"{extract.start_ms}ms", "t": f"{extract.duration_ms}ms"}
        opened = ffmpeg.input(address(extract.path), **span, **self.media.reading(extract.path))
        sound = mixed_evenly(opened[f"a:{extract.stream}"], extract.evenly)
        if others:
            sounds = [sound, *(opened[f"a:{stream}"] for stream in others)]
            sound = ffmpeg.filter(sounds, "amix", inputs=len(sounds), normalize=0)
            sound = sound.filter("alimiter", limit=LOUDEST, level=0)
        node = ffmpeg.output(
            sound,
            address(target),
            map_chapters=-1,
            metadata=f"title={title}",
            codec="libmp3lame",
            id3v2_version=3,
            format="mp3",
            **{"q:a": CLIP_QUALITY},
            **SAME_BYTES,
        )
        self._run(node, f"cutting a clip out of {extract.path}")

    def mix(self, voices: Sequence[Voice], target: Path) -> None:
        """Write tracks on top of each other as one M4A (AAC, mono, 48 kHz), each at its time.

        Raises:
            EngineError: ffmpeg cannot read or write one.
            DependencyError: ffmpeg cannot be started.
        """
        import ffmpeg

        node = ffmpeg.output(
            ffmpeg.filter(
                [self._placed(voice) for voice in voices], "amix", inputs=len(voices), normalize=0
            ).filter("alimiter", limit=LOUDEST, level=0),
            address(target),
            map_metadata=-1,
            map_chapters=-1,
            codec="aac",
            format="ipod",
            **{"b:a": MIX_BITRATE},
            **SAME_BYTES,
        )
        self._run(node, f"mixing {', '.join(voice.path for voice in voices)}")

    def _placed(self, voice: Voice) -> Any:
        import ffmpeg

        sound = ffmpeg.input(address(voice.path), **self.media.reading(voice.path))[f"a:{voice.stream}"]
        sound = mixed_evenly(sound, voice.evenly).filter("aformat", channel_layouts="mono")
        if voice.drift_ppm:
            # A rate is a whole number: one in 192,000 is 5 ppm.
            rate = round(CLOCK_RATE / (1 + voice.drift_ppm / 1e6))
            sound = sound.filter("aresample", CLOCK_RATE).filter("asetrate", rate)
        return sound.filter("aresample", MIX_RATE).filter("adelay", voice.offset_ms, all=1)

    def _run(self, node: Any, doing: str) -> None:
        # `-progress` writes to standard output, which shows that it does not hang.
        node = node.global_args("-nostdin", "-hide_banner", "-v", "error", "-progress", "pipe:1")
        node = node.overwrite_output()
        finished = self.media.program.stream(words_of(node), lambda _: None)
        if finished.code:
            said = finished.log.strip().splitlines() or ["it does not say why"]
            raise EngineError(f"ffmpeg failed while {doing}: {said[-1]}")


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
