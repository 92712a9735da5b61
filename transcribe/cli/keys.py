"""`transcribe keys`: keys that sign manifests."""

from __future__ import annotations

from pathlib import Path

import click

from transcribe.cli.options import PathName, say


@click.group()
def keys() -> None:
    """Make keys for signatures, and sign with them; transcribe verify --key says whose signature it is."""


@keys.command("new")
@click.argument("file", type=PathName())
def new(file: Path) -> None:
    """Make an Ed25519 key: the private one in FILE, readable by you alone, the public one in FILE.pub.

    Keep FILE where whoever can change published files cannot read it. Give FILE.pub to those who verify.
    """
    from transcribe.jobs.signing import new_key

    public, name = new_key(file)
    say(f"private key: {file}")
    say(f"public key: {public}")
    say(f"id: {name}")


@keys.command("sign")
@click.argument("folder", type=PathName())
@click.option("--sign-key", "key", required=True, metavar="FILE", type=PathName(), help="The private key.")
def sign(folder: Path, key: Path) -> None:
    """Sign the manifests in FOLDER and below that have no signature, as those of runs before there was a key.

    Nothing is signed, and the exit code is 12, where something is not as it was published.
    """
    from transcribe.control.sign import sign_all
    from transcribe.jobs.signing import Signer

    count = sign_all(folder, Signer(key))
    say(f"{count} manifest{'' if count == 1 else 's'} signed")
