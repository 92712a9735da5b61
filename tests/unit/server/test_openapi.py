"""The description of the API says what is answered."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
from counter import Counter, eventually

from transcribe.archive.reader import NAME

DOCS = Path(__file__).resolve().parents[3] / "docs"


def validate(described: dict[str, Any], name: str, value: object) -> None:
    jsonschema.Draft202012Validator({**described, "$ref": f"#/components/schemas/{name}"}).validate(value)


def test_the_file_is_up_to_date() -> None:
    generator = runpy.run_path(str(DOCS / "schema.py"))
    assert (DOCS / "openapi.json").read_text("utf-8") == generator["api_text"](), "run make docs"


def test_every_route_is_described_and_answers(counter: Counter, tmp_path: Path) -> None:
    counter.archive = tmp_path / "archive" / NAME
    with counter.serving() as client:
        described = client.get("/openapi.json").json()
        assert described == json.loads((DOCS / "openapi.json").read_text("utf-8"))
        operations = {
            (path, method): each
            for path, found in described["paths"].items()
            for method, each in found.items()
        }
        names = [each["operationId"] for each in operations.values()]
        assert len(set(names)) == len(names) == 27
        assert all(each["summary"] for each in operations.values())
        job = submit(client)
        validate(described, "JobView", job)
        eventually(lambda: client.get(f"/v1/jobs/{job['id']}").json()["state"] == "done")
        for (path, method), _ in sorted(operations.items(), key=lambda each: each[0][1] == "delete"):
            url = path.format(id=job["id"], format="txt", model="whisper-1")
            if url == "/v1/events":  # which has no end
                with client.stream(method, url) as stream:
                    assert stream.status_code == 200
                continue
            answer = client.request(method, url, params={"q": "a"} if path == "/v1/search" else None)
            # No recording in the form; done already.
            assert answer.status_code in (200, 409 if url.endswith("/again") else 400), (method, url)
            if answer.status_code != 200:
                validate(described, "Error", answer.json())
            elif path.startswith(("/episodes/", "/v1/search")) and method == "get" and "sound" not in path:
                shape = described["paths"][path]["get"]["responses"]["2XX"]["content"]["application/json"]
                validate(described, shape["schema"]["$ref"].rpartition("/")[2], answer.json())


def test_fields_of_a_job_that_are_described_are_taken(counter: Counter) -> None:
    with counter.serving() as client:
        post = client.get("/openapi.json").json()["paths"]["/v1/jobs"]["post"]
        fields = post["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
        assert {"language", "speakers", "from_ms", "max_lines", "notes"} < set(fields)
        assert not {"ffmpeg", "writer_host", "vocabulary", "output", "device", "engine"} & set(fields)
        job = submit(client, max_lines="1", terms="Ala", from_ms="1000")
        validate(client.get("/openapi.json").json(), "JobView", job)


def submit(client: httpx2.Client, **fields: str) -> dict[str, Any]:
    answer = client.post("/v1/jobs", files={"file": ("a.wav", b"2 a")}, data=fields)
    found: dict[str, Any] = answer.json()
    assert answer.status_code == 202, found
    return found
