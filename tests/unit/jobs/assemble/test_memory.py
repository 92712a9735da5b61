"""How much memory there is, and what does not fit."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from transcribe.core.errors import ModelError
from transcribe.core.settings import Settings
from transcribe.jobs.assemble.device import PROCESSOR
from transcribe.jobs.assemble.memory import available_bytes, require_memory
from transcribe.jobs.assemble.recognisers import RECOGNISERS
from transcribe.models.catalogue import Kind
from transcribe.models.installed import InstalledModel
from transcribe.models.store import Store


def group(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content + "\n")


def model(
    name: str, memory_bytes: int, *, multilingual: bool = True, kind: Kind = "whisper"
) -> InstalledModel:
    return InstalledModel(name, Path("model.bin"), "", 1, kind, multilingual, "", "MIT", memory_bytes)


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSCRIBE_MODELS_DIR", str(tmp_path / "models"))


def test_the_limit_of_a_container(tmp_path: Path) -> None:
    """Version 2; what files hold in memory can be given back. The tightest of the groups around counts."""
    own = tmp_path / "cgroup"
    own.write_text("0::/outer/inner\n")
    group(tmp_path / "outer", memory__max="900", memory__current="700", memory__stat="inactive_file 100")
    group(tmp_path / "outer/inner", memory__max="max", memory__current="700", memory__stat="inactive_file 0")
    assert available_bytes(tmp_path, own) == 300
    group(tmp_path / "outer/inner", memory__max="720")
    assert available_bytes(tmp_path, own) == 20


def test_the_limit_of_an_older_container_that_sees_only_itself(tmp_path: Path) -> None:
    own = tmp_path / "cgroup"
    own.write_text("5:cpu,cpuacct:/docker/1\n4:memory:/docker/1\n")
    group(
        tmp_path / "memory",
        memory__limit_in_bytes="900",
        memory__usage_in_bytes="1000",
        memory__stat="total_inactive_file 150",
    )
    assert available_bytes(tmp_path, own) == 50


def test_no_groups(tmp_path: Path) -> None:
    assert 0 < available_bytes(tmp_path, tmp_path / "nothing") <= psutil.virtual_memory().total


def test_what_fits_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transcribe.jobs.assemble.memory.available_bytes", lambda: 600_000_000)
    require_memory(model("base", 600_000_000))


@pytest.mark.parametrize(
    ("free", "multilingual", "kind", "advice"),
    [
        (2_100_000_000, True, "ctranslate2", "use --model mine"),
        (100_000_000, False, "whisper", "use --model tiny-one"),
        (1_200_000_000, True, "ctranslate2", "use --model mine"),
        (150_000_000, True, "whisper", "transcribe models pull tiny, and use --model tiny"),
        (10_000_000, True, "whisper", "a machine with more memory"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_smaller_one(
    monkeypatch: pytest.MonkeyPatch, free: int, multilingual: bool, kind: Kind, advice: str
) -> None:
    installed = (model("mine-ct2", 1_000_000_000), model("tiny-one", 90_000_000, multilingual=False))
    monkeypatch.setattr(Store, "installed", lambda _: installed)
    monkeypatch.setattr("transcribe.jobs.assemble.memory.available_bytes", lambda: free)
    with pytest.raises(ModelError) as caught:
        require_memory(model("large-v3", 5_000_000_000, multilingual=multilingual, kind=kind))
    assert caught.value.what.startswith("the model large-v3 needs 5.0 GB of memory, and ")
    assert caught.value.hint.endswith(advice)


def test_the_other_form_of_what_does_not_fit_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name means the larger form here."""
    larger = model("base-ct2", 490_000_000, kind="ctranslate2")
    monkeypatch.setattr(Store, "installed", lambda _: (larger, model("base", 235_000_000)))
    monkeypatch.setattr("transcribe.jobs.assemble.memory.available_bytes", lambda: 300_000_000)
    with pytest.raises(ModelError) as caught:
        require_memory(larger)
    assert caught.value.hint.endswith("--model tiny")


@pytest.mark.parametrize("engine", ["whisper.cpp", "ctranslate2"])
def test_it_is_refused_before_its_file_is_read(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    monkeypatch.setattr("transcribe.jobs.assemble.memory.available_bytes", lambda: 100)
    entry = RECOGNISERS[engine]
    with (
        pytest.raises(ModelError, match="needs 200 MB of memory"),
        entry.open(model("gone", 200_000_000, kind=entry.reads), Settings(), PROCESSOR),
    ):
        pass
