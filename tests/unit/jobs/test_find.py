"""Which recordings are meant, and where their results belong."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest

from transcribe.core.errors import InputError, UsageError
from transcribe.core.files import make_folder
from transcribe.jobs.find import LeftOut, find_recordings, folder_of, looks_like_recording
from transcribe.watch.facts import scan


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def found(*named: str, **how: object) -> list[tuple[str, str]]:
    recordings = find_recordings(named, **how).recordings  # type: ignore[arg-type]
    return [(each.path.as_posix(), each.place.as_posix()) for each in recordings]


@pytest.mark.parametrize("name", ["talk.mp3", "Zażółć.WAV", "a.b.m4a", "take.mkv", "it's 50%.opus"])
def test_recordings_are_known_by_their_endings(name: str) -> None:
    assert looks_like_recording(name)


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "code.ts",
        ".hidden.mp3",
        "._talk.mp3",
        "talk.tmp.wav",
        "talk.mp3.part",
        "talk.part.mp3",
        "talk.chapters.mp3",
        "TALK.Chapters.M4A",
        "talk.soundbite-3.mp3",
        "mp3",
    ],
)
def test_what_is_no_recording(name: str) -> None:
    assert not looks_like_recording(name)


def test_a_folder_is_searched_to_its_depths_and_keeps_its_structure(here: Path) -> None:
    make(
        "in/b.mp3",
        "in/a.wav",
        "in/s1/łąka 1.flac",
        "in/.git/x.mp3",
        "in/readme.txt",
        "in/s1/x.soundbite-1.mp3",
    )
    assert found("in") == [("in/a.wav", "."), ("in/b.mp3", "."), ("in/s1/łąka 1.flac", "s1")]


def test_the_results_are_not_searched(here: Path) -> None:
    make("in/a.wav", "in/out/a.mp3")
    assert found("in", output=Path("in/out")) == [("in/a.wav", ".")]
    assert found("in/**/*", output=Path("in/out")) == [("in/a.wav", ".")]
    assert found("in", output=Path("in")) == [("in/a.wav", "."), ("in/out/a.mp3", "out")]


def test_links_to_folders_are_not_followed_and_links_to_files_are(here: Path) -> None:
    make("real/a.mp3", "in/x.txt")
    Path("in/loop").symlink_to("..")
    Path("in/link.mp3").symlink_to("../real/a.mp3")
    Path("in/dead.mp3").symlink_to("nowhere")
    os.mkfifo("in/pipe.wav")
    assert found("in") == [("in/link.mp3", ".")]
    assert found("in", "real") == [("in/link.mp3", ".")], "the same file once"


def test_a_named_file_is_always_taken(here: Path) -> None:
    make("a.chapters.mp3", "b.unknown")
    assert found("a.chapters.mp3", "b.unknown", "missing.mp3") == [
        ("a.chapters.mp3", "."),
        ("b.unknown", "."),
        ("missing.mp3", "."),
    ]


def test_patterns_in_quotes(here: Path) -> None:
    make("in/s1/a.mp3", "in/s2/b.mp3", "in/s2/c.txt", "in/s2/d.raw", "in/[draft].mp3")
    assert found("in/*/*") == [("in/s1/a.mp3", "s1"), ("in/s2/b.mp3", "s2")]
    assert found("in/**/*.mp3") == [("in/[draft].mp3", "."), ("in/s1/a.mp3", "s1"), ("in/s2/b.mp3", "s2")]
    assert found("in/s*") == [("in/s1/a.mp3", "s1"), ("in/s2/b.mp3", "s2")]
    assert found("in/s2/*.raw") == [("in/s2/d.raw", ".")]
    assert found("in/[draft].mp3") == [("in/[draft].mp3", ".")]
    with pytest.raises(InputError, match=r"nothing matches in/\*\.ogg"):
        found("in/*.ogg")


def test_what_is_excluded(here: Path) -> None:
    make("in/a.mp3", "in/a.wav", "in/old/b.mp3")
    assert found("in", exclude=["*.wav", "in/old/*"]) == [("in/a.mp3", ".")]


@pytest.fixture
def deep(here: Path) -> Iterator[Path]:
    """A folder so deep that neither pathlib nor pytest can remove it."""
    yield Path("in", *["d"] * 1500)
    subprocess.run(["rm", "-rf", str(here / "in"), str(here / "out")], check=True)


def test_folders_may_be_nested_deeply(here: Path, deep: Path) -> None:
    make_folder(deep)
    (deep / "a.mp3").touch()
    (each,) = find_recordings(["in"], output=Path("out")).recordings
    assert (each.path, len(each.place.parts)) == (deep / "a.mp3", 1500)
    (seen,) = scan(str(here / "in"))
    assert seen.name.endswith("d/a.mp3")
    make_folder(Path("out") / each.place)
    with pytest.raises(InputError, match="nested too deeply"):
        find_recordings(["in/**/*.mp3"])


def test_a_name_that_no_file_can_have_is_only_a_name(here: Path) -> None:
    assert find_recordings(["x" * 5000, "y" * 300 + ".txt"]).recordings[0].path == Path("x" * 5000)


def test_lists_keep_the_structure_below_them(here: Path) -> None:
    make("lists/s1/a.mp3", "elsewhere/b.mp3", "lists/s2/c.mp3")
    Path("lists/all.m3u").write_text("s1/a.mp3\n../elsewhere/b.mp3\ns2\nhttp://host.example/d.mp3\n")
    assert found("lists/all.m3u") == [
        ("lists/s1/a.mp3", "s1"),
        ("elsewhere/b.mp3", "."),
        ("lists/s2/c.mp3", "s2"),
    ]
    assert find_recordings(["lists/all.m3u"]).left_out == (
        LeftOut("http://host.example/d.mp3", "all.m3u, line 4: not on this machine"),
    )


def test_no_place_leads_out_of_the_results(here: Path) -> None:
    make("a.mp3")
    Path("in").mkdir()
    Path("in/list.txt").write_text("../a.mp3\nx/../../a.mp3\n/a/b/c.mp3\n")
    assert {each.place for each in find_recordings(["in/list.txt"]).recordings} == {PurePath()}


def test_what_is_not_on_this_machine_is_refused() -> None:
    with pytest.raises(UsageError, match="not on this machine"):
        found("https://host.example/a.mp3")
    with pytest.raises(UsageError, match="batch reads files"):
        found("-")


def test_the_folder_that_is_meant(here: Path) -> None:
    make("in/a.mp3")
    assert folder_of(["in"]) == Path("in")
    assert folder_of(["in/a.mp3", "x"]) == Path("in")
    assert folder_of(["in/*.mp3"]) == Path("in")
    assert folder_of(["*.mp3"]) == Path()
