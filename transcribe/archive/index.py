"""The file of the archive: episodes, their passages, every word with its dictionary forms, and an FTS5 index.

The index has no content of its own (`content=''`), so that every word is stored once. SQLite below 3.43 takes
a row out of such an index only if it is told what the row held: that is made anew out of the stored words.
"""

from __future__ import annotations

import math
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from transcribe.archive.forms import keys_of
from transcribe.archive.pieces import Piece, packed, unpacked, words_of
from transcribe.archive.units import VERSION, tokens_of, units_of, without_marks
from transcribe.core.errors import InputError, OutputError
from transcribe.core.files import private_file, private_folder
from transcribe.core.places import archive, expanded

NAME = "archive.sqlite"

FORM = 1
"""Version of the tables, in the file's `user_version`."""

TABLES = """
create table about (name text primary key, value text not null) without rowid;
create table folders (path blob primary key) without rowid;
create table episodes (
    id integer primary key, document blob not null unique, facts text not null, sha256 text not null,
    corrections text not null, recording text not null, title text not null, show text not null,
    aired text not null, language text not null, duration_ms integer not null, words integer not null
);
create index episodes_by_recording on episodes (recording);
create index episodes_by_content on episodes (sha256);
create table passages (
    id integer primary key, episode integer not null, speaker integer not null, language text not null,
    start_ms integer not null
);
create index passages_by_episode on passages (episode);
create table texts (id integer primary key, words text not null, starts blob not null);
create table speakers (id integer primary key, name text not null unique);
create table words (
    id integer primary key, language text not null, word text not null, bare text not null,
    episodes integer not null, unique (language, word)
);
create index words_bare on words (bare);
create table lemmas (
    lemma text not null, language text not null, word integer not null, primary key (lemma, language, word)
) without rowid;
create index lemmas_by_word on lemmas (word);
create virtual table found using fts5(tokens, content='', tokenize='ascii');
"""
"""`words` are those that are said, `bare` how they are without accents; `episodes` counts where they are."""

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


_COLUMNS = ", ".join(each.name for each in fields(Indexed))


def place(chosen: str) -> Path:
    """The archive's file, by the setting `archive`; empty and `auto` stand for the user's own."""
    folder = archive() if chosen in ("", "auto") else expanded(chosen)
    return folder / NAME


class Reader:
    """An archive that is open for questions; nothing in it is changed.

    Raises:
        InputError: There is none.
        OutputError: It is damaged, of a newer version, or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._until = path, math.inf
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
        base = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)
        base.execute("pragma query_only = on")
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
            raise OutputError(f"{self.path} is no archive", ANEW)

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """The rows that are found.

        Raises:
            OutputError: The archive is damaged, or that takes too long.
        """
        return list(self.each(statement, *values))

    def each(self, statement: str, *values: Any) -> Iterator[Any]:
        """The same, one after the other."""
        self._until = time.monotonic() + LONGEST_S
        with self.errors():
            yield from self._base.execute(statement, values)

    def episodes(self, where: str = "1", *values: Any) -> dict[int, Indexed]:
        """Episodes by their numbers.

        Args:
            where: A condition of ours, with the values that it names.
        """
        found = self.rows(f"select id, {_COLUMNS} from episodes where {where} order by id", *values)  # noqa: S608
        return {row[0]: Indexed(Path(os.fsdecode(row[1])), *row[2:]) for row in found}

    def text(self, passage: int) -> tuple[list[tuple[str, bool]], list[int]]:
        """The words of a passage, each with whether a space stands before it, and where they start, in ms."""
        (row,) = self.rows("select words, starts from texts where id = ?", passage) or [("", b"")]
        with self.errors():
            return words_of(row[0]), unpacked(row[1])

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
                what = "this question takes too long"
                raise OutputError(what, "Ask for longer words, or a phrase") from error
            raise OutputError(
                f"the archive {self.path} cannot be used: {error}", "Make room or check its permissions"
            ) from error
        except OSError as error:
            raise OutputError(
                f"the archive {self.path} cannot be used: {error.strerror or error}", ANEW
            ) from error
        except (sqlite3.Error, ValueError, TypeError, OverflowError, EOFError) as error:
            raise OutputError(f"the archive {self.path} is damaged: {error}", ANEW) from error


class Archive(Reader):
    """An archive that is open for changes; it is made where there is none.

    What is removed is gone from the file once it is closed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self.errors():
            private_folder(path.parent)
            beside = [Path(f"{path}{end}") for end in ("-wal", "-shm")]
            for each in (path, *filter(os.path.lexists, beside)):
                private_file(each)
        super().__init__(path)
        if self.value("tokens") != VERSION:
            self._index_anew()

    def _open(self) -> sqlite3.Connection:
        base = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
        for pragma in ("journal_mode = wal", "synchronous = normal", "secure_delete = on",
                       "temp_store = memory", "cache_size = -65536"):  # fmt: skip
            base.execute(f"pragma {pragma}")
        return base

    def _check(self) -> None:
        with self.transaction():
            fresh = not self._base.execute("select count(*) from sqlite_master").fetchone()[0]
            if fresh:
                for statement in TABLES.split(";\n"):
                    self._base.execute(statement)
                self._base.execute("insert into about values ('tokens', ?)", (VERSION,))
                self._base.execute(f"pragma user_version = {FORM}")
        super()._check()

    def close(self) -> None:
        """Close the file, with nothing in it of what was removed."""
        try:
            if self.value("removed"):
                self._scrub()
        finally:
            super().close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is there afterwards, or nothing of it."""
        with self.errors():
            self._base.execute("begin immediate")
            try:
                yield
                self._base.execute("commit")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._base.execute("rollback")
                raise

    def put(self, episode: Indexed, pieces: Sequence[Piece]) -> None:
        """Add an episode, in the place of the one of the same document."""
        with self.transaction():
            self._take_out("document = ?", os.fsencode(episode.document))
            values = [getattr(episode, each.name) for each in fields(Indexed)]
            values[0] = os.fsencode(episode.document)
            marks = ", ".join("?" * len(values))
            number = self._run(f"insert into episodes ({_COLUMNS}) values ({marks})", *values).lastrowid  # noqa: S608
            speakers = {name: self._speaker(name) for name in {each.speaker for each in pieces}}
            said: set[tuple[str, str]] = set()
            for piece in pieces:
                units = piece.units
                said |= {(piece.language, unit) for unit in units}
                start_ms = piece.starts_ms[0]
                key = self._run(
                    "insert into passages (episode, speaker, language, start_ms) values (?, ?, ?, ?)",
                    number, speakers[piece.speaker], piece.language, start_ms,
                ).lastrowid  # fmt: skip
                self._run("insert into texts values (?, ?, ?)", key, piece.words, packed(piece.starts_ms))
                self._run("insert into found (rowid, tokens) values (?, ?)", key, " ".join(tokens_of(units)))
            for language, word in sorted(said):
                self._count_in(language, word)

    def moved(self, old: Path, new: Path, facts: str) -> None:
        """Let a document be known under another path, or with other facts."""
        with self.transaction():
            if old != new:
                self._take_out("document = ?", os.fsencode(new))
            self._run(
                "update episodes set document = ?, facts = ? where document = ?",
                os.fsencode(new), facts, os.fsencode(old),
            )  # fmt: skip

    def remove(self, where: str, *values: Any) -> int:
        """Take episodes out; how many.

        Args:
            where: A condition of ours on `episodes`, with the values that it names.
        """
        with self.transaction():
            return self._take_out(where, *values)

    def remember(self, folder: Path) -> None:
        """Look into this folder at every update."""
        with self.transaction():
            self._run("insert or ignore into folders values (?)", os.fsencode(folder))

    def forget(self, folder: Path) -> None:
        """Look into this folder no more."""
        with self.transaction():
            self._run("delete from folders where path = ?", os.fsencode(folder))

    def _run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self._base.execute(statement, values)

    def _speaker(self, name: str) -> int:
        self._run("insert or ignore into speakers (name) values (?)", name)
        return int(self._run("select id from speakers where name = ?", name).fetchone()[0])

    def _count_in(self, language: str, word: str) -> None:
        """One more episode has this word; a new one gets its dictionary forms."""
        known = self._run(
            "update words set episodes = episodes + 1 where language = ? and word = ?", language, word
        )
        if known.rowcount:
            return
        key = self._run(
            "insert into words (language, word, bare, episodes) values (?, ?, ?, 1)",
            language, word, without_marks(word),
        ).lastrowid  # fmt: skip
        for lemma in keys_of(word, language):
            self._run("insert or ignore into lemmas values (?, ?, ?)", lemma, language, key)

    def _take_out(self, where: str, *values: Any) -> int:
        numbers = [row[0] for row in self._run(f"select id from episodes where {where}", *values)]  # noqa: S608
        for number in numbers:
            said: set[tuple[str, str]] = set()
            for key, language, words in self._run(
                "select p.id, p.language, t.words from passages p join texts t on t.id = p.id "
                "where p.episode = ?", number,
            ).fetchall():  # fmt: skip
                units = [unit for word, _ in words_of(words) for unit in units_of(word)]
                said |= {(language, unit) for unit in units}
                tokens = " ".join(tokens_of(units))
                self._run("insert into found (found, rowid, tokens) values ('delete', ?, ?)", key, tokens)
                self._run("delete from texts where id = ?", key)
            self._run("delete from passages where episode = ?", number)
            self._run("delete from episodes where id = ?", number)
            for each in said:
                self._run("update words set episodes = episodes - 1 where language = ? and word = ?", *each)
        if numbers:
            self._run("delete from lemmas where word in (select id from words where episodes <= 0)")
            self._run("delete from words where episodes <= 0")
            self._run("delete from speakers where id not in (select speaker from passages)")
            self._run("insert or replace into about values ('removed', 'yes')")
        return len(numbers)

    def _scrub(self) -> None:
        """Leave no byte of what was removed: an FTS5 index keeps words until its parts are merged."""
        with self.transaction():
            self._run("insert into found (found) values ('optimize')")
        with self.errors():
            busy = self._run("pragma wal_checkpoint(truncate)").fetchone()[0]
        if busy:
            raise OutputError(
                f"the archive {self.path} is in use: what was removed is still in its log",
                "End what uses it, then: transcribe archive update",
            )
        with self.transaction():
            self._run("delete from about where name = 'removed'")

    def _index_anew(self) -> None:
        """Make the index again out of the stored words: this program makes other tokens of them."""
        with self.transaction():
            self._run("insert into found (found) values ('delete-all')")
            for key, words in self._run("select id, words from texts").fetchall():
                units = [unit for word, _ in words_of(words) for unit in units_of(word)]
                self._run("insert into found (rowid, tokens) values (?, ?)", key, " ".join(tokens_of(units)))
            self._run("insert or replace into about values ('tokens', ?)", VERSION)


def _plain(path: Path) -> None:
    """Refuse a link and what is no file, before SQLite opens it."""
    from transcribe.core.reading import open_regular

    open_regular(path, follow=False).close()
