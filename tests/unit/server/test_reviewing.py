"""Transcripts reviewed over HTTP: what to check, decisions, what was heard, approvals and rejections."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from correcting import JSON, decide, decide_all, edit_of, finished, review, send, sidecar, transcript
from counter import Counter

from transcribe.control.policy.items import Policy
from transcribe.control.policy.kept import Kept
from transcribe.control.review.items import Item, items_of
from transcribe.core.corrections.apply import row_lines
from transcribe.core.corrections.edit import Line
from transcribe.core.episode import Episode
from transcribe.jobs.correct import opened
from transcribe.jobs.decisions import decisions_of
from transcribe.jobs.edit_lines import Edit, edit_lines


def document(counter: Counter, episode: str) -> Path:
    return sidecar(counter, episode).with_name("transcript.json")


def flag(known: JSON) -> JSON:
    found: JSON = next(each for each in known["items"] if each["kind"] == "policy")
    return found


def test_flags_spots_and_doubtful_notes_are_one_list(lamps: Counter) -> None:
    with lamps.serving() as client:
        episode = finished(client)
        said = json.loads(document(lamps, episode).read_bytes())
        spot = {"start_ms": 1000, "end_ms": 2000, "kind": "suspect", "reason": "it repeats itself"}
        said["coverage"]["spots"] = [spot]
        document(lamps, episode).write_text(json.dumps(said), "utf-8")
        known = review(client, episode)
        assert [each["kind"] for each in known["items"]] == ["coverage", "policy", "notes", "notes"]
        assert {each["state"] for each in known["items"]} == {"open"}
        asked = flag(known)
        assert (asked["words"], asked["severity"], asked["evidence"]) == (
            "goes out.",
            "block",
            "The sentence",
        )
        assert asked["needs_reason"] == ["accept", "reject"]
        assert known["policy"] == "Lamps"
        assert known["obstacles"] == ["4 items are open"]
        assert (known["seen"], known["heard"], known["approval"]) == (0, [], None)


def test_a_decision_tells_who_when_why_and_what_was_heard_of_it(lamps: Counter) -> None:
    with lamps.serving() as client:
        episode = finished(client)
        known = review(client, episode)
        item = flag(known)
        (start, end), *_ = item["spans"]
        heard = [[0, 500], [start - 1000, end + 1000], [start - 1000, end], [10**9, 10**9 + 1]]
        answer = decide(client, episode, known, item, "accept", reason=" He says\nso ", heard=heard)
        assert answer.status_code == 200, answer.text
        found = flag(answer.json()["review"])
        assert found["state"] == "accepted"
        decision = found["decision"]
        assert (decision["choice"], decision["who"], decision["reason"]) == ("accept", "Ala", "He says so")
        assert decision["heard_ms"] == end - start + 2000
        assert answer.json()["review"]["heard"] == [[0, 500], [start - 1000, end + 1000]]
        (record,) = decisions_of(document(lamps, episode)).records
        assert (record.policy, record.heard) == ("Lamps", ((start - 1000, end + 1000),))


def test_a_decision_that_is_sent_again_is_one(lamps: Counter) -> None:
    with lamps.serving() as client:
        episode = finished(client)
        known = review(client, episode)
        for _ in range(2):
            assert decide(client, episode, known, flag(known), "reject").status_code == 200
        assert len(decisions_of(document(lamps, episode)).records) == 1


def test_of_two_reviewers_at_once_no_decision_is_lost(lamps: Counter) -> None:
    with lamps.serving() as client:
        episode = finished(client)
        known = review(client, episode)
        choices = [(item, who) for item in known["items"] for who in ("Ala", "Ben", "Celina")]
        with ThreadPoolExecutor(6) as threads:
            answers = list(
                threads.map(
                    lambda each: decide(client, episode, known, each[0], "accept", who=each[1]), choices
                )
            )
        assert {each.status_code for each in answers} == {200}
        kept = {(each.item, each.who) for each in decisions_of(document(lamps, episode)).records}
        assert kept == {(item["id"], who) for item, who in choices}
        assert review(client, episode)["obstacles"] == []


def test_contrary_decisions_are_both_kept_and_the_later_reviewer_is_told(lamps: Counter) -> None:
    with lamps.serving() as client:
        episode = finished(client)
        known = review(client, episode)
        decide(client, episode, known, flag(known), "reject", who="Ben", reason="Cut it")
        later = decide(client, episode, known, flag(known), "accept", reason="Harmless").json()
        assert [(each["who"], each["reason"]) for each in later["meanwhile"]] == [("Ben", "Cut it")]
        assert flag(later["review"])["state"] == "open"
        assert "did not know of each other" in flag(later["review"])["why"]
        again = decide(client, episode, later["review"], flag(later["review"]), "accept").json()
        assert flag(again["review"])["state"] == "accepted"
        records = decisions_of(document(lamps, episode)).records
        assert [(each.who, each.choice) for each in records] == [
            ("Ben", "reject"), ("Ala", "accept"), ("Ala", "accept"),
        ]  # fmt: skip


def test_what_to_look_at_is_found_once_as_long_as_nothing_changes(
    lamps: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(episode: Episode, policy: Policy | None, answers: Kept | None) -> tuple[Item, ...]:
        asked.append(len(episode.transcript.words))
        return items_of(episode, policy, answers)

    monkeypatch.setattr("transcribe.control.review.state.items_of", counted)
    with lamps.serving() as client:
        episode = finished(client)
        known = review(client, episode)
        for item in known["items"]:
            known = decide(client, episode, known, item, "accept", reason="Harmless").json()["review"]
        assert [each["state"] for each in known["items"]] == ["accepted"] * len(known["items"])
        assert review(client, episode)["items"] == known["items"]
        assert len(asked) == 1
        edited, lines = opened(document(lamps, episode)), row_lines(opened(document(lamps, episode)).layer)
        line = Line("The lamp goes out, and the lamp goes out.", lines[1].segment.speaker)
        edit_lines(edited, [Edit(lines[1].first, lines[1].end, (line,), ())], who="beside the server")
        known = review(client, episode)
        assert [each["state"] for each in known["items"] if each["kind"] == "policy"] == ["open", "open"]
        said = json.loads(document(lamps, episode).read_bytes())
        said["coverage"]["spots"] = [{"start_ms": 0, "end_ms": 9, "kind": "suspect", "reason": "it repeats"}]
        document(lamps, episode).write_text(json.dumps(said), "utf-8")
        assert review(client, episode)["items"][0]["kind"] == "coverage"
        assert len(asked) == 3


def test_words_that_others_change_meanwhile_open_the_item_again(lamps: Counter) -> None:
    with lamps.serving() as client:
        episode = finished(client)
        known = review(client, episode)
        line = transcript(client, episode)["lines"][1]
        changed = line["text"].replace("goes out", "always goes out")
        send(client, episode, transcript(client, episode), edit_of(line, changed))
        answer = decide(client, episode, known, flag(known), "correct")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "changed_meanwhile")
        assert decisions_of(document(lamps, episode)).records == ()


def test_what_was_corrected_away_can_be_decided(lamps: Counter) -> None:
    with lamps.serving() as client:
        episode = finished(client)
        known = review(client, episode)
        line = transcript(client, episode)["lines"][1]
        item = flag(known)
        nothing = decide(client, episode, known, item, "correct")
        assert nothing.status_code == 400
        edits = edit_of(line, line["text"].replace("goes out", "shines"))
        revision = send(client, episode, transcript(client, episode), edits).json()["revision"]
        answer = decide(client, episode, known | {"revision": revision}, item, "correct", reason="")
        assert answer.status_code == 200, answer.text
        assert all(each["kind"] != "policy" for each in answer.json()["review"]["items"])
        (record,) = decisions_of(document(lamps, episode)).records
        assert (record.item, record.choice) == (item["id"], "correct")
        gone = decide(client, episode, known, item | {"id": "0" * 12}, "accept")
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "no_such_item")


def test_an_approval_tells_who_why_how_much_was_heard_and_changed(lamps: Counter) -> None:
    with lamps.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        line = known["lines"][0]
        send(client, episode, known, edit_of(line, line["text"].replace("Welcome", "Witajcie")))
        known = transcript(client, episode)
        body = {"revision": known["revision"], "reason": "Heard", "who": "Ala", "heard": [[0, 4000]]}
        early = client.post(f"{episode}/approvals", json=body)
        assert (early.status_code, early.json()["error"]["code"]) == (409, "not_reviewed")
        assert transcript(client, episode)["approval"] is None
        decide_all(client, episode)
        client.post(f"{episode}/heard", json={"who": "Ala", "heard": [[3000, 6000]]})
        client.post(f"{episode}/heard", json={"who": "Ben", "heard": [[0, 20_000]]})
        stale = client.post(f"{episode}/approvals", json=body | {"seen": 0})
        assert (stale.status_code, stale.json()["error"]["code"]) == (409, "changed_meanwhile")
        answer = client.post(f"{episode}/approvals", json=body | {"seen": review(client, episode)["seen"]})
        given = answer.json()
        assert given | {"when": ""} == {
            "kind": "approved", "who": "Ala", "when": "", "reason": "Heard", "heard_ms": 6000, "changes": 1,
            "heard_percent": round(6000 / known["duration_ms"] * 100, 1), "policy": "Lamps", "holds": True,
        }  # fmt: skip
        assert review(client, episode)["approval"] == given
        known = review(client, episode)
        decide(client, episode, known, flag(known), "reject")
        assert review(client, episode)["approval"] == given | {"holds": False}
        rejected = client.post(f"{episode}/approvals", json=body | {"kind": "rejected", "heard": []}).json()
        assert (rejected["kind"], rejected["holds"]) == ("rejected", False)
        assert transcript(client, episode)["approval"] == rejected


def test_what_was_heard_is_of_each_reviewer_and_outlives_the_server(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        for heard in ([[0, 1000]], [[500, 1500], [3000, 3000]], []):
            answer = client.post(f"{episode}/heard", json={"who": "Ala", "heard": heard})
            assert answer.status_code == 200
        assert answer.json()["heard"] == [[0, 1500]]
    with counter.serving() as client:
        assert review(client, episode)["heard"] == [[0, 1500]]
        assert review(client, episode, "Ben")["heard"] == []
        file = document(counter, episode).with_name("heard.json")
        file.write_text("{", "utf-8")
        answer = client.post(f"{episode}/heard", json={"who": "Ala", "heard": [[0, 1]]})
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "lost")
        assert str(counter.folder) not in answer.text
        assert file.read_text("utf-8") == "{"


@pytest.mark.parametrize(
    "wrong",
    [
        {"item": "../x"},
        {"item": ""},
        {"content": "x"},
        {"choice": "maybe"},
        {"seen": -1},
        {"seen": None},
        {"reason": ""},
        {"reason": "x" * 2001},
        {"reason": "x" * 1_000_000},
        {"heard": [[0]]},
        {"heard": [[-1, 5]]},
        {"heard": [[0, 1]] * 10_001},
        {"heard": [[2**60, 2**61]]},
        {"who": ""},
        {"who": "\u202e"},
        {"who": "x" * 129},
        {"more": 1},
    ],
    ids=lambda each: str(each)[:30],
)
def test_a_wrong_decision_is_refused_in_words_and_changes_nothing(lamps: Counter, wrong: JSON) -> None:
    with lamps.serving() as client:
        episode = finished(client)
        known = review(client, episode)
        answer = decide(client, episode, known, flag(known), "reject", **wrong)
        assert answer.status_code in (400, 404)
        assert answer.json()["error"]["message"]
        assert decisions_of(document(lamps, episode)).records == ()


def test_pages_of_others_cannot_decide(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        for path in ("decisions", "heard", "approvals"):
            answer = client.post(f"{episode}/{path}", json={}, headers={"Origin": "http://stranger.example"})
            assert answer.status_code == 403, path
