"""`transcribe eval` on recordings: they are transcribed with the settings in force, then compared."""

from __future__ import annotations

import json

from desk import Desk

SAID = "It was the best of times, it was the worst of times. It was the age of wisdom."


def test_the_recording_beside_a_reference_is_transcribed_and_compared(used_desk: Desk) -> None:
    (used_desk.folder / "clip.txt").write_text(SAID, "utf-8")
    before = used_desk.files()
    outcome = used_desk.transcribe("eval", "clip.txt", "--json", "--max-wer", "50")
    (found,) = json.loads(outcome.stdout)["files"]
    assert (found["transcript"], found["language"], found["words"]["count"]) == ("clip.wav", "en", 18)
    assert used_desk.files() == before


def test_a_recording_that_fails_stops_no_other_and_is_no_success(used_desk: Desk) -> None:
    (used_desk.folder / "broken.wav").write_bytes(b"no audio")
    for name in ("clip.txt", "broken.txt"):
        (used_desk.folder / name).write_text(SAID, "utf-8")
    outcome = used_desk.run("eval", "broken.txt", "clip.txt", "--model", "tiny.en", "--max-wer", "100")
    assert outcome.code == 10
    table = [line.split()[:3] for line in outcome.stdout.decode().splitlines()]
    assert table[1:4] == [["broken.txt", "failed"], ["clip.txt", "en", "18"], ["total", "18", "0.00"]]
    assert "1 of 2 recordings could not be transcribed" in outcome.error()
