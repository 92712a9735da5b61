"""Puts a watcher together: everything is checked before the first file is looked at."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

from transcribe.cli.watch_options import WatchOptions
from transcribe.control.gate import assemble, gate_of
from transcribe.core.events import Progress
from transcribe.core.places import expanded
from transcribe.core.seal.take import refuse
from transcribe.core.settings import Settings
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.engines.hook import Hook
from transcribe.engines.webhook import Webhook
from transcribe.jobs.fingerprint import fingerprint_of
from transcribe.jobs.notify import COMMAND, PLACEHOLDERS, WEBHOOK, Courier, Delivery, Outbox, Send
from transcribe.jobs.plan import waiting_folder
from transcribe.jobs.queue import Queue
from transcribe.jobs.worker import Worker
from transcribe.watch.approving import Approving
from transcribe.watch.folders import Folders, network_mount, open_folders
from transcribe.watch.intake import Intake
from transcribe.watch.looking import Looker, ignore_broken_leases
from transcribe.watch.settling import NO_PATIENCE, Patience, Settling
from transcribe.watch.status import lock_for
from transcribe.watch.watcher import Rhythm, Watcher
from transcribe.watch.working import Working

POLL_S = 10.0
"""On network mounts, unless --poll says otherwise."""


@contextmanager
def open_watcher(
    inbox: Path, settings: Settings, asked: WatchOptions, progress: Progress
) -> Iterator[tuple[Folders, Watcher]]:
    """A watcher that is ready to run.

    Raises:
        UsageError: Folders, hooks or settings make no sense, or another watcher has the ledger.
        TranscribeError: There is no model, no ffmpeg, or no ledger can be written.
    """
    senders = choose_senders(asked)
    folders = open_folders(inbox, asked.out, asked.state, asked.move_done, waiting_of(asked.out, settings))
    remote = network_mount(folders.inbox)
    poll = asked.poll or (POLL_S if remote else 0.0)
    media = Ffmpeg.find(settings.compute, settings.normalise)
    ignore_broken_leases()
    worker = Worker(settings, assemble)
    with ExitStack() as stack:
        stack.enter_context(lock_for(folders.state))
        queue = stack.enter_context(closing(Queue(folders.queue)))
        stack.callback(worker.stop)
        worker.check()
        intake = Intake(
            folder=folders.inbox,
            queue=queue,
            settling=Settling(patience_of(asked)),
            looker=Looker(media, media, leases=not remote),
            clock=time.monotonic,
            progress=progress,
            marker=asked.ready_marker,
        )
        policy = settings.output.policy
        waits = gate_of(settings)
        approving = (
            Approving(folders.waiting, policy, waits, queue, time.monotonic) if folders.waiting else None
        )
        working = Working(
            folders=folders,
            queue=queue,
            intake=intake,
            worker=worker,
            courier=Courier(Outbox(queue), senders, progress),
            settings=fingerprint_of(settings),
            progress=progress,
            clock=time.monotonic,
            debug=settings.display.debug,
            approving=approving,
        )
        rhythm = Rhythm(asked.rescan, poll, asked.keep_loaded, asked.min_free * 1_000_000)
        yield folders, Watcher(working, rhythm, progress)


def waiting_of(out: Path, settings: Settings) -> Path | None:
    """Where results wait for approval; None: none is required.

    Raises:
        UsageError: That folder and the one for results lie in each other.
    """
    if not settings.output.require_approval:
        return None
    return waiting_folder(expanded(out), settings.replace({"output": str(out)}))


def patience_of(asked: WatchOptions) -> Patience:
    """How long files have to be unchanged."""
    if asked.ready_marker:
        return NO_PATIENCE
    return Patience(asked.settle, asked.settle_unsure, asked.settle_open)


def choose_senders(asked: WatchOptions) -> dict[tuple[str, str], Send]:
    """Who is told of what.

    Raises:
        UsageError: A command or the webhook's address makes no sense, or the run is sealed.
    """
    senders: dict[tuple[str, str], Send] = {}
    for event, command in (("done", asked.on_done), ("failed", asked.on_failed)):
        if command is not None:
            senders[COMMAND, event] = partial(_run, Hook.parse(command, asked.hook_seconds, PLACEHOLDERS))
        if asked.webhook is not None:
            refuse("--webhook", "Use --on-done and --on-failed, or watch without --sealed")
            webhook = Webhook.parse(asked.webhook, asked.webhook_host, asked.hook_seconds)
            senders |= {(WEBHOOK, each): partial(_post, webhook) for each in (event, "unapproved")}
    return senders


def _run(hook: Hook, message: Delivery, values: Mapping[str, str], stopped: Callable[[], bool]) -> str:
    return hook.run(message.payload, values, stopped)


def _post(
    webhook: Webhook, message: Delivery, _values: Mapping[str, str], _stopped: Callable[[], bool]
) -> str:
    return webhook.post(message.payload, message.id)
