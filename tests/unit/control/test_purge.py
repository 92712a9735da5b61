"""A purged episode is gone to the last byte, and its chain says so; what is held, shared or in use stays."""

from __future__ import annotations

import base64
import json
import os
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
from season import Season

from transcribe.cli.main import run
from transcribe.control.purge import carry_out
from transcribe.control.verify import Chain, verify
from transcribe.core.corrections.record import Correction, Corrections, Place
from transcribe.core.episode import Word
from transcribe.core.workspace import Workspace
from transcribe.formats.corrections import write_corrections
from transcribe.jobs.approvals import approve
from transcribe.jobs.chain import append_retention
from transcribe.jobs.correct import opened
from transcribe.jobs.manifest import read_manifest
from transcribe.jobs.publish.outputs import Published
from transcribe.jobs.queue import Queue, QueuedJob, State
from transcribe.jobs.retention import Retention, called, read_retention
from transcribe.jobs.signing import new_key
from transcribe.jobs.waiting_places import WAITING, told

RARE = (
    "grzegżółka", "ćwierkotka", "szczebrzeszyn", "quokkanaut", "zephyrmint", "borborygm", "łopianówka",
    "kłębuszek", "wichajster", "fjordquill", "absquatul", "mumpsimus", "snollygost", "taradiddl",
    "widdershin", "xertzing",
    "yclepten", "zwischenruf", "öldrückung", "größtmut",
)  # fmt: skip
"""Twenty words that stand nowhere else; the last ones in names, terms, corrections and approvals."""

NAME = "widdershin xertzing.wav"
OUT, PLACE = Path("out"), Path("out/.transcribe")


def left(folder: Path, *besides: Path) -> list[str]:
    """Which of the words are in any file below a folder, or in a name: as text, escaped, or inside base64."""
    found = set()
    for path in folder.rglob("*"):
        if any(path.is_relative_to(each) for each in besides):
            continue
        content = os.fsencode(str(path.relative_to(folder)))
        if path.is_file():
            content += path.read_bytes()
        for inner in re.findall(rb"[A-Za-z0-9+/]{60,}", content):
            content += base64.b64decode(inner[: len(inner) // 4 * 4])
        for word in RARE:
            forms = (word, word.title(), word.upper(), json.dumps(word)[1:-1], json.dumps(word.title())[1:-1])
            if any(form.encode() in content for form in forms):
                found.add(word)
    return sorted(found)


@pytest.fixture
def season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Season:
    for name in ("work", "voices"):
        monkeypatch.setenv(f"TRANSCRIBE_{name.upper()}_DIR", str(tmp_path / name))
    for name in ("CACHE", "CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    made = Season(tmp_path)
    made.record("a.wav")
    made.run()
    Path("in/a.wav").unlink()
    said = [*RARE[:14], *RARE[17:]]
    made.studio.words = tuple(
        Word(100 * n, 100 * n + 90, each.title() if n == 0 else each, 0.9) for n, each in enumerate(said)
    )
    made.record(NAME, content="a talk")
    return made


@pytest.fixture
def published(season: Season) -> Season:
    """Transcribed, corrected and approved."""
    season.run(terms=("yclepten",), guests=("Mumpsimus",))
    document = OUT / "widdershin xertzing.json"
    at = Place(0, 1, 0, 1, (RARE[1],))
    sidecar = Corrections((Correction("a1", "text", at, "wichajstrem"),))
    (OUT / "widdershin xertzing.corrections.json").write_bytes(write_corrections(sidecar))
    approve(opened(document), "Ala Zwischenruf", "widdershin heard")
    assert len(left(season.folder)) == 20
    return season


def purge(*arguments: str) -> int:
    return run(["purge", *arguments])


def test_nothing_is_found_of_twenty_words_after_a_purge(
    published: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    manifests = [each for each in (PLACE / "earlier").iterdir() if read_manifest(each.read_bytes())]
    assert len(manifests) == 1, "the one before the approval"
    assert purge("out/widdershin xertzing.json", "--as", "Ola", "--reason", "asked for", "--recording") == 0
    assert left(published.folder) == []
    found = verify(OUT)
    assert found.good, found
    (record,) = found.purged
    assert (record.by, record.reason, record.called) == ("Ola", "asked for", called(NAME))
    assert [each.number for each in record.gone] == [2, 3]
    assert [each.name for each in found.episodes] == ["a.wav"]
    assert not any(Path("in").glob("w*"))
    assert json.loads(Path("out/report.json").read_text())["files"] == []
    capsys.readouterr()
    assert run(["verify", "out"]) == 0
    assert f"purged on {record.at}, by Ola: asked for" in capsys.readouterr().out


def test_a_legal_hold_moves_with_what_waits_and_is_published(season: Season) -> None:
    season.run(require_approval=True)
    waits = Path("out-waiting/widdershin xertzing.json")
    assert purge(str(waits), "--hold", "--as", "Jan", "--reason", "case 7") == 0
    approve(opened(waits), "Ala", "heard")
    season.run(require_approval=True)
    hold = next(each.hold for each in verify(OUT).episodes if each.name == NAME)
    assert hold
    assert (hold.by, hold.reason) == ("Jan", "case 7")
    assert purge("out/widdershin xertzing.json") == 13
    assert Path("out/widdershin xertzing.json").exists()
    assert purge(f"out/{NAME}", f"out-waiting/{NAME}", "--release") == 0
    assert purge("out/widdershin xertzing.json") == 0


def test_what_waited_and_was_published_leaves_nothing_there(season: Season) -> None:
    season.run(require_approval=True)
    approve(opened(Path("out-waiting/widdershin xertzing.json")), "Ala", "heard")
    season.run(require_approval=True)
    Path("reports/report.json").rename("out-waiting/report.json")  # where a batch puts it
    assert left(Path("out-waiting"))
    assert purge("out/widdershin xertzing.json", "--recording") == 0
    assert left(season.folder) == []
    assert verify(OUT).good
    assert verify(Path("out-waiting")).good


def test_a_hold_on_what_is_published_is_asked_when_what_waits_is_purged(
    season: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    season.run(require_approval=True)
    waits = Path("out-waiting/widdershin xertzing.json")
    approve(opened(waits), "Ala", "heard")
    season.run(require_approval=True)
    season.clean()
    assert purge("out/widdershin xertzing.json", "--hold", "--as", "Jan", "--reason", "case 7") == 0
    assert purge(f"out-waiting/{NAME}") == 13
    assert f"a legal hold is on it in {OUT.absolute()} since" in capsys.readouterr().out
    assert Path(f"out-waiting/.transcribe/{NAME}.json").exists()
    assert purge(f"out/{NAME}", "--release") == 0
    assert purge(f"out-waiting/{NAME}") == 0


def test_a_folder_that_waiting_named_is_known(season: Season) -> None:
    chosen: dict[str, Any] = {"require_approval": True, "waiting": str(season.folder / "desk/waits")}
    season.run(**chosen)
    waits = Path("desk/waits/widdershin xertzing.json")
    approve(opened(waits), "Ala", "heard")
    season.run(**chosen)
    Path("reports/report.json").rename("desk/report.json")  # a folder above is looked into as well
    assert left(Path("desk"))
    assert purge("out/widdershin xertzing.json", "--recording") == 0
    assert left(season.folder) == []
    assert verify(OUT).good
    assert verify(Path("desk/waits")).good


def test_a_folder_alone_is_not_believed_that_another_one_waits_for_it(published: Season) -> None:
    published.record("b.wav", content="another talk")
    published.run(output="elsewhere")
    (PLACE / "waiting").write_bytes(b"../elsewhere\0")
    assert list(told(OUT, WAITING)) == []


def test_an_entry_goes_from_the_report_of_a_share(published: Season) -> None:
    Path("out/report.json").rename("out/report-2-of-8.json")
    assert purge(f"out/{NAME}", "--as", "Ola", "--recording") == 0
    assert left(published.folder) == []
    assert json.loads(Path("out/report-2-of-8.json").read_text())["files"] == []


def test_the_list_before_it_is_all_that_goes_and_changes_nothing(
    published: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    def state() -> dict[str, bytes]:
        files = [each for each in published.folder.rglob("*") if each.is_file()]
        return {str(each): each.read_bytes() for each in files if each.suffix != ".lock"}

    before = state()
    assert purge(f"out/{NAME}", "--recording", "--dry-run") == 0
    said = capsys.readouterr().out
    assert state() == before
    assert purge(f"out/{NAME}", "--recording") == 0
    gone = {each for each in before if not Path(each).exists()}
    for path in gone:
        kept = path.startswith(str(PLACE.absolute() / "earlier"))
        assert kept or any(path.startswith(line.split(": ", 2)[2]) for line in said.splitlines()
                           if line.startswith("  goes: ")), path  # fmt: skip


def test_the_record_is_a_link_of_the_chain_that_no_bit_of_can_change(published: Season) -> None:
    assert purge(f"out/{NAME}", "--as", "Ola") == 0
    published.record("b.wav")
    published.run()
    assert verify(OUT).good
    records = [each for each in (PLACE / "earlier").iterdir() if read_retention(each.read_bytes())]
    (path,) = records
    content = path.read_bytes()
    for number in range(0, len(content), 7):
        changed = bytearray(content)
        changed[number] ^= 1 << number % 8
        path.write_bytes(changed)
        assert not verify(OUT).good, number
    path.unlink()
    assert not verify(OUT).good, "a purge that no record tells of is tampering"
    path.write_bytes(content)
    (PLACE / "a.wav.json").unlink()
    assert not verify(OUT).good, "what the record does not list has to be there"


def test_a_held_episode_stays_until_it_is_released(
    published: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    assert purge("out/widdershin xertzing.txt", "--hold", "--as", "Jan", "--reason", "case 7") == 0
    before = left(published.folder)
    assert purge(f"out/{NAME}", "--force") == 13
    assert "a legal hold is on it since" in capsys.readouterr().out
    assert left(published.folder) == before
    assert run(["verify", "out"]) == 0
    assert "by Jan: case 7" in capsys.readouterr().out
    assert purge(f"out/{NAME}", "--hold") == 0
    assert "already under legal hold" in capsys.readouterr().out
    assert purge(f"out/{NAME}", "--release", "--as", "Jan") == 0
    assert purge(f"out/{NAME}", "--recording") == 0
    assert left(published.folder) == []
    assert verify(OUT).good
    kinds = [
        found.action for path in (PLACE / "earlier").iterdir() if (found := read_retention(path.read_bytes()))
    ]
    assert sorted(kinds) == ["hold", "purge", "release"], "who held it and released it stays on record"


def test_a_hold_that_somebody_has_removed_is_in_doubt_and_nothing_goes(
    published: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    assert purge(f"out/{NAME}", "--hold") == 0
    published.record("b.wav")
    published.run()
    (hold,) = [each for each in (PLACE / "earlier").iterdir() if read_retention(each.read_bytes())]
    hold.unlink()
    assert purge(f"out/{NAME}") == 13
    assert "whether there is a legal hold cannot be told" in capsys.readouterr().out
    assert Path("out/widdershin xertzing.json").exists()


def test_a_run_that_is_at_work_is_not_disturbed(
    published: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder,) = [
        each for each in Path("work").glob("*/*/published.json") if b"widdershin" in each.read_bytes()
    ]
    with Workspace(Path("work"), str(folder.parent.relative_to("work"))):
        assert purge(f"out/{NAME}") == 13
    assert "a run is at work" in capsys.readouterr().out
    assert verify(OUT).good
    assert verify(OUT).purged == ()


def test_what_another_episode_uses_goes_only_with_it(
    published: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    published.run(output="elsewhere", terms=("yclepten",), guests=("Mumpsimus",))
    assert purge(f"out/{NAME}") == 13
    assert f"purge {Path('elsewhere/widdershin xertzing.json').absolute()}, too" in capsys.readouterr().out
    assert verify(OUT).purged == ()
    assert purge(f"out/{NAME}", f"elsewhere/{NAME}", "--recording") == 0
    assert left(published.folder) == []
    assert verify(OUT).good
    assert verify(Path("elsewhere")).good


def test_a_file_that_somebody_changed_stays_and_is_told(
    published: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = OUT / "widdershin xertzing.txt"
    changed.write_text("mine")
    assert purge(f"out/{NAME}") == 12
    assert f"stays: {changed.absolute()}" in capsys.readouterr().out
    assert changed.read_text() == "mine"
    assert verify(OUT).good
    changed.unlink()
    published.run(terms=("yclepten",), guests=("Mumpsimus",))
    changed.write_text("mine")
    assert purge(f"out/{NAME}", "--force") == 0
    assert not changed.exists()


def test_exports_that_no_manifest_lists_go_if_a_run_has_made_them(published: Season) -> None:
    published.run(output="elsewhere", formats=("srt",), terms=("yclepten",), guests=("Mumpsimus",))
    for path in Path("elsewhere/.transcribe").rglob("*.json"):
        path.unlink()
    assert purge(f"out/{NAME}", "--recording") == 0
    assert left(published.folder, Path("elsewhere/.transcribe").absolute()) == []


def test_nothing_of_it_is_left_in_the_archive(published: Season) -> None:
    assert run(["archive", "add", "out"]) == 0
    assert left(published.folder / "data")
    assert purge(f"out/{NAME}", "--recording") == 0
    assert left(published.folder) == []


@pytest.mark.parametrize("step", range(1, 14))
def test_a_purge_that_was_killed_goes_on(
    published: Season, step: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["archive", "add", "out"]) == 0
    calls = 0

    def counted(real: str, patched: pytest.MonkeyPatch) -> None:
        function = getattr(carry_out, real)

        def called_(*arguments: object) -> object:
            nonlocal calls
            calls += 1
            if calls == step:
                raise KeyboardInterrupt
            return function(*arguments)

        patched.setattr(carry_out, real, called_)

    with monkeypatch.context() as patched:
        for name in ("_unlink", "_remove", "append_retention"):
            counted(name, patched)
        # As if the archive had got it back meanwhile: who goes on takes it out again.
        patched.setattr("transcribe.archive.keep.forget_episode", lambda *_, **__: 0)
        assert purge(f"out/{NAME}", "--as", "Ola", "--recording") == 130
    assert left(published.folder / "data")
    assert "purge" in {each.kind for each in verify(OUT).findings}
    assert purge("out/widdershin xertzing.json", "--as", "somebody else") == 0
    assert left(published.folder) == []
    found = verify(OUT)
    assert found.good, found
    assert [each.by for each in found.purged] == ["Ola"]


def test_a_signed_chain_stays_signed_and_its_envelopes_keep_nothing(published: Season) -> None:
    pytest.importorskip("cryptography", reason="pip install 'transcribe-offline[control]'")
    public, _ = new_key(Path("sign.key"))
    published.run(output="signed", sign_key="sign.key", terms=("yclepten",), formats=("json",))
    signed = Path("signed")
    assert verify(signed, keys=(public,)).good
    assert "xertzing" in left(signed / ".transcribe/signatures"), "inside base64"
    assert purge(f"signed/{NAME}", f"out/{NAME}", "--sign-key", "sign.key") == 0
    assert left(published.folder, published.folder / "in") == []
    assert verify(signed, keys=(public,)).good


def _ledger(folder: Path, inbox: Path, job: QueuedJob) -> Path:
    queue = Queue(folder / "out/.watch/ledger.sqlite")
    queue.write(job, "mumpsimus")
    queue.claim(job.place, job.name)
    queue.file.write(
        "insert into deliveries values ('1', 'done', 'done', ?, 'taradiddl', 1, 0, 'delivered', '', 0)",
        os.fsencode(job.name),
    )
    queue.close()
    beat = {
        "pid": 1, "at": 1.0, "started": 1.0, "status": "working", "working": job.name, "progress": "",
        "counts": {}, "inbox": str(inbox), "polling": False, "model_loaded": False,
    }  # fmt: skip
    (folder / "out/.watch/heartbeat.json").write_text(json.dumps(beat))
    return queue.file.path


def test_jobs_of_a_watched_folder_go_with_all_that_was_said_of_them(
    published: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = read_manifest((PLACE / f"{NAME}.json").read_bytes())
    assert manifest is not None
    outputs = tuple(
        Published(str((OUT / name).absolute()), each.sha256) for name, each in manifest.files.items()
    )
    job = QueuedJob(
        NAME, State.DONE, sha256=manifest.recording.sha256, place="widdershin xertzing", outputs=outputs
    )
    path = _ledger(published.folder, Path("in").absolute(), job)
    other = QueuedJob("a.wav", State.DONE)
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("select count(*) from deliveries").fetchone() == (1,)
    queue = Queue(path)
    queue.write(other, "of another recording")
    queue.close()
    assert purge(f"out/{NAME}") == 13
    assert "would be transcribed again: give --recording" in capsys.readouterr().out
    assert purge(f"out/{NAME}", "--recording") == 0
    assert left(published.folder) == []
    queue = Queue(path)
    assert [each.name for each in queue.jobs()] == ["a.wav"]
    queue.close()


def test_a_job_that_is_still_to_be_done_is_waited_for(
    published: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = read_manifest((PLACE / f"{NAME}.json").read_bytes())
    assert manifest is not None
    job = QueuedJob(NAME, State.RETRYING, begun=(manifest.recording.sha256,), place="x")
    _ledger(published.folder, Path("in").absolute(), job)
    assert purge(f"out/{NAME}", "--recording") == 13
    assert "is retrying in" in capsys.readouterr().out
    assert Path(f"in/{NAME}").exists()


# Terms of keeping.


class LongAgo(datetime):
    """A clock that is 31 days slow."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> LongAgo:
        there = datetime.now(tz) - timedelta(days=31)
        return cls.fromtimestamp(there.timestamp(), tz)


def test_what_is_older_than_its_show_is_kept_is_due_unless_it_is_held(
    season: Season, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("transcribe.core.timecode.datetime", LongAgo)
        Path(f"in/{NAME}").unlink()
        season.record("old.wav", content="long ago")
        season.record("held.wav", content="long ago, too")
        season.run()
    season.run(redo=True, formats=("txt", "json", "srt"))
    assert purge("out/held.json", "--hold", "--as", "Jan") == 0
    capsys.readouterr()
    assert purge("out", "--due") == 2
    assert "no config says how long" in capsys.readouterr().err
    assert purge("out", "--due", "--keep-days", "32") == 0
    assert "nothing is due" in capsys.readouterr().out
    Path("mine.toml").write_text("[profiles.show]\nkeep_days = 30\n")
    assert purge("out", "--due", "--config", "mine.toml", "--profile", "show") == 0
    assert "held.wav: stays: a legal hold is on it" in capsys.readouterr().out
    assert sorted(each.name for each in verify(OUT).episodes) == ["a.wav", "held.wav"]
    Path("transcribe.toml").write_text("keep_days = 1\n")
    assert purge("out", "--due") == 2, "a stranger's folder does not say what is removed"


def test_a_clock_that_was_set_back_removes_nothing(
    season: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    ahead = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    append_retention(PLACE, lambda link: Retention("hold", called("x"), "", "Jan", ahead, link=link))
    assert purge("out", "--due", "--keep-days", "1") == 13
    assert "Set the clock right" in capsys.readouterr().err


# What is wrong with what was asked for.


def test_what_makes_no_sense_is_told(season: Season, capsys: pytest.CaptureFixture[str]) -> None:
    assert purge("out/nothing.json") == 3
    assert purge("out", "--due", "--hold") == 2
    assert purge("in", "--due", "--keep-days", "3") == 0, "no manifests: nothing is due"
    assert purge("nowhere", "--due", "--keep-days", "3") == 3
    assert purge("out/a.json", "--as", "x" * 1000) == 2
    assert isinstance(verify(OUT), Chain)
    assert verify(OUT).good
