"""The other form of an installed Whisper model, ggml or a folder for CTranslate2: the same numbers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from transcribe.core.errors import ModelError
from transcribe.models.catalogue import RECOGNITION, Kind, ModelFile, in_form, weights_name
from transcribe.models.convert import convert_apart
from transcribe.models.ctranslate2 import WEIGHTS, read_weights, stored_as
from transcribe.models.digest import sha256_of
from transcribe.models.ggml import F16, F32, check_structure, read_header
from transcribe.models.given import memory_need, memory_need_ctranslate2
from transcribe.models.installed import InstalledModel, Record, check_before_load
from transcribe.models.store import PURPOSES, Store, disk_errors
from transcribe.models.to_ctranslate2 import convert_to_ctranslate2

WHOLE = (F16.name, F32.name, "float16", "float32")
"""What weights are kept as that can be converted, in the words of both forms."""


def make_other_form(name: str, store: Store, tell: Callable[[str], None]) -> InstalledModel:
    """Make and install the other form of a model; one that is there already stays as it is.

    Args:
        name: The model's name; a form's own name (`base-ct2`) means that form is the one to start from.
        store: Where it is, and where the other form is installed.
        tell: Receives lines about what is going on.

    Raises:
        ModelError: It is not installed, no Whisper model, altered, or its weights are quantised.
        OutputError: The store cannot be written.
    """
    model = store.named(name)[0]
    if model.kind not in RECOGNITION:
        raise ModelError(
            f"the model {model.name} has one form: it is for {PURPOSES[model.kind]}",
            "Whisper models have two: transcribe models list",
        )
    form: Kind = "ctranslate2" if model.kind == "whisper" else "whisper"
    target = in_form(model.name, form)
    with store.lock(target):
        if target in (each.name for each in store.installed()):
            tell(f"{target} is installed already")
            return store.get(target)
        _refuse_quantised(model)
        check_before_load(model)
        tell(f"{target}: converting {model.name}")
        scratch = store.scratch(target)
        try:
            with disk_errors(scratch, "writing"):
                record = (_to_folder if form == "ctranslate2" else _to_ggml)(model, target, scratch)
            return store.install(record, scratch / WEIGHTS)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _to_folder(model: InstalledModel, target: str, scratch: Path) -> Record:
    convert_to_ctranslate2(model.path, scratch)
    parts = sorted(path for path in scratch.iterdir() if path.name != WEIGHTS)
    shape = read_weights(scratch).shape
    file = scratch / WEIGHTS
    return _record(
        model,
        target,
        file,
        memory_need_ctranslate2(file.stat().st_size, shape),
        parts=tuple(ModelFile(path.name, path.stat().st_size, sha256_of(path)) for path in parts),
    )


def _to_ggml(model: InstalledModel, target: str, scratch: Path) -> Record:
    file = scratch / WEIGHTS
    convert_apart(model.path.parent, file)
    shape = check_structure(file).header.shape
    return _record(model, target, file, memory_need(file.stat().st_size, shape), alignment=shape.alignment)


def _record(
    model: InstalledModel,
    target: str,
    file: Path,
    memory_bytes: int,
    *,
    alignment: str = "",
    parts: tuple[ModelFile, ...] = (),
) -> Record:
    return Record(
        name=target,
        kind="ctranslate2" if parts else "whisper",
        file=file.name,
        bytes=file.stat().st_size,
        sha256=sha256_of(file),
        licence=model.licence,
        source="file",
        converted_from=model.sha256,
        multilingual=model.multilingual,
        alignment=alignment,
        memory_bytes=memory_bytes,
        parts=parts,
        made_from=model.name,
    )


def kept_as(model: InstalledModel) -> str:
    """What the matrices of an installed Whisper model are kept as; one of `WHOLE` can be converted.

    Raises:
        ModelError: It is no Whisper model, or is cut short.
    """
    if model.kind == "whisper":
        return read_header(model.path).encoding.name
    return stored_as(model.path)


def _refuse_quantised(model: InstalledModel) -> None:
    """Fewer bits than 16 would be lost twice, and CTranslate2 makes its own 8 bits when it loads."""
    stored = kept_as(model)
    if stored not in WHOLE:
        origin = model.made_from or weights_name(model.name).removesuffix(f"-{stored}")
        raise ModelError(
            f"the model {model.name} cannot be converted: its weights are {stored}",
            f"Convert the f16 model: transcribe models convert {origin}"
            if origin != weights_name(model.name)
            else "Convert the f16 model that it was made from",
        )
