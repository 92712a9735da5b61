"""Media files made by the real ffmpeg, stub programs, and the real ffmpeg itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import pytest
from shelf import Shelf

from transcribe.core.settings import ComputeSettings
from transcribe.engines.ffmpeg import Ffmpeg

MakeMedia = Callable[..., Path]
MakeStub = Callable[[str], str]

SHARED_AUDIO = Path(__file__).resolve().parents[3] / "shared" / "audio"


@pytest.fixture(scope="session")
def ffmpeg() -> Ffmpeg:
    return Ffmpeg.find(ComputeSettings())


@pytest.fixture(scope="session")
def made() -> dict[tuple[str, ...], bytes]:
    """What ffmpeg has made out of nothing for other tests, under its name and arguments."""
    return {}


@pytest.fixture
def make_media(tmp_path: Path, made: dict[tuple[str, ...], bytes]) -> MakeMedia:
    """Run the real ffmpeg: `make_media("a.mp3", "-f", "lavfi", "-i", "sine")`; a sine of 1 s by default."""

    def make(name: str, *arguments: str) -> Path:
        path = tmp_path / name
        source = arguments or ("-f", "lavfi", "-i", "sine=frequency=440:duration=1")
        if kept := made.get((name, *source)):
            path.write_bytes(kept)
            return path
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *source, f"file:{path}"]
        subprocess.run(command, check=True, capture_output=True)
        if not any(os.path.exists(each) for each in source):  # noqa: PTH110 - an argument may be too long for a path
            made[name, *source] = path.read_bytes()
        return path

    return make


@pytest.fixture
def make_stub(tmp_path: Path) -> MakeStub:
    """A shell script that stands in for ffmpeg."""

    def make(script: str) -> str:
        path = tmp_path / "stub-ffmpeg"
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        return str(path)

    return make


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A folder for documents, and an archive of them."""
    return Shelf(tmp_path)


@pytest.fixture
def shared_audio() -> Callable[[str], Path]:
    """Find a recording of the shared collection."""

    def find(name: str) -> Path:
        path = SHARED_AUDIO / name
        if not path.is_file():
            pytest.skip(f"{name} is not in ../shared/audio")
        return path

    return find
