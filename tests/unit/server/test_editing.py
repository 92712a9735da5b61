"""Transcripts corrected and approved over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from correcting import decide_all, edit_of, finished, send, sidecar, texts, transcript
from counter import Counter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_edit import transcripts

from transcribe.core.corrections.change import changed_within
from transcribe.core.corrections.edit import Line, TooManyLinesError, edited_within
from transcribe.core.corrections.place import lay
from transcribe.core.corrections.record import NO_CORRECTIONS
from transcribe.core.episode import Transcript
from transcribe.core.settings import Settings
from transcribe.formats.document import read_document, write
from transcribe.formats.example import example_episode
from transcribe.jobs.correct import Opened
from transcribe.jobs.corrections import read_sidecar
from transcribe.server.access.auth import Access
from transcribe.server.access.keys import Keys
from transcribe.server.desk import Sheet


def test_a_corrected_word_is_in_every_format_and_what_was_recognised_stays(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        document = (sidecar(counter, episode).parent / "transcript.json").read_bytes()
        line = known["lines"][0]
        wanted = edit_of(line, line["text"].replace("Welcome", "Witajcie"))
        answer = send(client, episode, known, wanted, who="Ala")
        assert answer.status_code == 200, answer.text
        assert answer.json()["before"] == known["revision"]
        (part,) = answer.json()["parts"]
        (new,) = part["lines"]
        assert [word["text"] for word in new["words"] if word.get("corrected")] == ["Witajcie"]
        after = transcript(client, episode)
        assert after["revision"] == answer.json()["revision"] != known["revision"]
        assert after["lines"] == [new, *known["lines"][1:]]
        job = episode.replace("/episodes/", "/v1/jobs/")
        for name in ("txt", "srt", "vtt", "tsv", "md", "csv", "ttml", "html", "page", "podcast-json"):
            content = client.get(f"{job}/results/{name}").content
            assert b"Witajcie" in content, name
            assert b"Welcome to Harbour" not in content, name
        assert b'"Welcome"' in client.get(f"{job}/results/json").content
        assert (sidecar(counter, episode).parent / "transcript.json").read_bytes() == document
        (record,) = read_sidecar(sidecar(counter, episode)).records
        assert (record.text, record.who) == ("Witajcie", "Ala")


def test_notes_are_of_the_corrected_text(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        document = sidecar(counter, episode).parent / "transcript.json"
        found = read_document(document.read_bytes())
        assert found.notes
        own = replace(found, notes=replace(found.notes, authorship=replace(found.notes.authorship, model="")))
        document.write_bytes(write(own, Settings().subtitles))
        job = episode.replace("/episodes/", "/v1/jobs/")
        assert "The Last Lamp" in client.get(f"{job}/results/notes").text
        line = known["lines"][2]
        send(client, episode, known, edit_of(line, line["text"].replace("Last Lamp", "Xylophone")))
        after = client.get(f"{job}/results/notes").text
        assert "Xylophone" in after
        assert "Last Lamp" not in after


def test_divided_joined_said_by_somebody_else_and_undone(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        first = known["lines"][0]
        head, tail = first["text"][:7], first["text"][8:]
        send(client, episode, known, edit_of(first, head, {"text": tail, "speaker": "Zoë"}))
        divided = transcript(client, episode)
        assert texts(divided) == [head, tail, *texts(known)[1:]]
        assert [line["speaker"] for line in divided["lines"][:2]] == [first["speaker"], "Zoë"]
        assert "Zoë" in divided["speakers"]
        one, two = divided["lines"][:2]
        send(client, episode, divided, edit_of(one, first["text"], upto=two))
        assert transcript(client, episode)["lines"] == known["lines"]
        assert read_sidecar(sidecar(counter, episode)) == NO_CORRECTIONS


def test_many_edits_are_made_together_or_not_at_all(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        every = [edit_of(line, f"{line['text']} so") for line in known["lines"]]
        wrong = {"first": 10**6, "end": 10**6 + 1, "lines": [], "seen": []}
        assert send(client, episode, known, *every, wrong).status_code == 400
        assert transcript(client, episode) == known
        assert len(send(client, episode, known, *every).json()["parts"]) == len(every)
        assert all(each.endswith(" so") for each in texts(transcript(client, episode)))


def test_a_deleted_line_is_gone_and_can_come_back(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        line = known["lines"][1]
        (part,) = send(client, episode, known, edit_of(line)).json()["parts"]
        assert (part["first"], part["end"]) == (known["lines"][0]["first"], line["end"])
        assert [each["text"] for each in part["lines"]] == [known["lines"][0]["text"]]
        after = transcript(client, episode)
        back = edit_of(line, line["text"]) | {"seen": after["lines"][0]["corrections"]}
        send(client, episode, after, back)
        assert transcript(client, episode)["lines"] == known["lines"]


def test_of_two_who_correct_the_same_word_the_later_one_sees_both_and_chooses(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        line = known["lines"][0]
        word = line["text"].split()[0]
        mine, theirs = (line["text"].replace(word, each) for each in ("Mine", "Theirs"))
        send(client, episode, known, edit_of(line, theirs), who="Ben")
        later = send(client, episode, known, edit_of(line, mine), who="Ala")
        assert later.status_code == 409
        assert later.json()["error"]["code"] == "edit_conflict"
        (conflict,) = later.json()["conflicts"]
        assert (conflict["mine"][0]["text"], conflict["theirs"][0]["text"], conflict["who"]) == (
            mine,
            theirs,
            "Ben",
        )
        assert texts(transcript(client, episode))[0] == theirs
        send(client, episode, known, edit_of(line, mine), prefer="theirs")
        assert texts(transcript(client, episode))[0] == theirs
        send(client, episode, known, edit_of(line, mine), prefer="mine")
        assert texts(transcript(client, episode))[0] == mine


def test_two_who_correct_other_words_do_not_meet(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        wanted = [edit_of(line, f"{line['text']} {number}") for number, line in enumerate(known["lines"])]
        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(lambda each: send(client, episode, known, each), wanted))
        assert {each.status_code for each in answers} == {200}
        after = texts(transcript(client, episode))
        assert after == [f"{each} {number}" for number, each in enumerate(texts(known))]


def test_a_speaker_is_renamed_everywhere_and_older_edits_have_to_be_made_anew(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        name = known["speakers"][0]
        body = {"revision": known["revision"], "names": {name: "Zoë"}}
        after = client.post(f"{episode}/speakers", json=body).json()
        assert after == transcript(client, episode)
        assert name not in after["speakers"]
        assert [each["speaker"] for each in after["lines"]] == [
            "Zoë" if each["speaker"] == name else each["speaker"] for each in known["lines"]
        ]
        late = send(client, episode, known, edit_of(known["lines"][0], "x"))
        assert (late.status_code, late.json()["error"]["code"]) == (409, "other_recognition")
        assert client.post(f"{episode}/speakers", json=body).status_code == 409
        for names in ({"nobody": "x"}, {"Zoë": " "}, {}, {"Zoë": 5}):
            wrong = client.post(f"{episode}/speakers", json={"revision": after["revision"], "names": names})
            assert wrong.status_code == 400, names


def test_an_approval_holds_until_something_is_changed(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        assert known["approval"] is None
        decide_all(client, episode)
        body = {"revision": known["revision"], "reason": "Heard in full", "who": "Ala"}
        assert client.post(f"{episode}/approvals", json=body | {"who": " "}).status_code == 400
        assert client.post(f"{episode}/approvals", json=body | {"reason": " "}).status_code == 400
        given = client.post(f"{episode}/approvals", json=body).json()
        assert (given["who"], given["reason"], given["holds"]) == ("Ala", "Heard in full", True)
        assert transcript(client, episode)["approval"] == given
        line = known["lines"][0]
        send(client, episode, known, edit_of(line, "Something else"))
        after = transcript(client, episode)
        assert after["approval"] == given | {"holds": False}
        late = client.post(f"{episode}/approvals", json=body)
        assert (late.status_code, late.json()["error"]["code"]) == (409, "changed_meanwhile")
        again = edit_of(after["lines"][0], line["text"])
        send(client, episode, after, again)
        assert transcript(client, episode)["approval"] == given
        client.post(f"{episode}/approvals", json=body | {"who": "Ben", "reason": "Again"})
        kept = json.loads((sidecar(counter, episode).parent / "transcript.approvals.json").read_text("utf-8"))
        assert [each["who"] for each in kept["records"]] == ["Ala", "Ben"]


def test_no_name_turns_the_text_around_it(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        line, old = known["lines"][0], known["speakers"][1]
        wanted = {"text": f"So {line['text']}", "speaker": "\u202eZo\u2066ë\u202c"}
        send(client, episode, known, edit_of(line, wanted), who="\u2067Ben\u2069")
        assert {each.who for each in read_sidecar(sidecar(counter, episode)).records} == {"Ben"}
        body = {"revision": known["revision"], "names": {old: "\u202aKeeper"}}
        after = client.post(f"{episode}/speakers", json=body).json()
        assert set(after["speakers"]) >= {"Zoë", "Keeper"}
        decide_all(client, episode)
        body = {"revision": after["revision"], "who": "\u2068Ala", "reason": "Heard"}
        assert client.post(f"{episode}/approvals", json=body).json()["who"] == "Ala"
        nobody = client.post(f"{episode}/approvals", json=body | {"who": "\u202e"})
        assert nobody.json()["error"]["code"] == "missing_name"


def test_a_damaged_file_of_approvals_is_told_and_stays(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        file = sidecar(counter, episode).parent / "transcript.approvals.json"
        file.write_text("{", "utf-8")
        body = {"revision": known["revision"], "who": "Ala", "reason": "Heard"}
        answer = client.post(f"{episode}/approvals", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "lost")
        assert str(counter.folder) not in answer.text
        assert file.read_text("utf-8") == "{"


def test_whoever_has_a_key_signs_with_its_name_and_sees_no_one_elses(counter: Counter) -> None:
    counter.folder.mkdir()
    keys = Keys(counter.folder)
    ala, ben = ({"Authorization": f"Bearer {keys.make(name)}"} for name in ("Ala", "Ben"))
    counter.access, counter.apart = Access(keys), True
    with counter.serving(headers=ala) as client:
        episode = finished(client)
        known = transcript(client, episode)
        decide_all(client, episode)
        body = {"revision": known["revision"], "who": "Ben", "reason": "Heard"}
        assert client.post(f"{episode}/approvals", json=body).json()["who"] == "Ala"
        send(client, episode, known, edit_of(known["lines"][0], "x"), who="Ben")
        assert {each.who for each in read_sidecar(sidecar(counter, episode)).records} == {"Ala"}
        for name in ("transcript", "sound", "vocabulary", "review"):
            assert client.get(f"{episode}/{name}").status_code == 200
            assert client.get(f"{episode}/{name}", headers=ben).status_code == 404
        for name in ("edits", "speakers", "approvals", "decisions", "heard"):
            assert client.post(f"{episode}/{name}", headers=ben, json=body).status_code == 404


def test_the_sound_comes_in_ranges_and_is_never_a_page(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client, b"2 <html>")
        whole = client.get(f"{episode}/sound")
        assert (whole.content, whole.headers["content-type"]) == (b"2 <html>", "audio/mpeg")
        assert whole.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in whole.headers["content-security-policy"]
        part = client.get(f"{episode}/sound", headers={"Range": "bytes=2-3"})
        assert (part.status_code, part.content) == (206, b"<h")
        assert part.headers["content-range"] == "bytes 2-3/8"
        assert client.get(f"{episode}/sound", headers={"Range": "bytes=99-"}).status_code == 416


@pytest.mark.parametrize("planted", [os.mkfifo, lambda path: path.symlink_to("/etc/hostname")])
def test_what_takes_the_place_of_a_recording_is_not_sent(
    counter: Counter, planted: Callable[[Path], None]
) -> None:
    with counter.serving() as client:
        episode = finished(client)
        path = counter.store.recording(episode.rpartition("/")[2])
        path.unlink()
        planted(path)
        answer = client.get(f"{episode}/sound")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "sound_not_found")


def test_names_that_were_corrected_again_and_again_are_offered(counter: Counter) -> None:
    with counter.serving() as client:
        episodes = [finished(client, each) for each in (b"2 a", b"2 b")]
        for episode in episodes:
            known = transcript(client, episode)
            line = known["lines"][0]
            word = line["text"].split()[2]
            send(client, episode, known, edit_of(line, line["text"].replace(word, "Szczęsny")))
        (found,) = client.get(f"{episodes[0]}/vocabulary").json()["names"]
        assert (found["text"], found["times"]) == ("Szczęsny", 2)


def test_what_the_command_line_corrects_meanwhile_is_seen(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        send(client, episode, known, edit_of(known["lines"][0], "Something else"))
        content = sidecar(counter, episode).read_bytes()
        sidecar(counter, episode).unlink()
        assert transcript(client, episode)["lines"] == known["lines"]
        sidecar(counter, episode).write_bytes(content)
        assert texts(transcript(client, episode))[0] == "Something else"


def test_a_job_that_is_not_done_has_no_transcript(counter: Counter) -> None:
    with counter.serving() as client:
        client.get("/health")
        counter.worker.holding = True
        name = client.post("/v1/jobs", files={"file": ("a.wav", b"2 a")}).json()["id"]
        assert client.get(f"/episodes/{name}/transcript").status_code == 409
        assert client.get("/episodes/nothing/transcript").status_code == 404


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
WANTED = st.builds(Line, st.sampled_from(["a", "b c", "Ala"]), st.sampled_from([None, "Anna"]))
NAMES = st.text(max_size=200)
EDITS = st.fixed_dictionaries(
    {
        "revision": st.none(),
        "edits": st.lists(
            st.fixed_dictionaries(
                {
                    "first": st.integers(-2, 40) | st.integers(),
                    "end": st.integers(-2, 40) | st.integers(),
                    "lines": st.lists(
                        st.fixed_dictionaries(
                            {"text": st.text(max_size=30), "speaker": st.none() | st.text()}
                        ),
                        max_size=4,
                    ),
                    "seen": st.lists(st.text(max_size=5), max_size=3),
                }
            ),
            max_size=3,
        ),
    }
)


def test_hostile_bodies_are_refused_in_words(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)

        @settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
        @given(
            st.sampled_from(["edits", "speakers", "approvals", "decisions", "heard"]),
            BODIES | EDITS,
            st.booleans(),
        )
        def fuzz(name: str, body: Any, real: bool) -> None:
            if real and isinstance(body, dict):
                body = body | {"revision": transcript(client, episode)["revision"]}
            try:
                content = json.dumps(body, ensure_ascii=False).encode()
            except UnicodeEncodeError:
                content = json.dumps(body).encode()
            answer = client.post(f"{episode}/{name}", content=content)
            assert answer.status_code in (200, 400, 409), answer.text
            if answer.status_code != 200:
                assert answer.json()["error"]["message"]
            after = transcript(client, episode)  # it is whole
            assert [word for line in after["lines"] for word in line["words"]] or not after["lines"]

        fuzz()
        for content in (b"", b"{", b"[" * 5000, b"\xff\xfe", b'{"revision": "\\ud800"}'):
            assert client.post(f"{episode}/edits", content=content).status_code == 400
        assert client.post(f"{episode}/edits", content=b" " * (17 * 1024 * 1024)).status_code == 413
        assert known["revision"]


@pytest.mark.parametrize("line", ["a\nb", "\u2028x", "a\x00b"])
def test_a_line_is_one_line_whatever_is_sent(counter: Counter, line: str) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        answer = send(client, episode, known, edit_of(known["lines"][0], line))
        assert answer.status_code == 200
        assert "\n" not in texts(transcript(client, episode))[0]


@settings(deadline=None, max_examples=100)
@given(transcripts(), st.data())
def test_lines_after_an_edit_are_those_of_the_whole_transcript(said: Transcript, data: st.DataObject) -> None:
    opened = Opened(Path("x.json"), example_episode(), NO_CORRECTIONS, lay(said, NO_CORRECTIONS))
    sheet = Sheet(replace(opened, episode=replace(opened.episode, transcript=said)))
    for _ in range(4):
        if not sheet.lines:
            return
        number = data.draw(st.integers(0, len(sheet.lines) - 1))
        line = sheet.lines[number]
        words = range(line.first, line.end)
        wanted = data.draw(
            st.lists(
                st.builds(Line, st.sampled_from(["a", "b c", "Ala"]), st.sampled_from([None, "Anna"])),
                max_size=2,
            )
        )
        row, current = sheet.opened.layer.row, sheet.opened.corrections
        try:
            records = edited_within(row, words, wanted)
        except TooManyLinesError:
            continue
        seen = [each.id for each in current.records]
        change = changed_within(sheet.opened.layer, current, records, seen, [words])
        after = sheet.changed(sheet.opened.corrected_by(change.corrections), [words])
        assert after.opened.layer.placed == lay(said, change.corrections).placed
        assert after.lines == Sheet(after.opened).lines
        sheet = after


def test_the_library_lists_no_approval_of_what_was_renamed_since(counter: Counter) -> None:
    with counter.serving() as client:
        episode = finished(client)
        known = transcript(client, episode)
        decide_all(client, episode)
        body = {"revision": known["revision"], "who": "Ala", "reason": "Heard"}
        assert client.post(f"{episode}/approvals", json=body).status_code == 200
        assert episode in client.get("/library?state=approved").text
        renamed = {"revision": known["revision"], "names": {known["speakers"][0]: "Zoë"}}
        assert client.post(f"{episode}/speakers", json=renamed).status_code == 200
        assert episode not in client.get("/library?state=approved").text
        assert not transcript(client, episode)["approval"]["holds"]


def test_what_a_kill_has_left_beside_a_transcript_is_removed_when_the_server_starts(counter: Counter) -> None:
    with counter.serving() as client:
        folder = sidecar(counter, finished(client)).parent
    killed = """if True:
        import os, pathlib, signal, sys
        from transcribe.core.files import atomic_file

        with atomic_file(pathlib.Path(sys.argv[1])) as handle:
            os.kill(os.getpid(), signal.SIGKILL)"""
    for each in (counter.folder, folder):
        subprocess.run([sys.executable, "-c", killed, each / "approvals.json"], check=False)
    assert len([*counter.folder.rglob(".transcribe-*")]) == 2
    with counter.serving():
        assert [*counter.folder.rglob(".transcribe-*")] == []
