"""What Parakeet is asked for, and the Whisper beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.core.errors import ModelError, UsageError
from transcribe.core.settings import Settings
from transcribe.engines import ctranslate2
from transcribe.jobs.assemble.device import PROCESSOR
from transcribe.jobs.assemble.parakeet import check_asked, identity, open_workers, whisper_beside
from transcribe.models.catalogue import Kind
from transcribe.models.installed import InstalledModel
from transcribe.models.store import Store


def model(name: str, kind: Kind = "whisper", *, multilingual: bool = True) -> InstalledModel:
    return InstalledModel(name, Path("model.bin"), "ab" * 32, 1, kind, multilingual, "", "MIT", 1)


class Shelf(Store):
    """A store whose models are only named."""

    def __init__(self, *models: InstalledModel) -> None:
        self.models = models

    def installed(self) -> tuple[InstalledModel, ...]:
        return self.models


@pytest.mark.parametrize("language", ["auto", "multi", "pl", "mt"])
def test_what_it_can(language: str) -> None:
    check_asked(Settings.of(language=language).recognise)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"language": "ja"}, "--language ja: Parakeet knows bg, cs, .* only. Use Whisper"),
        ({"translate": True}, "--translate: .* Leave it out, or use Whisper"),
        ({"prompt": "Ala"}, "--prompt: "),
        ({"vocabulary": Path("names.txt")}, "--vocabulary: "),
        ({"terms": ("Ala",)}, "--term: "),
        ({"beam_size": 5}, "--beam-size: "),
    ],
)
def test_what_it_cannot(options: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        check_asked(Settings.of(**options).recognise)


def test_the_best_whisper_that_knows_every_language_hears_again(monkeypatch: pytest.MonkeyPatch) -> None:
    english, folder, ggml = model("tiny.en", multilingual=False), model("a-ct2", "ctranslate2"), model("base")
    assert whisper_beside(Shelf(model("p", "parakeet"), model("q", "llm"), english)) is None
    monkeypatch.setattr(ctranslate2, "is_installed", lambda: True)
    assert whisper_beside(Shelf(english, folder, ggml)) == folder
    monkeypatch.setattr(ctranslate2, "is_installed", lambda: False)
    assert whisper_beside(Shelf(english, folder, ggml)) == ggml


def test_provenance_names_what_hears_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for shelf, said in ((Shelf(), ""), (Shelf(model("base")), "; doubts heard by base (abababababab) with ")):
        monkeypatch.setattr("transcribe.jobs.assemble.parakeet.Store", lambda shelf=shelf: shelf)
        found = identity(model("p", "parakeet"), Settings(), PROCESSOR)
        assert found.startswith("onnx-asr ")
        assert (said in found) and ("pywhispercpp" in found) == bool(said)


def test_altered_weights_are_found_before_they_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "encoder-model.int8.onnx").write_bytes(b"\x08\x09")
    altered = InstalledModel(
        "p", tmp_path / "encoder-model.int8.onnx", "ab" * 32, 2, "parakeet", True, "", "CC-BY-4.0", 1
    )
    with pytest.raises(ModelError, match="altered"), open_workers(altered, Settings(), PROCESSOR):
        pass
