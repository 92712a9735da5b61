"""The catalogue: models that `transcribe models pull` knows, with their digests and sources."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import msgspec

from transcribe.core.decoding import convert

Kind = Literal["whisper", "ctranslate2", "parakeet", "llm", "speakers"]
"""What reads a model: whisper.cpp, CTranslate2, onnx-asr, llama.cpp for notes, or the diariser."""


RECOGNITION: tuple[Kind, ...] = ("whisper", "ctranslate2")
"""The two forms of a Whisper model: ggml, and a folder for CTranslate2."""

SPEECH: tuple[Kind, ...] = (*RECOGNITION, "parakeet")
"""Everything that recognises speech."""

CT2 = "-ct2"
"""What the name of the second form ends with; both forms are one model, `base` for people."""


@dataclass(frozen=True)
class ModelFile:
    """A model's published file.

    Attributes:
        name: Its name, at the source and on this machine.
        bytes: Its size; about, where the digest is not known.
        sha256: Its digest; empty where it is known at the model hub only, which states it when asked.
    """

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class HubSource:
    """A file on the model hub; a model's further parts lie beside it.

    Attributes:
        repo: Owner and name of the repository.
        revision: Commit, or a branch.
        file: The file's name there.
    """

    repo: str
    revision: str
    file: str


@dataclass(frozen=True)
class IndexSource:
    """Wheels of the package index that hold a model's data; its further parts lie beside the first member.

    Attributes:
        packages: Requirements with pinned versions.
        members: Path inside the wheel of the same place in `packages`; the pieces are put together in order.
        bytes: Size of the whole.
        sha256: Digest of the whole.
        converter: What turns it into the model's file; nothing when it is that file already.
        vocabulary: Path of the vocabulary inside the first wheel, for the converter.
        converted_sha256: Digest after conversion.
        part_members: Paths inside the first wheel of the model's parts, where they lie elsewhere.
        wheel: Python, ABI and platform of the wheel to take (`cp311-cp311-…`), where the package has one for
            each but its data is the same for all; else pip chooses.
    """

    packages: tuple[str, ...]
    members: tuple[str, ...]
    bytes: int
    sha256: str
    converter: Literal["", "ctranslate2"] = ""
    vocabulary: str = ""
    converted_sha256: str = ""
    part_members: tuple[str, ...] = ()
    wheel: str = ""


@dataclass(frozen=True)
class CatalogueModel:
    """One model of the catalogue.

    Attributes:
        name: What people call it.
        kind: What it is for: recognition, or writing notes.
        description: One line for people.
        licence: SPDX identifier, or the licence's own name where there is none.
        languages: `multilingual`, or the only language it knows.
        file: The published file; of several, the one with the weights.
        memory_bytes: Memory a process needs to run it.
        memory_from: Whether that was measured, or computed from the model's shape.
        alignment: whisper.cpp's preset of alignment heads for word times (WHISPER_AHEADS_*).
        hub: Where it is on the model hub; tried first.
        index: Where it is on the package index; tried second.
        parts: The other files it needs beside its weights.
        terms: URL of the licence where SPDX has no name for it, or of terms that come on top of it; or empty.
    """

    name: str
    kind: Kind
    description: str
    licence: str
    languages: str
    file: ModelFile
    memory_bytes: int
    memory_from: Literal["measured", "computed"]
    alignment: str = ""
    hub: HubSource | None = None
    index: IndexSource | None = None
    parts: tuple[ModelFile, ...] = ()
    terms: str = ""


@dataclass(frozen=True)
class Origin:
    """What is known of weights by their digest.

    Attributes:
        name: The model that has them.
        licence: SPDX identifier, or empty when not known.
    """

    name: str = ""
    licence: str = ""


@dataclass(frozen=True)
class _Catalogue:
    model: tuple[CatalogueModel, ...]


@functools.cache
def catalogue() -> dict[str, CatalogueModel]:
    """Every model by name; the best for recognition first."""
    content = (resources.files(__package__) / "catalogue.toml").read_bytes()
    return {model.name: model for model in convert(msgspec.toml.decode(content), _Catalogue).model}


def in_form(name: str, kind: Kind) -> str:
    """The name of the folder with the same weights in the form of `kind`: `base-ct2` for CTranslate2."""
    return weights_name(name) + (CT2 if kind == "ctranslate2" else "")


def weights_name(name: str) -> str:
    """The name of a model's weights, whichever engine reads them: `base` for `base-ct2`."""
    return name.removesuffix(CT2)


def published(sha256: str) -> Origin:
    """The catalogue's model whose file has this digest, as it is published or as it is converted here."""
    for model in catalogue().values():
        converted = model.index.converted_sha256 if model.index else ""
        if sha256 and sha256 in (model.file.sha256, converted):
            return Origin(model.name, model.licence)
    return Origin()
