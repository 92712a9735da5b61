"""How the server is doing, for whoever runs it: health and numbers."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from transcribe.core.disk import free_bytes
from transcribe.jobs.queue import PENDING
from transcribe.server.api.views import STATES
from transcribe.server.service import Service, service_of

METRICS_TYPE = "text/plain; version=0.0.4"
"""Prometheus's text format."""


async def health(request: Request) -> Response:
    """GET /health: whether jobs can be done, and how many wait."""
    service = service_of(request)
    dispatcher = service.dispatcher
    status = "stopping" if dispatcher.stopping else "paused" if dispatcher.blocked else "ok"
    counts = service.store.queue.counts()
    waiting = sum(counts[each] for each in PENDING) - len(dispatcher.under_way)
    said = {"status": status, "working": len(dispatcher.under_way), "waiting": max(0, waiting)}
    return JSONResponse(said, 200 if status == "ok" else 503)


async def metrics(request: Request) -> Response:
    """GET /metrics: numbers of jobs and uploads, as Prometheus reads them."""
    lines = _lines(service_of(request))
    return Response("".join(f"{each}\n" for each in lines), media_type=METRICS_TYPE)


def _lines(service: Service) -> Iterator[str]:
    dispatcher, store = service.dispatcher, service.store
    jobs = dict.fromkeys(STATES.values(), 0)
    for state, count in store.queue.counts().items():
        jobs[STATES[state]] += count
    yield from _family("jobs", "gauge", "Jobs in the server's folder, by state.")
    for known, count in jobs.items():
        yield f'transcribe_jobs{{state="{known}"}} {count}'
    quota = service.limits.quota
    single = {
        "uploads": ("gauge", "Recordings that are being uploaded.", service.uploads),
        "paused": ("gauge", "Whether no job can be done now.", int(bool(dispatcher.blocked))),
        "heard_seconds_total": (
            "counter",
            "Length of the recordings done since the start.",
            dispatcher.heard_ms / 1000,
        ),
        "free_bytes": ("gauge", "What is free on the disk of the folder.", free_bytes(store.incoming)),
    }
    if quota is not None and quota.most:
        single["quota_bytes"] = ("gauge", "How large the folder may get.", quota.most)
        single["data_bytes"] = ("gauge", "How large the folder is.", quota.used())
    yield from _family("wait_seconds", "summary", "How long jobs waited from when they were handed in.")
    yield f"transcribe_wait_seconds_sum {dispatcher.waited.seconds:.3f}"
    yield f"transcribe_wait_seconds_count {dispatcher.waited.jobs}"
    for name, (kind, told, value) in single.items():
        yield from _family(name, kind, told)
        yield f"transcribe_{name} {value}"


def _family(name: str, kind: str, told: str) -> tuple[str, str]:
    return f"# HELP transcribe_{name} {told}", f"# TYPE transcribe_{name} {kind}"
