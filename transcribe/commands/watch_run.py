"""`transcribe watch FOLDER --out FOLDER`: from flags to a watcher that runs until it is told to stop."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from transcribe.commands.options import Asked, SettingsCommand, given_flags
from transcribe.settings import Settings

if TYPE_CHECKING:
    from transcribe.progress import Progress
    from transcribe.watching.courier import Send
    from transcribe.watching.folders import Folders
    from transcribe.watching.watcher import Watcher

POLL_S = 10.0
"""On network mounts, unless --poll says otherwise."""

FOLDER = click.Path(path_type=Path, file_okay=False)
SECONDS = click.FloatRange(min=0)


class WatchCommand(SettingsCommand):
    """Every setting but those that make no sense in a service."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [each for each in self.params if each.name not in ("output", "live", "force")]


class Stop:
    """Remembers the signal that asks the watcher to end.

    Attributes:
        number: The signal; 0 for none.
    """

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        self.number = number

    def asked(self) -> bool:
        """Whether one came."""
        return self.number != 0

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM for as long as this is open, unless they are to be ignored."""
        numbers = [
            each for each in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(each) != signal.SIG_IGN
        ]
        before = {number: signal.signal(number, self) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@click.command("run", cls=WatchCommand)
@click.argument("inbox", metavar="FOLDER", type=FOLDER)
@click.option(
    "--out", required=True, metavar="DIR", type=FOLDER, help="Where results go, in the same sub-folders."
)
@click.option(
    "--settle",
    default=10.0,
    metavar="S",
    type=SECONDS,
    show_default=True,
    help="Take a file that is complete after so many seconds without a change.",
)
@click.option(
    "--settle-unsure",
    default=90.0,
    metavar="S",
    type=SECONDS,
    show_default=True,
    help="The same where its format does not tell, or its end is missing.",
)
@click.option(
    "--settle-open",
    default=900.0,
    metavar="S",
    type=SECONDS,
    show_default=True,
    help="The same where a program still has it open, or may have.",
)
@click.option(
    "--ready-marker", is_flag=True, help="Take a file when NAME.ready lies beside it, and not before."
)
@click.option(
    "--rescan",
    default=300.0,
    metavar="S",
    type=click.FloatRange(min=1),
    show_default=True,
    help="Look through the whole folder this often.",
)
@click.option(
    "--poll",
    default=0.0,
    metavar="S",
    type=SECONDS,
    help="The same, without waiting for the system to tell of changes; 10 on network mounts.",
)
@click.option(
    "--keep-loaded",
    default=120.0,
    metavar="S",
    type=SECONDS,
    show_default=True,
    help="Let go of the model after so many seconds without work.",
)
@click.option(
    "--min-free",
    default=500,
    metavar="MB",
    type=click.IntRange(min=0),
    show_default=True,
    help="Pause while less is free on a disk that is written to.",
)
@click.option("--move-done", metavar="DIR", type=FOLDER, help="Move recordings there once they are done.")
@click.option("--state", metavar="DIR", type=FOLDER, help="Folder of the ledger; else inside the results.")
@click.option(
    "--on-done", metavar="COMMAND", help="Run when a file is done; no shell, JSON on standard input."
)
@click.option("--on-failed", metavar="COMMAND", help="The same when a file has failed.")
@click.option("--webhook", metavar="URL", help="Post the same JSON to this address on this machine.")
@click.option("--webhook-host", default="", metavar="HOST", help="Another machine that --webhook may be on.")
@click.option(
    "--hook-seconds",
    default=60.0,
    metavar="S",
    type=click.FloatRange(min=0.1),
    show_default=True,
    help="Time limit of a command, and of a post.",
)
@click.option("--once", is_flag=True, help="End when nothing is left to do.")
@click.pass_context
def run(
    context: click.Context, inbox: Path, config_file: Path | None, profile: str | None, **asked: Any
) -> None:  # fmt: skip
    """Transcribe every recording that is put into FOLDER, once it is complete.

    Recordings are never changed. What fails is tried again, and at last told in OUT/failed; a
    watcher that was stopped or killed goes on where it was.
    """
    from transcribe import config
    from transcribe.commands.display import open_display
    from transcribe.progress import Noticed, Warned

    resolved = config.load(given_flags(context), config_file, profile)
    shown = resolved.settings.display
    display = replace(
        shown, live=False, progress="plain" if shown.progress in ("auto", "bar") else shown.progress
    )
    settings = replace(resolved.settings, display=display)
    told = context.ensure_object(Asked)
    told.debug, told.quiet = display.debug, display.quiet
    stop = Stop()
    with open_display(display) as progress, ExitStack() as stack:
        for warning in resolved.warnings:
            progress(Warned(warning))
        folders, watcher = stack.enter_context(open_watcher(inbox, settings, asked, progress))
        progress(Noticed(f"watching {folders.inbox}, results in {folders.out}"))
        with stop.listening():
            watcher.run(lambda: stop.asked() or (asked["once"] and watcher.through))
        if stop.number:
            progress(Noticed("stopped; the next start goes on here"))
    context.exit(128 + stop.number if stop.number else 0)


@contextmanager
def open_watcher(
    inbox: Path, settings: Settings, asked: dict[str, Any], progress: Progress
) -> Iterator[tuple[Folders, Watcher]]:  # fmt: skip
    """Put a watcher together; everything is checked before the first file is looked at."""
    import time

    from transcribe.commands.choose import choose_engines
    from transcribe.commands.choose_writer import choose_writer
    from transcribe.engines.ffmpeg import Ffmpeg
    from transcribe.watching.asking import fingerprint
    from transcribe.watching.courier import Courier
    from transcribe.watching.folders import open_folders
    from transcribe.watching.intake import Intake
    from transcribe.watching.ledger import Ledger
    from transcribe.watching.looking import Looker, ignore_broken_leases
    from transcribe.watching.mounts import network_mount
    from transcribe.watching.settling import NO_PATIENCE, Patience, Settling
    from transcribe.watching.status import lock_for
    from transcribe.watching.transcriber import Choices, Transcriber
    from transcribe.watching.watcher import Rhythm, Watcher
    from transcribe.watching.working import Working

    senders = choose_senders(asked)
    folders = open_folders(inbox, asked["out"], asked["state"], asked["move_done"])
    patience = Patience(asked["settle"], asked["settle_unsure"], asked["settle_open"])
    poll = asked["poll"] or (POLL_S if network_mount(folders.inbox) else 0.0)
    rhythm = Rhythm(asked["rescan"], poll, asked["keep_loaded"], asked["min_free"] * 1_000_000)
    media = Ffmpeg.find(settings.compute)
    ignore_broken_leases()
    transcriber = Transcriber(settings, Choices(choose_engines, choose_writer))
    with ExitStack() as stack:
        stack.enter_context(lock_for(folders.state))
        ledger = stack.enter_context(closing(Ledger(folders.ledger)))
        stack.callback(transcriber.stop)
        transcriber.check()
        courier = Courier(ledger, senders, progress)
        settling = Settling(NO_PATIENCE if asked["ready_marker"] else patience)
        intake = Intake(
            folders.inbox,
            ledger,
            settling,
            Looker(media, media),
            time.monotonic,
            progress,
            asked["ready_marker"],
        )
        working = Working(
            folders, ledger, intake, transcriber, courier, fingerprint(settings), progress, time.monotonic
        )
        yield folders, Watcher(working, rhythm, progress)


def choose_senders(asked: dict[str, Any]) -> dict[tuple[str, str], Send]:
    """Who is told of what, by the flags."""
    from transcribe.engines.hook import Hook
    from transcribe.engines.webhook import Webhook
    from transcribe.watching.courier import COMMAND, PLACEHOLDERS, WEBHOOK

    senders: dict[tuple[str, str], Send] = {}
    for event in ("done", "failed"):
        if command := asked[f"on_{event}"]:
            hook = Hook.parse(command, asked["hook_seconds"], PLACEHOLDERS)
            senders[COMMAND, event] = lambda message, values, stopped, hook=hook: hook.run(
                message.payload, values, stopped
            )
        if asked["webhook"]:
            webhook = Webhook.parse(asked["webhook"], asked["webhook_host"], asked["hook_seconds"])
            senders[WEBHOOK, event] = lambda message, _values, _stopped, webhook=webhook: webhook.post(
                message.payload, message.id
            )
    return senders
