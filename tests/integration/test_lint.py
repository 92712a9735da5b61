"""`transcribe lint` in a process: what scripts see, and what hostile files do not do."""

from __future__ import annotations

import json

from desk import Desk

GOOD = "1\n00:00:01,000 --> 00:00:03,000\nGood morning.\n"


def test_scripts_tell_clean_from_broken_and_unreadable(desk: Desk) -> None:
    (desk.folder / "good.srt").write_text(GOOD, "utf-8")
    (desk.folder / "bad.srt").write_text(GOOD.replace("03,000", "00,500"), "utf-8")
    clean = desk.run("lint", "good.srt")
    assert (clean.code, clean.stdout.decode()) == (0, "1 file: 0 errors, 0 warnings, 0 notes\n")
    broken = desk.run("lint", "--json", "good.srt", "none.srt", "bad.srt")
    assert broken.code == 12
    assert [len(each["findings"]) for each in json.loads(broken.stdout)["files"]] == [0, 1, 1]
    assert "2 of 3 files have errors" in broken.error()
    assert desk.run("lint", "none.srt", "good.srt").code == 3
    assert desk.run("lint").code == 2


def test_a_bomb_is_refused(desk: Desk) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    (desk.folder / "a.xml").write_text(f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><rss>&e11;</rss>', "utf-8")
    (desk.folder / "a.json").write_text("[" * 1_000_000, "utf-8")
    outcome = desk.run("lint", "a.xml", "a.json")
    assert outcome.code == 12
    assert [line.split()[2] for line in outcome.stdout.decode().splitlines()[:2]] == ["xml-dtd", "json-depth"]
