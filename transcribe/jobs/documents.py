"""Finished transcript documents, opened: as they were recognised, and as people corrected them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from transcribe.core.episode import Episode
from transcribe.core.events import Progress, silent
from transcribe.core.reading import inside, read_bounded
from transcribe.formats.tokens import encodable
from transcribe.jobs.corrections import read_sidecar, sidecar_of
from transcribe.pipeline.corrected import with_corrections

DOCUMENT = "json"
"""The format of a document."""

UNKNOWN = "\ufffd"
"""What stands in a document for a byte of a name that is no text."""

MAX_DOCUMENT_BYTES = 512 * 1024 * 1024
"""The document of a ten-hour recording has about 15 MB."""


def open_corrected(document: Path, progress: Progress = silent) -> Episode:
    """The episode of a document as people corrected it: with what lies beside the document.

    Raises:
        InputError: The document or its corrections cannot be read, or are something else.
    """
    return with_corrections(open_document(document), read_sidecar(sidecar_of(document)), progress)


def open_document(document: Path) -> Episode:
    """The episode of a document as it was recognised.

    Its recording has a path if it lies beside the document, else none.

    Raises:
        InputError: It cannot be read, or is no transcript document.
    """
    from transcribe.formats.document import read_document  # loads msgspec

    episode = read_document(
        read_bounded(document, MAX_DOCUMENT_BYTES, "a transcript document"), str(document)
    )
    return replace(episode, source=replace(episode.source, path=recording_of(document, episode.source.name)))


def recording_of(document: Path, name: str) -> str:
    """Where the recording of a document may lie; empty where its name leads out of the document's folder."""
    try:
        path = inside(document.parent, name)
        if UNKNOWN in name and not path.exists():
            there = sorted(each.name for each in document.parent.iterdir())
            path = inside(document.parent, next((each for each in there if encodable(each) == name), name))
        return os.fspath(path)
    except (ValueError, OSError):  # a stranger's document names, or a link leads to, a file elsewhere
        return ""
