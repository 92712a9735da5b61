"""The description of the API (OpenAPI 3.1), made of its routes, options and values."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from transcribe.core.settings import OPTIONS
from transcribe.formats.known import FORMATS
from transcribe.server.api import about, approving, editing, reviewing, said, searching
from transcribe.server.api.finished import Shapes
from transcribe.server.api.views import JobView
from transcribe.server.intake.asked import ANSWERS, OWN
from transcribe.server.intake.samples import NAMES_FIELD
from transcribe.server.intake.uploads import MOST_SAMPLES, SAMPLES_FIELD

VERSION = "1"
_PARAMETER = re.compile(r"\{(\w+)\}")
_SUMMARY = re.compile(r"[^:]*: (.*)", re.DOTALL)
_KINDS = {bool: "boolean", int: "integer", float: "number"}

SHAPES: Shapes = {
    **said.SHAPES,
    **editing.SHAPES,
    **reviewing.SHAPES,
    **approving.SHAPES,
    **about.SHAPES,
    **searching.SHAPES,
}
"""What is sent in JSON to requests about an episode, and what is answered."""

SPEECH_FIELDS: dict[str, Any] = {
    "model": {"type": "string", "description": "What is served, or OpenAI's name for it"},
    "language": {"type": "string", "description": "Such as pl or en-US; empty or auto: detected"},
    "prompt": {"type": "string", "description": "Style and names to expect"},
    "keywords[]": {"type": "array", "items": {"type": "string"}, "description": "Terms to expect"},
    "response_format": {"type": "string", "enum": list(ANSWERS), "default": "json"},
    "timestamp_granularities[]": {"type": "array", "items": {"enum": ["word", "segment"]}},
    f"{NAMES_FIELD}[]": {"type": "array", "items": {"type": "string"}, "maxItems": MOST_SAMPLES},
    f"{SAMPLES_FIELD}[]": {
        "type": "array",
        "items": {"type": "string"},
        "maxItems": MOST_SAMPLES,
        "description": "How each of them sounds, as a data URL of 2 to 10 s; for diarized_json",
    },
    "stream": {"type": "boolean", "description": "Send the text as it is recognised"},
}
FILE: dict[str, Any] = {"type": "string", "format": "binary", "description": "The recording"}
PATH: dict[str, Any] = {"type": "string", "description": "A recording below a folder given with --root"}
QUERY: dict[str, Any] = {
    "state": {"type": "string"},
    "limit": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
    "after": {"type": "string", "description": "The id of the last job that was listed"},
}
QUERIES: dict[str, dict[str, Any]] = {"listing": QUERY, "search": searching.SEARCH_QUERY}
"""What stands in addresses, by the function that reads it."""

ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}


async def described(request: Request) -> Response:
    """GET /openapi.json: this description."""
    return JSONResponse(description(request.app.routes))


def description(routes: Sequence[Route]) -> dict[str, Any]:
    """Everything that is answered, as one OpenAPI document."""
    shapes = [JobView, *(each for pair in SHAPES.values() for each in pair if each)]
    _, schemas = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    schemas["JobView"]["description"] = inspect.cleandoc(schemas["JobView"]["description"])
    paths: dict[str, Any] = {}
    for route in routes:
        if not route.include_in_schema:  # pages, for people
            continue
        for method in sorted((route.methods or set()) - {"HEAD"}):
            paths.setdefault(route.path, {})[method.lower()] = _operation(route, method)
    return {
        "openapi": "3.1.0",
        "info": {"title": "transcribe serve", "version": VERSION},
        "paths": paths,
        "security": [{}, {"key": []}],
        "components": {
            "schemas": {**schemas, "Error": ERROR},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, method: str) -> dict[str, Any]:
    found = _SUMMARY.fullmatch(route.endpoint.__doc__ or "")
    summary = " ".join((found[1] if found else route.endpoint.__doc__ or "").split())
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(name)}
        for name in _PARAMETER.findall(route.path)
    ]
    for name, each in QUERIES.get(route.endpoint.__name__, {}).items():
        parameters.append({"name": name, "in": "query", "schema": each})
    operation: dict[str, Any] = {
        "operationId": f"{route.endpoint.__module__.rpartition('.')[2]}.{route.endpoint.__name__}"
        + (".one" if "{model}" in route.path else ""),
        "summary": summary,
        "parameters": parameters,
        "responses": {"2XX": _answer(route), "default": _json("An error", "Error")},
    }
    sent = _shapes(route)[0]
    if sent:
        operation["requestBody"] = {"required": True, "content": _json("", sent.__name__)["content"]}
    if method == "POST" and "{" not in route.path:
        fields = SPEECH_FIELDS if route.path.startswith("/v1/audio/") else _job_fields()
        schema = {"type": "object", "required": ["file"], "properties": {"file": FILE, **fields}}
        content = {"multipart/form-data": {"schema": schema}}
        if route.path == "/v1/jobs":
            named = {"type": "object", "required": ["path"], "properties": {"path": PATH, **fields}}
            content["application/json"] = {"schema": named}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _shapes(route: Route) -> tuple[type | None, type | None]:
    """What is sent in JSON, and what is answered, where it is about an episode."""
    return SHAPES.get(route.endpoint, (None, None))


def _path_schema(name: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(FORMATS)} if name == "format" else {"type": "string"}


def _answer(route: Route) -> dict[str, Any]:
    """What comes where all is well; where it is a job, its shape."""
    if route.path.endswith("/events"):
        return {"description": "Server-sent events", "content": {"text/event-stream": {}}}
    if route.endpoint.__name__ in ("submit", "status", "cancel", "again"):
        return _json("The job", "JobView")
    if answered := _shapes(route)[1]:
        return _json("The answer", answered.__name__)
    return {"description": "The answer"}


def _json(what: str, schema: str) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": what, "content": {"application/json": {"schema": reference}}}


def _job_fields() -> dict[str, Any]:
    """Every option that a client may set."""
    return {"model": SPEECH_FIELDS["model"]} | {name: _field(name) for name in OWN}


def _field(name: str) -> dict[str, Any]:
    option = OPTIONS[name]
    one: dict[str, Any] = {"type": _KINDS.get(option.kind, "string")}
    if option.spec.choices:
        one["enum"] = list(option.spec.choices)
    schema = {"type": "array", "items": one} if option.many else one
    return schema | {"description": option.spec.help}
