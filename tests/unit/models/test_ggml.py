"""The ggml file: sizes as published, and damage of every kind noticed."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.shapes import LARGE_V3, vocabulary
from transcribe.core.byte_level import to_bytes
from transcribe.core.errors import ModelError
from transcribe.models.ggml import ENCODINGS, Shape, check_structure, read_header, tensor_header, tensors

HEADER_BYTES = 48
TURBO = replace(LARGE_V3, text_layers=4)


def file_bytes(shape: Shape, encoding: str) -> int:
    """The size of a file, by adding up its parts."""
    size = (
        HEADER_BYTES + 8 + 4 * shape.mels * 201 + 4 + sum(4 + len(to_bytes(token)) for token in vocabulary())
    )
    for tensor in tensors(shape):
        stored_as = tensor.encoding(ENCODINGS[encoding])
        size += len(tensor_header(tensor, stored_as)) + stored_as.bytes_for(tensor.shape)
    return size


@pytest.mark.parametrize(
    ("shape", "encoding", "published"),
    [
        (LARGE_V3, "f16", 3_095_033_483),
        (LARGE_V3, "q5_0", 1_081_140_203),
        (TURBO, "f16", 1_624_555_275),
        (TURBO, "q5_0", 574_041_195),
        (TURBO, "q8_0", 874_188_075),
    ],
)
def test_size_is_that_of_the_published_file(shape: Shape, encoding: str, published: int) -> None:
    assert file_bytes(shape, encoding) == published


def test_whole_file_is_accepted(narrow_ggml: Path) -> None:
    layout = check_structure(narrow_ggml)
    assert layout.header.shape.multilingual
    assert layout.header.encoding.name == "f16"
    assert len(layout.tokens) == 50_257
    assert set(layout.offsets) == {tensor.name for tensor in tensors(layout.header.shape)}


@pytest.mark.parametrize("shape", [(LARGE_V3, "large-v3"), (TURBO, "large-v3-turbo")])
def test_alignment_follows_from_the_shape(shape: tuple[Shape, str]) -> None:
    assert shape[0].alignment == shape[1]


def test_alignment_of_an_english_model() -> None:
    assert replace(LARGE_V3, vocab=51_864, audio_layers=6, text_layers=6, mels=80).alignment == "base.en"


def test_unknown_shape_has_no_alignment() -> None:
    assert replace(LARGE_V3, text_layers=2).alignment == ""


@pytest.mark.parametrize("kept", [20, 2_000, 70_000, 600_000, -2, -200_000])
def test_cut_short(narrow_ggml: Path, tmp_path: Path, kept: int) -> None:
    path = tmp_path / "cut.bin"
    path.write_bytes(narrow_ggml.read_bytes()[:kept])
    with pytest.raises(ModelError, match="truncated"):
        check_structure(path)


def overwrite(offset: int, content: bytes) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with path.open("rb+") as handle:
            handle.seek(offset)
            handle.write(content)

    return change


def append(path: Path) -> None:
    with path.open("ab") as handle:
        handle.write(b"more")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(overwrite(4, struct.pack("<i", 2_000_000_000)), id="huge vocabulary"),
        pytest.param(overwrite(12, struct.pack("<i", -64)), id="negative width"),
        pytest.param(overwrite(44, struct.pack("<i", 99)), id="unknown type"),
        pytest.param(overwrite(48, struct.pack("<i", 2_000_000_000)), id="huge mel filters"),
        pytest.param(overwrite(56 + 80 * 201 * 4, struct.pack("<i", 60_000)), id="too many tokens"),
        pytest.param(overwrite(60 + 80 * 201 * 4, struct.pack("<i", -1)), id="negative token"),
        pytest.param(append, id="something after the end"),
    ],
)
def test_altered_structure(narrow_ggml: Path, tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = tmp_path / "altered.bin"
    shutil.copyfile(narrow_ggml, path)
    change(path)
    with pytest.raises(ModelError, match="altered"):
        check_structure(path)


def test_tensor_of_another_shape(narrow_ggml: Path, tmp_path: Path) -> None:
    content = narrow_ggml.read_bytes()
    path = tmp_path / "renamed.bin"
    path.write_bytes(content.replace(b"decoder.ln.weight", b"decoder.ln.weighs"))
    with pytest.raises(ModelError, match="does not belong"):
        check_structure(path)


def test_header_of_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no model file"):
        read_header(tmp_path / "żaden.bin")
