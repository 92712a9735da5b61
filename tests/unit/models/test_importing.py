"""Bringing local files and folders into the store."""

from __future__ import annotations

import shutil
from pathlib import Path

import gguf
import numpy as np
import pytest

from transcribe.core.errors import ModelError
from transcribe.core.own_process import Died
from transcribe.models.catalogue import catalogue
from transcribe.models.importing import import_model
from transcribe.models.installed import check_before_load
from transcribe.models.store import Store


def write_gguf(path: Path) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_string("general.license", "apache-2.0")
    writer.add_tensor("token_embd.weight", np.zeros((4, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def left_over(store: Store) -> list[str]:
    return [path.name for path in store.root.iterdir() if path.is_dir()]


def test_ggml_file_is_named_after_itself(store: Store, narrow_ggml: Path) -> None:
    model = import_model(narrow_ggml, store)
    assert model.name == "narrow"
    assert model.path.read_bytes() == narrow_ggml.read_bytes()
    assert left_over(store) == ["narrow"]
    check_before_load(model)


def test_folder_quantised(store: Store, narrow_safetensors: Path, narrow_ggml: Path) -> None:
    model = import_model(narrow_safetensors, store, "mine", "q5_0")
    check_before_load(model)
    assert model.bytes < narrow_ggml.stat().st_size / 2


def test_what_is_made_smaller_keeps_licence_and_origin(store: Store, narrow_ggml: Path) -> None:
    record = import_model(narrow_ggml, store, "parent").path.with_name("model.json")
    record.write_text(record.read_text("utf-8").replace('"licence": ""', '"licence": "CC-BY-4.0"'), "utf-8")
    child = import_model(store.get("parent").path, store, "parent-q8_0", "q8_0")
    assert (child.licence, child.made_from) == ("CC-BY-4.0", "parent")
    by_path = import_model(store.get("parent").path, store, "copy")
    assert (by_path.licence, by_path.made_from) == ("CC-BY-4.0", "")
    assert store.find(str(narrow_ggml)).licence == "CC-BY-4.0"


def test_what_an_earlier_version_made_smaller_has_the_licence_of_the_catalogues_model(
    store: Store, narrow_ggml: Path
) -> None:
    parent = catalogue()["base"]
    record = import_model(narrow_ggml, store, "base-q5_1").path.with_name("model.json")
    text = record.read_text("utf-8").replace(
        '"converted_from": ""', f'"converted_from": "{parent.file.sha256}"'
    )
    record.write_text(text, "utf-8")
    model = store.get("base-q5_1")
    assert (model.licence, model.made_from) == (parent.licence, "base")


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlanguage: en\nlicense: apache-2.0\n---\n# Model\n", "apache-2.0"),
        ("# Model\nlicense: mit\n", ""),
        ("---\nlicense: [a, list]\n---\n", ""),
    ],
)
def test_a_folder_has_the_licence_of_its_card(
    store: Store, narrow_safetensors: Path, tmp_path: Path, card: str, licence: str
) -> None:
    folder = shutil.copytree(narrow_safetensors, tmp_path / "folder")
    (folder / "README.md").write_text(card, "utf-8")
    assert import_model(folder, store, "mine").licence == licence


def test_weights_that_crash_the_conversion_cost_the_conversion_only(
    store: Store, narrow_ggml: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gguf.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # for children only
    with pytest.raises(Died, match=rf"the conversion crashed \(SIGSEGV\) while reading {narrow_ggml}"):
        import_model(narrow_ggml, store, "mine", "q5_0")
    assert left_over(store) == []


def test_gguf_file(store: Store, tmp_path: Path) -> None:
    write_gguf(tmp_path / "tiny-llm.gguf")
    model = import_model(tmp_path / "tiny-llm.gguf", store)
    assert (model.name, model.kind, model.licence) == ("tiny-llm", "llm", "apache-2.0")
    check_before_load(model)
    assert store.find("auto", kind="llm") == model
    with pytest.raises(ModelError, match="wrong kind for recognition"):
        store.find("tiny-llm")


def test_gguf_file_cut_short(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    write_gguf(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match="truncated"):
        import_model(path, store)
    assert left_over(store) == []


def test_name_of_a_published_model_is_kept_for_it(store: Store, narrow_ggml: Path) -> None:
    with pytest.raises(ModelError, match="name of a published model"):
        import_model(narrow_ggml, store, "base")
    assert left_over(store) == []


@pytest.mark.parametrize("name", ["auto", "../x", "a b", "x.bin", "-x", "ż"])
def test_names_not_allowed(store: Store, narrow_ggml: Path, name: str) -> None:
    with pytest.raises(ModelError, match="cannot be a model's name"):
        import_model(narrow_ggml, store, name)


def test_taken_name(store: Store, narrow_ggml: Path) -> None:
    first = import_model(narrow_ggml, store, "mine")
    assert import_model(narrow_ggml, store, "mine") == first
    with pytest.raises(ModelError, match="called mine already"):
        import_model(narrow_ggml, store, "mine", "q8_0")
    check_before_load(first)


def test_text_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "readme.bin").write_text("hello")
    with pytest.raises(ModelError, match="it is a text file"):
        import_model(tmp_path / "readme.bin", store)


def test_empty_folder(store: Store, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="holds no Whisper model"):
        import_model(tmp_path / "empty", store)
    assert left_over(store) == []
