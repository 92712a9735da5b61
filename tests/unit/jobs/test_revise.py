"""A renamed document, the files beside it, and the job that made them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from transcribe.core.episode import Episode
from transcribe.core.errors import OutputError
from transcribe.core.places import work_root
from transcribe.core.settings import Settings
from transcribe.core.workspace import Workspace
from transcribe.formats.document import read_document
from transcribe.formats.example import example_episode
from transcribe.formats.known import FORMATS
from transcribe.jobs.publish.content import content_of, suffix_of
from transcribe.jobs.publish.outputs import Target, publish, target_path
from transcribe.jobs.revise import rename_speakers
from transcribe.pipeline.speakers.names import named_since, renamed

KEY = f"{'0' * 32}/{'1' * 32}"
DEFAULTS = Settings()


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()


Run = Callable[..., dict[str, Path]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Publish an episode as a run does, with the names it has been given since; the files by format."""

    def publish_it(
        episode: Episode | None = None,
        settings: Settings = DEFAULTS,
        formats: tuple[str, ...] = ("txt", "srt", "vtt", "notes", "chapters", "json"),
        *,
        force: bool = False,
    ) -> dict[str, Path]:
        episode = episode or example_episode()
        paths = {
            name: target_path(tmp_path / "out", episode.source.name, suffix_of(name, settings))
            for name in formats
        }
        targets = [Target(name, path) for name, path in paths.items()]
        with Workspace(work_root(), KEY) as work:
            now = named_since(work, episode)
            publish(now, targets, partial(content_of, settings), work, force=force)
        return paths

    return publish_it


def contents(paths: dict[str, Path]) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in paths.items()}


def made_of(
    episode: Episode, paths: dict[str, Path], settings: Settings = DEFAULTS
) -> dict[str, bytes | None]:
    return {name: content_of(settings, episode, name) for name in paths}


@pytest.mark.parametrize(
    "names", [{"Anna": "Ala"}, {"Anna": "Ben", "Ben": "Anna"}, {"Anna": "Ala", "Ben": "Ala"}]
)
def test_every_format_is_what_the_renamed_document_makes_of_itself(run: Run, names: dict[str, str]) -> None:
    paths = run(formats=tuple(FORMATS))
    before = contents(paths)
    done = rename_speakers(paths["json"], names, DEFAULTS)
    assert contents(paths) == made_of(renamed(example_episode(), names), paths)
    assert list(done.changed)[-1] == paths["json"]
    changed = {path for name, path in paths.items() if path.read_bytes() != before[name]}
    assert set(done.changed) == changed
    assert paths["chapters"] not in changed  # which names nobody


def test_an_edited_file_is_refused_and_nothing_is_changed(run: Run) -> None:
    paths = run()
    paths["vtt"].write_text("mine")
    before = contents(paths)
    with pytest.raises(OutputError, match=r"lighthouses\.vtt\..*--force.*--keep-edited"):
        rename_speakers(paths["json"], {"Anna": "Ala"}, DEFAULTS)
    assert contents(paths) == before


def test_an_edited_file_is_replaced_by_force(run: Run) -> None:
    paths = run()
    paths["vtt"].write_text("mine")
    rename_speakers(paths["json"], {"Anna": "Ala"}, Settings.of(force=True))
    assert contents(paths) == made_of(renamed(example_episode(), {"Anna": "Ala"}), paths)


def test_an_edited_file_can_be_kept(run: Run) -> None:
    paths = run()
    paths["vtt"].write_text("mine")
    done = rename_speakers(paths["json"], {"Anna": "Ala"}, DEFAULTS, keep_edited=True)
    assert done.edited == (paths["vtt"],)
    assert paths["vtt"].read_text() == "mine"
    assert paths["txt"].read_text().startswith("Ala: ")


def test_files_made_with_other_options_need_those_options(run: Run) -> None:
    narrow = Settings.of(max_line_chars=30)
    paths = run(settings=narrow)
    with pytest.raises(OutputError, match=r"made with other options: .*\.srt, .*\.vtt"):
        rename_speakers(paths["json"], {"Anna": "Ala"}, DEFAULTS)
    rename_speakers(paths["json"], {"Anna": "Ala"}, narrow)
    assert contents(paths) == made_of(renamed(example_episode(), {"Anna": "Ala"}), paths, narrow)


def test_what_one_s_own_template_made_is_renamed_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "who.md.j2").write_text("{{ paragraphs[0].speaker }}")
    settings = Settings.of(template=tmp_path / "who.md.j2")
    paths = run(settings=settings, formats=("json", "template"))
    rename_speakers(paths["json"], {"Anna": "Ala"}, settings)
    assert paths["template"].read_text() == "Ala"


def test_a_later_run_of_the_same_job_keeps_the_names(run: Run) -> None:
    paths = run()
    rename_speakers(paths["json"], {"Anna": "Ala"}, DEFAULTS)
    rename_speakers(paths["json"], {"Ala": "Ola", "Ben": "Ala"}, DEFAULTS)
    after = contents(paths)
    more = run(formats=("txt", "srt", "vtt", "notes", "chapters", "json", "csv"))
    assert contents(paths) == after
    assert b"Ola," in more["csv"].read_bytes()
    rename_speakers(paths["json"], {"Ola": "Anna", "Ala": "Ben"}, DEFAULTS)
    assert contents(run()) == made_of(example_episode(), paths)


def test_names_that_are_swapped_and_swapped_again_are_the_old_ones(run: Run) -> None:
    paths = run()
    for _ in range(2):
        rename_speakers(paths["json"], {"Anna": "Ben", "Ben": "Anna"}, DEFAULTS)
    assert contents(run()) == made_of(example_episode(), paths)


def test_the_name_that_was_given_last_is_kept_where_a_job_wrote_into_two_folders(
    run: Run, tmp_path: Path
) -> None:
    there = run(formats=("txt", "json"))
    for path in there.values():
        path.rename(tmp_path / path.name)
    here = run(formats=("txt", "json"))
    rename_speakers(here["json"], {"Anna": "Ala", "Ben": "Bo"}, DEFAULTS)
    for path in there.values():
        (tmp_path / path.name).replace(path)
    rename_speakers(there["json"], {"Anna": "Ola"}, DEFAULTS)
    assert b"Ola: " in there["txt"].read_bytes()
    again = run(formats=("txt", "json"))
    assert contents(again) == made_of(renamed(example_episode(), {"Anna": "Ola", "Ben": "Bo"}), again)


def test_two_who_became_one_stay_one(run: Run) -> None:
    paths = run()
    rename_speakers(paths["json"], {"Ben": "Anna"}, DEFAULTS)
    rename_speakers(paths["json"], {"Anna": "Ala"}, DEFAULTS)
    run()
    assert {segment.speaker for segment in read_document(paths["json"].read_bytes()).transcript.segments} == {
        "Ala"
    }


def test_a_job_that_did_not_write_the_files_refuses_them(run: Run, tmp_path: Path) -> None:
    paths = run()
    (tmp_path / "work").rename(tmp_path / "gone")
    rename_speakers(paths["json"], {"Anna": "Ala"}, DEFAULTS)
    with pytest.raises(OutputError, match="was not written by this job"):
        run()


def test_while_a_run_works_on_it_nothing_is_renamed(run: Run) -> None:
    paths = run()
    before = contents(paths)
    with (
        Workspace(work_root(), KEY),
        pytest.raises(OutputError, match="being written by another run"),
    ):
        rename_speakers(paths["json"], {"Anna": "Ala"}, DEFAULTS)
    assert contents(paths) == before


def test_a_renaming_that_was_stopped_half_way_can_be_done_again(run: Run) -> None:
    paths = run()
    new = renamed(example_episode(), {"Anna": "Ala"})
    paths["txt"].write_bytes(content_of(DEFAULTS, new, "txt") or b"")
    rename_speakers(paths["json"], {"Anna": "Ala"}, DEFAULTS)
    assert contents(paths) == made_of(new, paths)


def test_a_file_that_cannot_be_replaced_leaves_all_as_they_were(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = run()
    before, replace_file = contents(paths), Path.replace

    def refuse(path: Path, target: Path) -> Path:
        if target == paths["json"]:
            raise PermissionError(13, "Permission denied")
        return replace_file(path, target)

    with (
        monkeypatch.context() as patched,
        pytest.raises(OutputError, match=r"lighthouses\.json failed: Permission denied"),
    ):
        patched.setattr(Path, "replace", refuse)
        rename_speakers(paths["json"], {"Anna": "Ala"}, DEFAULTS)
    assert contents(paths) == before
    assert {path.name for path in paths["json"].parent.iterdir()} == {path.name for path in paths.values()}
    run()
    assert contents(paths) == before


def test_files_of_a_very_long_name_are_found(run: Run) -> None:
    said = example_episode()
    said = replace(said, source=replace(said.source, name="ż" * 127 + ".mp3"))
    paths = run(said, formats=("txt", "html", "json"))
    rename_speakers(paths["json"], {"Anna": "Ala"}, DEFAULTS)
    assert all("Ala" in path.read_text(encoding="utf-8") for path in paths.values())


def test_notes_without_notes_in_the_document_are_not_ours(run: Run) -> None:
    paths = run(replace(example_episode(), notes=None), formats=("txt", "json"))
    stray = paths["txt"].with_name("lighthouses.notes.md")
    stray.write_text("mine")
    with pytest.raises(OutputError, match=r"lighthouses\.notes\.md"):
        rename_speakers(paths["json"], {"Anna": "Ala"}, DEFAULTS)
    rename_speakers(paths["json"], {"Anna": "Ala"}, Settings.of(force=True))
    assert stray.read_text() == "mine"
    assert paths["txt"].read_text().startswith("Ala: ")
