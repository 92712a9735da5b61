"""The store: where models live on this machine, one folder each, and which one a name means."""

from __future__ import annotations

import difflib
import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import filelock
import msgspec

from transcribe.core import disk, places
from transcribe.core.errors import ModelError
from transcribe.core.files import make_folder, sync_folder
from transcribe.core.reading import open_regular, read_regular, real
from transcribe.models.catalogue import Kind, ModelFile, catalogue, in_form
from transcribe.models.ctranslate2 import read_weights
from transcribe.models.digest import remembered_sha256, sha256_of
from transcribe.models.ggml import Shape, check_structure, read_header
from transcribe.models.gguf_file import read_gguf
from transcribe.models.identify import FileKind, identify

RECORD = "model.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
AUTO = "auto"
CARD_BYTES = 1 << 16
"""Of a model card; its facts stand at the beginning."""

PURPOSES: dict[Kind, str] = {
    "whisper": "recognition with whisper.cpp",
    "ctranslate2": "recognition with ctranslate2",
    "llm": "writing notes",
    "speakers": "telling speakers apart",
}


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


@dataclass(frozen=True)
class Origin:
    """What is known of weights by their digest.

    Attributes:
        name: The model that has them.
        licence: SPDX identifier, or empty when not known.
    """

    name: str = ""
    licence: str = ""


class Store:
    """The models of one folder.

    Args:
        root: The folder; by default `TRANSCRIBE_MODELS_DIR`, else `models` in the user's data folder.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or places.models()

    def installed(self) -> tuple[InstalledModel, ...]:
        """Every installed model: the catalogue's in its order, then imported ones, the largest first."""
        models = [model for folder in self._folders() if (model := _read(folder))]
        order = {name: rank for rank, name in enumerate(catalogue())}
        return tuple(sorted(models, key=lambda model: (order.get(model.name, len(order)), -model.bytes)))

    def find(self, name: str, kind: Kind = "whisper") -> InstalledModel:
        """The model that `name` means: `auto` for the best installed, a name, or a path.

        A name of the catalogue means weights, in the form that is asked for: `base` is `base-ct2` for
        CTranslate2. A path is that of a ggml file, of a folder for CTranslate2, of a GGUF file for notes.
        Does not read the weights of an installed model: see `check_before_load`.

        Raises:
            ModelError: There is none, it is not installed, or it is for something else.
        """
        if name == AUTO:
            return self._best(kind)
        if is_path(name):
            path = Path(name).expanduser()
            if kind == "llm":
                return by_gguf(path)
            return by_folder(path) if kind == "ctranslate2" else by_path(path)
        model = self.get(in_form(name, kind))
        if model.kind != kind:
            raise ModelError(
                f"the model {name} is the wrong kind for {PURPOSES[kind]}: it is for {PURPOSES[model.kind]}",
                "Choose another engine with --engine"
                if not {"llm", "speakers"} & {kind, model.kind}
                else "See what there is with: transcribe models list",
            )
        return model

    def origin(self, sha256: str) -> Origin:
        """The model, published or installed, whose file has this digest; nothing known where there is none.

        What was converted from another one is known by that one's name.
        """
        found = published(sha256)
        if not found.name and sha256:
            for model in self.installed():
                if model.sha256 == sha256:
                    return Origin(model.made_from or model.name, model.licence)
        return found

    def get(self, name: str) -> InstalledModel:
        """The installed model with this name, whatever it is for.

        Raises:
            ModelError: It is not installed.
        """
        model = _read(self.root / name) if NAME.fullmatch(name) else None
        if model is not None:
            return model
        if name in catalogue():
            raise ModelError(f"the model {name} is not installed", f"Run: transcribe models pull {name}")
        raise ModelError(f"there is no model called {name!r}", self._nearest(name))

    def path(self, name: str) -> Path:
        """The file of an installed model.

        Raises:
            ModelError: It is not installed.
        """
        return self.get(name).path

    def verify(self, model: InstalledModel) -> None:
        """Read the whole file of a model and compare it with what was installed.

        Raises:
            ModelError: It is missing, truncated or altered.
        """
        check_before_load(model)

    def remove(self, name: str) -> None:
        """Delete an installed model.

        Raises:
            ModelError: It is not installed.
            OutputError: It cannot be deleted.
        """
        model = self.get(name)
        with self.lock(name), disk_errors(model.path.parent, "removing"):
            gone = self.root / f".removed-{name}"
            shutil.rmtree(gone, ignore_errors=True)
            model.path.parent.rename(gone)
            shutil.rmtree(gone)

    def lock(self, name: str) -> filelock.FileLock:
        """A lock between processes on one name."""
        with disk_errors(self.root, "making the folder"):
            make_folder(self.root)
        return filelock.FileLock(str(self.root / f".{name}.lock"))

    def scratch(self, name: str) -> Path:
        """A folder of this store for what is needed while a model is being made; kept after a kill.

        The caller holds the lock on the name, and removes the folder once the model is installed.
        """
        folder = self.root / f".incoming-{name}"
        with disk_errors(folder, "making the folder"):
            make_folder(folder)
        return folder

    def install(self, record: Record, file: Path) -> InstalledModel:
        """Move a verified file into place; the model appears whole or not at all.

        The caller holds the lock on the name.

        Args:
            record: What is known of it.
            file: The file, in a folder of this store; its parts lie beside it.

        Raises:
            OutputError: It cannot be written.
        """
        folder, staging = self.root / record.name, self.root / f".staging-{record.name}"
        with disk_errors(folder, "installing"):
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir()
            file.replace(staging / record.file)
            for part in record.parts:
                file.with_name(part.name).replace(staging / part.name)
            (staging / RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))
            _flush(*staging.iterdir())
            if folder.exists():
                replaced = self.root / f".removed-{record.name}"
                shutil.rmtree(replaced, ignore_errors=True)
                folder.rename(replaced)
                shutil.rmtree(replaced)
            staging.rename(folder)
            sync_folder(self.root)
        return _as_installed(folder, record)

    def _folders(self) -> list[Path]:
        if not self.root.is_dir():
            return []
        return sorted(path for path in self.root.iterdir() if NAME.fullmatch(path.name))

    def _best(self, kind: Kind) -> InstalledModel:
        for model in self.installed():
            if model.kind == kind:
                return model
        if kind == "llm":
            raise ModelError("no language model is installed", "Run: transcribe models pull qwen3-4b")
        if kind == "speakers":
            raise ModelError(
                "the model that tells speakers apart is not installed", "Run: transcribe models pull speakers"
            )
        if kind == "ctranslate2":
            raise ModelError(
                "no model for ctranslate2 is installed",
                "Run: transcribe models pull base-ct2 (or large-v3-turbo-ct2, slower and far more accurate)",
            )
        raise ModelError(
            "no model for recognition is installed",
            "Run: transcribe models pull base (or large-v3-turbo-q8_0, slower and far more accurate)",
        )

    def _nearest(self, name: str) -> str:
        names = [*catalogue(), *(model.name for model in self.installed())]
        near = difflib.get_close_matches(name, dict.fromkeys(names), n=3)
        meant = f"Did you mean {' or '.join(near)}? " if near else ""
        return f"{meant}See what there is with: transcribe models list"


def is_path(name: str) -> bool:
    """Whether what was given as a model is meant as a path, not as a name."""
    separators = tuple(filter(None, (os.sep, os.altsep)))
    return name.endswith((".bin", ".gguf")) or any(part in name for part in separators)


def by_path(path: Path) -> InstalledModel:
    """The model in a ggml file somewhere on this machine.

    Raises:
        ModelError: There is none, it is another kind of file, or a damaged copy of a published one.
    """
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
        licence=Store().origin(sha256).licence,
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


def by_gguf(path: Path) -> InstalledModel:
    """The language model in a GGUF file somewhere on this machine.

    Raises:
        ModelError: There is none, or it is damaged.
    """
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


def by_folder(path: Path) -> InstalledModel:
    """The CTranslate2 model in a folder somewhere on this machine.

    Raises:
        ModelError: There is none, or a file it needs is missing.
    """
    weights = path / "model.bin"
    shape = read_weights(path).shape
    vocabularies = [path / f"vocabulary.{suffix}" for suffix in ("json", "txt")]
    if not (path / "tokenizer.json").is_file() or not any(file.is_file() for file in vocabularies):
        raise ModelError(
            f"the CTranslate2 model {path} is not complete",
            "It needs model.bin, config.json, tokenizer.json and vocabulary.json or vocabulary.txt",
        )
    size, sha256 = weights.stat().st_size, remembered_sha256(weights)
    return InstalledModel(
        name=real(path).name,
        path=weights.absolute(),
        sha256=sha256,
        bytes=size,
        kind="ctranslate2",
        multilingual=shape.multilingual,
        alignment="",
        licence=Store().origin(sha256).licence or card_licence(path),
        memory_bytes=memory_need(size, shape),
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


def check_before_load(model: InstalledModel) -> None:
    """Make sure that a model's files are what they should be, byte for byte, before an engine reads them.

    whisper.cpp crashes on some damaged files and transcribes nonsense with others.

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
    if size != model.bytes or sha256_of(model.path) != model.sha256:
        raise ModelError(
            f"the model {model.name} is altered: {model.path} has changed since it was installed", again
        )
    for part in model.parts:
        path = model.path.with_name(part.name)
        if not path.is_file() or sha256_of(path) != part.sha256:
            raise ModelError(
                f"the model {model.name} is altered: {path} has changed since it was installed", again
            )


_FORMS = {
    "llm": FileKind.GGUF,
    "ctranslate2": FileKind.CTRANSLATE2,
    "speakers": FileKind.PYTORCH,
}
"""What the file of a kind of model has to be; ggml files are looked at more closely."""


def _how_to_get_again(model: InstalledModel) -> str:
    if not (model.path.parent / RECORD).is_file():
        return f"Get the file {model.path} again"
    get = "pull" if model.name in catalogue() else "import FILE --name"
    return f"Get it again: transcribe models remove {model.name} && transcribe models {get} {model.name}"


def memory_need(file_bytes: int, shape: Shape) -> int:
    """Memory to run one 30-second window with whisper.cpp, in bytes: weights and what the shape needs.

    Fitted to measurements of tiny.en, base and large-v3's shape; see docs/models.md.
    """
    caches = (
        2 * 2 * shape.text_layers * (shape.audio_ctx + shape.text_ctx) * shape.text_state
    )  # f16 keys and values
    buffers = 40_000_000 + 45_000 * shape.audio_state
    return file_bytes + caches + buffers


disk_errors = partial(
    disk.disk_errors, elsewhere="Models may live elsewhere: set TRANSCRIBE_MODELS_DIR to a folder"
)
"""What the operating system says about the store, as an OutputError."""


def _read(folder: Path) -> InstalledModel | None:
    """The model of a folder; None where there is no readable record."""
    with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
        record = msgspec.json.decode(read_regular(folder / RECORD), type=Record)
        names = (record.file, *(part.name for part in record.parts))
        if all(Path(name).name == name for name in names):
            return _as_installed(folder, record)
    return None


def published(sha256: str) -> Origin:
    """The catalogue's model whose file has this digest, as it is published or as it is converted here."""
    for model in catalogue().values():
        converted = model.index.converted_sha256 if model.index else ""
        if sha256 and sha256 in (model.file.sha256, converted):
            return Origin(model.name, model.licence)
    return Origin()


def _as_installed(folder: Path, record: Record) -> InstalledModel:
    parent = published(record.converted_from)  # older records say nothing more of it
    return InstalledModel(
        name=folder.name,
        path=folder / record.file,
        sha256=record.sha256,
        bytes=record.bytes,
        kind=record.kind,
        multilingual=record.multilingual,
        alignment=record.alignment,
        licence=record.licence or parent.licence,
        memory_bytes=record.memory_bytes,
        parts=record.parts,
        made_from=record.made_from or (parent.name if parent.name != record.name else ""),
    )


def _flush(*paths: Path) -> None:
    """A rename must not reach the disk before the bytes do."""
    for path in paths:
        with open_regular(path) as handle:  # it may be a link to a file that is not to be written
            os.fsync(handle.fileno())
