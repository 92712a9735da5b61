"""Files appear whole or not at all, and never over somebody else's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from transcribe.core.episode import Coverage, Episode, ModelIdentity, Provenance, Transcript
from transcribe.core.errors import OutputError
from transcribe.core.files import Content
from transcribe.core.recording import Audio, AudioStream, Source, SpeechSpans
from transcribe.core.workspace import Workspace
from transcribe.jobs.publish.outputs import (
    Published,
    Target,
    check_targets,
    publish,
    published_for,
    target_path,
)

EPISODE = Episode(
    Source("ep.wav", "ep.wav", "00", 1, "wav", 1000, (AudioStream(0, "pcm_s16le", 16000, 1),), 0),
    Audio("audio.f32", 16000, 0, None, 0.0),
    SpeechSpans(()),
    Transcript(None, ()),
    Coverage(0, 0, 0, 0, ()),
    Provenance("transcribe 0", "engine 0", ModelIdentity("m", "00"), ()),
)


def render(episode: Episode, name: str) -> bytes:
    return f"{episode.source.name} as {name}\n".encode()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "work", "recording/job") as opened:
        yield opened


@pytest.fixture
def targets(tmp_path: Path) -> list[Target]:
    return [Target(name, tmp_path / "out" / f"ep.{name}") for name in ("txt", "srt")]


def test_every_target_is_written_and_nothing_else(workspace: Workspace, targets: list[Target]) -> None:
    publish(EPISODE, targets, render, workspace, force=False)
    folder = targets[0].path.parent
    assert sorted(path.name for path in folder.iterdir()) == ["ep.srt", "ep.txt"]
    assert targets[0].path.read_text() == "ep.wav as txt\n"


def test_what_an_earlier_version_published_is_replaced_unless_somebody_changed_it(
    tmp_path: Path, targets: list[Target]
) -> None:
    root = tmp_path / "work"
    with Workspace(root, f"{'1' * 32}/job") as first:
        publish(EPISODE, targets, render, first, force=False)
    earlier = published_for("1" * 64, root)
    assert {each.path for each in earlier} == {str(target.path) for target in targets}
    assert published_for("2" * 64, root) == published_for("", root) == []
    with Workspace(root, f"{'2' * 32}/job") as second:
        with pytest.raises(OutputError):
            check_targets(targets, second, force=False)
        check_targets(targets, second, force=False, ours=earlier)
        targets[0].path.write_text("edited by hand")
        with pytest.raises(OutputError, match="was changed since"):
            publish(EPISODE, targets, render, second, force=False, ours=earlier)
        with pytest.raises(OutputError):
            check_targets(targets, second, force=False, ours=[Published(str(targets[0].path), "00")])


def test_where_there_is_nothing_to_say_there_is_no_file(workspace: Workspace, targets: list[Target]) -> None:
    def only_txt(episode: Episode, name: str) -> bytes | None:
        return b"said" if name == "txt" else None

    assert publish(EPISODE, targets, only_txt, workspace, force=False) == (targets[0].path,)
    assert not targets[1].path.exists()
    assert publish(EPISODE, targets, render, workspace, force=False) == (targets[0].path, targets[1].path)
    publish(EPISODE, targets, only_txt, workspace, force=False)
    assert not targets[1].path.exists()
    targets[1].path.write_text("somebody's notes")
    with pytest.raises(OutputError):
        publish(EPISODE, targets, only_txt, workspace, force=False)
    assert targets[1].path.read_text() == "somebody's notes"


def test_the_same_job_may_publish_again(workspace: Workspace, targets: list[Target]) -> None:
    publish(EPISODE, targets, render, workspace, force=False)
    publish(EPISODE, targets, lambda e, name: b"new layout", workspace, force=False)
    assert targets[0].path.read_bytes() == b"new layout"


def test_a_file_of_another_job_is_kept(workspace: Workspace, targets: list[Target]) -> None:
    targets[1].path.parent.mkdir()
    targets[1].path.write_text("somebody's work")
    with pytest.raises(OutputError, match=r"ep\.srt exists .* --force"):
        check_targets(targets, workspace, force=False)
    with pytest.raises(OutputError):
        publish(EPISODE, targets, render, workspace, force=False)
    assert [path.name for path in targets[0].path.parent.iterdir()] == ["ep.srt"]
    assert targets[1].path.read_text() == "somebody's work"
    publish(EPISODE, targets, render, workspace, force=True)
    assert targets[1].path.read_text() == "ep.wav as srt\n"


def test_a_transcript_corrected_by_hand_is_kept(workspace: Workspace, targets: list[Target]) -> None:
    publish(EPISODE, targets, render, workspace, force=False)
    targets[0].path.write_text("corrected by hand")
    with pytest.raises(OutputError, match="changed since"):
        publish(EPISODE, targets, render, workspace, force=False)
    assert targets[0].path.read_text() == "corrected by hand"


def test_when_one_cannot_be_written_none_is(workspace: Workspace, targets: list[Target]) -> None:
    publish(EPISODE, targets[:1], render, workspace, force=False)
    before = targets[0].path.read_bytes()

    def full_disk(episode: Episode, name: str) -> bytes:
        if name == "srt":
            raise OutputError("the disk is full")
        return b"changed"

    with pytest.raises(OutputError, match="disk is full"):
        publish(EPISODE, targets, full_disk, workspace, force=False)
    assert targets[0].path.read_bytes() == before
    assert [path.name for path in targets[0].path.parent.iterdir()] == ["ep.txt"]


def test_a_folder_that_is_a_file(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="taken"):
        check_targets([Target("txt", tmp_path / "taken" / "ep.txt")], workspace, force=False)


@pytest.mark.parametrize("stem", ["a" * 251, "ż" * 125, "🎙" * 62])
def test_a_name_too_long_for_the_file_system_is_cut_between_characters(tmp_path: Path, stem: str) -> None:
    path = target_path(tmp_path, stem + ".mp3", ".json")
    assert len(os.fsencode(path.name)) <= 255
    path.write_text("the file system takes it")
    assert "\N{REPLACEMENT CHARACTER}" not in path.name
    assert target_path(tmp_path, stem[:-1] + "x.mp3", ".json") != path


def test_a_name_that_fits_is_left_alone(tmp_path: Path) -> None:
    assert target_path(tmp_path, "Zażółć gęślą.part.mp3", ".srt") == tmp_path / "Zażółć gęślą.part.srt"


def test_a_kill_between_two_names_leaves_nothing_in_the_way(
    workspace: Workspace, targets: list[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(EPISODE, targets, render, workspace, force=False)

    replace = Path.replace
    published: list[Path] = []

    def killed_at_the_second(self: Path, target: Path) -> Path:
        if target.parent == targets[0].path.parent:
            if published:
                raise KeyboardInterrupt
            published.append(target)
        return replace(self, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", killed_at_the_second)
        publish(EPISODE, targets, lambda e, name: b"new layout", workspace, force=False)
    publish(EPISODE, targets, lambda e, name: b"new layout", workspace, force=False)
    assert {target.path.read_bytes() for target in targets} == {b"new layout"}


def test_what_writes_a_file_is_given_a_name_and_the_file_is_ours_afterwards(
    workspace: Workspace, targets: list[Target]
) -> None:
    def content(episode: Episode, name: str) -> Content:
        return partial(_write_large, name)

    publish(EPISODE, targets, content, workspace, force=False)
    assert targets[1].path.read_text() == "srt" * 1000
    publish(EPISODE, targets, content, workspace, force=False)
    targets[1].path.write_text("changed")
    with pytest.raises(OutputError, match="changed since"):
        publish(EPISODE, targets, content, workspace, force=False)


def test_when_writing_fails_halfway_nothing_is_left(workspace: Workspace, targets: list[Target]) -> None:
    def content(episode: Episode, name: str) -> Content:
        return partial(_write_large, name) if name == "txt" else _write_half

    with pytest.raises(OutputError):
        publish(EPISODE, targets, content, workspace, force=False)
    assert not list(targets[0].path.parent.iterdir())


def test_one_job_can_publish_more_than_once(workspace: Workspace, targets: list[Target]) -> None:
    first, second = targets
    for target in (first, second, first):
        publish(EPISODE, [target], render, workspace, force=False)
    assert first.path.exists()
    assert second.path.exists()


def _write_large(name: str, path: Path) -> None:
    path.write_text(name * 1000)


def _write_half(path: Path) -> None:
    path.write_text("half")
    raise OSError(28, "No space left on device")
