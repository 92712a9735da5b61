"""`transcribe keys`: keys that sign manifests."""

from __future__ import annotations

from pathlib import Path

import click

from transcribe.cli.options import PathName, say


@click.group()
def keys() -> None:
    """Make keys that sign manifests (--sign-key); transcribe verify --key looks whose signature it is."""


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
