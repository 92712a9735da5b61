"""The proxies of docs/serve.md as they stand there, with a certificate, in front of the server."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
from openai import OpenAI

from benchmarks.clients.parts import BEGINNING, PATIENCE_S, Part, found, free_port, listens, running
from benchmarks.serve import ROOT, cut

NAME = "localhost"
"""What the proxy is called here, in the place of studio.example."""

SPEECH = "/v1/audio/transcriptions"

LEAST_EARLIER_S = 0.5

LARGE_S, LARGE = 1200, ("-ar", "44100", "-ac", "2")
"""A recording of some 200 MB, nearly all of it silence."""


def tried(part: Part) -> Iterator[tuple[str, str]]:
    """Each proxy that is installed here."""
    certificate, key = part.folder / "certificate.pem", part.folder / "key.pem"
    command = [found("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    snippets = re.findall(
        r"```(nginx|caddy)\n(.*?)```", (ROOT / "docs" / "serve.md").read_text("utf-8"), re.S
    )
    assert {each for each, _ in snippets} == {"nginx", "caddy"}
    for number, (name, snippet) in enumerate(snippets):
        program, port = found(name), free_port()
        upstream = part.server.url.removeprefix("http://")
        said = snippet.replace("127.0.0.1:8771", upstream)
        folder = part.folder / name
        folder.mkdir()
        made = _nginx if name == "nginx" else _caddy
        command = [program, *made(folder, said, certificate, key, port)]
        with running(command, folder / "log", lambda port=port: listens(port), {"HOME": str(folder)}):  # type: ignore[misc]
            yield from _through(part, f"{name} {_version(program)}", port, certificate, number)


def _nginx(folder: Path, snippet: str, certificate: Path, key: Path, port: int) -> list[str]:
    said = snippet.replace("studio.example", NAME).replace("listen 443", f"listen 127.0.0.1:{port}")
    said = re.sub(r"(ssl_certificate +).*;", rf"\1{certificate};", said)
    said = re.sub(r"(ssl_certificate_key +).*;", rf"\1{key};", said)
    places = "".join(
        f"{each}_temp_path {folder};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {places}\n{said}\n}}\n"
    )
    return ["-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]


def _caddy(folder: Path, snippet: str, certificate: Path, key: Path, port: int) -> list[str]:
    said = snippet.replace("studio.example {", f"https://{NAME}:{port} {{\n    tls {certificate} {key}\n")
    (folder / "Caddyfile").write_text(f"{{\n    admin off\n    auto_https disable_redirects\n}}\n{said}")
    return ["run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def _version(program: str) -> str:
    said = subprocess.run([program, "-v"], check=False, capture_output=True, text=True)
    numbers = re.search(r"\d+\.\d+\.\d+", said.stderr + said.stdout)
    if numbers is None:
        said = subprocess.run([program, "version"], check=True, capture_output=True, text=True)
        numbers = re.search(r"\d+\.\d+\.\d+", said.stdout)
    return numbers[0] if numbers else ""


def _through(part: Part, who: str, port: int, certificate: Path, number: int) -> Iterator[tuple[str, str]]:
    context = ssl.create_default_context(cafile=str(certificate))
    base = f"https://{NAME}:{port}"
    with httpx2.Client(base_url=base, verify=context, timeout=PATIENCE_S) as client:
        inner = openai.DefaultHttpxClient(verify=context)
        asker = OpenAI(base_url=f"{base}/v1", api_key="any", http_client=inner)
        text = asker.audio.transcriptions.create(model="whisper-1", file=part.clip).text
        assert text.startswith(BEGINNING), text
        origin = {"Origin": base, "Sec-Fetch-Site": "same-origin"}
        assert client.get("/v1/models", headers=origin).status_code == 200
        strange = {"Origin": "https://stranger.example"}
        assert client.get("/v1/models", headers=strange).status_code == 403
        yield f"{who}: openai-python; its own page, a stranger's", "text; 200, 403"
        speech = cut(part.folder / f"speech{number}.wav", number, 60, loops=1)
        earlier = _streamed(client, speech)
        yield f"{who}: stream of a minute of speech", f"the first piece {earlier:.1f} s before the end"
        seconds = LARGE_S + number
        padded = ("-af", f"apad=whole_dur={seconds}", *LARGE)
        large = cut(part.folder / f"large{number}.wav", 0, seconds, more=padded)
        _sent(part, client, large)
        size = large.stat().st_size / 1e6
        yield f"{who}: chunked upload of {size:.0f} MB", "reaches the server as it comes; text"


def _streamed(client: httpx2.Client, path: Path) -> float:
    """How many seconds before the end the first piece of text came."""
    moments, kinds = [], []
    with path.open("rb") as file:
        form: dict[str, Any] = {"files": {"file": (path.name, file)}, "data": {"stream": "true"}}
        with client.stream("POST", SPEECH, **form) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    moments.append(time.monotonic())
                    kinds.append(json.loads(line[6:])["type"])
    assert kinds[-1] == "transcript.text.done", kinds
    earlier = moments[-1] - moments[0]
    assert earlier > LEAST_EARLIER_S, "the first piece of text came with the last"
    return earlier


def _sent(part: Part, client: httpx2.Client, path: Path) -> None:
    """Upload it without a length, and see that the server gets it meanwhile."""
    seen = False

    def blocks() -> Iterator[bytes]:
        nonlocal seen
        yield b'--B\r\nContent-Disposition: form-data; name="file"; filename="large.wav"\r\n\r\n'
        while block := file.read(1 << 20):
            yield block
            seen = seen or "transcribe_uploads 1" in part.server.client.get("/metrics").text
        yield b"\r\n--B--\r\n"

    with path.open("rb") as file:
        kind = {"Content-Type": "multipart/form-data; boundary=B"}
        answer = client.post(SPEECH, content=blocks(), headers=kind)
    assert answer.status_code == 200, answer.text
    assert answer.json()["text"].startswith(BEGINNING)
    assert seen, "the proxy kept the upload to itself"
