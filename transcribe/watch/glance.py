"""What others are shown of a watched folder, at a glance; nothing in it is written."""

from __future__ import annotations

import os
import re
import time
from dataclasses import replace
from pathlib import Path

from transcribe.core.reading import real
from transcribe.core.text import printable
from transcribe.jobs.ledger import COMING, OVER, PRESSING, Entry, Ledger, LedgerError, Problem, Watched, read
from transcribe.jobs.queue import State
from transcribe.watch.folders import LEDGER, state_folder
from transcribe.watch.heartbeat import Heartbeat, last_beat
from transcribe.watch.status import is_locked

SHOWN = 50
"""So many of a kind are told, the newest."""

PROGRESS = re.compile(r"([a-z]+)(?:, (\d{1,9}) s of it)?")
"""How a heartbeat tells of progress (`Working.tell`)."""


def glance(place: Path) -> Watched:
    """What there is to see.

    Args:
        place: The folder of the results or of the ledger, as `--out` or `--state` of a watcher name it.
    """
    try:
        folder = ledger_folder(place)
        return read(folder / LEDGER, lambda ledger: _seen(place, folder, ledger))
    except LedgerError as error:
        return Watched(place, problem=error.problem, why=error.why)
    except OSError as error:
        return Watched(place, problem=Problem.SILENT, why=error.strerror or str(error))


def ledger_folder(place: Path) -> Path:
    """Where the ledger lies: in the folder that is named, else where that of its results is."""
    return real(place) if os.path.lexists(place / LEDGER) else state_folder(place, None)


def _seen(place: Path, folder: Path, ledger: Ledger) -> Watched:
    counts = ledger.counts()

    def newest(*states: State) -> tuple[Entry, ...]:
        return tuple(ledger.newest(SHOWN, *states)) if any(counts[each] for each in states) else ()

    found = Watched(
        place,
        running=is_locked(folder),
        counts=counts,
        pressing=newest(*PRESSING),
        under_way=newest(State.WORKING),
        coming=newest(*COMING),
        latest=newest(*OVER),
    )
    beat = last_beat(folder)
    return _with_beat(found, beat) if beat else found


def _with_beat(found: Watched, beat: Heartbeat) -> Watched:
    found = replace(found, inbox=beat.inbox, beat_s=max(0.0, time.time() - beat.at))
    if not found.running:
        return found
    progress = PROGRESS.fullmatch(beat.progress)
    status, _, why = beat.status.partition(": ")
    return replace(
        found,
        paused=printable(why) if status == "paused" else "",
        working=beat.working,
        stage=progress[1] if progress else "",
        heard_ms=int(progress[2]) * 1000 if progress and progress[2] else None,
    )
