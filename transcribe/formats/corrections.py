"""Corrections as a file beside the transcript document (.corrections.json), versioned and documented.

Whoever edits it may be a stranger: every field has limits, and what is not known is refused.

Version history: 1, the first.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from transcribe.core.corrections.record import Correction, Corrections, Kind
from transcribe.core.decoding import convert
from transcribe.core.errors import InputError
from transcribe.core.text import one_line
from transcribe.formats.document import indented, indented_part
from transcribe.formats.sidecar import read_beside, schema_of

SCHEMA = "transcribe.corrections"
VERSION = 1

MAX_BYTES = 64 * 1024 * 1024
"""Every word of a ten-hour recording corrected by itself has less."""

LONGEST_NAME = 128
"""Characters of a person's name in Podcasting 2.0 (`<podcast:person>`)."""

LONGEST_TEXT = 100_000
MOST = 1_000_000

_Ms = Annotated[int, Meta(ge=0, le=2**53)]
_Count = Annotated[int, Meta(ge=0, le=2**31)]
_Word = Annotated[str, Meta(max_length=LONGEST_TEXT)]
_Context = Annotated[tuple[_Word, ...], Meta(max_length=10)]
_Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all parts have in common."""


class PlaceRecord(_Record, frozen=True):
    """The recognised words that a correction is about, and how they are found again."""

    segment: Annotated[
        _Count, Meta(description="Position of the first word's segment in the document, from 0")
    ]
    word: Annotated[_Count, Meta(description="Position of the first word in its segment, from 0")]
    start_ms: Annotated[_Ms, Meta(description="Where the first word starts, in ms")]
    end_ms: Annotated[_Ms, Meta(description="Where the last word ends, in ms")]
    words: Annotated[
        tuple[_Word, ...],
        Meta(min_length=1, max_length=LONGEST_TEXT, description="The words as they were recognised"),
    ]
    before: Annotated[_Context, Meta(description="Up to three words before them")] = ()
    after: Annotated[_Context, Meta(description="Up to three words after them")] = ()


class CorrectionRecord(_Record, frozen=True):
    """One thing that somebody changed."""

    id: Annotated[str, Meta(pattern=r"^[0-9A-Za-z_-]{1,64}$", description="Tells it from the others")]
    kind: Annotated[
        Kind,
        Meta(
            description="text: the words are replaced; speaker: somebody else says them; split: a segment "
            "ends between them; merge: no segment ends between them"
        ),
    ]
    at: Annotated[PlaceRecord, Meta(description="Which words it is about")]
    text: Annotated[
        str, Meta(max_length=LONGEST_TEXT, description="What stands there instead; empty: nothing")
    ] = ""
    speaker: Annotated[_Name | None, Meta(description="Who says them; null: nobody who has a name")] = None
    who: Annotated[str, Meta(max_length=LONGEST_NAME, description="Who made it, or empty")] = ""
    when: Annotated[str, Meta(max_length=40, description="When it was made (ISO 8601, UTC), or empty")] = ""


class CorrectionsDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The corrections of a transcript."""

    schema: Annotated[
        Literal["transcribe.corrections"], Meta(description="Says what kind of document this is")
    ]
    version: Annotated[Literal[1], Meta(description="Version of this schema")]
    records: Annotated[
        tuple[CorrectionRecord, ...],
        Meta(max_length=MOST, description="In the order in which they were made; to undo one, remove it"),
    ]


def write_corrections(corrections: Corrections) -> bytes:
    """The file of corrections.

    Raises:
        InputError: One of them is larger than what `read_corrections` takes.
    """
    if len(corrections.records) > MOST:
        raise InputError(f"these corrections cannot be kept: there are more than {MOST}")
    head = indented({"schema": SCHEMA, "version": VERSION, "records": []}).decode()
    if not corrections.records:
        return head.encode()
    parts = ",".join(f"\n    {_written(each)}" for each in corrections.records)
    return head.replace("[]", f"[{parts}\n  ]").encode()


@lru_cache(maxsize=32_768)
def _written(record: Correction) -> str:
    """A record in the file; remembered, because an edit writes all the others again."""
    try:
        checked = convert(record, CorrectionRecord, from_attributes=True)
    except msgspec.ValidationError as error:
        raise InputError(f"these corrections cannot be kept: {error}") from error
    return indented_part(msgspec.to_builtins(checked), "    ")


def read_corrections(data: bytes, name: str = "the file") -> Corrections:
    """Read corrections back.

    Raises:
        InputError: They are no such file, are damaged, or a newer program made them.
    """
    hint = "Put it right, or move it away to have the transcript without corrections"
    document = read_beside(data, CorrectionsDocument, (SCHEMA, VERSION, "corrections"), name, hint)
    _check(document, name, hint)
    return convert(document, Corrections, from_attributes=True)


def _check(document: CorrectionsDocument, name: str, hint: str) -> None:
    twice = [each for each, times in Counter(each.id for each in document.records).items() if times > 1]
    if twice:
        raise InputError(f"{name} has two corrections with the id {twice[0]}", hint)
    for each in document.records:
        if each.speaker is not None and one_line(each.speaker) != each.speaker:
            raise InputError(f"{name} has a name that is not one line of text, in {each.id}", hint)


def schema() -> dict[str, Any]:
    """The document's JSON Schema (draft 2020-12)."""
    return schema_of(CorrectionsDocument, "Corrections")
