"""The archive follows its documents."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from shelf import Shelf
from spoken import episode, segment

from transcribe.archive import index
from transcribe.archive.follow import keeping
from transcribe.archive.index import Archive
from transcribe.archive.keep import Kept, add, forget_episode, keep_current, state_of
from transcribe.archive.reader import Reader
from transcribe.core.corrections.edit import Line, edited
from transcribe.core.corrections.record import Corrections
from transcribe.core.errors import InputError, OutputError
from transcribe.core.events import Event, FileFinished, Warned
from transcribe.core.settings import Settings
from transcribe.formats.corrections import write_corrections
from transcribe.jobs.corrections import sidecar_of


def test_only_what_changed_is_read_again(shelf: Shelf) -> None:
    path = shelf.write("a", "one")
    shelf.write("b", "two")
    assert shelf.add() == Kept(added=2)
    assert shelf.add() == Kept(same=2)
    shelf.write("a", "three")
    assert shelf.update() == Kept(changed=1, same=1)
    assert (shelf.found("one"), shelf.found("three")) == ([], ["three"])
    os.utime(path, (1, 1))
    assert shelf.update() == Kept(same=2)


def test_new_documents_in_a_folder_are_found(shelf: Shelf) -> None:
    shelf.write("a", "one")
    shelf.add()
    shelf.write("sub/b", "two")
    assert shelf.update() == Kept(added=1, same=1)


def test_a_document_that_moved_is_not_read_again(shelf: Shelf) -> None:
    path = shelf.write("a", "one")
    shelf.add()
    (shelf.documents / "b").mkdir()
    path.rename(shelf.documents / "b" / "c.json")
    assert shelf.update() == Kept(moved=1)
    (hit,) = shelf.search("one")
    assert hit.document == str(shelf.documents / "b" / "c.json")


def test_corrections_are_what_is_found(shelf: Shelf) -> None:
    path = shelf.write("a", "The bees fly.")
    shelf.add()
    heard = episode(segment("The bees fly.")).transcript
    made = Corrections(edited(heard, [Line("The wasps fly.", None)]))
    sidecar_of(path).write_bytes(write_corrections(made))
    assert shelf.update() == Kept(changed=1)
    assert (shelf.found("bee"), shelf.found("wasp")) == ([], ["wasps"])
    sidecar_of(path).unlink()
    assert shelf.update() == Kept(changed=1)
    assert shelf.found("bee") == ["bees"]


SECRET = "Quuxozaur".casefold().encode()


def test_not_a_byte_is_left_of_what_is_gone(shelf: Shelf) -> None:
    path = shelf.write("a", "the Quuxozaur lives", speaker="Vreemde Naam", title="Zeldzaam")
    shelf.write("b", *(f"word{number} and others" for number in range(400)))
    shelf.add()
    assert SECRET in shelf.raw().lower()
    path.unlink()
    assert shelf.update() == Kept(removed=1, same=1)
    for text in (SECRET, b"uuxozaur", b"vreemde", b"zeldzaam", b"a.json"):
        assert text not in shelf.raw().lower()
    assert shelf.found("word7") == ["word7"]


def test_not_a_byte_is_left_of_what_was_redacted(shelf: Shelf) -> None:
    shelf.write("a", "the Quuxozaur lives", "here")
    shelf.add()
    shelf.write("a", "the ████ lives", "here")
    assert shelf.update() == Kept(changed=1)
    assert SECRET not in shelf.raw().lower()
    assert shelf.found("lives") == ["lives"]


def test_not_a_byte_is_left_of_what_was_removed(shelf: Shelf) -> None:
    path = shelf.write("a", "the Quuxozaur lives")
    shelf.write("b", "the rest")
    shelf.add()
    assert shelf.remove(path) == 1
    assert SECRET not in shelf.raw().lower()
    assert shelf.remove(path) == 0
    assert shelf.remove(shelf.documents) == 1
    assert shelf.update() == Kept()  # the folder is not looked into any more


def test_an_episode_is_forgotten_by_its_document_or_its_recording(shelf: Shelf) -> None:
    chosen = str(shelf.file.parent)
    assert forget_episode(shelf.documents / "a.json", chosen=chosen) == 0
    assert not shelf.file.exists()
    path = shelf.write("a", "the Quuxozaur", recording="11")
    shelf.write("b", "the Quuxozaur", recording="22")
    shelf.write("c", "the Quuxozaur", recording="22")
    shelf.add()
    assert forget_episode(path, chosen=chosen) == 1
    assert len(shelf.search("quuxozaur")) == 2
    assert forget_episode(recording="22", chosen=chosen) == 2
    assert SECRET not in shelf.raw().lower()


def test_a_kill_before_the_end_leaves_the_rest_to_the_next(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shelf.write("a", "the Quuxozaur lives")
    shelf.write("b", "the rest")
    shelf.add()
    with monkeypatch.context() as patch:
        patch.setattr(Archive, "_scrub", lambda _: None)
        shelf.remove(path)
    assert shelf.update() == Kept(added=1, same=1)  # the folder still has it
    path.unlink()
    assert shelf.update() == Kept(removed=1, same=1)
    assert SECRET not in shelf.raw().lower()


def test_a_full_disk_costs_nothing_that_was_there(shelf: Shelf) -> None:
    shelf.write("a", "one")
    shelf.add()
    shelf.write("b", *(f"word{number} and others" for number in range(3000)))

    class Full(Archive):
        def _open(self) -> sqlite3.Connection:
            base = super()._open()
            base.execute("pragma max_page_count = 60")  # SQLite says the same as of a full disk
            return base

    with pytest.raises(OutputError, match="disk is full") as caught, Full(shelf.file) as archive:
        add(archive, [shelf.documents])
    assert "Make room" in str(caught.value)
    assert (shelf.found("one"), shelf.found("word7")) == (["one"], [])
    assert shelf.add() == Kept(added=1, same=1)
    assert shelf.found("word7") == ["word7"]


def test_a_document_with_what_an_archive_does_not_read(shelf: Shelf) -> None:
    path = shelf.write("a", "one")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())  # as an editor of Windows saves it
    assert shelf.add() == Kept(added=1)
    path.write_bytes(path.read_text("utf-8-sig").encode("utf-16"))
    assert "UTF-16" in str(shelf.update().failed[0][1])


def test_transactions_are_joined_and_whole(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "TOGETHER_WORDS", 3)
    for name in "abcd":
        shelf.write(name, f"common word{name}")
    assert shelf.add() == Kept(added=4)
    with Reader(shelf.file) as reader:
        assert reader.rows("select episodes from words where word = 'common'") == [(4,)]
    (shelf.documents / "a.json").unlink()
    shelf.update()
    with Reader(shelf.file) as reader:
        assert reader.rows("select episodes from words where word = 'common'") == [(3,)]
        assert reader.rows("select * from words where word = 'worda'") == []
        assert reader.rows("select * from lemmas where word = 'worda'") == []


def test_a_disk_that_is_away_costs_nothing(shelf: Shelf) -> None:
    shelf.write("a", "one")
    shelf.add()
    away = shelf.folder / "away"
    shelf.documents.rename(away)
    assert shelf.update() == Kept(unreachable=1)
    shelf.documents.mkdir()  # where nothing is mounted
    assert shelf.update() == Kept(unreachable=1)
    shelf.documents.rmdir()
    away.rename(shelf.documents)
    assert shelf.update() == Kept(same=1)


def test_what_is_no_document(shelf: Shelf) -> None:
    shelf.documents.mkdir()
    bad = shelf.documents / "bad.json"
    bad.write_text('{"schema": "transcribe.transcript", "version": 99}')
    (shelf.documents / "other.json").write_text('{"a": 1}')
    shelf.write("good", "one")
    kept = shelf.add()
    assert (kept.added, [path for path, _ in kept.failed]) == (1, [bad])
    assert "version 99" in str(kept.failed[0][1])
    with pytest.raises(InputError, match=r"other\.json is not a transcript document"):
        shelf.add(shelf.documents / "other.json")
    with pytest.raises(InputError, match=r"none\.json cannot be read"):
        shelf.add(shelf.documents / "none.json")


def test_a_document_that_was_damaged_is_kept_as_it_was(shelf: Shelf) -> None:
    path = shelf.write("a", "one")
    shelf.add()
    path.write_text('{"schema": "transcribe.transcript", "version": 1')
    kept = shelf.update()
    assert [each for each, _ in kept.failed] == [path]
    assert shelf.found("one") == ["one"]


def test_links_are_not_followed(shelf: Shelf, tmp_path: Path) -> None:
    shelf.write("a", "one")
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(shelf.documents, elsewhere)
    (shelf.documents / "link.json").symlink_to(elsewhere / "a.json")
    (shelf.documents / "folder").symlink_to(elsewhere)
    assert shelf.add() == Kept(added=1)


def test_names_that_are_no_text(shelf: Shelf) -> None:
    path = shelf.write("a", "one")
    name = os.fsdecode(b"\xff\xfe odd.json")
    try:
        path.rename(shelf.documents / name)
    except OSError:
        pytest.skip("this file system takes only names that are text (macOS)")
    assert shelf.add() == Kept(added=1)
    (hit,) = shelf.search("one")
    assert hit.document == str(shelf.documents / name)
    assert shelf.remove(shelf.documents / name) == 1


def test_the_archive_is_private(shelf: Shelf) -> None:
    shelf.write("a", "one")
    shelf.add()
    assert stat.S_IMODE(shelf.file.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in shelf.file.parent.iterdir()} == {0o600}


def test_what_is_no_archive(shelf: Shelf) -> None:
    with pytest.raises(InputError, match="no archive yet"):
        Reader(shelf.file)
    shelf.write("a", "one")
    shelf.add()
    good = shelf.file.read_bytes()
    shelf.file.write_bytes(b"no database at all" * 500)
    for opened in (Reader, Archive):
        with pytest.raises(OutputError, match="damaged") as caught:
            opened(shelf.file)
        assert "add the folders again" in str(caught.value)
    for at in range(4096, len(good), 4096):
        shelf.file.write_bytes(good[:at] + b"\xee" * 4096 + good[at + 4096 :])
        try:
            shelf.search("one")
        except OutputError as error:
            assert "archive" in str(error)
    shelf.file.unlink()
    shelf.file.symlink_to("/etc/hostname")
    for opened in (Reader, Archive):
        with pytest.raises(OutputError):
            opened(shelf.file)


def test_an_archive_of_a_newer_version(shelf: Shelf) -> None:
    shelf.write("a", "one")
    shelf.add()
    with closing(sqlite3.connect(shelf.file)) as base:
        base.execute("pragma user_version = 99")
    before = shelf.file.read_bytes()
    for opened in (Reader, Archive):
        with pytest.raises(OutputError, match="newer version of transcribe"):
            opened(shelf.file)
    assert shelf.file.read_bytes() == before


def test_another_way_of_cutting_words_makes_the_index_anew(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shelf.write("a", "one")
    shelf.add()
    monkeypatch.setattr(index, "VERSION", "another")
    monkeypatch.setattr(index, "tokens_of", lambda units: [f"{each}x" for each in units])
    shelf.update()
    assert shelf.found("onex*") == []
    assert shelf.remove(path) == 1
    with Reader(shelf.file) as reader:
        assert reader.rows("select count(*) from found where found match 'onex'") == [(0,)]


def test_a_run_keeps_it_current(shelf: Shelf) -> None:
    path, told = shelf.write("a", "one"), list[Event]()
    settings = Settings.of(archive=str(shelf.file.parent))
    assert keeping(told.append, Settings()) == told.append
    progress = keeping(told.append, settings)
    progress(FileFinished("a.mp3", (str(path), str(path.with_suffix(".txt")))))
    assert shelf.found("one") == ["one"]
    shelf.file.write_bytes(b"damaged" * 1000)
    progress(FileFinished("a.mp3", (str(path),)))
    assert [type(each) for each in told] == [FileFinished, FileFinished, Warned]


def test_keeping_one_document_current(shelf: Shelf) -> None:
    path = shelf.write("a", "one")
    keep_current(path, str(shelf.file.parent))
    shelf.write("a", "two")
    keep_current(path, str(shelf.file.parent))
    assert (shelf.found("one"), shelf.found("two")) == ([], ["two"])


def test_what_is_in_it(shelf: Shelf) -> None:
    shelf.write("a", "one two", show="Morning", speaker="Ala", language="pl")
    path = shelf.write("b", "three", show="Evening")
    shelf.add()
    path.unlink()
    with Reader(shelf.file) as reader:
        state = state_of(reader)
        assert (state.episodes, state.words, state.stale) == (2, 3, 1)
        assert (state.shows, state.languages, state.speakers) == (
            ["Evening", "Morning"],
            ["en", "pl"],
            ["Ala"],
        )
        assert state.folders == [str(shelf.documents)]
        assert state_of(reader, [path]).episodes == 1
