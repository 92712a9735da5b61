"""A purge carried out: written down first, so that one that was killed goes on; then removed; then recorded.

While it is under way, a private file in the folder of the chain holds the plan. Manifests go last, after
the record that lists their digests is in the chain.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from transcribe.control.purge.plan import Plan, Removal
from transcribe.control.verify import PURGING, stored_in, walk_of
from transcribe.core.digest import file_digest, sealed, unsealed
from transcribe.core.disk import disk_errors
from transcribe.core.errors import OutputError
from transcribe.core.files import atomic_file, make_folder
from transcribe.core.reading import read_regular
from transcribe.core.text import from_json, to_json
from transcribe.core.timecode import now
from transcribe.jobs.chain import EARLIER, SIGNATURES, append_retention, digest, manifest_path
from transcribe.jobs.manifest import Link, Manifest, read_manifest
from transcribe.jobs.queue import Queue
from transcribe.jobs.report import encoded, read_report
from transcribe.jobs.retention import Gone, Retention, called, held
from transcribe.jobs.signing import Signer


@dataclass(frozen=True)
class Journal:
    """A purge that is under way.

    Attributes:
        names: Paths by which the episode can be named.
        record: What stays in the chain, without the manifests that go.
    """

    name: str
    names: tuple[str, ...]
    removals: tuple[Removal, ...]
    record: Retention


def begin(plan: Plan, by: str, reason: str) -> Journal:
    """Write down what is to be removed.

    Raises:
        OutputError: It cannot be written; nothing is removed then.
    """
    episode = plan.episode
    paths = [episode.folder / episode.name, *map(Path, sorted(episode.paths)), *episode.documents]
    record = Retention("purge", called(episode.name), episode.recording, by, now(), reason)
    journal = Journal(episode.name, tuple(map(str, paths)), tuple(plan.removals), record)
    with disk_errors(episode.place, "making"):
        make_folder(episode.place)
    with atomic_file(_path(episode.place, journal), private=True) as handle:
        handle.write(sealed(PURGING, to_json(journal)))
    return journal


def begun_in(place: Path) -> Iterator[Journal]:
    """The purges of a folder that were killed.

    Raises:
        OutputError: What one has left cannot be read.
    """
    for path in sorted(place.glob(f"{PURGING}*")):
        try:
            content = unsealed(PURGING, read_regular(path))
            found = None if content is None else from_json(content, Journal)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            found = None
        if found is None:
            raise OutputError(f"{path} is damaged", "Remove it, and purge the episode again")
        yield found


def _path(place: Path, journal: Journal) -> Path:
    return place / f"{PURGING}{journal.record.called[:32]}"


def carry_out(place: Path, journal: Journal, signer: Signer | None) -> Retention:
    """Remove everything, and leave the record; what is gone already is passed over.

    Args:
        place: The folder of the chain.
        signer: Signs the record; None: it is not signed.

    Raises:
        OutputError: Something cannot be removed, or a legal hold was put on it meanwhile; the same command
            goes on.
    """
    walk = walk_of(place)
    if held(walk.retentions, journal.name):
        raise OutputError("a legal hold was put on the episode while it was purged", "Release it first")
    manifest = manifest_path(place, journal.name)
    digests = [each.sha256 for each in journal.removals if each.sha256]
    for each in journal.removals:
        if Path(each.path) != manifest:  # with those before it, once the record is there
            _remove(each)
    record = _done(place, journal, walk.retentions)
    if record is None:
        record = append_retention(place, lambda link: _recorded(place, journal, digests, link), signer)
    for gone in record.gone:
        for folder in (EARLIER, SIGNATURES):
            _unlink(place / folder / f"{gone.sha256}.json")
    _unlink(manifest)
    _unlink(_path(place, journal))
    return record


def _done(place: Path, journal: Journal, retentions: Iterable[Retention]) -> Retention | None:
    """The record, if a purge that was killed has written it."""
    last = max((said.link.number for _, said in _manifests(place, journal.name)), default=0)
    same = ("purge", journal.record.called, journal.record.at)
    return next(
        (
            each
            for each in retentions
            if (each.action, each.called, each.at) == same and each.link.number > last
        ),
        None,
    )


def _recorded(place: Path, journal: Journal, digests: list[str], link: Link) -> Retention:
    """The record, with the manifests that go; called while nobody else writes into the chain."""
    gone = {digest(content): _gone(content, said) for content, said in _manifests(place, journal.name)}
    ordered = sorted(gone.values(), key=lambda each: each.number)
    return replace(journal.record, files=tuple(sorted(set(digests))), gone=tuple(ordered), link=link)


def _manifests(place: Path, name: str) -> Iterator[tuple[bytes, Manifest]]:
    for content in stored_in(place).values():
        said = read_manifest(content) if content else None
        if content and said and said.name == name and said.link.number:
            yield content, said


def _gone(content: bytes, said: Manifest) -> Gone:
    return Gone(said.link.number, digest(content), said.link.previous)


def _remove(removal: Removal) -> None:
    path = Path(removal.path)
    match removal.kind:
        case "file":
            _remove_file(path, removal.sha256)
        case "folder":
            with disk_errors(path, "removing"):
                if os.path.lexists(path):
                    shutil.rmtree(path)
        case "rows":
            if path.is_file():
                queue = Queue(path)
                try:
                    queue.purge(removal.key)
                finally:
                    queue.close()
        case "entry":
            _remove_entry(path, removal.key)


def _remove_file(path: Path, sha256: str) -> None:
    if sha256:
        try:
            if file_digest(path) != sha256:
                raise OutputError(f"{path} was changed while the episode was purged", "Purge it again")
        except FileNotFoundError:
            return
        except OSError as error:
            raise OutputError(f"{path} cannot be read: {error.strerror or error}") from error
    _unlink(path)
    if path.suffix == ".lock":
        with suppress(OSError):
            path.parent.rmdir()  # of a recording with no other work directory


def _unlink(path: Path) -> None:
    with disk_errors(path, "removing"):
        path.unlink(missing_ok=True)


def _remove_entry(path: Path, source: str) -> None:
    report = read_report(path) if path.is_file() else None
    if report is None:
        return
    for each in [one for one in report.files if one.source == source]:
        report.files.remove(each)
        left = report.counts.get(each.status, 1) - 1
        report.counts = {**report.counts, each.status: left}
    with atomic_file(path) as handle:
        handle.write(encoded(report))
