"""A purge before it is carried out: what would go, what would stay and why, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from transcribe.control.purge.episode import Episode

Kind = Literal["file", "folder", "rows", "entry"]
"""A file, a folder with all that is in it, a job in a ledger, an entry of a report."""


@dataclass(frozen=True)
class Removal:
    """Something that goes.

    Attributes:
        what: For people: `work directory`.
        path: Absolute.
        key: The job of the ledger, the recording of the report.
        sha256: Of a published file: goes only if it is still that; empty: whatever it is.
    """

    kind: Kind
    what: str
    path: str
    key: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Stays:
    """Something that stays.

    Attributes:
        incomplete: Whether something of the episode stays with it.
    """

    path: str
    why: str
    incomplete: bool = False


@dataclass
class Plan:
    """What a purge of one episode would do.

    Attributes:
        refused: Why nothing of it is done.
    """

    episode: Episode
    removals: list[Removal] = field(default_factory=list)
    stays: list[Stays] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def remove(self, what: str, *paths: Path, kind: Kind = "file", key: str = "", sha256: str = "") -> None:
        """Put down something that goes, once."""
        for each in paths:
            removal = Removal(kind, what, str(each), key, sha256)
            if not any((kind, removal.path, key) == (one.kind, one.path, one.key) for one in self.removals):
                self.removals.append(removal)

    def refuse(self, why: str) -> None:
        """Put down why nothing is done, once."""
        if why not in self.refused:
            self.refused.append(why)

    def keep(self, path: Path, why: str, *, incomplete: bool = False) -> None:
        """Put down something that stays, once."""
        stays = Stays(str(path), why, incomplete)
        if stays not in self.stays:
            self.stays.append(stays)

    @property
    def incomplete(self) -> bool:
        """Whether something of the episode stays."""
        return any(each.incomplete for each in self.stays)


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    Attributes:
        force: Remove files, too, that somebody has changed, or of which no manifest tells.
        recording: Remove the recording, too.
        episodes: All that are purged together.
    """

    episodes: tuple[Episode, ...]
    force: bool = False
    recording: bool = False

    @property
    def paths(self) -> frozenset[str]:
        """The published files of all of them."""
        return frozenset().union(*(each.paths for each in self.episodes))

    def has(self, folder: Path, name: str) -> bool:
        """Whether the episode of this name in this folder is purged, too."""
        return any((each.folder, each.name) == (folder, name) for each in self.episodes)

    def has_job(self, jobs: Path, name: str) -> bool:
        """Whether this job of a server is purged, too."""
        return any((each.folder, each.job) == (jobs / name, name) for each in self.episodes)


def tell(plans: Iterable[Plan]) -> Iterable[str]:
    """What would go and what would stay, a line each, for people."""
    for plan in plans:
        yield f"{plan.episode.folder / plan.episode.name}: {'nothing goes' if plan.refused else 'goes'}"
        yield from (f"  refused: {why}" for why in plan.refused)
        if not plan.refused:
            for each in plan.removals:
                key = f": {each.key}" if each.key else ""
                yield f"  goes: {each.what}: {each.path}{key}"
        yield from (f"  stays: {each.path}: {each.why}" for each in plan.stays)
