"""The store: where models live on this machine, one folder each, and which one a name means."""

from __future__ import annotations

import difflib
import os
import re
import shutil
from contextlib import suppress
from functools import partial
from pathlib import Path

import filelock
import msgspec

from transcribe.core import disk, places
from transcribe.core.decoding import decode
from transcribe.core.errors import ModelError
from transcribe.core.files import make_folder, sync_folder
from transcribe.core.reading import open_regular, read_regular
from transcribe.models.catalogue import (
    RECOGNITION,
    SPEECH,
    Kind,
    Origin,
    catalogue,
    in_form,
    published,
    weights_name,
)
from transcribe.models.given import form_at, is_path, model_at
from transcribe.models.installed import RECORD, InstalledModel, Record, check_whole

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
AUTO = "auto"

PURPOSES: dict[Kind, str] = {
    "whisper": "recognition with whisper.cpp",
    "ctranslate2": "recognition with ctranslate2",
    "parakeet": "recognition with parakeet",
    "llm": "writing notes",
    "speakers": "telling speakers apart",
}


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
        order: dict[str, int] = {}
        for name in catalogue():
            order.setdefault(weights_name(name), len(order))

        def rank(model: InstalledModel) -> tuple[int, int, str, int]:
            weights = weights_name(model.name)
            if weights in order:
                return (
                    order[weights],
                    0,
                    "",
                    RECOGNITION.index(model.kind) if model.kind in RECOGNITION else 0,
                )
            return len(order), -model.bytes, model.name, 0

        return tuple(sorted(models, key=rank))

    def find(self, name: str, kind: Kind = "whisper") -> InstalledModel:
        """The model that `name` means: `auto` for the best installed, a name, or a path.

        A name means weights, in the form that is asked for: `base` is `base-ct2` for CTranslate2. A path is
        that of a ggml file, of a folder for CTranslate2 or Parakeet, of a GGUF file for notes.
        Does not read the weights of an installed model: see `check_before_load`.

        Raises:
            ModelError: There is none, it is not installed, or it is for something else.
        """
        if name == AUTO:
            return self._best(kind)
        if is_path(name):
            return model_at(places.expanded(name), kind, self.origin)
        model = self._read(in_form(name, kind)) or self.get(name)
        if model.kind == kind:
            return model
        if {kind, model.kind} <= set(RECOGNITION):
            raise ModelError(
                f"the model {name} is not installed in the form for {PURPOSES[kind]}",
                f"Run: transcribe models convert {weights_name(name)}; or choose another --engine",
            )
        by_engine = {kind, model.kind} <= set(SPEECH)
        raise ModelError(
            f"the model {name} is the wrong kind for {PURPOSES[kind]}: it is for {PURPOSES[model.kind]}",
            "Use --engine auto" if by_engine else "See what there is with: transcribe models list",
        )

    def forms(self, name: str) -> dict[Kind, InstalledModel]:
        """The installed forms of a model: `auto` for the best installed Whisper model, a name, or a path.

        A path, and a form's own name (`base-ct2`), mean that form alone.

        Raises:
            ModelError: There is none, or it is for something else.
        """
        if name != AUTO and is_path(name):
            kind = form_at(places.expanded(name))
            return {kind: self.find(name, kind)}
        if name == AUTO:
            models = [model for model in self.installed() if model.kind in RECOGNITION]
            name = weights_name((models or [self.find(name)])[0].name)
        forms = {model.kind: model for model in self.named(name) if model.kind in SPEECH}
        return forms or {"whisper": self.find(name)}

    def named(self, name: str) -> list[InstalledModel]:
        """The installed models that a name means: every form of one; a form's own name means that alone.

        Raises:
            ModelError: There is none.
        """
        forms = [in_form(name, kind) for kind in RECOGNITION]
        names = forms if name == weights_name(name) else [name]
        return [model for each in names if (model := self._read(each))] or [self.get(name)]

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
        if model := self._read(name):
            return model
        if name in catalogue():
            raise ModelError(f"the model {name} is not installed", f"Run: transcribe models pull {name}")
        raise ModelError(f"there is no model called {name!r}", self._nearest(name))

    def verify(self, model: InstalledModel) -> None:
        """Read the whole file of a model and compare it with what was installed.

        Raises:
            ModelError: It is missing, truncated or altered.
        """
        check_whole(model)

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

    def _read(self, name: str) -> InstalledModel | None:
        return _read(self.root / name) if NAME.fullmatch(name) else None

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
        if kind == "parakeet":
            raise ModelError(
                "no Parakeet model is installed", "Run: transcribe models pull parakeet-tdt-0.6b-v3"
            )
        raise ModelError(
            f"no model for {PURPOSES[kind] if self.installed() else 'recognition'} is installed",
            "Run: transcribe models pull base (or large-v3-turbo, slower and far more accurate)",
        )

    def _nearest(self, name: str) -> str:
        names = [*catalogue(), *(model.name for model in self.installed())]
        near = difflib.get_close_matches(name, dict.fromkeys(names), n=3)
        meant = f"Did you mean {' or '.join(near)}? " if near else ""
        return f"{meant}See what there is with: transcribe models list"


disk_errors = partial(
    disk.disk_errors, elsewhere="Models may live elsewhere: set TRANSCRIBE_MODELS_DIR to a folder"
)
"""What the operating system says about the store, as an OutputError."""


def _read(folder: Path) -> InstalledModel | None:
    """The model of a folder; None where there is no readable record."""
    with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
        record = decode(read_regular(folder / RECORD), Record)
        names = (record.file, *(part.name for part in record.parts))
        if all(Path(name).name == name for name in names):
            return _as_installed(folder, record)
    return None


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
