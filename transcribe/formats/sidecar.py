"""What the files beside a transcript document have in common: what they are, in which version."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from transcribe.core.decoding import convert, decode
from transcribe.core.errors import InputError

T = TypeVar("T")


@dataclass(frozen=True)
class _Heading:
    """As much as every version of such a file has: what it is."""

    schema: str
    version: int


def checked_beside(kind: type[T], what: tuple[str, int, str], records: object) -> T:
    """What such a file is to hold, within all limits of its fields.

    Args:
        kind: What it holds.
        what: Its schema, its version, and what people call one of its records.
        records: Values with the attributes that its records have.

    Raises:
        InputError: One of them is larger than what `read_beside` takes, or there are too many.
    """
    schema, version, called = what
    try:
        return convert({"schema": schema, "version": version, "records": records}, kind, from_attributes=True)
    except msgspec.ValidationError as error:
        raise InputError(f"this {called} cannot be kept: {error}") from error


def schema_of(kind: type, title: str) -> dict[str, Any]:
    """The JSON Schema of such a file (draft 2020-12)."""
    described = msgspec.json.schema(kind)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **described}


def read_beside(data: bytes, kind: type[T], what: tuple[str, int, str], name: str, hint: str) -> T:
    """Read such a file strictly: unknown fields, wrong types and what is over a limit are refused.

    Args:
        kind: What it holds.
        what: Its schema, the newest version that is read, and what people call its content.
        name: What the file is called in errors.
        hint: What to do where it cannot be read.

    Raises:
        InputError: It is something else, is damaged, or a newer program made it.
    """
    schema, version, content = what
    try:
        data = data.removeprefix(codecs.BOM_UTF8)
        heading = decode(data, _Heading)
        if heading.schema != schema:
            raise InputError(f"{name} holds no {content}: its schema is {heading.schema!r}", hint)
        if not 1 <= heading.version <= version:
            raise InputError(
                f"{name} holds {content} of version {heading.version}; this program reads {version}",
                "Use the version of transcribe that wrote it, or a newer one",
            )
        return decode(data, kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{name} holds no {content}: {error}", hint) from error
