"""A closer look at real files, with the real ffmpeg."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from transcribe.core.reading import open_regular
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.watch.endings import Ending
from transcribe.watch.looking import Held, Look, Looker, Sound, held

MakeMedia = Callable[..., Path]
SINE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=3")
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has leases")


@pytest.fixture
def looker(ffmpeg: Ffmpeg) -> Looker:
    return Looker(ffmpeg, ffmpeg)


def leases_work(path: Path) -> bool:
    with path.open("rb") as file:
        return held(file) is Held.CLOSED


def test_a_whole_file(looker: Looker, make_media: MakeMedia) -> None:
    look = looker.look(make_media("a.wav", *SINE))
    assert (look.ending, look.sound) == (Ending.COMPLETE, Sound("wav", 3000, 1))


def test_a_file_whose_header_promises_more_than_there_is(looker: Looker, make_media: MakeMedia) -> None:
    path = make_media("a.flac", *SINE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    assert looker.look(path).ending is Ending.UNFINISHED  # its structure alone does not tell


def test_an_unfinished_one_is_not_shown_to_ffmpeg(make_media: MakeMedia) -> None:
    class Never:
        def probe(self, path: Path) -> None:
            raise AssertionError

        decode = probe

    path = make_media("a.wav", *SINE)
    path.write_bytes(path.read_bytes()[:-100])
    look = Looker(Never(), Never()).look(path)  # type: ignore[arg-type]
    assert (look.ending, look.sound) == (Ending.UNFINISHED, None)


def test_what_ffmpeg_cannot_read_may_be_complete_for_all_we_know(looker: Looker, tmp_path: Path) -> None:
    path = tmp_path / "noise.wav"
    path.write_bytes(b"no sound" * 1000)
    look = looker.look(path)
    assert (look.ending, look.sound) == (Ending.UNSURE, None)


@linux
def test_a_file_that_somebody_writes_is_held(looker: Looker, make_media: MakeMedia) -> None:
    path = make_media("a.wav", *SINE)
    if not leases_work(path):
        pytest.skip("this file system grants no leases; set TMPDIR to a folder on another one")
    with path.open("ab"):
        assert looker.look(path) == Look(Ending.COMPLETE, Held.OPEN)
    assert looker.look(path).held is Held.CLOSED
    with path.open("rb"):  # whoever reads it is in nobody's way
        assert looker.look(path).held is Held.CLOSED


def test_on_network_mounts_no_lease_is_asked_for(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    path = make_media("a.wav", *SINE)
    with path.open("ab"):
        assert Looker(ffmpeg, ffmpeg, leases=False).look(path).held is Held.UNKNOWN


@linux
def test_the_lease_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"1")
    with open_regular(path, follow=False) as file:
        held(file)
        number = os.open(path, os.O_WRONLY | os.O_NONBLOCK)  # would fail with EAGAIN
        os.close(number)


def test_links_pipes_and_folders_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"1")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "."):
        with pytest.raises(OSError):
            open_regular(tmp_path / name, follow=False)
