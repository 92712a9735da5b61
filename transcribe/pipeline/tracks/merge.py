"""From the episodes of several tracks to one: one timeline, a speaker on every segment."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import replace

from transcribe.core.episode import Coverage, Episode, Language, Segment, Spot, Track, Transcript, Word
from transcribe.core.recording import SAMPLES_PER_MS, Audio, Source, SpeechSpans, joined
from transcribe.core.sequences import parted

TURN_GAP_MS = 300
"""A segment is divided where its speaker pauses this long and another one begins to speak. Gaps between
turns are about 200 ms (Stivers et al., PNAS 106(26), 2009); shorter pauses lie within a phrase."""


def on_timeline(segments: Sequence[Segment], track: Track) -> tuple[Segment, ...]:
    """A track's segments at their times on the recording's timeline, under their speaker's name."""
    return tuple(
        replace(
            segment,
            start_ms=track.at(segment.start_ms),
            end_ms=track.at(segment.end_ms),
            words=tuple(
                replace(word, start_ms=track.at(word.start_ms), end_ms=track.at(word.end_ms))
                for word in segment.words
            ),
            speaker=track.speaker,
        )
        for segment in segments
    )


def merged(
    source: Source,
    tracks: Sequence[Track],
    episodes: Sequence[Episode],
    segments: Sequence[tuple[Segment, ...]],
) -> Episode:
    """One episode of all tracks.

    Args:
        source: The recording whose clock is the timeline.
        tracks: Who speaks on which, and where they lie.
        episodes: What was recognised on each, on its own clock.
        segments: What of that counts, on the timeline; see `on_timeline`.
    """
    several = len({each.transcript.language.code for each in episodes if each.transcript.language}) > 1
    return Episode(
        source=source,
        audio=_audio(tracks, episodes),
        speech=_union([each.speech.moved(track.at) for each, track in zip(episodes, tracks, strict=True)]),
        transcript=Transcript(
            _language(episodes), tuple(in_turn(_numbered(episodes, segments, with_language=several)))
        ),
        coverage=_coverage(tracks, episodes),
        provenance=episodes[0].provenance,
        tracks=tuple(tracks),
    )


def in_turn(segments: Sequence[tuple[Segment, ...]]) -> list[Segment]:
    """All tracks' segments in order of their starts, divided where another speaker comes in at a pause."""
    starts = [sorted(word.start_ms for segment in track for word in segment.words) for track in segments]
    parts = [
        (part.start_ms, index, part)
        for index, track in enumerate(segments)
        for segment in track
        for part in _divided(segment, [each for other, each in enumerate(starts) if other != index])
    ]
    return [part for _, _, part in sorted(parts, key=lambda each: each[:2])]


def _divided(segment: Segment, others: Sequence[list[int]]) -> Iterator[Segment]:
    def gives_way(before: Word, after: Word) -> bool:
        pause = before.end_ms, after.start_ms
        return pause[1] - pause[0] >= TURN_GAP_MS and any(
            bisect.bisect_left(each, pause[1]) > bisect.bisect_left(each, pause[0]) for each in others
        )

    return map(segment.of, parted(segment.words, gives_way))


def _numbered(
    episodes: Sequence[Episode], segments: Sequence[tuple[Segment, ...]], *, with_language: bool
) -> list[tuple[Segment, ...]]:
    """The segments with chunk numbers of their own for each track and, where they differ, its language."""
    numbered: list[tuple[Segment, ...]] = []
    first = 0
    for episode, track in zip(episodes, segments, strict=True):
        spoken = episode.transcript.language
        code = spoken.code if spoken and with_language else None
        numbered.append(
            tuple(replace(each, chunk=first + each.chunk, language=each.language or code) for each in track)
        )
        first += 1 + max((each.chunk for each in episode.transcript.segments), default=-1)
    return numbered


def _language(episodes: Sequence[Episode]) -> Language | None:
    """The language most speech is in, weighed by speech."""
    known = [(each.speech.duration_ms, each.transcript.language) for each in episodes]
    spoken = [(ms, language) for ms, language in known if language is not None and ms]
    if not spoken:
        return next((language for _, language in known if language is not None), None)
    total: dict[str, int] = {}
    for ms, each in spoken:
        total[each.code] = total.get(each.code, 0) + ms
    code = max(total, key=lambda each: (total[each], each))
    own = [(ms, each) for ms, each in spoken if each.code == code]
    probability = sum(ms * each.probability for ms, each in own) / total[code]
    share = sum(ms * each.share for ms, each in own) / sum(total.values())
    return Language(code, round(probability, 4), any(each.detected for _, each in own), round(share, 4))


def _audio(tracks: Sequence[Track], episodes: Sequence[Episode]) -> Audio:
    """All of the timeline; what was decoded lies in the tracks' own work directories."""
    start_ms = min(track.at(each.audio.start_ms) for track, each in zip(tracks, episodes, strict=True))
    end_ms = max(track.at(each.audio.end_ms) for track, each in zip(tracks, episodes, strict=True))
    return Audio(
        file="",
        samples=(end_ms - start_ms) * SAMPLES_PER_MS,
        start_ms=start_ms,
        loudness_lufs=None,
        gain_db=0.0,
        warnings=_lines(tracks, [each.audio.warnings for each in episodes]),
        faults=_lines(tracks, [each.audio.faults for each in episodes]),
        astray=any(each.audio.astray for each in episodes),
    )


def _lines(tracks: Sequence[Track], said: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """What is said of each track, under its name."""
    return tuple(
        f"{track.label}: {line}" for track, lines in zip(tracks, said, strict=True) for line in lines
    )


def _coverage(tracks: Sequence[Track], episodes: Sequence[Episode]) -> Coverage:
    """Speech of all tracks added up: where two people speak, both have to have words."""
    spots = [
        Spot(track.at(spot.start_ms), track.at(spot.end_ms), spot.kind, f"{track.speaker}: {spot.reason}")
        for track, each in zip(tracks, episodes, strict=True)
        for spot in each.coverage.spots
    ]
    accounts = [each.coverage for each in episodes]
    return Coverage(
        speech_ms=sum(each.speech_ms for each in accounts),
        missing_ms=sum(each.missing_ms for each in accounts),
        suspect_ms=sum(each.suspect_ms for each in accounts),
        redecoded_ms=sum(each.redecoded_ms for each in accounts),
        spots=tuple(sorted(spots, key=lambda spot: (spot.start_ms, spot.end_ms, spot.kind, spot.reason))),
        faults=_lines(tracks, [each.faults for each in accounts]),
    )


def _union(tracks: Sequence[SpeechSpans]) -> SpeechSpans:
    """Where anybody speaks."""
    return SpeechSpans(
        tuple(joined(span for track in tracks for span in track.spans)),
        tuple(joined(span for track in tracks for span in track.assumed)),
    )
