"""Bringing a model from a local file or folder into the store, converted where that is needed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from transcribe.core.errors import ModelError
from transcribe.core.reading import real
from transcribe.models import ctranslate2, safetensors
from transcribe.models.catalogue import CatalogueModel, Kind, catalogue
from transcribe.models.convert import convert_apart
from transcribe.models.digest import sha256_of
from transcribe.models.ggml import check_structure
from transcribe.models.gguf_file import read_gguf
from transcribe.models.given import card_licence, memory_need
from transcribe.models.identify import FileKind, identify
from transcribe.models.installed import InstalledModel, Record
from transcribe.models.store import AUTO, NAME, Store, disk_errors

SINGLE = (ctranslate2.WEIGHTS, safetensors.WEIGHTS)
"""Names of the one file with all weights, in a folder."""

CAN_IMPORT = (
    "What can be imported: a ggml Whisper file, a Hugging Face or CTranslate2 Whisper folder, a GGUF file"
)


@dataclass(frozen=True)
class _Facts:
    """What a file says of itself, as far as the record needs it."""

    kind: Kind
    licence: str
    multilingual: bool
    alignment: str
    memory_bytes: int


def import_model(path: Path, store: Store, name: str = "", quantize: str = "") -> InstalledModel:
    """Install the model in a local file or folder.

    Args:
        path: A ggml Whisper file, a Hugging Face or CTranslate2 Whisper folder, or a GGUF language model.
        store: Where it is installed.
        name: What to call it; empty takes the name of the file or folder.
        quantize: One of `convert.QUANTIZED` to make a Whisper model smaller, or empty.

    Raises:
        ModelError: It is none of those, damaged, or the name is taken or not allowed.
        OutputError: The store cannot be written.
    """
    kind = identify(path)
    if kind not in (FileKind.GGML, FileKind.GGUF, FileKind.FOLDER):
        raise ModelError(f"{path} cannot be imported: it is {kind.value}", CAN_IMPORT)
    if kind is FileKind.GGUF and quantize:
        raise ModelError(f"{path} cannot be quantised here: it is {kind.value}", "Leave out --quantize")
    name = name or real(path).name.removesuffix(path.suffix if path.is_file() else "").removeprefix("ggml-")
    _check_name(name)
    with store.lock(name):
        return _install(path, kind, store, name, quantize)


def _install(path: Path, kind: FileKind, store: Store, name: str, quantize: str) -> InstalledModel:
    scratch = store.scratch(name)
    file = scratch / ("model.gguf" if kind is FileKind.GGUF else "model.bin")
    try:
        with disk_errors(file, "writing"):
            if kind is FileKind.FOLDER or quantize:
                convert_apart(path, file, quantize)
            else:
                shutil.copyfile(path, file)
        facts, digest = _facts(file, kind), sha256_of(file)
        _check_free(store, name, digest)
        known = _known(name, digest)
        weights = _weights(path) if kind is FileKind.FOLDER or quantize else None
        converted_from = sha256_of(weights) if weights else ""
        origin = store.origin(converted_from or digest)
        licence = known.licence if known else facts.licence or origin.licence
        return store.install(
            Record(
                name=name,
                kind=facts.kind,
                file=known.file.name if known else file.name,
                bytes=file.stat().st_size,
                sha256=digest,
                licence=licence or (card_licence(path) if path.is_dir() else ""),
                source="file",
                converted_from=converted_from,
                multilingual=facts.multilingual,
                alignment=facts.alignment,
                memory_bytes=facts.memory_bytes,
                made_from=origin.name if converted_from and origin.name != name else "",
            ),
            file,
        )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _weights(path: Path) -> Path | None:
    """The file with the weights that are converted; None where there are several."""
    if path.is_file():
        return path
    return next((file for name in SINGLE if (file := path / name).is_file()), None)


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name) or name == AUTO or name.endswith((".bin", ".gguf")):
        raise ModelError(
            f"{name!r} cannot be a model's name",
            "Give one of at most 64 letters, digits, dots, dashes and underscores with --name",
        )


def _check_free(store: Store, name: str, digest: str) -> None:
    """A name keeps its meaning: another model is only installed under it after the first one was removed."""
    if name in catalogue() and _known(name, digest) is None:
        raise ModelError(
            f"{name} is the name of a published model, and this is not its file",
            "Choose another name with --name",
        )
    try:
        installed = store.get(name)
    except ModelError:
        return
    if installed.sha256 != digest:
        raise ModelError(
            f"another model is called {name} already",
            f"Choose another name with --name, or run: transcribe models remove {name}",
        )


def _known(name: str, digest: str) -> CatalogueModel | None:
    """The catalogue's model of this name, when the digest is one of its digests."""
    model = catalogue().get(name)
    if model is None:
        return None
    converted = model.index.converted_sha256 if model.index else ""
    return model if digest in (model.file.sha256, converted) else None


def _facts(file: Path, kind: FileKind) -> _Facts:
    size = file.stat().st_size
    if kind is FileKind.GGUF:
        info = read_gguf(file)
        return _Facts("llm", info.licence, multilingual=True, alignment="", memory_bytes=size * 5 // 4)
    shape = check_structure(file).header.shape
    return _Facts("whisper", "", shape.multilingual, shape.alignment, memory_need(size, shape))
