"""`transcribe verify FOLDER…`: see whether published files are what their manifests say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transcribe.cli.options import PathName, say
from transcribe.cli.sealing import attempts_in_words
from transcribe.core.errors import AllFailed, GateError, InputError, SomeFailed, UsageError

if TYPE_CHECKING:
    from transcribe.control.rerun import Rerun
    from transcribe.control.verify import Chain, Episode
    from transcribe.jobs.retention import Retention


@click.command("verify")
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...", type=PathName())
@click.option(
    "--expect-head",
    metavar="DIGEST",
    default="",
    help="The head of the chain that you kept elsewhere, or 16 characters or more of it; for one folder.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="FILE",
    type=PathName(),
    help="A public key; every manifest has to be signed by one of those that are given.",
)
@click.option(
    "--lock",
    "locks",
    multiple=True,
    metavar="FILE",
    type=PathName(),
    help="A model lock that has to list every model, in the place of those in force; may be repeated.",
)
@click.option("--rerun", is_flag=True, help="Recognise the recordings again, and compare.")
@click.option(
    "--recordings",
    metavar="DIR",
    type=PathName(file_okay=False, exists=True),
    help="With --rerun: where else recordings lie than beside their files.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a line for each finding.")
def verify(
    folders: tuple[Path, ...],
    expect_head: str,
    keys: tuple[Path, ...],
    locks: tuple[Path, ...],
    rerun: bool,
    recordings: Path | None,
    as_json: bool,
) -> None:
    """Compare published files with their manifests, in these folders and those below.

    Found are files that are missing or altered, to the bit; manifests that are altered, older than others,
    or under another recording's name; gaps in their chain; models that are in no lock. Nothing is sent, and
    nothing is changed.

    --rerun recognises recordings again, with the settings and the model of their manifests. What another
    version, engine or model made cannot be had again: it is told, and ends with exit code 10 or 11.

    A chain is as good as its head is safe: write the head down elsewhere, and give it with --expect-head.

    Ends with exit code 12 where something is wrong.
    """
    from transcribe.control.verify import folders_in
    from transcribe.control.verify import verify as verified
    from transcribe.models.model_lock import places_of_locks

    places = [inner for each in folders for inner in _found(each, folders_in(each))]
    if expect_head and (len(places) != 1 or len(expect_head) < 16):
        raise UsageError(
            "--expect-head is for one folder with manifests, and has 16 characters or more",
            f"There are {len(places)} such folders: check them one by one" if len(places) != 1 else "",
        )
    if recordings and not rerun:
        raise UsageError("--recordings is for --rerun", "Give both")
    asked = locks or tuple(each for each in places_of_locks() if each.is_file())
    chains = [verified(each, expect_head, keys, asked) for each in places]
    again = [_again(each, recordings) if rerun else () for each in places]
    _show_json(chains, again) if as_json else _show(chains, again)
    _judge(chains, [each for some in again for each in some])


def _again(folder: Path, recordings: Path | None) -> tuple[Rerun, ...]:
    from transcribe.control.purge.episode import manifests_in
    from transcribe.control.rerun import rerun
    from transcribe.core.events import silent

    return tuple(rerun(folder, each, recordings, silent) for each in manifests_in(folder))


def _judge(chains: Sequence[Chain], again: Sequence[Rerun]) -> None:
    wrong = sum(not each.good for each in chains)
    if wrong:
        raise GateError(
            f"{wrong} of {len(chains)} folders {'is' if len(chains) == 1 else 'are'} not as published",
            "Compare with a backup; what a manifest says is in its folder .transcribe",
        )
    if differ := sum(each.outcome == "differs" for each in again):
        raise GateError(f"{differ} of {len(again)} recordings are recognised otherwise now")
    if cannot := sum(each.outcome == "cannot" for each in again):
        kind = SomeFailed if cannot < len(again) else AllFailed
        raise kind(f"{cannot} of {len(again)} recordings cannot be recognised again as they were")


def _found(folder: Path, inner: Sequence[Path]) -> Sequence[Path]:
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder", "Name the folder that published files lie in")
    if not inner:
        raise InputError(
            f"{folder} has no manifests in it", "transcribe batch writes them; so does transcribe --manifest"
        )
    return inner


def _show(chains: Sequence[Chain], again: Sequence[Sequence[Rerun]]) -> None:
    for chain, reruns in zip(chains, again, strict=True):
        for each in chain.episodes:
            place = f"manifest {each.number} of {chain.length}, {each.files} files{_seal(each)}"
            say(f"{'' if each.findings else 'good: '}{chain.folder / each.name}: {place}")
            if each.hold:
                say(f"  under legal hold since {each.hold.at}, by {each.hold.by}{_because(each.hold)}")
            for finding in each.findings:
                say(f"  {finding.kind}: {finding.what}")
        for record in chain.purged:
            what = f"recording {record.recording[:16]}…, purged on {record.at}, by {record.by}"
            say(f"purged: {chain.folder}: {what}{_because(record)}")
        for finding in chain.findings:
            say(f"{finding.kind}: {chain.folder}: {finding.what}")
        for one in reruns:
            what = f"{one.why}; {one.changed} of {one.words} words" if one.words else one.why
            say(f"rerun: {chain.folder / one.name}: {one.outcome}{f': {what}' if what else ''}")
        say(f"head of {chain.folder}: {chain.head or 'none'}")


def _seal(episode: Episode) -> str:
    """How the network was shut off, where it was."""
    if episode.seal == "none":
        return ""
    tried = f" ({attempts_in_words(episode.attempts)})" if episode.attempts else ""
    return f", sealed: {episode.seal}{tried}"


def _because(said: Retention) -> str:
    return f": {said.reason}" if said.reason else ""


def _show_json(chains: Sequence[Chain], again: Sequence[Sequence[Rerun]]) -> None:
    from dataclasses import asdict

    from transcribe.core.text import shown

    rows = [
        {"good": each.good, **asdict(each), "folder": str(each.folder), "reruns": list(map(asdict, reruns))}
        for each, reruns in zip(chains, again, strict=True)
    ]
    click.echo(json.dumps(shown(rows), ensure_ascii=False, indent=2))
