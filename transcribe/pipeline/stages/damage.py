"""Warnings about sound that a recording lacks, and about times that cannot be right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from transcribe.core.media import Decoding, Extract
from transcribe.core.reading import open_regular
from transcribe.core.recording import SAMPLES_PER_MS, Source
from transcribe.core.timecode import format_duration, format_timecode
from transcribe.core.timeline import Gap, Stray, Timeline

TOLERATED_LOSS_MS = 1000
TOLERATED_LOSS = 0.02
"""Headers are estimates: a file counts as cut short when more than both of these is missing."""

TOLERATED_GAPS_MS = 200
"""Less missing sound than this in the whole recording is no news, where nothing was damaged."""

LEAST_MS = 100

MEASURED = ("ogg", "mpegts", "mpeg")
"""Formats that state no length: it is the last timestamp that tells it."""

LEAST_ZERO_BYTES = 1 << 16
LEAST_ZERO_SHARE = 0.01
"""What of a file has to be zeros before that counts as lost."""

BLOCK_BYTES = 1 << 20
SMALL_BLOCK_BYTES = 1 << 14


def warnings_of(
    source: Source, extract: Extract, timeline: Timeline, decoding: Decoding, silences: Sequence[Gap]
) -> tuple[str, ...]:
    """Everything that is not as it should be, a line for each kind.

    Args:
        timeline: Where the sound lies, counted from the start of the extract.
        silences: Long stretches of that timeline without a single sample that is not zero.
    """
    start_ms = extract.start_ms
    end_ms = timeline.pieces[-1].end // SAMPLES_PER_MS
    missing_ms = 0 if timeline.strays or timeline.restarts else _missing_ms(source, extract, end_ms)
    early = _is_early(source, extract, missing_ms, decoding)
    zeros = tuple(_zeros(source, search=decoding.damaged or early))
    lines: list[str] = [*decoding.warnings, *_astray(timeline.strays, start_ms)]
    if early:
        at, of = (format_duration(start_ms + end_ms + more_ms) for more_ms in (0, missing_ms))
        why = "; ".join(zeros) or "the file is damaged or was cut short"
        lines.append(f"the sound ends early: at {at} of {of}; {why}")
    explained = zeros and not timeline.gaps and missing_ms < LEAST_MS
    damaged = decoding.damaged and not early and not explained
    lines += _lost(timeline.gaps, start_ms, damaged, missing_ms)
    lines += _silent(silences, start_ms, timeline)
    return tuple(lines) if early else (*lines, *zeros)


def without_false_end(source: Source, extract: Extract, timeline: Timeline, decoding: Decoding) -> Timeline:
    """A timeline on which the last timestamp of a file, where it is wrong, is known as such.

    Nothing is missing where ffmpeg has nothing to complain about and all sound was decoded.
    """
    if source.container not in MEASURED or decoding.damaged or timeline.strays or timeline.restarts:
        return timeline
    end = timeline.pieces[-1].end
    missing_ms = _missing_ms(source, extract, end // SAMPLES_PER_MS)
    if not _is_early(source, extract, missing_ms, decoding):
        return timeline
    stated = end + (missing_ms + extract.start_ms) * SAMPLES_PER_MS
    return replace(timeline, strays=(*timeline.strays, Stray(end, stated)))


def _missing_ms(source: Source, extract: Extract, end_ms: int) -> int:
    """How much sound the stated length promises beyond the end of what was decoded."""
    if source.duration_ms is None:
        return 0
    expected_ms = source.duration_ms - extract.start_ms
    if extract.duration_ms is not None:
        expected_ms = min(expected_ms, extract.duration_ms)
    return max(0, expected_ms - end_ms)


def _is_early(source: Source, extract: Extract, missing_ms: int, decoding: Decoding) -> bool:
    if source.pictures and not decoding.damaged:  # the length may be theirs
        return False
    expected_ms = (source.duration_ms or 0) - extract.start_ms
    return missing_ms > max(TOLERATED_LOSS_MS, TOLERATED_LOSS * expected_ms)


def _astray(strays: Sequence[Stray], start_ms: int) -> Iterator[str]:
    """What became of timestamps that cannot be right; a run of equal ones counts as one."""
    distinct = {stray.stated: stray for stray in reversed(strays)}
    if not distinct:
        return
    first = min(distinct.values(), key=lambda stray: stray.at)
    count = "a timestamp is" if len(distinct) == 1 else f"{len(distinct)} timestamps are"
    yield (
        f"{count} wrong: {_clock(first.stated, 0)} at {_clock(first.at, start_ms)}; "
        "the sound there follows what precedes it"
    )


def _lost(gaps: Sequence[Gap], start_ms: int, damaged: bool, missing_ms: int) -> Iterator[str]:
    """How much sound is missing between the first and the last, and where."""
    total_ms = sum(gap.end - gap.start for gap in gaps) // SAMPLES_PER_MS
    where = _where(gaps, start_ms, total_ms) if total_ms >= LEAST_MS else ""
    if damaged:
        # Formats without timestamps close up: there, only the stated length tells.
        amount = where or (
            f"about {_seconds(missing_ms)} in all" if missing_ms >= LEAST_MS else "less than 0.1 s"
        )
        yield f"parts of the file are damaged or missing ({amount}); what can be decoded was transcribed"
    elif total_ms >= TOLERATED_GAPS_MS:
        yield f"no sound was recorded for {where}; later times are kept"


def _where(gaps: Sequence[Gap], start_ms: int, total_ms: int) -> str:
    longest = max(gaps, key=lambda gap: gap.end - gap.start)
    first, last = _clock(longest.start, start_ms), _clock(longest.end, start_ms)
    span = f"at {first}" if first == last else f"from {first} to {last}"
    if len(gaps) == 1:
        return f"{_seconds(total_ms)}, {span}"
    return f"{_seconds(total_ms)} in {len(gaps)} places, the longest {span}"


def _silent(silences: Sequence[Gap], start_ms: int, timeline: Timeline) -> Iterator[str]:
    if not silences:
        return
    total_ms = sum(gap.end - gap.start for gap in silences) // SAMPLES_PER_MS
    if total_ms >= timeline.pieces[-1].end // SAMPLES_PER_MS - 1:
        yield f"the recording holds nothing but zeros ({_seconds(total_ms)}): nothing was recorded"
        return
    yield (
        f"zeros instead of sound for {_where(silences, start_ms, total_ms)}: "
        "the recorder was muted or lost power; nothing there was transcribed"
    )


def _zeros(source: Source, *, search: bool) -> Iterator[str]:
    """Zeros in a compressed file (elsewhere they are samples): those at its end, or on a search all."""
    if source.streams[source.stream].codec.startswith("pcm_"):
        return
    path, size = Path(source.path), source.bytes
    at_end = zero_tail(path)
    lost = behind_zeros(path) if "mp4" in source.container else 0
    found = max(zero_blocks(path), at_end) if search else at_end
    if lost > at_end + LEAST_ZERO_BYTES:
        what = f"the last {_share(lost, size)} cannot be read, since they begin with zeros"
    elif found >= LEAST_ZERO_BYTES and found >= LEAST_ZERO_SHARE * size:
        where = "the last " if found - at_end < LEAST_ZERO_BYTES else ""
        what = f"{where}{_share(found, size)} are zeros"
    else:
        return
    yield f"{what}: the recorder lost power, or the copy is not complete; nothing there was transcribed"


def _share(part: int, size: int) -> str:
    return f"{part / 1e6:.1f} MB of the file ({100 * part / size:.0f} %)"


def zero_tail(path: Path) -> int:
    """How many bytes at the end of a file are zero; 0 where it cannot be read."""
    try:
        with open_regular(path) as handle:
            size = left = handle.seek(0, 2)
            while left:
                first = max(0, left - BLOCK_BYTES)
                handle.seek(first)
                kept = len(handle.read(left - first).rstrip(b"\0"))
                if kept:
                    return size - first - kept
                left = first
    except OSError:
        return 0
    return size


def behind_zeros(path: Path) -> int:
    """How many bytes of an MP4 come from where a box ought to begin, and zeros do: ffmpeg stops there."""
    with suppress(OSError), open_regular(path) as handle:
        end, at = handle.seek(0, 2), 0
        while at < end:
            handle.seek(at)
            head = handle.read(16)
            size = int.from_bytes(head[:4])
            if size == 0:
                return 0 if head[4:8].strip(b"\0") else end - at
            size = int.from_bytes(head[8:]) if size == 1 else size
            at += max(8, size)
    return 0


def zero_blocks(path: Path) -> int:
    """How many bytes of a file lie in blocks that are all zero; 0 where it cannot be read."""
    found = 0
    with suppress(OSError), open_regular(path) as handle:
        while block := handle.read(SMALL_BLOCK_BYTES):
            found += 0 if block.strip(b"\0") else len(block)
    return found


def _clock(sample: int, start_ms: int) -> str:
    seconds = round((start_ms + sample / SAMPLES_PER_MS) / 1000)
    return format_timecode(1000 * max(0, seconds)).partition(".")[0]


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.1f} s" if ms < 10_000 else format_duration(ms)
