"""Manifests that were written without a signature: counted, and signed where nothing was changed since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from transcribe.control.verify import folders_in, stored_in, verify
from transcribe.core.errors import GateError, InputError
from transcribe.core.files import atomic_file
from transcribe.core.reading import read_regular
from transcribe.jobs.chain import HEAD, LOCK, SIGNATURES, locked, make_place, signature_path
from transcribe.jobs.memory import FOLDER
from transcribe.jobs.retention import read_statement
from transcribe.jobs.signing import Signer


def unsigned(folder: Path) -> int:
    """How many manifests in a folder and those below have no signature."""
    if not folder.is_dir():
        return 0
    return sum(len(list(_without(each / FOLDER))) for each in folders_in(folder))


def sign_all(folder: Path, signer: Signer) -> int:
    """Sign all manifests in a folder and those below that have no signature; how many.

    Raises:
        InputError: There are no manifests.
        GateError: Something is not as it was published; nothing is signed.
        OutputError: A signature cannot be written.
    """
    folders = folders_in(folder) if folder.is_dir() else []
    if not folders:
        raise InputError(f"{folder} has no manifests", "Name a folder that transcribe batch has written")
    bad = [each for each in folders if not verify(each).good]
    if bad:
        raise GateError(
            f"{bad[0]} is not as it was published: nothing is signed", f"See: transcribe verify {bad[0]}"
        )
    return sum(_sign(each / FOLDER, signer) for each in folders)


def _sign(place: Path, signer: Signer) -> int:
    with locked(place / LOCK):
        contents = list(_without(place))
        make_place(place / SIGNATURES)
        for content in contents:
            with atomic_file(signature_path(place, content)) as handle:
                handle.write(signer.envelope(content))
        return len(contents)


def _without(place: Path) -> Iterator[bytes]:
    found = set(stored_in(place).values())
    with suppress(OSError):
        found.add(read_regular(place / HEAD))
    for content in found:
        if content and read_statement(content) and not signature_path(place, content).exists():
            yield content
