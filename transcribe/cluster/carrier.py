"""Carries bytes to and from a worker, by their digest."""

from __future__ import annotations

import hashlib
import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from transcribe.cluster.certificates import Identity, asking
from transcribe.core.errors import NetworkError
from transcribe.core.reading import LARGEST_BYTES, open_regular

SILENCE_S = 30.0
"""A machine that says nothing for so long is given up."""

_BLOCK = 1 << 20


class Carrier:
    """The way to the blobs of one machine.

    Args:
        host: Its address, as in a URL.
        machine: Its name, which its certificate has to have.
        stopped: Once it is set, nothing more is sent.
    """

    def __init__(
        self, host: str, port: int, machine: str, identity: Identity, stopped: threading.Event | None = None
    ) -> None:
        self._place = host, port
        self._machine = machine
        self._identity = identity
        self._stopped = stopped or threading.Event()

    def put(self, recording: Path, sha256: str) -> None:
        """Send a recording.

        Raises:
            NetworkError: The machine does not take it.
            OSError: It cannot be read.
        """
        size = recording.stat().st_size
        with (
            open_regular(recording) as handle,
            self._asked("PUT", sha256, self._blocks(handle), size) as response,
        ):
            if response.status != 201:
                raise NetworkError(
                    f"{self._machine} does not take the recording ({_reason(response)})", "See its messages"
                )

    def get(self, sha256: str) -> bytes:
        """Fetch a result.

        Raises:
            NetworkError: It does not come, or is something else.
        """
        with self._asked("GET", sha256) as response:
            content = bytearray()
            while response.status == 200 and (block := response.read(_BLOCK)):
                content += block
                if len(content) > LARGEST_BYTES:
                    break
        if hashlib.sha256(content).hexdigest() != sha256:
            raise NetworkError(f"{self._machine} does not have the result any more", "It is made again")
        return bytes(content)

    def remove(self, sha256: str) -> None:
        """Tell the machine that a result has come.

        Raises:
            NetworkError: It does not answer.
        """
        with self._asked("DELETE", sha256):
            pass

    def _blocks(self, handle: BufferedReader) -> Iterator[bytes]:
        while block := handle.read(_BLOCK):
            if self._stopped.is_set():
                raise NetworkError("the run was stopped")
            yield block

    @contextmanager
    def _asked(
        self, method: str, sha256: str, body: Iterator[bytes] | None = None, size: int = 0
    ) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPSConnection(
            *self._place, timeout=SILENCE_S, context=asking(self._identity), blocksize=_BLOCK
        )
        try:
            connection.connect()
            self._check_name(connection)
            headers = {} if body is None else {"Content-Length": str(size)}
            connection.request(method, f"/blobs/{sha256}", body, headers)
            yield connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            why = str(error) or type(error).__name__
            raise NetworkError(
                f"{self._machine} does not answer for recordings and results: {why}", "It is tried again"
            ) from error
        finally:
            connection.close()

    def _check_name(self, connection: http.client.HTTPSConnection) -> None:
        """See whether the machine is the one that was said to have the job."""
        certificate = connection.sock.getpeercert() or {}
        if (("commonName", self._machine),) not in (*certificate.get("subject", ()),):
            raise NetworkError(f"another machine answers for {self._machine}", "Look at the addresses")


def _reason(response: http.client.HTTPResponse) -> str:
    return response.read(300).decode("utf-8", "replace") or f"status {response.status}"
