"""What has to be looked at, what is decided about it, and the approval at the end."""

from __future__ import annotations

import json
import runpy
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import reviewed
from reviewed import POLICY, SPOT, Desk, spotted

from transcribe.control.policy.read import read_policy
from transcribe.control.review.decide import approve, decide, reject
from transcribe.control.review.items import items_of
from transcribe.control.review.state import CHANGED, DISPUTED, Review, review_of
from transcribe.core.decision import Decisions, covers, merged
from transcribe.core.errors import InputError, OutputError, PersonNeeded, UsageError
from transcribe.formats.decisions import read_decisions, schema, write_decisions
from transcribe.jobs.approvals import approvals_of, holding_approval
from transcribe.jobs.correct import opened
from transcribe.jobs.decisions import decisions_of
from transcribe.jobs.memory import sidecars

DOUBLES = str(Path(reviewed.__file__).parent)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.of(tmp_path)


def states(review: Review) -> dict[str, str]:
    return {each.item.what: each.state for each in review.standings}


def decide_all(desk: Desk, who: str = "Ala") -> Review:
    for each in desk.review().open:
        decide(desk.review(), each.item, "accept", who=who, reason="odsłuchane", heard=each.item.spans)
    return desk.review()


def test_everything_is_in_one_list_in_the_order_of_the_recording(desk: Desk) -> None:
    items = [each.item for each in desk.review().standings]
    assert [(each.kind, each.what) for each in items] == [
        ("coverage", "uncertain"), ("policy", "no-lamp"), ("notes", "long summary"), ("notes", "takeaways"),
        ("policy", "no-lamp"), ("policy", "sponsor"), ("policy", "opinion"),
    ]  # fmt: skip
    assert [each.start_ms is None for each in items] == [False] * 5 + [True] * 2
    assert sorted(items, key=lambda each: (not each.spans, each.spans)) == items
    assert len({each.id for each in items}) == len(items)
    spot = desk.item("uncertain")
    assert (spot.quote.words.split()[:2], spot.spans) == (["A", "lamp"], ((15_000, 18_000),))
    assert desk.item("takeaways").quote.words == "The book sold well."
    assert desk.item("opinion").reason == "not asked: no model"
    without = items_of(spotted())
    assert {each.kind for each in without} == {"coverage", "notes"}
    assert {each.id for each in without} < {each.id for each in items}


def test_nothing_asked_and_faults_of_the_sound_go_to_a_person(desk: Desk) -> None:
    (question,) = desk.policy[0].questions
    foreign = msgspec.structs.replace(question, languages=("pl",))
    asked = msgspec.structs.replace(desk.policy[0], rules=(), questions=(foreign,))
    assert [each.title for each in items_of(spotted(), asked) if each.kind == "policy"] == [
        "Nothing was asked"
    ]
    episode = spotted()
    faulty = replace(episode, coverage=replace(episode.coverage, faults=("it is very quiet",)))
    assert items_of(faulty)[-1].reason == "it is very quiet"


def test_decisions_last_and_approve_the_transcript_as_it_is(desk: Desk) -> None:
    with pytest.raises(PersonNeeded, match="7 items are open"):
        approve(desk.review(), who="Ala", reason="x")
    review = decide_all(desk)
    assert set(states(review).values()) == {"accepted"}
    assert review.obstacles == ()
    assert review.approval is None
    with pytest.raises(UsageError, match="reason"):
        approve(review, who="Ala", reason=" ")
    made = approve(review, who="Żaneta Łoś", reason="odsłuchane, „źródła” sprawdzone")
    assert approvals_of(desk.document).last == made
    assert (made.policy, made.policy_sha256) == ("Latarnie", desk.policy[1])
    assert covers(made.heard, [SPOT_STRETCH])
    assert desk.review().approval == made == holding_approval(opened(desk.document))
    desk.correct(0, "Welcome to Harbour Lights.")
    assert desk.review().approval is None
    assert holding_approval(opened(desk.document)) is None


SPOT_STRETCH = (SPOT.start_ms, SPOT.end_ms)


def test_a_decision_after_an_approval_ends_it(desk: Desk) -> None:
    approve(decide_all(desk), who="Ala", reason="heard")
    decide(desk.review(), desk.item("opinion"), "reject", who="Ben", reason="he does")
    assert desk.review().approval is None
    assert holding_approval(opened(desk.document)) is None


def test_what_is_rejected_stops_the_approval_until_it_is_corrected(desk: Desk) -> None:
    decide_all(desk)
    with pytest.raises(UsageError, match="reason"):
        decide(desk.review(), desk.item("uncertain"), "reject", who="Ala")
    decide(desk.review(), desk.item("uncertain"), "reject", who="Ala", reason="it is a camp")
    with pytest.raises(PersonNeeded, match="1 item is rejected"):
        approve(desk.review(), who="Ala", reason="x")
    seen = desk.item("uncertain")
    desk.correct(1, "A camp that nobody tends goes out. That is all I learned in forty years.")
    standing = desk.review().standing(seen.id)
    assert standing is not None
    assert (standing.state, standing.why) == ("open", CHANGED)
    decide(desk.review(), seen, "correct", who="Ala")
    assert states(desk.review())["uncertain"] == "corrected"
    with pytest.raises(UsageError, match="reason"):  # it overrules nothing, but what blocks needs one
        decide(desk.review(), desk.item("no-lamp"), "accept", who="Ben")


def test_a_correction_reopens_what_it_changes_and_nothing_else(desk: Desk) -> None:
    decide_all(desk)
    desk.correct(2, "You wrote about it in The Last Lamp, and you still live in Port Leven.")
    now = states(desk.review())
    assert now == now | {"long summary": "open", "takeaways": "open", "sponsor": "open", "opinion": "open"}
    assert now == now | {"no-lamp": "accepted", "uncertain": "accepted"}


def test_what_was_corrected_away_leaves_the_list_and_its_decision_stays(desk: Desk) -> None:
    lamp = desk.item("no-lamp")
    with pytest.raises(UsageError, match="nothing was corrected"):
        decide(desk.review(), lamp, "correct", who="Ala")
    desk.correct(1, "A camp that nobody tends goes out. That is all I learned in forty years.")
    made = decide(desk.review(), lamp, "correct", who="Ala", heard=[(14_000, 17_000), (16_000, 99_000_000)])
    assert desk.review().standing(lamp.id) is None
    assert made.decision.heard == ((14_000, 45_000),)
    assert decisions_of(desk.document).records == (made.decision,)
    assert desk.review().heard == ((14_000, 45_000),)


def test_another_decision_meanwhile_is_kept_and_told_and_a_contrary_one_leaves_it_open(desk: Desk) -> None:
    before, item = desk.review(), desk.item("uncertain")
    decide(before, item, "reject", who="Ala", reason="wrong")
    told = decide(before, item, "accept", who="Ben")
    assert [(each.who, each.choice) for each in told.meanwhile] == [("Ala", "reject")]
    standing = desk.review().standing(item.id)
    assert standing is not None
    assert (standing.state, standing.why) == ("open", DISPUTED)
    with pytest.raises(UsageError, match="needs a reason"):
        decide(before, item, "reject", who="Ola")
    decide(desk.review(), item, "accept", who="Ola", reason="both heard again together")
    assert states(desk.review())["uncertain"] == "accepted"
    assert len(decisions_of(desk.document).records) == 3


def test_overruling_a_rejection_needs_a_reason(desk: Desk) -> None:
    decide(desk.review(), desk.item("uncertain"), "reject", who="Ala", reason="wrong")
    with pytest.raises(UsageError, match="needs a reason"):
        decide(desk.review(), desk.item("uncertain"), "accept", who="Ben")


def test_a_transcript_can_be_rejected_as_a_whole(desk: Desk) -> None:
    approve(decide_all(desk), who="Ala", reason="heard")
    with pytest.raises(UsageError, match="name"):
        reject(desk.review(), who="\u202e ", reason="x")
    made = reject(desk.review(), who="Ben", reason="źródło niepewne")
    assert (made.kind, approvals_of(desk.document).last) == ("rejected", made)
    assert desk.review().approval is None
    assert len(approvals_of(desk.document).records) == 2


def test_an_approval_without_the_policy_of_the_decisions_is_refused(desk: Desk) -> None:
    decide_all(desk)
    without = review_of(opened(desk.document))
    assert without.open == ()
    with pytest.raises(PersonNeeded, match="reviewed by the policy 'Latarnie'"):
        approve(without, who="Ala", reason="x")


def test_a_harder_rule_is_asked_anew(desk: Desk, tmp_path: Path) -> None:
    decide_all(desk)
    (tmp_path / "policy.toml").write_text(
        POLICY.replace('title = "No lamps"', 'title = "No lamp at all"'), "utf-8"
    )
    harder = replace(desk, policy=read_policy(tmp_path / "policy.toml"))
    assert {each.item.what for each in harder.review().open} == {"no-lamp"}


def test_an_approval_of_what_was_reviewed_meanwhile_is_refused(desk: Desk) -> None:
    review = decide_all(desk)
    decide(desk.review(), desk.item("opinion"), "accept", who="Ben")
    with pytest.raises(OutputError, match="meanwhile"):
        approve(review, who="Ala", reason="x")


def test_decisions_about_another_recording_do_not_count(desk: Desk) -> None:
    decide_all(desk)
    content = json.loads(desk.document.read_bytes())
    content["source"]["sha256"] = "1" * 64
    desk.document.write_text(json.dumps(content), "utf-8")
    assert len(desk.review().open) == 7
    assert desk.review().heard == ()


def test_names_that_are_no_text(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, "r\udcff.json")
    approve(decide_all(desk), who="Ala", reason="heard")
    assert desk.review().approval
    assert [each.exists() for each in sidecars(desk.document)] == [False, False, True, True]


def test_two_reviewers_in_two_processes_lose_nothing(desk: Desk) -> None:
    works = """if True:
        import sys
        sys.path.insert(0, sys.argv[3])
        from pathlib import Path
        from reviewed import Desk
        from transcribe.control.policy.read import read_policy
        from transcribe.control.review.decide import decide

        document = Path(sys.argv[1])
        desk = Desk(document, read_policy(document.with_name("policy.toml")))
        for number in range(15):
            review = desk.review()
            for each in review.standings[:3]:
                decide(review, each.item, "accept", who=sys.argv[2], reason=f"{number}")"""
    ours = [
        subprocess.Popen([sys.executable, "-c", works, desk.document, who, DOUBLES]) for who in ("Ala", "Ben")
    ]
    assert [each.wait(120) for each in ours] == [0, 0]
    records = decisions_of(desk.document).records
    for who in ("Ala", "Ben"):
        assert [each.reason for each in records if each.who == who] == [str(n // 3) for n in range(45)]


def test_a_kill_while_it_is_written_leaves_what_was_there_and_no_lock(desk: Desk) -> None:
    decide(desk.review(), desk.item("uncertain"), "accept", who="Ala")
    before = decisions_of(desk.document)
    killed = """if True:
        import os, signal, sys
        sys.path.insert(0, sys.argv[2])
        from pathlib import Path
        from reviewed import Desk
        from transcribe.control.policy.read import read_policy
        from transcribe.control.review.decide import decide
        from transcribe.core import files

        document = Path(sys.argv[1])
        desk = Desk(document, read_policy(document.with_name("policy.toml")))
        files._flush = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
        decide(desk.review(), desk.item("opinion"), "accept", who="Ben")"""
    done = subprocess.run([sys.executable, "-c", killed, desk.document, DOUBLES], check=False)
    assert done.returncode == -signal.SIGKILL
    assert decisions_of(desk.document) == before
    decide(desk.review(), desk.item("opinion"), "accept", who="Ben")
    assert len(decisions_of(desk.document).records) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "transcribe.approvals"}, "holds no decisions"),
        ({"version": 2}, "holds decisions of version 2; this program reads 1"),
        ({"who": ""}, "length >= 1"),
        ({"who": "x" * 129}, "length <= 128"),
        ({"reason": "x" * 2001}, "length <= 2000"),
        ({"item": "../../etc"}, "matching regex"),
        ({"content": 5}, "Expected `str`"),
        ({"choice": "perhaps"}, "Invalid enum value"),
        ({"heard": [[5]]}, "length 2"),
        ({"heard": [[-1, 5]]}, ">= 0"),
        ({"heard": [[0, 1]] * 10_001}, "length <= 10000"),
        ({"seen": -1}, ">= 0"),
        ({"signature": "x"}, "unknown field"),
        ({"records": {}}, "Expected `array`"),
    ],
)
def test_what_is_no_file_of_decisions_is_refused(desk: Desk, changes: dict[str, Any], message: str) -> None:
    decide(desk.review(), desk.item("uncertain"), "accept", who="Ala")
    path = desk.document.with_name("talk.decisions.json")
    whole = json.loads(path.read_bytes())
    for name, value in changes.items():
        (whole if name in whole else whole["records"][0])[name] = value
    path.write_text(json.dumps(whole), "utf-8")
    before = path.read_bytes()
    with pytest.raises(InputError, match=message) as caught:
        desk.review()
    assert "talk.decisions.json" in str(caught.value)
    assert path.read_bytes() == before


def test_many_decisions_are_written_and_read_and_keep_to_the_schema(desk: Desk) -> None:
    made = decide(
        desk.review(), desk.item("uncertain"), "reject", who="Ala", reason="zażółć „gęślą”"
    ).decision
    many = Decisions(tuple(replace(made, seen=number) for number in range(5000)))
    data = write_decisions(many)
    assert read_decisions(data) == many
    assert write_decisions(read_decisions(data)) == data
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(json.loads(write_decisions(Decisions((made,)))), schema())
    desk.document.with_name("talk.decisions.json").write_bytes(data)
    assert states(desk.review())["uncertain"] == "rejected"


def test_the_published_schema_and_the_field_table_are_those_of_the_code() -> None:
    docs = Path(__file__).resolve().parents[4] / "docs"
    generator = runpy.run_path(str(docs / "schema.py"))
    page = (docs / "control.md").read_text("utf-8")
    assert generator["policy_page_text"](page) == page, "run make docs"
    published = (docs / "decisions.schema.json").read_text("utf-8")
    assert generator["decisions_text"]() == published, "run make docs"


def test_stretches() -> None:
    assert merged([(5, 9), (0, 3), (3, 4), (8, 12), (20, 20)]) == ((0, 4), (5, 12))
    assert covers([(0, 5), (5, 10)], [(2, 9)])
    assert not covers([(0, 5), (6, 10)], [(2, 9)])
    assert covers([], [])
