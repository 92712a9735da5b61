"""A finished episode revised, in its document and in every file made of it: other names, or corrections.

Every format is deterministic: a file that holds what the document as it was renders is ours, and is
replaced by what the revised one renders. Any other was edited, or made with other options. The jobs that
wrote the files learn of it, so that a later run takes them for its own, and writes new names too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from transcribe.core.corrections.record import Corrections
from transcribe.core.episode import Episode
from transcribe.core.errors import InputError, OutputError
from transcribe.core.files import write_together
from transcribe.core.places import work_root
from transcribe.core.reading import read_regular
from transcribe.core.settings import Settings
from transcribe.core.workspace import Workspace
from transcribe.formats import review
from transcribe.formats.corrections import write_corrections
from transcribe.formats.known import FORMATS
from transcribe.jobs.corrections import read_sidecar, sidecar_of
from transcribe.jobs.documents import DOCUMENT, open_corrected
from transcribe.jobs.memory import remember_revision
from transcribe.jobs.publish.content import TEMPLATE, content_of, suffix_of
from transcribe.jobs.publish.outputs import Published, target_path
from transcribe.jobs.signing import Signer, signer_of
from transcribe.pipeline.speakers.names import ARTEFACT, names_since, renamed


@dataclass(frozen=True)
class Revision:
    """What becomes of the files beside a document.

    Attributes:
        changed: New content of the files that are to be replaced, by path; the document is the last.
        before: Old content of those of them that runs may have written.
        edited: Files that hold something else than what the document renders, and are left as they are.
        current: Files that hold what the revised document renders, once `changed` is written.
    """

    changed: Mapping[Path, bytes]
    before: Mapping[Path, bytes]
    edited: tuple[Path, ...]
    current: tuple[Path, ...]


def rename_speakers(
    document: Path, names: Mapping[str, str], settings: Settings, *, keep_edited: bool = False
) -> Revision:
    """Rename speakers in a document and in every file that was made of it and lies beside it.

    Args:
        document: A .json file of an earlier run.
        names: New names by the old ones; all are meant at once.
        settings: How files are laid out, and the template that made one, as in the run that wrote them.
            With `force`, files that were edited are replaced too.
        keep_edited: Whether files that were edited are left as they are, instead of being refused.

    Raises:
        InputError: The document, or a recording that is in a page, cannot be read.
        OutputError: A file was edited, or cannot be written; then nothing is changed.
        UsageError: A template is wrong.
    """
    old = open_corrected(document)
    corrections = read_sidecar(sidecar_of(document))
    found = _plan(document, old, renamed(old, names), settings, corrections, corrections.renamed(names))
    if found.edited and not keep_edited:
        raise OutputError(
            "these files are not what the transcript makes of itself; they were edited, or made with other "
            "options: " + ", ".join(map(str, found.edited)),
            "Give those options, replace them with --force, or leave them with --keep-edited",
        )
    _write(document, old, found, corrections.renamed(names), names, signer_of(settings))
    return found


def correct(
    document: Path,
    old: Episode,
    new: Episode,
    corrections: tuple[Corrections, Corrections],
    settings: Settings,
) -> Revision:
    """Write corrections beside a document, and every file anew that was made of it and lies beside it.

    Files that were edited are left as they are.

    Args:
        old: The episode with the corrections that are there.
        new: The episode with the new ones.
        corrections: Those that are there, and the new ones.
        settings: As for `rename_speakers`.

    Raises:
        InputError: A recording that is in a page cannot be read, or a correction is too long.
        OutputError: Something cannot be written; then nothing is changed.
        UsageError: A template is wrong.
    """
    found = _plan(document, old, new, settings, *corrections)
    _write(document, old, found, corrections[1], {}, signer_of(settings))
    return found


def _plan(
    document: Path,
    old: Episode,
    new: Episode,
    settings: Settings,
    corrections: Corrections,
    new_corrections: Corrections,
) -> Revision:
    changed: dict[Path, bytes] = {}
    before: dict[Path, bytes] = {}
    edited: list[Path] = []
    current = [document]
    for path, name in _files_beside(document, old, settings).items():
        content = _content(settings, new, name)
        was = _content(settings, old, name)
        there = _read(path)
        if there == content or (content == was and content is not None):
            current += [path] if there == content else []
            continue  # an earlier revision was stopped half-way; or it changes nothing here
        if content is not None and (there == was or settings.output.force):
            changed[path], before[path] = content, there
            current.append(path)
        elif not settings.output.force:
            edited.append(path)
    if new_corrections != corrections:
        changed[sidecar_of(document)] = write_corrections(new_corrections)
    if _document(new) != _document(old):
        changed[document], before[document] = _document(new), _read(document)
    return Revision(changed, before, tuple(edited), tuple(current))


def _write(
    document: Path,
    episode: Episode,
    found: Revision,
    corrections: Corrections,
    names: Mapping[str, str],
    signer: Signer | None,
) -> None:
    with _jobs_that_wrote(found.before, document) as jobs:
        earlier = [(job, names_since(job)) for job in jobs]
        try:
            for job in jobs:
                _tell(job, names, found)
            write_together(found.changed)
        except BaseException:
            for job, known in earlier:
                job.save(ARTEFACT, known)
            raise
    if sidecar_of(document) in found.changed:
        replaced = {path: hashlib.sha256(content).hexdigest() for path, content in found.before.items()}
        name = episode.source.name
        remember_revision(document, name, found.current, replaced, corrections.digest, signer)


def _files_beside(document: Path, episode: Episode, settings: Settings) -> dict[Path, str]:
    """Every file beside a document that can have been made of it, with the format that made it."""
    names = [name for name in (*FORMATS, review.NAME) if name != DOCUMENT]
    names += [TEMPLATE] if settings.output.template else []
    suffixes = {name: review.SUFFIX if name == review.NAME else suffix_of(name, settings) for name in names}
    # A long name is cut to make room for the ending, so that not all have the document's stem.
    source = episode.source.name
    own = target_path(document.parent, source, FORMATS[DOCUMENT].suffix).name == document.name
    paths = {
        target_path(document.parent, source if own else document.name, suffixes[name]): name for name in names
    }
    return {path: name for path, name in paths.items() if path.is_file() and not path.samefile(document)}


def _content(settings: Settings, episode: Episode, name: str) -> bytes | None:
    """What the file of a format holds; None where the episode has none, as without notes."""
    if name in FORMATS and FORMATS[name].from_notes and episode.notes is None:
        return None
    return content_of(settings, episode, name)


def _document(episode: Episode) -> bytes:
    return FORMATS[DOCUMENT].write(episode, Settings().subtitles)


def _read(path: Path) -> bytes:
    try:
        return read_regular(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


@contextmanager
def _jobs_that_wrote(before: Mapping[Path, bytes], document: Path) -> Iterator[list[Workspace]]:
    """The work directories of the jobs that published one of these files as it is, locked.

    Raises:
        OutputError: Another process works in one of them.
    """
    written = {_published(path, content) for path, content in before.items()}
    with ExitStack() as stack:
        jobs = []
        for path in sorted(work_root().glob("*/*/published.json")) if written else ():
            job = Workspace(work_root(), f"{path.parent.parent.name}/{path.parent.name}")
            if written.isdisjoint(job.load("published", list[Published]) or []):
                continue
            if not job.lock():
                raise OutputError(
                    f"{document} is being written by another run", "Wait until it is done, and try again"
                )
            stack.callback(job.unlock)
            jobs.append(job)
        yield jobs


def _tell(job: Workspace, names: Mapping[str, str], found: Revision) -> None:
    """Let a job know the names, and that the files are its own before and after they are replaced."""
    earlier = names_since(job)
    # A document that still has a speaker's own name was not there when the job got another one for them.
    stale = {own: own for own in earlier if own in names and own not in earlier.values()}
    now = {own: names.get(name, name) for own, name in (earlier | stale).items()}
    now = {old: new for old, new in names.items() if old not in earlier} | now
    job.save(ARTEFACT, {own: name for own, name in now.items() if own != name})
    published = job.load("published", list[Published]) or []
    new = [_published(path, content) for path, content in found.changed.items() if path in found.before]
    job.save("published", published + [each for each in new if each not in published])


def _published(path: Path, content: bytes) -> Published:
    return Published(str(path.absolute()), hashlib.sha256(content).hexdigest())
