"""The file of the archive: episodes, their passages, every word with its dictionary forms, and an FTS5 index.

The index has no content of its own (`content=''`), so that every word is stored once. SQLite below 3.43 takes
a row out of such an index only if it is told what the row held: that is made anew out of the stored words.
"""

from __future__ import annotations

import gc
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from transcribe.archive.forms import keys_of
from transcribe.archive.pieces import Piece, packed, words_of
from transcribe.archive.reader import BUSY_S, COLUMNS, FORM, Indexed, Reader
from transcribe.archive.units import VERSION, tokens_of, units_of, without_marks
from transcribe.archive.vectors import prune
from transcribe.core.errors import OutputError
from transcribe.core.files import private_file, private_folder

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
    start_ms integer not null, shared integer not null
);
create index passages_by_episode on passages (episode);
create table texts (id integer primary key, words text not null, starts blob not null);
create table speakers (id integer primary key, name text not null unique);
create table words (
    bare text not null, language text not null, word text not null, lemmas text not null,
    episodes integer not null, primary key (bare, language, word)
) without rowid;
create table lemmas (
    language text not null, lemma text not null, word text not null, primary key (language, lemma, word)
) without rowid;
create virtual table found using fts5(tokens, content='', tokenize='ascii');
"""
"""`words` are those that are said, `bare` how they are without accents; `episodes` counts where they are.
`lemmas` of a word are all that it is found by, with spaces between them; the table of that name leads back.
`shared` units at the start of a passage stand in the one before, too.
"""

SAID = """
create temporary table said (
    bare text not null, language text not null, word text not null, number integer not null,
    primary key (bare, language, word)
) without rowid
"""
"""Words that are to be counted, and how much."""

TOGETHER_WORDS = 100_000
"""So much is one transaction, and what a kill costs: each counts the common words again."""


class Archive(Reader):
    """An archive that is open for changes; it is made where there is none.

    What is removed is gone from the file once it is closed.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._together, self._waiting = path, False, 0
        self._changes = Counter[tuple[str, str]]()
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
        base.execute(SAID)
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
        """All that is written inside is there afterwards, or nothing of it; see `together`."""
        with self.errors():
            if not self._base.in_transaction:
                self._base.execute("begin immediate")
            try:
                yield
                if not self._together or self._waiting > TOGETHER_WORDS:
                    self._commit()
            except BaseException:
                self._changes.clear()
                self._waiting = 0
                with suppress(sqlite3.Error):
                    self._base.execute("rollback")
                raise

    @contextmanager
    def together(self) -> Iterator[None]:
        """Transactions inside are joined, some episodes of them; what is done when an error ends it stays."""
        self._together = True
        collects = gc.isenabled()
        gc.disable()  # a sixth of the time, and nothing that is made here refers to itself
        try:
            yield
        finally:
            if collects:
                gc.enable()
            with self.errors():
                if self._base.in_transaction:
                    self._commit()
            self._together = False

    def _commit(self) -> None:
        self._settle()
        self._base.execute("commit")
        self._waiting = 0

    def put(self, episode: Indexed, pieces: Sequence[Piece]) -> None:
        """Add an episode, in the place of the one of the same document."""
        with self.transaction():
            self._take_out("document = ?", os.fsencode(episode.document))
            values = [getattr(episode, each.name) for each in fields(Indexed)]
            values[0] = os.fsencode(episode.document)
            marks = ", ".join("?" * len(values))
            number = self._run(f"insert into episodes ({COLUMNS}) values ({marks})", *values).lastrowid  # noqa: S608
            speakers = {name: self._speaker(name) for name in {each.speaker for each in pieces}}
            first = 1 + self._run("select coalesce(max(id), 0) from passages").fetchone()[0]
            self._base.executemany(
                "insert into passages values (?, ?, ?, ?, ?, ?)",
                (
                    (key, number, speakers[each.speaker], each.language, each.starts_ms[0], each.shared)
                    for key, each in enumerate(pieces, first)
                ),
            )
            self._base.executemany(
                "insert into texts values (?, ?, ?)",
                ((key, each.words, packed(each.starts_ms)) for key, each in enumerate(pieces, first)),
            )
            self._base.executemany(
                "insert into found (rowid, tokens) values (?, ?)",
                ((key, " ".join(tokens_of(each.units))) for key, each in enumerate(pieces, first)),
            )
            said: dict[str, set[str]] = {}
            for each in pieces:
                said.setdefault(each.language, set()).update(each.units)
            self._count(said, 1)
            self._waiting += episode.words

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

    def _count(self, said: Mapping[str, Set[str]], number: int) -> None:
        """So many episodes more have these words of these languages."""
        for language, words in said.items():
            for word in words:
                self._changes[language, word] += number

    def _settle(self) -> None:
        """Count the words of what was put in and taken out; new ones get their dictionary forms."""
        changes, self._changes = self._changes, Counter[tuple[str, str]]()
        self._run("delete from temp.said")
        self._base.executemany(
            "insert into temp.said values (?, ?, ?, ?)",
            sorted(
                (without_marks(word), language, word, number) for (language, word), number in changes.items()
            ),
        )
        new = [
            (bare, language, word, sorted(keys_of(word, language, quick=self._together)))
            for bare, language, word in self._run(
                "select bare, language, word from temp.said s where not exists (select 1 from words w "
                "where w.bare = s.bare and w.language = s.language and w.word = s.word)"
            )
        ]
        self._base.executemany(
            "insert into words values (?, ?, ?, ?, 0)",
            ((bare, language, word, " ".join(keys)) for bare, language, word, keys in new),
        )
        self._base.executemany(
            "insert into lemmas values (?, ?, ?)",
            sorted((language, key, word) for _, language, word, keys in new for key in keys),
        )
        self._run(
            "insert into words select bare, language, word, '', number from temp.said where true "
            "on conflict do update set episodes = episodes + excluded.episodes"
        )
        if any(number < 0 for number in changes.values()):
            gone = self._run("select language, lemmas, word from words where episodes <= 0").fetchall()
            self._base.executemany(
                "delete from lemmas where language = ? and lemma = ? and word = ?",
                ((language, key, word) for language, keys, word in gone for key in keys.split()),
            )
            self._run("delete from words where episodes <= 0")

    def _take_out(self, where: str, *values: Any) -> int:
        numbers = [row[0] for row in self._run(f"select id from episodes where {where}", *values)]  # noqa: S608
        for number in numbers:
            said: dict[str, set[str]] = {}
            for key, language, words in self._run(
                "select p.id, p.language, t.words from passages p join texts t on t.id = p.id "
                "where p.episode = ?", number,
            ).fetchall():  # fmt: skip
                units = [unit for word, _ in words_of(words) for unit in units_of(word)]
                said.setdefault(language, set()).update(units)
                tokens = " ".join(tokens_of(units))
                self._run("insert into found (found, rowid, tokens) values ('delete', ?, ?)", key, tokens)
                self._run("delete from texts where id = ?", key)
            self._run("delete from passages where episode = ?", number)
            self._run("delete from episodes where id = ?", number)
            self._count(said, -1)
        if numbers:
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
        prune(self.path, self.each("select id, words from texts"))
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
