"""The file of decisions that lies beside a transcript document; every decision is added, none replaced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from transcribe.core.decision import NO_DECISIONS, Decision, Decisions
from transcribe.core.files import atomic_file
from transcribe.core.reading import read_bounded
from transcribe.formats.decisions import MAX_BYTES, read_decisions, write_decisions
from transcribe.jobs.memory import people_locked
from transcribe.jobs.publish.outputs import target_path

SUFFIX = ".decisions.json"


def decisions_of(document: Path) -> Decisions:
    """The decisions about a transcript document; none where there is no file.

    Raises:
        InputError: Their file cannot be read, or is something else.
    """
    path = _sidecar(document)
    if not path.exists() and not path.is_symlink():
        return NO_DECISIONS
    return read_decisions(read_bounded(path, MAX_BYTES, "decisions"), str(path))


def add_decision(document: Path, decision: Decision) -> Decisions:
    """Put down a decision behind those that are there by now; whoever writes at the same time waits.

    Raises:
        InputError: The decisions that are there cannot be read, or a text is too long.
        OutputError: It cannot be written.
    """
    with people_locked(document):
        known = decisions_of(document)
        made = replace(known, records=(*known.records, decision))
        content = write_decisions(made)
        with atomic_file(_sidecar(document)) as handle:
            handle.write(content)
    return made


def _sidecar(document: Path) -> Path:
    return target_path(document.parent, document.name, SUFFIX)
