"""Keeps the archive as the documents are: new, changed, corrected, moved, gone."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from transcribe.archive.index import Archive
from transcribe.archive.pieces import pieces_of
from transcribe.archive.reader import Indexed, Reader, place
from transcribe.archive.talk import Talk, read_talk
from transcribe.core.errors import InputError, TranscribeError
from transcribe.core.reading import open_regular, read_bounded, walked
from transcribe.core.show_notes import NO_SHOW
from transcribe.formats.document import SCHEMA
from transcribe.formats.tokens import plain
from transcribe.jobs.corrections import digest_of, sidecar_of
from transcribe.jobs.documents import MAX_DOCUMENT_BYTES, recording_of

SUFFIX = ".json"
HEAD_BYTES = 4096
"""A document says what it is at its start."""

LONGEST_NAME = 300
"""Characters of a title, a show or a speaker."""

_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")
_DATES = ("date", "originaldate", "tdrc", "tdor", "creation_time", "year")
"""Tags of a recording that say when it was made, the surest first."""


@dataclass
class Kept:
    """What became of documents.

    Attributes:
        unreachable: Episodes whose folder is not there now, as on a disk that is away: they are kept.
        failed: Documents that cannot be read, and why.
    """

    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    same: int = 0
    unreachable: int = 0
    failed: list[tuple[Path, TranscribeError]] = field(default_factory=list)


@dataclass(frozen=True)
class State:
    """What is in an archive.

    Attributes:
        stale: Episodes whose documents have changed, moved or gone since.
        bytes: Size of its file.
        folders: Those that are looked into at every update.
    """

    episodes: int
    hours: float
    words: int
    stale: int
    bytes: int
    shows: list[str]
    languages: list[str]
    speakers: list[str]
    folders: list[str]


def state_of(reader: Reader, paths: Sequence[Path] = ()) -> State:
    """What is in an archive, or in these folders of it."""
    wanted = tuple(map(_absolute, paths))
    found = {key: each for key, each in reader.episodes().items() if _is_meant(each.document, wanted)}
    speakers = reader.rows(
        "select distinct name from passages join speakers on speakers.id = speaker "
        "where name <> '' and episode in (select value from json_each(?)) order by name",
        json.dumps([*found]),
    )
    folders = reader.rows("select path from folders order by path")
    return State(
        episodes=len(found),
        hours=round(sum(each.duration_ms for each in found.values()) / 3_600_000, 2),
        words=sum(each.words for each in found.values()),
        stale=sum(_facts(each.document) != each.facts for each in found.values()),
        bytes=reader.path.stat().st_size,
        shows=sorted({each.show for each in found.values() if each.show}),
        languages=sorted({each.language for each in found.values() if each.language}),
        speakers=[name for (name,) in speakers],
        folders=[os.fsdecode(path) for (path,) in folders],
    )


def add(archive: Archive, paths: Sequence[Path], tell: Callable[[Path], None] = lambda _: None) -> Kept:
    """Add documents, and all that are in folders; folders are remembered.

    Args:
        tell: Called with each document that is read.

    Raises:
        InputError: Something that is named is not there, or no document.
    """
    kept = Kept()
    keeper = _Keeper(archive, kept, tell)
    with archive.together():
        for path in map(_absolute, paths):
            if os.path.isdir(path):  # noqa: PTH112 - which answers for any path
                archive.remember(path)
                keeper.folder(path)
            else:
                keeper.document(path, named=True)
    return kept


def update(
    archive: Archive, paths: Sequence[Path] = (), tell: Callable[[Path], None] = lambda _: None
) -> Kept:
    """Look again at every document in the archive, or those in these folders, and for new ones.

    Raises:
        OutputError: The archive cannot be used.
    """
    kept = Kept()
    keeper = _Keeper(archive, kept, tell)
    wanted = tuple(map(_absolute, paths))
    folders = [Path(os.fsdecode(path)) for (path,) in archive.rows("select path from folders")]
    with archive.together():
        for folder in folders:
            if _is_meant(folder, wanted) or any(each.is_relative_to(folder) for each in wanted):
                keeper.folder(folder, wanted)
        for document in [
            each.document for each in archive.episodes().values() if _is_meant(each.document, wanted)
        ]:
            keeper.again(document, folders)
    return kept


def remove(archive: Archive, path: Path) -> int:
    """Take out the episode of a document, or all of a folder, which is no longer remembered; how many."""
    path = _absolute(path)
    inside = [each.document for each in archive.episodes().values() if _is_meant(each.document, (path,))]
    archive.forget(path)
    return sum(archive.remove("document = ?", os.fsencode(each)) for each in inside)


def forget_episode(document: Path | None = None, recording: str = "", chosen: str = "") -> int:
    """Take out the episodes of a document, and of a recording, wherever their documents lie; how many.

    Not a byte of their words is left in the archive's file. Where there is no archive, nothing is done.

    Args:
        recording: Hex digest of the recording.
        chosen: The setting `archive`.

    Raises:
        OutputError: The archive cannot be used.
    """
    file = place(chosen)
    if not os.path.lexists(file):
        return 0
    with Archive(file) as archive:
        found = remove(archive, document) if document else 0
        return found + (archive.remove("recording = ?", recording) if recording else 0)


def keep_current(document: Path, chosen: str) -> None:
    """Add a document to the archive, or read it again; what was said before is gone from the archive's file.

    Args:
        chosen: The setting `archive`.

    Raises:
        TranscribeError: It cannot be read, or the archive cannot be used.
    """
    with Archive(place(chosen)) as archive:
        _Keeper(archive, Kept(), lambda _: None).document(_absolute(document), named=True)


def keep_named(archive: Archive, names: Mapping[Path, str]) -> Kept:
    """Add documents whose paths say nothing of what they are, or read them again.

    Args:
        names: What the recording of each is called.

    Raises:
        OutputError: The archive cannot be used.
    """
    kept = Kept()
    keeper = _Keeper(archive, kept, lambda _: None, names)
    with archive.together():
        for each in names:
            keeper.document(each, named=False)
    return kept


class _Keeper:
    """Puts documents into an archive, and counts."""

    def __init__(
        self,
        archive: Archive,
        kept: Kept,
        tell: Callable[[Path], None],
        names: Mapping[Path, str] | None = None,
    ) -> None:
        self._archive, self._kept, self._tell, self._names = archive, kept, tell, names or {}
        self._known = {each.document: each for each in archive.episodes().values()}
        self._looked: set[Path] = set()

    def folder(self, folder: Path, wanted: Sequence[Path] = ()) -> None:
        """Every document in a folder, or those of them that are meant."""
        for path in _documents_in(folder, self._kept):
            if _is_meant(path, wanted):
                self.document(path, named=False)

    def again(self, document: Path, folders: Sequence[Path]) -> None:
        """A document that is known: as it is now, or taken out where it is gone."""
        if document in self._looked or document not in self._known:
            return
        if not _is_gone(document):
            self.document(document, named=False)
        elif _is_reachable(document, folders):
            self._kept.removed += self._archive.remove("document = ?", os.fsencode(document))
            self._known.pop(document)
        else:
            self._kept.unreachable += 1

    def document(self, path: Path, *, named: bool) -> None:
        """One document.

        Raises:
            InputError: It is named, and cannot be read.
        """
        self._looked.add(path)
        try:
            self._put(path)
        except InputError as error:
            if named:
                raise
            self._kept.failed.append((path, error))

    def _put(self, path: Path) -> None:
        facts = _facts(path)
        known = self._known.get(path)
        if known and facts and known.facts == facts:
            self._kept.same += 1
            return
        content = read_bounded(path, MAX_DOCUMENT_BYTES, "a transcript document")
        sha256, corrections = hashlib.sha256(content).hexdigest(), digest_of(sidecar_of(path))
        if known and (known.sha256, known.corrections) == (sha256, corrections):
            self._archive.moved(path, path, facts)
            self._kept.same += 1
            return
        if not known and (before := self._moved_from(sha256, corrections)):
            self._archive.moved(before, path, facts)
            self._known[path] = self._known.pop(before)
            self._kept.moved += 1
            return
        self._tell(path)
        talk = read_talk(path, content, corrected=bool(corrections))
        folder = path.parent.name
        if path in self._names:
            talk.source.name, folder = self._names[path], ""
        found = _indexed(path, talk, folder, facts, sha256, corrections)
        self._archive.put(found, list(pieces_of(talk)))
        self._known[path] = found
        self._kept.changed += bool(known)
        self._kept.added += not known

    def _moved_from(self, sha256: str, corrections: str) -> Path | None:
        """The path of a document with this content that is not there any more."""
        same = (
            each for each in self._known.values() if (each.sha256, each.corrections) == (sha256, corrections)
        )
        return next((each.document for each in same if _is_gone(each.document)), None)


def _documents_in(folder: Path, kept: Kept) -> Iterator[Path]:
    """The transcript documents below a folder; links are not followed."""

    def complain(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # as where a disk is away
            place = Path(str(error.filename))
            kept.failed.append((place, InputError(f"{place} cannot be read: {error.strerror}")))

    for here, names in walked(folder, lambda path: not Path(path).name.startswith("."), complain):
        for name in names:
            path = Path(here) / name
            if not name.startswith(".") and is_transcript(path):
                yield path


def is_transcript(path: Path) -> bool:
    """Whether a file says of itself that it is a transcript document."""
    if path.suffix != SUFFIX:
        return False
    with suppress(OSError), open_regular(path, follow=False) as handle:
        return SCHEMA.encode() in handle.read(HEAD_BYTES)
    return False


def _indexed(path: Path, talk: Talk, folder: str, facts: str, sha256: str, corrections: str) -> Indexed:
    tags = {name.casefold(): value for name, value in talk.source.tags.items()}
    show = talk.show or NO_SHOW
    return Indexed(
        document=path,
        facts=facts,
        sha256=sha256,
        corrections=corrections,
        recording=talk.source.sha256,
        title=_named(show.episode_title, tags.get("title", ""), Path(talk.name).stem, path.stem),
        show=_named(show.title, tags.get("show", ""), tags.get("album", ""), folder),
        aired=_aired(path, talk, tags),
        language=talk.language.code if talk.language else "",
        duration_ms=min(talk.duration_ms, 2**62),
        words=sum(len(each.words) for each in talk.segments),
    )


def _named(*names: str) -> str:
    """The first of these that is not empty."""
    return next((name for each in names if (name := plain(each)[:LONGEST_NAME])), "")


def _aired(path: Path, talk: Talk, tags: dict[str, str]) -> str:
    """The day of an episode: by the recording's tags, its name, its file, or that of the document."""
    texts = [*(tags.get(name, "") for name in _DATES), talk.name, path.name]
    for text in texts:
        if found := _DAY.search(text):
            return "-".join(found.groups())
    recording = recording_of(path, talk.name)
    for file in (Path(recording), path) if recording else (path,):
        with suppress(OSError, ValueError, OverflowError):
            return datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime("%Y-%m-%d")
    return ""


def _facts(path: Path) -> str:
    """What the system says of a document and its corrections; empty where it says nothing."""
    said = []
    for each in (path, sidecar_of(path)):
        try:
            status = each.stat()
            said.append(f"{status.st_size} {status.st_mtime_ns} {status.st_ino}")
        except (OSError, ValueError):
            said.append("-")
    return "" if said[0] == "-" else ", ".join(said)


def _is_meant(path: Path, wanted: Sequence[Path]) -> bool:
    return not wanted or any(path.is_relative_to(each) for each in wanted)


def _is_gone(document: Path) -> bool:
    """Whether there is no such file; one in a folder that may not be entered is there."""
    try:
        document.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False
    return False


def _is_reachable(document: Path, folders: Sequence[Path]) -> bool:
    """Whether a document that is not there is gone, and not on a disk that is away.

    A folder that is remembered, or else the document's own, has to be there; a place where nothing is mounted
    is an empty folder.
    """
    own = next((each for each in folders if document.is_relative_to(each)), document.parent)
    try:
        with os.scandir(own) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links in it stay
