"""`transcribe purge EPISODE…`: remove all that is known of episodes; put legal holds on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.options import PathName, SettingOption, config_parameters, given_flags, say
from transcribe.core.errors import GateError, PersonNeeded, UsageError
from transcribe.core.settings import OPTIONS

if TYPE_CHECKING:
    from transcribe.control.purge.ledgers import Ledger
    from transcribe.control.purge.plan import Plan
    from transcribe.jobs.retention import Retention
    from transcribe.jobs.signing import Signer


@click.command("purge")
@click.argument("episodes", nargs=-1, required=True, metavar="EPISODE...", type=PathName())
@click.option("--dry-run", is_flag=True, help="List what would go and what would stay, and remove nothing.")
@click.option("--recording", is_flag=True, help="Remove the recording as well.")
@click.option("--force", is_flag=True, help="Remove changed files as well.")
@click.option("--as", "by", metavar="NAME", help="Who decides; by default the user's name.")
@click.option("--reason", metavar="TEXT", default="", help="Why; it stays in the record.")
@click.option("--hold", is_flag=True, help="Put a legal hold on the episodes: nothing purges them.")
@click.option("--release", is_flag=True, help="Release them from their legal hold.")
@click.option(
    "--due", is_flag=True, help="Purge the episodes of a folder (EPISODE) that are older than keep_days."
)
@click.option(
    "--data", multiple=True, metavar="DIR", type=PathName(file_okay=False),
    help="Data folder of a server (serve --data DIR); may be repeated.",
)  # fmt: skip
@click.option(
    "--state", multiple=True, metavar="DIR", type=PathName(file_okay=False),
    help="State folder of a watcher (watch --state DIR); may be repeated.",
)  # fmt: skip
@click.pass_context
def purge(context: click.Context, /, episodes: tuple[Path, ...], **given: Any) -> None:
    """Remove all that is known of episodes: work directories, results, corrections, jobs, reports' entries.

    EPISODE is a transcript (.json), another published file, or the recording's name in that folder. What
    stays is a record without content: digests, who, when and why. transcribe verify tells of it.

    Nothing of an episode is removed while it is under legal hold, while a run, server or watcher works with
    it, or while another episode uses the same work directory.

    Ends with exit code 13 where an episode was refused, and 12 where something of it stays.
    """
    from transcribe.cli.purge_ledgers import ledgers_near
    from transcribe.core import config
    from transcribe.jobs.correct import checked_name
    from transcribe.jobs.signing import signer_of

    if sum((given["hold"], given["release"], given["due"])) > 1:
        raise UsageError("--hold, --release and --due exclude each other", "Give one of them")
    settings = config.load(given_flags(context), given["config_file"], given["profile"]).settings
    by, signer = checked_name(given["by"]), signer_of(settings)
    paths = [Path(each).absolute() for each in episodes]
    if given["due"]:
        paths = list(_due(paths, settings.output.keep_days))
        if not paths:
            say("nothing is due")
            return
    ledgers = ledgers_near(paths, given["data"], given["state"])
    if given["hold"] or given["release"]:
        _decide(paths, ledgers, given, by, signer)
        return
    _purge(paths, ledgers, given | {"archive": settings.archive.archive}, by, signer)


purge.params += [*(SettingOption(OPTIONS[name]) for name in ("keep_days", "sign_key")), *config_parameters()]


def _due(folders: Sequence[Path], days: int) -> Iterator[Path]:
    from transcribe.control.purge.purge import due
    from transcribe.core.errors import InputError

    if not days:
        raise UsageError("no config says how long episodes are kept", "Set keep_days, or give --keep-days")
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder", "Name the folder that published files lie in")
        for each in due(folder, days):
            if each.hold:
                say(f"{each.path}: stays: a legal hold is on it since {each.hold.at}, by {each.hold.by}")
            else:
                yield each.path


def _decide(
    paths: Sequence[Path], ledgers: Sequence[Ledger], given: dict[str, Any], by: str, signer: Signer | None
) -> None:
    from transcribe.control.purge.episode import find_episode
    from transcribe.control.purge.purge import decide

    found = [find_episode(path, ledgers) for path in paths]
    for episode in found:
        retention = decide("hold" if given["hold"] else "release", episode, by, given["reason"], signer)
        was = "" if retention else "already "
        state = "under legal hold" if given["hold"] else "under no legal hold"
        say(f"{episode.folder / episode.name}: {was}{state}")


def _purge(
    paths: Sequence[Path], ledgers: Sequence[Ledger], given: dict[str, Any], by: str, signer: Signer | None
) -> None:
    from transcribe.archive.keep import forget_episode
    from transcribe.control.purge.carry_out import carry_out
    from transcribe.control.purge.episode import find_episode, published_from
    from transcribe.control.purge.plan import Wish, tell
    from transcribe.control.purge.purge import killed, planned
    from transcribe.control.purge.purge import purge as purged

    begun = {path: killed(path, ledgers) for path in paths}
    found = {path: find_episode(path, ledgers) for path, each in begun.items() if each is None}
    named = [(each.folder, each.name) for each in found.values()]
    named += [(path.parent, each[1].name) for path, each in begun.items() if each]
    for path in (each for folder, name in named for each in published_from(folder, name)):
        begun[path] = killed(path, ledgers)
        if begun[path] is None:
            found[path] = find_episode(path, ledgers)
    unique = {(each.place, each.name): each for each in found.values()}
    wish = Wish(tuple(unique.values()), given["force"], given["recording"])
    with planned(wish, ledgers) as plans:
        for line in tell(plans):
            if given["dry_run"] or not line.startswith("  goes:"):
                say(line)
        for path, each in begun.items():
            if each and given["dry_run"]:
                say(f"{path}: its purge was begun and is not done: give the command without --dry-run")
            elif each:
                for name in map(Path, each[1].names):
                    forget_episode(name, chosen=given["archive"])
                _say_done(path, carry_out(*each, signer))
        if not given["dry_run"]:
            for plan in plans:
                if not plan.refused:
                    for document in plan.episode.documents:
                        forget_episode(document, chosen=given["archive"])
                    _say_done(
                        plan.episode.folder / plan.episode.name, purged(plan, by, given["reason"], signer)
                    )
    _judge(plans)


def _say_done(path: Path, record: Retention) -> None:
    files, manifests = _count(len(record.files), "file"), _count(len(record.gone), "manifest")
    say(f"{path}: purged; {files} and {manifests} are gone")


def _judge(plans: Sequence[Plan]) -> None:
    refused = [each for each in plans if each.refused]
    if refused:
        more = f"{len(refused)} of {len(plans)} episodes: nothing of them is removed"
        raise PersonNeeded(f"a person has to decide about {more}", "The lines above say why")
    if any(each.incomplete for each in plans):
        raise GateError("something of what was purged stays", "The lines above say what, and why")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
