"""Names of speakers and of results, told from names of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.core.errors import InputError, UsageError
from transcribe.pipeline.tracks.names import (
    find_track,
    found_tracks,
    is_mix,
    speakers_of,
    title_of,
    tracks_in,
    values_of,
)


@pytest.mark.parametrize(
    ("names", "speakers"),
    [
        (["host.wav", "guest.wav"], ["Host", "Guest"]),
        (["ep12-host.wav", "ep12-guest.wav"], ["Host", "Guest"]),
        (["1-ala.flac", "2-marek_0.flac"], ["Ala", "Marek"]),
        (
            ["audioAlaKowalska12345678901.m4a", "audioŁukaszŻak22345678901.m4a"],
            ["Ala Kowalska", "Łukasz Żak"],
        ),
        (["riverside_ala_rozmowa.wav", "riverside_marek_rozmowa.wav"], ["Ala", "Marek"]),
        (["ala-2024-05-01-cfr-audio.wav", "marek-2024-05-01-cfr-audio.wav"], ["Ala", "Marek"]),
        (["Audio Track-2.wav", "Audio Track-3.wav"], ["Audio Track-2", "Audio Track-3"]),
        (["a/rec.wav", "b/rec.wav"], ["Rec 1", "Rec 2"]),
        (["音声 太郎.wav", "音声 花子.wav"], ["太郎", "花子"]),
    ],
)
def test_speakers_are_called_as_their_files_are(names: list[str], speakers: list[str]) -> None:
    assert speakers_of(names) == speakers


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (["host.wav", "guest.wav"], "host+guest"),
        (["ep12-host.wav", "ep12-guest.wav"], "ep12"),
        (["Rozmowa 7 (Ala).wav", "Rozmowa 7 (Marek).wav"], "Rozmowa 7"),
        (["a.wav", "b.wav", "c.wav", "d.wav"], "a+3"),
    ],
)
def test_results_are_called_as_all_tracks_are(names: list[str], title: str) -> None:
    assert title_of([Path(name) for name in names]) == title


@pytest.mark.parametrize("name", ["mix.wav", "Rozmowa-mixdown.mp3", "show_master.wav", "composed_audio.wav"])
def test_a_mix_is_known_by_its_name(name: str) -> None:
    assert is_mix(name)


@pytest.mark.parametrize("name", ["Dominix.wav", "Masterton.wav", "audio_only.m4a", "host.wav"])
def test_a_name_that_only_looks_like_it_is_none(name: str) -> None:
    assert not is_mix(name)


def folder(place: Path, *names: str) -> Path:
    for name in names:
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"sound")
    return place


def test_a_zoom_meeting_is_its_folder_of_tracks(tmp_path: Path) -> None:
    meeting = folder(
        tmp_path / "2024-05-01 10.00.00 Rozmowa",
        "audio_only.m4a",
        "video1234567890.mp4",
        "chat.txt",
        "Audio Record/audioAla11234567890.m4a",
        "Audio Record/audioMarek21234567890.m4a",
    )
    found = found_tracks([meeting])
    assert [path.name for path in found.tracks] == ["audioAla11234567890.m4a", "audioMarek21234567890.m4a"]
    assert found.results == meeting / "2024-05-01 10.00.00 Rozmowa"


def test_a_mix_among_tracks_is_left_out_with_a_reason(tmp_path: Path) -> None:
    place = folder(tmp_path / "ep", "host.wav", "guest.wav", "ep-mixdown.wav", "notes.txt", ".hidden.wav")
    found = found_tracks([place])
    assert [path.name for path in found.tracks] == ["guest.wav", "host.wav"]
    assert found.warnings == ("ep-mixdown.wav is left out: it is a mix of the others, by its name",)


def test_two_files_are_tracks_whatever_they_are_called(tmp_path: Path) -> None:
    place = folder(tmp_path / "ep", "final.wav", "master.wav")
    assert len(tracks_in(place)[0]) == 2


def test_what_is_no_conversation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no recording, and a conversation"):
        found_tracks([folder(tmp_path / "empty", "notes.txt")])
    with pytest.raises(InputError, match="too many"):
        found_tracks([folder(tmp_path / "season", *(f"{number}.mp3" for number in range(40)))])
    with pytest.raises(UsageError, match="named twice"):
        found_tracks([tmp_path / "host.wav", tmp_path / "x" / ".." / "host.wav"])


def test_a_track_is_named_in_one_way_for_files_and_channels() -> None:
    files, speakers = ["Host.wav", "guest.wav"], ["Host", "Guest"]
    assert [find_track(key, files, speakers) for key in ("host.wav", "GUEST", "ch2", "a/host.wav")] == [
        0,
        1,
        1,
        0,
    ]
    channels = ["talk.m4a", "talk.m4a"]
    assert [find_track(key, channels, ["Channel 1", "Channel 2"]) for key in ("ch1", "channel 2", "ch3")] == [
        0,
        1,
        None,
    ]
    assert find_track("talk.m4a", channels, ["Channel 1", "Channel 2"]) is None


def test_values_stand_behind_the_last_equals_sign() -> None:
    assert values_of(["ch1=Ala", "a=b.wav=Marek "], "--speaker", "NAME") == [
        ("ch1", "Ala"),
        ("a=b.wav", "Marek"),
    ]
    for wrong in ("Ala", "=Ala", "ch1="):
        with pytest.raises(UsageError, match="--speaker takes TRACK=NAME"):
            values_of([wrong], "--speaker", "NAME")


def test_a_link_to_itself_is_a_track_that_cannot_be_read(tmp_path: Path) -> None:
    loop, other = tmp_path / "loop.wav", tmp_path / "b.wav"
    loop.symlink_to(loop)
    other.touch()
    assert found_tracks([loop, other]).tracks == (loop, other)
