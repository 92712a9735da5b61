"""The ONNX files of an installed diariser: made of its checkpoints once, and kept beside them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from transcribe.core import places
from transcribe.core.decoding import decode
from transcribe.core.diarisation import INSTALL
from transcribe.core.errors import DependencyError, OutputError
from transcribe.core.files import atomic_file, private_folder
from transcribe.core.own_process import OwnProcess
from transcribe.core.reading import read_regular
from transcribe.models.catalogue import ModelFile
from transcribe.models.diarise.checkpoint import read_tensors
from transcribe.models.diarise.segmentation_net import segmentation_graph
from transcribe.models.diarise.voice_net import voice_graph
from transcribe.models.digest import sha256_of
from transcribe.models.installed import InstalledModel, check_before_load, check_listed
from transcribe.models.store import disk_errors

VERSION = 1
"""Raised when the same checkpoints give other graphs; kept files are then made again."""

RECORD = "networks.json"
SEGMENTATION, VOICE = "segmentation.onnx", "voice.onnx"
GRAPHS = {SEGMENTATION: segmentation_graph, VOICE: voice_graph}

SECONDS = 300.0
"""Longest time for one conversion; it takes a second."""

Tell = Callable[[str], None]
"""Receives lines about what is going on."""


@dataclass(frozen=True)
class Networks:
    """The files that ONNX Runtime loads.

    Attributes:
        segmentation: Who speaks in each 17 ms: (batch, 1, samples) to (batch, frames, 7) scores.
        voice: What a voice sounds like: (batch, frames, 80) to (batch, 192).
    """

    segmentation: Path
    voice: Path


class _Record(msgspec.Struct, frozen=True):
    """What is kept beside the files.

    Attributes:
        version: Of the graphs.
        converted_from: Digests of the checkpoints, the segmentation's first.
        licence: Of the weights.
        files: The segmentation, the voice.
    """

    version: int
    converted_from: tuple[str, ...]
    licence: str
    files: tuple[ModelFile, ModelFile]


def check_convertible(model: InstalledModel) -> None:
    """Look for what `networks_of` will need, without reading or making anything.

    Raises:
        DependencyError: The files are not made yet, and the package onnx is missing.
    """
    if any(_recorded(folder, model) for folder in _folders(model)):
        return
    if importlib.util.find_spec("onnx") is None:
        raise DependencyError(f"{model.name} is not converted yet, which needs the package onnx", INSTALL)


def networks_of(model: InstalledModel, tell: Tell) -> Networks:
    """The files of an installed diariser, made first where they are missing or altered.

    They lie beside the checkpoints; in the user's cache where that folder cannot be written.

    Raises:
        ModelError: A checkpoint is damaged.
        DependencyError: The package onnx is missing, and something has to be made.
        Died: The conversion crashed.
        OutputError: The disk is full.
    """
    check_listed(model)
    for folder in _folders(model):
        record = _recorded(folder, model)
        if record and all(sha256_of(folder / file.name) == file.sha256 for file in record.files):
            return _in(folder)
    check_before_load(model)
    tell(f"{model.name}: converting its two networks, once")
    made = _converted(model)
    beside, cache = _folders(model)
    try:
        return _written(beside, model, made)
    except OutputError:
        with disk_errors(cache, "making the folder"):
            private_folder(cache)
        return _written(cache, model, made)


def prepare(model: InstalledModel, tell: Tell) -> None:
    """Do what `networks_of` does, if it is a diariser; what lacks a package is done when it is first used.

    Raises:
        ModelError, Died, OutputError: As `networks_of`.
    """
    if model.kind == "speakers":
        try:
            networks_of(model, tell)
        except DependencyError as error:
            tell(f"{model.name} is converted when it is first used: {error.what}. {error.hint}")


def _folders(model: InstalledModel) -> tuple[Path, Path]:
    return model.path.parent, places.cache() / "networks" / model.sha256[:32]


def _in(folder: Path) -> Networks:
    return Networks(folder / SEGMENTATION, folder / VOICE)


def _recorded(folder: Path, model: InstalledModel) -> _Record | None:
    """What a folder holds for these checkpoints, with files of the right size; their bytes are not read."""
    with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
        record = decode(read_regular(folder / RECORD), _Record)
        same = (record.version, record.converted_from) == (VERSION, _checkpoints(model))
        known = [file.name for file in record.files] == [SEGMENTATION, VOICE]
        if same and known and all((folder / file.name).stat().st_size == file.bytes for file in record.files):
            return record
    return None


def _checkpoints(model: InstalledModel) -> tuple[str, ...]:
    return (*(part.sha256 for part in model.parts), model.sha256)


def _converted(model: InstalledModel) -> dict[str, bytes]:
    """Both graphs, made in a process of its own, since native code reads weights and writes graphs."""
    sources = {SEGMENTATION: model.path.with_name(model.parts[0].name), VOICE: model.path}
    process = OwnProcess("the conversion", f"Get the model again: transcribe models pull {model.name}")
    try:
        return {
            name: process.call(partial(convert, name, source.absolute()), bytes, SECONDS, f"reading {source}")
            for name, source in sources.items()
        }
    finally:
        process.close()


def convert(name: str, checkpoint: Path) -> bytes:
    """A checkpoint as the ONNX file of that name.

    Raises:
        ModelError: It is damaged, or another network's.
        DependencyError: The package onnx is missing.
    """
    return GRAPHS[name](read_tensors(checkpoint))


def _written(folder: Path, model: InstalledModel, made: dict[str, bytes]) -> Networks:
    """The files in a folder; the record comes last, so that what it names is whole.

    Raises:
        OutputError: The folder cannot be written.
    """
    for name, content in made.items():
        _write(folder / name, content)
    files = [ModelFile(name, len(made[name]), sha256_of(folder / name)) for name in (SEGMENTATION, VOICE)]
    record = _Record(VERSION, _checkpoints(model), model.licence, (files[0], files[1]))
    _write(folder / RECORD, msgspec.json.format(msgspec.json.encode(record), indent=1))
    return _in(folder)


def _write(path: Path, content: bytes) -> None:
    with atomic_file(path) as handle:
        handle.write(content)
