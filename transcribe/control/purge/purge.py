"""Purge episodes, put legal holds on them and release them, and find those whose time is over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from transcribe.control.purge.carry_out import Journal, begin, begun_in, carry_out
from transcribe.control.purge.episode import Episode, manifests_in, place_of
from transcribe.control.purge.find import plan_purge
from transcribe.control.purge.ledgers import Ledger, locks
from transcribe.control.purge.plan import Plan, Wish
from transcribe.control.verify import folders_in, stored_in, walk_of
from transcribe.core.disk import disk_errors
from transcribe.core.errors import PersonNeeded
from transcribe.core.files import make_folder
from transcribe.core.timecode import now
from transcribe.jobs.chain import append_retention
from transcribe.jobs.manifest import read_manifest
from transcribe.jobs.memory import FOLDER
from transcribe.jobs.retention import Action, Retention, called, held
from transcribe.jobs.signing import Signer


@contextmanager
def planned(wish: Wish, ledgers: Sequence[Ledger]) -> Iterator[list[Plan]]:
    """What would be done; inside the block nobody else uses what would be removed.

    An episode that is refused keeps what it shares with another one, so that one is refused, too.
    """
    with locks() as taken:
        plans = [plan_purge(each, wish, ledgers, taken) for each in wish.episodes]
        while True:
            good = tuple(each.episode for each in plans if not each.refused)
            narrower = Wish(good, wish.force, wish.recording)
            again = [
                plan_purge(each.episode, narrower, ledgers, taken) if not each.refused else each
                for each in plans
            ]
            if not any(new.refused and not old.refused for new, old in zip(again, plans, strict=True)):
                yield again
                return
            plans = again


def purge(plan: Plan, by: str, reason: str, signer: Signer | None) -> Retention:
    """Carry out a plan that nothing speaks against.

    Raises:
        OutputError: Something cannot be written or removed; the same command goes on.
    """
    return carry_out(plan.episode.place, begin(plan, by, reason), signer)


def killed(path: Path, ledgers: Sequence[Ledger]) -> tuple[Path, Journal] | None:
    """The purge of an episode that was killed, and the folder of its chain; None: there is none.

    Args:
        path: As for `find_episode`; absolute.
    """
    place, _ = place_of(path, ledgers)
    return next(((place, each) for each in begun_in(place) if str(path) in each.names), None)


def decide(action: Action, episode: Episode, by: str, reason: str, signer: Signer | None) -> Retention | None:
    """Put a legal hold on an episode, or release it; None where it is so already.

    Raises:
        OutputError: It cannot be written.
    """
    if (episode.hold is not None) == (action == "hold"):
        return None
    retention = Retention(action, called(episode.name), episode.recording, by, now(), reason)

    with disk_errors(episode.place, "making"):
        make_folder(episode.place)
    return append_retention(episode.place, lambda link: replace(retention, link=link), signer)


@dataclass(frozen=True)
class Due:
    """An episode whose time is over.

    Attributes:
        since: When its recording was first transcribed, in UTC (RFC 3339).
        hold: The legal hold that keeps it.
    """

    path: Path
    since: str
    hold: Retention | None


def due(folder: Path, days: int) -> list[Due]:
    """Episodes in a folder and those below that have a manifest, and were first transcribed so long ago.

    Raises:
        PersonNeeded: The clock stands before the newest manifest: nobody can say what is due.
    """
    moment = datetime.now(UTC)
    found = []
    for each in folders_in(folder):
        place = each / FOLDER
        known = [
            said for content in stored_in(place).values() if content and (said := read_manifest(content))
        ]
        walk = walk_of(place)
        times = [said.making.finished or said.making.started for said in known]
        times += [said.at for said in walk.retentions]
        latest = max((time for time in map(_time, times) if time), default=None)
        if latest and latest > moment + timedelta(minutes=1):
            raise PersonNeeded(
                f"the clock says {now()}, and {place} has something of {latest:%Y-%m-%dT%H:%M:%SZ}",
                "Set the clock right; nothing is removed",
            )
        for manifest in manifests_in(each):
            same = [
                said.making.started for said in known
                if (said.name, said.recording.sha256) == (manifest.name, manifest.recording.sha256)
            ]  # fmt: skip
            first = min((time for time in map(_time, same) if time), default=None)
            if first and moment - first >= timedelta(days=days):
                found.append(
                    Due(
                        each / manifest.name,
                        f"{first:%Y-%m-%dT%H:%M:%SZ}",
                        held(walk.retentions, manifest.name),
                    )
                )
    return found


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
