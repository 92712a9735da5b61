"""What a GGUF file says of itself, however large its vocabulary, and however wrong its lengths."""

from __future__ import annotations

import struct
from pathlib import Path

import gguf
import numpy as np
import pytest

from transcribe.core.errors import ModelError
from transcribe.models.gguf_file import SHORT_LIST, GgufInfo, read_gguf


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A language model without layers: a vocabulary, scores, and a number for each layer."""
    path = tmp_path / "tiny.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    words = [f"słowo{number}" for number in range(2 * SHORT_LIST)]
    writer.add_token_list(words)
    writer.add_token_scores([0.5] * len(words))
    writer.add_context_length(8192)
    writer.add_embedding_length(64)
    writer.add_block_count(2)
    writer.add_head_count(4)
    writer.add_head_count_kv([1, 2])
    writer.add_license("mit")
    writer.add_tensor("output.weight", np.zeros((32, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_what_stands_beside_a_large_vocabulary_is_read(file: Path) -> None:
    assert read_gguf(file) == GgufInfo("llama", "mit", "", 8192, 2 * 2 * 2 * (16 + 16))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_file_that_ends_too_early(file: Path, share: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError, match="damaged or truncated"):
        read_gguf(file)


@pytest.mark.parametrize("wrong", [1 << 40, (1 << 64) - 1])
@pytest.mark.parametrize("place", ["count", "length"])
def test_lengths_that_lead_beyond_the_file(file: Path, place: str, wrong: int) -> None:
    content = file.read_bytes()
    key = b"tokenizer.ggml.tokens"
    at = content.index(key) + len(key) + 8  # behind the kinds of the value and of its items
    at += 0 if place == "count" else 8
    file.write_bytes(content[:at] + struct.pack("<Q", wrong) + content[at + 8 :])
    with pytest.raises(ModelError, match="damaged or truncated"):
        read_gguf(file)
