"""Both forms of real models: what is converted here is what was published, and says the same words."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from transcribe.cli.main import run
from transcribe.models.installed import InstalledModel
from transcribe.models.other_form import make_other_form
from transcribe.models.sources import pull
from transcribe.models.store import Store

SAMPLES = Path(__file__).resolve().parents[2] / "samples"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        importlib.util.find_spec("ctranslate2") is None,
        reason="run: pip install 'transcribe-offline[ctranslate2]'",
    ),
]

TEXTS = (
    " the time that this took to tell, isn't it?",
    "Zażółć gęślą jaźń, a potem — żółw; trzydzieści trzy.",
    " 今日はいい天気ですね。 那是最好的时代",
    " 👩‍👩‍👧 ☕️ 🇵🇱 naïve café Ωμέγα привет",
    "\t  two  spaces\nand 1,234.5 % <|notimestamps|> at the end",
    " ♪ la la ♪ [music] (applause) >> SPEAKER:",
)


def quiet(line: str) -> None:
    """Nobody listens."""


@pytest.fixture(scope="module", params=["base", "tiny.en"])
def pair(
    request: pytest.FixtureRequest, model_store: Store, tmp_path_factory: pytest.TempPathFactory
) -> tuple[InstalledModel, InstalledModel]:
    """The published folder, and the one that is converted from the ggml file, in a store of its own."""
    published = pull(f"{request.param}-ct2", model_store, "index")
    ggml = pull(request.param, model_store, "index")
    store = Store(tmp_path_factory.mktemp("models"))
    shutil.copytree(ggml.path.parent, store.root / ggml.name)
    return published, make_other_form(request.param, store, quiet)


def test_the_weights_are_those_that_are_published(pair: tuple[InstalledModel, InstalledModel]) -> None:
    published, converted = pair
    assert (converted.sha256, converted.bytes) == (published.sha256, published.bytes)
    assert (converted.licence, converted.made_from) == (
        published.licence,
        published.name.removesuffix("-ct2"),
    )


def test_the_files_beside_them_say_the_same(pair: tuple[InstalledModel, InstalledModel]) -> None:
    """But for the languages of English models, which an older converter counted wrongly and nobody reads."""
    configs = [json.loads(model.path.with_name("config.json").read_text()) for model in pair]
    if not pair[0].multilingual:
        for config in configs:
            del config["lang_ids"]
    assert configs[0] == configs[1]
    words = [model.path.with_name("vocabulary.txt").read_text("utf-8").split("\n") for model in pair]
    assert [both for both in zip(*words, strict=True) if len(set(both)) > 1] in ([], [("<|iw|>", "<|he|>")])


def test_the_tokenizer_does_the_same(pair: tuple[InstalledModel, InstalledModel]) -> None:
    """The published multilingual one lacks the first merge, a space and a t; with it, both are the same."""
    from tokenizers import Tokenizer

    contents = [json.loads(model.path.with_name("tokenizer.json").read_text("utf-8")) for model in pair]
    if pair[0].multilingual:
        contents[0]["model"]["merges"].insert(0, "Ġ t")
    published, converted = (Tokenizer.from_str(json.dumps(content)) for content in contents)
    sample = (SAMPLES / "two-voices.txt").read_text("utf-8")
    for text in (*TEXTS, sample, *sample.split()):
        expected = published.encode(text)
        found = converted.encode(text)
        assert found.ids == expected.ids
        assert converted.decode(found.ids) == published.decode(expected.ids)


def test_it_says_the_same_words(
    pair: tuple[InstalledModel, InstalledModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = []
    for number, model in enumerate(pair):
        out = tmp_path / str(number)
        command = [str(SAMPLES / "two-voices.flac"), "--to", "20", "-o", str(out), "-q", "-f", "txt"]
        # another work folder each: the same digest would find the words of the first one
        monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / f"work-{number}"))
        assert run([*command, "--engine", "ctranslate2", "-m", str(model.path.parent)]) == 0
        texts.append((out / "two-voices.txt").read_bytes())
    assert texts[0] == texts[1] != b""


def test_a_ggml_file_comes_back(pair: tuple[InstalledModel, InstalledModel], model_store: Store) -> None:
    _, converted = pair
    store = Store(converted.path.parents[1])
    name = converted.name.removesuffix("-ct2")
    store.remove(name)
    again = make_other_form(name, store, quiet)
    assert again.sha256 == model_store.get(name).sha256
