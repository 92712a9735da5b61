"""Manifests of a published folder: whoever changes a bit, a file or their order is found out."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from season import Season

from transcribe.cli.main import run
from transcribe.control.verify import Chain, folders_in, verify
from transcribe.core.corrections.record import Correction, Corrections, Place
from transcribe.core.events import Event, StageFinished, StageStarted
from transcribe.formats.corrections import write_corrections
from transcribe.jobs import chain
from transcribe.jobs.approvals import approve
from transcribe.jobs.correct import opened
from transcribe.jobs.making import Timed
from transcribe.jobs.manifest import read_manifest, write_manifest

OUT = Path("out")
PLACE = OUT / ".transcribe"


@pytest.fixture
def season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Season:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.chdir(tmp_path)
    made = Season(tmp_path)
    made.record("a.wav", "b.wav", "ż.wav")
    made.run()
    made.record("b.wav", content="another take")
    made.run()
    return made


def kinds(found: Chain) -> set[str]:
    return {each.kind for each in [*found.findings, *(one for e in found.episodes for one in e.findings)]}


def flipped(content: bytes, place: int, bit: int) -> bytes:
    changed = bytearray(content)
    changed[place] ^= 1 << bit
    return bytes(changed)


def test_a_folder_as_it_was_published_is_good(season: Season) -> None:
    found = verify(OUT)
    assert found.good, found
    assert (found.length, len(found.episodes)) == (4, 3)
    assert sorted((each.name, each.number, each.files) for each in found.episodes) == [
        ("a.wav", found.episodes[0].number, 2), ("b.wav", 4, 2), ("ż.wav", found.episodes[2].number, 2),
    ]  # fmt: skip
    assert found.head == chain.digest((PLACE / "b.wav.json").read_bytes())
    assert verify(OUT, found.head).good
    assert kinds(verify(OUT, "0" * 64)) == {"head"}
    assert season.reasons() == {}


def test_no_bit_of_a_manifest_can_change_without_its_being_another(season: Season) -> None:
    content = (PLACE / "b.wav.json").read_bytes()
    manifest = read_manifest(content)
    assert manifest is not None
    for place in range(len(content)):
        for bit in range(8):
            assert read_manifest(flipped(content, place, bit)) != manifest


def test_every_manifest_and_the_head_count(season: Season) -> None:
    for path in (*PLACE.glob("*.json"), PLACE / "head", *(PLACE / "earlier").iterdir()):
        content = path.read_bytes()
        for place in range(0, len(content), 61):
            path.write_bytes(flipped(content, place, place % 8))
            assert not verify(OUT).good, (path, place)
        path.write_bytes(content)
    assert verify(OUT).good


def test_every_bit_of_what_was_published_counts(season: Season) -> None:
    published = [*OUT.glob("*.txt"), *OUT.glob("*.json")]
    published.remove(OUT / "report.json")
    assert len(published) == 6
    for path in published:
        content = path.read_bytes()
        for number in range(34):
            path.write_bytes(flipped(content, number * len(content) // 34, number % 8))
            assert kinds(verify(OUT)) == {"altered"}
        path.write_bytes(content)
    (OUT / "a.txt").unlink()
    assert kinds(verify(OUT)) == {"missing"}


def test_episodes_that_were_swapped_and_manifests_of_yesterday_are_found(season: Season) -> None:
    a, b, head = (PLACE / name for name in ("a.wav.json", "b.wav.json", "head"))
    first, second = a.read_bytes(), b.read_bytes()
    a.write_bytes(second), b.write_bytes(first)
    assert kinds(verify(OUT)) == {"swapped"}
    a.write_bytes(first)
    (older,) = (PLACE / "earlier").iterdir()
    b.write_bytes(older.read_bytes())
    assert "replayed" in kinds(verify(OUT))
    b.write_bytes(second)
    before = verify(OUT).head
    head.write_bytes(older.read_bytes())
    assert not verify(OUT).good
    head.write_bytes(second)
    older.unlink()
    assert "chain" in kinds(verify(OUT))
    assert verify(OUT).head == before


def test_a_chain_that_was_cut_off_is_found_by_the_head_that_was_kept(season: Season) -> None:
    kept = verify(OUT).head
    (older,) = (PLACE / "earlier").iterdir()
    last = read_manifest((PLACE / "b.wav.json").read_bytes())
    assert last is not None
    shortened = next(
        each for each in (PLACE / "a.wav.json", PLACE / "ż.wav.json", older)
        if chain.digest(each.read_bytes()) == last.link.previous
    )  # fmt: skip
    content = shortened.read_bytes()
    shutil.copy(older, PLACE / "b.wav.json")
    (PLACE / "head").write_bytes(content)
    season.record("b.wav", content="what is said in b.wav")
    season.run(output="elsewhere")
    for name in ("b.txt", "b.json"):
        shutil.copy(Path("elsewhere", name), OUT / name)
    assert verify(OUT).good, "nothing in the folder tells"
    assert kinds(verify(OUT, kept)) == {"head"}


def test_a_manifest_that_is_gone_and_one_of_an_earlier_version_are_told(season: Season) -> None:
    (PLACE / "a.wav.json").unlink()
    assert {"chain", "missing"} & kinds(verify(OUT))
    (PLACE / "a.wav.json").write_bytes(b'{"checksum":"0","content":{}}\n')
    (found,) = [each for each in verify(OUT).episodes if each.number == 0]
    assert "transcribe it again" in found.findings[0].what


def test_what_people_said_since_belongs_to_it(season: Season) -> None:
    (OUT / "a.corrections.json").write_text("{}")
    (finding,) = [one for each in verify(OUT).episodes for one in each.findings]
    assert finding.what == "a.corrections.json is not in the manifest"


def test_an_approval_and_the_corrections_before_it_are_in_the_next_manifest(season: Season) -> None:
    said = Corrections((Correction("a1", "text", Place(0, 0, 0, 1, ("Dzień",)), "Cześć"),))
    (OUT / "a.corrections.json").write_bytes(write_corrections(said))
    assert kinds(verify(OUT)) == {"altered"}
    approve(opened(OUT / "a.json"), "Ala", "heard it all")
    found = verify(OUT)
    assert found.good, found
    assert found.length == 5
    approvals = OUT / "a.approvals.json"
    approvals.write_bytes(approvals.read_bytes().replace(b"Ala", b"Ola"))
    assert kinds(verify(OUT)) == {"altered"}


def test_names_that_are_no_text_are_kept_byte_by_byte(season: Season) -> None:
    season.record("caf\udce9 \udcff.wav", content="what is said")
    season.run()
    found = verify(OUT)
    assert found.good, found
    assert "caf\udce9 \udcff.wav" in [each.name for each in found.episodes]


def test_a_run_that_was_killed_in_between_is_finished_by_the_next(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    season.record("a.wav", content="a third take")
    with monkeypatch.context() as patched:
        patched.setattr(chain, "_replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            season.run()
    assert kinds(verify(OUT)) >= {"replayed"}
    season.record("c.wav")
    season.run()
    assert verify(OUT).good
    assert verify(OUT).length == 7, (
        "the third take was written down twice: by the run that was killed, and the next"
    )


def test_in_toto_reads_it(season: Season) -> None:
    json_format = pytest.importorskip("google.protobuf.json_format", reason="it is in the group dev")
    from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
    from in_toto_attestation.v1.statement import Statement
    from in_toto_attestation.v1.statement_pb2 import Statement as Message

    for path in PLACE.glob("*.json"):
        said = json.loads(path.read_bytes())
        statement = Statement.copy_from_pb(json_format.ParseDict(said, Message()))
        statement.validate()
        assert {each.name for each in statement.pb.subject} == {f"{path.name[0]}.txt", f"{path.name[0]}.json"}
        provenance = json_format.ParseDict(said["predicate"], Provenance())  # refuses what it does not know
        names = [each.name for each in provenance.build_definition.resolved_dependencies]
        assert names[:2] == ["recording", "audio"]
        assert names[2].startswith("model/")


def test_the_command(season: Season, capsys: pytest.CaptureFixture[str]) -> None:
    assert folders_in(Path()) == [OUT]
    assert run(["verify", "out"]) == 0
    told = capsys.readouterr().out
    assert f"head of out: {verify(OUT).head}" in told
    assert run(["verify", "out", "--expect-head", verify(OUT).head[:16]]) == 0
    assert run(["verify", "out", "--expect-head", "12"]) == 2
    (OUT / "a.txt").write_text("other words")
    capsys.readouterr()
    assert run(["verify", ".", "--json"]) == 12
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["good"], row["length"]) == (False, 4)
    assert run(["verify", "in"]) == 3
    assert "has no manifests" in capsys.readouterr().err


def test_stages_are_timed_unless_an_earlier_run_had_done_them() -> None:
    told: list[Event] = []
    timed = Timed(told.append)
    for stage, resumed in (("detect", False), ("recognise", True)):
        timed(StageStarted(stage))
        timed(StageFinished(stage, resumed=resumed))
    assert list(timed.stages_ms) == ["detect"]
    assert len(told) == 4


def test_the_seal_and_who_tried_are_in_the_manifest_and_are_shown(
    season: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    path = PLACE / "b.wav.json"
    manifest = read_manifest(path.read_bytes())
    assert manifest is not None
    for attempts, shown in ((None, "seccomp"), (0, "seccomp"), (3, "seccomp (3 attempts)")):
        sealed = replace(manifest, making=replace(manifest.making, seal="seccomp", attempts=attempts))
        assert read_manifest(write_manifest(sealed)) == sealed
        path.write_bytes(write_manifest(sealed))
        run(["verify", "out"])
        assert f"manifest 4 of 4, 2 files, sealed: {shown}\n" in capsys.readouterr().out
