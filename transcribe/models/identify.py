"""What kind of file something is, by its first bytes, so that an error can say what was given instead."""

from __future__ import annotations

import enum
import zipfile
from pathlib import Path

from transcribe.core.errors import ModelError
from transcribe.core.reading import open_regular

HEAD_BYTES = 4096


class FileKind(enum.Enum):
    """Kinds of files that people take for models; the value completes "it is …"."""

    GGML = "a ggml model"
    GGUF = "a GGUF file (a language model)"
    CTRANSLATE2 = "a CTranslate2 model"
    SAFETENSORS = "a safetensors file; import the folder that holds it"
    ONNX = "an ONNX model"
    PYTORCH = "a PyTorch checkpoint"
    ZIP = "a zip archive"
    AUDIO = "an audio or video file"
    TEXT = "a text file"
    EMPTY = "an empty file"
    FOLDER = "a folder"
    UNKNOWN = "not a kind of file known here"


MAGICS = (
    (b"lmgg", FileKind.GGML),
    (b"GGUF", FileKind.GGUF),
    (b"\x06\x00\x00\x00\x0c\x00WhisperSpec\x00", FileKind.CTRANSLATE2),
    (b"\x80\x02", FileKind.PYTORCH),
    (b"\x80\x04", FileKind.PYTORCH),
    (b"RIFF", FileKind.AUDIO),
    (b"ID3", FileKind.AUDIO),
    (b"\xff\xfb", FileKind.AUDIO),
    (b"fLaC", FileKind.AUDIO),
    (b"OggS", FileKind.AUDIO),
)


def identify(path: Path) -> FileKind:
    """Tell what `path` is.

    Raises:
        ModelError: There is nothing at `path`, or it cannot be read.
    """
    if path.is_dir():
        return FileKind.FOLDER
    try:
        with open_regular(path) as handle:
            head = handle.read(HEAD_BYTES)
    except FileNotFoundError:
        raise ModelError(f"there is no model file {path}", "Check the path") from None
    except OSError as error:
        raise unreadable(path, error) from error
    return _by_content(path, head)


def unreadable(path: Path, error: OSError) -> ModelError:
    """The ModelError for a model file that the operating system does not let us read."""
    reason = error.strerror or str(error)
    return ModelError(f"the model file {path} cannot be read: {reason}", "Check its permissions and the disk")


def _by_content(path: Path, head: bytes) -> FileKind:
    if not head:
        return FileKind.EMPTY
    for magic, kind in MAGICS:
        if head.startswith(magic):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_zip(path)
    if head[8:9] == b"{" and not any(head[5:8]):  # u64 length of the JSON header, then the header
        return FileKind.SAFETENSORS
    if path.suffix.lower() == ".onnx":  # protobuf has no magic number
        return FileKind.ONNX
    return FileKind.TEXT if _is_text(head) else FileKind.UNKNOWN


def _kind_of_zip(path: Path) -> FileKind:
    """PyTorch has saved checkpoints as zip archives with a pickle inside since version 1.6."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return FileKind.ZIP
    return FileKind.PYTORCH if any(name.endswith("data.pkl") for name in names) else FileKind.ZIP


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    try:
        head[: -4 if len(head) == HEAD_BYTES else None].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > HEAD_BYTES - 8  # a character cut in two by the end of what was read
    return True
