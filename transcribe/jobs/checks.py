"""What `transcribe doctor` looks at: small functions that each find out one thing and load no model."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from transcribe.core import telemetry
from transcribe.core.config import Resolved, load
from transcribe.core.disk import free_bytes
from transcribe.core.errors import ModelError, TranscribeError
from transcribe.core.settings import Settings
from transcribe.jobs.assemble.memory import available_bytes, require_memory, size

if TYPE_CHECKING:
    from transcribe.engines.cards import Card

Status = Literal["ok", "note", "problem"]

LITTLE_DISK = 2_000_000_000
"""Bytes. An hour of recording takes 230 MB (16 kHz, 4 bytes a sample) while it is transcribed."""

_OF_EXTRA = re.compile(r"([\w.-]+)[^;]*;.*extra == ['\"]([\w-]+)['\"]")
"""A requirement of an extra, as the metadata of a package states it (core metadata, Requires-Dist)."""

FASTER_BUILD = "Recognition is half as fast again when the engine is built for this machine: make native"


@dataclass(frozen=True)
class Check:
    """What was found out about one thing.

    Attributes:
        status: `ok`; `note` for what could be better; `problem` for what keeps a job from running.
        advice: What to do about it; empty when there is nothing to do.
        exit_code: The exit code a job would end with; 0 unless there is a problem.
    """

    name: str
    status: Status
    detail: str
    advice: str = ""
    exit_code: int = 0


def run_checks(config_file: Path | None = None, profile: str | None = None) -> list[Check]:
    """Look at everything that a job needs, with the settings it would have."""
    resolved: Resolved | TranscribeError
    try:
        resolved = load({}, config_file, profile)
    except TranscribeError as error:
        resolved = error
    settings = Settings() if isinstance(resolved, TranscribeError) else resolved.settings
    return [
        check_python(),
        check_extras(),
        check_machine(),
        check_memory(),
        *_guarded("ffmpeg", lambda: check_ffmpeg(settings)),
        *_guarded("recogniser", lambda: check_recogniser(settings)),
        *_guarded("graphics card", lambda: check_cards(settings)),
        *_guarded("speech detector", check_detector),
        *_guarded("model", lambda: check_model(settings)),
        check_models(),
        check_model_folder(),
        *_guarded("work folder", check_work_folder),
        check_config(resolved),
        check_network(),
        check_seal(),
        *check_telemetry(),
    ]


def check_python() -> Check:
    """The interpreter and this program."""
    program = importlib.metadata.version("transcribe-offline")
    return Check("program", "ok", f"transcribe {program} on Python {platform.python_version()}")


def check_extras() -> Check:
    """Which optional parts of this program are installed."""
    found: dict[str, bool] = {}
    for line in importlib.metadata.requires("transcribe-offline") or ():
        match = _OF_EXTRA.match(line)
        if match:
            package, extra = match.groups()
            found[extra] = found.get(extra, True) and _is_installed(package)
    missing = sorted(extra for extra in found if not found[extra])
    here = ", ".join(sorted(extra for extra in found if found[extra])) or "none"
    if not missing:
        return Check("extras", "ok", here)
    detail = f"{here}; not installed: {', '.join(missing)}"
    return Check("extras", "ok", detail, f"If you want one: pip install 'transcribe-offline[{missing[0]}]'")


def _is_installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def check_machine() -> Check:
    """The system and its cores."""
    from transcribe.jobs.assemble.workers import cores

    return Check("machine", "ok", f"{platform.platform()}, {cores()} cores")


def check_memory() -> Check:
    """How much memory there is and how much of it is free."""
    import psutil

    total = psutil.virtual_memory().total
    return Check("memory", "ok", f"{size(available_bytes())} of {size(total)} available")


def check_ffmpeg(settings: Settings) -> Check:
    """Which ffmpeg would decode recordings, and whether it starts."""
    from transcribe.engines.ffmpeg import Ffmpeg

    found = Ffmpeg.find(settings.compute)
    version = found.version()
    if not version.startswith("ffmpeg version"):
        return Check("ffmpeg", "problem", f"{found.program.path} is not ffmpeg", found.program.hint, 7)
    return Check("ffmpeg", "ok", f"{version.partition(' Copyright')[0]} ({found.program.path})")


def check_recogniser(settings: Settings) -> Check:
    """The recognition engine that a job would use and, of whisper.cpp, what it was built with."""
    from transcribe.engines import ctranslate2, parakeet
    from transcribe.engines.whisper_cpp import built_for, identity, instructions, matrix_kernels
    from transcribe.jobs.assemble.choice import PARAKEET, WHISPER_CPP

    engine, reason = _engine(settings)
    if engine != WHISPER_CPP:
        packages = parakeet.identity() if engine == PARAKEET else ctranslate2.identity()
        return Check("recogniser", "ok", f"{packages}: {reason}")
    built_with = " ".join(instructions()) or "no special instructions"
    detail = f"{identity(built_for() or 'cpu')}, built with {built_with}: {reason}"
    if matrix_kernels() or platform.system() == "Darwin":
        return Check("recogniser", "ok", detail)
    return Check("recogniser", "note", f"{detail}; without a matrix library", FASTER_BUILD)


def check_cards(settings: Settings) -> Check:
    """The graphics cards of this machine, and whether the engine uses them."""
    from transcribe.engines.cards import UNKNOWN, has_nvidia, seen
    from transcribe.jobs.assemble.choice import CTRANSLATE2, WHISPER_CPP
    from transcribe.jobs.assemble.recognisers import RECOGNISERS

    there, (engine, _) = ", ".join(seen()), _engine(settings)
    found = RECOGNISERS[engine].find_cards()
    if engine == CTRANSLATE2 and not has_nvidia():  # what it does not drive is whisper.cpp's, if anybody's
        found = RECOGNISERS[WHISPER_CPP].find_cards()
    if not there and not found.cards:
        return Check("graphics card", "ok", "none seen")
    named = ", ".join(map(_card, found.cards))
    if found.cards in ((), UNKNOWN):
        named = there or named
    if found.problem:
        return Check("graphics card", "note", f"{named}, not used: {found.problem}", found.advice)
    asked = settings.compute.device
    if asked not in ("auto", found.device):
        return Check("graphics card", "note", f"{named}, not used: device is {asked}", "Use --device auto")
    if found.device not in RECOGNISERS[engine].drives:
        advice = f"Use --engine {WHISPER_CPP}, which drives it"
        return Check("graphics card", "note", f"{named}, not used: {engine} does not drive it", advice)
    return Check("graphics card", "ok", f"{named}, used by {engine} ({found.device})")


def _card(card: Card) -> str:
    memory = f" ({size(card.free_bytes)} of {size(card.total_bytes)} free)" if card.total_bytes else ""
    return card.name + memory


def check_detector() -> Check:
    """The speech detector: its weights and the library that runs them."""
    import numpy as np

    from transcribe.engines.silero import PACKAGE, WINDOW_SAMPLES, SileroDetector

    list(SileroDetector().probabilities([np.zeros(WINDOW_SAMPLES, np.float32)]))
    return Check("speech detector", "ok", f"{PACKAGE} {importlib.metadata.version(PACKAGE)}")


def check_model(settings: Settings) -> Check:
    """The model that a job would use, and whether memory is enough for it."""
    from transcribe.jobs.assemble.choice import choose, form_of_machine
    from transcribe.models.catalogue import RECOGNITION, catalogue, in_form
    from transcribe.models.given import is_path
    from transcribe.models.other_form import WHOLE, kept_as
    from transcribe.models.store import Store

    found = choose(settings, Store())
    model = found.model
    if not found.place.cards:
        require_memory(model)
    detail = f"{model.name} ({settings.recognise.model}), needs {size(model.memory_bytes)} of memory"
    form = form_of_machine(settings)
    if form != model.kind and model.kind in RECOGNITION and not is_path(settings.recognise.model):
        known = in_form(model.name, form) in catalogue()
        if known or kept_as(model) in WHOLE:
            advice = f"transcribe models {'pull' if known else 'convert'} {model.name}"
            return Check(
                "model", "note", detail, f"Get the form for the faster engine of this machine: {advice}"
            )
    return Check("model", "ok", detail)


def check_models() -> Check:
    """The models that are installed."""
    from transcribe.models.store import Store

    names = ", ".join(f"{model.name} ({size(model.bytes)})" for model in Store().installed())
    return Check("installed models", "ok", names or "none")


def check_model_folder() -> Check:
    """Where models are kept, and how much room there is."""
    from transcribe.core.places import models

    return _room("model folder", models())


def check_work_folder() -> Check:
    """Where unfinished work is kept, how much room there is, and whether it takes what a job does there.

    A job makes, writes, flushes, renames and locks files.

    Raises:
        OutputError: It does not.
    """
    import filelock

    from transcribe.core.disk import disk_errors
    from transcribe.core.files import private_folder, try_folder
    from transcribe.core.places import WORK_ENV, work_root

    root = work_root()
    with disk_errors(root, "writing into", f"Choose another work folder with {WORK_ENV}"):
        there = root.exists()
        private_folder(root)
        try_folder(root)
        try:
            with filelock.FileLock(root / ".doctor.lock", timeout=1):
                pass
        except (NotImplementedError, filelock.Timeout) as error:
            raise OSError(0, "files cannot be locked there") from error
        finally:
            (root / ".doctor.lock").unlink(missing_ok=True)
        if not there:
            root.rmdir()
    return _room("work folder", root)


def _room(name: str, folder: Path) -> Check:
    free = free_bytes(folder)
    detail = f"{folder}, {size(free)} free"
    if free < LITTLE_DISK:
        advice = "Make room; an hour of recording needs 230 MB while it is transcribed"
        return Check(name, "note", detail, advice)
    return Check(name, "ok", detail)


def check_config(resolved: Resolved | TranscribeError) -> Check:
    """The config files that are read, and whether they make sense."""
    if isinstance(resolved, TranscribeError):
        return _problem("config", resolved)
    files = ", ".join(map(str, resolved.files)) or "no config file"
    profile = f", profile {resolved.profile}" if resolved.profile else ""
    if resolved.warnings:
        return Check("config", "note", files + profile, " ".join(resolved.warnings))
    return Check("config", "ok", files + profile)


def check_network() -> Check:
    """What leaves this machine."""
    detail = "not used but by `transcribe models pull`, and by a webhook or a model server that you name"
    return Check("network", "ok", detail)


def check_seal() -> Check:
    """What `--sealed` reaches here."""
    from transcribe.core.seal import filter as kernel

    try:
        kernel.check()
    except kernel.Unavailable as error:
        return Check("seal", "note", f"--sealed holds Python code only, no programs such as ffmpeg: {error}")
    return Check("seal", "ok", "--sealed keeps every process of a run from the network (seccomp)")


def check_telemetry() -> Iterator[Check]:
    """What dependencies would tell others, and what one of them has kept to tell."""
    switches = " ".join(f"{switch.variable}={switch.value}" for switch in telemetry.SWITCHES)
    yield Check("telemetry", "ok", f"of dependencies is off: {switches}")
    if (folder := telemetry.queue()) is not None:
        detail = f"onnxruntime kept events of earlier runs, of this program or another, in {folder}"
        yield Check("telemetry queue", "note", detail, f"Remove them: rm -r {shlex.quote(str(folder))}")


def _engine(settings: Settings) -> tuple[str, str]:
    """The engine of a job, and why; where no model is installed, the one of this machine."""
    from transcribe.jobs.assemble.choice import choose, engine_of_machine
    from transcribe.jobs.assemble.device import AUTO
    from transcribe.models.store import Store

    try:
        found = choose(settings, Store())
    except ModelError:
        asked = settings.recognise.engine
        return engine_of_machine(settings) if asked == AUTO else (asked, "asked for")
    return found.engine, found.reason


def _guarded(name: str, check: Callable[[], Check]) -> Iterator[Check]:
    try:
        yield check()
    except TranscribeError as error:
        yield _problem(name, error)


def _problem(name: str, error: TranscribeError) -> Check:
    return Check(name, "problem", error.what, error.hint, error.exit_code)
