"""ffmpeg, to mask: a copy of a recording in which stretches are a tone or silence, and all else is as it was.

Sound goes through the filters in pieces of a millisecond, and is multiplied by 1 where nothing is masked: a
copy without loss has the same samples there. Pictures are copied. Tags and chapters are those that are given,
so that nothing is in the copy that nobody has looked at; subtitles and other streams are left out.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transcribe.core.errors import EngineError, InputError
from transcribe.core.media import Sink
from transcribe.core.recording import AudioStream, Source
from transcribe.core.timecode import format_timecode
from transcribe.engines.emptied import Emptied
from transcribe.engines.ffmpeg import Ffmpeg, address, words_of

TONE_HZ, TONE = 1000, 0.1
"""The bleep of broadcasting (EBU Tech 3304 has 1 kHz), at -20 dB of full scale: as loud as speech."""

FADE_MS = 5
"""A tone that begins at once clicks."""

ENCODERS: Mapping[str, tuple[str, str]] = {
    "aac": ("aac", "128k"), "ac3": ("ac3", "192k"), "alac": ("alac", ""), "eac3": ("eac3", "192k"),
    "flac": ("flac", ""), "mp2": ("mp2", "192k"), "mp3": ("libmp3lame", "128k"),
    "opus": ("libopus", "96k"), "vorbis": ("libvorbis", "128k"), "wmav2": ("wmav2", "128k"),
}  # fmt: skip
"""For a codec, what writes it, and the bitrate where the recording says none; PCM stays as it is."""

MUXERS: Mapping[str, str] = {
    "aac": "adts", "aiff": "aiff", "asf": "asf", "avi": "avi", "caf": "caf", "flac": "flac", "flv": "flv",
    "mp3": "mp3", "mpegts": "mpegts", "ogg": "ogg", "w64": "w64", "wav": "wav",
}  # fmt: skip
"""For a container, what writes it; MP4 and Matroska go by the ending of the name."""

BY_ENDING: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "mov,mp4,m4a,3gp,3g2,mj2": ("mp4", {".m4a": "ipod", ".m4b": "ipod", ".mov": "mov"}),
    "matroska,webm": ("matroska", {".webm": "webm"}),
}

BLOCK = 4608
"""Samples in a block of FLAC, as ffmpeg's own choice is at 44.1 kHz."""

FRAME, FRAMES = 1024, {"wmav2": 2048}
"""Samples that an encoder with loss works on at a time, at the most; of AAC, and of others by their codec."""

MOST_LEAD = 4096
"""Samples that an encoder puts before the sound; AAC and MP3 have 1024 to 2257."""

NO_PICTURES = ("wav", "w64", "adts", "aiff", "caf")
"""What holds sound only."""

_AUDIO = re.compile(r"^ +Stream #0:\d+\S*: Audio: (?P<facts>[^\n]*)$", re.MULTILINE)
_TOTAL = re.compile(r"^  Duration: [^\n]*bitrate: (\d+) kb/s", re.MULTILINE)
_SPECIAL = re.compile(r"[=;#\\\n]")


@dataclass(frozen=True)
class _Coding:
    """How one audio stream was written.

    Attributes:
        bitrate: In kbit/s; 0 where the file does not say.
        bits: Of a sample, where none is lost; 0 where the file does not say.
    """

    bitrate: int = 0
    bits: int = 0


def check_maskable(source: Source) -> None:
    """Refuse, before any work is done, a recording of which no such copy can be written.

    Raises:
        InputError: Its codec or container is read only.
    """
    _muxer(source)
    for stream in source.streams:
        _encoder(source, stream)


def mask(
    media: Ffmpeg, source: Source, spans: Sequence[tuple[int, int]], target: Path, *, bleep: bool
) -> None:
    """Write a copy of a recording in which these stretches of every audio stream are masked.

    Args:
        source: The recording, with the tags, chapters and titles of streams that the copy gets.
        spans: Start and end of each, in ms, in order, without overlap.
        target: A file that is there; it is overwritten.
        bleep: Whether they are a tone; else silence.

    Raises:
        InputError: Its codec or container is read only.
        EngineError: ffmpeg cannot read or write it, or the copy would be longer or shorter.
        DependencyError: ffmpeg cannot be started.
    """
    _write(media, source, spans, target, [0] * len(source.streams), bleep=bleep)
    longer = _longer(media, source, target)
    if any(longer) and all(abs(each) <= MOST_LEAD for each in longer):
        # Some containers do not say what the encoder put before the sound: so much of it is left out there.
        # WMA's encoder keeps its last frame for itself: so much silence is put behind the sound.
        _write(media, source, spans, target, longer, bleep=bleep)
        longer = _longer(media, source, target)
    if any(longer):
        raise EngineError(
            f"a copy of {source.path} would not be as long: {max(longer, key=abs):+} samples",
            "Save the recording as WAV, FLAC or M4A first, and transcribe that",
        )
    _check_emptied(media, source, spans, target, bleep=bleep)


def _check_emptied(
    media: Ffmpeg, source: Source, spans: Sequence[tuple[int, int]], target: Path, *, bleep: bool
) -> None:
    for stream in source.streams:
        frame = FRAMES.get(stream.codec, FRAME) if _encoder(source, stream)[1] else 0
        # Containers differ in whether a sample's place or its timestamp tells its time.
        for timed in (False, True):
            emptied = Emptied(spans, stream.sample_rate, frame, TONE_HZ if bleep else 0)
            _decode(media, target, stream.index, "s16le", emptied.add, timed=timed)
            at = emptied.where_not()
            if at is None:
                break
        if at is not None:
            raise EngineError(
                f"a copy of {source.path} would not be masked at {format_timecode(round(at * 1000))}",
                "Save the recording as WAV, FLAC or M4A first, and transcribe that",
            )


def _write(
    media: Ffmpeg,
    source: Source,
    spans: Sequence[tuple[int, int]],
    target: Path,
    leads: Sequence[int],
    *,
    bleep: bool,
) -> None:
    """Write the copy.

    Args:
        leads: Of each audio stream, how many samples are left out at its start; negative: put at its end.
    """
    import ffmpeg

    path, muxer = Path(source.path), _muxer(source)
    with tempfile.TemporaryDirectory(prefix="transcribe-") as folder:
        said = Path(folder) / "said.ffmetadata"
        said.write_text(_ffmetadata(source), encoding="utf-8", errors="replace")
        recording = ffmpeg.input(address(path), **media.reading(path))
        marks = ffmpeg.input(f"file:{said}", protocol_whitelist="file", format="ffmetadata")
        sounds = []
        for stream, lead in zip(source.streams, leads, strict=True):
            commands = Path(folder) / f"commands{stream.index}"
            commands.write_text("".join(_commands(spans, stream.index)))
            sound = _masked(recording[f"a:{stream.index}"], stream, commands, bleep=bleep)
            sound = sound.filter("atrim", start_sample=lead) if lead > 0 else sound
            sound = sound.filter("apad", pad_len=-lead) if lead < 0 else sound
            if not _encoder(source, stream)[1]:  # or a block without loss would be a millisecond, too
                sound = sound.filter("asetnsamples", n=BLOCK, p=0)
            sounds.append(sound)
        pictured = muxer not in NO_PICTURES and (muxer != "ogg" or source.pictures)
        options: dict[str, Any] = {"c:v": "copy", "map_metadata": 1, "map_metadata:s": -1, "map_chapters": 1}
        for stream, coding in zip(source.streams, _codings(media, source), strict=True):
            options |= _written(source, stream, coding, muxer)
        node = ffmpeg.output(
            *([recording["v?"]] if pictured else []),
            *sounds,
            marks["a?"],  # has chapters and tags only; without a stream the library would leave it out
            address(target),
            format=muxer,
            **options,
            fflags="+bitexact",
        )
        media.write(node, target, f"masking {path}")


def _masked(sound: Any, stream: AudioStream, commands: Path, *, bleep: bool) -> Any:
    """The sound of a stream with its gain driven by commands; the tone beside it by the opposite ones.

    Filters have the number of their stream in their names: all streams are in one graph, and a command goes
    to the first filter of its name.
    """
    import ffmpeg

    piece = max(1, stream.sample_rate // 1000)
    sound = sound.filter("aformat", sample_fmts="dblp").filter("asetnsamples", n=piece, p=0)
    sound = sound.filter("asendcmd", filename=str(commands))
    gain = {"volume": 1, "eval": "frame", "precision": "double"}
    if not bleep:
        return sound.filter(f"volume@voice{stream.index}", **gain)
    split = sound.filter_multi_output("asplit", 2)
    voice = split[0].filter(f"volume@voice{stream.index}", **gain)
    # Made of the sound's own frames, so that it has its times, whatever these are.
    tone = split[1].filter("aeval", exprs=f"{TONE}*sin(2*PI*{TONE_HZ}*t)", channel_layout="same")
    tone = tone.filter(f"volume@tone{stream.index}", **gain | {"volume": 0})
    return ffmpeg.filter([voice, tone], "amix", inputs=2, normalize=0, duration="first")


def _commands(spans: Sequence[tuple[int, int]], stream: int) -> Iterator[str]:
    """For `asendcmd`: what the volume of voice and tone is in each span; it fades inside."""
    for start_ms, end_ms in spans:
        first, last = start_ms / 1000, end_ms / 1000
        fade = FADE_MS / 1000
        gain = f"clip(max({first + fade:.3f}-t,t-{last - fade:.3f})/{fade},0,1)"
        yield (
            f"{first:.3f}-{last:.3f} [enter] volume@voice{stream} volume '{gain}', "
            f"[enter] volume@tone{stream} volume '1-{gain}', "
            f"[leave] volume@voice{stream} volume 1, [leave] volume@tone{stream} volume 0;\n"
        )


def _written(source: Source, stream: AudioStream, coding: _Coding, muxer: str) -> dict[str, Any]:
    """Options of an audio stream of the copy."""
    encoder, usual = _encoder(source, stream)
    number = f"a:{stream.index}"
    options: dict[str, Any] = {
        f"c:{number}": encoder,
        f"disposition:{number}": "default" if stream.default else 0,
    }
    if usual:
        options[f"b:{number}"] = f"{coding.bitrate}k" if coding.bitrate else usual
    elif not encoder.startswith("pcm_") and coding.bits:
        form = "s16" if coding.bits == 16 else "s32"
        options[f"sample_fmt:{number}"] = f"{form}p" if encoder == "alac" else form
        options[f"bits_per_raw_sample:{number}"] = coding.bits
    if muxer != "ogg":  # which has the tags of the recording there
        options[f"map_metadata:s:{number}"] = f"1:s:{stream.index}"
    return options


def _encoder(source: Source, stream: AudioStream) -> tuple[str, str]:
    if stream.codec.startswith("pcm_"):
        return stream.codec, ""
    try:
        return ENCODERS[stream.codec]
    except KeyError:
        raise InputError(
            f"no copy of {source.path} can be written: its sound is {stream.codec}",
            "Save it as WAV, FLAC, MP3 or M4A first, and transcribe that",
        ) from None


def _muxer(source: Source) -> str:
    usual, others = BY_ENDING.get(source.container, (MUXERS.get(source.container, ""), {}))
    if not usual:
        raise InputError(
            f"no copy of {source.path} can be written: it is a file of the kind {source.container}",
            "Save it as WAV, FLAC, MP3 or M4A first, and transcribe that",
        )
    return others.get(Path(source.name).suffix.lower(), usual)


def _codings(media: Ffmpeg, source: Source) -> list[_Coding]:
    """How the streams of a recording were written, as far as its headers say."""
    log = media.program.run(["-hide_banner", "-nostdin", "-i", f"file:{Path(source.path).absolute()}"]).log
    found = [each["facts"] for each in _AUDIO.finditer(log)]
    if len(found) != len(source.streams):
        return [_Coding()] * len(source.streams)
    codings = []
    for facts in found:
        rate, bits = re.search(r", (\d+) kb/s", facts), re.search(r", s(16|32)p?(?: \((\d+) bit\))?", facts)
        codings.append(_Coding(int(rate[1]) if rate else 0, int(bits[2] or bits[1]) if bits else 0))
    total = _TOTAL.search(log)
    if len(codings) == 1 and not codings[0].bitrate and total and not source.pictures:
        return [_Coding(int(total[1]), codings[0].bits)]
    return codings


def _longer(media: Ffmpeg, source: Source, target: Path) -> list[int]:
    """By how many samples each audio stream of the copy is longer than the recording's."""
    return [
        _samples(media, target, each.index) - _samples(media, Path(source.path), each.index)
        for each in source.streams
    ]


def _samples(media: Ffmpeg, path: Path, stream: int) -> int:
    """How many samples ffmpeg decodes of an audio stream."""
    count = 0

    def add(block: bytes) -> None:
        nonlocal count
        count += len(block)

    _decode(media, path, stream, "u8", add)
    return count


def _decode(media: Ffmpeg, path: Path, stream: int, form: str, sink: Sink, *, timed: bool = False) -> None:
    """Hand the mono samples of an audio stream to a sink, at its own rate.

    Args:
        timed: Whether each stands where its timestamp says, with silence where there is none.
    """
    import ffmpeg

    sound = ffmpeg.input(address(path), **media.reading(path))[f"a:{stream}"]
    if timed:
        sound = sound.filter("aresample", **{"async": 1, "first_pts": 0})
    node = ffmpeg.output(sound, "pipe:", format=form, ac=1)
    media.program.stream(words_of(node.global_args("-nostdin", "-hide_banner", "-v", "error")), sink)


def _ffmetadata(source: Source) -> str:
    """Tags and chapters as ffmpeg reads them: https://ffmpeg.org/ffmpeg-formats.html#Metadata-2."""
    lines = [";FFMETADATA1\n", *(f"{_escaped(key)}={_escaped(value)}\n" for key, value in source.tags)]
    for stream in source.streams:
        said = {"language": stream.language, "title": stream.title}
        lines += ["[STREAM]\n", *(f"{key}={_escaped(value)}\n" for key, value in said.items() if value)]
    for chapter in source.chapters:
        times = f"START={chapter.start_ms}\nEND={chapter.end_ms}"
        lines.append(f"[CHAPTER]\nTIMEBASE=1/1000\n{times}\ntitle={_escaped(chapter.title)}\n")
    return "".join(lines)


def _escaped(text: str) -> str:
    text = _SPECIAL.sub(r"\\\g<0>", text)
    # ffmpeg takes every backslash before a line end for one that escapes it, also an escaped one.
    return text + " " if text.endswith("\\") else text
