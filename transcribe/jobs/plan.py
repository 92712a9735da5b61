"""Which files each recording becomes; what cannot work is refused before any work is done."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from transcribe.core.errors import UsageError
from transcribe.core.places import expanded
from transcribe.core.settings import Settings
from transcribe.core.show_notes import Chapter
from transcribe.formats import page, review
from transcribe.formats.known import FORMATS, PACK, format_named
from transcribe.jobs.corrections import digest_of, sidecar_of
from transcribe.jobs.documents import DOCUMENT
from transcribe.jobs.memory import CORRECTIONS, Memory
from transcribe.jobs.publish.content import TEMPLATE, check_template, suffix_of
from transcribe.jobs.publish.outputs import Published, Target, target_path
from transcribe.jobs.publish.tagging import sound_targets
from transcribe.jobs.signing import Signer, signer_of
from transcribe.notes.show import show_of
from transcribe.pipeline.notes_step import wants_notes
from transcribe.pipeline.speakers.step import check_speakers

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
        memory: What is remembered about it beside the results; None: nothing is.
        label: What people are shown; the file's name when empty.
        replaces: Files of an earlier version of the recording, which are replaced as if this job had
            written them.
        tracks: The files of a recording that has several, one for each speaker; `source` is then no
            file, but the name that results are made of.
        mix: Where these tracks are written mixed; None where they are not.
        chapters: Those that a feed has of it.
        corrections: Where those of its transcript lie, if there are some; None where no file is written.
        waiting: The files that wait until somebody has approved them, the transcript document first; then
            the others are written. Empty where no approval is required.
    """

    source: str
    targets: tuple[Target, ...]
    sound: tuple[tuple[Target, ...], ...] = ()
    memory: Memory | None = None
    label: str = ""
    replaces: tuple[Published, ...] = ()
    tracks: tuple[str, ...] = ()
    mix: Target | None = None
    chapters: tuple[Chapter, ...] = ()
    corrections: Path | None = None
    waiting: tuple[Target, ...] = ()

    @property
    def name(self) -> str:
        """What people are shown."""
        if self.label:
            return self.label
        if self.tracks:
            return Path(self.source).stem
        return "standard input" if self.source == STANDARD else Path(self.source).name

    @property
    def files(self) -> tuple[Target, ...]:
        """Every file that may be written, sound too."""
        return (*self.targets, *chain.from_iterable(self.sound), *([self.mix] if self.mix else []))


def plan_jobs(
    sources: Sequence[str], settings: Settings, folders: Mapping[str, Path] | None = None
) -> list[Job]:
    """Decide where every result goes, and refuse what cannot work before any work is done.

    Args:
        folders: Folder of the results by source, where that is not the one that the settings name.

    Raises:
        UsageError: Unknown format, two results in one place, a link that cannot be published, too much for
            standard output, a template that is wrong, or no folder for what waits for approval.
    """
    check_speakers(settings, sources)
    signer_of(settings)
    places = {source: _place(source, settings, folders or {}) for source in sources}
    jobs = [
        Job(
            each,
            _targets(each, settings, *places[each]),
            _sound(each, settings, *places[each]),
            corrections=_corrections(each, settings, *places[each]),
            waiting=_waiting(settings, *places[each]),
        )
        for each in sources
    ]
    return _checked(jobs, settings)


def plan_tracks(paths: Sequence[str], results: Path, settings: Settings) -> list[Job]:
    """The one job that several tracks of a recording become.

    Args:
        results: Folder of the results, unless the settings name one, and what their names begin with.

    Raises:
        UsageError: As for `plan_jobs`.
    """
    if settings.output.require_approval:
        raise UsageError(
            "what several tracks become cannot wait for approval",
            "Leave out --require-approval, or transcribe the mix of them",
        )
    source = f"{results}.m4a"  # named like a recording, which results are made of
    place = _place(source, settings, {})
    targets = _targets(source, settings, *place)
    job = Job(source, targets, tracks=tuple(paths), corrections=_corrections(source, settings, *place))
    if settings.tracks.mix and targets:
        mix = Target(MIX, target_path(*place, MIX_SUFFIX))
        job = replace(job, sound=_sound(source, settings, *place), mix=mix)
    return _checked([job], settings)


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


def remembered(job: Job, made_with: Mapping[str, str], signer: Signer | None) -> Job:
    """The job with the memory of what was made of its recording, and with the manifest of what it will make.

    Args:
        made_with: Everything that decides the content of its files (`fingerprint.made_with`).
        signer: Signs the manifest; None: it is not signed.
    """
    corrections = digest_of(job.corrections)
    said = {**made_with, **({CORRECTIONS: corrections} if corrections else {})}
    return replace(job, memory=Memory.of(job.source, job.targets, said, signer))


def formats_of(source: str, settings: Settings) -> tuple[str, ...]:
    """The formats asked for; when none was chosen, standard output gets plain text."""
    chosen = settings.output.formats
    if goes_to_standard_output(source, settings) and chosen == Settings().output.formats:
        chosen = () if settings.output.template else ("txt",)
    if settings.output.publish:
        chosen = (*chosen, *PACK)
    if settings.output.require_approval:
        chosen = (*chosen, DOCUMENT)  # beside which people's approvals lie
    named = tuple(format_named(name).name for name in dict.fromkeys(chosen))
    return (*named, TEMPLATE) if settings.output.template else named


def goes_to_standard_output(source: str, settings: Settings) -> bool:
    """Whether it was asked for, or follows from reading standard input."""
    return settings.output.output == STANDARD or (source == STANDARD and not settings.output.output)


def _targets(source: str, settings: Settings, folder: Path, name: str) -> tuple[Target, ...]:
    formats = formats_of(source, settings)
    if goes_to_standard_output(source, settings):
        return ()
    suffixes = {each: suffix_of(each, settings) for each in formats} | {review.NAME: review.SUFFIX}
    return tuple(Target(each, target_path(folder, name, suffix)) for each, suffix in suffixes.items())


def _sound(source: str, settings: Settings, folder: Path, name: str) -> tuple[tuple[Target, ...], ...]:
    if not settings.output.publish or goes_to_standard_output(source, settings):
        return ()
    return sound_targets(folder, name)


def _waiting(settings: Settings, folder: Path, name: str) -> tuple[Target, ...]:
    """What a reviewer needs: the transcript, its page, what to listen to."""
    if not settings.output.require_approval:
        return ()
    place = waiting_folder(folder, settings)
    suffixes = {each: FORMATS[each].suffix for each in (DOCUMENT, page.NAME)} | {review.NAME: review.SUFFIX}
    return tuple(Target(each, target_path(place, name, suffix)) for each, suffix in suffixes.items())


def waiting_folder(folder: Path, settings: Settings) -> Path:
    """Where results wait for approval that are to be published into a folder.

    It is no folder inside the one for results: whoever publishes that one publishes all that is in it.

    Args:
        folder: The one that the settings name, or one below it.

    Raises:
        UsageError: The settings name none, or one of the two folders lies in the other.
    """
    named, chosen = settings.output.output, settings.output.waiting
    if named in ("", STANDARD):
        raise UsageError(
            "what waits for approval needs a folder that it is then published into", "Choose it with -o"
        )
    out = Path(os.path.realpath(expanded(named)))
    waiting = Path(os.path.realpath(expanded(chosen))) if chosen else out.with_name(f"{out.name}-waiting")
    if out.is_relative_to(waiting) or waiting.is_relative_to(out):
        raise UsageError(
            f"of the folder for what waits for approval ({waiting}) and that for results ({out}) one lies in "
            "the other",
            "Choose one that lies beside it: --waiting DIR",
        )
    return waiting / folder.relative_to(expanded(named))


def _corrections(source: str, settings: Settings, folder: Path, name: str) -> Path | None:
    if goes_to_standard_output(source, settings):
        return None
    return sidecar_of(target_path(folder, name, FORMATS[DOCUMENT].suffix))


def _place(source: str, settings: Settings, folders: Mapping[str, Path]) -> tuple[Path, str]:
    """The folder of a recording's results, and the name that theirs are made of."""
    name = "stdin" if source == STANDARD else source
    if source in folders:
        return folders[source], Path(name).name
    folder = expanded(settings.output.output) if settings.output.output else Path(name).parent
    return folder, Path(name).name


def _refuse_collisions(jobs: Sequence[Job]) -> None:
    owners: dict[Path, str] = {}
    for job in jobs:
        for target in (*job.files, *job.waiting):
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
