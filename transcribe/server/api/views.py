"""A job as clients see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from transcribe.formats.known import FORMATS
from transcribe.jobs.queue import QueuedJob, State
from transcribe.jobs.submissions import Submission
from transcribe.pipeline.notes_step import wants_notes
from transcribe.server.errors import refused_by_code
from transcribe.server.service import Service

ClientState = Literal["queued", "working", "done", "failed", "cancelled"]

STATES: dict[State, ClientState] = {
    State.WAITING: "queued",
    State.READY: "queued",
    State.RETRYING: "queued",
    State.WORKING: "working",
    State.DONE: "done",
    State.DUPLICATE: "done",
    State.UNAPPROVED: "failed",
    State.FAILED: "failed",
    State.REFUSED: "failed",
    State.GONE: "failed",
    State.CANCELLED: "cancelled",
}
"""What clients are told of a job's state."""


@dataclass(frozen=True)
class JobView:
    """A job as clients see it.

    Attributes:
        created: When it was submitted, in seconds since 1970.
        changed: When it came into this state.
        seconds: Length of the recording; None where it does not say.
        percent: How much of it is heard, while it is worked on.
        stage: What is done with it then, such as `recognise`.
        error: Why it failed or was cancelled, or what was wrong with the last try.
        code: The same for programs, where it failed.
        formats: What it can be fetched as, once it is done.
    """

    id: str
    state: ClientState
    title: str
    options: dict[str, Any]
    created: float
    changed: float
    seconds: float | None
    percent: float | None
    stage: str | None
    error: str | None
    code: str | None
    formats: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The object that clients get."""
        return {"object": "transcription.job", **vars(self)}


def view_of(service: Service, job: QueuedJob, submission: Submission) -> JobView:
    """A job as clients see it."""
    under = service.dispatcher.under_way.get(job.name)
    working = under is not None and job.state is State.WORKING
    done = job.state is State.DONE
    return JobView(
        id=job.name,
        state=STATES[job.state],
        title=submission.title,
        options=dict(submission.options),
        created=submission.at,
        changed=job.since,
        seconds=submission.duration_ms / 1000 or None,
        percent=100.0 if done else percent_of(service, job.name) if working else None,
        stage=under.stage.stage if under and under.stage and working else None,
        error=f"{job.reason}. {job.hint}".rstrip() if job.reason and not done else None,
        code=refused_by_code(submission.exit_code, "").code if job.state is State.FAILED else None,
        formats=_formats(service, submission) if done else (),
    )


def _formats(service: Service, submission: Submission) -> tuple[str, ...]:
    notes = wants_notes(service.store.settings_of(submission.options))
    return tuple(name for name, known in FORMATS.items() if notes or not known.from_notes)


def percent_of(service: Service, name: str) -> float:
    """How much of a job that is worked on has been heard."""
    under = service.dispatcher.under_way.get(name)
    return round(100 * under.done_ms / under.total_ms, 1) if under and under.total_ms else 0.0
