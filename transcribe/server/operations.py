"""How the server is doing, for whoever runs it: health and numbers."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from transcribe.jobs.queue import PENDING
from transcribe.server.service import Service, service_of
from transcribe.server.views import STATES

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
    jobs = dict.fromkeys(STATES.values(), 0)
    for state, count in service.store.queue.counts().items():
        jobs[STATES[state]] += count
    yield "# HELP transcribe_jobs Jobs in the server's folder, by state."
    yield "# TYPE transcribe_jobs gauge"
    for known, count in jobs.items():
        yield f'transcribe_jobs{{state="{known}"}} {count}'
    gauges = {
        "uploads": ("Recordings that are being uploaded.", service.uploads),
        "paused": ("Whether no job can be done now.", int(bool(service.dispatcher.blocked))),
    }
    for name, (told, value) in gauges.items():
        yield f"# HELP transcribe_{name} {told}"
        yield f"# TYPE transcribe_{name} gauge"
        yield f"transcribe_{name} {value}"
