"""Uploads: multipart bodies read as they come, the recording hashed and written into our own folder."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from transcribe.core.disk import LEAST_FREE, disk_errors
from transcribe.core.errors import TranscribeError
from transcribe.core.files import PRIVATE_FILE
from transcribe.core.reading import CAREFUL
from transcribe.core.text import plain_name
from transcribe.server.errors import Refused, refused
from transcribe.server.intake.room import Quota, Room

FILE_FIELD = "file"
SAMPLES_FIELD = "known_speaker_references"
"""Recordings inside fields, as data URLs: long ones, so they are written to the disk as they come."""

MOST_SAMPLES = 4
SAMPLE_BYTES = 8_000_000
"""A sample at the most, as a data URL: OpenAI takes up to four, each of 2 to 10 s."""

MULTIPART = b"multipart/form-data"
INCOMING = re.compile(r"[0-9a-f]{32}\.part")
"""Names of files that come in."""

TITLE_CHARS = 200

DEFAULT_TITLE = "recording"


@dataclass(frozen=True)
class Limits:
    """What an upload may be; what is over it is refused as soon as that shows.

    Attributes:
        body_bytes: The whole request.
        fields: How many fields.
        field_bytes: All fields that are read together, names too.
        chunk_seconds: Longest wait for the next bytes.
        slowest: Bytes a second that have to come on average after `patience_seconds`.
        least_free: Bytes that stay free on the disk.
        quota: How large the server's folder may get; None: as large as there is room.
    """

    body_bytes: int = 20_000_000_000
    fields: int = 200
    field_bytes: int = 200_000
    chunk_seconds: float = 30.0
    slowest: int = 1_000
    patience_seconds: float = 60.0
    least_free: int = LEAST_FREE
    quota: Quota | None = None


@dataclass(frozen=True)
class Upload:
    """A recording that has come in.

    Attributes:
        path: Where it lies; removed with the request unless it was moved.
        sha256: Digest of its bytes.
        title: What the client calls it, on one line; never a path.
    """

    path: Path
    sha256: str
    title: str


@dataclass(frozen=True)
class Form:
    """The fields of a request; `x[]` and `x` are one field.

    Attributes:
        samples: The values of `SAMPLES_FIELD`; closed with the request.
    """

    fields: Mapping[str, tuple[str, ...]]
    upload: Upload | None
    samples: tuple[BinaryIO, ...] = ()

    def text(self, name: str) -> str:
        """The last value of a field, without spaces around it; empty where there is none."""
        return self.fields.get(name, ("",))[-1].strip()

    def flag(self, name: str) -> bool:
        """Whether a field says yes."""
        return self.text(name).lower() in ("true", "1", "yes", "on")


@asynccontextmanager
async def received(request: Request, folder: Path, limits: Limits) -> AsyncIterator[Form]:
    """Read a multipart request to its end.

    Args:
        folder: Where the recording is written.

    Raises:
        Refused: It is none, is cut off, breaks a limit, or there is no room for it.
        ClientDisconnect: The client is gone.
    """
    kind, parameters = parse_options_header(request.headers.get("content-type"))
    boundary = parameters.get(b"boundary", b"")
    if kind != MULTIPART or not boundary:
        raise Refused(
            400, "the request is no multipart form; send the recording as the field file", "invalid_form"
        )
    if _stated(request) > limits.body_bytes:
        raise _too_large(limits)
    try:
        with new_file(folder) as (path, handle), ExitStack() as opened:
            parts = _Parts(boundary, handle, limits, lambda: opened.enter_context(TemporaryFile(dir=folder)))
            room = Room(folder, limits.quota, limits.least_free)
            async for block in blocks(request, limits):
                room.check(len(block))
                with disk_errors(folder, "writing into"):
                    parts.write(block)
            parts.end()
            if parts.title is None:
                yield Form(parts.fields, None, tuple(parts.samples))
                return
            with disk_errors(folder, "writing into"):
                handle.flush()
            upload = Upload(path, parts.digest.hexdigest(), parts.title)
            yield Form(parts.fields, upload, tuple(parts.samples))
    except TranscribeError as error:
        raise refused(error) from error


def _stated(request: Request) -> int:
    stated = request.headers.get("content-length", "")
    return int(stated) if stated.isascii() and stated.isdecimal() else 0


def _too_large(limits: Limits) -> Refused:
    most = limits.body_bytes / 1e6
    return Refused(413, f"the upload is larger than {most:,.0f} MB", "file_too_large", param=FILE_FIELD)


@contextmanager
def new_file(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A private file of a name that nobody can guess, removed at the end unless it was moved."""
    path = folder / f"{secrets.token_hex(16)}.part"
    with disk_errors(path, "writing"):
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | CAREFUL, PRIVATE_FILE)
    try:
        with os.fdopen(number, "wb") as handle:
            yield path, handle
    finally:
        path.unlink(missing_ok=True)


async def blocks(request: Request, limits: Limits) -> AsyncIterator[bytes]:
    """The body as it comes.

    Raises:
        Refused: It comes too slowly, or is too large.
    """
    stream = request.stream()
    started, size = time.monotonic(), 0
    while True:
        try:
            block = await asyncio.wait_for(anext(stream), limits.chunk_seconds)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Refused(408, "the upload stopped half-way; send it again", "upload_timeout") from None
        size += len(block)
        if size > limits.body_bytes:
            raise _too_large(limits)
        took = time.monotonic() - started
        if took > limits.patience_seconds and size < limits.slowest * took:
            raise Refused(408, "the upload is too slow; send it again", "upload_timeout")
        yield block


@dataclass
class _Parts:
    """The parts of a multipart body: fields are kept, the recording is hashed and written, samples too.

    Attributes:
        new_sample: Opens a file for one.
    """

    boundary: bytes
    handle: BinaryIO
    limits: Limits
    new_sample: Callable[[], BinaryIO]
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    title: str | None = None
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    samples: list[BinaryIO] = field(default_factory=list)
    _size: int = 0
    _count: int = 0
    _over: bool = False
    _name: str | None = None
    _value: bytearray = field(default_factory=bytearray)
    _header: bytearray = field(default_factory=bytearray)
    _header_value: bytearray = field(default_factory=bytearray)
    _disposition: bytes = b""

    def __post_init__(self) -> None:
        try:
            self._parser = MultipartParser(
                self.boundary,
                {
                    "on_part_begin": self._begin,
                    "on_part_data": self._data,
                    "on_part_end": self._end,
                    "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_end": self._finish,
                },
            )
        except FormParserError as error:
            raise _invalid(str(error)) from error

    def write(self, block: bytes) -> None:
        """Take in the next bytes."""
        try:
            self._parser.write(block)
        except FormParserError as error:
            raise _invalid(str(error)) from error

    def end(self) -> None:
        """See that it came to its end."""
        if not self._over:
            raise _invalid("it ends before its last boundary")

    def _finish(self) -> None:
        self._over = True

    def _begin(self) -> None:
        self._count += 1
        if self._count > self.limits.fields + 1:
            raise Refused(400, f"the form has more than {self.limits.fields} fields", "too_many_fields")
        self._disposition = b""
        self._value.clear()

    def _header_end(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._disposition = bytes(self._header_value)
        self._header.clear()
        self._header_value.clear()

    def _headers_finished(self) -> None:
        _, parameters = parse_options_header(self._disposition)
        name = _text(parameters.get(b"name", b"")).removesuffix("[]")
        self._count_bytes(len(name))
        if name == SAMPLES_FIELD:
            self._begin_sample()
        if name != FILE_FIELD:
            self._name = name
            return
        if self.title is not None:
            raise Refused(400, "the form has more than one file; send one a request", "too_many_files")
        self._name = None
        self.title = title_of(_unescaped(_text(parameters.get(b"filename", b""))))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._name is None:
            part = memoryview(data)[start:end]
            self.digest.update(part)
            self.handle.write(part)
        elif self._name == SAMPLES_FIELD:
            self._write_sample(memoryview(data)[start:end])
        else:
            self._count_bytes(end - start)
            self._value.extend(data[start:end])

    def _begin_sample(self) -> None:
        if len(self.samples) == MOST_SAMPLES:
            what = f"the form has more than {MOST_SAMPLES} samples of speakers"
            raise Refused(400, what, "too_many_samples", param=SAMPLES_FIELD)
        self.samples.append(self.new_sample())

    def _write_sample(self, part: memoryview) -> None:
        sample = self.samples[-1]
        sample.write(part)
        if sample.tell() > SAMPLE_BYTES:
            what = f"a sample of a speaker has more than {SAMPLE_BYTES // 10**6} MB"
            raise Refused(413, what, "sample_too_large", param=SAMPLES_FIELD)

    def _end(self) -> None:
        if self._name not in (None, SAMPLES_FIELD):
            self.fields[self._name] = (*self.fields.get(self._name, ()), _text(bytes(self._value)))

    def _count_bytes(self, size: int) -> None:
        self._size += size
        if self._size > self.limits.field_bytes:
            most = self.limits.field_bytes
            raise Refused(413, f"the fields of the form have more than {most} bytes", "fields_too_large")


def _unescaped(name: str) -> str:
    """A file's name out of a form; browsers write these three otherwise (HTML, "multipart/form-data")."""
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def title_of(name: str) -> str:
    """A file's name as a title: its last part."""
    last = plain_name(name.replace("\\", "/").rpartition("/")[2])[:TITLE_CHARS]
    return DEFAULT_TITLE if last in ("", ".", "..") else last


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").replace("\0", "")


def _invalid(why: str) -> Refused:
    return Refused(400, f"the multipart form cannot be read: {why}", "invalid_form")
