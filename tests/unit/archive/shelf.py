"""Transcript documents in a folder, and an archive of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from spoken import episode, segment

from transcribe.archive.index import Archive
from transcribe.archive.keep import Kept, add, remove, update
from transcribe.archive.query import read_query
from transcribe.archive.reader import NAME, Reader
from transcribe.archive.search import Hit, Month, count, search
from transcribe.core.episode import Segment, Word
from transcribe.core.settings import SubtitleSettings
from transcribe.formats import document


def spaceless(text: str, start_ms: int = 0) -> Segment:
    """A segment of words of two letters with no spaces between them."""
    words = [text[at : at + 2] for at in range(0, len(text), 2)]
    made = tuple(
        Word(start_ms + 300 * at, start_ms + 300 * at + 300, word, 0.9, space_before=False)
        for at, word in enumerate(words)
    )
    return Segment(made[0].start_ms, made[-1].end_ms, made, 0)


@dataclass
class Shelf:
    """A folder of documents, and an archive in a folder of its own."""

    folder: Path

    @property
    def documents(self) -> Path:
        return self.folder / "documents"

    @property
    def file(self) -> Path:
        return self.folder / "archive" / NAME

    def write(
        self,
        name: str,
        *said: str | Segment,
        language: str = "en",
        show: str = "",
        title: str = "",
        recording: str = "",
        day: str = "",
        speaker: str | None = None,
    ) -> Path:
        """Write a document; texts follow each other by a second."""
        segments: list[Segment] = []
        for each in said:
            at = segments[-1].end_ms + 1000 if segments else 0
            segments.append(each if isinstance(each, Segment) else segment(each, at, speaker=speaker))
        made = episode(*segments, language=language, tags=(("date", day),) if day else ())
        made = replace(
            made,
            show=replace(made.show, title=show, episode_title=title),
            source=replace(made.source, sha256=recording or name, path=""),
        )
        path = self.documents / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(document.write(made, SubtitleSettings()))
        return path

    def add(self, *paths: Path) -> Kept:
        with Archive(self.file) as archive:
            return add(archive, paths or (self.documents,))

    def update(self, *paths: Path) -> Kept:
        with Archive(self.file) as archive:
            return update(archive, paths)

    def remove(self, path: Path) -> int:
        with Archive(self.file) as archive:
            return remove(archive, path)

    def search(self, question: str, most: int = 50, *, first: bool = False) -> list[Hit]:
        with Reader(self.file) as reader:
            return search(reader, read_query(question), most, "first" if first else "rank")

    def found(self, question: str) -> list[str]:
        """The words that were found."""
        return [each.words for each in self.search(question)]

    def months(self, question: str) -> list[Month]:
        with Reader(self.file) as reader:
            return count(reader, read_query(question))

    def raw(self) -> bytes:
        """Every byte of the archive and of what lies beside it."""
        return b"".join(each.read_bytes() for each in sorted(self.file.parent.iterdir()))


def titles(hits: Sequence[Hit]) -> list[str]:
    return [each.title for each in hits]
