"""The report of a batch as a document: what became of each recording, for people and programs.

`docs/report.schema.json` is generated from the dataclasses below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from transcribe.core.decoding import decode
from transcribe.core.errors import PersonNeeded, UsageError, exit_code_of
from transcribe.core.reading import open_regular
from transcribe.core.text import printable, shown
from transcribe.core.timecode import format_duration

NAME = "report.json"
SCHEMA = "transcribe.report"
MAX_BYTES = 256 * 1024 * 1024

Status = Literal["done", "current", "failed", "unapproved", "waiting", "left_out"]


@dataclass
class FileReport:
    """What became of one recording."""

    source: Annotated[str, Meta(description="Its absolute path; what was named, where it is left out")]
    status: Annotated[
        Status,
        Meta(
            description="done: transcribed in this run; current: everything was there already; failed; "
            "unapproved: transcribed, and waits until a person has approved it; "
            "waiting: not yet done, or the run was stopped before; left_out: no recording on this machine"
        ),
    ]
    reason: Annotated[
        str, Meta(description="Why; of a failure, what happened and what to do; what an approval waits for")
    ]
    exit_code: Annotated[int, Meta(description="Of a failure, the exit code of its error; else 0")] = 0
    audio_seconds: Annotated[
        float | None, Meta(description="How much of it was transcribed, or its length where nothing was")
    ] = None
    wall_seconds: Annotated[float | None, Meta(description="How long this run worked on it")] = None
    coverage_percent: Annotated[
        float | None, Meta(description="How much of its speech has words; 100 where nobody speaks")
    ] = None
    to_check: Annotated[int | None, Meta(description="How many spots a person should look at")] = None
    outputs: Annotated[list[str], Meta(description="Absolute paths of its files")] = field(
        default_factory=list
    )
    warnings: Annotated[list[str], Meta(description="What people should know")] = field(default_factory=list)


@dataclass
class BatchReport:
    """What became of a batch."""

    schema: Annotated[Literal["transcribe.report"], Meta(description="Says what kind of document this is")]
    version: Annotated[Literal[1], Meta(description="Version of this schema")]
    program: Annotated[str, Meta(description="Program and version")]
    engine: Annotated[str, Meta(description="The recogniser's package and version")]
    model: Annotated[str, Meta(description="The recogniser's weights")]
    started: Annotated[str, Meta(description="When the run began: ISO 8601, UTC")]
    ended: Annotated[str | None, Meta(description="When it ended; null while it works or if it was killed")]
    interrupted: Annotated[bool, Meta(description="Whether it was stopped before it came to its end")]
    wall_seconds: Annotated[float, Meta(description="How long it took so far")]
    audio_seconds: Annotated[float, Meta(description="How much recording was transcribed in this run")]
    counts: Annotated[dict[str, int], Meta(description="How many recordings have each status")]
    files: Annotated[list[FileReport], Meta(description="Every recording, in order")]

    @property
    def exit_code(self) -> int:
        """0 when nothing failed or waits for a person, else that of SomeFailed, AllFailed or PersonNeeded."""
        failed, good, unapproved = (
            sum(self.counts.get(each, 0) for each in names) for names in (("failed",), GOOD, ("unapproved",))
        )
        return exit_code_of(good + unapproved, failed) or (PersonNeeded.exit_code if unapproved else 0)


GOOD = ("done", "current")


def read_report(path: Path) -> BatchReport | None:
    """The report of an earlier run; None where there is none or it is damaged.

    Raises:
        UsageError: Something else lies there.
    """
    try:
        with open_regular(path) as handle:
            content = handle.read(MAX_BYTES)
    except OSError:
        return None
    try:
        return decode(content, BatchReport)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        if f'"{SCHEMA}"'.encode() in content[:200]:
            return None  # of another version, or changed by hand
        raise UsageError(
            f"{path} is there already and is no report of a batch",
            "Choose another file with --report, or none with --no-report",
        ) from error


def failures_of(report: BatchReport | None) -> Mapping[str, str]:
    """Why recordings failed, by their absolute paths."""
    return {each.source: each.reason for each in report.files if each.status == "failed"} if report else {}


def encoded(report: BatchReport) -> bytes:
    """The report as JSON, for people too."""
    return msgspec.json.format(msgspec.json.encode(shown(msgspec.to_builtins(report))), indent=2) + b"\n"


def summary(report: BatchReport, path: Path | None) -> str:
    """A few lines for people, and one more for each failure."""
    counts = report.counts
    words = {"done": "transcribed", "current": "up to date", "failed": "failed", "waiting": "not done"}
    words["unapproved"] = "waiting for approval"
    said = [f"{counts[status]} {word}" for status, word in words.items() if counts.get(status)]
    if report.audio_seconds:
        audio, wall = (
            format_duration(round(1000 * each)) for each in (report.audio_seconds, report.wall_seconds)
        )
        said.append(f"{audio} of audio in {wall}")
    lines = [", ".join(said) or "nothing to do"]
    lines += [f"  failed: {_named(each)}" for each in report.files if each.status == "failed"]
    lines += [
        f"  waiting for approval: {each.source}: {each.reason}"
        for each in report.files
        if each.status == "unapproved"
    ]
    lines += [
        f"  left out: {each.source}: {each.reason}" for each in report.files if each.status == "left_out"
    ]
    lines += [f"report: {path}"] if path else []
    return "\n".join(map(printable, lines))


def _named(file: FileReport) -> str:
    """What happened, and to which file where that does not say it."""
    return file.reason if Path(file.source).name in file.reason else f"{file.source}: {file.reason}"


def schema() -> dict[str, Any]:
    """The report's JSON Schema (draft 2020-12)."""
    described = msgspec.json.schema(BatchReport)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Report", **described}
