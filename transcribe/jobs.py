"""Which files each recording becomes; what cannot work is refused before any work is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from transcribe.diarising import check_speakers
from transcribe.errors import UsageError
from transcribe.formats import PACK, format_named, review
from transcribe.notes.show import show_of
from transcribe.noting import wants_notes
from transcribe.settings import Settings
from transcribe.stages.content import TEMPLATE, check_template, suffix_of
from transcribe.stages.publish import Target, target_path
from transcribe.stages.tagging import sound_targets

STANDARD = "-"
"""Standard input as a source, standard output as a destination."""


@dataclass(frozen=True)
class Job:
    """One recording and where its results go.

    Attributes:
        source: Path as the user named it, or `-`.
        targets: The files to write; empty when the result goes to standard output.
        sound: Groups of sound files to write beside them; what fails of one costs only that group.
    """

    source: str
    targets: tuple[Target, ...]
    sound: tuple[tuple[Target, ...], ...] = ()

    @property
    def name(self) -> str:
        """What people are shown."""
        return "standard input" if self.source == STANDARD else Path(self.source).name


def plan_jobs(sources: Sequence[str], settings: Settings) -> list[Job]:
    """Decide where every result goes, and refuse what cannot work before any work is done.

    Raises:
        UsageError: Unknown format, two results in one place, a link that cannot be published, too much for
            standard output, or a template that is wrong.
    """
    show_of((), settings.show)
    check_speakers(settings, sources)
    jobs = [Job(source, _targets(source, settings), _sound(source, settings)) for source in sources]
    if any(not job.targets for job in jobs):
        if len(jobs) > 1:
            raise UsageError("standard output takes one recording at a time", "Choose a folder with -o")
        formats = formats_of(jobs[0].source, settings)
        if len(formats) > 1:
            raise UsageError(
                f"standard output takes one format, not {len(formats)} ({', '.join(formats)})",
                "Choose one with -f",
            )
    _refuse_collisions(jobs)
    if settings.output.template:
        check_template(settings.output.template, notes=wants_notes(settings))
    return jobs


def formats_of(source: str, settings: Settings) -> tuple[str, ...]:
    """The formats asked for; when none was chosen, standard output gets plain text."""
    chosen = settings.output.formats
    if goes_to_standard_output(source, settings) and chosen == Settings().output.formats:
        chosen = () if settings.output.template else ("txt",)
    if settings.output.publish:
        chosen = (*chosen, *PACK)
    named = tuple(format_named(name).name for name in dict.fromkeys(chosen))
    return (*named, TEMPLATE) if settings.output.template else named


def goes_to_standard_output(source: str, settings: Settings) -> bool:
    """Whether it was asked for, or follows from reading standard input."""
    return settings.output.output == STANDARD or (source == STANDARD and not settings.output.output)


def _targets(source: str, settings: Settings) -> tuple[Target, ...]:
    formats = formats_of(source, settings)
    if goes_to_standard_output(source, settings):
        return ()
    folder, name = _place(source, settings)
    suffixes = {each: suffix_of(each, settings) for each in formats} | {review.NAME: review.SUFFIX}
    return tuple(Target(each, target_path(folder, name, suffix)) for each, suffix in suffixes.items())


def _sound(source: str, settings: Settings) -> tuple[tuple[Target, ...], ...]:
    if not settings.output.publish or goes_to_standard_output(source, settings):
        return ()
    return sound_targets(*_place(source, settings))


def _place(source: str, settings: Settings) -> tuple[Path, str]:
    """The folder of a recording's results, and the name that theirs are made of."""
    name = "stdin" if source == STANDARD else source
    folder = Path(settings.output.output).expanduser() if settings.output.output else Path(name).parent
    return folder, Path(name).name


def _refuse_collisions(jobs: Sequence[Job]) -> None:
    owners: dict[Path, str] = {}
    for job in jobs:
        for target in chain(job.targets, *job.sound):
            place = target.path.absolute()
            owner = owners.setdefault(place, job.source)
            if owner != job.source:
                raise UsageError(
                    f"{owner} and {job.source} would both write {target.path}",
                    "Transcribe them into different folders with -o",
                )
    for job in jobs:
        owner = owners.get(Path(job.source).absolute(), "")
        if owner:
            own = "its own transcript" if owner == job.source else f"what is made of {owner}"
            raise UsageError(f"{job.source} would be overwritten by {own}", "Choose a folder with -o")
