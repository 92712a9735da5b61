"""A model on this machine: what is known of it, and whether its files still are what they should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from transcribe.core.errors import ModelError
from transcribe.models.catalogue import Kind, ModelFile, catalogue
from transcribe.models.digest import remembered_sha256, sha256_of
from transcribe.models.ggml import check_structure
from transcribe.models.identify import FileKind, identify
from transcribe.models.model_lock import check_locked

RECORD = "model.json"


@dataclass(frozen=True)
class Record:
    """What is known of an installed model; stored beside its file.

    Attributes:
        name: The folder's name.
        kind: What it is for.
        file: Name of its file in the folder.
        bytes: The file's size.
        sha256: The file's digest.
        licence: SPDX identifier, or empty when not known.
        source: Where it came from.
        converted_from: Digest of the weights it was converted from, or empty.
        multilingual: Whether it knows more than English.
        alignment: Preset of alignment heads, or empty.
        memory_bytes: Memory a process needs to run it.
        parts: The files it needs beside that one.
        made_from: Name of the model it was converted from, or empty when not known.
    """

    name: str
    kind: Kind
    file: str
    bytes: int
    sha256: str
    licence: str
    source: str
    converted_from: str
    multilingual: bool
    alignment: str
    memory_bytes: int
    parts: tuple[ModelFile, ...] = ()
    made_from: str = ""


@dataclass(frozen=True)
class InstalledModel:
    """A model that is on this machine.

    Attributes:
        name: Its name, or its file's name when it was given by path.
        path: Its file; of several, the one with the weights.
        sha256: The digest its file has, or should have.
        bytes: The size its file has, or should have.
        kind: What it is for.
        multilingual: Whether it knows more than English.
        alignment: whisper.cpp's preset of alignment heads for word times; empty when there is none.
        licence: SPDX identifier, or empty when not known.
        memory_bytes: Memory a process needs to run it.
        parts: The files it needs beside that one, with the digests they should have.
        made_from: Name of the model it was converted from, or empty when not known.
    """

    name: str
    path: Path
    sha256: str
    bytes: int
    kind: Kind
    multilingual: bool
    alignment: str
    licence: str
    memory_bytes: int
    parts: tuple[ModelFile, ...] = ()
    made_from: str = ""


def check_before_load(model: InstalledModel) -> None:
    """Make sure that a model may be loaded, and that its files are what they should be, byte for byte.

    A file that was read whole before, and about which nothing has changed since, is not read again.

    Raises:
        ModelError: It is not in a lock, or as for `check_whole`.
    """
    check_listed(model)
    check_whole(model, remembered_sha256)


def check_whole(model: InstalledModel, digest_of: Callable[[Path], str] = sha256_of) -> None:
    """Make sure that a model's files are what they should be, byte for byte, before an engine reads them.

    whisper.cpp crashes on some damaged files and transcribes nonsense with others.

    Args:
        digest_of: Gives the SHA-256 of a file; by default it is read whole.

    Raises:
        ModelError: It is missing, truncated, altered, or of the wrong kind.
    """
    again = _how_to_get_again(model)
    kind = identify(model.path)
    if kind is not _FORMS.get(model.kind, kind):
        raise ModelError(f"the model {model.name} is altered: {model.path} is {kind.value}", again)
    size = model.path.stat().st_size
    if size < model.bytes:
        raise ModelError(
            f"the model {model.name} is truncated: {model.path} has {size:,} of {model.bytes:,} bytes", again
        )
    if model.kind == "whisper":
        check_structure(model.path)
    if size != model.bytes or digest_of(model.path) != model.sha256:
        raise ModelError(
            f"the model {model.name} is altered: {model.path} has changed since it was installed", again
        )
    for part in model.parts:
        path = model.path.with_name(part.name)
        if not path.is_file() or digest_of(path) != part.sha256:
            raise ModelError(
                f"the model {model.name} is altered: {path} has changed since it was installed", again
            )


def check_listed(model: InstalledModel) -> None:
    """See that a model may be loaded, by the locks that there are.

    Raises:
        ModelError: It may not.
    """
    check_locked(model.name, [model.sha256, *(part.sha256 for part in model.parts)])


_FORMS = {
    "llm": FileKind.GGUF,
    "ctranslate2": FileKind.CTRANSLATE2,
    "parakeet": FileKind.ONNX,
    "speakers": FileKind.PYTORCH,
}
"""What the file of a kind of model has to be; ggml files are looked at more closely."""


def _how_to_get_again(model: InstalledModel) -> str:
    if not (model.path.parent / RECORD).is_file():
        return f"Get the file {model.path} again"
    get = "pull" if model.name in catalogue() else "import FILE --name"
    return f"Get it again: transcribe models remove {model.name} && transcribe models {get} {model.name}"
