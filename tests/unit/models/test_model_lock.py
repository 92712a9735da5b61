"""The model lock: what is in none of it is not loaded, and no bit of it can be changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from transcribe.core import places
from transcribe.core.errors import InputError, ModelError
from transcribe.models.accepting import accept
from transcribe.models.bom import bill_of
from transcribe.models.licences import commercial
from transcribe.models.model_lock import FILE, LockedFile, LockedModel, check_locked, read_lock, write_lock

BASE = LockedModel(
    "base-ct2", "ctranslate2",
    (LockedFile("model.bin", 3, "a" * 64), LockedFile("vocab.json", 1, "b" * 64)),
    "MIT", "openai/whisper@main/base", "https://example.com/terms",
)  # fmt: skip
TINY = LockedModel("tiny", "whisper", (LockedFile("ggml-tiny.bin", 3, "c" * 64),))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config").mkdir()
    monkeypatch.setattr(places, "config", lambda: tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_lock_everything_may_be_loaded() -> None:
    check_locked("anything", ["0" * 64])


def test_what_is_not_listed_or_has_changed_is_refused_with_the_command_that_accepts_it() -> None:
    write_lock(Path(FILE), [TINY, BASE])
    check_locked("base-ct2", ["b" * 64, "a" * 64])
    check_locked("another name", ["c" * 64])
    with pytest.raises(ModelError, match="weights of large are not in the lock") as refused:
        check_locked("large", ["d" * 64])
    assert refused.value.hint == f"If they are to be used: transcribe models lock large --file {FILE}"
    for changed in (["a" * 64], ["a" * 64, "d" * 64], []):
        with pytest.raises(ModelError, match="weights of base-ct2 are not those that the lock lists"):
            check_locked("base-ct2", changed)


def test_a_stranger_s_folder_allows_nothing_that_the_user_does_not(folder: Path) -> None:
    write_lock(folder / "config" / FILE, [TINY])
    write_lock(Path(FILE), [TINY, BASE])
    check_locked("tiny", ["c" * 64])
    with pytest.raises(ModelError, match=r"not in the lock: .*config"):
        check_locked("base-ct2", ["a" * 64, "b" * 64])


def test_no_bit_of_a_lock_can_be_changed() -> None:
    path = Path(FILE)
    write_lock(path, [TINY, BASE])
    assert read_lock(path) == (BASE, TINY)
    content = path.read_bytes()
    for place in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            path.write_bytes(changed)
            with pytest.raises(ModelError):
                read_lock(path)
    path.write_bytes(content + b" ")
    with pytest.raises(ModelError, match="was altered"):
        read_lock(path)


def test_a_lock_of_a_newer_version_and_one_that_cannot_be_read_are_refused() -> None:
    path = Path(FILE)
    write_lock(path, [TINY])
    path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 2'))
    with pytest.raises(ModelError, match="version 2"):
        check_locked("tiny", ["c" * 64])
    path.unlink()
    path.symlink_to("nowhere")
    with pytest.raises(InputError):
        check_locked("tiny", ["c" * 64])


def test_a_model_is_added_to_a_lock_or_makes_it_anew() -> None:
    path = Path(FILE)
    accept(path, [BASE], only=True)
    accept(path, [TINY], only=False)
    assert read_lock(path) == (BASE, TINY)
    newer = LockedModel("tiny", "whisper", (LockedFile("ggml-tiny.bin", 4, "d" * 64),))
    assert accept(path, [newer], only=False) == (BASE, newer)
    accept(path, [TINY], only=True)
    assert read_lock(path) == (TINY,)


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", "yes"),
        ("MIT AND Apache-2.0", "yes"),
        ("CC-BY-4.0", "yes"),
        ("CC-BY-NC-4.0", "no"),
        ("MIT AND CC-BY-NC-SA-4.0", "no"),
        ("Llama 3.2 Community License", "unknown"),
        ("", "unknown"),
    ],
)
def test_commercial_use(licence: str, allowed: str) -> None:
    assert commercial(licence) == allowed


def test_the_bill_of_materials_is_valid() -> None:
    validation = pytest.importorskip("cyclonedx.validation.json", reason="it is in the group dev")
    from cyclonedx.schema import SchemaVersion

    llama = LockedModel(
        "llama3.2-1b", "llm", (LockedFile("llama.gguf", 3, "e" * 64),), "Llama 3.2 Community License"
    )
    both = LockedModel("speakers", "speakers", (LockedFile("a.pt", 3, "f" * 64),), "MIT AND Apache-2.0")
    bill = bill_of([BASE, TINY, llama, both], "transcribe", "1.0", "2026-11-28T07:41:00Z").decode()
    assert validation.JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    named = [each["name"] for each in json.loads(bill)["components"]]
    assert named == ["base-ct2", "tiny", "llama3.2-1b", "speakers"]
