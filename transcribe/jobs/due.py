"""Which recordings of a batch have to be transcribed, and why; decided before any work is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from transcribe.core.errors import InputError, TranscribeError, UsageError
from transcribe.core.places import expanded
from transcribe.core.settings import Settings
from transcribe.core.text import readable
from transcribe.core.unexpected import ends_run
from transcribe.jobs.find import Found, LeftOut, Recording
from transcribe.jobs.fingerprint import made_with
from transcribe.jobs.manifest import Manifest, Seen
from transcribe.jobs.memory import Memory, size_and_time
from transcribe.jobs.plan import STANDARD, Job, plan_jobs, remembered
from transcribe.jobs.signing import signer_of
from transcribe.jobs.waiting import Waiting
from transcribe.pipeline.ports import Engines, Prober, WaitsFor
from transcribe.pipeline.stages.probe import digest_of

NEW, CHANGED, UP_TO_DATE = "new", "the recording has changed", "up to date"
APPROVED, PUBLISHED = "approved", "published, and not yet removed from where it waited"
WAITING = "waiting for approval: "
NOT_ASKED = "did not fail before"
MOST_NAMED = 4


@dataclass(frozen=True)
class Decision:
    """What a batch will do about one recording.

    Attributes:
        current: Whether everything that is asked for is there.
        unapproved: Whether it waits for approval, as `reason` says.
        audio_ms: Length in ms; None where it is not known.
    """

    job: Job
    due: bool
    current: bool
    reason: str
    audio_ms: int | None
    unapproved: bool = False

    @property
    def path(self) -> str:
        """The recording's absolute path, by which reports tell recordings apart."""
        return readable(str(Path(self.job.source).absolute()))


@dataclass(frozen=True)
class Plan:
    """What a batch will do.

    Attributes:
        decisions: One for each recording, in order.
        left_out: What was named and is no recording on this machine.
        fail_under: Percent of the speech that has to have words, also in what is up to date.
    """

    decisions: tuple[Decision, ...]
    left_out: tuple[LeftOut, ...] = ()
    fail_under: float = 0.0

    @property
    def due(self) -> tuple[Decision, ...]:
        """Those that will be done."""
        return tuple(each for each in self.decisions if each.due)

    @property
    def audio_ms(self) -> int:
        """How long all that will be done is, as far as that is known."""
        return sum(each.audio_ms or 0 for each in self.due)


def plan_batch(
    found: Found,
    settings: Settings,
    engines: Engines,
    *,
    failed: Mapping[str, str],
    only_failed: bool = False,
    redo: bool = False,
    waits_for: WaitsFor | None = None,
) -> Plan:
    """Decide what has to be done.

    Args:
        engines: What would work on them; only headers are read.
        waits_for: Says what results wait for where approval is required.
        failed: Why recordings failed last time, by absolute path.

    Raises:
        InputError: There is no recording.
        UsageError: Two recordings would write the same file, or what is asked makes no sense.
    """
    if not found.recordings:
        raise InputError("no recordings were found", _what_was_left_out(found.left_out))
    said = made_with(settings, engines)
    jobs, signer = _jobs(found.recordings, settings), signer_of(settings)
    decisions = []
    for job in jobs:
        decision = _decide(remembered(job, said, signer), engines.prober, waits_for, redo=redo)
        path = decision.path
        if only_failed and path not in failed:
            decision = replace(decision, due=False, reason=NOT_ASKED if decision.due else decision.reason)
        elif path in failed and decision.due:
            decision = replace(decision, reason=f"failed before: {failed[path]}")
        decisions.append(decision)
    return Plan(tuple(decisions), found.left_out, settings.output.fail_under)


def _what_was_left_out(left_out: Sequence[LeftOut]) -> str:
    if not left_out:
        return "Name a folder, files, a pattern in quotes, a list, a playlist or a feed"
    return "; ".join(f"{each.name} is left out: {each.reason}" for each in left_out[:MOST_NAMED])


def _jobs(recordings: Sequence[Recording], settings: Settings) -> list[Job]:
    if settings.output.output == STANDARD:
        raise UsageError("batch writes files", "Choose a folder with -o")
    out = expanded(settings.output.output) if settings.output.output else None
    folders = {str(each.path): out / each.place if out else each.path.parent for each in recordings}
    jobs = plan_jobs(list(folders), settings, folders)
    chapters = {str(each.path): each.chapters for each in recordings}
    return [replace(job, label=job.source, chapters=chapters[job.source]) for job in jobs]


def _decide(job: Job, prober: Prober, waits_for: WaitsFor | None, *, redo: bool) -> Decision:
    """What to do with one recording; where that cannot be told, its job will fail and say why."""
    try:
        decision = _compared(job, prober, redo=redo)
        waiting = Waiting.of(job)
        return _held(decision, waiting, waits_for) if waiting else decision
    except Exception as error:
        if ends_run(error):
            raise
        return Decision(job, True, False, NEW, None)


def _held(decision: Decision, waiting: Waiting, waits_for: WaitsFor | None) -> Decision:
    """The decision where approval is required: what waits is due once nothing is waited for."""
    path = Path(decision.job.source)
    memory, record = waiting.job.memory, waiting.record
    if memory is None or record is None or _changed_recording(record, memory, path):
        return decision
    sha256 = record.recording.sha256
    if decision.current:
        due = waiting.left_over(sha256)
        return replace(decision, due=True, reason=PUBLISHED) if due and not decision.due else decision
    if not waiting.made_of(sha256):
        return decision
    reason = waiting.waits_for(waits_for)
    if not reason:
        return replace(decision, reason=APPROVED, audio_ms=record.audio_ms)
    return Decision(decision.job, False, False, WAITING + reason, record.audio_ms, unapproved=True)


def _compared(job: Job, prober: Prober, *, redo: bool) -> Decision:
    memory, path = job.memory, Path(job.source)
    record = memory.known if memory else None
    if memory is None or record is None:
        return Decision(job, True, False, NEW, _length(path, prober))
    reason = _why(record, job, memory, path)
    if reason == CHANGED:
        return Decision(job, True, False, reason, _length(path, prober))
    if reason:
        return Decision(job, True, False, reason, record.audio_ms)
    return Decision(job, redo, True, "asked for" if redo else UP_TO_DATE, record.audio_ms)


def _why(record: Manifest, job: Job, memory: Memory, path: Path) -> str:
    """Why a recording that was done before has to be done again; empty if it has not."""
    if _changed_recording(record, memory, path):
        return CHANGED
    missing = memory.missing(record, job.files)
    if not missing:
        return ""
    changed = _changed(record.made_with, memory.made_with)
    if changed:
        return f"settings changed: {_some(changed)}"
    return f"missing or out of date: {_some(missing)}"


def _changed_recording(record: Manifest, memory: Memory, path: Path) -> bool:
    """Whether a recording is another one than when it was done."""
    facts = size_and_time(path)
    if facts is None:
        return True  # it is not there any more, which its job will say
    seen = memory.seen(record)
    if facts == (seen.bytes, seen.modified_ns):
        return False
    if facts[0] != record.recording.bytes or not _holds(path, record.recording.sha256):
        return True
    memory.touched(Seen(*facts, record.recording.sha256))
    return False


def _holds(path: Path, sha256: str) -> bool:
    try:
        return digest_of(path) == sha256
    except InputError:
        return False  # which its job will say


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [name for name in sorted({*before, *now}) if before.get(name, "") != now.get(name, "")]


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _length(path: Path, prober: Prober) -> int | None:
    """As the headers state it; what cannot be read will fail when it is its turn, and say why."""
    try:
        return prober.probe(path).duration_ms if path.is_file() else None
    except TranscribeError:
        return None
