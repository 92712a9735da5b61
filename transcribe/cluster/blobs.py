"""Bytes by their digest, at a worker: recordings come, results go, each side with its certificate."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from transcribe.cluster.certificates import Identity
from transcribe.core.disk import LEAST_FREE, disk_errors, free_bytes
from transcribe.core.errors import OutputError
from transcribe.core.files import atomic_file, private_folder

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

MOST_CONNECTIONS = 32
IDLE_S = 60.0
"""Longest wait for the next bytes of a recording."""

UNFETCHED_S = 3600.0
"""A result that nobody has fetched for so long is not wanted any more."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass
class Coming:
    """A blob that is wanted.

    Attributes:
        got: Bytes that have come.
        there: Set once it is there.
    """

    size: int
    got: int = 0
    there: threading.Event = field(default_factory=threading.Event)


class Blobs:
    """The files of a folder, each under its digest. Only what was asked for is taken."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wanted: dict[str, Coming] = {}
        private_folder(folder)

    def path(self, sha256: str) -> Path:
        """Where a blob lies, or would."""
        return self._folder / sha256

    @contextmanager
    def wanting(self, sha256: str, size: int) -> Iterator[Coming]:
        """Take a blob of `size` bytes while the block runs.

        Raises:
            OutputError: There is no room for it.
        """
        with disk_errors(self._folder, "writing"):
            free = free_bytes(self._folder)
        if free < size + LEAST_FREE // 5:
            raise OutputError(
                f"the disk is full: {free / 1e6:,.0f} MB are free, the recording has {size / 1e6:,.0f} MB",
                "Make room on that machine, and start its worker again",
            ) from OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._wanted[sha256] = coming = Coming(size)
        try:
            yield coming
        finally:
            del self._wanted[sha256]

    def add(self, content: bytes) -> str:
        """Keep bytes that somebody will fetch; their digest.

        Raises:
            OutputError: They cannot be written.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        with atomic_file(self.path(sha256), private=True) as handle:
            handle.write(content)
        return sha256

    def remove(self, sha256: str) -> None:
        """Forget a blob, where it is there."""
        with suppress(OSError):
            self.path(sha256).unlink(missing_ok=True)

    def forget_old(self) -> None:
        """Forget what nobody has fetched for an hour."""
        for path in self._folder.iterdir():
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > UNFETCHED_S:
                    path.unlink()

    async def answer(self, request: Request) -> Response:
        """Give, take or remove the blob that a path names."""
        from starlette.responses import FileResponse, Response

        sha256 = request.path_params["sha256"]
        if not _SHA256.fullmatch(sha256):
            return Response(status_code=404)
        if request.method == "PUT":
            return await self._take(request, sha256)
        if sha256 in self._wanted or not self.path(sha256).is_file():
            return Response(status_code=404)
        if request.method == "DELETE":
            self.remove(sha256)
            return Response(status_code=204)
        return FileResponse(self.path(sha256), media_type="application/octet-stream")

    async def _take(self, request: Request, sha256: str) -> Response:
        """Write what comes, and give it its name if it is what it should be."""
        from starlette.requests import ClientDisconnect
        from starlette.responses import Response

        coming = self._wanted.get(sha256)
        if coming is None:
            return Response("nobody asked for it", 409)
        coming.got = 0
        digest = hashlib.sha256()
        try:
            with atomic_file(self.path(sha256), private=True) as handle:
                stream = aiter(request.stream())
                while block := await asyncio.wait_for(anext(stream, b""), IDLE_S):
                    coming.got += len(block)
                    if coming.got > coming.size:
                        raise _OtherError
                    digest.update(block)
                    handle.write(block)
                if digest.hexdigest() != sha256:
                    raise _OtherError
        except _OtherError:
            return Response("these bytes have another digest", 422)
        except (ClientDisconnect, TimeoutError):
            return Response(status_code=408)
        except OutputError as error:
            return Response(str(error), 507)
        coming.there.set()
        return Response(status_code=201)


class _OtherError(Exception):
    """The bytes are not those of the digest."""


class BlobServer:
    """Serves blobs from a thread of its own, on one address and nowhere else.

    Attributes:
        port: Where.
    """

    def __init__(self, blobs: Blobs, identity: Identity, listening: socket.socket) -> None:
        import ssl

        import uvicorn
        from starlette.applications import Starlette
        from starlette.routing import Route

        route = Route("/blobs/{sha256}", blobs.answer, methods=["GET", "PUT", "DELETE"])
        config = uvicorn.Config(
            Starlette(routes=[route]),
            ssl_certfile=identity.certificate,
            ssl_keyfile=identity.key,
            ssl_ca_certs=identity.ca,
            ssl_cert_reqs=ssl.CERT_REQUIRED,
            limit_concurrency=MOST_CONNECTIONS,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
        )
        config.load()
        if config.ssl is not None:
            config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
        self.port: int = listening.getsockname()[1]
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="blobs", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Serve no longer."""
        self._server.should_exit = True
        self._thread.join(5)
