"""The file of the archive, open for questions: what it knows about episodes, and the rows of its tables."""

from __future__ import annotations

import math
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from transcribe.archive.pieces import unpacked, words_of
from transcribe.core.errors import InputError, OutputError
from transcribe.core.places import archive, expanded

NAME = "archive.sqlite"

FORM = 3
"""Version of the tables, in the file's `user_version`."""

BUSY_S = 20.0
LONGEST_S = 10.0
"""A question that takes longer is given up."""

ANEW = (
    "Move it away, and add the folders again: everything in it is in the documents (transcribe archive add)"
)


@dataclass(frozen=True)
class Indexed:
    """An episode in the archive.

    Attributes:
        document: Path of its transcript document.
        facts: What the system said of the document and its corrections when they were read.
        sha256: Hex digest of the document.
        corrections: Digest of its corrections; empty where there are none.
        recording: Hex digest of the recording.
        aired: Its day, as 2026-11-28.
        words: How many words it has.
    """

    document: Path
    facts: str
    sha256: str
    corrections: str
    recording: str
    title: str
    show: str
    aired: str
    language: str
    duration_ms: int
    words: int


COLUMNS = ", ".join(each.name for each in fields(Indexed))


def place(chosen: str) -> Path:
    """The archive's file, by the setting `archive`; empty and `auto` stand for the user's own."""
    folder = archive() if chosen in ("", "auto") else expanded(chosen)
    return folder / NAME


class TooLong(OutputError):  # noqa: N818 - reads as what it is
    """A question that takes too long."""


class Reader:
    """An archive that is open for questions; nothing in it is changed.

    Args:
        within_s: Seconds for all questions together; `TooLong` after that.

    Raises:
        InputError: There is none.
        OutputError: It is damaged, of a newer version, or cannot be read.
    """

    def __init__(self, path: Path, within_s: float = math.inf) -> None:
        self.path, self._until = path, math.inf
        self._end = time.monotonic() + within_s
        if not os.path.lexists(path):
            raise InputError(
                f"there is no archive yet ({path})", "Add transcripts: transcribe archive add FOLDER"
            )
        with self.errors():
            self._base = self._open()
            try:
                self._base.execute("pragma trusted_schema = off")
                self._base.execute("pragma cell_size_check = on")
                self._check()
            except BaseException:
                self._base.close()
                raise

    def _open(self) -> sqlite3.Connection:
        _plain(self.path)
        base = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S, isolation_level=None
        )
        base.execute("pragma temp_store = memory")
        base.execute("create virtual table temp.spots using fts5vocab(main, found, instance)")
        base.execute("pragma query_only = on")
        base.execute("begin")  # all that is asked is of one state, whoever writes meanwhile
        base.set_progress_handler(lambda: time.monotonic() > self._until, 100_000)
        return base

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def _check(self) -> None:
        version = self._base.execute("pragma user_version").fetchone()[0]
        if version > FORM:
            raise OutputError(
                f"the archive {self.path} was written by a newer version of transcribe", "Update this one"
            )
        if version < FORM:
            what = "was written by an older version of transcribe" if version else "is no archive"
            raise OutputError(f"{self.path} {what}", ANEW)

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """The rows that are found.

        Raises:
            OutputError: The archive is damaged.
            TooLong: That takes too long.
        """
        return list(self.each(statement, *values))

    def each(self, statement: str, *values: Any) -> Iterator[Any]:
        """The same, one after the other."""
        now = time.monotonic()
        if now > self._end:  # thousands of short ones may make a long one
            raise _too_long()
        self._until = min(now + LONGEST_S, self._end)
        with self.errors():
            yield from self._base.execute(statement, values)

    def episodes(self, where: str = "1", *values: Any) -> dict[int, Indexed]:
        """Episodes by their numbers.

        Args:
            where: A condition of ours, with the values that it names.
        """
        found = self.rows(f"select id, {COLUMNS} from episodes where {where} order by id", *values)  # noqa: S608
        return {row[0]: Indexed(Path(os.fsdecode(row[1])), *row[2:]) for row in found}

    def text(self, passage: int) -> tuple[list[tuple[str, bool]], list[int]]:
        """The words of a passage, each with whether a space stands before it, and where they start, in ms."""
        return words_of(self.words(passage)), self.starts(passage)

    def words(self, passage: int) -> str:
        """The words of a passage as they are stored (`words_of`); empty where there is no such passage."""
        found = self.rows("select words from texts where id = ?", passage)
        return str(found[0][0]) if found else ""

    def starts(self, passage: int) -> list[int]:
        """Where the words of a passage start, in ms."""
        found = self.rows("select starts from texts where id = ?", passage)
        with self.errors():
            return unpacked(found[0][0]) if found else []

    def value(self, name: str) -> str:
        """What the archive says about itself under this name; or empty."""
        found = self.rows("select value from about where name = ?", name)
        return str(found[0][0]) if found else ""

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Errors of SQLite as errors for people."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise _too_long() from error
            raise OutputError(
                f"the archive {self.path} cannot be used: {error}", "Make room or check its permissions"
            ) from error
        except OSError as error:
            raise OutputError(
                f"the archive {self.path} cannot be used: {error.strerror or error}", ANEW
            ) from error
        except (sqlite3.Error, ValueError, TypeError, OverflowError, EOFError) as error:
            raise OutputError(f"the archive {self.path} is damaged: {error}", ANEW) from error


def _too_long() -> TooLong:
    return TooLong("this question takes too long", "Ask for longer words, or a phrase")


def _plain(path: Path) -> None:
    """Refuse a link and what is no file, before SQLite opens it."""
    from transcribe.core.reading import open_regular

    open_regular(path, follow=False).close()
