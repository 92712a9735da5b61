"""The options of `transcribe watch`, beside the settings of every job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import click

from transcribe.cli.options import PathName

Command = TypeVar("Command", bound=Callable[..., Any])

FOLDER = PathName(file_okay=False)
SECONDS = click.FloatRange(min=0)


@dataclass(frozen=True)
class WatchOptions:
    """What was asked for; each field is the option of its name, whose help says what it is."""

    out: Path
    settle: float
    settle_unsure: float
    settle_open: float
    ready_marker: bool
    rescan: float
    poll: float
    keep_loaded: float
    min_free: int
    move_done: Path | None
    state: Path | None
    on_done: str | None
    on_failed: str | None
    webhook: str | None
    webhook_host: str
    hook_seconds: float
    once: bool


def _seconds(name: str, default: float, text: str, least: float = 0) -> Callable[[Command], Command]:
    kind = click.FloatRange(min=least)
    return click.option(name, default=default, metavar="S", type=kind, help=f"{text}  [default: {default:g}]")


OPTIONS = (
    click.option(
        "--out", required=True, metavar="DIR", type=FOLDER, help="Where results go, in the same sub-folders."
    ),
    _seconds("--settle", 10, "Take a file that is complete after S seconds without a change."),
    _seconds("--settle-unsure", 90, "The same where its format does not tell, or its end is missing."),
    _seconds("--settle-open", 900, "The same where a program still has it open, or may have."),
    click.option(
        "--ready-marker", is_flag=True, help="Take a file when NAME.ready lies beside it, and not before."
    ),
    _seconds("--rescan", 300, "Look through the whole folder this often.", 1),
    click.option(
        "--poll",
        default=0.0,
        metavar="S",
        type=SECONDS,
        help="The same where the system does not tell of changes; 10 on network mounts.",
    ),
    _seconds("--keep-loaded", 120, "Let go of the model after S seconds without work."),
    click.option(
        "--min-free",
        default=500,
        metavar="MB",
        type=click.IntRange(min=0),
        help="Pause while less is free on a disk that is written to.  [default: 500]",
    ),
    click.option("--move-done", metavar="DIR", type=FOLDER, help="Move recordings there once they are done."),
    click.option(
        "--state", metavar="DIR", type=FOLDER, help="Folder of the ledger; else inside the results."
    ),
    click.option(
        "--on-done", metavar="COMMAND", help="Run when a file is done: no shell, JSON on standard input."
    ),
    click.option("--on-failed", metavar="COMMAND", help="The same when a file has failed."),
    click.option("--webhook", metavar="URL", help="Post the same JSON to this address on this machine."),
    click.option(
        "--webhook-host", default="", metavar="HOST", help="Another machine that --webhook may be on."
    ),
    _seconds("--hook-seconds", 60, "Time limit of a command, and of a post.", 0.1),
    click.option("--once", is_flag=True, help="End when nothing is left to do."),
)


def watch_options(command: Command) -> Command:
    """Give a command all of them, in this order."""
    return reduce(lambda made, option: option(made), reversed(OPTIONS), command)
