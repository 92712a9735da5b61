"""What people do who correct a transcript, as requests to a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
from counter import Counter, eventually

JSON = dict[str, Any]


def finished(client: httpx2.Client, content: bytes = b"2 a") -> str:
    """The page's address of a job that is done."""
    name = str(client.post("/v1/jobs", files={"file": ("a.wav", content)}).json()["id"])
    eventually(lambda: client.get(f"/v1/jobs/{name}").json()["state"] == "done")
    return f"/episodes/{name}"


def transcript(client: httpx2.Client, episode: str) -> JSON:
    found: JSON = client.get(f"{episode}/transcript").json()
    return found


def edit_of(line: JSON, *lines: str | JSON, upto: JSON | None = None) -> JSON:
    """An edit of a line, or of it and those up to another one."""
    wanted = [{"text": each, "speaker": line["speaker"]} if isinstance(each, str) else each for each in lines]
    seen = [*line["corrections"], *(upto["corrections"] if upto else [])]
    return {"first": line["first"], "end": (upto or line)["end"], "lines": wanted, "seen": seen}


def send(client: httpx2.Client, episode: str, known: JSON, *edits: JSON, **more: Any) -> httpx2.Response:
    body = {"revision": known["revision"], "edits": list(edits), **more}
    return client.post(f"{episode}/edits", json=body)


def review(client: httpx2.Client, episode: str, who: str = "Ala") -> JSON:
    found: JSON = client.get(f"{episode}/review", params={"who": who}).json()
    return found


def decide(
    client: httpx2.Client, episode: str, known: JSON, item: JSON, choice: str, /, **more: Any
) -> httpx2.Response:
    body = {"item": item["id"], "content": item["content"], "choice": choice, "seen": known["seen"]}
    body |= {"revision": known["revision"], "who": "Ala", "reason": "It is so", **more}
    return client.post(f"{episode}/decisions", json=body)


def decide_all(client: httpx2.Client, episode: str) -> None:
    """Accept whatever is to be looked at."""
    known = review(client, episode)
    for item in known["items"]:
        assert decide(client, episode, known, item, "accept").status_code == 200


def texts(known: JSON) -> list[str]:
    return [line["text"] for line in known["lines"]]


def sidecar(counter: Counter, episode: str) -> Path:
    return counter.folder / "jobs" / episode.rpartition("/")[2] / "transcript.corrections.json"
