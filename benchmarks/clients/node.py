"""npm's `openai`, and the requests of LibreChat and AnythingLLM: see `node.mjs`."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg

from benchmarks.clients.parts import Part, found

HERE = Path(__file__).resolve().parent


def tried(part: Part) -> Iterator[tuple[str, str]]:
    """What `node.mjs` tells."""
    folder = installed(part.environment)
    webm = part.folder / "audio.webm"
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([ffmpeg, "-v", "error", "-i", str(part.clip), "-c:a", "libopus", str(webm)], check=True)
    shutil.copy(HERE / "node.mjs", folder)
    command = [found("node"), "node.mjs", part.url, str(part.clip), str(webm)]
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    for line in done.stdout.splitlines():
        said = json.loads(line)
        yield said["tried"], said["result"]


def installed(folder: Path) -> Path:
    """The folder with the packages of `package.json` in it."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "package.json").read_bytes()
    if not (folder / "package.json").exists() or (folder / "package.json").read_bytes() != wanted:
        shutil.copy(HERE / "package.json", folder)
        subprocess.run(
            [found("npm"), "install", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True
        )
    return folder
