"""Which episode is meant: by its transcript, another of its files, or the name of its recording."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from transcribe.control.purge.ledgers import Ledger
from transcribe.control.redact.record import SUFFIX
from transcribe.control.redact.record import read as read_redaction
from transcribe.control.verify import stored_in, walk_of
from transcribe.core.errors import InputError
from transcribe.core.reading import read_regular
from transcribe.jobs.chain import manifest_path
from transcribe.jobs.documents import open_document
from transcribe.jobs.manifest import Manifest, read_manifest
from transcribe.jobs.memory import FOLDER, read_record
from transcribe.jobs.publish.outputs import target_path
from transcribe.jobs.retention import Retention, held
from transcribe.jobs.waiting_places import WAITING, told


@dataclass(frozen=True)
class Episode:
    """What was published of one recording in one folder, or one job of a server.

    Attributes:
        folder: Where it was published; absolute.
        place: The folder of the chain that its records go to.
        name: The recording's; of a server's episode, the job's.
        recording: Hex digest of the recording.
        digests: Those of everything that was recorded under this name, and of its tracks.
        documents: Transcript documents.
        files: Digests of the published files, by their names; an empty one: not known.
        job: Its job in a server; empty: it is none's.
    """

    folder: Path
    place: Path
    name: str
    recording: str
    digests: frozenset[str]
    documents: tuple[Path, ...]
    files: tuple[tuple[str, str], ...] = ()
    job: str = ""

    @property
    def paths(self) -> frozenset[str]:
        """Absolute paths of its files."""
        return frozenset(str(self.folder / name) for name, _ in self.files)

    @property
    def hold(self) -> Retention | None:
        """The legal hold that it is under."""
        return held(walk_of(self.place).retentions, self.name)


def place_of(path: Path, ledgers: Sequence[Ledger]) -> tuple[Path, str]:
    """The folder of the chain for the episode that a path means, and its job where it is a server's."""
    for each in ledgers:
        if each.jobs and path.parent.parent == each.jobs:
            return each.path.parent / FOLDER, path.parent.name
    return path.parent / FOLDER, ""


def find_episode(path: Path, ledgers: Sequence[Ledger]) -> Episode:
    """The episode that a path means.

    Args:
        path: A transcript document or another published file, or the recording's name in that folder.

    Raises:
        InputError: Nothing was published there under that name.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - without its links resolved, as manifests have it
    place, job = place_of(path, ledgers)
    if job:
        document = open_document(path)
        return Episode(
            path.parent, place, job, document.source.sha256, _digests(path, document.source.sha256),
            (path,), ((path.name, ""),), job,
        )  # fmt: skip
    if manifest := _manifest(path):
        return _published(path.parent, manifest)
    if path.suffix != ".json" or not path.is_file():
        raise InputError(
            f"{path} is no episode that was published there",
            "Name its transcript (.json), or its recording's name in the folder of its results",
        )
    episode = open_document(path)
    name = episode.source.name
    if target_path(path.parent, name, ".json") != path:
        name = f"{path.stem}{Path(name).suffix}"  # it was given another name: its files have that, too
    digests = _digests(path, episode.source.sha256)
    files = {path.name: "", **_redacted(path, episode.source.sha256)}
    return Episode(path.parent, place, name, episode.source.sha256, digests, (path,), tuple(files.items()))


def _redacted(document: Path, sha256: str) -> dict[str, str]:
    """Digests of what `redact` has written beside a copy of a recording, by their names."""
    path = target_path(document.parent, document.name, SUFFIX)
    with suppress(OSError):
        record = read_redaction(content := read_regular(path))
        if record and record.copy_sha256 == sha256:
            own = {each.name: each.sha256 for each in record.texts if Path(each.name).name == each.name}
            return {**own, path.name: hashlib.sha256(content).hexdigest()}
    return {}


def _manifest(path: Path) -> Manifest | None:
    """The manifest of a recording of this name, or the one that lists such a file."""
    place = path.parent / FOLDER
    own = read_record(manifest_path(place, path.name))
    if own and own.name == path.name:
        return own
    return next((each for each in manifests_in(path.parent) if path.name in each.files), None)


def manifests_in(folder: Path) -> Iterator[Manifest]:
    """The newest manifests of a folder."""
    found = map(read_record, sorted((folder / FOLDER).glob("*.json")))
    return filter(None, found)


def _published(folder: Path, manifest: Manifest) -> Episode:
    place = folder / FOLDER
    documents = tuple(
        folder / name for name, each in manifest.files.items() if name.endswith(".json") and each.sha256
    )
    earlier = (read_manifest(content) for content in stored_in(place).values() if content)
    digests = {each.recording.sha256 for each in earlier if each and each.name == manifest.name}
    sha256 = manifest.recording.sha256
    for each in documents:
        digests |= _digests(each, sha256)
    files = tuple((name, each.sha256) for name, each in manifest.files.items() if each.sha256)
    return Episode(folder, place, manifest.name, sha256, frozenset({sha256, *digests}), documents, files)


def published_from(folder: Path, name: str) -> Iterator[Path]:
    """Where an episode waited for approval before it was published: its manifests are there, and no files."""
    for each in told(folder, WAITING):
        record = read_record(manifest_path(each / FOLDER, name))
        if record and record.name == name and not record.files:
            yield each / name


def _digests(document: Path, sha256: str) -> frozenset[str]:
    """Digests of a recording and of its tracks; what cannot be read names none."""
    with suppress(InputError):
        return frozenset({sha256, *(each.sha256 for each in open_document(document).tracks)})
    return frozenset({sha256})
