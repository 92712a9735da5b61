"""Folders → ggml: the same weights give the same bytes, whatever they came in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import gguf
import numpy as np
import pytest

from benchmarks.shapes import NARROW, random_tensor, vocabulary, write_random_safetensors
from transcribe.core.errors import ModelError
from transcribe.core.mel import mel_filters
from transcribe.models.convert import QUANTIZED, convert
from transcribe.models.ctranslate2 import stored_as
from transcribe.models.ggml import check_structure, tensors
from transcribe.models.vocabulary import read_tokens


def test_ctranslate2_folder(narrow_ctranslate2: Path, narrow_ggml: Path, tmp_path: Path) -> None:
    convert(narrow_ctranslate2, tmp_path / "out.bin")
    assert (tmp_path / "out.bin").read_bytes() == narrow_ggml.read_bytes()


@pytest.mark.parametrize(("dtype", "shards"), [("F32", 1), ("F16", 3)])
def test_safetensors_folder(narrow_ggml: Path, tmp_path: Path, dtype: str, shards: int) -> None:
    write_random_safetensors(NARROW, tmp_path, dtype, shards)
    convert(tmp_path, tmp_path / "out.bin")
    assert (tmp_path / "out.bin").read_bytes() == narrow_ggml.read_bytes()


def test_bfloat16_keeps_its_eight_bits(tmp_path: Path) -> None:
    write_random_safetensors(NARROW, tmp_path, "BF16")
    convert(tmp_path, tmp_path / "out.bin")
    name = "decoder.blocks.0.mlp.0.weight"
    written = read_tensor(tmp_path / "out.bin", name).view(np.float16).astype(np.float32)
    expected = next(random_tensor(tensor, 1) for tensor in tensors(NARROW) if tensor.name == name)
    np.testing.assert_allclose(written, expected.astype(np.float32).ravel(), rtol=2**-7)


@pytest.mark.parametrize("encoding", QUANTIZED)
def test_quantised_weights_are_close(narrow_ggml: Path, tmp_path: Path, encoding: str) -> None:
    convert(narrow_ggml, tmp_path / "out.bin", encoding)
    name = "encoder.blocks.0.attn.query.weight"
    kind = gguf.GGMLQuantizationType[encoding.upper()]
    written = gguf.dequantize(read_tensor(tmp_path / "out.bin", name).reshape(64, -1), kind)
    expected = read_tensor(narrow_ggml, name).view(np.float16).astype(np.float32).reshape(64, 64)
    assert check_structure(tmp_path / "out.bin").header.encoding.name == encoding
    assert np.abs(written - expected).max() < 0.1 * np.abs(expected).max()


def test_quantised_file_is_not_quantised_again(narrow_ggml: Path, tmp_path: Path) -> None:
    convert(narrow_ggml, tmp_path / "q8.bin", "q8_0")
    with pytest.raises(ModelError, match="q8_0 already"):
        convert(tmp_path / "q8.bin", tmp_path / "q5.bin", "q5_0")


def read_tensor(path: Path, name: str) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    layout = check_structure(path)
    tensor = next(tensor for tensor in tensors(layout.header.shape) if tensor.name == name)
    size = tensor.encoding(layout.header.encoding).bytes_for(tensor.shape)
    return np.fromfile(path, np.uint8, size, offset=layout.offsets[name])


@pytest.mark.parametrize("kept", [10, 500, 100_000, -10])
@pytest.mark.parametrize("file", ["model.bin", "model.safetensors"])
def test_weights_cut_short(
    narrow_ctranslate2: Path, narrow_safetensors: Path, tmp_path: Path, file: str, kept: int
) -> None:
    source = narrow_ctranslate2 if file == "model.bin" else narrow_safetensors
    shutil.copytree(source, tmp_path / "cut")
    content = (source / file).read_bytes()
    (tmp_path / "cut" / file).write_bytes(content[:kept])
    with pytest.raises(ModelError, match=r"truncated|damaged|no CTranslate2"):
        convert(tmp_path / "cut", tmp_path / "out.bin")


def test_index_may_not_leave_its_folder(narrow_safetensors: Path, tmp_path: Path) -> None:
    shutil.copy(narrow_safetensors / "config.json", tmp_path)
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "../../secret"}}))
    with pytest.raises(ModelError, match="outside of its folder"):
        convert(tmp_path, tmp_path / "out.bin")


def test_another_architecture(narrow_safetensors: Path, tmp_path: Path) -> None:
    shutil.copytree(narrow_safetensors, tmp_path, dirs_exist_ok=True)
    config = json.loads((tmp_path / "config.json").read_text()) | {"model_type": "wav2vec2"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="type wav2vec2, not whisper"):
        convert(tmp_path, tmp_path / "out.bin")


def test_pickles_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x02")
    with pytest.raises(ModelError, match="may run code"):
        convert(tmp_path, tmp_path / "out.bin")


@pytest.mark.parametrize("form", ["vocabulary.txt", "vocabulary.json", "vocab.json", "tokenizer.json"])
def test_vocabulary_forms(tmp_path: Path, form: str) -> None:
    tokens = vocabulary()
    ranks = {token: rank for rank, token in enumerate(tokens)} | {"<|endoftext|>": 50_257}
    content = {
        "vocabulary.txt": "\n".join([*tokens, "<|endoftext|>"]),
        "vocabulary.json": json.dumps(tokens),
        "vocab.json": json.dumps(ranks),
        "tokenizer.json": json.dumps({"model": {"type": "BPE", "vocab": ranks}}),
    }
    (tmp_path / form).write_text(content[form], "utf-8")
    found = read_tokens(tmp_path)
    assert len(found) == 50_257
    assert sorted(found[:256]) == [bytes([byte]) for byte in range(256)]


def test_short_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "vocabulary.txt").write_text("a\nb\n")
    with pytest.raises(ModelError, match="of the 50,257 tokens"):
        read_tokens(tmp_path)


@pytest.mark.parametrize("bands", [80, 128])
def test_mel_filters_have_equal_area(bands: int) -> None:
    filters = mel_filters(bands)
    assert filters.shape == (bands, 201)
    wide = filters[-10:]  # wide enough for the sum over 40 Hz bins to come near the integral
    np.testing.assert_allclose(wide.sum(axis=1) * 40, 1.0, atol=0.03)


def test_mel_filters_overlap_by_half() -> None:
    """Each band begins at the middle of the one before it."""
    filters = mel_filters(80)
    assert (filters >= 0).all()
    assert not np.signbit(filters).any()
    peaks = filters[40:].argmax(axis=1)
    assert (np.diff(peaks) > 0).all()


def test_what_the_matrices_are_kept_as(narrow_ctranslate2: Path, tmp_path: Path) -> None:
    assert stored_as(narrow_ctranslate2 / "model.bin") == "float16"
    cut = tmp_path / "model.bin"
    cut.write_bytes((narrow_ctranslate2 / "model.bin").read_bytes()[:1000])
    with pytest.raises(ModelError):
        stored_as(cut)
