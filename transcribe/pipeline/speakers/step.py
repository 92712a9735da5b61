"""Speakers as a step of a job: found once, kept for the next run, never at the cost of the transcript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from transcribe.core.diarisation import Diarisation, Voice
from transcribe.core.digest import fingerprint
from transcribe.core.episode import Episode, Turns
from transcribe.core.errors import InputError, UsageError
from transcribe.core.events import Progress, SpeakersTold, StageFinished, StageStarted, Warned, silent
from transcribe.core.settings import Settings, SpeakersSettings
from transcribe.core.unexpected import ends_run, for_people
from transcribe.core.waveform import Waveform
from transcribe.core.workspace import Workspace
from transcribe.formats.rttm import read_rttm
from transcribe.pipeline.ports import Run
from transcribe.pipeline.recognition import samples_of
from transcribe.pipeline.speakers.attribute import attribute
from transcribe.pipeline.speakers.diarise import STAGE, diarise, names_in_order, renamed_turns, turns_of
from transcribe.pipeline.speakers.register import Register, recognised
from transcribe.pipeline.speakers.samples import sample_files, sampled_voices
from transcribe.pipeline.stages.normalise import AUDIO_FILE


def diarised(run: Run, work: Workspace, episode: Episode) -> Episode:
    """The episode with who says what, where that was asked for.

    What fails is told as a warning, and the transcript is left as it is; the next run tries again.
    """
    if not wants_speakers(run.settings.speakers):
        return episode
    run.progress(StageStarted(STAGE, episode.audio.duration_ms))
    try:
        told = _told(run, work, episode)
    except Exception as error:
        if ends_run(error):
            raise
        why = str(for_people(error, debug=run.settings.display.debug))
        return _without(work, episode, why, run.progress)
    work.remove(AUDIO_FILE)
    return told


def wants_speakers(asked: SpeakersSettings) -> bool:
    """Whether speakers are to be told apart, by a diariser or a file."""
    return bool(asked.speakers) or asked.turns is not None


def check_speakers(settings: Settings, sources: Sequence[str]) -> None:
    """Refuse what cannot work before any work is done.

    Raises:
        UsageError: There are no speakers to name or to write.
        InputError: The file of `--turns` is missing, damaged, or one file for several recordings.
    """
    asked = settings.speakers
    if settings.tracks.divided and wants_speakers(asked):
        flag = "--tracks" if settings.tracks.tracks else "--channels"
        raise UsageError(f"with {flag} it is known who speaks", f"Drop {flag}, or --speakers and --turns")
    if not wants_speakers(asked):
        needs = {
            "--speaker-names": asked.speaker_names,
            "--voices": asked.voices,
            "--speaker-samples": asked.speaker_samples,
        }
        needs["--format rttm"] = "rttm" in settings.output.formats and not settings.tracks.divided
        for flag, given in needs.items():
            if given:
                raise UsageError(
                    f"{flag}: speakers are not told apart", "Add --speakers auto, or --turns FILE"
                )
    if asked.turns is not None and (flag := _by_voice(asked)):
        raise UsageError(f"{flag} needs voices, and --turns has none", "Drop one of them")
    if asked.speaker_samples is not None:
        sample_files(asked.speaker_samples)
    if asked.turns is not None:
        _check_turns(asked.turns, sources)


def _by_voice(asked: SpeakersSettings) -> str:
    """The flag that has speakers named by their voices; empty where they are not."""
    if asked.voices:
        return "--voices"
    return "" if asked.speaker_samples is None else "--speaker-samples"


def _check_turns(place: Path, sources: Sequence[str]) -> None:
    if not place.is_dir():
        found = read_rttm(place)
        if len(sources) > 1 and len(found) == 1:
            raise UsageError(
                f"{place} tells of one recording, and there are {len(sources)}",
                "Name a folder with an RTTM file for each",
            )
        return
    for source in sources:
        read_rttm(_turns_file(place, source))


def _turns_file(place: Path, name: str) -> Path:
    return place / f"{Path(name).stem}.rttm" if place.is_dir() else place


def _told(run: Run, work: Workspace, episode: Episode) -> Episode:
    asked, audio, progress = run.settings.speakers, episode.audio, run.progress
    if asked.turns is not None:
        path = _turns_file(asked.turns, episode.source.name)
        turns = turns_of(read_rttm(path), path, episode.source.name, audio.start_ms, audio.end_ms)
        progress(StageFinished(STAGE))
        return _named(run, episode, Diarisation(turns))
    name = f"turns-{_fingerprint(asked, run.engines.diariser)}"
    found, resumed = work.once(name, Diarisation, lambda: _found(run, work, episode))
    progress(StageFinished(STAGE, resumed=resumed))
    return _named(run, episode, found)


def _found(run: Run, work: Workspace, episode: Episode) -> Diarisation:
    """Who speaks when, with voices only where they are needed: they are biometric data."""
    asked, open_diariser = run.settings.speakers, run.engines.open_diariser
    if not asked.speakers or open_diariser is None:
        raise InputError("there is nothing that tells speakers apart")
    audio = episode.audio
    if not work.vouched(AUDIO_FILE):
        audio = samples_of(replace(run, progress=silent), work, episode.source)
    waveform = Waveform.of(audio, work.path)
    found = diarise(waveform, episode.speech, asked.speakers, open_diariser(run.progress), run.progress)
    return found if _by_voice(asked) else replace(found, voices=())


def _named(run: Run, episode: Episode, found: Diarisation) -> Episode:
    """The episode with the turns, under the names that the user, the samples or the register knows."""
    asked, progress = run.settings.speakers, run.progress
    names: dict[str, str] = {}
    for match in recognised(found.voices, _known(run, found.turns.made_by) if found.voices else ()):
        names[match.speaker] = match.name
        likeness = f"voice {match.likeness:.2f} alike"
        progress(SpeakersTold((match.name,), f"{match.speaker} is {match.name} ({likeness})"))
    names |= {old: name for old, name in names_in_order(found.turns, asked.speaker_names).items() if name}
    _warn(episode.source.name, found.turns, asked.speaker_names, progress)
    turns = renamed_turns(found.turns, names)
    if turns.speakers:
        progress(SpeakersTold(turns.speakers, _summary(turns)))
    return replace(episode, transcript=attribute(episode.transcript, turns), turns=turns)


def _known(run: Run, diariser: str) -> tuple[Voice, ...]:
    """The voices of people whose names are known; a sample goes before the register."""
    asked = run.settings.speakers
    sampled = sampled_voices(asked.speaker_samples, run) if asked.speaker_samples is not None else ()
    registered = Register().voices(diariser) if asked.voices else ()
    named = {each.speaker for each in sampled}
    return (*sampled, *(each for each in registered if each.speaker not in named))


def _warn(name: str, turns: Turns, names: Sequence[str], progress: Progress) -> None:
    found = len(turns.speakers)
    if found < len(names):
        progress(Warned(f"{name}: {len(names)} names were given, and {found} speakers were found"))
    if not found:
        progress(Warned(f"{name}: nobody was found who speaks; speakers are not told apart"))


def _summary(turns: Turns) -> str:
    """For people, such as "2 speakers: Ala, S2"."""
    count = len(turns.speakers)
    return f"{'1 speaker' if count == 1 else f'{count} speakers'}: {', '.join(turns.speakers)}"


def _without(work: Workspace, episode: Episode, why: str, progress: Progress) -> Episode:
    work.remove(AUDIO_FILE)
    progress(Warned(f"{episode.source.name}: speakers are not told apart, because: {why}"))
    return episode


def _fingerprint(asked: SpeakersSettings, diariser: str) -> str:
    """What turns depend on, beside the recording that the work directory stands for."""
    identity: Mapping[str, object] = {
        "speakers": (asked.speakers.fewest, asked.speakers.most) if asked.speakers else None,
        "voices": bool(_by_voice(asked)),
        "diariser": diariser,
    }
    return fingerprint(identity)[:16]
