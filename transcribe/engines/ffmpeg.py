"""ffmpeg: reads what a media file holds and turns its sound into 16 kHz mono samples.

Files are hostile. ffmpeg gets no shell, no terminal and no network; it may open the one file it
is given and nothing that this file refers to; and what it says about the file is told apart from
what the file says about itself.
"""

from __future__ import annotations

import math
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transcribe.core.disk import disk_errors
from transcribe.core.errors import DependencyError, EngineError, InputError
from transcribe.core.media import Container, Decoding, Extract, Sink
from transcribe.core.processes import find_program, safe_path
from transcribe.core.recording import SAMPLE_RATE
from transcribe.core.text import kept, restored
from transcribe.engines.ffmpeg_headers import chapters_in, container_of, duration_ms_of
from transcribe.engines.ffmpeg_log import (
    COUNT_SAMPLES,
    MARK_JUMPS,
    MEASURE_CHANNELS,
    MEASURE_RECORDED,
    RECORDED,
    DecodingLog,
)
from transcribe.engines.frames import FORMATS as FRAMED
from transcribe.engines.frames import Frames, frames_of, length_ms
from transcribe.engines.ogg_links import Link, links_of
from transcribe.engines.pcm_files import samples_of
from transcribe.engines.program import Finished, Program
from transcribe.engines.raw_sound import HEADERLESS, RawSound, looks_like_gsm, repaired

if TYPE_CHECKING:
    from transcribe.core.settings import ComputeSettings, NormaliseSettings

INSTALL = (
    "Install ffmpeg (apt install ffmpeg, brew install ffmpeg), or pip install imageio-ffmpeg, "
    "or name a working one with --ffmpeg"
)

REFERRING_FORMATS = {
    "applehttp", "avisynth", "concat", "dash", "hls", "image2", "imf", "lavfi", "mlv", "rtp", "rtsp", "sap",
    "sdp", "vapoursynth", "vobsub", "webm_dash_manifest",
}  # fmt: skip
"""Demuxers that open further files or addresses, or run scripts: playlists, manifests, AviSynth."""

ROOM = 1 << 16
"""Bytes that a disk has to take where it is not full."""

LOG_LEVEL = "repeat+level+info"
"""Each message with its severity, also where it repeats; the language of messages is fixed in process.py."""

LFE_WEIGHT = 0.5
"""The low-frequency channel joins the mix like a side channel: in a recording of eight microphones it is
a person, and ffmpeg's own downmix leaves it out."""

HIGH_PASS_HZ = 80
"""Below the voice there are an offset, the mains and rumble: they would hide speech from the detector, count
as loudness, and fill the pauses. 12 dB less an octave down; figures in docs/normalise.md."""

QUIETEST_LUFS = -69.0
"""EBU R128 gates at -70 LUFS: where nothing was louder, ffmpeg says -70 or -inf."""

HEADER_ENDS = ("matroska,webm",)
"""Formats whose header says where the file ends, as its writer knew it, whatever the last timestamp is."""

_DEMUXER = re.compile(r"^ D[ E] {0,2}([\w,.-]{2,})\s", re.MULTILINE)
_INPUT = re.compile(r"^\[info\] Input #0, ([\w,.-]+), from '", re.MULTILINE)
_CHAPTERS = re.compile(r"^\[info\]   Chapters:$", re.MULTILINE)
_LOUDNESS = re.compile(r"Summary:\s+Integrated loudness:\s+I:\s+(-?\d+(?:\.\d+)?) LUFS")


@dataclass(frozen=True)
class Ffmpeg:
    """The prober and the decoder of the pipeline.

    Attributes:
        program: Which ffmpeg, and how long it may be silent.
        raw: What files without a header hold; None: files have headers.
    """

    program: Program
    raw: RawSound | None = None

    @classmethod
    def find(cls, compute: ComputeSettings, reading: NormaliseSettings | None = None) -> Ffmpeg:
        """The ffmpeg that the settings name, else the system's, else the one inside `imageio-ffmpeg`.

        Args:
            reading: How files without a header are read; None: not at all.

        Raises:
            DependencyError: There is none.
            UsageError: How files without a header are read is said in part only.
        """
        path = find_program(compute.ffmpeg or "ffmpeg")
        if path is None and compute.ffmpeg:
            raise DependencyError(f"there is no ffmpeg program at {compute.ffmpeg}", INSTALL)
        raw = RawSound.of(reading) if reading else None
        return cls(Program(path or _bundled(), INSTALL, compute.stall_seconds), raw)

    def version(self) -> str:
        """What the program calls itself: the first line of `ffmpeg -version`.

        Raises:
            DependencyError: It cannot be started.
            EngineError: It hangs.
        """
        return self.program.run(["-version"]).output.partition("\n")[0]

    def probe(self, path: Path) -> Container:
        """Read a file's headers.

        Raises:
            InputError: ffmpeg does not recognise the file as media, or the file refers to other files.
            DependencyError: ffmpeg cannot be started, or it is not ffmpeg.
            EngineError: ffmpeg hangs or crashes.
        """
        mended = {} if self.raw else repaired(path).options
        # Where ffmpeg makes something of a header with wrong sizes, its tags are known.
        container = self._probe(path, {}) or (self._probe(path, mended) if mended else None)
        if container is None or (container.format == "gsm" and not looks_like_gsm(path)):
            raise InputError(
                f"{path} is not a sound or video file that ffmpeg can read",
                "Check that it plays elsewhere; a file without a header (G.711, PCM) needs --raw and --rate; "
                "playlists and scripts that refer to other files are refused",
            )
        if self.raw:
            return container
        samples = samples_of(path)
        length = samples.duration_ms if samples else None
        if container.format in FRAMED:
            length = length_ms(path)
        if self._links(path):  # that of the first or of the last part
            return replace(container, duration_ms=None)
        return container if length is None else replace(container, duration_ms=length)

    def _probe(self, path: Path, told: Mapping[str, Any]) -> Container | None:
        """The headers as ffmpeg reads them; None where it does not recognise the file."""
        import ffmpeg

        # Unguessable, so that no tag can pass for a stream line of ffmpeg's own.
        separator = f"<{secrets.token_hex(16)}>"
        source = ffmpeg.input(address(path), dump_separator=separator, **self._limits(told or self._told()))
        # The banner on standard error has the streams; the (empty) output has the tags, properly escaped.
        ask = ffmpeg.output(
            source["a?"], "pipe:", c="copy", t=0, format="ffmetadata", map_chapters=-1, fflags="+bitexact"
        )
        finished = self.program.run(_arguments(ask))
        _refuse_crash(finished, f"reading {path}")
        opened = _INPUT.search(finished.log)
        if opened is None:
            return None
        container = container_of(opened[1], finished, separator)
        if _CHAPTERS.search(finished.log):
            return replace(container, chapters=self._chapters(path))
        return container

    def _chapters(self, path: Path) -> tuple[tuple[int, int, str], ...]:
        """Asked for alone: an output of no length, as for the tags, has only the first of them."""
        import ffmpeg

        # Without a stream the library would leave the input out; this container takes none.
        ask = ffmpeg.output(
            ffmpeg.input(address(path), **self.reading(path))["a?"],
            "pipe:",
            c="copy",
            frames=0,
            format="ffmetadata",
            fflags="+bitexact",
        )
        finished = self.program.run(_arguments(ask))
        _refuse_crash(finished, f"reading {path}")
        return chapters_in(finished.output)

    def decode(self, extract: Extract, sink: Sink) -> Decoding:
        """Decode one audio stream and hand it to `sink` as mono float32 little-endian bytes at 16 kHz.

        The sound is laid end to end, whatever its timestamps are; `Decoding.runs` tells where it belongs.

        Raises:
            InputError: ffmpeg gives up on the file before the first sample.
            DependencyError: ffmpeg cannot be started, or it is not ffmpeg.
            EngineError: ffmpeg hangs or crashes.
        """
        import ffmpeg

        sound = self.opened(extract)
        if extract.channel is not None:
            sound = sound.filter("channelmap", f"{extract.channel}-FC", "mono")
        sound = sound.filter(RECORDED, **MEASURE_RECORDED)
        if extract.channel is None:
            sound = mixed_evenly(sound, extract.evenly)
        layout = "stereo" if extract.stereo else "mono"
        sound = (
            sound.filter("aresample", SAMPLE_RATE, lfe_mix_level=LFE_WEIGHT)
            .filter("aformat", sample_fmts="dblp", sample_rates=SAMPLE_RATE, channel_layouts=layout)
            .filter("highpass", f=HIGH_PASS_HZ)
        )
        if extract.stereo:
            left, right = extract.stereo
            sound = sound.filter("astats", **MEASURE_CHANNELS)
            sound = sound.filter("pan", args=f"mono|c0={left}*c0+{right}*c1")
        sound = sound.filter("ebur128", framelog="verbose").filter("astats", **COUNT_SAMPLES)
        log = DecodingLog()
        finished = self.program.stream(
            _arguments(ffmpeg.output(sound, "pipe:", format="f32le", ac=1, ar=SAMPLE_RATE)), sink, log
        )
        _refuse_crash(finished, f"reading {extract.path}")
        decoding = _decoding(finished, log)
        if extract.stereo:
            decoding = replace(decoding, cancelled_db=_cancelled_db(extract.stereo, log))
        if frames := self._lacking(extract):  # zeros between frames ffmpeg leaves out without a word
            runs, warnings = frames.laid_out(decoding.runs, log.samples)
            return replace(decoding, damaged=True, runs=runs, warnings=warnings)
        return replace(decoding, warnings=() if self.raw else repaired(Path(extract.path)).warnings)

    def _lacking(self, extract: Extract) -> Frames | None:
        """The frames of a file without timestamps, where some are missing; it has to be read as a whole."""
        frames = None if self.raw else frames_of(Path(extract.path))
        return frames if frames and frames.holes else None

    def opened(self, extract: Extract) -> Any:
        """The sound of an extract, end to end, its jumps told in the log; no less of it than there is."""
        import ffmpeg

        reading = self.reading(extract.path)
        part = extract.start_ms or extract.duration_ms is not None
        if part and self._lacking(extract):
            extract = replace(extract, start_ms=0, duration_ms=None)
        links = self._links(extract.path)
        # Raw samples ffmpeg seeks twice over.
        seeks = bool(extract.start_ms) and extract.seek and "format" not in reading and not links
        span = {"ss": f"{extract.start_ms}ms"} if seeks else {}
        if links:
            sound = self._in_a_row(extract.path, links)
        else:
            sound = ffmpeg.input(address(extract.path), copyts=None, **span, **reading)[f"a:{extract.stream}"]
        sound = sound.filter("asetpts", MARK_JUMPS)
        if extract.duration_ms is not None:  # gaps only make it longer
            end_ms = extract.duration_ms + (0 if seeks else extract.start_ms)
            sound = sound.filter("atrim", end=f"{end_ms}ms")
        return sound

    def write(self, node: Any, target: Path, doing: str) -> None:
        """Run ffmpeg to its end; it writes a file.

        Args:
            target: The file.
            doing: What it does, for the message.

        Raises:
            OutputError: The disk is full, or the file would be too large for it.
            EngineError: It fails or hangs.
            DependencyError: It cannot be started.
        """
        # `-progress` writes to standard output, which shows that it does not hang.
        node = node.global_args("-nostdin", "-hide_banner", "-v", "error", "-progress", "pipe:1")
        node = node.overwrite_output()
        finished = self.program.stream(words_of(node), lambda _: None)
        if finished.code:
            _check_room(target)
            said = finished.log.strip().splitlines() or ["it does not say why"]
            raise EngineError(f"ffmpeg failed while {doing}: {said[-1]}")

    def _links(self, path: str | Path) -> tuple[Link, ...]:
        """The parts of a chained file, where ffmpeg opens all of them."""
        import ffmpeg

        links = () if self.raw else links_of(Path(path))
        if not links:
            return ()
        ask = ffmpeg.output(self._in_a_row(path, links), "pipe:", t=0, format="null")
        return () if self.program.run(_arguments(ask)).code else links

    def _in_a_row(self, path: str | Path, links: Sequence[Link]) -> Any:
        """The sound of the parts of a chained file, one after the other."""
        import ffmpeg

        limits = self._limits({"protocol_whitelist": "file,subfile"})
        parts = [
            ffmpeg.input(
                address(path, f"subfile,,start,{link.start},end,{link.end},,:"), copyts=None, **limits
            )
            for link in links
        ]
        return ffmpeg.concat(*(part["a:0"].filter("asetpts", "PTS-STARTPTS") for part in parts), v=0, a=1)

    def reading(self, path: str | Path) -> dict[str, Any]:
        """Options of an input: ffmpeg keeps to the one file, and reads it as it should be read."""
        return self._limits(self._told() if self.raw else repaired(Path(path)).options)

    def _told(self) -> dict[str, Any]:
        return self.raw.options() if self.raw else {}

    def _limits(self, told: Mapping[str, Any]) -> dict[str, Any]:
        formats = ",".join(filter(None, (self._formats, told.get("format"))))
        return {"protocol_whitelist": "file", "format_whitelist": formats, **told}

    @cached_property
    def _formats(self) -> str:
        """Every container this ffmpeg reads by itself, for `-format_whitelist`."""
        listed = self.program.run(["-hide_banner", "-demuxers"])
        _refuse_crash(listed, "listing the formats it reads")
        names = {name for line in _DEMUXER.findall(listed.output) for name in line.split(",")}
        if not names:
            raise DependencyError(f"{self.program.path} does not answer like ffmpeg", INSTALL)
        return ",".join(sorted(names - REFERRING_FORMATS - HEADERLESS))


def _bundled() -> str:
    import imageio_ffmpeg

    try:
        with safe_path():  # where the package brings no program, it looks for one
            return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise DependencyError("there is no ffmpeg on this machine", INSTALL) from error


def address(path: str | Path, part: str = "") -> str:
    """A file as ffmpeg's library takes it, which holds text only; `words_of` gives ffmpeg the bytes.

    Args:
        part: The protocol that reads a part of it, with its options.
    """
    # With protocol and full path, no character of a name has a meaning of its own.
    return kept(f"{part}file:{Path(path).absolute()}")


def words_of(node: Any) -> list[str]:
    """The arguments of ffmpeg."""
    return [restored(str(word)) for word in node.get_args()]


def _arguments(node: Any) -> list[str]:
    return words_of(node.global_args("-nostdin", "-nostats", "-hide_banner", "-v", LOG_LEVEL))


def _refuse_crash(finished: Finished, doing: str) -> None:
    if finished.crashed:
        raise EngineError(
            f"ffmpeg crashed (signal {-finished.code}) while {doing}",
            "Try another version of ffmpeg with --ffmpeg",
        )


def mixed_evenly(sound: Any, channels: int) -> Any:
    """Several channels as one, the power of independent voices kept; for 0 the sound as it is (`Extract`).

    Samples are floating-point from there on: a sum of microphones may be louder than a whole number can say.
    """
    if not channels:
        return sound
    weight = f"{1 / math.sqrt(channels):.4f}"
    total = "+".join(f"{weight}*c{channel}" for channel in range(channels))
    return sound.filter("aformat", sample_fmts="fltp").filter("pan", args=f"mono|c0={total}")


def _decoding(finished: Finished, log: DecodingLog) -> Decoding:
    opened = _INPUT.search(finished.log)
    measured = _LOUDNESS.findall(finished.log)
    loudness = float(measured[-1]) if measured else None
    return Decoding(
        loudness_lufs=None if loudness is None or loudness <= QUIETEST_LUFS else loudness,
        damaged=finished.code != 0 or log.damaged(opened[1] if opened else ""),
        runs=log.runs(),
        end_ms=duration_ms_of(finished.log) if opened and opened[1] in HEADER_ENDS else None,
        recorded=log.recorded(),
    )


def _cancelled_db(weights: tuple[float, float], log: DecodingLog) -> float:
    """How far the mix is below the level of independent channels; 0 where the two were not measured once."""
    if len(log.channels_db) != len(weights) or len(log.mixes_db) != 1:
        return 0.0
    power = sum(
        weight**2 * 10 ** (level / 10) for weight, level in zip(weights, log.channels_db, strict=True)
    )
    return 10 * math.log10(power) - log.mixes_db[0] if power else 0.0


def _check_room(target: Path) -> None:
    """Write some more behind a file that ffmpeg could not finish: the system says what it has against that.

    Raises:
        OutputError: The disk is full, or no file may be as large.
    """
    with disk_errors(target.parent, "writing into"):
        if target.is_file():
            with target.open("ab") as handle:
                handle.write(bytes(ROOM))
                handle.flush()
                os.fsync(handle.fileno())
