"""What was made of a recording, remembered beside the results, so that nothing is made twice.

Results lie in a folder; its `.transcribe/NAME.json` says which recording they were made of, by content,
with which settings and weights, and what their bytes were. So a cleaned cache costs nothing, the folder
can be moved, and a result is replaced only if nobody has changed it since. It is the recording's manifest
(`manifest.py`), chained to the one before it (`chain.py`). While size and time of a recording are those that
were remembered, it is not read again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec

from transcribe.core.digest import file_digest, fingerprint, sealed, unsealed
from transcribe.core.episode import Episode
from transcribe.core.errors import OutputError
from transcribe.core.files import atomic_file, sweep
from transcribe.core.reading import read_regular
from transcribe.core.text import from_json, to_json
from transcribe.core.timecode import now
from transcribe.jobs.chain import append, locked, manifest_path
from transcribe.jobs.making import files_as_materials
from transcribe.jobs.manifest import NOT_TOLD, Making, Manifest, Result, Seen, read_manifest
from transcribe.jobs.publish.outputs import Published, Target, target_path
from transcribe.jobs.signing import Signer

FOLDER = ".transcribe"
"""Where the records lie, below the folder of the results."""


ANSWERS = ".answers.json"

PEOPLES = (".corrections.json", ANSWERS, ".decisions.json", ".approvals.json")
"""Endings of the files beside a document in which people, or a model that a policy asked, speak of it."""

PEOPLES_LOCK = ".transcribe.lock"
"""Whoever writes one of them locks this file, in their folder."""

CORRECTIONS = "corrections"
"""Under this name the digest of a transcript's corrections is one of the things that decide its files."""


@dataclass(frozen=True)
class _Record:
    """What versions before the manifest remembered."""

    version: Literal[1]
    recording: Seen
    made_with: dict[str, str]
    files: dict[str, Result]
    audio_ms: int
    speech_ms: int
    missing_ms: int
    to_check: int


@dataclass(frozen=True)
class Memory:
    """The manifest of one recording, and what a run would make.

    Attributes:
        recording: Its file's name.
        made_with: Everything that decides the content of this run's files.
        known: The manifest as it was when the run was planned; None where there was none.
        signer: Signs the next one; None: it is not signed.
    """

    path: Path
    recording: str
    made_with: Mapping[str, str]
    known: Manifest | None = None
    signer: Signer | None = None

    @classmethod
    def of(
        cls,
        source: str,
        targets: Sequence[Target],
        made_with: Mapping[str, str],
        signer: Signer | None = None,
    ) -> Memory:
        """The memory of a recording whose results go to these targets, all in one folder."""
        name = Path(source).name
        path = manifest_path(targets[0].path.parent / FOLDER, name)
        return cls(path, name, made_with, read_record(path), signer)

    def made_of(self, sha256: str) -> str:
        """Digest of a recording with this digest and of everything that decides the content of its files."""
        said = (sha256, sorted(self.made_with.items()))
        return fingerprint(said)[:32]

    def ours(self) -> tuple[Published, ...]:
        """Every file that was ever made of the recording, as it was then."""
        record = read_record(self.path)
        files = record.files if record else {}
        folder = self.path.parent.parent.absolute()
        return tuple(
            Published(str(folder / name), each.sha256) for name, each in files.items() if each.sha256
        )

    def missing(self, record: Manifest, targets: Sequence[Target]) -> list[str]:
        """Names of the targets that are not there, or were made of something else."""
        made_of = self.made_of(record.recording.sha256)
        return [each.path.name for each in targets if not _is_made(record, each, made_of)]

    def made_meanwhile(self, sha256: str, targets: Sequence[Target]) -> bool:
        """Whether another run has made all of these targets since this one was planned."""
        record = read_record(self.path)
        if record is None or record.recording.sha256 != sha256:
            return False
        made = self.known is None or record.files != self.known.files
        return made and not self.missing(record, targets)

    def keep(
        self,
        seen: Seen,
        episode: Episode,
        targets: Sequence[Target],
        written: Sequence[Path],
        *,
        making: Making = NOT_TOLD,
        complete: bool = True,
    ) -> None:
        """Remember what was made; call it with the job's work directory locked.

        Args:
            targets: What was to be made; a target that is not written had nothing to say.
            making: How it was made.
            complete: Whether that is all that was asked for; else it is ours, but not up to date.

        Raises:
            OutputError: It cannot be written.
        """
        made_of, there = self.made_of(seen.sha256) if complete else "", set(written)
        made = {
            each.path.name: Result(file_digest(each.path) if each.path in there else "", made_of)
            for each in targets
        }
        earlier = read_record(self.path)
        coverage = episode.coverage
        with contextlib.suppress(OSError):  # then they are not told of
            making = with_people(making, next((each.path for each in targets if each.format == "json"), None))
        record = Manifest(
            name=self.recording,
            recording=seen,
            made_with=dict(self.made_with),
            files={**(earlier.files if earlier else {}), **made},
            audio_ms=episode.audio.duration_ms,
            speech_ms=coverage.speech_ms,
            missing_ms=coverage.missing_ms,
            to_check=len(coverage.to_check),
            making=making,
        )
        self.write(record)

    def write(self, record: Manifest) -> None:
        """Write the manifest as the newest of its folder.

        Raises:
            OutputError: It cannot be written.
        """
        append(self.path, lambda link: replace(record, link=link), self.signer)

    def touched(self, seen: Seen) -> None:
        """Remember the time of a recording whose content is the same; if that fails, it is read again."""
        with contextlib.suppress(OutputError), atomic_file(self._seen) as handle:
            handle.write(sealed(FOLDER, to_json(seen)))

    def seen(self, record: Manifest) -> Seen:
        """The recording as it was when it was last read."""
        try:
            content = unsealed(FOLDER, read_regular(self._seen))
            found = record.recording if content is None else from_json(content, Seen)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return record.recording
        return found if found.sha256 == record.recording.sha256 else record.recording

    @property
    def _seen(self) -> Path:
        return self.path.with_suffix(".seen")


def remember_revision(
    document: Path,
    recording: str,
    current: Collection[Path],
    replaced: Mapping[Path, str],
    corrections: str,
    signer: Signer | None,
) -> None:
    """Remember that files beside a document were written from its corrections: a batch finds them up to date.

    Args:
        recording: Name of the recording; where nothing is remembered of it, nothing is done.
        current: Files that hold what the corrected document renders.
        replaced: Digests of what those of them that were written anew held before.
        corrections: Digest of the corrections; empty where there are none any more.
    """
    path = manifest_path(document.parent / FOLDER, recording)
    record = read_record(path)
    if record is None:
        return
    others = {name: value for name, value in record.made_with.items() if name != CORRECTIONS}
    said = others | ({CORRECTIONS: corrections} if corrections else {})
    memory = Memory(path, recording, said, signer=signer)
    before = Memory(path, recording, record.made_with).made_of(record.recording.sha256)
    made_of = memory.made_of(record.recording.sha256)
    held = {each.name: each for each in current}

    def revised(name: str, each: Result) -> Result:
        there = held.get(name)
        if each.made_of != before or (each.sha256 and there is None):
            return each
        if there is not None and each.sha256 == replaced.get(there):
            return Result(file_digest(there), made_of)
        return replace(each, made_of=made_of)

    with contextlib.suppress(OutputError, OSError):  # then the next batch does it again
        files = {name: revised(name, each) for name, each in record.files.items()}
        making = with_people(record.making, document)
        memory.write(replace(record, made_with=dict(memory.made_with), files=files, making=making))


def remember_people(document: Path, recording: str, signer: Signer | None) -> None:
    """Remember the corrections, answers, decisions and approvals beside a document, as they are."""
    path = manifest_path(document.parent / FOLDER, recording)
    if record := read_record(path):
        memory = Memory(path, recording, record.made_with, signer=signer)
        with contextlib.suppress(OutputError, OSError):  # what they say is in their own files
            memory.write(replace(record, making=with_people(record.making, document)))


def sidecars(document: Path) -> list[Path]:
    """Where the corrections, answers, decisions and approvals of a transcript document lie."""
    return [target_path(document.parent, document.name, each) for each in PEOPLES]


@contextmanager
def people_locked(document: Path) -> Iterator[None]:
    """Nobody else writes what people say of a document while the block runs; what a kill left is removed.

    Raises:
        OutputError: Somebody keeps it locked, or the folder cannot be written into.
    """
    with locked(document.parent / PEOPLES_LOCK):
        sweep(document.parent)
        yield


def with_people(making: Making, document: Path | None) -> Making:
    """How a run went, with the files of `PEOPLES` that lie beside its document by now.

    Raises:
        OSError: One cannot be read.
    """
    paths = sidecars(document) if document else []
    kept = tuple(each for each in making.materials if each.name not in [path.name for path in paths])
    return replace(making, materials=(*kept, *files_as_materials(paths)), finished=now())


def _is_made(record: Manifest, target: Target, made_of: str) -> bool:
    result = record.files.get(target.path.name)
    if result is None or result.made_of != made_of:
        return False
    return not result.sha256 or target.path.is_file()


def read_record(path: Path) -> Manifest | None:
    """The manifest of a recording, or what was remembered before there were any; None: it cannot be read."""
    try:
        content = read_regular(path)
        if found := read_manifest(content):
            return found
        old = unsealed(FOLDER, content)
        record = None if old is None else from_json(old, _Record)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if record is None:
        return None
    return Manifest(
        path.stem, record.recording, record.made_with, record.files,
        record.audio_ms, record.speech_ms, record.missing_ms, record.to_check,
    )  # fmt: skip


def size_and_time(path: Path) -> tuple[int, int] | None:
    """Size in bytes and time of modification in ns of a file; None where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns
