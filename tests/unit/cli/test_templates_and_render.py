"""`transcribe templates` and `transcribe render`."""

from __future__ import annotations

import base64
import os
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from transcribe.cli.root import root
from transcribe.core.errors import InputError, OutputError, TranscribeError, UsageError
from transcribe.core.settings import SubtitleSettings
from transcribe.formats import document
from transcribe.formats.example import example_episode
from transcribe.formats.known import FORMATS, PACK, render
from transcribe.formats.page import EMBED_BYTES
from transcribe.formats.templates import template_names


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, list(arguments))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRANSCRIBE_CONFIG", str(tmp_path / "config" / "transcribe.toml"))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "transcribe.toml").write_text("")
    (tmp_path / "ep.json").write_bytes(document.write(example_episode(), SubtitleSettings()))
    return tmp_path


def test_a_copy_is_listed_and_used(here: Path) -> None:
    assert run("templates", "copy", "notes.md").output == "templates/notes.md.j2\n"
    listed = {line.split()[0]: line.split()[1] for line in run("templates", "list").output.splitlines()}
    assert list(listed) == template_names()
    assert {name for name, origin in listed.items() if origin == "project"} == {"notes.md.j2"}
    (here / "templates" / "notes.md.j2").write_text("My notes of {{ title | md }}\n")
    assert run("render", "ep.json", "-f", "notes").exit_code == 0
    assert (here / "ep.notes.md").read_text() == "My notes of A lamp that nobody tends\n"


def test_a_copy_replaces_nothing(here: Path) -> None:
    run("templates", "copy", "notes.md.j2", "x")
    error = run("templates", "copy", "notes.md.j2", "x").exception
    assert isinstance(error, OutputError)
    assert isinstance(run("templates", "copy", "nots.md.j2").exception, UsageError)


def test_the_packaged_templates_are_good() -> None:
    result = run("templates", "check")
    assert result.exit_code == 0, result.exception
    assert len(result.output.splitlines()) == len(template_names())


def test_check_names_file_and_line(here: Path) -> None:
    (here / "mine.j2").write_text("one\n{{ shwo.title }}\n")
    error = run("templates", "check", "mine.j2").exception
    assert isinstance(error, TranscribeError)
    assert "mine.j2, line 2 failed: 'shwo' is undefined" in str(error)


def test_render_writes_formats_and_the_template(here: Path) -> None:
    (here / "blog.html.j2").write_text("<p>{{ show.sponsor }} {{ notes.quotes[0].text }}</p>")
    result = run("render", "ep.json", "--template", "blog.html.j2", "-f", "srt", "-f", "page", "-o", "out")
    assert result.output.split() == ["out/ep.srt", "out/ep.html", "out/ep.blog.html"]
    assert (here / "out" / "ep.blog.html").read_text().startswith("<p>Supported by")


def test_a_template_alone_writes_its_file_only(here: Path) -> None:
    (here / "mine.j2").write_text("{{ title }}")
    assert run("render", "ep.json", "--template", "mine.j2").output == "ep.mine.txt\n"


def test_a_copy_of_the_page_works_as_a_template(here: Path) -> None:
    run("templates", "copy", "page.html.j2", ".")
    assert run("render", "ep.json", "--template", "page.html.j2").exit_code == 0
    assert b"Content-Security-Policy" in (here / "ep.page.html").read_bytes()


def test_render_replaces_only_when_forced(here: Path) -> None:
    (here / "ep.txt").write_text("mine")
    error = run("render", "ep.json", "-f", "txt").exception
    assert isinstance(error, OutputError)
    assert (here / "ep.txt").read_text() == "mine"
    assert run("render", "ep.json", "-f", "txt", "--force").exit_code == 0
    assert "lamp" in (here / "ep.txt").read_text()


def test_the_disclosure_can_be_worded_anew(here: Path) -> None:
    run("render", "ep.json", "-f", "notes-txt", "--disclosure", "Robots helped.")
    assert "\nRobots helped.\n" in (here / "ep.notes.txt").read_text()


def test_a_recording_is_embedded_if_it_is_small(here: Path) -> None:
    ask = ("render", "ep.json", "-f", "page", "--embed-audio", "--force")
    assert isinstance(run(*ask).exception, InputError)
    (here / "lighthouses.mp3").write_bytes(b"abc")
    assert run(*ask).exit_code == 0
    assert 'src="data:audio/mpeg;base64,YWJj"' in (here / "ep.html").read_text()
    with (here / "lighthouses.mp3").open("wb") as handle:
        handle.truncate(EMBED_BYTES + 1)
    error = run(*ask).exception
    assert isinstance(error, UsageError)
    assert "too large" in str(error)


@pytest.mark.parametrize("content", ["", "{}", "no json", '{"schema": "x", "version": 1}'])
def test_what_is_no_transcript_is_refused(here: Path, content: str) -> None:
    (here / "other.json").write_text(content)
    assert isinstance(run("render", "other.json").exception, InputError)
    assert isinstance(run("render", "gone.json").exception, InputError)


def test_render_takes_what_the_config_and_flags_say_about_the_show(here: Path) -> None:
    (here / "config" / "transcribe.toml").write_text(
        'sponsor = "Supported by the lamp shop"\nlinks = ["Lamps=https://example.org/lamps"]\n'
    )
    asked = ("--host", "Celia Żuk", "--episode-url", "https://example.org/13", "-f", "notes", "-f", "rss")
    assert run("render", "ep.json", *asked).exit_code == 0
    notes = (here / "ep.notes.md").read_text()
    assert "**Hosts:** Celia Żuk" in notes
    assert "**Sponsor:** Supported by the lamp shop" in notes
    assert "[Lamps](https://example.org/lamps)" in notes
    assert "Harbour Lights" in notes  # the document's own, about which nothing else is said
    assert "https://example.org/13/lighthouses.mp3" in (here / "ep.item.xml").read_text()
    assert isinstance(run("render", "ep.json", "-f", "md", "--link", "x=javascript:y").exception, UsageError)


def test_render_writes_notes_that_the_document_does_not_have(here: Path) -> None:
    bare = replace(example_episode(), notes=None)
    (here / "bare.json").write_bytes(document.write(bare, SubtitleSettings()))
    assert run("render", "bare.json", "-f", "txt").exit_code == 0
    assert run("render", "bare.json", "-f", "notes", "-f", "json", "--force").exit_code == 0
    assert 'notes_writer: "extractive"' in (here / "bare.notes.md").read_text()
    kept = document.read_document((here / "bare.json").read_bytes())
    assert kept.notes is not None
    assert kept.notes.authorship.writer == "extractive"


def test_a_document_is_replaced_only_when_it_is_asked_for_and_forced(here: Path) -> None:
    before = (here / "ep.json").read_bytes()
    run("render", "ep.json", "-f", "json", "--host", "Celia")
    assert (here / "ep.json").read_bytes() == before
    run("render", "ep.json", "-f", "json", "--host", "Celia", "--force")
    assert document.read_document((here / "ep.json").read_bytes()).show.hosts == ("Celia",)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_be_rendered_again(here: Path, name: str) -> None:
    assert run("render", "ep.json", "-f", name, "-o", "out").exit_code == 0
    if name != "page":  # which says where the recording lies
        assert (here / "out" / f"ep{FORMATS[name].suffix}").read_bytes() == render(
            example_episode(), name, SubtitleSettings()
        )


def test_the_whole_pack_can_be_rendered_again(here: Path) -> None:
    written = run("render", "ep.json", "--publish", "-f", "md", "-o", "out").output.split()
    assert {Path(path).name.removeprefix("ep") for path in written} == {
        FORMATS[name].suffix for name in (*PACK, "md")
    }


def test_formats_that_show_no_notes_do_not_ask_for_a_writer(here: Path) -> None:
    (here / "config" / "transcribe.toml").write_text('notes = true\nwriter = "llama.cpp:no-such-model"\n')
    bare = replace(example_episode(), notes=None)
    (here / "bare.json").write_bytes(document.write(bare, SubtitleSettings()))
    assert run("render", "bare.json", "-f", "srt", "-f", "csv").exit_code == 0
    assert isinstance(run("render", "bare.json", "-f", "page").exception, TranscribeError)
    assert run("render", "ep.json", "-f", "page").exit_code == 0  # has its own


def test_notes_are_written_anew_when_the_command_line_asks_for_them(here: Path) -> None:
    (here / "config" / "transcribe.toml").write_text("notes = true\n")
    run("render", "ep.json", "-f", "notes-txt")
    assert "Ben kept a lighthouse" in (here / "ep.notes.txt").read_text()  # the document's own
    assert run("render", "ep.json", "-f", "notes-txt", "--notes", "--force").exit_code == 0
    assert "Ben kept a lighthouse" not in (here / "ep.notes.txt").read_text()


SECRET = b"root:x:0:0 secret"


@pytest.mark.parametrize(
    "name", ["../secret", "{outside}/secret", "link", "..", "", ".", "sub/../../secret", "a\0b", "pipe"]
)
def test_a_hostile_document_embeds_nothing_from_elsewhere(here: Path, name: str) -> None:
    folder = here / "folder"
    folder.mkdir()
    (here / "secret").write_bytes(SECRET)
    (folder / "link").symlink_to("../secret")
    os.mkfifo(folder / "pipe")
    episode = example_episode()
    hostile = replace(episode, source=replace(episode.source, name=name.format(outside=here)))
    (folder / "ep.json").write_bytes(document.write(hostile, SubtitleSettings()))
    result = run("render", "folder/ep.json", "-f", "page", "--embed-audio", "-o", "out")
    assert isinstance(result.exception, InputError), result.output
    assert not (here / "out").exists() or not list((here / "out").iterdir())
    assert run("render", "folder/ep.json", "-f", "page", "-o", "out").exit_code == 0
    page = (here / "out" / "ep.html").read_text()
    assert base64.b64encode(SECRET).decode()[:12] not in page
    assert "../secret" not in page
    assert str(here) not in page


def test_on_a_full_disk_render_writes_nothing(here: Path, small_disk: Path) -> None:
    (small_disk / "ep.srt").write_text("old")
    (small_disk / "filling").write_bytes(b"x" * 40_000)
    formats = ("-f", "srt", "-f", "txt", "-f", "page")
    result = run("render", "ep.json", *formats, "-o", str(small_disk), "--force")
    assert isinstance(result.exception, OutputError)
    assert "the disk is full" in str(result.exception)
    assert sorted(each.name for each in small_disk.iterdir()) == ["ep.srt", "filling"]
    assert (small_disk / "ep.srt").read_text() == "old"


def test_render_sweeps_what_a_kill_left(here: Path) -> None:
    left = here / ".transcribe-4194305-00.tmp"
    left.touch()
    assert run("render", "ep.json", "-f", "srt").exit_code == 0
    assert not left.exists()


@pytest.mark.parametrize(
    "option", ["--manifest", "--sign-key=k", "--waiting=w", "--keep-days=3", "--fail-under=9"]
)
def test_render_has_no_option_without_effect(option: str) -> None:
    assert option.partition("=")[0] not in run("render", "--help-all").output
    assert run("render", "ep.json", option).exit_code == 2
