"""Answers to requests that cannot be met, in the shape that OpenAI's clients read."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any

from starlette.responses import JSONResponse

from transcribe.core.errors import (
    DependencyError,
    InputError,
    ModelError,
    OutputError,
    TranscribeError,
    UsageError,
)

TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


class Refused(Exception):  # noqa: N818 - said as people say it
    """A request that cannot be met.

    Args:
        status: HTTP status.
        message: What happened and what to do, for people.
        code: The same for programs; empty: none.
        param: The field that is wrong; empty: none.
        retry_after: Seconds after which the same request may be met; None: it is not to be sent again.
    """

    def __init__(
        self, status: int, message: str, code: str = "", *, param: str = "", retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """The error object."""
        kind = TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        said = {"message": self.message, "type": kind, "param": self.param or None, "code": self.code or None}
        return {"error": said}

    def response(self) -> JSONResponse:
        """The answer; `x-should-retry` tells OpenAI's clients whether to send the request again."""
        headers = {"x-should-retry": "false" if self.retry_after is None else "true"}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse(self.body(), self.status, headers)


def refused(error: TranscribeError) -> Refused:
    """An error of this program as an answer."""
    message = f"{error.what}. {error.hint}".rstrip()
    if isinstance(error, OutputError) and any(_is_full(each) for each in _causes(error)):
        return Refused(507, message, "disk_full")
    return refused_by_code(error.exit_code, message)


def refused_by_code(exit_code: int, message: str) -> Refused:
    """An error by the exit code that the command line would have ended with."""
    if exit_code == InputError.exit_code:
        return Refused(400, message, "invalid_audio", param="file")
    if exit_code == UsageError.exit_code:
        return Refused(400, message, "invalid_value")
    if exit_code in (ModelError.exit_code, DependencyError.exit_code):
        return Refused(503, message, "model_unavailable")
    return Refused(500, message, "transcription_failed")


def _is_full(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
