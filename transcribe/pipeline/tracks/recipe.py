"""One transcript of several tracks: each is a job of its own, then their words are put together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from transcribe.core.digest import fingerprint
from transcribe.core.episode import Episode, Language, Track
from transcribe.core.errors import InputError, UsageError
from transcribe.core.events import (
    Event,
    Progress,
    SegmentRecognised,
    StageFinished,
    StageStarted,
    TrackPlaced,
    TrackStarted,
    Warned,
)
from transcribe.core.media import Voice
from transcribe.core.places import work_root
from transcribe.core.recording import Source, SpeechSpans
from transcribe.core.settings import Settings
from transcribe.core.waveform import Waveform
from transcribe.core.workspace import LAYOUT, Workspace
from transcribe.pipeline.identity import open_workspace, provenance_of
from transcribe.pipeline.ports import Run
from transcribe.pipeline.recognition import listened, recognising
from transcribe.pipeline.stages.channels import extract_of
from transcribe.pipeline.stages.probe import probe
from transcribe.pipeline.suspend import Pausing
from transcribe.pipeline.tracks.arrange import Arrangement, Listened, arrange, earliest
from transcribe.pipeline.tracks.bleed import Own
from transcribe.pipeline.tracks.doubles import Spoken, undoubled
from transcribe.pipeline.tracks.inputs import TrackJob, listed
from transcribe.pipeline.tracks.merge import merged, on_timeline
from transcribe.pipeline.tracks.names import find_track, values_of

ARRANGEMENT = "tracks"
"""Name of the artefact that tells where tracks lie and what is whose."""

MIX_FILE = "mix.m4a"

AUTO = "auto"
ENOUGH_MS = 30_000
"""With so much speech a track tells its language by itself: Whisper detects it in 30 s (Radford et al. 2022,
section 2.3). In less, such as a few `mhm`, it guesses."""


def open_joint_workspace(run: Run, jobs: Sequence[TrackJob]) -> Workspace:
    """The work directory of all tracks together: what is known before and after they are recognised."""
    settings = run.settings
    identity = (
        LAYOUT,
        [(job.track, job.source.stream) for job in jobs],
        settings.tracks.track_offsets,
        settings.tracks.drop_bleed,
        provenance_of(settings, run.engines),
    )
    tracks = hashlib.sha256("".join(job.source.sha256 for job in jobs).encode()).hexdigest()
    return Workspace(work_root(), f"{tracks[:32]}/{fingerprint(identity)[:32]}")


def recognising_tracks(run: Run, work: Workspace, jobs: Sequence[TrackJob]) -> Pausing[Episode]:
    """Recognise every track and put them together; goes on where an earlier run was stopped.

    Raises:
        InputError: Only one track is left, because the others hold the same sound.
        TranscribeError: A stage of a track failed.
    """
    progress = run.progress
    arrangement = _arranged(run, work, jobs)
    gone = {each.index: each.reason for each in arrangement.left_out}
    if len(jobs) - len(gone) < 2:
        (index, reason), *_ = gone.items()
        alone = "without --channels or --tracks" if jobs[index].track.divided else "the other one by itself"
        raise InputError(f"{jobs[index].track.label} is no track of its own: {reason}", f"Transcribe {alone}")
    _tell(arrangement, progress)
    kept = [index for index in range(len(jobs)) if index not in gone]
    tracks = [arrangement.tracks[index] for index in kept]
    recognised: dict[int, Episode] = {}
    # The one with most to say tells the language of those that say too little to tell it themselves.
    for index in sorted(kept, key=lambda each: -arrangement.own[each].speech.duration_ms):
        job, track, own = jobs[index], arrangement.tracks[index], arrangement.own[index]
        speech = _on_own_clock(own, track)
        language = _main_language(own, recognised.values(), run.settings)
        progress(TrackStarted(track.label, track.speaker, index + 1, len(jobs)))
        its_own = replace(run, settings=job.settings, progress=_Told(progress, track))
        with _workspace(run, job, jobs) as place:
            recognised[index] = yield from recognising(its_own, place, job.source, speech, language)
    episodes = [recognised[index] for index in kept]
    progress(StageStarted("merge"))
    spoken = [
        Spoken(on_timeline(each.transcript.segments, track), arrangement.own[index].voice)
        for each, track, index in zip(episodes, tracks, kept, strict=True)
    ]
    episode = merged(_source(jobs, tracks, kept), tracks, episodes, undoubled(spoken))
    progress(StageFinished("merge"))
    return episode


def _main_language(own: Own, before: Iterable[Episode], settings: Settings) -> Language | None:
    """The language of a track that says little: that of the one that says most; None: it is detected."""
    if settings.recognise.language != AUTO or own.speech.duration_ms >= ENOUGH_MS:
        return None
    return next((each.transcript.language for each in before), None)


def mixed(run: Run, work: Workspace, jobs: Sequence[TrackJob], episode: Episode, name: Path) -> Episode:
    """The episode with a mix of its tracks as its recording; as it was where nothing can be mixed.

    Args:
        work: The work directory of all tracks; the mix is kept in it as MIX_FILE.
        jobs: The tracks, also those left out.
        name: Where the mix will be published.

    Raises:
        TranscribeError: A track cannot be read or the mix not be written.
    """
    editor = run.engines.editor
    if editor is None or episode.tracks[0].divided:
        return episode
    sources = {job.source.sha256: job.source for job in jobs}
    place = work.path / MIX_FILE
    if not work.vouched(MIX_FILE):
        voices = [
            Voice(extract_of(sources[track.sha256], 0, None, None), track.at(0), track.drift_ppm)
            for track in episode.tracks
        ]
        temporary = place.with_suffix(".tmp")
        try:
            editor.mix(voices, temporary)
            temporary.replace(place)
            work.vouch(MIX_FILE)
        finally:
            temporary.unlink(missing_ok=True)
    source = probe(place, None, run.engines.prober)
    chapters = episode.source.chapters
    return replace(episode, source=replace(source, path=str(name), name=name.name, chapters=chapters))


def _arranged(run: Run, work: Workspace, jobs: Sequence[TrackJob]) -> Arrangement:
    """Where the tracks lie and what is whose; for that all of them are decoded, unless it is known."""
    kept = work.load(ARRANGEMENT, Arrangement)
    if kept is not None:
        return kept
    settings, progress = run.settings, run.progress
    chosen = _chosen_offsets(jobs, settings)
    with ExitStack() as locks:
        tracks: list[Listened] = []
        places = [_workspace(run, job, jobs) for job in jobs]
        for place in sorted(places, key=lambda each: each.key):  # in one order, or two runs wait forever
            locks.enter_context(place)
        for number, (job, place) in enumerate(zip(jobs, places, strict=True), 1):
            progress(TrackStarted(job.track.label, job.track.speaker, number, len(jobs)))
            audio, speech = listened(replace(run, settings=job.settings), place, job.source)
            tracks.append(Listened(job.track, job.source, Waveform.of(audio, place.path), speech))
        progress(StageStarted("align"))
        arrangement = arrange(tracks, chosen, drop_bleed=settings.tracks.drop_bleed)
        progress(StageFinished("align"))
    if not any(track.speech.assumed for track in tracks):
        work.save(ARRANGEMENT, arrangement)
    return arrangement


def _chosen_offsets(jobs: Sequence[TrackJob], settings: Settings) -> dict[int, int]:
    names = [job.track.name for job in jobs]
    chosen: dict[int, int] = {}
    for key, value in values_of(settings.tracks.track_offsets, "--offset", "MS"):
        index = find_track(key, names, [job.track.speaker for job in jobs])
        if index is None:
            raise UsageError(
                f"--offset {key}={value}: there is no track {key}", f"Tracks are {listed(names)}"
            )
        try:
            chosen[index] = int(value)
        except ValueError:
            raise UsageError(
                f"--offset {key}={value}: {value!r} is not a whole number of milliseconds",
                "Say for example --offset guest.wav=1500",
            ) from None
    return chosen


def _workspace(run: Run, job: TrackJob, jobs: Sequence[TrackJob]) -> Workspace:
    """A track's own work directory: its words depend on what bleeds into it, and so on the others."""
    others = sorted(f"{each.source.sha256}/{each.source.stream}" for each in jobs)
    asked = run.settings.tracks
    among = (*others, *asked.track_offsets, str(asked.drop_bleed))
    return open_workspace(replace(run, settings=job.settings), job.source, among)


def _on_own_clock(own: Own, track: Track) -> SpeechSpans | None:
    """The speech to be recognised as the track's own clock has it; None: all that is detected."""
    if own.voice is None:
        return None

    def back(ms: int) -> int:
        return max(0, round((ms - track.offset_ms) / (1 + track.drift_ppm / 1e6)))

    return own.speech.moved(back)


def _source(jobs: Sequence[TrackJob], tracks: Sequence[Track], kept: Sequence[int]) -> Source:
    """The file whose clock is the timeline, under its own name: what a page plays."""
    first = earliest(tracks)
    return replace(jobs[kept[first]].source, name=tracks[first].name)


def _tell(arrangement: Arrangement, progress: Progress) -> None:
    gone = {each.index: each.reason for each in arrangement.left_out}
    for index, (track, own) in enumerate(zip(arrangement.tracks, arrangement.own, strict=True)):
        if index in gone:
            progress(Warned(f"{track.label} is left out: {gone[index]}"))
            continue
        bleed = tuple((arrangement.tracks[other].label, level) for other, level in own.bleed_db)
        progress(
            TrackPlaced(track.label, track.speaker, track.offset_ms, track.drift_ppm, track.placed, bleed)
        )
    for note in arrangement.notes:
        progress(Warned(note))


@dataclass(frozen=True)
class _Told:
    """Tells of a track's segments as they will stand in the transcript."""

    progress: Progress
    track: Track

    def __call__(self, event: Event) -> None:
        if isinstance(event, SegmentRecognised):
            event = SegmentRecognised(*on_timeline([event.segment], self.track))
        self.progress(event)
