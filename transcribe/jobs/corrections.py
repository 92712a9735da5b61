"""The file of corrections that lies beside a transcript document."""

from __future__ import annotations

from pathlib import Path

from transcribe.core.corrections.record import NO_CORRECTIONS, Corrections
from transcribe.core.errors import InputError
from transcribe.core.reading import read_bounded
from transcribe.jobs.publish.outputs import target_path

SUFFIX = ".corrections.json"


def sidecar_of(document: Path) -> Path:
    """Where the corrections of a transcript document lie."""
    return target_path(document.parent, document.name, SUFFIX)


def read_sidecar(path: Path) -> Corrections:
    """The corrections in a file; none where there is no file.

    Raises:
        InputError: It cannot be read, or holds no corrections.
    """
    if not path.exists() and not path.is_symlink():
        return NO_CORRECTIONS
    from transcribe.formats.corrections import MAX_BYTES, read_corrections  # loads msgspec

    return read_corrections(read_bounded(path, MAX_BYTES, "corrections"), str(path))


def digest_of(sidecar: Path | None) -> str:
    """Tells the corrections in a file from others; empty where there are none.

    What cannot be read is told from everything that can: the job that needs it will say what is wrong.
    """
    try:
        return read_sidecar(sidecar).digest if sidecar else ""
    except InputError:
        return "unreadable"
