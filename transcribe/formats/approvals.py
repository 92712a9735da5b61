"""Approvals as a file beside the transcript document (.approvals.json), versioned and documented.

Version history: 1, the first; 2, what was heard, changed and decided, the policy, and rejections.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from transcribe.core.approval import Approvals, Kind
from transcribe.core.decoding import convert
from transcribe.formats.corrections import LONGEST_NAME
from transcribe.formats.decisions import LONGEST_REASON, Digest, Stretches
from transcribe.formats.document import indented
from transcribe.formats.sidecar import checked_beside, read_beside, schema_of

SCHEMA = "transcribe.approvals"
VERSION = 2

MAX_BYTES = 16 * 1024 * 1024
MOST = 5000


class ApprovalRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody's word that a transcript is right; or, rejected, that it is not to be published."""

    who: Annotated[
        str, Meta(min_length=1, max_length=LONGEST_NAME, description="Who approved or rejected it")
    ]
    when: Annotated[str, Meta(max_length=40, description="When (ISO 8601, UTC)")]
    reason: Annotated[
        str, Meta(max_length=LONGEST_REASON, description="Why, or what was checked; may be empty")
    ]
    recognition: Annotated[
        str, Meta(pattern=r"^[0-9a-f]{16,64}$", description="Digest of what had been recognised")
    ]
    corrections: Annotated[
        str,
        Meta(
            pattern=r"^([0-9a-f]{16,64})?$",
            description="Digest of the corrections; empty: none. An approval holds while this, `recognition` "
            "and `decisions` are the same",
        ),
    ]
    kind: Annotated[Kind, Meta(description="Which of the two it is; in version 1 all are approvals")] = (
        "approved"
    )
    heard: Annotated[
        Stretches, Meta(description="What was heard of the recording in the review, from and to, in ms")
    ] = ()
    changes: Annotated[int, Meta(ge=0, le=2**31, description="How many corrections there were")] = 0
    policy: Annotated[
        str, Meta(max_length=1000, description="Name of the policy that it was reviewed by; empty: none")
    ] = ""
    policy_sha256: Annotated[Digest, Meta(description="Hex digest of the policy's file")] = ""
    decisions: Annotated[Digest, Meta(description="Digest of the decisions; empty: none")] = ""


class ApprovalsDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The approvals of a transcript."""

    schema: Annotated[Literal["transcribe.approvals"], Meta(description="Says what kind of document this is")]
    version: Annotated[Literal[1, 2], Meta(description="Version of this schema")]
    records: Annotated[
        tuple[ApprovalRecord, ...],
        Meta(max_length=MOST, description="The earliest first; the last one counts"),
    ]


def write_approvals(approvals: Approvals) -> bytes:
    """The file of approvals.

    Raises:
        InputError: One of them is larger than what `read_approvals` takes, or there are too many.
    """
    what = (SCHEMA, VERSION, "approval")
    document = checked_beside(ApprovalsDocument, what, approvals.records)
    return indented(msgspec.to_builtins(document))


def read_approvals(data: bytes, name: str = "the file") -> Approvals:
    """Read approvals back.

    Raises:
        InputError: They are no such file, are damaged, or a newer program made them.
    """
    hint = "Put it right, or move it away to have the transcript without approvals"
    document = read_beside(data, ApprovalsDocument, (SCHEMA, VERSION, "approvals"), name, hint)
    return convert(document, Approvals, from_attributes=True)


def schema() -> dict[str, Any]:
    """The document's JSON Schema (draft 2020-12)."""
    return schema_of(ApprovalsDocument, "Approvals")
