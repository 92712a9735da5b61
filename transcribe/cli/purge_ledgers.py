"""Where queues of servers and watchers lie that may know of an episode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from transcribe.control.purge.ledgers import Ledger
from transcribe.core.places import server
from transcribe.watch.folders import LEDGER, LEDGER_FOLDER, Folders, state_folder
from transcribe.watch.heartbeat import FILE, last_beat
from transcribe.watch.status import LOCK


def ledgers_near(paths: Sequence[Path], data: Sequence[Path], state: Sequence[Path]) -> list[Ledger]:
    """The ledgers of the user's server, of the folders that the episodes lie in or below, and those named.

    Args:
        data: Folders of servers; `state`: folders of watchers' ledgers.
    """
    folders = list(dict.fromkeys(each for path in paths for each in path.parents))
    servers = [each.absolute() for each in (*data, server(), *folders)]
    watchers: list[tuple[Path, Path | None]] = [(each.absolute(), None) for each in state]
    watchers += [(place, each) for each in folders for place in _states(each)]
    found = [*_servers(dict.fromkeys(servers)), *_watchers(dict.fromkeys(watchers))]
    return list({each.path: each for each in found}.values())


def _states(folder: Path) -> list[Path]:
    """Where a watcher has its ledger whose results go to a folder."""
    inside = folder / LEDGER_FOLDER
    return [inside] if inside.is_dir() else [state_folder(folder, None)] if folder.is_dir() else []


def _servers(folders: dict[Path, None]) -> Iterator[Ledger]:
    from transcribe.server.turns import store

    for each in folders:
        if (each / store.QUEUE).is_file() and (each / store.JOBS).is_dir():
            yield Ledger(
                each / store.QUEUE, each / store.LOCK, "server", each / store.JOBS, each / store.WORK
            )


def _watchers(folders: dict[tuple[Path, Path | None], None]) -> Iterator[Ledger]:
    for place, out in folders:
        if not (place / LEDGER).is_file():
            continue
        beat = last_beat(place)
        inbox = Path(beat.inbox) if beat and beat.inbox else None
        results = out or (place.parent if place.name == LEDGER_FOLDER else None)
        ledger = Ledger(place / LEDGER, place / LOCK, "watcher", inbox=inbox, beat=place / FILE)
        if results:
            ledger = replace(ledger, notes=Folders(inbox or place, results, place).error_files)
        yield ledger
