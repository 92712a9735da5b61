"""Open WebUI itself: signed in, recordings handed to its microphone's address; a large one goes in pieces."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import imageio_ffmpeg
import psutil

from benchmarks.clients.node import installed
from benchmarks.clients.parts import BEGINNING, PATIENCE_S, Part, environment_of, free_port, listens, running
from benchmarks.serve import SAMPLE

LOOPS, LOOP_S, SPEECH_S = 10, 552, 20
"""92 minutes: at 32 kbit/s, which Open WebUI makes of it, over 20 MiB; a piece may have that."""

SETTINGS = {
    "WEBUI_AUTH": "False",
    "WEBUI_SECRET_KEY": "none",
    "OFFLINE_MODE": "true",
    "HF_HUB_OFFLINE": "1",
    "ENABLE_PERSISTENT_CONFIG": "False",
    "ENABLE_OLLAMA_API": "False",
    "ENABLE_OPENAI_API": "False",
    "RAG_EMBEDDING_ENGINE": "openai",
    "AUDIO_STT_ENGINE": "openai",
    "AUDIO_STT_OPENAI_API_KEY": "any",
    "AUDIO_STT_MODEL": "whisper-1",
    "AIOHTTP_CLIENT_TIMEOUT": "",
}


def tried(part: Part) -> Iterator[tuple[str, str]]:
    """A clip, an error, and 92 minutes."""
    python = environment_of(part.environment, "torch==2.13.0", "open-webui")
    programs = _programs(part)
    port = free_port()
    settings = SETTINGS | {
        "AUDIO_STT_OPENAI_API_BASE_URL": part.url,
        "DATA_DIR": str(part.folder / "webui"),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
    }
    command = [str(python.parent / "open-webui"), "serve", "--host", "127.0.0.1", "--port", str(port)]
    log = part.folder / "webui.log"
    with (
        running(command, log, lambda: listens(port), settings),
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=None) as client,
    ):
        version = _signed_in(client)
        who = f"Open WebUI {version}"
        text = _asked(client, part.clip, "audio/wav")
        assert text.startswith(BEGINNING), text
        yield f"{who}: a clip of 6 s", "its text"

        before = len(_speech(part))
        with part.clip.open("rb") as file:
            form = {"file": ("clip.wav", file, "audio/wav")}
            refused = client.post("/api/v1/audio/transcriptions", files=form, data={"language": "tlh"})
        assert refused.status_code == 200, refused.text
        assert len(_speech(part)) == before + 2, "what is refused is sent again without its language"
        yield f"{who}: a language that is none", "asks again without it; its text"

        long = _long(part.folder)
        before, started = len(_speech(part)), time.monotonic()
        family = psutil.Process(part.server.process.pid)
        text = _asked(client, long, "audio/mpeg")
        took, pieces = time.monotonic() - started, _speech(part)[before:]
        assert text.count(BEGINNING) == LOOPS, text
        assert len(pieces) > 1, pieces
        assert all(" 200 " in each for each in pieces), pieces
        memory = family.memory_info().rss / 1e6
        size = long.stat().st_size / 1e6
        minutes = LOOPS * LOOP_S / 60
        yield (
            f"{who}: an MP3 of {size:.0f} MB and {minutes:.0f} minutes, {LOOPS * SPEECH_S} s of them speech",
            f"{len(pieces)} pieces in parallel, every passage in the text; {took:.0f} s, "
            f"the server {memory:.0f} MB",
        )


def _programs(part: Part) -> Path:
    """A folder with ffmpeg and ffprobe, which it needs."""
    folder = part.folder / "programs"
    folder.mkdir()
    (folder / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    if shutil.which("ffprobe") is None:
        packages = installed(part.environment.parent / "node") / "node_modules"
        (folder / "ffprobe").symlink_to(next(packages.glob("@ffprobe-installer/*/ffprobe")))
    return folder


def _signed_in(client: httpx2.Client) -> str:
    """Sign in as its only user; its version."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            answer = client.post("/api/v1/auths/signin", json={"email": "", "password": ""})
            break
        except httpx2.TransportError:
            assert time.monotonic() < until
            time.sleep(0.5)
    answer.raise_for_status()
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    return str(client.get("/api/version").json()["version"])


def _asked(client: httpx2.Client, path: Path, kind: str) -> str:
    with path.open("rb") as file:
        answer = client.post("/api/v1/audio/transcriptions", files={"file": (path.name, file, kind)})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["text"])


def _speech(part: Part) -> list[str]:
    return [each for each in part.log() if "/v1/audio/transcriptions" in each]


def _long(folder: Path) -> Path:
    """Speech, then silence, again and again."""
    ffmpeg, one, path = imageio_ffmpeg.get_ffmpeg_exe(), folder / "one.wav", folder / "long.mp3"
    cut = [ffmpeg, "-v", "error", "-t", str(SPEECH_S), "-i", str(SAMPLE), "-af", f"apad=whole_dur={LOOP_S}"]
    subprocess.run([*cut, "-ar", "22050", "-ac", "1", str(one)], check=True)
    again = [ffmpeg, "-v", "error", "-stream_loop", str(LOOPS - 1), "-i", str(one), "-b:a", "48k"]
    subprocess.run([*again, str(path)], check=True)
    return path
