"""What each reviewer has heard of an episode so far: a file of the server's own in the folder of the job."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from transcribe.core.decision import Stretch, merged
from transcribe.core.decoding import decode
from transcribe.core.errors import InputError, UsageError
from transcribe.core.files import atomic_file
from transcribe.core.reading import read_bounded
from transcribe.formats.corrections import LONGEST_NAME
from transcribe.formats.decisions import Stretches

FILE = "heard.json"
MAX_BYTES = 64 * 1024 * 1024
MOST_REVIEWERS = 500
HINT = "Put it right, or move it away: then nothing counts as heard but what decisions say"

Reviewer = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]


class _Heard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    heard: Annotated[dict[Reviewer, Stretches], Meta(max_length=MOST_REVIEWERS)]


def heard_by(folder: Path, who: str) -> tuple[Stretch, ...]:
    """What somebody has heard, in order; nothing where nothing was put down.

    Raises:
        InputError: The file cannot be read, or is something else.
    """
    return tuple(_read(folder).get(who, ()))


def add_heard(folder: Path, who: str, heard: Iterable[Stretch], end_ms: int) -> tuple[Stretch, ...]:
    """Put down what somebody has heard besides; all that they have heard. To be called by one at a time.

    Args:
        end_ms: How long the recording is.

    Raises:
        InputError: The file cannot be read, or is something else.
        UsageError: There are too many stretches, or reviewers.
        OutputError: It cannot be written.
    """
    known = _read(folder)
    before = tuple(known.get(who, ()))
    made = merged([*before, *((min(start, end_ms), min(end, end_ms)) for start, end in heard)])
    if made == before:
        return made
    content = msgspec.json.encode(_Heard(1, {**known, who: made}))
    try:
        decode(content, _Heard)
    except msgspec.ValidationError as error:
        raise UsageError(f"so much cannot be kept of what was heard: {error}") from error
    with atomic_file(folder / FILE) as handle:
        handle.write(content)
    return made


def _read(folder: Path) -> dict[str, tuple[Stretch, ...]]:
    path = folder / FILE
    if not path.exists() and not path.is_symlink():
        return {}
    try:
        return decode(read_bounded(path, MAX_BYTES, "what was heard"), _Heard).heard
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path} cannot be read: {error}", HINT) from error
