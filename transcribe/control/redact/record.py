"""The record of a redaction (.redaction.json): where and why, and what was proved; never what was said.

`docs/redaction.schema.json` is generated from the dataclasses below.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from transcribe.control.redact.spans import Span
from transcribe.core.decoding import convert
from transcribe.core.text import from_json, to_json
from transcribe.formats.document import indented

SUFFIX = ".redaction.json"
SCHEMA: Literal["transcribe.redaction"] = "transcribe.redaction"

_Ms = Annotated[int, Meta(description="In the recording, in ms")]


@dataclass(frozen=True)
class Masked:
    """A stretch that is masked in the sound."""

    start_ms: Annotated[_Ms, Meta(description="Where it begins, in ms")]
    end_ms: Annotated[_Ms, Meta(description="Where it ends, in ms")]
    reasons: Annotated[
        tuple[str, ...], Meta(description="Ids of rules of the policy; words, personal or span: asked for")
    ]
    guessed: Annotated[
        bool,
        Meta(
            description="Whether the recogniser still writes something masked there, and does not hear it in "
            "the sound beside the stretch: a guess from the words around it"
        ),
    ] = False


@dataclass(frozen=True)
class Text:
    """A text that was written beside the copy."""

    name: Annotated[str, Meta(description="Name of the file")]
    sha256: Annotated[str, Meta(description="Hex digest of the file")]


@dataclass(frozen=True)
class Proof:
    """What recognised the copy, in which none of the masked words was heard, unless `guessed` says so."""

    engine: Annotated[str, Meta(description="The recogniser's package and version")]
    model: Annotated[str, Meta(description="Name of its weights")]
    model_sha256: Annotated[str, Meta(description="Hex digest of the weights")]
    heard: Annotated[
        tuple[tuple[int, int], ...], Meta(description="What was recognised: start and end, in ms")
    ]
    tries: Annotated[int, Meta(description="Copies that were made; of several, only the last was proved")]


@dataclass(frozen=True)
class Redaction:
    """What was done to a recording and its transcript."""

    schema: Annotated[Literal["transcribe.redaction"], Meta(description="Says what kind of document this is")]
    version: Annotated[Literal[1], Meta(description="Version of this schema")]
    program: Annotated[str, Meta(description="Program and version")]
    sound: Annotated[Literal["bleep", "mute"], Meta(description="What the stretches are in the copy")]
    recording_sha256: Annotated[str, Meta(description="Hex digest of the recording")]
    copy_sha256: Annotated[str, Meta(description="Hex digest of the copy")]
    texts: Annotated[tuple[Text, ...], Meta(description="Every text that was written beside the copy")]
    policy_sha256: Annotated[str, Meta(description="Hex digest of the policy's file, or empty")]
    masked: Annotated[tuple[Masked, ...], Meta(description="Every stretch, in order")]
    proof: Annotated[Proof, Meta(description="How it was proved")]


def masked_of(spans: tuple[Span, ...], guesses: Collection[Span]) -> tuple[Masked, ...]:
    """The stretches as they are recorded.

    Args:
        guesses: Those of which something is guessed.
    """
    return tuple(Masked(each.start_ms, each.end_ms, each.reasons, each in guesses) for each in spans)


def write(redaction: Redaction) -> bytes:
    """The record as a file."""
    return indented(msgspec.json.decode(to_json(redaction)))


def read(content: bytes) -> Redaction | None:
    """What `write` was given; None where it is anything else."""
    try:
        found = convert(from_json(content, dict), Redaction)
        return found if write(found) == content else None
    except (msgspec.MsgspecError, UnicodeDecodeError, LookupError, TypeError, ValueError):
        return None


def schema() -> dict[str, Any]:
    """The record's JSON Schema (draft 2020-12)."""
    described = msgspec.json.schema(Redaction)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Redaction", **described}
