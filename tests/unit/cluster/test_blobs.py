"""Bytes by their digest: a real server, asked as workers and submitters do, and as strangers would."""

from __future__ import annotations

import hashlib
import http.client
import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from transcribe.cluster import blobs as module
from transcribe.cluster.addresses import Address, bound
from transcribe.cluster.blobs import Blobs, BlobServer
from transcribe.cluster.carrier import Carrier
from transcribe.cluster.certificates import Identity, asking, identity_of, init
from transcribe.core.errors import NetworkError, OutputError

CONTENT = os.urandom(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Served:
    """A worker's blobs, and the submitter that asks for them."""

    def __init__(self, folder: Path) -> None:
        init(folder / "certs", ["studio-1"])
        self.submitter: Identity = identity_of(folder / "certs" / "submitter")
        self.blobs = Blobs(folder / "blobs")
        worker = identity_of(folder / "certs" / "studio-1")
        self.server = BlobServer(self.blobs, worker, bound(Address("127.0.0.1", 0)))
        self.carrier = Carrier("127.0.0.1", self.server.port, "studio-1", self.submitter)
        self.recording = folder / "recording.wav"
        self.recording.write_bytes(CONTENT)

    def status(self, method: str, path: str, body: bytes | None = None) -> int:
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.server.port, context=asking(self.submitter), timeout=30
        )
        with closing(connection):
            connection.request(method, path, body)
            return connection.getresponse().status


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    found = Served(tmp_path)
    yield found
    found.server.stop()


def test_there_and_back(served: Served) -> None:
    with served.blobs.wanting(SHA256, len(CONTENT)) as coming:
        served.carrier.put(served.recording, SHA256)
        assert coming.there.is_set()
    assert served.blobs.path(SHA256).read_bytes() == CONTENT
    assert served.carrier.get(SHA256) == CONTENT
    served.carrier.remove(SHA256)
    assert not served.blobs.path(SHA256).exists()
    with pytest.raises(NetworkError, match="does not have the result any more"):
        served.carrier.get(SHA256)


def test_only_what_was_asked_for(served: Served) -> None:
    with pytest.raises(NetworkError, match="nobody asked for it"):
        served.carrier.put(served.recording, SHA256)
    other = hashlib.sha256(b"other").hexdigest()
    with (
        served.blobs.wanting(other, len(CONTENT)) as coming,
        pytest.raises(NetworkError, match="another digest"),
    ):
        served.carrier.put(served.recording, other)
    assert not coming.there.is_set()
    with served.blobs.wanting(SHA256, 10), pytest.raises(NetworkError):
        served.carrier.put(served.recording, SHA256)  # it is longer than was said
    assert list((served.blobs.path("")).iterdir()) == []


PATHS = (
    "/", "/blobs/", "/blobs/x", "/blobs/../certs/ca.pem", "/blobs/..%2fcerts%2fca.pem", f"/blobs/{'A' * 64}",
    f"/blobs/{'0' * 63}", f"/blobs/{'0' * 65}", f"/blobs/{'0' * 64}/x", f"/blobs/{'0' * 64}%0a",
)  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_nothing_else(served: Served, method: str) -> None:
    body = b"x" if method in ("PUT", "POST") else None
    found = {path: served.status(method, path, body) for path in PATHS}
    assert set(found.values()) <= {404, 405}, found


def test_what_still_comes_is_not_given(served: Served) -> None:
    with served.blobs.wanting(SHA256, len(CONTENT)):
        assert served.status("GET", f"/blobs/{SHA256}") == 404
        assert served.status("DELETE", f"/blobs/{SHA256}") == 404


def test_another_machine_answers(served: Served) -> None:
    with pytest.raises(NetworkError, match="another machine answers for studio-2"):
        Carrier("127.0.0.1", served.server.port, "studio-2", served.submitter).get(SHA256)


def test_foreign_certificates(served: Served, tmp_path: Path) -> None:
    init(tmp_path / "other", [])
    foreign = identity_of(tmp_path / "other" / "submitter")
    with pytest.raises(NetworkError, match="does not answer"):
        Carrier("127.0.0.1", served.server.port, "studio-1", foreign).get(SHA256)


def test_a_full_disk(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "free_bytes", lambda _: 1_000_000)
    full = pytest.raises(OutputError, match="the disk is full: 1 MB are free, the recording has 3 MB")
    with full, served.blobs.wanting(SHA256, len(CONTENT)):
        pass


def test_what_nobody_fetches_is_forgotten(served: Served) -> None:
    sha256 = served.blobs.add(CONTENT)
    served.blobs.forget_old()
    assert served.blobs.path(sha256).exists()
    os.utime(served.blobs.path(sha256), (0, 0))
    served.blobs.forget_old()
    assert not served.blobs.path(sha256).exists()


def test_nothing_more_is_sent_once_the_run_was_stopped(served: Served) -> None:
    stopped = threading.Event()
    stopped.set()
    carrier = Carrier("127.0.0.1", served.server.port, "studio-1", served.submitter, stopped)
    refused = pytest.raises(NetworkError, match="the run was stopped")
    with served.blobs.wanting(SHA256, len(CONTENT)) as coming, refused:
        carrier.put(served.recording, SHA256)
    assert not coming.there.is_set()
