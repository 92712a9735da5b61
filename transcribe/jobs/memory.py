"""What was made of a recording, remembered beside the results, so that nothing is made twice.

Results lie in a folder; its `.transcribe/NAME.json` says which recording they were made of, by content,
with which settings and weights, and what their bytes were. So a cleaned cache costs nothing, the folder
can be moved, and a result is replaced only if nobody has changed it since. While size and time of a
recording are those that were remembered, it is not read again.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec

from transcribe.core.digest import file_digest, fingerprint, sealed, unsealed
from transcribe.core.disk import disk_errors
from transcribe.core.episode import Episode
from transcribe.core.errors import OutputError
from transcribe.core.files import atomic_file
from transcribe.core.reading import open_regular
from transcribe.core.text import from_json, to_json
from transcribe.jobs.publish.outputs import Published, Target, target_path

FOLDER = ".transcribe"
"""Where the records lie, below the folder of the results."""


CORRECTIONS = "corrections"
"""Under this name the digest of a transcript's corrections is one of the things that decide its files."""


@dataclass(frozen=True)
class Seen:
    """A recording as it was when it was read.

    Attributes:
        modified_ns: When it was last modified, in ns since 1970.
        sha256: Hex digest of its bytes.
    """

    bytes: int
    modified_ns: int
    sha256: str


@dataclass(frozen=True)
class Result:
    """One file that was made.

    Attributes:
        sha256: Hex digest of its bytes; empty where there was nothing to say, and so no file.
        made_of: Digest of the recording and of everything that had a say in the file.
    """

    sha256: str
    made_of: str


@dataclass(frozen=True)
class Record:
    """What was made of one recording.

    Attributes:
        version: Of this shape.
        made_with: Everything that had a say in the files then, by the names of the options
            (`fingerprint.made_with`).
        files: Every file that was made of it, now or earlier, by its name in the folder.
        audio_ms: How much of it was transcribed, in ms.
        speech_ms: How much speech it has, in ms.
        missing_ms: How much of that has no words, in ms.
    """

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
    """The record of one recording, and what a run would make.

    Attributes:
        made_with: Everything that decides the content of this run's files.
        known: The record as it was when the run was planned; None where there was none.
    """

    path: Path
    made_with: Mapping[str, str]
    known: Record | None = None

    @classmethod
    def of(cls, source: str, targets: Sequence[Target], made_with: Mapping[str, str]) -> Memory:
        """The memory of a recording whose results go to these targets, all in one folder."""
        name = f"{Path(source).name}.json"
        path = target_path(targets[0].path.parent / FOLDER, name, ".json")
        return cls(path, made_with, read_record(path))

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

    def missing(self, record: Record, targets: Sequence[Target]) -> list[str]:
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
        complete: bool = True,
    ) -> None:
        """Remember what was made; call it with the job's work directory locked.

        Args:
            targets: What was to be made; a target that is not written had nothing to say.
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
        record = Record(
            version=1,
            recording=seen,
            made_with=dict(self.made_with),
            files=(earlier.files if earlier else {}) | made,
            audio_ms=episode.audio.duration_ms,
            speech_ms=coverage.speech_ms,
            missing_ms=coverage.missing_ms,
            to_check=len(coverage.to_check),
        )
        self.write(record)

    def write(self, record: Record) -> None:
        """Replace the record.

        Raises:
            OutputError: It cannot be written.
        """
        with disk_errors(self.path, "writing"):
            self.path.parent.mkdir(exist_ok=True)
            if self.path.parent.is_symlink():  # it would be written wherever a stranger likes
                raise OSError(errno.ELOOP, "the folder is a link")
        with atomic_file(self.path) as handle:
            handle.write(sealed(FOLDER, to_json(record)))

    def touched(self, record: Record, seen: Seen) -> None:
        """Remember the time of a recording whose content is the same; if that fails, it is read again."""
        with contextlib.suppress(OutputError):
            self.write(replace(record, recording=seen))


def remember_revision(
    document: Path, recording: str, current: Collection[Path], replaced: Mapping[Path, str], corrections: str
) -> None:
    """Remember that files beside a document were written from its corrections: a batch finds them up to date.

    Args:
        recording: Name of the recording; where nothing is remembered of it, nothing is done.
        current: Files that hold what the corrected document renders.
        replaced: Digests of what those of them that were written anew held before.
        corrections: Digest of the corrections; empty where there are none any more.
    """
    path = target_path(document.parent / FOLDER, f"{recording}.json", ".json")
    record = read_record(path)
    if record is None:
        return
    others = {name: value for name, value in record.made_with.items() if name != CORRECTIONS}
    memory = Memory(path, others | ({CORRECTIONS: corrections} if corrections else {}))
    before = Memory(path, record.made_with).made_of(record.recording.sha256)
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
        memory.write(replace(record, made_with=dict(memory.made_with), files=files))


def _is_made(record: Record, target: Target, made_of: str) -> bool:
    result = record.files.get(target.path.name)
    if result is None or result.made_of != made_of:
        return False
    return not result.sha256 or target.path.is_file()


def read_record(path: Path) -> Record | None:
    """A record; None where there is none or it cannot be read."""
    try:
        with open_regular(path) as handle:
            content = unsealed(FOLDER, handle.read())
        return None if content is None else from_json(content, Record)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def size_and_time(path: Path) -> tuple[int, int] | None:
    """Size in bytes and time of modification in ns of a file; None where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns
