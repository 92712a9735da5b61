"""All tracks on the timeline of the one that starts first; what is no track of its own is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from transcribe.core.episode import Placed, Track
from transcribe.core.recording import Source, SpeechSpans
from transcribe.core.waveform import Waveform
from transcribe.pipeline.tracks.align import Placement, place
from transcribe.pipeline.tracks.bands import FRAME_MS, Levels, band_levels, resampled
from transcribe.pipeline.tracks.bleed import Heard, Own, own_speech, repeats
from transcribe.pipeline.tracks.stamps import Stamped, stamped

SAME_LENGTH_MS = 2_000
"""Tracks whose lengths differ by less were most likely cut or exported together."""

SAME_START_MS = 30
"""Tracks that start so near each other start together: as far as the sound can tell, 10 m of air."""


@dataclass(frozen=True)
class Listened:
    """One track before it is recognised.

    Attributes:
        track: Name and speaker; where it lies is not known yet.
        speech: Where somebody speaks, on its own clock.
    """

    track: Track
    source: Source
    waveform: Waveform
    speech: SpeechSpans


@dataclass(frozen=True)
class LeftOut:
    """A file or channel that is not recognised."""

    index: int
    reason: str


@dataclass(frozen=True)
class Arrangement:
    """What is known about all tracks before one is recognised.

    Attributes:
        tracks: Every track, placed; also those left out.
        own: Which speech is each track's own, on the common timeline.
        left_out: Which are not recognised.
        notes: What the user should know, for people.
    """

    tracks: tuple[Track, ...]
    own: tuple[Own, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


def arrange(tracks: Sequence[Listened], chosen: Mapping[int, int], *, drop_bleed: bool) -> Arrangement:
    """Place all tracks and tell which speech is whose.

    Args:
        chosen: Starts that the user chose, in ms after the first track's, by index.

    Raises:
        EngineError: The samples cannot be read.
    """
    placed = _placed(tracks, chosen)
    notes = _notes(tracks, placed)
    if not drop_bleed:
        speech = (each.speech.moved(track.at) for each, track in zip(tracks, placed, strict=True))
        return Arrangement(placed, tuple(map(Own, speech)), (), notes)
    levels = [band_levels(each.waveform) for each in tracks]
    heard = [
        Heard(_moved(each, track, listened.waveform.start_ms), listened.speech.moved(track.at))
        for each, track, listened in zip(levels, placed, tracks, strict=True)
    ]
    length = max(len(each.levels) for each in heard)
    heard = [replace(each, levels=resampled(each.levels, 0, 0, length)) for each in heard]
    left_out = _left_out(placed, heard)
    gone = {each.index for each in left_out}
    kept = [index for index in range(len(heard)) if index not in gone]
    own = dict(zip(kept, own_speech([heard[index] for index in kept]), strict=True))
    nothing = Own(SpeechSpans(()))
    return Arrangement(placed, tuple(own.get(index, nothing) for index in range(len(heard))), left_out, notes)


def _moved(levels: Levels, track: Track, start_ms: int) -> Levels:
    """The levels of a track, whose first sample lies at `start_ms` of its own clock, on the timeline."""
    frames = -(-track.at(start_ms + len(levels) * FRAME_MS) // FRAME_MS)
    return resampled(levels, track.at(start_ms), track.drift_ppm, frames)


def _left_out(tracks: Sequence[Track], heard: Sequence[Heard]) -> tuple[LeftOut, ...]:
    left_out: list[LeftOut] = []
    for index in range(len(tracks)):
        gone = {each.index for each in left_out}
        others = [other for other in range(len(tracks)) if other != index and other not in gone]
        same = next((o for o in others if o < index and repeats(heard[index], [heard[o]], both=True)), None)
        if same is not None:
            left_out.append(LeftOut(index, f"it holds the same sound as {tracks[same].label}"))
        elif len(others) >= 2 and repeats(heard[index], [heard[other] for other in others], both=False):
            left_out.append(LeftOut(index, "it is a mix: every other track's voice is as loud on it"))
    return tuple(left_out)


def _placed(tracks: Sequence[Listened], chosen: Mapping[int, int]) -> tuple[Track, ...]:
    """Every track on the clock of the one that starts first."""
    if any(each.track.divided for each in tracks):
        return tuple(replace(each.track, placed="together") for each in tracks)
    clocks: list[tuple[Placement, Placed]] = []
    for index, each in enumerate(tracks):
        clocks.append(_clock(tracks[:index], clocks, each, chosen.get(index)))
    return _from_the_first(tracks, clocks)


def _clock(
    earlier: Sequence[Listened],
    clocks: Sequence[tuple[Placement, Placed]],
    this: Listened,
    chosen: int | None,
) -> tuple[Placement, Placed]:
    """Where a track lies on the first one's clock."""
    if chosen is not None:
        return Placement(chosen, 0.0, 0), "chosen"
    if not earlier:
        return Placement(0.0, 0.0, 0), "reference"
    for other, (on_first, _) in zip(earlier, clocks, strict=True):
        found = place(other.waveform, this.waveform)
        if found is not None:
            return _chained(on_first, found), "found"
    for other, (on_first, _) in zip(earlier, clocks, strict=True):
        if (stamp := _stamp(other, this)) is not None:
            return _chained(on_first, Placement(stamp.offset_ms, 0.0, 0)), "stated"
    return Placement(0.0, 0.0, 0), "assumed"


def _chained(outer: Placement, inner: Placement) -> Placement:
    stretch = 1 + outer.drift_ppm / 1e6
    drift = (stretch * (1 + inner.drift_ppm / 1e6) - 1) * 1e6
    return Placement(outer.offset_ms + inner.offset_ms * stretch, drift, inner.places)


def _stamp(first: Listened, this: Listened) -> Stamped | None:
    return stamped(first.source, first.waveform.end_ms, this.source, this.waveform.end_ms)


def _from_the_first(
    tracks: Sequence[Listened], clocks: Sequence[tuple[Placement, Placed]]
) -> tuple[Track, ...]:
    start, _ = min(clocks, key=lambda each: each[0].offset_ms)
    if clocks[0][0].offset_ms - start.offset_ms <= SAME_START_MS:
        start, _ = clocks[0]
    stretch = 1 + start.drift_ppm / 1e6
    return tuple(
        replace(
            each.track,
            offset_ms=round((clock.offset_ms - start.offset_ms) / stretch),
            drift_ppm=round(((1 + clock.drift_ppm / 1e6) / stretch - 1) * 1e6, 1),
            placed=placed,
        )
        for each, (clock, placed) in zip(tracks, clocks, strict=True)
    )


def _notes(tracks: Sequence[Listened], placed: Sequence[Track]) -> tuple[str, ...]:
    notes: list[str] = []
    lengths = [each.waveform.end_ms for each in tracks]
    for listened, track, length in zip(tracks, placed, lengths, strict=True):
        if not listened.speech.spans:
            continue  # that is told when it is transcribed
        if 4 * length < max(lengths):
            notes.append(f"{track.label}: this track is far shorter than the longest one")
        if track.placed == "stated" and any(
            (stamp := _stamp(other, listened)) and stamp.despite_dates for other in tracks
        ):
            notes.append(
                f"{track.label}: by the dates in the files, a day or more lies between the tracks; placed by "
                f"the time of day; where that is wrong, say --offset {track.name}=MS"
            )
        if track.placed == "assumed" and abs(length - lengths[0]) > SAME_LENGTH_MS:
            notes.append(
                f"{track.label} shares no sound with the other tracks and is not as long as they are: taken "
                f"to start with {placed[0].label}; where that is wrong, say --offset {track.name}=MS"
            )
    return tuple(notes)


def earliest(tracks: Sequence[Track]) -> int:
    """Index of the track whose clock is the timeline, or of the one that starts first."""
    starts = [max(0, track.offset_ms) for track in tracks]
    return starts.index(min(starts))
