"""Vectors of passages: one file beside the archive, which holds no passage that the archive has not.

Its name says model and dimension. It has the numbers of the passages (int64), marks of their words (uint64),
and the matrix (float32, a row a passage), in this order; it is written anew whenever it changes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from transcribe.core.disk import disk_errors
from transcribe.core.errors import InputError, OutputError
from transcribe.core.files import atomic_file
from transcribe.core.reading import open_regular

if TYPE_CHECKING:
    from numpy import float32, int64, uint64
    from numpy.typing import NDArray

_NAME = re.compile(r"vectors\.[A-Za-z0-9._-]*\.[0-9a-f]{8}\.([0-9]{1,5})\.f32")
ROW_BYTES = 16
"""Of a row, beside its vector."""


@dataclass(frozen=True)
class Vectors:
    """The vectors of some passages: a row for each, of length 1."""

    passages: NDArray[int64]
    marks: NDArray[uint64]
    matrix: NDArray[float32]

    @classmethod
    def none(cls, numbers: int) -> Vectors:
        """An empty set, for vectors of this many numbers."""
        import numpy as np

        return cls(np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros((0, numbers), np.float32))

    def only(self, present: Mapping[int, int]) -> Vectors:
        """Those of the passages that are there, by the marks of their words."""
        import numpy as np

        keep = np.fromiter(
            (present.get(int(key)) == int(mark) for key, mark in zip(self.passages, self.marks, strict=True)),
            dtype=bool,
            count=len(self.passages),
        )
        return self if keep.all() else Vectors(self.passages[keep], self.marks[keep], self.matrix[keep])

    def joined(self, other: Vectors) -> Vectors:
        """Both."""
        import numpy as np

        return Vectors(
            np.concatenate([self.passages, other.passages]),
            np.concatenate([self.marks, other.marks]),
            np.concatenate([self.matrix, other.matrix]),
        )


def mark_of(words: str) -> int:
    """What tells the words of a passage, as they are stored, from others."""
    return int.from_bytes(hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def files_beside(archive: Path) -> list[Path]:
    """All files of vectors beside an archive."""
    with suppress(OSError):
        return sorted(each for each in archive.parent.iterdir() if _NAME.fullmatch(each.name))
    return []


def file_of(archive: Path, model: str) -> Path | None:
    """The vectors that a model has made."""
    beginning = _beginning(model)
    return next((each for each in files_beside(archive) if each.name.startswith(beginning)), None)


def numbers_of(file: Path) -> int:
    """How many numbers each vector of a file has."""
    found = _NAME.fullmatch(file.name)
    return int(found[1]) if found else 0


def read_vectors(file: Path) -> Vectors:
    """The vectors of a file; the matrix is read where it is used.

    Raises:
        OutputError: It cannot be read, or is damaged.
    """
    import numpy as np

    numbers = numbers_of(file)
    with disk_errors(file, "reading"), open_regular(file, follow=False) as handle:
        size = file.stat().st_size
        count, rest = divmod(size, ROW_BYTES + 4 * numbers)
        if rest or not numbers:
            raise OutputError(f"{file} is damaged", "Remove it, then: transcribe archive update")
        if not count:
            return Vectors.none(numbers)
        passages = np.fromfile(handle, np.int64, count)
        marks = np.fromfile(handle, np.uint64, count)
        matrix = np.memmap(handle, np.float32, "r", ROW_BYTES * count, (count, numbers))
    return Vectors(passages, marks, matrix)


def write_vectors(archive: Path, model: str, vectors: Vectors) -> None:
    """Put the vectors of a model beside an archive, in the place of all others.

    Raises:
        OutputError: They cannot be written.
    """
    file = archive.parent / f"{_beginning(model)}{vectors.matrix.shape[1]}.f32"
    _write(file, vectors)
    for each in files_beside(archive):
        if each != file:
            each.unlink(missing_ok=True)


def _write(file: Path, vectors: Vectors) -> None:
    with atomic_file(file, private=True) as handle:
        for part in (vectors.passages, vectors.marks, vectors.matrix):
            handle.write(part.tobytes())


def prune(archive: Path, stored: Iterator[tuple[int, str]]) -> None:
    """Leave no vector of a passage that is not there any more.

    Args:
        stored: The passages that are there: number and words.

    Raises:
        OutputError: A file cannot be written.
    """
    files = files_beside(archive)
    present = {number: mark_of(words) for number, words in stored} if files else {}
    for file in files:
        try:
            vectors = read_vectors(file)
        except (OutputError, InputError):  # nobody can say what is in it, and it can be made anew
            file.unlink()
            continue
        left = vectors.only(present)
        if left is not vectors:
            _write(file, left)


def _beginning(model: str) -> str:
    """How the name of a model's file begins."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", model)[:60]
    return f"vectors.{safe}.{hashlib.sha256(model.encode('utf-8', 'replace')).hexdigest()[:8]}."
