"""The recipe: from a recording to a finished episode, one stage after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from transcribe.core.episode import (
    Audio,
    Chunks,
    Coverage,
    Episode,
    Language,
    Languages,
    ModelIdentity,
    Provenance,
    Source,
    SpeechSpans,
    Spot,
    Transcript,
)
from transcribe.core.errors import InputError
from transcribe.core.events import Progress, SegmentRecognised, StageFinished, StageStarted, Warned, silent
from transcribe.core.own_process import Died
from transcribe.core.places import work_root
from transcribe.core.settings import MULTI, OPTIONS, WORDS_DEPEND_ON, Settings
from transcribe.core.text import to_json
from transcribe.core.waveform import Waveform
from transcribe.core.workspace import LAYOUT, Workspace
from transcribe.listening import OpenWorkers
from transcribe.pausing import Pausing, to_the_end
from transcribe.stages.check import check
from transcribe.stages.detect import SpeechDetector, detect
from transcribe.stages.diarise import Diariser
from transcribe.stages.languages import STRETCH_MS, tell_languages
from transcribe.stages.normalise import AUDIO_FILE, Decoder, normalise
from transcribe.stages.plan import plan
from transcribe.stages.probe import Prober, changed_since
from transcribe.stages.recognise import recognise, tell
from transcribe.stages.stitch import stitch
from transcribe.stages.tagging import Editor
from transcribe.stages.unheard import unheard
from transcribe.vocabulary import terms_of

T = TypeVar("T")


@dataclass(frozen=True)
class Engines:
    """What the stages work with, chosen by a command.

    Attributes:
        program: Name and version of this program.
        prober: Reads what a file holds.
        decoder: Turns a file into samples.
        open_detector: Loads the speech detector.
        open_workers: Loads the recogniser, on one or more processes.
        engine: The recogniser's package and version.
        model: The recogniser's weights.
        editor: Writes sound files for `--publish`; None: none are written.
        open_diariser: Loads what tells speakers apart; None: nothing does.
        diariser: What that is, with the digests of its weights.
    """

    program: str
    prober: Prober
    decoder: Decoder
    open_detector: Callable[[], SpeechDetector]
    open_workers: OpenWorkers
    engine: str
    model: ModelIdentity
    editor: Editor | None = None
    open_diariser: Callable[[], Diariser] | None = None
    diariser: str = ""


def transcribe_episode(
    source: Source, settings: Settings, engines: Engines, progress: Progress = silent
) -> Episode:
    """Transcribe one recording; goes on where an earlier run of the same job was stopped.

    Raises:
        TranscribeError: A stage failed. What was finished is kept in the work directory.
    """
    with open_workspace(source, settings, engines) as work:
        return to_the_end(transcribing(work, source, settings, engines, progress))


def transcribing(
    work: Workspace,
    source: Source,
    settings: Settings,
    engines: Engines,
    progress: Progress,
    own: SpeechSpans | None = None,
    told: Language | None = None,
) -> Pausing[Episode]:
    """The same in a work directory that is locked already; others can get ready in its pause.

    Args:
        work: The work directory.
        source: The recording.
        settings: What is asked for.
        engines: What works on it.
        progress: Told of everything.
        own: Which speech is to be recognised, of a track among others; None: all that is detected.
        told: Its language, where other tracks tell; None: as the settings say.
    """
    finished = _finished(work, source, progress)
    if finished is not None:
        if engines.open_diariser is None:
            work.remove(AUDIO_FILE)  # kept for speakers that nobody asks for any more
        return finished
    return (yield from _transcribe(work, source, settings, engines, progress, own, told))


def listened(
    work: Workspace, source: Source, settings: Settings, engines: Engines, progress: Progress
) -> tuple[Audio, SpeechSpans]:
    """The first stages: the samples in the work directory, and where somebody speaks in them.

    Raises:
        TranscribeError: A stage failed.
    """
    step = _Steps(work, progress)
    if not work.vouched(AUDIO_FILE):
        work.remove("normalise.json")  # what it tells of is gone, or was changed
    audio = step("normalise", Audio, lambda: samples_of(work, source, settings, engines.decoder, progress))
    waveform = Waveform.of(audio, work.path)

    def detected() -> SpeechSpans:
        deaths: list[Died] = []
        found = detect(waveform, settings.detect, engines.open_detector(), progress, deaths.append)
        if deaths:
            progress(Warned(f"{source.name}: {_taken_for_speech(deaths)}"))
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


def samples_of(
    work: Workspace, source: Source, settings: Settings, decoder: Decoder, progress: Progress
) -> Audio:
    """Decode a recording into the work directory.

    Raises:
        TranscribeError: It cannot be decoded, or is not the recording any more that was found.
    """
    audio = normalise(source, settings.normalise, work.path, decoder, progress)
    if changed_since(source):
        work.remove(audio.file)
        raise InputError(
            f"{source.path} changed while it was read", "Run the same command again when it is complete"
        )
    work.vouch(audio.file)
    return audio


def _transcribe(
    work: Workspace,
    source: Source,
    settings: Settings,
    engines: Engines,
    progress: Progress,
    own: SpeechSpans | None,
    told: Language | None,
) -> Pausing[Episode]:
    step = _Steps(work, progress)
    audio, detected = listened(work, source, settings, engines, progress)
    speech = detected if own is None else own
    waveform = Waveform.of(audio, work.path)
    languages = None
    if settings.recognise.language == MULTI:
        languages = _languages(step, speech, waveform, settings, engines)
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


def _languages(
    step: _Steps, speech: SpeechSpans, waveform: Waveform, settings: Settings, engines: Engines
) -> Languages:
    """Which language is spoken where, told from short stretches."""
    short = replace(settings.plan, max_chunk_ms=min(STRETCH_MS, settings.plan.max_chunk_ms))
    stretches = step("stretches", Chunks, lambda: plan(speech, waveform, short))
    return step(
        "languages",
        Languages,
        lambda: tell_languages(stretches, waveform, engines.open_workers, step.work, step.progress),
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
        kept = self.work.load(stage, kind)
        result = make() if kept is None else kept
        if kept is None:
            self.work.save(stage, result)
        self.progress(StageFinished(stage, resumed=kept is not None))
        return result


def open_workspace(
    source: Source, settings: Settings, engines: Engines, among: tuple[str, ...] = ()
) -> Workspace:
    """The work directory of this job: this recording, these settings, these weights.

    Args:
        source: The recording.
        settings: Those that have a say in the words count.
        engines: What works on it.
        among: What identifies the tracks it is one of; empty for a recording of its own.
    """
    identity = (LAYOUT, source.stream, provenance_of(settings, engines), *among)
    fingerprint = hashlib.sha256(to_json(identity)).hexdigest()
    return Workspace(work_root(), f"{source.sha256[:32]}/{fingerprint[:32]}")


def provenance_of(settings: Settings, engines: Engines) -> Provenance:
    """What makes the words: programs, weights, and every setting that has a say in them."""
    said = {
        option.name: option.show(value)
        for option, value in settings.flat()
        if option.group in WORDS_DEPEND_ON and option.name not in ("model", "vocabulary", "audio_stream")
    }
    # With those of the vocabulary: their text counts, not where it lies.
    said["terms"] = OPTIONS["terms"].show(terms_of(settings.recognise))
    return Provenance(engines.program, engines.engine, engines.model, tuple(sorted(said.items())))
