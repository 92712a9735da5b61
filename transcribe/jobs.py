"""Which files each recording becomes; what cannot work is refused before any work is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

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


MIX = "mix"
MIX_SUFFIX = ".mix.m4a"
"""What the mixed tracks are called in `Target.format`, and how their name ends."""


@dataclass(frozen=True)
class Job:
    """One recording and where its results go.

    Attributes:
        source: Path as the user named it, or `-`.
        targets: The files to write; empty when the result goes to standard output.
        sound: Groups of sound files to write beside them; what fails of one costs only that group.
        tracks: The files of a recording that has several, one for each speaker; `source` is then no
            file, but the name that results are made of.
        mix: Where these tracks are written mixed; None where they are not.
    """

    source: str
    targets: tuple[Target, ...]
    sound: tuple[tuple[Target, ...], ...] = ()
    tracks: tuple[str, ...] = ()
    mix: Target | None = None

    @property
    def name(self) -> str:
        """What people are shown."""
        if self.tracks:
            return Path(self.source).stem
        return "standard input" if self.source == STANDARD else Path(self.source).name


def plan_jobs(sources: Sequence[str], settings: Settings) -> list[Job]:
    """Decide where every result goes, and refuse what cannot work before any work is done.

    Raises:
        UsageError: Unknown format, two results in one place, a link that cannot be published, too much for
            standard output, or a template that is wrong.
    """
    return _checked(
        [Job(source, _targets(source, settings), _sound(source, settings)) for source in sources], settings
    )


def plan_tracks(paths: Sequence[str], results: Path, settings: Settings) -> list[Job]:
    """The one job that several tracks of a recording become.

    Args:
        paths: The tracks.
        results: Folder of the results, unless the settings name one, and what their names begin with.
        settings: What is asked for.

    Raises:
        UsageError: As for `plan_jobs`.
    """
    source = f"{results}.m4a"  # named like a recording, which results are made of
    targets = _targets(source, settings)
    if not settings.tracks.mix or not targets:
        return _checked([Job(source, targets, tracks=tuple(paths))], settings)
    mix = Target(MIX, target_path(*_place(source, settings), MIX_SUFFIX))
    return _checked([Job(source, targets, _sound(source, settings), tuple(paths), mix)], settings)


def _checked(jobs: list[Job], settings: Settings) -> list[Job]:
    show_of((), settings.show)
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
        for target in chain(job.targets, *job.sound, [job.mix] if job.mix else []):
            place = target.path.absolute()
            owner = owners.setdefault(place, job.source)
            if owner != job.source:
                raise UsageError(
                    f"{owner} and {job.source} would both write {target.path}",
                    "Transcribe them into different folders with -o",
                )
    for job in jobs:
        for source in job.tracks or (job.source,):
            owner = owners.get(Path(source).absolute(), "")
            if owner:
                own = "its own transcript" if owner == job.source else f"what is made of {owner}"
                raise UsageError(f"{source} would be overwritten by {own}", "Choose a folder with -o")
