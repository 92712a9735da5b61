"""`transcribe policy`: rules and questions that transcripts are checked against; see docs/control.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transcribe.cli.options import PathName, SettingsCommand, say
from transcribe.core.config import Resolved
from transcribe.core.errors import OutputError, PersonNeeded, TranscribeError, UsageError, exit_code_of

if TYPE_CHECKING:
    from transcribe.control.policy.asking import Asker
    from transcribe.control.policy.items import Policy
    from transcribe.control.policy.kept import Keeper
    from transcribe.control.policy.report import EpisodeVerdicts, PolicyReport
    from transcribe.core.episode import Episode
    from transcribe.core.events import Progress
    from transcribe.core.settings import Settings
    from transcribe.jobs.assemble.writer import OpenChat

WRITER = ("writer", "writer_context", "writer_host", "writer_seconds", "writer_budget")
"""The settings that say which language model answers questions, and how long."""

POLICY = click.option(
    "--policy",
    "policy_file",
    metavar="FILE",
    required=True,
    type=PathName(),
    help="The policy; `policy copy` gives one to begin with.",
)


@click.group()
def policy() -> None:
    """Check transcripts against rules of your own: what has to be said, what must not, personal data.

    A policy is a file of rules and questions (docs/control.md). A rule that is kept passes; what breaks
    one, and every question, goes to a person.
    """


@policy.command(cls=SettingsCommand, groups=(*WRITER, "sign_key", "threads", "progress", "quiet"))
@click.argument("documents", metavar="DOCUMENT...", nargs=-1, required=True, type=PathName())
@POLICY
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--report",
    "reports",
    metavar="FILE",
    multiple=True,
    type=PathName(),
    help="Write the report, for people (.md, .html) or programs (.json); may be given several times.",
)
def check(
    documents: tuple[Path, ...],
    policy_file: Path,
    as_json: bool,
    reports: tuple[Path, ...],
    resolved: Resolved,
) -> None:
    """Check transcripts (DOCUMENT, the .json of earlier runs) as people have corrected them.

    Questions are answered by the language model that --writer names, if it names one; what it says goes to a
    person, whatever it is, and is kept beside the transcript for its review. Personal data in reports is
    masked. Where the page of an episode lies beside its transcript, times in reports are links into the
    sound.

    Ends with exit code 13 where something has to go to a person.
    """
    from transcribe.cli.display import open_display
    from transcribe.control.policy.asking import Asker
    from transcribe.control.policy.read import read_policy
    from transcribe.control.policy.report import check_suffix, encoded, report_of

    settings = resolved.settings
    for path in reports:
        check_suffix(path)
    read, sha256 = read_policy(policy_file)
    open_chat = _chosen(settings) if read.questions else None
    errors: list[TranscribeError] = []
    with ExitStack() as closing:
        progress = closing.enter_context(open_display(settings.display, resolved.warnings))
        asker = Asker(open_chat, 60 * settings.notes.writer_budget, progress) if open_chat else None
        if asker:
            closing.callback(asker.close)
        episodes = list(_checked(documents, read, errors, asker, partial(_keep, settings, progress)))
    report = report_of(read, sha256, episodes, asker.identity if asker else None)
    _write(report, reports)
    if as_json:
        click.echo(encoded(report).decode(), nl=False)
    elif not settings.display.quiet:
        for line in _lines(report):
            say(line)
    _judge(report, errors)


def _chosen(settings: Settings) -> OpenChat | None:
    from transcribe.jobs.assemble.writer import choose_chat

    return choose_chat(settings)


def _checked(
    documents: Sequence[Path],
    policy: Policy,
    errors: list[TranscribeError],
    asker: Asker | None,
    keep: Callable[[Path, Episode, Keeper], None],
) -> Iterator[EpisodeVerdicts]:
    """What the policy says of each; of those that cannot be read, why, which goes into `errors`, too."""
    from transcribe.control.policy.report import checked, failed
    from transcribe.core.errors import InputError
    from transcribe.jobs.documents import open_corrected

    for document in documents:
        try:
            episode = open_corrected(document)
            keeper = _keeper(document, asker) if asker else None
        except InputError as error:
            errors.append(error)
            yield failed(document, str(error))
            continue
        yield checked(document, episode, policy, keeper)
        if keeper and keeper.records:
            keep(document, episode, keeper)


def _keeper(document: Path, asker: Asker) -> Keeper:
    from transcribe.control.policy.kept import Keeper, kept_answers  # a fifth of a second

    kept_answers(document)  # an error before a model works for hours, and nothing of it can be kept
    return Keeper(asker)


def _keep(settings: Settings, progress: Progress, document: Path, episode: Episode, keeper: Keeper) -> None:
    """Keep the answers beside the transcript for its review; else they are in the report only."""
    from transcribe.control.policy.kept import keep_answers
    from transcribe.core.events import Warned
    from transcribe.jobs.memory import remember_people
    from transcribe.jobs.signing import signer_of

    try:
        keep_answers(document, keeper.records)
        remember_people(document, episode.source.name, signer_of(settings))
    except TranscribeError as error:
        progress(Warned(f"the answers about {document} are not kept for its review: {error.what}"))


def _write(report: PolicyReport, paths: Sequence[Path]) -> None:
    from transcribe.control.policy.report import content_of
    from transcribe.core.disk import disk_errors
    from transcribe.core.files import make_folder, write_together

    contents = {path: content_of(report, path) for path in paths}
    for path in contents:
        with disk_errors(path, "writing"):
            make_folder(path.absolute().parent)
    write_together(contents)


def _lines(report: PolicyReport) -> Iterator[str]:
    """What has to go to a person, for the terminal; of what is clear, how much there is."""
    from transcribe.control.policy.verdicts import in_turn
    from transcribe.core.timecode import format_stretch

    for episode in report.episodes:
        if episode.failure:
            continue  # an error says it
        clear = sum(each.outcome == "clear" for each in episode.verdicts)
        left = sum(each.outcome == "not asked" and not each.person for each in episode.verdicts)
        nothing = ": so nothing was asked" if left == len(episode.verdicts) else ""
        yield f"{episode.document}: {clear} clear" + (f", {left} not asked{nothing}" if left else "")
        for each in in_turn(episode.verdicts):
            if each.person or each.outcome == "not asked":
                yield f"  {each.outcome} ({each.severity}) {each.id}: {each.title}: {each.reason}"
            for find in each.finds if each.person else ():
                at = format_stretch(find.spans[0].start_ms, find.spans[-1].end_ms)
                doubt = "" if find.certain else " (the digits do not fit: misheard?)"
                words = filter(None, (find.quote.before, f">{find.quote.words}<", find.quote.after))
                yield f"    {at} {' '.join(words)}{doubt}"


def _judge(report: PolicyReport, errors: Sequence[TranscribeError]) -> None:
    """End with the code that belongs to it."""
    if len(report.episodes) == 1 and errors:
        raise errors[0]
    for error in errors:
        say(f"transcribe: error: {error}", error=True)
    if errors:
        raise click.exceptions.Exit(exit_code_of(len(report.episodes) - len(errors), len(errors)))
    waiting = [each for each in report.episodes if each.person]
    if waiting:
        named = "1 episode" if len(waiting) == 1 else f"{len(waiting)} episodes"
        raise PersonNeeded(f"{named} of {len(report.episodes)} must go to a person")


@policy.command()
@click.argument("policy_file", metavar="POLICY", type=PathName())
def show(policy_file: Path) -> None:
    """Check a policy itself, and list what it asks, of which languages, and who decides."""
    from transcribe.control.policy.items import Rule
    from transcribe.control.policy.read import read_policy

    read, sha256 = read_policy(policy_file)
    asked = "1 question" if len(read.questions) == 1 else f"{len(read.questions)} questions"
    say(f"{read.name}: {len(read.rules)} rules, {asked}, SHA-256 {sha256}")
    for item in read.items:
        kind = f"rule, {item.want}" if isinstance(item, Rule) else "question"
        languages = f", {' '.join(item.languages)}" if item.languages else ""
        decides = f", {item.decides}" if item.decides else ""
        say(f"{item.id}: {item.title} ({kind}, {item.severity}{languages}{decides})")


@policy.command()
@click.argument("name", required=False)
@click.argument("folder", required=False, type=PathName(file_okay=False))
def copy(name: str | None, folder: Path | None) -> None:
    """Copy a policy to begin with into FOLDER, else into the current one; without NAME, list them."""
    from transcribe.control.policy.report import FOLDER
    from transcribe.core.disk import disk_errors
    from transcribe.core.files import make_folder, write_together
    from transcribe.core.reading import read_regular
    from transcribe.formats.templates import template_folder

    ours = {path.stem: path for path in sorted((template_folder() / FOLDER).glob("*.toml"))}
    if name is None:
        for each in ours:
            say(each)
        return
    source = ours.get(name.removesuffix(".toml"))
    if source is None:
        raise UsageError(f"there is no policy {name!r}", f"Policies are {', '.join(ours)}")
    target = (folder or Path()) / source.name
    if target.exists():
        raise OutputError(f"{target} is there already", "Name another folder, or remove it first")
    with disk_errors(target, "writing"):
        make_folder(target.absolute().parent)
    write_together({target: read_regular(source)})
    say(target)
