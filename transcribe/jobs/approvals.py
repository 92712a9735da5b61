"""The file of approvals that lies beside a transcript document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from transcribe.core.approval import NOT_APPROVED, Approval, Approvals
from transcribe.core.files import atomic_file
from transcribe.core.reading import read_bounded
from transcribe.core.timecode import now
from transcribe.formats.approvals import MAX_BYTES, read_approvals, write_approvals
from transcribe.jobs.correct import Opened
from transcribe.jobs.decisions import decisions_of
from transcribe.jobs.memory import people_locked, remember_people
from transcribe.jobs.publish.outputs import target_path
from transcribe.jobs.signing import Signer

SUFFIX = ".approvals.json"


def approvals_of(document: Path) -> Approvals:
    """The approvals of a transcript document.

    Raises:
        InputError: Their file cannot be read, or is something else.
    """
    path = sidecar_of(document)
    if not path.exists() and not path.is_symlink():
        return NOT_APPROVED
    return read_approvals(read_bounded(path, MAX_BYTES, "approvals"), str(path))


def holding_approval(of: Opened) -> Approval | None:
    """The approval that a transcript has as it is: nothing was corrected, decided or rejected since.

    Raises:
        InputError: Its approvals or its decisions cannot be read.
    """
    known = approvals_of(of.document)
    if known.last is None:
        return None
    return known.holding(of.recognition, of.corrections.digest, decisions_of(of.document).digest)


def missing_approval(of: Opened) -> str:
    """What is missing of the approval of a transcript as it is; empty: it is approved.

    Raises:
        InputError: Its approvals or its decisions cannot be read.
    """
    last = approvals_of(of.document).last
    if last is None:
        return "nobody has approved it"
    if last.kind == "rejected":
        return f"{last.who} rejected it: {last.reason}"
    return "" if holding_approval(of) else f"it was changed since {last.who} approved it"


def approve(of: Opened, who: str, reason: str, signer: Signer | None = None) -> Approvals:
    """Put down that somebody stands by a transcript as it is, without a review of it.

    Args:
        signer: Signs the manifest that tells of it; None: it is not signed.

    Raises:
        InputError: Earlier approvals or decisions cannot be read, or a text is too long.
        OutputError: It cannot be written.
    """
    new = Approval(
        who,
        now(),
        reason,
        of.recognition,
        of.corrections.digest,
        changes=len(of.corrections.records),
        decisions=decisions_of(of.document).digest,
    )
    return add_approval(of, new, signer)


def add_approval(of: Opened, approval: Approval, signer: Signer | None) -> Approvals:
    """Put down an approval or a rejection behind those that are there by now.

    Args:
        signer: As for `approve`.

    Raises:
        InputError: Earlier approvals cannot be read, or a text is too long.
        OutputError: It cannot be written.
    """
    with people_locked(of.document):
        known = approvals_of(of.document)
        approvals = replace(known, records=(*known.records, approval))
        content = write_approvals(approvals)
        with atomic_file(sidecar_of(of.document)) as handle:
            handle.write(content)
    remember_people(of.document, of.episode.source.name, signer)
    return approvals


def sidecar_of(document: Path) -> Path:
    """Where the approvals of a transcript document lie."""
    return target_path(document.parent, document.name, SUFFIX)
