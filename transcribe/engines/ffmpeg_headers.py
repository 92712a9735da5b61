"""What ffmpeg says of a file before it decodes it: streams, tags, chapters and length, as text to be read."""

from __future__ import annotations

import re

from transcribe.core.media import Container
from transcribe.core.recording import AudioStream
from transcribe.engines.program import Finished

MAX_TAG_CHARS = 1000
MAX_CUESHEET_CHARS = 100_000
MOST_CHAPTERS = 10_000
"""More than anybody sets; a hostile file may have millions."""

TECHNICAL_TAGS = {
    "compatible_brands", "encoder", "handler_name", "itunsmpb", "major_brand", "minor_version", "vendor_id",
}  # fmt: skip

ESTIMATED = "] [warning] Estimating duration from bitrate"

_DURATION = re.compile(r"^\[info\]   Duration: (?:N/A|(\d+):(\d\d):(\d\d)\.(\d\d))(?:,|$)", re.MULTILINE)
_STREAM = r"^\[info\]   Stream #0:\d+\S*: Audio: (\w+)[^\n]*?{separator}(\d+) Hz, ([^\n]*)$"
_PICTURES = r"^\[info\]   Stream #0:\d+\S*: Video: [^\n]*?{separator}[^\n]*$"


def container_of(format_name: str, finished: Finished, separator: str) -> Container:
    """What a file holds.

    Args:
        finished: A run with the streams in its log and the tags, in ffmpeg's metadata format, as output.
        separator: What the log has before each fact of a stream (`dump_separator`).
    """
    tags, *stream_tags = _tag_sections(finished.output) or [{}]
    found = re.findall(_STREAM.format(separator=re.escape(separator)), finished.log, re.MULTILINE)
    # Where the streams and their tags do not correspond, tags are left out rather than mixed up.
    paired = stream_tags if len(stream_tags) == len(found) else [{}] * len(found)
    streams = tuple(
        AudioStream(
            index=index,
            codec=codec,
            sample_rate=int(rate),
            channels=channel_count(layout := rest.split(", ")[0]),
            language="" if said.get("language") == "und" else said.get("language", ""),
            title=said.get("title", ""),
            default="(default)" in rest,
            layout=layout.removesuffix(" (default)"),
        )
        for index, ((codec, rate, rest), said) in enumerate(zip(found, paired, strict=True))
    )
    if format_name == "ogg" and paired:
        tags = paired[0] | tags  # Ogg keeps the recording's title with the stream
    known = tuple(sorted((key, value) for key, value in tags.items() if key not in TECHNICAL_TAGS))
    pictures = re.findall(_PICTURES.format(separator=re.escape(separator)), finished.log, re.MULTILINE)
    timed = len(streams) + sum("(attached pic)" not in each for each in pictures)
    guessed = "Estimating duration from bitrate" in finished.log
    return Container(
        format_name, duration_ms_of(finished.log), streams, known, pictures=timed > 1, estimated=guessed
    )


def duration_ms_of(log: str) -> int | None:
    """The one length stated; where a tag imitates that line, or it is a guess, none is believed."""
    if ESTIMATED in log:
        return None
    found = _DURATION.findall(log)
    if len(found) != 1 or not found[0][0]:
        return None
    hours, minutes, seconds, hundredths = map(int, found[0])
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + hundredths * 10


def chapters_in(text: str) -> tuple[tuple[int, int, str], ...]:
    """The chapters of ffmpeg's metadata format; those whose times make no sense are left out."""
    found = []
    for section in _tag_sections(text, "[CHAPTER]")[1 : MOST_CHAPTERS + 1]:
        base = re.fullmatch(r"(\d{1,12})/(\d{1,12})", section.get("timebase", ""))
        times = [section.get(name, "") for name in ("start", "end")]
        if base and int(base[2]) and all(re.fullmatch(r"-?\d{1,20}", each) for each in times):
            start, end = (int(each) * 1000 * int(base[1]) // int(base[2]) for each in times)
            found.append((start, end, section.get("title", "")))
    return tuple(found)


def _tag_sections(text: str, begins: str = "[STREAM]") -> list[dict[str, str]]:
    """Read ffmpeg's metadata format: the container's tags, then those of each audio stream, or chapter.

    A backslash escapes `=`, `;`, `#`, itself and newlines: https://ffmpeg.org/ffmpeg-formats.html#Metadata-2
    """
    sections: list[dict[str, str]] = [{}]
    for line in re.findall(r"(?:\\.|[^\\\n])+", text, re.DOTALL):
        if line == begins:
            sections.append({})
        elif pair := re.fullmatch(r"((?:\\.|[^\\=;])+)=(.*)", line, re.DOTALL):
            key, value = (re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in pair.groups())
            longest = MAX_CUESHEET_CHARS if key.lower() == "cuesheet" else MAX_TAG_CHARS
            sections[-1][key.lower()] = value[:longest]
    return sections


_NAMED_LAYOUTS = {
    "mono": 1, "stereo": 2, "downmix": 2, "binaural": 2, "quad": 4, "hexagonal": 6, "octagonal": 8, "cube": 8,
    "hexadecagonal": 16,
}  # fmt: skip


def channel_count(layout: str) -> int:
    """How many channels a layout's name stands for: `5.1(side)` is 6, `8 channels` is 8; 0 if unknown."""
    if counted := re.match(r"(\d+) channels", layout):
        return int(counted[1])
    if ambisonic := re.match(r"ambisonic (\d+)(?:\+(\w+))?", layout):  # of order n: (n + 1)² channels
        return (int(ambisonic[1]) + 1) ** 2 + channel_count(ambisonic[2] or "")
    if dotted := re.match(r"\d+(?:\.\d+)+", layout):
        return sum(map(int, dotted[0].split(".")))
    return _NAMED_LAYOUTS.get(layout.partition("(")[0], 0)
