"""One stream of a recording, recognised: from its samples to an episode, one stage after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from transcribe.core.episode import Coverage, Episode, Language, Spot, Transcript
from transcribe.core.errors import InputError
from transcribe.core.events import Progress, SegmentRecognised, StageFinished, StageStarted, Warned
from transcribe.core.hearing import Chunks, Languages
from transcribe.core.own_process import Died
from transcribe.core.recording import Audio, Source, SpeechSpans
from transcribe.core.settings import MULTI
from transcribe.core.waveform import Waveform
from transcribe.core.workspace import Workspace
from transcribe.pipeline.identity import provenance_of
from transcribe.pipeline.ports import Run
from transcribe.pipeline.stages.check import check
from transcribe.pipeline.stages.detect import detect
from transcribe.pipeline.stages.languages import STRETCH_MS, tell_languages
from transcribe.pipeline.stages.normalise import AUDIO_FILE, normalise
from transcribe.pipeline.stages.plan import plan
from transcribe.pipeline.stages.probe import changed_since
from transcribe.pipeline.stages.recognise import recognise, tell
from transcribe.pipeline.stages.stitch import stitch
from transcribe.pipeline.stages.unheard import unheard
from transcribe.pipeline.suspend import Pausing

T = TypeVar("T")


def recognising(
    run: Run,
    work: Workspace,
    source: Source,
    own: SpeechSpans | None = None,
    told: Language | None = None,
) -> Pausing[Episode]:
    """Recognise a stream; goes on where an earlier run was stopped. Others can get ready in its pause.

    Args:
        work: Its work directory, locked.
        own: Which speech is to be recognised, of a track among others; None: all that is detected.
        told: Its language, where other tracks tell; None: as the settings say.

    Raises:
        TranscribeError: A stage failed. What was finished is kept in the work directory.
    """
    finished = _finished(work, source, run.progress)
    if finished is not None:
        if run.engines.open_diariser is None:
            work.remove(AUDIO_FILE)  # kept for speakers that nobody asks for any more
        return finished
    return (yield from _recognise(run, work, source, own, told))


def listened(run: Run, work: Workspace, source: Source) -> tuple[Audio, SpeechSpans]:
    """The first stages: the samples in the work directory, and where somebody speaks in them.

    Raises:
        TranscribeError: A stage failed.
    """
    step = _Steps(work, run.progress)
    if not work.vouched(AUDIO_FILE):
        work.remove("normalise.json")  # what it tells of is gone, or was changed
    audio = step("normalise", Audio, lambda: samples_of(run, work, source))
    waveform = Waveform.of(audio, work.path)

    def detected() -> SpeechSpans:
        deaths: list[Died] = []
        found = detect(
            waveform, run.settings.detect, run.engines.open_detector(), run.progress, deaths.append
        )
        if deaths:
            run.progress(Warned(f"{source.name}: {_taken_for_speech(deaths)}"))
        return found

    before = work.load("detect", SpeechSpans)
    if before is not None and before.assumed and (found := detected()) != before:
        work.forget_but("normalise", AUDIO_FILE, "published", "names")
        work.save("detect", found)
    return audio, step("detect", SpeechSpans, detected)


def _taken_for_speech(deaths: Sequence[Died]) -> str:
    more = f", and at {len(deaths) - 1} more places" if deaths[1:] else ""
    taken = "what lies there is taken for speech and has to be checked; the next run looks for speech again"
    return f"{deaths[0].what}{more}: {taken}. {deaths[0].hint}"


def samples_of(run: Run, work: Workspace, source: Source) -> Audio:
    """Decode a recording into the work directory.

    Raises:
        TranscribeError: It cannot be decoded, or is not the recording any more that was found.
    """
    audio = normalise(source, run.settings.normalise, work.path, run.engines.decoder, run.progress)
    if changed_since(source):
        work.remove(audio.file)
        raise InputError(
            f"{source.path} changed while it was read", "Run the same command again when it is complete"
        )
    work.vouch(audio.file)
    return audio


def _recognise(
    run: Run, work: Workspace, source: Source, own: SpeechSpans | None, told: Language | None
) -> Pausing[Episode]:
    settings, engines, progress = run.settings, run.engines, run.progress
    step = _Steps(work, progress)
    audio, detected = listened(run, work, source)
    speech = detected if own is None else own
    waveform = Waveform.of(audio, work.path)
    languages = None
    if settings.recognise.language == MULTI:
        languages = _languages(run, step, speech, waveform)
    chunks = step("plan", Chunks, lambda: plan(speech, waveform, settings.plan, languages))
    progress(StageStarted("recognise", chunks.duration_ms))
    language, results = yield from recognise(
        chunks,
        waveform,
        settings.recognise,
        engines.open_workers,
        work,
        progress,
        languages.main if languages else told,
    )
    progress(StageFinished("recognise"))
    transcript = step("stitch", Transcript, lambda: stitch(language, chunks, results))

    def accounted() -> Coverage:
        # On one of several tracks, what was not detected may be the others' voices.
        missed: tuple[Spot, ...] = ()
        if own is None:
            missed = unheard(waveform, detected, settings.detect, engines.open_detector())
        return check(speech, chunks, results, transcript, missed, detected.assumed, audio.faults)

    coverage = step("check", Coverage, accounted)
    speech = replace(speech, assumed=detected.assumed)
    episode = Episode(source, audio, speech, transcript, coverage, provenance_of(settings, engines))
    work.save("episode", episode)
    if engines.open_diariser is None:  # else it is needed once more
        work.remove(audio.file)  # by far the largest file, and quickly made again
    warn(episode, progress)
    return episode


def _languages(run: Run, step: _Steps, speech: SpeechSpans, waveform: Waveform) -> Languages:
    """Which language is spoken where, told from short stretches."""
    asked = run.settings.plan
    short = replace(asked, max_chunk_ms=min(STRETCH_MS, asked.max_chunk_ms))
    stretches = step("stretches", Chunks, lambda: plan(speech, waveform, short))
    return step(
        "languages",
        Languages,
        lambda: tell_languages(stretches, waveform, run.engines.open_workers, step.work, step.progress),
        stretches.duration_ms,
    )


def _finished(work: Workspace, source: Source, progress: Progress) -> Episode | None:
    """The episode an earlier run finished, under the name its recording has now.

    None where there is none, and where the detector failed: it is asked again.
    """
    episode = work.load("episode", Episode)
    if episode is None or episode.speech.assumed:
        return None
    if episode.transcript.language:
        tell(episode.transcript.language, progress)
    for segment in episode.transcript.segments:
        progress(SegmentRecognised(segment))
    warn(episode, progress)
    return replace(episode, source=source)


def warn(episode: Episode, progress: Progress) -> None:
    """Tell what people should know about a transcript before they trust it."""
    for warning in episode.audio.warnings:
        progress(Warned(f"{episode.source.name}: {warning}"))
    if episode.transcript.segments:
        return
    if episode.coverage.percent < 100:
        told = "no words were recognised, though it sounds like speech; try --speech-threshold 0.3"
    else:
        told = f"{episode.coverage.account()}; the transcript is empty"
        told += "; try --speech-threshold 0.3" if episode.coverage.faults else ""
    progress(Warned(f"{episode.source.name}: {told}"))


@dataclass(frozen=True)
class _Steps:
    """Runs a stage, or takes its result from an earlier run; keeps it under the stage's name."""

    work: Workspace
    progress: Progress

    def __call__(self, stage: str, kind: type[T], make: Callable[[], T], total_ms: int | None = None) -> T:
        self.progress(StageStarted(stage, total_ms))
        result, resumed = self.work.once(stage, kind, make)
        self.progress(StageFinished(stage, resumed=resumed))
        return result
