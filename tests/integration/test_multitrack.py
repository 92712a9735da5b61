"""Several tracks as people give them: stopped half-way, silent, too many, none at all."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from desk import SAMPLE, Desk, shared_audio


@pytest.fixture
def talk(desk: Desk) -> tuple[str, str]:
    """Two tracks without common sound, 6 s each, at different rates."""
    desk.media("host.wav", "-i", str(SAMPLE), "-t", "6")
    desk.media("guest.flac", "-ss", "12.7", "-i", str(SAMPLE), "-t", "6", "-ar", "44100")
    return "host.wav", "guest.flac"


def document(desk: Desk, stem: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(desk.outputs(stem)["json"])
    return content


def test_one_transcript_with_both_names(desk: Desk, talk: tuple[str, str]) -> None:
    outcome = desk.transcribe("multitrack", *talk, "--speaker", "guest.flac=Ala", "--progress", "plain")
    assert "guest.flac (Ala): starts at 0.000 s, assumed, hears nobody else" in outcome.stderr
    segments = document(desk, "host+guest")["segments"]
    assert {each["speaker"] for each in segments} == {"Host", "Ala"}
    starts = [each["start_ms"] for each in segments]
    assert starts == sorted(starts)
    assert "Host: It was the best of times" in desk.text("host+guest")
    assert b"<v Ala>" in desk.outputs("host+guest")["vtt"]


def test_stopped_between_two_tracks_it_goes_on(desk: Desk, talk: tuple[str, str], tmp_path: Path) -> None:
    desk.transcribe("multitrack", *talk, "-o", tmp_path / "whole")
    shutil.rmtree(desk.work)

    def second_track(event: dict[str, Any]) -> bool:
        started.append(event)
        tracks = [each for each in started if each["event"] == "track_started"]
        return len(tracks) == 4  # both were listened to, the first is recognised

    started: list[dict[str, Any]] = []
    desk.stop(second_track, signal.SIGTERM, "multitrack", *talk, "-m", "tiny.en")
    outcome = desk.transcribe("multitrack", *talk, "--progress", "json")
    events = [json.loads(line) for line in outcome.stderr.splitlines()]
    stages = [each["stage"] for each in events if each["event"] == "stage_started"]
    assert "align" not in stages
    assert stages.count("recognise") == 1
    for name, content in desk.outputs("host+guest").items():
        assert content == (tmp_path / "whole" / f"host+guest.{name}").read_bytes()


def test_offsets_may_be_chosen(desk: Desk, talk: tuple[str, str]) -> None:
    desk.transcribe("multitrack", *talk, "--offset", "host.wav=60000", "--title", "rozmowa")
    tracks = document(desk, "rozmowa")["tracks"]
    assert [(each["offset_ms"], each["placed"]) for each in tracks] == [(60_000, "chosen"), (0, "assumed")]
    assert document(desk, "rozmowa")["source"]["name"] == "guest.flac"


def test_a_mix_is_written_and_played_by_the_page(desk: Desk, talk: tuple[str, str]) -> None:
    desk.transcribe("multitrack", *talk, "--mix", "-f", "page", "--offset", "guest.flac=2000")
    assert b'src="host%2Bguest.mix.m4a"' in (desk.folder / "host+guest.html").read_bytes()
    assert (desk.folder / "host+guest.mix.m4a").stat().st_size > 10_000


def test_every_channel_of_eight(desk: Desk) -> None:
    shutil.copy(shared_audio("eight-channel.m4a"), desk.folder)
    desk.transcribe("eight-channel.m4a", "--channels", "--speaker", "ch5=Tył")
    text = desk.text("eight-channel")
    assert "Channel 1: Front left" in text
    assert "Tył: Back left" in text
    assert len(document(desk, "eight-channel")["tracks"]) == 8


def test_a_silent_track_costs_nothing(desk: Desk, talk: tuple[str, str]) -> None:
    desk.media("silent.wav", "-f", "lavfi", "-i", "anullsrc=r=48000", "-t", "6")
    outcome = desk.transcribe("multitrack", talk[0], "silent.wav", "--progress", "plain")
    assert "silent.wav: no speech was found" in outcome.stderr
    assert document(desk, "host+silent")["segments"][0]["speaker"] == "Host"


def test_what_makes_no_sense_is_refused(desk: Desk, talk: tuple[str, str]) -> None:
    host, guest = talk
    shutil.copy(desk.folder / host, desk.folder / "copy.wav")
    (desk.folder / "notes.wav").write_text("no sound")
    small = ("-m", "tiny.en")
    assert "has one channel" in desk.refuses(3, host, "--channels", *small)
    assert "the same recording" in desk.refuses(3, "multitrack", host, "copy.wav", *small)
    assert "notes.wav is not a sound" in desk.refuses(3, "multitrack", host, "notes.wav", *small)
    assert "there is no file gone.wav" in desk.refuses(3, "multitrack", host, "gone.wav", *small)
    assert "--speakers auto" in desk.refuses(3, "multitrack", host, *small)
    assert "named twice" in desk.refuses(2, "multitrack", host, host, *small)
    assert "whole number" in desk.refuses(2, "multitrack", *talk, "--offset", f"{guest}=soon", *small)
    assert "cut one recording" in desk.refuses(2, "multitrack", *talk, "--to", "3", *small)
    same = ("--speaker", "ch1=Ala", "--speaker", "ch2=Ala")
    assert "two tracks have the speaker Ala" in desk.refuses(2, "multitrack", *talk, *same, *small)


def test_the_same_sound_on_both_channels_is_one_track(desk: Desk, talk: tuple[str, str]) -> None:
    desk.media("dual.wav", "-i", str(desk.folder / talk[0]), "-ac", "2")
    message = desk.refuses(3, "dual.wav", "--channels", "-m", "tiny.en")
    assert "channel 2 is no track of its own: it holds the same sound" in message
