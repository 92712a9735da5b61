"""`wyoming-openai`, through which Home Assistant asks: see `wyoming_client.py`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import imageio_ffmpeg

from benchmarks.clients.parts import BEGINNING, Part, environment_of, free_port, listens, running

CLIENT = Path(__file__).with_name("wyoming_client.py")
PYTHONS = ("python3.12", "python3.13", "python3.14")
"""wyoming-openai needs 3.12."""


def tried(part: Part) -> Iterator[tuple[str, str]]:
    """A whole text, and one in pieces."""
    python = environment_of(part.environment, "wyoming-openai", pythons=PYTHONS)
    port = free_port()
    command = [str(python), "-m", "wyoming_openai", "--uri", f"tcp://127.0.0.1:{port}", "--languages", "en"]
    command += ["--stt-openai-key", "any", "--stt-openai-url", part.url, "--stt-models", "whisper-1"]
    command += ["gpt-4o-transcribe", "--stt-streaming-models", "gpt-4o-transcribe"]
    pcm = part.folder / "pcm.wav"
    convert = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(part.clip), "-ar", "16000"]
    subprocess.run([*convert, "-ac", "1", str(pcm)], check=True)
    with running(command, part.folder / "bridge.log", lambda: listens(port)):
        done = subprocess.run([python, "-P", CLIENT, str(port), pcm], check=True, stdout=subprocess.PIPE)
    told = json.loads(done.stdout)
    assert all(each["text"].startswith(BEGINNING) for each in told.values()), told
    streamed = told["gpt-4o-transcribe"]
    assert "".join(streamed["pieces"]) == streamed["text"], streamed
    assert not told["whisper-1"]["pieces"], told
    version = next(
        iter(distributions(name="wyoming-openai", path=[str(_packages(part.environment))]))
    ).version
    yield (
        f"wyoming-openai {version}: a Wyoming client sends 16 kHz PCM",
        "transcript; in pieces where it streams",
    )


def _packages(environment: Path) -> Path:
    return next(environment.glob("lib/*/site-packages"))
