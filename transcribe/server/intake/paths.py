"""Recordings that lie on the server's machine, in folders that its operator allows: named, not sent."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

from starlette.requests import Request

from transcribe.core.disk import disk_errors
from transcribe.core.errors import TranscribeError
from transcribe.core.reading import open_resolved, real
from transcribe.server.errors import Refused, refused
from transcribe.server.intake.json_body import json_of
from transcribe.server.intake.room import Room
from transcribe.server.intake.uploads import Form, Limits, Upload, new_file, title_of

BLOCK_BYTES = 1 << 20


@asynccontextmanager
async def named(request: Request, folder: Path, limits: Limits, roots: Sequence[Path]) -> AsyncIterator[Form]:
    """Read a request in JSON whose `path` is a recording, and copy it; the other members are fields.

    It is copied, because a job has to find the recording that it began with.

    Args:
        folder: Where the copy is written.
        roots: Folders in which recordings may lie.

    Raises:
        Refused: It is no such request, or no recording lies there.
    """
    fields = await _fields(request, limits)
    path = Path(*fields.pop("path", ())[-1:])
    if not path.is_absolute() or "\0" in str(path):
        raise _nothing_there()
    found = real(path)
    if not any(found.is_relative_to(real(each)) for each in roots):
        raise _nothing_there()
    try:
        with new_file(folder) as (copy, handle):
            room = Room(folder, limits.quota, limits.least_free)
            sha256 = await asyncio.to_thread(_copy, found, handle, room, limits)
            yield Form(fields, Upload(copy, sha256, title_of(path.name)))
    except TranscribeError as error:
        raise refused(error) from error


async def _fields(request: Request, limits: Limits) -> dict[str, tuple[str, ...]]:
    kind = dict[str, str | int | float | bool | list[str]]
    said = await json_of(request, limits, kind, limits.field_bytes)
    if len(said) > limits.fields:
        raise Refused(400, f"there are more than {limits.fields} fields", "too_many_fields")
    return {name.removesuffix("[]"): _texts(value) for name, value in said.items()}


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(value)
    return (str(value).lower() if isinstance(value, bool) else str(value),)


def _copy(path: Path, handle: BinaryIO, room: Room, limits: Limits) -> str:
    """Copy a recording; its digest."""
    digest, size = hashlib.sha256(), 0
    try:
        source = open_resolved(path)
    except (OSError, ValueError):
        raise _nothing_there() from None
    with source, disk_errors(path, "copying"):
        while block := source.read(BLOCK_BYTES):
            size += len(block)
            if size > limits.body_bytes:
                raise Refused(413, "the recording is too large", "file_too_large", param="path")
            room.check(len(block))
            digest.update(block)
            handle.write(block)
        handle.flush()
    return digest.hexdigest()


def _nothing_there() -> Refused:
    what = "there is no such recording in a folder that the server may read (--root)"
    return Refused(404, what, "path_not_found", param="path")
