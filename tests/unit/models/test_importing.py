"""Bringing local files and folders into the store."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest

from transcribe.errors import ModelError
from transcribe.models.importing import import_model
from transcribe.models.store import Store, check_before_load


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
