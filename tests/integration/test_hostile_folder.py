"""A current folder full of modules and programs that must not run, and every command in it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from desk import Desk

from transcribe.cli.root import COMMANDS

PROGRAM = Path(sys.executable).with_name("transcribe")

PACKAGES = (
    "_pywhispercpp", "click", "cryptography", "ctranslate2", "dask", "distributed", "ffmpeg",
    "filelock", "gguf", "onnx_asr",
    "huggingface_hub", "imageio_ffmpeg", "jinja2", "llama_cpp", "msgspec", "multipart", "numpy",
    "onnxruntime", "phonenumbers", "pip", "platformdirs", "psutil", "pydub", "python_multipart",
    "pywhispercpp", "regex", "rich", "setuptools", "sitecustomize", "sse_starlette",
    "starlette", "stdnum", "tokenizers", "tomli", "torch", "tornado", "transcribe",
    "usercustomize", "uvicorn", "watchfiles", "yaml",
)  # fmt: skip
PROGRAMS = ("ffmpeg", "ffprobe", "uname", "cc", "gcc", "git", "python", "python3", "sh", "file", "ldconfig")

CALLS = {
    "run": ("clip.wav", "-o", "out"),
    "batch": ("clip.wav", "-o", "out"),
    "make": ("make", "stamp", "stamp"),
    "cluster": ("cluster", "init", "certs"),
    "watch": ("watch", "in", "--out", "watched", "--once", "--settle", "0.1", "--min-free", "0"),
    "multitrack": ("multitrack", "clip.wav", "clip2.wav", "-o", "out"),
    "eval": ("eval", "reference.txt", "reference.txt"),
    "lint": ("lint", "cues.srt"),
    "keys": ("keys", "new", "sign.key"),
    "verify": ("verify", "."),
    "purge": ("purge", "document.json", "--dry-run"),
    "render": ("render", "document.json", "-o", "rendered", "-f", "page"),
    "rename": ("rename", "document.json", "A=B"),
    "corrections": ("corrections", "export", "document.json"),
    "policy": ("policy", "check", "document.json", "--policy", "policy.toml"),
    "archive": ("archive", "add", "document.json", "--archive", "archive"),
    "search": ("search", "sea", "--archive", "archive"),
    "redact": ("redact", "document.json", "--words", "times", "-o", "redacted"),
    "review": ("review", "document.json", "--policy", "policy.toml", "--list"),
    "templates": ("templates", "list"),
    "models": ("models", "list"),
    "llm": ("llm", "list"),
    "voices": ("voices", "list"),
    "formats": ("formats",),
    "config": ("config", "show"),
    "doctor": ("doctor",),
    "bench": ("bench", "--help"),
    "serve": (
        "serve",
        "--data",
        "served",
        "--host",
        "192.0.2.1",
        "--model",
        "tiny.en",
    ),  # not ours to listen on
    "completion": ("completion", "bash"),
}
"""How each command is called. What it answers does not matter here, but that it gets to its work does."""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not PROGRAM.exists(), reason="run the suite from a virtual environment: make test"),
]


@pytest.fixture
def trap(used_desk: Desk) -> Path:
    """What is there once anything of the folder has run."""
    folder, trap = used_desk.folder, used_desk.folder.parent / "sprung"
    for name in {*sys.stdlib_module_names, *PACKAGES}:
        (folder / f"{name}.py").write_text(
            f"open({str(trap)!r}, 'a').write({name + ' '!r})\nraise SystemExit(66)\n"
        )
    for name in PROGRAMS:
        program = folder / name
        program.write_text(f"#!/bin/sh\necho {name} >> '{trap}'\nexit 66\n")
        program.chmod(0o755)
    (folder / "in").mkdir()
    (folder / "reference.txt").write_text("It was the best of times.\n")
    (folder / "policy.toml").write_text(
        'version = 1\nname = "x"\n[[rules]]\nid = "a"\ntitle = "A"\npersonal = ["phone"]\nwords = ["bee"]\n'
    )
    (folder / "cues.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHi.\n")
    (folder / "clip2.wav").write_bytes((folder / "clip.wav").read_bytes())
    return trap


def test_every_command_is_called_here() -> None:
    assert CALLS.keys() == COMMANDS.keys()


@pytest.mark.parametrize("command", CALLS)
def test_no_command_runs_anything_of_the_current_folder(used_desk: Desk, trap: Path, command: str) -> None:
    search = os.pathsep.join(["", ".", *os.environ.get("PATH", os.defpath).split(os.pathsep), ""])
    model = ("--model", "tiny.en") if command in ("run", "batch", "make", "watch", "multitrack") else ()
    outcome = used_desk.run(*CALLS[command], *model, environment={"PATH": search}, program=(str(PROGRAM),))
    assert not trap.exists(), trap.read_text()
    assert outcome.code != 66
    assert "this is a bug" not in outcome.stderr
