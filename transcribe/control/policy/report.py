"""The report of a policy as a document: JSON for programs, Markdown and a page for people, with links.

`docs/policy-report.schema.json` is generated from the dataclasses below and those in them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta

from transcribe.control.policy.asking import Answering
from transcribe.control.policy.check import check, needs_person
from transcribe.control.policy.items import Policy
from transcribe.control.policy.verdicts import Verdict, in_turn
from transcribe.core.chat import ChatIdentity
from transcribe.core.episode import Episode
from transcribe.core.errors import UsageError
from transcribe.core.text import shown
from transcribe.formats.templates import render_from, template_folder
from transcribe.formats.tokens import encodable

SCHEMA: Literal["transcribe.policy"] = "transcribe.policy"
FOLDER = "policies"
TEMPLATES: Mapping[str, str] = {".md": "report.md.j2", ".html": "report.html.j2"}
"""Templates of reports for people, by the ending of the file; `.json` is the document itself."""


@dataclass(frozen=True)
class EpisodeVerdicts:
    """What a policy says of one episode."""

    document: Annotated[str, Meta(description="Its transcript, as it was named")]
    recording: Annotated[str, Meta(description="Name of the recording; empty where it could not be read")]
    recording_sha256: Annotated[str, Meta(description="Hex digest of the recording, as the transcript says")]
    language: Annotated[str | None, Meta(description="Language of the recording; null where it is not known")]
    coverage_percent: Annotated[float | None, Meta(description="How much of the detected speech has words")]
    corrected: Annotated[bool, Meta(description="Whether people have corrected the transcript")]
    person: Annotated[bool, Meta(description="Whether something has to go to a person")]
    failure: Annotated[str, Meta(description="Why it could not be checked; empty where it was")]
    verdicts: Annotated[tuple[Verdict, ...], Meta(description="Of each rule and question, in order")] = ()


@dataclass(frozen=True)
class PolicyReport:
    """What a policy says of some episodes."""

    schema: Annotated[Literal["transcribe.policy"], Meta(description="Says what kind of document this is")]
    version: Annotated[Literal[1], Meta(description="Version of this schema")]
    policy: Annotated[str, Meta(description="Name of the policy")]
    policy_sha256: Annotated[str, Meta(description="Hex digest of the policy's file")]
    model: Annotated[str, Meta(description="The language model that was asked the questions; empty: none")]
    model_sha256: Annotated[str, Meta(description="Hex digest of its file; empty where that is not known")]
    person: Annotated[bool, Meta(description="Whether something has to go to a person")]
    episodes: Annotated[tuple[EpisodeVerdicts, ...], Meta(description="Every episode, in order")]


def checked(
    document: Path, episode: Episode, policy: Policy, asker: Answering | None = None
) -> EpisodeVerdicts:
    """What a policy says of an episode; `check` says who answers questions, and what it raises."""
    verdicts = check(policy, episode.transcript, asker)
    language = episode.transcript.language
    return EpisodeVerdicts(
        document=str(document),
        recording=episode.source.name,
        recording_sha256=episode.source.sha256,
        language=language.code if language else None,
        coverage_percent=round(episode.coverage.percent, 1),
        corrected=episode.recognised is not None,
        person=needs_person(verdicts),
        failure="",
        verdicts=verdicts,
    )


def failed(document: Path, reason: str) -> EpisodeVerdicts:
    """An episode that could not be checked, and so goes to a person."""
    return EpisodeVerdicts(str(document), "", "", None, None, corrected=False, person=True, failure=reason)


def report_of(
    policy: Policy,
    sha256: str,
    episodes: Sequence[EpisodeVerdicts],
    model: ChatIdentity | None = None,
) -> PolicyReport:
    """The report of some episodes.

    Args:
        model: What was asked the questions.
    """
    person = any(each.person for each in episodes)
    name, digest = (f"{model.writer}:{model.model}", model.sha256) if model else ("", "")
    return PolicyReport(SCHEMA, 1, policy.name, sha256, name, digest, person, tuple(episodes))


def encoded(report: PolicyReport) -> bytes:
    """The report as JSON, for people too."""
    return msgspec.json.format(msgspec.json.encode(shown(msgspec.to_builtins(report))), indent=2) + b"\n"


def check_suffix(path: Path) -> None:
    """Refuse, before any work, a report whose kind its name does not say.

    Raises:
        UsageError: It ends in nothing known.
    """
    if path.suffix.lower() not in (".json", *TEMPLATES):
        raise UsageError(f"{path} is no name of a report", "End it in .json, .md or .html")


def content_of(report: PolicyReport, path: Path) -> bytes:
    """The report as the ending of its path says, with links from there into the pages of the episodes.

    Raises:
        UsageError: The ending says no kind of report.
    """
    check_suffix(path)
    if path.suffix.lower() == ".json":
        return encoded(report)
    pages = {each.document: _page_beside(Path(each.document), path) for each in report.episodes}
    template = TEMPLATES[path.suffix.lower()]
    rendered = render_from(
        [template_folder() / FOLDER], template, report=report, pages=pages, in_turn=in_turn
    )
    return encodable(rendered).encode()


def _page_beside(document: Path, report: Path) -> str:
    """The address, from a report, of the page that lies beside a transcript; empty where there is none."""
    page = document.with_suffix(".html")
    if not page.is_file() or page.absolute() == report.absolute():
        return ""
    return quote(os.fsencode(os.path.relpath(page.absolute(), report.absolute().parent)))


def schema() -> dict[str, Any]:
    """The report's JSON Schema (draft 2020-12)."""
    described = msgspec.json.schema(PolicyReport)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Policy report", **described}
