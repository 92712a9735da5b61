"""Files from a finished transcript document, without recognising again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path

from transcribe.core.disk import disk_errors
from transcribe.core.episode import Episode
from transcribe.core.errors import OutputError, UsageError
from transcribe.core.events import Progress, Warned
from transcribe.core.files import make_folder, sweep, write_together
from transcribe.core.places import expanded
from transcribe.core.settings import Settings, ShowSettings
from transcribe.core.show_notes import NO_SHOW
from transcribe.formats.known import PACK, format_named
from transcribe.jobs.documents import DOCUMENT, open_corrected
from transcribe.jobs.publish.content import TEMPLATE, check_content, content_of, suffix_of
from transcribe.jobs.publish.outputs import target_path
from transcribe.notes.extractive import write_extractive
from transcribe.notes.material import material_of
from transcribe.notes.show import show_of
from transcribe.pipeline.notes_step import KEEP, notes_of, wants_notes, with_notes
from transcribe.pipeline.ports import OpenWriter

USE_NOTES = (DOCUMENT, "page", "docx", "chapters", "psc", "rss", TEMPLATE)
"""What shows notes where there are some, beside the formats that are made of them."""


def render_document(
    document: Path,
    settings: Settings,
    choose_writer: Callable[[], OpenWriter | None],
    progress: Progress,
    *,
    only_template: bool,
    notes_anew: bool = False,
) -> tuple[Path, ...]:
    """Write the formats that the settings name, and what their template makes, beside the document.

    What the settings say about the show wins over what the document says. Notes are written where they are
    wanted and the document has none; it is itself replaced only with `force` and where `json` is asked for.

    Args:
        document: A .json file of an earlier run.
        settings: What to write, and where; the recording is looked for beside the document.
        choose_writer: Says who writes notes; asked only if there are some to write.
        progress: Told what a reader should know, as warnings.
        only_template: Whether no format is written but what the template makes.
        notes_anew: Whether notes are written even if the document has some.

    Raises:
        InputError: It cannot be read, or is no transcript document.
        OutputError: A file is in the way, or cannot be written; then none is.
        UsageError: A format is unknown, or made of notes that are not there.
    """
    if settings.output.output == "-":
        raise UsageError("render writes files", "Choose a folder with -o")
    episode = _with_chapters(with_show(open_corrected(document, progress), settings.show), settings)
    names = () if only_template else format_names(settings)
    names += (TEMPLATE,) if settings.output.template else ()
    check_content(episode.source, names, settings)
    targets = _targets(document, names, settings)
    shown = any(map(uses_notes, targets.values()))
    lacking = episode.notes is None and wants_notes(settings) and shown
    if notes_anew or lacking:
        episode = with_notes(episode, notes_of(episode, settings, choose_writer(), progress))
    elif episode.recognised and shown:
        episode = with_corrected_notes(episode, settings, progress)
    contents = {path: content_of(settings, episode, name) or b"" for path, name in targets.items()}
    if contents:
        folder = next(iter(contents)).parent
        with disk_errors(folder, "writing into"):
            make_folder(folder)
        sweep(folder)
    write_together(contents)
    return tuple(contents)


def _with_chapters(episode: Episode, settings: Settings) -> Episode:
    """The episode as `--chapters` says; those of its makers are replaced by the extractive writer's."""
    if settings.output.chapters == KEEP or not episode.chapters:
        return episode
    if episode.notes is None:
        return replace(episode, chapters=())
    own = write_extractive(material_of(episode)).chapters
    return replace(episode, chapters=(), notes=replace(episode.notes, chapters=own))


def with_corrected_notes(episode: Episode, settings: Settings, progress: Progress) -> Episode:
    """The episode with notes of what was corrected; those of a language model are kept as they are."""
    notes = episode.notes
    if notes is None:
        return episode
    if not notes.authorship.generated:
        return with_notes(episode, notes_of(episode, settings, None, progress))
    text = episode.transcript.text
    if not all(quote.text.strip("… ") in text for quote in notes.quotes):
        what = "its notes quote what was corrected since a language model wrote them"
        progress(Warned(f"{episode.source.name}: {what}; render --notes writes them anew"))
    return episode


def with_show(episode: Episode, settings: ShowSettings) -> Episode:
    """The episode with what the settings say about its show; what they do not say stays as it is.

    Raises:
        UsageError: A link cannot be published.
    """
    known = episode.show if episode.show != NO_SHOW else show_of(episode.source.tags, ShowSettings())
    said = show_of((), settings)
    fresh = {each.name: value for each in fields(said) if (value := getattr(said, each.name))}
    return replace(episode, show=replace(known, **fresh))


def format_names(settings: Settings) -> tuple[str, ...]:
    """The formats that the settings name, and those of `--publish`."""
    chosen = settings.output.formats + (PACK if settings.output.publish else ())
    return tuple(dict.fromkeys(format_named(name).name for name in chosen))


def uses_notes(name: str) -> bool:
    """Whether a format, or the user's template, shows notes where there are some."""
    return name in USE_NOTES or format_named(name).from_notes


def _targets(document: Path, names: Sequence[str], settings: Settings) -> dict[Path, str]:
    """Where each of the formats goes; refused is what is in the way."""
    folder = expanded(settings.output.output) if settings.output.output else document.parent
    targets: dict[Path, str] = {}
    for name in names:
        path = target_path(folder, document.name, suffix_of(name, settings))
        if path in targets:
            raise UsageError(f"two results would both be {path}", "Give the template's file another name")
        if path.absolute() == document.absolute() and not (name == DOCUMENT and settings.output.force):
            continue  # it is written already
        if path.exists() and not settings.output.force:
            raise OutputError(
                f"{path} is there already", "Choose another folder with -o, or replace it with --force"
            )
        targets[path] = name
    return targets
