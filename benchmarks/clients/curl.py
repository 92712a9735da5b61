"""curl, as in docs/serve.md."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator

from benchmarks.clients.parts import BEGINNING, Part, found


def tried(part: Part) -> Iterator[tuple[str, str]]:
    """The speech API, then a job."""
    program = found("curl")

    def ask(*arguments: str) -> str:
        command = [program, "--fail-with-body", "--silent", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    file = f"file=@{part.clip}"
    speech = f"{part.url}/audio/transcriptions"
    assert "00:00:0" in ask(speech, "-F", file, "-F", "response_format=srt")
    assert json.loads(ask(speech, "-F", file, "-F", "model=whisper-1"))["text"].startswith(BEGINNING)
    streamed = ask("-N", speech, "-F", file, "-F", "stream=true")
    assert "transcript.text.done" in streamed
    yield "curl: srt, json, stream (LocalAI's examples)", "answered"
    job = json.loads(ask(f"{part.url}/jobs", "-F", file, "-F", "language=en"))
    while json.loads(ask(f"{part.url}/jobs/{job['id']}"))["state"] != "done":
        time.sleep(0.2)
    assert ask(f"{part.url}/jobs/{job['id']}/results/vtt").startswith("WEBVTT")
    yield "curl: a job and its vtt", "answered"
