"""Edits, undone and made anew by several people over HTTP: nobody's text goes without a word."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import terminal_writer
from correcting import JSON, decide, edit_of, finished, review, send, sidecar, texts, transcript
from counter import Counter

from transcribe.core import files
from transcribe.formats import corrections
from transcribe.jobs import edit_lines
from transcribe.jobs.decisions import decisions_of


def emptied(known: JSON) -> JSON:
    """An edit that deletes every line."""
    first, last = known["lines"][0], known["lines"][-1]
    return {"first": first["first"], "end": last["end"], "lines": [], "seen": []}


def undo_of(known: JSON, edit: JSON, seen: list[str]) -> JSON:
    lines = [{"text": each["text"], "speaker": each["speaker"]} for each in known["lines"]]
    return edit | {"lines": lines, "seen": seen}


def test_every_line_is_deleted_and_comes_back(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        assert known["corrections"] == []
        gone = emptied(known)
        assert send(client, episode, known, gone).status_code == 200
        empty = transcript(client, episode)
        assert empty["lines"] == []
        assert empty["corrections"]
        back = undo_of(known, gone, empty["corrections"])
        assert send(client, episode, empty, back).status_code == 200
        after = transcript(client, episode)
        assert after["lines"] == known["lines"]
        assert after["corrections"] == []


@pytest.mark.parametrize("inside", [range(2, 5), range(1), range(3, 10**6)])
def test_a_part_of_what_was_deleted_together_comes_back_where_no_line_is_left(
    counter: Counter, inside: range
) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        send(client, episode, known, emptied(known))
        empty = transcript(client, episode)
        end = min(inside.stop, known["lines"][-1]["end"])
        part = {"first": inside.start, "end": end, "lines": [{"text": "Back"}], "seen": empty["corrections"]}
        assert send(client, episode, empty, part).status_code == 200
        assert texts(transcript(client, episode)) == ["Back"]


def test_each_line_is_deleted_by_itself_and_comes_back_in_another_order(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        for line in known["lines"]:
            assert send(client, episode, known, edit_of(line)).status_code == 200
        assert transcript(client, episode)["lines"] == []
        for line in reversed(known["lines"]):
            now = transcript(client, episode)
            seen = [*now["corrections"], *(each for other in now["lines"] for each in other["corrections"])]
            assert send(client, episode, now, edit_of(line, line["text"]) | {"seen": seen}).status_code == 200
        assert transcript(client, episode)["lines"] == known["lines"]


@pytest.mark.parametrize("prefer", ["mine", "theirs"])
def test_lines_that_are_sent_back_by_somebody_who_did_not_see_the_deletion_are_a_conflict(
    counter: Counter, prefer: str
) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        gone = emptied(known)
        send(client, episode, known, gone, who="Ben")
        back = undo_of(known, gone, [])
        answer = send(client, episode, known, back)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "edit_conflict")
        (conflict,) = answer.json()["conflicts"]
        assert (conflict["theirs"], conflict["who"]) == ([], "Ben")
        assert send(client, episode, known, back, prefer=prefer).status_code == 200
        assert transcript(client, episode)["lines"] == (known["lines"] if prefer == "mine" else [])


@pytest.mark.parametrize("prefer", ["mine", "theirs"])
def test_an_undo_of_what_somebody_else_has_changed_since_is_a_conflict(counter: Counter, prefer: str) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        line = known["lines"][0]
        send(client, episode, known, edit_of(line, line["text"].replace("Welcome", "Witajcie")))
        mine = transcript(client, episode)
        theirs = line["text"].replace("Welcome", "Willkommen")
        send(client, episode, mine, edit_of(mine["lines"][0], theirs), who="Ben")
        undo = edit_of(mine["lines"][0], line["text"])
        answer = send(client, episode, mine, undo)
        assert answer.status_code == 409
        assert answer.json()["conflicts"][0]["who"] == "Ben"
        assert send(client, episode, mine, undo, prefer=prefer).status_code == 200
        expected = line["text"] if prefer == "mine" else theirs
        assert texts(transcript(client, episode))[0] == expected


@pytest.mark.parametrize("prefer", ["mine", "theirs"])
def test_what_somebody_has_undone_is_not_brought_back_without_a_word(counter: Counter, prefer: str) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        line = known["lines"][0]
        text = line["text"].replace("Welcome", "Witajcie")
        send(client, episode, known, edit_of(line, text), who="Ben")
        seen = transcript(client, episode)
        send(client, episode, seen, edit_of(seen["lines"][0], line["text"]), who="Ben")
        edit = edit_of(seen["lines"][0], f"{text} So")
        assert send(client, episode, seen, edit).status_code == 409
        assert send(client, episode, seen, edit, prefer=prefer).status_code == 200
        expected = text if prefer == "mine" else line["text"]
        assert texts(transcript(client, episode))[0] == f"{expected} So"


def test_of_two_lines_sent_together_only_the_one_in_conflict_is_replaced(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        first, last = known["lines"][0], known["lines"][-1]
        theirs = [edit_of(line, f"Ben: {line['text']} Ben") for line in (first, last)]
        send(client, episode, known, *theirs, who="Ben")
        mine = [edit_of(first, f"Ala: {first['text']}"), edit_of(last, last["text"].replace("a", "e", 1))]
        answer = send(client, episode, known, *mine)
        assert [each["first"] for each in answer.json()["conflicts"]] == [first["first"]]
        send(client, episode, known, *mine, prefer="mine")
        after = texts(transcript(client, episode))
        assert after[0] == f"Ala: {first['text']}"
        assert after[-1] == f"Ben: {last['text'].replace('a', 'e', 1)} Ben"


def test_two_who_correct_other_words_of_a_line_do_not_meet(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        line = known["lines"][0]
        words = line["text"].split()
        send(client, episode, known, edit_of(line, " ".join(["One", *words[1:]])))
        assert send(client, episode, known, edit_of(line, " ".join([*words[:-1], "Two"]))).status_code == 200
        assert texts(transcript(client, episode))[0] == " ".join(["One", *words[1:-1], "Two"])


def test_the_sound_of_an_episode_with_damaged_corrections_is_heard(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        for _ in range(2):
            sidecar(counter, episode).write_text("{", "utf-8")
            assert client.get(f"{episode}/sound").content == b"2 a"
            assert client.get(f"{episode}/transcript").json()["error"]["code"] == "lost"
            sidecar(counter, episode).unlink()
            assert transcript(client, episode)["lines"]


def test_a_job_that_is_removed_while_somebody_corrects_it_leaves_nothing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, removing = threading.Event(), threading.Event()
    write = corrections.write_corrections

    def slowly(*arguments: object) -> bytes:
        writing.set()
        removing.wait(0.5)  # nothing sets it: the removal waits for this edit
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(edit_lines, "write_corrections", slowly)
    with counter.serving() as client, ThreadPoolExecutor(1) as threads:
        episode = finished(client)
        known = transcript(client, episode)
        edit = edit_of(known["lines"][0], "x")
        answer = threads.submit(send, client, episode, known, edit)
        writing.wait(60)
        assert client.delete(episode.replace("/episodes/", "/v1/jobs/")).status_code == 200
        assert answer.result().status_code == 200
        assert not sidecar(counter, episode).parent.exists()
        assert send(client, episode, known, edit).status_code == 404


def test_a_correction_that_cannot_be_written_is_told_in_words_and_changes_nothing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        send(client, episode, known, edit_of(known["lines"][0], "one"))
        before, kept = transcript(client, episode), sidecar(counter, episode).read_bytes()
        edit = edit_of(before["lines"][1], "two")
        with monkeypatch.context() as disk:
            disk.setattr(files, "_flush", full)
            answer = send(client, episode, before, edit)
        assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_full")
        assert "Nothing was changed" in answer.text
        assert str(counter.folder) not in answer.text
        assert transcript(client, episode) == before
        assert sidecar(counter, episode).read_bytes() == kept
        assert send(client, episode, before, edit).status_code == 200


def test_a_server_and_a_terminal_at_once_lose_no_correction_and_no_decision(counter: Counter) -> None:
    times = 15
    with counter.serving() as client:
        episode = finished(client)
        document = sidecar(counter, episode).with_name("transcript.json")
        command = [sys.executable, terminal_writer.__file__, str(document), "0", str(times)]
        other = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        count, said = 0, ""
        while other.poll() is None:
            known = transcript(client, episode)
            line = known["lines"][-1]
            assert said in ("", line["text"]), "a correction was lost"
            said = f"The server says {count}."
            assert send(client, episode, known, edit_of(line, said)).status_code == 200
            found = review(client, episode)
            item = found["items"][0]
            assert decide(client, episode, found, item, "accept", who=f"Ala {count}").status_code == 200
            count += 1
        assert other.communicate()[1] == ""
        assert texts(transcript(client, episode))[0] == f"The terminal says {times - 1}."
        assert texts(transcript(client, episode))[-1] == said
        kept = [each.who for each in decisions_of(document).records]
        assert sorted(kept) == sorted([f"Ben {n}" for n in range(times)] + [f"Ala {n}" for n in range(count)])
        assert count > 3
