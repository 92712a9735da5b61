"""An installed diariser's ONNX files: made once, and made again where they are not what they were."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from transcribe.core.errors import DependencyError, ModelError
from transcribe.models.catalogue import ModelFile
from transcribe.models.diarise import networks
from transcribe.models.diarise.networks import check_convertible, networks_of, prepare
from transcribe.models.digest import sha256_of
from transcribe.models.installed import InstalledModel, Record
from transcribe.models.store import Store


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr("transcribe.core.places.cache", lambda: folder)
    return folder


@pytest.fixture
def model(tmp_path: Path) -> InstalledModel:
    """Installed as before there were ONNX files: a record and two checkpoints."""
    store = Store(tmp_path / "models")
    folder = store.scratch("speakers")
    parts = []
    for name in ("pytorch_model.bin", "voice.pt"):
        (folder / name).write_bytes(b"PK\x03\x04" + name.encode())
        parts.append(ModelFile(name, (folder / name).stat().st_size, sha256_of(folder / name)))
    segmentation, voice = parts
    record = Record(
        "speakers", "speakers", voice.name, voice.bytes, voice.sha256, "MIT", "file", "", True, "", 1,
        (segmentation,),
    )  # fmt: skip
    return store.install(record, folder / voice.name)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Which models were converted; the graphs are stand-ins, since real weights are no part of the tests."""
    done: list[str] = []

    def converted(model: InstalledModel) -> dict[str, bytes]:
        done.append(model.name)
        return {networks.SEGMENTATION: b"segmentation", networks.VOICE: b"voice"}

    monkeypatch.setattr(networks, "check_before_load", lambda model: None)
    monkeypatch.setattr(networks, "_converted", converted)
    yield done


def test_they_are_made_once_beside_the_checkpoints(model: InstalledModel, made: list[str]) -> None:
    told: list[str] = []
    first = networks_of(model, told.append)
    assert networks_of(model, told.append) == first
    assert told == ["speakers: converting its two networks, once"]
    assert made == ["speakers"]
    assert (first.segmentation.read_bytes(), first.voice.read_bytes()) == (b"segmentation", b"voice")
    assert first.voice.parent == model.path.parent


def test_an_altered_file_and_other_checkpoints_are_made_again(
    model: InstalledModel, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = networks_of(model, print)
    first.voice.write_bytes(b"VOICE")
    networks_of(model, print)
    assert first.voice.read_bytes() == b"voice"
    monkeypatch.setattr(networks, "VERSION", networks.VERSION + 1)
    networks_of(model, print)
    assert len(made) == 3


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_store_that_cannot_be_written_leaves_them_in_the_cache(
    model: InstalledModel, made: list[str], cache: Path
) -> None:
    model.path.parent.chmod(0o500)
    assert networks_of(model, print).voice.is_relative_to(cache)
    networks_of(model, print)
    assert len(made) == 1
    model.path.parent.chmod(0o700)


def test_without_onnx_a_pull_tells_so_and_a_job_is_refused(
    model: InstalledModel, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DependencyError, match="the package onnx") as raised:
        check_convertible(model)
    assert "transcribe-offline[diarize]" in raised.value.hint
    networks_of(model, print)
    check_convertible(model)


def test_damaged_checkpoints_are_no_network(model: InstalledModel) -> None:
    with pytest.raises(ModelError, match="altered"):
        prepare(model, print)
    assert not (model.path.parent / networks.RECORD).exists()
