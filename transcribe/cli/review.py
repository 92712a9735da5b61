"""`transcribe review`: what a person has to look at, decided, and the approval; see docs/control.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.options import Asked, PathName, SettingOption, SettingsCommand, say, warned
from transcribe.cli.rename import MADE_WITH
from transcribe.cli.review_text import lines_of, summary_of, told
from transcribe.core.config import Resolved
from transcribe.core.errors import PersonNeeded, TranscribeError, UsageError, exit_code_of
from transcribe.core.settings import OPTIONS

if TYPE_CHECKING:
    from transcribe.control.review.state import ReadPolicy, Review
    from transcribe.core.decision import Choice
    from transcribe.core.settings import Settings


@click.command(cls=SettingsCommand, groups=("subtitles",))
@click.argument("documents", metavar="DOCUMENT...", nargs=-1, required=True, type=PathName())
@click.option(
    "--policy", "policy_file", metavar="FILE", type=PathName(), help="Add to the list what this policy flags."
)
@click.option("--as", "who", metavar="NAME", default="", help="Name of who decides; a terminal asks for it.")
@click.option(
    "--recording", metavar="FILE", type=PathName(), help="Where the recording is, if not beside DOCUMENT."
)
@click.option("--list", "listing", is_flag=True, help="List everything, and what was decided; ask nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.option(
    "--accept", metavar="ID", multiple=True, help="Accept an item of the list; may be given several times."
)
@click.option(
    "--reject", metavar="ID", multiple=True, help="Reject an item of the list; may be given several times."
)
@click.option("--approve", is_flag=True, help="Approve the transcript; nothing may be open or rejected.")
@click.option("--reject-all", is_flag=True, help="Reject the transcript as a whole.")
@click.option("--reason", metavar="TEXT", default="", help="Why; a rejection and an approval need it.")
@click.pass_context
def review(
    context: click.Context,
    /,
    documents: tuple[Path, ...],
    policy_file: Path | None,
    recording: Path | None,
    resolved: Resolved,
    **said: Any,
) -> None:
    """Review transcripts (DOCUMENT, the .json of earlier runs): hear, accept, correct or reject, approve.

    Everything that a person has to look at is one list: what a policy flags, what the recognition is not sure
    of, what the notes say without support. In a terminal, keys move through the list, and each decision is
    stored at once.

    Ends with exit code 13 where something is open or rejected.
    """
    from transcribe.control.policy.read import read_policy

    settings = warned(resolved)
    policy = read_policy(policy_file) if policy_file else None
    quiet = context.ensure_object(Asked).quiet
    if any(said[name] for name in ("accept", "reject", "approve", "reject_all")):
        done = [_decide(_only(documents), policy, settings, said)]
        if not quiet:
            say(summary_of(done[0]))
    elif said["listing"] or said["as_json"]:
        done = _list(documents, policy, as_json=said["as_json"])
    else:
        from transcribe.cli.review_terminal import go_through

        if recording and len(documents) > 1:
            raise UsageError("--recording is of one transcript", "Review them one by one")
        done = [go_through(each, policy, settings, said["who"], recording) for each in documents]
    waiting = [each for each in done if each.obstacles]
    if waiting:
        named = "1 transcript" if len(waiting) == 1 else f"{len(waiting)} transcripts"
        raise PersonNeeded(f"{named} of {len(done)} must go to a person")


review.params += [SettingOption(OPTIONS[name]) for name in (*MADE_WITH, "sign_key")]


def _only(documents: Sequence[Path]) -> Path:
    if len(documents) > 1:
        raise UsageError("decisions are about one transcript", "Give the command for each of them")
    return documents[0]


def _decide(document: Path, policy: ReadPolicy | None, settings: Settings, said: dict[str, Any]) -> Review:
    """What a script decides, who then approves or rejects."""
    from transcribe.control.review import decide
    from transcribe.control.review.state import refreshed, review_of
    from transcribe.jobs.correct import opened
    from transcribe.jobs.memory import remember_people
    from transcribe.jobs.signing import signer_of

    if said["approve"] and said["reject_all"]:
        raise UsageError("--approve and --reject-all contradict each other", "Leave one of them out")
    found, who, reason, signer = (
        review_of(opened(document), policy),
        said["who"],
        said["reason"],
        signer_of(settings),
    )
    choices: list[tuple[str, Choice]] = [(each, "accept") for each in said["accept"]]
    choices += [(each, "reject") for each in said["reject"]]
    items = {name: found.standing(name) for name, _ in choices}
    if unknown := [name for name, standing in items.items() if standing is None]:
        raise UsageError(
            f"there is no item {unknown[0]!r} in {document}", "See them: transcribe review --list"
        )
    if twice := set(said["accept"]) & set(said["reject"]):
        raise UsageError(f"{min(twice)} cannot be accepted and rejected", "Leave one of them out")
    for name, choice in choices:
        if standing := items[name]:
            made = decide.decide(found, standing.item, choice, who=who, reason=reason)
            for each in made.meanwhile:
                say(told(each.who, each.choice, each.reason), error=True)
            found = refreshed(found)
    if said["approve"]:
        decide.approve(found, who=who, reason=reason, signer=signer)
    elif said["reject_all"]:
        decide.reject(found, who=who, reason=reason, signer=signer)
    else:
        remember_people(document, found.episode.source.name, signer)
    return refreshed(found)


def _list(documents: Sequence[Path], policy: ReadPolicy | None, *, as_json: bool) -> list[Review]:
    from transcribe.control.review.state import review_of
    from transcribe.jobs.correct import opened

    found: list[Review] = []
    errors: list[TranscribeError] = []
    for document in documents:
        try:
            found.append(review_of(opened(document), policy))
        except TranscribeError as error:
            if len(documents) == 1:
                raise
            errors.append(error)
            say(f"transcribe: error: {error}", error=True)
    if as_json:
        _show_json(found)
    else:
        for each in found:
            say(summary_of(each))
            for line in (line for standing in each.standings for line in lines_of(standing)):
                say(line)
    if errors:
        raise click.exceptions.Exit(exit_code_of(len(found), len(errors)))
    return found


def _show_json(reviews: Sequence[Review]) -> None:
    import json
    from dataclasses import asdict

    from transcribe.core.text import shown

    rows = [
        {
            "document": str(each.opened.document),
            "policy": each.policy,
            "policy_sha256": each.policy_sha256,
            "obstacles": each.obstacles,
            "heard": each.heard,
            "approval": each.approval and asdict(each.approval),
            "items": [asdict(one.item) | {"state": one.state, "why": one.why,
                                          "decision": one.decision and asdict(one.decision)}
                      for one in each.standings],
        }
        for each in reviews
    ]  # fmt: skip
    click.echo(json.dumps(shown(rows), ensure_ascii=False, indent=2))
