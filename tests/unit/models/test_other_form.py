"""ggml ↔ CTranslate2: the same numbers in both forms, and nothing half-installed."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.shapes import LARGE_V3, NARROW, SMALL_LARGE_V3, write_random_ctranslate2, write_random_ggml
from transcribe.core.errors import ModelError
from transcribe.models import ctranslate2, to_ctranslate2
from transcribe.models.alignment_heads import HEADS, alignment_heads
from transcribe.models.byte_pairs import encoded, merges, ranks_of
from transcribe.models.ggml import ALIGNMENTS, Shape, tensors
from transcribe.models.importing import import_model
from transcribe.models.installed import check_before_load
from transcribe.models.other_form import make_other_form
from transcribe.models.store import Store

PUBLISHED = {
    "tiny": (75_538_270, 51_865, 384, 6, 4, 4, 80),
    "tiny.en": (75_537_502, 51_864, 384, 6, 4, 4, 80),
    "base": (145_217_532, 51_865, 512, 8, 6, 6, 80),
    "small": (483_546_902, 51_865, 768, 12, 12, 12, 80),
    "medium.en": (1_527_904_330, 51_864, 1024, 16, 24, 24, 80),
    "large-v3": (3_087_284_237, 51_866, 1280, 20, 32, 32, 128),
    "large-v3-turbo": (1_617_884_929, 51_866, 1280, 20, 32, 4, 128),
}
"""Bytes of the published model.bin; vocabulary, width, heads, layers of both sides, mel bands."""


def quiet(line: str) -> None:
    """Nobody listens."""


def shape_of(name: str) -> Shape:
    _, vocab, width, heads, audio_layers, text_layers, mels = PUBLISHED[name]
    return Shape(vocab, 1500, width, heads, audio_layers, 448, width, heads, text_layers, mels)


@pytest.mark.parametrize("name", PUBLISHED)
def test_as_long_as_the_published_file(name: str) -> None:
    assert to_ctranslate2.weights_bytes(shape_of(name)) == PUBLISHED[name][0]


@pytest.mark.parametrize("shape", [NARROW, SMALL_LARGE_V3])
def test_there_and_back(store: Store, tmp_path: Path, shape: Shape) -> None:
    write_random_ggml(shape, tmp_path / "mine.bin")
    first = import_model(tmp_path / "mine.bin", store)
    folder = make_other_form("mine", store, quiet)
    assert (folder.name, folder.kind, folder.made_from) == ("mine-ct2", "ctranslate2", "mine")
    check_before_load(folder)
    assert folder.memory_bytes > folder.bytes
    mels = {part.name for part in folder.parts} & {to_ctranslate2.PREPROCESSOR}
    assert bool(mels) == (shape.mels != 80)
    store.remove("mine")
    again = make_other_form("mine-ct2", store, quiet)
    assert (again.name, again.sha256) == ("mine", first.sha256)
    assert {path.name for path in store.root.iterdir() if path.is_dir()} == {"mine", "mine-ct2"}


def test_a_folder_has_the_numbers_of_an_independent_writer_and_is_made_once(
    store: Store, narrow_ggml: Path, narrow_ctranslate2: Path
) -> None:
    import_model(narrow_ggml, store, "mine")
    model, told = make_other_form("mine", store, quiet), list[str]()
    folder = model.path.parent
    ours, others = ctranslate2.read_weights(folder), ctranslate2.read_weights(narrow_ctranslate2)
    assert ours.shape == others.shape == NARROW
    for tensor in tensors(NARROW):
        np.testing.assert_array_equal(ours.load(tensor.name), others.load(tensor.name))
    config = json.loads((folder / "config.json").read_text())
    assert (config["lang_ids"][0], config["lang_ids"][-1]) == (50_259, 50_357)
    assert config["suppress_ids_begin"][-1] == 50_257
    assert config["suppress_ids"][-6:] == [50_258, 50_358, 50_359, 50_360, 50_361, 50_362]
    assert make_other_form("mine", store, told.append) == model
    assert told == ["mine-ct2 is installed already"]


def test_what_was_quantised_is_refused_with_the_model_to_take(store: Store, narrow_ggml: Path) -> None:
    import_model(narrow_ggml, store, "mine")
    import_model(store.get("mine").path, store, "mine-q8_0", "q8_0")
    with pytest.raises(ModelError, match="its weights are q8_0") as caught:
        make_other_form("mine-q8_0", store, quiet)
    assert "transcribe models convert mine" in str(caught.value)
    assert not list(store.root.glob("*q8_0-ct2"))


def test_altered_weights_are_not_converted(store: Store, narrow_ggml: Path) -> None:
    model = import_model(narrow_ggml, store, "mine")
    content = bytearray(model.path.read_bytes())
    content[-9] ^= 1
    model.path.write_bytes(content)
    with pytest.raises(ModelError, match="altered"):
        make_other_form("mine", store, quiet)
    assert [path.name for path in store.root.iterdir() if path.is_dir()] == ["mine"]


def test_hostile_sizes(store: Store, narrow_ggml: Path, tmp_path: Path) -> None:
    content = bytearray(narrow_ggml.read_bytes())
    struct.pack_into("<i", content, 4 + 4 * 2, 1 << 30)
    (tmp_path / "hostile.bin").write_bytes(content)
    with pytest.raises(ModelError, match="no Whisper model"):
        to_ctranslate2.convert_to_ctranslate2(tmp_path / "hostile.bin", tmp_path)


def test_killed_in_the_middle(store: Store, tmp_path: Path) -> None:
    """Whatever is there when it is killed, no model is; the next try makes it."""
    write_random_ggml(SMALL_LARGE_V3, tmp_path / "mine.bin")
    import_model(tmp_path / "mine.bin", store)
    code = (
        "import sys; from transcribe.models.store import Store; from transcribe.models.other_form import *\n"
        "if __name__ == '__main__': make_other_form('mine', Store(), print)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    weights = store.root / ".incoming-mine-ct2" / "model.bin"
    end = time.monotonic() + 120
    while not weights.exists() and time.monotonic() < end:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert weights.exists()
    assert [model.name for model in store.installed()] == ["mine"]
    check_before_load(make_other_form("mine", store, quiet))


def test_heads_of_every_known_shape_exist() -> None:
    for (_, layers, _), family in ALIGNMENTS.items():
        for name in {family, f"{family}.en"} & set(HEADS):
            assert max(layer for layer, _ in HEADS[name]) < layers
    assert alignment_heads(shape_of("large-v3-turbo"))[0] == (2, 4)
    assert alignment_heads(LARGE_V3)[-1] == (25, 6)


def test_heads_of_other_shapes_are_those_of_the_last_layers() -> None:
    assert alignment_heads(SMALL_LARGE_V3) == [(1, 0), (1, 1)]


def test_merges_are_learned_from_ranks() -> None:
    tokens = [b"a", b"b", b"c", b"ab", b"bc", b"abc", b"xyz"]
    assert list(merges(tokens)) == [(b"a", b"b"), (b"b", b"c"), (b"ab", b"c")]
    assert encoded(b"abcab", ranks_of(tokens)) == [5, 3]


def test_int8_folder_is_refused(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_random_ctranslate2(NARROW, tmp_path)
    import_model(tmp_path, store, "mine")
    folder = make_other_form("mine", store, quiet)
    store.remove("mine")
    monkeypatch.setattr("transcribe.models.other_form.stored_as", lambda _: "int8")
    with pytest.raises(ModelError, match="its weights are int8"):
        make_other_form(folder.name, store, quiet)
