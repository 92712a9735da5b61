"""What kind of file something is."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from transcribe.core.errors import ModelError
from transcribe.models.ggml import read_header
from transcribe.models.identify import FileKind, identify


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.gguf", b"GGUF\x03\0\0\0", FileKind.GGUF),
        ("model.bin", b"\x06\0\0\0\x0c\0WhisperSpec\0", FileKind.CTRANSLATE2),
        ("a.safetensors", b"\x40\0\0\0\0\0\0\0{", FileKind.SAFETENSORS),
        ("a.onnx", b"\x08\x07\x12\x07pytorch", FileKind.ONNX),
        ("a.pt", b"\x80\x02}q\0", FileKind.PYTORCH),
        ("a.mp3", b"ID3\x04\0\0", FileKind.AUDIO),
        ("notes.bin", "zażółć gęślą jaźń 🎙".encode() * 200, FileKind.TEXT),
        ("empty.bin", b"", FileKind.EMPTY),
        ("noise.bin", b"\0\xff\0\xfe" * 9, FileKind.UNKNOWN),
    ],
)
def test_kinds(tmp_path: Path, name: str, content: bytes, kind: FileKind) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert identify(path) is kind
    with pytest.raises(ModelError, match="wrong kind"):
        read_header(path)


@pytest.mark.parametrize(("member", "kind"), [("m/data.pkl", FileKind.PYTORCH), ("a.txt", FileKind.ZIP)])
def test_zip_archives(tmp_path: Path, member: str, kind: FileKind) -> None:
    path = tmp_path / "weights.bin"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, b"x")
    assert identify(path) is kind


def test_folder(tmp_path: Path) -> None:
    assert identify(tmp_path) is FileKind.FOLDER


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.bin")
    with pytest.raises(ModelError, match="not a plain file"):
        identify(tmp_path / "model.bin")
