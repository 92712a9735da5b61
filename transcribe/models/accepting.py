"""What a model lock and a bill of materials say of installed models, and accepting them into a lock."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from transcribe.core.decoding import convert, decode
from transcribe.core.reading import read_regular
from transcribe.models.catalogue import catalogue
from transcribe.models.installed import RECORD, InstalledModel, Record
from transcribe.models.model_lock import LockedFile, LockedModel, read_lock, write_lock


def as_locked(model: InstalledModel) -> LockedModel:
    """A model as a lock lists it."""
    files = (LockedFile(model.path.name, model.bytes, model.sha256), *map(_file, model.parts))
    known = catalogue().get(model.name) or catalogue().get(model.made_from)
    return LockedModel(
        model.name, model.kind, files, model.licence, _source(model), known.terms if known else ""
    )


def accept(path: Path, models: Sequence[LockedModel], *, only: bool) -> tuple[LockedModel, ...]:
    """Write models into a lock; what they replace there leaves it.

    Args:
        only: Whether the lock is to list them and nothing else.

    Returns:
        What the lock lists afterwards.

    Raises:
        ModelError: The lock that is there was altered, or is of a newer version, and is to be kept.
        OutputError: It cannot be written.
    """
    new = {(each.name, each.kind) for each in models}
    earlier = () if only or not path.exists() else read_lock(path)
    whole = (*(each for each in earlier if (each.name, each.kind) not in new), *models)
    write_lock(path, whole)
    return whole


def _file(part: object) -> LockedFile:
    return convert(part, LockedFile, from_attributes=True)


def _source(model: InstalledModel) -> str:
    if known := catalogue().get(model.name):
        if known.hub:
            return f"{known.hub.repo}@{known.hub.revision}/{known.hub.file}"
        if known.index:
            return " ".join(known.index.packages)
    try:
        return decode(read_regular(model.path.parent / RECORD), Record).source
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return str(model.path.name)
