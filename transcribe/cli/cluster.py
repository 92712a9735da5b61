"""`transcribe cluster`: certificates, the scheduler and the workers of a batch on many machines."""

from __future__ import annotations

import re
from pathlib import Path

import click

from transcribe.cli.options import PathName, SettingsCommand, say, warned
from transcribe.core.config import Resolved
from transcribe.core.errors import UsageError

GROUPS = ("compute",)
CERTS = click.option(
    "--certs",
    required=True,
    metavar="DIR",
    type=PathName(file_okay=False),
    help="This machine's folder, as cluster init made it.",
)
_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}


@click.group()
def cluster() -> None:
    """Share a batch between machines: transcribe batch --cluster tls://SCHEDULER --certs DIR.

    Whoever has a folder that `init` made can run anything on the machines of the cluster: keep them private.
    """


@cluster.command()
@click.argument("folder", metavar="DIR", type=PathName())
@click.option(
    "--machines", multiple=True, metavar="NAME,NAME", help="Names of the workers; may be given again later."
)
def init(folder: Path, machines: tuple[str, ...]) -> None:
    """Make certificates in DIR: an authority, and a folder for the scheduler, the submitter and each worker.

    Copy each folder to its machine, over a way that nobody listens to. What is there is never replaced.
    """
    from transcribe.cluster.certificates import CA_KEY
    from transcribe.cluster.certificates import init as make

    names = [name for each in machines for name in each.split(",") if name]
    for made in make(folder, names):
        state = "made" if made.new else "there already"
        say(f"{made.folder}: {state}, valid until {made.until:%Y-%m-%d}")
    say(f"{folder / CA_KEY} makes more of them: keep it here, and copy it nowhere")


@cluster.command()
@CERTS
@click.option("--listen", required=True, metavar="tls://ADDRESS:PORT", help="Where, and nowhere else.")
@click.pass_context
def scheduler(context: click.Context, /, certs: Path, listen: str) -> None:
    """Place recordings on workers, until it is stopped. It needs no model, and little of anything."""
    from transcribe.cluster.addresses import PORT, listening_address
    from transcribe.cluster.certificates import identity_of
    from transcribe.cluster.nodes import serve_scheduler
    from transcribe.core.seal.take import refuse

    refuse("a scheduler")
    address = listening_address(listen, PORT)
    number = serve_scheduler(identity_of(certs), address, lambda line: say(line, error=True))
    context.exit(128 + number if number else 0)


@cluster.command(cls=SettingsCommand, groups=GROUPS)
@click.argument("address", metavar="tls://SCHEDULER:PORT")
@CERTS
@click.option(
    "--listen",
    required=True,
    metavar="ADDRESS[:PORT]",
    help="This machine's address; PORT and the next one are used, or any two.",
)
@click.option("--memory", metavar="BYTES", help="What a model may take, such as 8G.  [default: what is free]")
@click.pass_context
def worker(
    context: click.Context,
    /,
    address: str,
    certs: Path,
    listen: str,
    memory: str | None,
    resolved: Resolved,
) -> None:
    """Recognise what the scheduler places here, until it is stopped.

    The models have to be installed here. One recording is worked on at a time, with all cores.
    """
    from transcribe.cluster.addresses import listening_address, scheduler_address
    from transcribe.cluster.certificates import identity_of
    from transcribe.cluster.worker import run_worker
    from transcribe.core.seal.take import refuse

    refuse("a worker")
    number = run_worker(
        identity_of(certs),
        scheduler_address(address),
        listening_address(listen, 0),
        warned(resolved).compute,
        _bytes(memory) if memory else 0,
        lambda line: say(line, error=True),
    )
    context.exit(128 + number if number else 0)


def _bytes(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)\s?([KMGT]?)i?B?", text, re.IGNORECASE)
    number = round(float(found[1]) * _UNITS[found[2].upper()]) if found else 0
    if not number:
        raise UsageError(f"--memory {text} is no number of bytes", "Write it such as 8G or 1500M")
    return number
