"""The model lock: which weights may be loaded, by their digests; everything else is refused.

`transcribe.lock` lies in the current folder or in the user's folder for config. Where both are there, weights
have to be in both, so that a stranger's folder allows nothing that the user does not. It is as
`transcribe models lock` wrote it, to the bit, or it is refused.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from transcribe.core import places
from transcribe.core.decoding import decode
from transcribe.core.errors import ModelError
from transcribe.core.files import atomic_file
from transcribe.core.reading import read_bounded
from transcribe.core.text import to_canonical_json

FILE = "transcribe.lock"
VERSION = 1
LARGEST_BYTES = 10_000_000


@dataclass(frozen=True)
class LockedFile:
    """One file of a model.

    Attributes:
        sha256: Hex digest of its bytes.
    """

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class LockedModel:
    """A model that may be loaded.

    Attributes:
        kind: What it is for and in which form, such as `ctranslate2`.
        licence: SPDX identifier, or the licence's own name; empty: not known.
        source: Where it came from, with the revision where there is one.
        terms: URL of terms of use; empty where there are none beside the licence.
    """

    name: str
    kind: str
    files: tuple[LockedFile, ...]
    licence: str = ""
    source: str = ""
    terms: str = ""


@dataclass(frozen=True)
class _Lock:
    checksum: str
    models: tuple[LockedModel, ...]
    version: int


def places_of_locks() -> tuple[Path, ...]:
    """Where locks are looked for: the current folder, then the user's."""
    return Path(FILE), places.config() / FILE


def check_locked(name: str, digests: Iterable[str]) -> None:
    """See that weights may be loaded.

    Args:
        digests: Those of all files of the model.

    Raises:
        ModelError: A lock does not list them, or cannot be read.
    """
    wanted = set(digests)
    for path in places_of_locks():
        if os.path.lexists(path):
            _check(path, name, wanted)


def _check(path: Path, name: str, wanted: set[str]) -> None:
    models = read_lock(path)
    if any(wanted == {file.sha256 for file in each.files} for each in models):
        return
    known = any(each.name == name for each in models)
    how = "are not those that the lock lists" if known else "are not in the lock"
    raise ModelError(
        f"the weights of {name} {how}: {path}",
        f"If they are to be used: transcribe models lock {name} --file {path}",
    )


def read_lock(path: Path) -> tuple[LockedModel, ...]:
    """The models of a lock.

    Raises:
        ModelError: It cannot be read, is of a newer version, or is not as it was written.
    """
    content = read_bounded(path, LARGEST_BYTES, "a model lock")
    anew = f"See what it was, and write it again: transcribe models lock --file {path}"
    try:
        lock = decode(content, _Lock)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ModelError(f"the model lock {path} is damaged: {error}", anew) from error
    if lock.version != VERSION:
        raise ModelError(f"the model lock {path} is of version {lock.version}", "Install a newer transcribe")
    if content != _written(lock.models):
        raise ModelError(f"the model lock {path} was altered", anew)
    return lock.models


def write_lock(path: Path, models: Iterable[LockedModel]) -> None:
    """Write a lock, in place of an earlier one.

    Raises:
        OutputError: It cannot be written.
    """
    with atomic_file(path) as handle:
        handle.write(_written(tuple(sorted(models, key=lambda each: (each.name, each.kind)))))


def _written(models: tuple[LockedModel, ...]) -> bytes:
    checksum = hashlib.sha256(to_canonical_json((VERSION, models))).hexdigest()
    return msgspec.json.format(to_canonical_json(_Lock(checksum, models, VERSION)), indent=1) + b"\n"
