"""Requests in JSON: bounded, and strictly of the shape that is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import msgspec
from starlette.requests import Request

from transcribe.core.decoding import decode
from transcribe.server.errors import Refused
from transcribe.server.intake.uploads import Limits, blocks

T = TypeVar("T")


async def json_of(request: Request, limits: Limits, kind: type[T], most: int) -> T:
    """The body of a request.

    Args:
        most: Bytes that it may have.

    Raises:
        Refused: It is too large, comes too slowly, or is something else.
    """
    body = b"".join([each async for each in blocks(request, replace(limits, body_bytes=most))])
    try:
        return decode(body, kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, f"the JSON cannot be read: {error}", "invalid_json") from None
