"""What results wait for before they may be published: a person's approval, and no open flag of a policy."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from transcribe.core.errors import DependencyError
from transcribe.core.events import Progress
from transcribe.core.settings import Settings
from transcribe.core.unexpected import ends_run, for_people
from transcribe.jobs.approvals import missing_approval
from transcribe.jobs.assemble import run as plain
from transcribe.jobs.correct import Opened, opened
from transcribe.pipeline.ports import Run, WaitsFor


def assemble(settings: Settings, progress: Progress) -> Run:
    """What a run works with (`jobs.assemble.run`), which knows what results wait for.

    Raises:
        TranscribeError: As there.
    """
    return replace(plain.assemble(settings, progress), waits_for=gate_of(settings))


def gate_of(settings: Settings) -> WaitsFor:
    """Says what the results of a document wait for, by the policy that the settings name."""
    return partial(waits_for, policy=settings.output.policy)


def waits_for(document: Path, policy: Path | None = None) -> str:
    """What the results of a document wait for; empty: they may be published.

    What cannot be read is waited for.

    Args:
        policy: Its file; every flag of it has to be decided. None: no policy is asked.
    """
    try:
        of = opened(document)
        return "; ".join(filter(None, (missing_approval(of), _open(of, policy))))
    except Exception as error:
        if ends_run(error):
            raise
        return str(for_people(error))


def _open(of: Opened, policy: Path | None) -> str:
    """What has to be decided by a policy, and is not.

    Raises:
        TranscribeError: The policy cannot be asked.
    """
    if policy is None:
        return ""
    try:
        from transcribe.control.policy.read import read_policy
        from transcribe.control.review.state import review_of
    except ImportError as error:
        raise DependencyError(
            f"the package {error.name} is missing, which policies need",
            "Run: pip install 'transcribe-offline[control]'",
        ) from error
    return "; ".join(review_of(of, read_policy(policy)).obstacles)
