"""Models given by path: a ggml file, a GGUF file, a folder for CTranslate2 or Parakeet."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from transcribe.core.errors import ModelError
from transcribe.core.reading import open_regular, real
from transcribe.models.catalogue import Kind, Origin, catalogue
from transcribe.models.ctranslate2 import read_weights
from transcribe.models.digest import remembered_sha256
from transcribe.models.ggml import Shape, read_header
from transcribe.models.gguf_file import read_gguf
from transcribe.models.identify import FileKind, identify
from transcribe.models.installed import InstalledModel
from transcribe.models.vocabulary import check_companions

PARAKEET_FILES = ("encoder-model.int8.onnx", "decoder_joint-model.int8.onnx", "vocab.txt", "config.json")
"""What onnx-asr reads of a Parakeet TDT model; the first has nearly all of the weights."""

CARD_BYTES = 1 << 16
"""Of a model card; its facts stand at the beginning."""


def is_path(name: str) -> bool:
    """Whether what was given as a model is meant as a path, not as a name."""
    separators = tuple(filter(None, (os.sep, os.altsep)))
    return name.endswith((".bin", ".gguf")) or any(part in name for part in separators)


def form_at(path: Path) -> Kind:
    """The form of the recognition model at a path: by what a folder holds; a file is ggml."""
    if (path / PARAKEET_FILES[0]).exists():
        return "parakeet"
    return "ctranslate2" if path.is_dir() else "whisper"


def model_at(path: Path, kind: Kind, origin: Callable[[str], Origin]) -> InstalledModel:
    """The model somewhere on this machine that is read as `kind` is.

    Args:
        path: A ggml file; for `ctranslate2` and `parakeet` a folder, for `llm` a GGUF file.
        kind: What it is for.
        origin: What is known of weights by their digest.

    Raises:
        ModelError: There is none, it is another kind of file or damaged, or a file it needs is missing.
    """
    if kind == "llm":
        return _in_gguf(path)
    if kind == "parakeet":
        return _in_parakeet_folder(path, origin)
    return _in_folder(path, origin) if kind == "ctranslate2" else _in_ggml(path, origin)


def _in_ggml(path: Path, origin: Callable[[str], Origin]) -> InstalledModel:
    header = read_header(path)
    size, sha256 = path.stat().st_size, remembered_sha256(path)
    _refuse_altered(path, size, sha256)
    return InstalledModel(
        name=path.name,
        path=path.absolute(),
        sha256=sha256,
        bytes=size,
        kind="whisper",
        multilingual=header.shape.multilingual,
        alignment=header.shape.alignment,
        licence=origin(sha256).licence,
        memory_bytes=memory_need(size, header.shape),
    )


def _refuse_altered(path: Path, size: int, sha256: str) -> None:
    """What has a published file's name and size is meant to be that file; other weights may be anybody's."""
    for model in catalogue().values():
        known = (model.file.sha256, model.index.converted_sha256 if model.index else "")
        if (path.name, size) == (model.file.name, model.file.bytes) and sha256 not in known:
            raise ModelError(
                f"the model file {path} is altered: it is not {model.name} as it was published",
                f"Run: transcribe models pull {model.name}, or rename the file if the model is your own",
            )


def _in_gguf(path: Path) -> InstalledModel:
    kind = identify(path)
    if kind is not FileKind.GGUF:
        raise ModelError(f"{path} is no language model: it is {kind.value}", "Give a GGUF file")
    info, size = read_gguf(path), path.stat().st_size
    return InstalledModel(
        name=path.name,
        path=path.absolute(),
        sha256=remembered_sha256(path),
        bytes=size,
        kind="llm",
        multilingual=True,
        alignment="",
        licence=info.licence,
        memory_bytes=size * 5 // 4,
    )


def _in_folder(path: Path, origin: Callable[[str], Origin]) -> InstalledModel:
    if not path.is_dir():
        raise ModelError(
            f"{path} is not a folder, as CTranslate2's models are: it is {identify(path).value}",
            "Use --engine whisper.cpp, or make a folder of it: transcribe models convert",
        )
    weights = path / "model.bin"
    shape = read_weights(path).shape
    check_companions(path, shape.vocab)
    memory_bytes = memory_need_ctranslate2(weights.stat().st_size, shape)
    return _folder(weights, "ctranslate2", origin, memory_bytes, multilingual=shape.multilingual)


def _in_parakeet_folder(path: Path, origin: Callable[[str], Origin]) -> InstalledModel:
    weights = path / PARAKEET_FILES[0]
    if not all((path / name).is_file() for name in PARAKEET_FILES):
        raise ModelError(
            f"the Parakeet model {path} is not complete", f"It needs {', '.join(PARAKEET_FILES)}"
        )
    size = weights.stat().st_size
    _refuse_altered(weights, size, remembered_sha256(weights))
    return _folder(weights, "parakeet", origin, 2 * size + 100_000_000, multilingual=True)


def _folder(
    weights: Path, kind: Kind, origin: Callable[[str], Origin], memory_bytes: int, *, multilingual: bool
) -> InstalledModel:
    """The model whose folder holds these weights."""
    sha256 = remembered_sha256(weights)
    return InstalledModel(
        name=real(weights.parent).name,
        path=weights.absolute(),
        sha256=sha256,
        bytes=weights.stat().st_size,
        kind=kind,
        multilingual=multilingual,
        alignment="",
        licence=origin(sha256).licence or card_licence(weights.parent),
        memory_bytes=memory_bytes,
    )


def card_licence(folder: Path) -> str:
    """The licence that the model card (README.md, as model hubs want it) of a folder states, or nothing."""
    with suppress(OSError), open_regular(folder / "README.md") as handle:
        head = handle.read(CARD_BYTES).decode("utf-8", "replace")
        facts = re.match(r"---\s*\n(.*?)\n---\s*\n", head, re.DOTALL)
        if facts and (found := _CARD_LICENCE.search(facts[1])):
            return found[1]
    return ""


_CARD_LICENCE = re.compile(r"^license: *[\"']?([\w.+-]{1,64})[\"']? *$", re.MULTILINE)


def memory_need(file_bytes: int, shape: Shape) -> int:
    """Memory to run one 30-second window with whisper.cpp, in bytes: weights and what the shape needs.

    Fitted to measurements of tiny.en, base and large-v3's shape; see docs/models.md.
    """
    caches = (
        2 * 2 * shape.text_layers * (shape.audio_ctx + shape.text_ctx) * shape.text_state
    )  # f16 keys and values
    buffers = 40_000_000 + 45_000 * shape.audio_state
    return file_bytes + caches + buffers


def memory_need_ctranslate2(file_bytes: int, shape: Shape) -> int:
    """Memory of one worker of CTranslate2 on a processor, in bytes: int8, four windows decoded at a time.

    Either loading needs the most (the 16-bit weights, which are replaced one by one) or decoding. Fitted to
    measurements of tiny.en, base, and the shapes of turbo and large-v3; see docs/models.md.

    Args:
        file_bytes: Size of model.bin with 16-bit weights.
        shape: Hyper-parameters.
    """
    caches = 4 * 2 * 4 * shape.text_layers * shape.audio_ctx * shape.text_state  # f32 keys and values
    decoding = 138_000_000 + file_bytes // 2 + caches + 50_000 * shape.audio_state
    return max(45_000_000 + file_bytes, decoding)
