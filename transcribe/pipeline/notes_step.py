"""Notes as a step of a job: written once, kept in the work directory, never at the cost of the transcript."""

from __future__ import annotations

from contextlib import closing, nullcontext, suppress
from dataclasses import replace

from transcribe.core.digest import fingerprint
from transcribe.core.episode import Episode
from transcribe.core.errors import TranscribeError
from transcribe.core.events import Noticed, Progress, StageFinished, StageStarted, Warned
from transcribe.core.own_process import Died
from transcribe.core.settings import Settings
from transcribe.core.show_notes import Chapter, ShowNotes
from transcribe.core.unexpected import ends_run, for_people
from transcribe.core.workspace import Workspace
from transcribe.formats.known import format_named
from transcribe.formats.notes import unlinked
from transcribe.notes.prompts import find_prompts
from transcribe.notes.show import show_of
from transcribe.notes.write import write_notes
from transcribe.pipeline.chapters.found import fitted
from transcribe.pipeline.ports import OpenWriter

STAGE = "notes"

MOST_DEATHS = 2
"""How often a writer's engine may die over one recording; after that it is not asked any more."""

TOLD = 5
"""Names in one line; the checklist has them all."""

KEEP = "keep"
"""The value of `chapters` that keeps those of the recording's makers."""


def noted(
    work: Workspace,
    episode: Episode,
    settings: Settings,
    open_writer: OpenWriter | None,
    progress: Progress,
    listed: tuple[Chapter, ...] = (),
) -> Episode:
    """The episode with what is known about its show and, where asked for, with notes.

    A writer that fails, or writes nothing of use, is told as a warning; the extractive writer then writes
    all, and the next run tries again, unless the writer's engine has died `MOST_DEATHS` times.

    Args:
        open_writer: Gets the language model ready; None: the extractive writer alone.
        listed: Chapters that a feed has of it; those in the file come first.

    Raises:
        UsageError: A link of the show cannot be published.
    """
    episode = replace(episode, show=show_of(episode.source.tags, settings.show))
    episode = with_producers_chapters(episode, listed, settings, progress)
    if not wants_notes(settings):
        return episode
    progress(StageStarted(STAGE))
    prompts = _prompts_sha256(settings) if open_writer else ""
    name = f"notes-{_fingerprint(episode, settings, prompts)}"
    notes = work.load(name, ShowNotes)
    resumed = notes is not None
    if notes is None and open_writer and gave_up(work, settings):
        notes = _without_writer(episode, settings, _given_up(work, episode, settings), progress)
    elif notes is None:
        notes = _write(work, name, episode, settings, open_writer, progress)
    episode = with_notes(episode, notes)
    _tell_what_has_no_link(episode, progress)
    progress(StageFinished(STAGE, resumed=resumed))
    return episode


def _tell_what_has_no_link(episode: Episode, progress: Progress) -> None:
    names = unlinked(episode)
    if names:
        more = f" and {len(names) - TOLD} more" if len(names) > TOLD else ""
        told = f"{', '.join(names[:TOLD])}{more}"
        progress(
            Noticed(f"{episode.source.name}: no link for {told}; give them with --link 'NAME=https://…'")
        )


def with_producers_chapters(
    episode: Episode, listed: tuple[Chapter, ...], settings: Settings, progress: Progress
) -> Episode:
    """The episode with the chapters that its makers set, in the file or a feed, where they are kept."""
    chapters = episode.source.chapters or listed
    if settings.output.chapters != KEEP or not chapters:
        return episode
    length_ms = max(episode.duration_ms, episode.audio.end_ms)
    kept = fitted(chapters, length_ms, episode.transcript.segments)
    if kept.beyond:
        begin = "1 chapter begins" if kept.beyond == 1 else f"{kept.beyond} chapters begin"
        progress(Warned(f"{episode.source.name}: {begin} after the recording's end: left out"))
    return replace(episode, chapters=kept.chapters)


def with_notes(episode: Episode, notes: ShowNotes | None) -> Episode:
    """The episode with notes, whose chapters are those of the recording's makers where these are kept."""
    if notes is not None and episode.chapters:
        notes = replace(notes, chapters=episode.chapters)
    return replace(episode, notes=notes)


def notes_of(
    episode: Episode, settings: Settings, open_writer: OpenWriter | None, progress: Progress
) -> ShowNotes | None:
    """Notes for an episode that has no work directory; as `noted` writes them, but not kept."""
    return _write(None, "", episode, settings, open_writer, progress)


def gave_up(work: Workspace, settings: Settings) -> bool:
    """Whether the writer's engine has died so often over this recording that it is not asked again.

    `--force` asks it again, and so does every other choice of the writer.
    """
    return not settings.output.force and len(work.records(_deaths(settings), str)) >= MOST_DEATHS


def wants_notes(settings: Settings) -> bool:
    """Whether notes are asked for: by the option, with the publish pack, or by a format made of them."""
    if settings.notes.notes or settings.output.publish:
        return True
    return any(format_named(name).from_notes for name in settings.output.formats)


def _write(
    work: Workspace | None,
    name: str,
    episode: Episode,
    settings: Settings,
    open_writer: OpenWriter | None,
    progress: Progress,
) -> ShowNotes | None:
    try:
        with closing(open_writer()) if open_writer else nullcontext() as writer:
            notes = write_notes(episode, settings.notes, writer, progress)
            whole = writer is None or notes.authorship.generated
            _remember_death(work, settings, writer.died if writer else "")
    except Exception as error:
        if ends_run(error):
            raise
        _remember_death(work, settings, str(error) if isinstance(error, Died) else "")
        why = for_people(error, debug=settings.display.debug)
        told = f"{episode.source.name}: notes are the extractive writer's, because: {why}"
        return _without_writer(episode, settings, told, progress)
    if work and whole:
        work.save(name, notes)
    return notes


def _without_writer(episode: Episode, settings: Settings, told: str, progress: Progress) -> ShowNotes | None:
    """Not kept, so that the next run asks the writer again."""
    progress(Warned(told))
    try:
        return write_notes(episode, settings.notes, None, progress)
    except Exception as error:
        if ends_run(error):
            raise
        why = for_people(error, debug=settings.display.debug)
        progress(Warned(f"{episode.source.name}: there are no notes, because: {why}"))
        return None


def _remember_death(work: Workspace | None, settings: Settings, died: str) -> None:
    """Note what a writer's engine died of, if it did; where that fails, it is asked once more than needed."""
    if work and died:
        with suppress(TranscribeError):
            work.append(_deaths(settings), died)


def _given_up(work: Workspace, episode: Episode, settings: Settings) -> str:
    died = work.records(_deaths(settings), str)
    return (
        f"{episode.source.name}: notes are the extractive writer's, because the language model is not asked "
        f"again after {len(died)} times: {died[-1]}; --force asks it again"
    )


UNSAID = [("writer_budget", "0.0")]
"""Options that came later are left out with their defaults, so that notes made before are used."""


def _deaths(settings: Settings) -> str:
    """Name of the list of what a writer's engine died of; another one for every choice of the writer."""
    return f"deaths-{fingerprint((_said(settings), _prompts_sha256(settings)))[:16]}"


def _said(settings: Settings) -> list[tuple[str, object]]:
    flat = [(option.name, option.show(value)) for option, value in settings.flat() if option.group == "notes"]
    return [said for said in flat if said not in UNSAID]


def _prompts_sha256(settings: Settings) -> str:
    """Digest of every prompt that would be found: they are templates, and may include each other.

    Empty where they cannot be read; the writer will say why, and the extractive one then writes.
    """
    try:
        prompts = find_prompts(settings.notes.writer_prompts)
        return prompts.sha256(prompts.names)
    except (TranscribeError, OSError):
        return ""


def _fingerprint(episode: Episode, settings: Settings, prompts: str) -> str:
    """What notes depend on. Words follow from the work directory, but not who says them."""
    said = (_said(settings), episode.show, episode.provenance, prompts, episode.transcript)
    return fingerprint(said)[:16]
