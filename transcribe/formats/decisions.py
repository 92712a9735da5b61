"""Decisions of reviewers as a file beside the transcript document (.decisions.json), versioned, documented.

Whoever edits it may be a stranger: every field has limits, and what is not known is refused.

Version history: 1, the first.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from transcribe.core.decision import Choice, Decisions
from transcribe.core.decoding import convert
from transcribe.core.text import to_canonical_json
from transcribe.formats.corrections import LONGEST_NAME
from transcribe.formats.sidecar import checked_beside, read_beside, schema_of

SCHEMA = "transcribe.decisions"
VERSION = 1

MAX_BYTES = 64 * 1024 * 1024
LONGEST_REASON = 2000
MOST = 100_000
MOST_STRETCHES = 10_000

Ms = Annotated[int, Meta(ge=0, le=2**53)]
Stretches = Annotated[tuple[tuple[Ms, Ms], ...], Meta(max_length=MOST_STRETCHES)]
Digest = Annotated[str, Meta(pattern=r"^([0-9a-f]{12,64})?$")]


class DecisionRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reviewer decided about one item."""

    item: Annotated[str, Meta(pattern=r"^[0-9a-f]{12}$", description="Id of the item")]
    about: Annotated[
        str, Meta(max_length=200, description="What sort of item it was; no word of the transcript is in it")
    ]
    spans: Annotated[Stretches, Meta(description="Where it lies in the recording, from and to, in ms")]
    content: Annotated[
        Digest,
        Meta(description="Digest of the words that it was decided about; of `correct`, those left there"),
    ]
    choice: Annotated[Choice, Meta(description="What was decided")]
    who: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, description="Who decided")]
    when: Annotated[str, Meta(max_length=40, description="When (ISO 8601, UTC)")]
    reason: Annotated[str, Meta(max_length=LONGEST_REASON, description="Why; may be empty")]
    heard: Annotated[
        Stretches, Meta(description="What was played to the reviewer while deciding, from and to, in ms")
    ]
    recording: Annotated[Digest, Meta(description="Digest of the recording")]
    policy: Annotated[
        str, Meta(max_length=1000, description="Name of the policy that the items were made by; empty: none")
    ] = ""
    policy_sha256: Annotated[Digest, Meta(description="Hex digest of the policy's file")] = ""
    seen: Annotated[
        int, Meta(ge=0, le=2**31, description="How many decisions of the file its maker knew")
    ] = 0


class DecisionsDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The decisions of reviewers about a transcript."""

    schema: Annotated[Literal["transcribe.decisions"], Meta(description="Says what kind of document this is")]
    version: Annotated[Literal[1], Meta(description="Version of this schema")]
    records: Annotated[
        tuple[DecisionRecord, ...],
        Meta(max_length=MOST, description="The earliest first; none is ever removed"),
    ]


def write_decisions(decisions: Decisions) -> bytes:
    """The file of decisions, in canonical JSON.

    Raises:
        InputError: One of them is larger than what `read_decisions` takes, or there are too many.
    """
    what = (SCHEMA, VERSION, "decision")
    document = checked_beside(DecisionsDocument, what, decisions.records)
    return to_canonical_json(document) + b"\n"


def read_decisions(data: bytes, name: str = "the file") -> Decisions:
    """Read decisions back.

    Raises:
        InputError: They are no such file, are damaged, or a newer program made them.
    """
    hint = "Put it right, or move it away to review the transcript anew"
    document = read_beside(data, DecisionsDocument, (SCHEMA, VERSION, "decisions"), name, hint)
    return convert(document, Decisions, from_attributes=True)


def schema() -> dict[str, Any]:
    """The document's JSON Schema (draft 2020-12)."""
    return schema_of(DecisionsDocument, "Decisions")
