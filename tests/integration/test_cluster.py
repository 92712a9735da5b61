"""`transcribe cluster` and `batch --cluster`: a real scheduler, real workers, on the loopback interface."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk import PATIENCE_SECONDS, Desk, make_media
from machines import Machines, left_behind, listening
from warm import COLD, Command

from transcribe.cluster.addresses import reach, scheduler_address
from transcribe.cluster.certificates import Identity, identity_of, init
from transcribe.core.errors import NetworkError
from transcribe.models.installed import InstalledModel

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def machines(
    tmp_path_factory: pytest.TempPathFactory, tiny_en_model: InstalledModel, program: Command, clip: Path
) -> Iterator[Machines]:
    """A scheduler, two workers, and a folder `in` of three recordings and something broken."""
    top = tmp_path_factory.mktemp("cluster")
    desk = Desk(top / "desk", top / "work", program=program)
    desk.folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRANSCRIBE_")}
    desk.environment = kept | {
        "TRANSCRIBE_WORK_DIR": str(desk.work),
        "TRANSCRIBE_MODELS_DIR": str(tiny_en_model.path.parent.parent),
        "HOME": str(top),
        "XDG_CONFIG_HOME": str(top / "config"),
        "XDG_CACHE_HOME": str(top / "cache"),
        # What Dask's own settings would open, if anybody looked at them.
        "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "False",
        "DASK_DISTRIBUTED__SCHEDULER__PRELOAD": "no.such.module",
        "DASK_CONFIG": str(top / "dask"),
    }
    for place in (top / "dask", top / ".config" / "dask"):
        place.mkdir(parents=True)
        (place / "evil.yaml").write_text("distributed: {worker: {preload: [no.such.module]}}\n")
    for number, name in enumerate(("a.wav", "s1/Zażółć 1.wav", "s1/it's; rm -rf.flac")):
        path = desk.folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        make_media(path, "-i", str(clip), "-t", str(2 + number))
    found = Machines(desk)
    found.worker("studio-1")
    found.worker("studio-2")
    yield found
    found.end()


def test_same_bytes_as_on_one_machine(machines: Machines) -> None:
    desk = machines.desk
    stranger = machines.stranger()
    (desk.folder / "in" / "broken.mp3").write_text("this is no sound")
    outcome = desk.run(*machines.batch(output="far"))
    (desk.folder / "in" / "broken.mp3").unlink()
    assert outcome.code == 10, outcome.stderr
    stranger.stop()
    assert "studio-3 gets no recordings: has transcribe 9.9, and this is transcribe" in outcome.stderr
    assert "a.wav: on studio-" in outcome.stderr
    desk.run("batch", "in", "-o", "near", "-m", "tiny.en", "-f", "txt,srt,json",
             environment={"TRANSCRIBE_WORK_DIR": str(desk.work.with_name("near"))})  # fmt: skip
    assert_same(desk.folder / "far", desk.folder / "near")
    made = json.loads((desk.folder / "far" / "s1" / ".transcribe" / "Zażółć 1.wav.json").read_bytes())
    assert made["predicate"]["buildDefinition"]["internalParameters"]["machine"].startswith("studio-")
    assert desk.run("verify", "far").code == 0
    again = desk.run(*machines.batch(output="far"))
    assert (again.code, "nothing to do" in again.stderr) == (0, True)
    time.sleep(1)  # the workers are told that the results have come
    assert left_behind(desk.folder.parent / "cache" / "transcribe" / "cluster") == []


def test_only_the_named_addresses(machines: Machines) -> None:
    scheduler, *workers = machines.all[:3]
    assert listening(scheduler) == {machines.address.removeprefix("tls://")}
    for each in workers:
        found = listening(each)
        assert {place.rpartition(":")[0] for place in found} == {"127.0.0.1"}
        assert len(found) == 2


@pytest.mark.parametrize("kind", ["none", "foreign", "expired", "plain"])
def test_who_is_refused(machines: Machines, tmp_path: Path, kind: str) -> None:
    places = {place for each in machines.all[:3] for place in listening(each)}
    assert len(places) == 5
    for place in places:
        host, port = place.split(":")
        with socket.create_connection((host, int(port)), 20) as plain:
            plain.settimeout(20)
            assert talk(plain, kind, machines.desk.folder / "certs", tmp_path) in (b"", None)


def talk(plain: socket.socket, kind: str, certs: Path, tmp_path: Path) -> bytes | None:
    """What a client hears that has no certificate, a foreign or an expired one, or speaks no TLS."""
    request = b"GET /blobs/" + b"0" * 64 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    try:
        if kind == "plain":
            plain.sendall(request)
            heard = plain.recv(100)
            return b"" if heard.startswith(b"\x15\x03") else heard  # an alert of TLS
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if kind == "foreign":
            init(tmp_path / "other", [])
            own = tmp_path / "other" / "submitter"
            context.load_cert_chain(own / "cert.pem", own / "key.pem")
        if kind == "expired":
            shutil.copytree(certs, tmp_path / "certs", dirs_exist_ok=True)
            init(tmp_path / "certs", ["old"], now=datetime.now(UTC) - timedelta(days=2), days=1)
            own = tmp_path / "certs" / "old"
            context.load_cert_chain(own / "cert.pem", own / "key.pem")
        with context.wrap_socket(plain) as secure:
            secure.sendall(request)
            return secure.recv(100)
    except (ssl.SSLError, ConnectionError):
        return None


def test_messages_of_the_submitter(machines: Machines, tmp_path: Path) -> None:
    desk = machines.desk
    init(tmp_path / "other", [])
    other = (*machines.batch(output="o")[:-1], str(tmp_path / "other" / "submitter"))
    outcome = desk.run(*other)
    assert outcome.code == 8
    assert "the certificate of tls://127.0.0.1:" in outcome.error()
    nobody = [
        each if each != machines.address else "tls://127.0.0.1:1" for each in machines.batch(output="o")
    ]
    outcome = desk.run(*nobody)
    assert (outcome.code, "no scheduler answers at tls://127.0.0.1:1" in outcome.error()) == (8, True)
    plain = [each.replace("tls://", "tcp://") for each in machines.batch(output="o")]
    outcome = desk.run(*plain)
    assert (outcome.code, "is not encrypted" in outcome.error()) == (2, True)
    outcome = desk.run(*machines.batch("--voices", "--speakers", "auto", output="o"))
    assert (outcome.code, "--voices does not go with --cluster" in outcome.error()) == (2, True)
    assert not (desk.folder / "o").exists() or list((desk.folder / "o").glob("*.txt")) == []


def test_a_worker_whose_disk_is_full(machines: Machines, small_disk: Path) -> None:
    """It gets no more, and what it had is done by others."""
    desk = machines.desk
    full = machines.worker("studio-3", XDG_CACHE_HOME=str(small_disk))
    outcome = desk.run(
        *machines.batch(output="full"), environment={"TRANSCRIBE_WORK_DIR": str(desk.work / "f")}
    )
    full.stop()
    assert outcome.code == 0, outcome.stderr
    assert "studio-3: the disk is full" in outcome.stderr
    assert outcome.stderr.count("another machine gets it") == 1
    assert "3 transcribed" in outcome.stderr


def test_a_worker_that_is_too_small(machines: Machines) -> None:
    """A cluster of which nobody fits is refused before anything is done."""
    alone = Machines(machines.desk)
    small = alone.start("studio-3", alone.address, "--listen", "127.0.0.1", "--memory", "100M")
    small.wait_for("takes jobs")
    outcome = machines.desk.run(*alone.batch(output="none"))
    alone.end()
    assert outcome.code == 2, outcome.stderr
    assert "worker studio-3: tiny.en needs" in outcome.error()
    assert "and it gives 100 MB" in outcome.error()


def test_a_worker_and_the_scheduler_are_killed(machines: Machines) -> None:
    """What the dead had is done by others, and every file is there once, as on one machine."""
    desk = machines.desk
    command = [*COLD, *machines.batch(output="killed")]
    environment = desk.environment | {"TRANSCRIBE_WORK_DIR": str(desk.work.with_name("killed"))}
    with (desk.folder.parent / "batch.log").open("w+") as log:
        process = subprocess.Popen(
            command, cwd=desk.folder, env=environment, stdin=subprocess.DEVNULL, stderr=log
        )
        said = (desk.folder.parent / "batch.log").read_text
        wait_until(lambda: "on studio-1" in said() or "on studio-2" in said())
        machines.all[1].stop(signal.SIGKILL)
        machines.scheduler.stop(signal.SIGKILL)
        wait_until(lambda: "is gone; waiting for it" in said() or process.poll() is not None)
        machines.scheduler = machines.start("scheduler", "--listen", machines.address)
        assert process.wait(PATIENCE_SECONDS) == 0, said()
    assert said().count("the scheduler is there again") == 1, said()
    alone = desk.run("batch", "in", "-o", "alone", "-m", "tiny.en", "-f", "txt,srt,json",
                     environment={"TRANSCRIBE_WORK_DIR": str(desk.work.with_name("alone"))})  # fmt: skip
    assert alone.code == 0
    assert_same(desk.folder / "killed", desk.folder / "alone")


def wait_until(there: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_SECONDS * 10):
        if there():
            return
        time.sleep(0.1)
    raise AssertionError


def assert_same(first: Path, second: Path) -> None:
    """The same files with the same bytes, but for reports and manifests."""

    def files(folder: Path) -> dict[str, bytes]:
        return {
            str(each.relative_to(folder)): each.read_bytes()
            for each in sorted(folder.rglob("*"))
            if each.is_file() and ".transcribe" not in each.parts and each.name != "report.json"
        }

    assert files(first).keys() == files(second).keys()
    assert files(first) == files(second)
    assert len(files(first)) >= 9


def test_a_port_that_greets_is_reached(machines: Machines) -> None:
    identity: Identity = identity_of(machines.desk.folder / "certs" / "submitter")
    reach(scheduler_address(machines.address), identity)
    with pytest.raises(NetworkError, match="no scheduler answers"):
        reach(scheduler_address("tls://127.0.0.1:1"), identity)
