"""The store: which model a name means, and files that are not what they should be."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from parakeet_model import write_parakeet

from transcribe.core.errors import ModelError
from transcribe.models.importing import import_model
from transcribe.models.installed import InstalledModel, Record, check_before_load
from transcribe.models.store import Store


def test_nothing_installed_names_the_command(store: Store) -> None:
    with pytest.raises(ModelError, match="Run: transcribe models pull base"):
        store.find("auto")


def test_catalogue_model_that_is_not_installed(store: Store) -> None:
    with pytest.raises(ModelError, match="Run: transcribe models pull large-v3-turbo"):
        store.find("large-v3-turbo")


def test_unknown_name_gives_the_nearest(store: Store) -> None:
    with pytest.raises(ModelError, match="Did you mean large-v3"):
        store.find("large3")


@pytest.mark.parametrize("name", ["..", ".", "", "~", "zażółć", "a" * 300])
def test_hostile_names(store: Store, name: str) -> None:
    with pytest.raises(ModelError):
        store.find(name)


def test_auto_takes_an_imported_model_when_there_is_no_other(store: Store, narrow_ggml: Path) -> None:
    imported = import_model(narrow_ggml, store, "my-voice")
    assert store.find("auto") == imported


def test_by_path(store: Store, narrow_ggml: Path) -> None:
    found = store.find(str(narrow_ggml))
    check_before_load(found)
    assert (found.name, found.multilingual, found.kind) == (narrow_ggml.name, True, "whisper")
    assert len(found.sha256) == 64


def test_by_path_notices_another_file(store: Store, narrow_ggml: Path, tmp_path: Path) -> None:
    path = tmp_path / "modèle 🎙.bin"
    path.write_bytes(narrow_ggml.read_bytes())
    before = store.find(str(path)).sha256
    flip(path)
    assert store.find(str(path)).sha256 != before


@pytest.mark.parametrize("name", ["missing.bin", "some/where", "./missing"])
def test_missing_path(store: Store, name: str) -> None:
    with pytest.raises(ModelError, match="there is no model file"):
        store.find(name)


def flip(path: Path) -> None:
    """Change one bit of the weights, keeping the size."""
    with path.open("rb+") as handle:
        handle.seek(-100, os.SEEK_END)
        byte = handle.read(1)[0]
        handle.seek(-100, os.SEEK_END)
        handle.write(bytes([byte ^ 1]))


def test_altered_weights_are_found_before_loading_but_not_by_find(store: Store, narrow_ggml: Path) -> None:
    model = import_model(narrow_ggml, store, "mine")
    flip(model.path)
    assert store.find("mine") == model
    with pytest.raises(ModelError, match="altered"):
        check_before_load(model)
    with pytest.raises(ModelError, match="altered"):
        store.verify(model)


def test_truncated(store: Store, narrow_ggml: Path) -> None:
    model = import_model(narrow_ggml, store, "mine")
    os.truncate(model.path, model.bytes - 1)
    with pytest.raises(ModelError, match="truncated"):
        check_before_load(model)


def test_replaced_by_something_else(store: Store, narrow_ggml: Path) -> None:
    model = import_model(narrow_ggml, store, "mine")
    model.path.write_text("not a model " * 1_000_000)
    with pytest.raises(ModelError, match="a text file"):
        check_before_load(model)


def test_file_of_an_installed_model_gone(store: Store, narrow_ggml: Path) -> None:
    model = import_model(narrow_ggml, store, "mine")
    model.path.unlink()
    with pytest.raises(ModelError, match="there is no model file"):
        check_before_load(model)


def test_damaged_record_is_as_if_not_installed(store: Store, narrow_ggml: Path) -> None:
    model = import_model(narrow_ggml, store, "mine")
    (model.path.parent / "model.json").write_text("{")
    assert store.installed() == ()


def test_record_may_not_point_elsewhere(store: Store, narrow_ggml: Path) -> None:
    model = import_model(narrow_ggml, store, "mine")
    record = model.path.parent / "model.json"
    record.write_text(record.read_text().replace('"model.bin"', '"../../model.bin"'))
    assert store.installed() == ()


def test_remove(store: Store, narrow_ggml: Path) -> None:
    import_model(narrow_ggml, store, "mine")
    store.remove("mine")
    assert store.installed() == ()
    assert [path for path in store.root.iterdir() if path.is_dir()] == []
    with pytest.raises(ModelError, match="no model called 'mine'"):
        store.remove("mine")


def test_a_parakeet_folder_by_path(store: Store, tmp_path: Path) -> None:
    folder = write_parakeet(tmp_path / "perruche 🎙", ["jeden"])
    (form, found), *others = store.forms(str(folder)).items()
    check_before_load(found)
    assert (form, found.kind, found.name, others) == ("parakeet", "parakeet", folder.name, [])
    assert found.path == folder / "encoder-model.int8.onnx"
    (folder / "vocab.txt").unlink()
    with pytest.raises(ModelError, match="not complete"):
        store.find(str(folder), "parakeet")


@pytest.fixture
def folder(tmp_path: Path, narrow_ctranslate2: Path) -> Path:
    folder = Path(shutil.copytree(narrow_ctranslate2, tmp_path / "głos 🎙"))
    names = json.loads((folder / "vocabulary.json").read_text("utf-8"))
    (folder / "tokenizer.json").write_text(tokenizer_with("<|endoftext|>", names.index("<|endoftext|>")))
    return folder


def tokenizer_with(content: str, number: int) -> str:
    return json.dumps({"model": {"vocab": {}}, "added_tokens": [{"id": number, "content": content}]})


def test_by_folder(store: Store, folder: Path) -> None:
    found = store.find(str(folder), "ctranslate2")
    check_before_load(found)
    assert (found.name, found.path, found.kind) == (folder.name, folder / "model.bin", "ctranslate2")


@pytest.mark.parametrize("missing", ["model.bin", "tokenizer.json", "vocabulary.json"])
def test_folder_that_lacks_a_file(store: Store, folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(ModelError, match=r"cannot be read|is not complete"):
        store.find(str(folder), "ctranslate2")


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("vocabulary.json", json.dumps(["a", "b"]), "vocabulary.json is another model's vocabulary"),
        ("vocabulary.json", "[1]", "vocabulary.json is not what belongs to a Whisper model"),
        ("tokenizer.json", tokenizer_with("<|endoftext|>", 7), "tokenizer.json is another model's tokenizer"),
        ("tokenizer.json", "{}", "tokenizer.json is not what belongs to a Whisper model"),
        ("config.json", "{}", "config.json is not what belongs to a Whisper model"),
    ],
)
def test_folder_with_a_file_of_another_model(
    store: Store, folder: Path, file: str, content: str, complaint: str
) -> None:
    (folder / file).write_text(content)
    with pytest.raises(ModelError, match=complaint):
        store.find(str(folder), "ctranslate2")


def test_folder_for_the_other_engine(store: Store, folder: Path, narrow_ggml: Path) -> None:
    with pytest.raises(ModelError, match="it is a folder"):
        store.find(str(folder))
    with pytest.raises(ModelError, match="is not a folder, as CTranslate2's models are: it is a ggml model"):
        store.find(str(narrow_ggml), "ctranslate2")


def test_a_name_means_weights_in_the_form_the_engine_reads(store: Store) -> None:
    with pytest.raises(ModelError, match=r"Run: transcribe models pull base$"):
        store.find("base", "ctranslate2")
    with pytest.raises(ModelError, match="Run: transcribe models pull base-ct2"):
        store.find("base-ct2")


def test_a_name_means_every_form_and_a_forms_own_name_that_one(
    store: Store, narrow_ggml: Path, folder: Path
) -> None:
    ggml = import_model(narrow_ggml, store, "mine")
    with pytest.raises(ModelError, match="transcribe models convert mine"):
        store.find("mine", "ctranslate2")
    other = _install_folder(store, folder, "mine-ct2")
    assert store.forms("mine") == store.forms("auto") == {"whisper": ggml, "ctranslate2": other}
    assert store.forms("mine-ct2") == {"ctranslate2": other}
    assert store.named("mine") == [ggml, other]
    assert store.find("mine", "ctranslate2") == other
    assert list(store.forms(str(folder))) == ["ctranslate2"]
    assert list(store.forms(str(narrow_ggml))) == ["whisper"]
    store.remove("mine")
    assert store.named("mine") == [other]


def _install_folder(store: Store, folder: Path, name: str) -> InstalledModel:
    found = store.find(str(folder), "ctranslate2")
    record = Record(
        name,
        "ctranslate2",
        "model.bin",
        found.bytes,
        found.sha256,
        "MIT",
        "test",
        "",
        True,
        "",
        found.memory_bytes,
    )
    scratch = Path(shutil.copytree(folder, store.scratch(name), dirs_exist_ok=True))
    return store.install(record, scratch / "model.bin")


def test_imported_model_of_the_other_engine(store: Store, narrow_ggml: Path) -> None:
    import_model(narrow_ggml, store, "my-voice")
    with pytest.raises(ModelError, match="--engine"):
        store.find("my-voice", "ctranslate2")
