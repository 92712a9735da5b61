"""A folder's config may not write, read or run outside its folder, however it says it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from transcribe.cli.root import root
from transcribe.core.config import Resolved, load
from transcribe.core.option import OptionSpec
from transcribe.core.settings import OPTIONS, Settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, which somebody else has made; the user's own config is `mine.toml` beside it."""
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TRANSCRIBE_CONFIG", str(tmp_path / "mine.toml"))
    (tmp_path / "mine.toml").write_text("")
    (tmp_path / "secret.txt").write_text("secret\n")
    return folder


def resolved(folder: Path, text: str, **flags: Any) -> Resolved:
    (folder / "transcribe.toml").write_text(text)
    return load(flags)


def why(found: Resolved) -> dict[str, str]:
    return {each.option.name: each.why for each in found.refused}


def test_a_new_option_is_refused() -> None:
    assert OptionSpec("does something").trust == "user"


def test_every_option_that_names_a_path_a_program_or_a_server_is_guarded() -> None:
    paths = {
        name
        for name, each in OPTIONS.items()
        if each.kind is Path or each.spec.metavar in ("FILE", "DIR", "PATH", "DIR|-")
    }
    assert {"vocabulary", "template", "turns", "writer_prompts", "output", "ffmpeg"} <= paths
    assert {OPTIONS[name].spec.trust for name in paths} <= {"user", "inside"}
    for name in (
        "ffmpeg",
        "writer",
        "writer_host",
        "force",
        "voices",
        "workers",
        "threads",
        "batch_size",
        "quiet",
    ):
        assert OPTIONS[name].spec.trust == "user", name


VALUES: dict[type, Any] = {bool: True, int: 7, float: 0.5, str: "x", Path: "x"}


def test_no_option_of_the_users_can_be_set_by_a_folder(folder: Path) -> None:
    own = [each for each in OPTIONS.values() if each.spec.trust == "user"]
    lines = []
    for each in own:
        value = each.spec.choices[-1] if each.spec.choices else VALUES[each.kind]
        lines.append(f"{each.name} = {json.dumps(value)}")
    at_top = resolved(folder, "\n".join(lines))
    in_profile = resolved(folder, "profile = 'p'\n[profiles.p]\n" + "\n".join(lines))
    for found in (at_top, in_profile):
        assert set(why(found)) == {each.name for each in own}
        assert found.settings == Settings()
        assert len(found.warnings) == 1
        assert found.warnings[0].startswith(f"{Path('transcribe.toml')} may not set")


PATHS = ["vocabulary", "turns", "writer_prompts", "output"]


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize(
    "value", ["../secret.txt", "{outside}/secret.txt", "~/x", "link", "sub/../../x", "deep/link/x"]
)
def test_a_path_out_of_the_folder(folder: Path, name: str, value: str) -> None:
    (folder / "link").symlink_to("../secret.txt")
    (folder / "deep").mkdir()
    (folder / "deep" / "link").symlink_to("../..")
    found = resolved(folder, f"{name} = {json.dumps(value.format(outside=folder.parent))}")
    assert "it has to lie in the folder of the file" in why(found)[name]
    assert found.settings == Settings()


@pytest.mark.parametrize("name", PATHS)
def test_a_path_in_the_folder(folder: Path, name: str) -> None:
    found = resolved(folder, f"{name} = 'sub/x'")
    assert not found.refused
    value = next(each.value for each in found.values if each.option.name == name)
    assert Path(value) == folder / "sub" / "x"


@pytest.mark.parametrize("value", ["./model", "/x/model.bin", "model.bin", "sub/x", "m.gguf"])
def test_a_model_is_named_and_no_file(folder: Path, value: str) -> None:
    assert "not a file" in why(resolved(folder, f"model = {json.dumps(value)}"))["model"]
    assert resolved(folder, "model = 'base'").settings.recognise.model == "base"


def test_what_a_folder_asks_for_does_not_switch_on_a_profile_of_the_user(folder: Path) -> None:
    (folder.parent / "mine.toml").write_text(
        "[profiles.mine]\nforce = true\nlanguage = 'pl'\nvocabulary = 'words.txt'\noutput = '/srv/out'\n"
        "[profiles.base]\nwriter = 'ollama'\n"
    )
    for text in (
        "profile = 'mine'\n",
        "profile = 'x'\n[profiles.x]\nfrom = 'mine'\n",
        "profile = 'x'\n[profiles.x]\nfrom = 'y'\n[profiles.y]\nfrom = 'mine'\n",
    ):
        found = resolved(folder, text)
        assert set(why(found)) == {"force"}
        assert not found.settings.output.force
        assert found.settings.recognise.language == "pl"
        assert found.settings.recognise.vocabulary == folder.parent / "words.txt"
    assert load({}, profile="mine").settings.output.force
    (folder.parent / "mine.toml").write_text(
        "profile = 'mine'\n[profiles.mine]\n[profiles.base]\nwriter = 'ollama'\n"
    )
    found = resolved(folder, "[profiles.mine]\nfrom = 'base'\n")  # it stands in for the user's
    assert (set(why(found)), found.settings.notes.writer) == ({"writer"}, "extractive")


def test_what_the_user_says_counts(folder: Path) -> None:
    text = "force = true\noutput = '../out'\n"
    assert set(why(resolved(folder, text))) == {"force", "output"}
    named = load({}, folder / "transcribe.toml")  # a file that is named is the user's wish
    assert (named.settings.output.force, named.settings.output.output, named.refused) == (True, "../out", ())
    assert resolved(folder, text, force=True).settings.output.force
    mine = folder.parent / "mine.toml"
    mine.write_text(text)
    (folder / "transcribe.toml").unlink()
    (folder / "transcribe.toml").symlink_to(mine)
    assert load({}).settings.output.force


def test_a_config_that_is_a_link_out_of_the_folder_is_not_read(folder: Path) -> None:
    (folder.parent / "other.toml").write_text("language = 'pl'\n")
    (folder / "transcribe.toml").symlink_to("../other.toml")
    found = load({})
    assert found.settings == Settings()
    assert found.warnings == ("transcribe.toml is a link out of its folder, and is not read",)


def test_config_show_says_what_was_refused_where_and_why(folder: Path) -> None:
    (folder / "transcribe.toml").write_text(
        "language = 'pl'\n\nffmpeg = './evil'\nvocabulary = '/etc/passwd'\n"
    )
    shown = CliRunner().invoke(root, ["config", "show"])
    assert "ffmpeg = ./evil  transcribe.toml, line 3: only your own config" in shown.output
    assert "vocabulary = /etc/passwd  transcribe.toml, line 4: it has to lie in the folder" in shown.output
    record = json.loads(CliRunner().invoke(root, ["config", "show", "--json"]).stdout)
    assert [each["option"] for each in record["refused"]] == ["ffmpeg", "vocabulary"]
    assert record["refused"][0]["origin"] == "transcribe.toml, line 3"
    assert record["options"]["ffmpeg"]["value"] == ""


def test_a_command_says_it_once(folder: Path) -> None:
    (folder / "transcribe.toml").write_text("force = true\nquiet = true\n")
    said = CliRunner().invoke(root, ["render", "none.json"])
    assert said.stderr.count("may not set force, quiet") == 1


def test_templates_of_a_folder_are_no_links_out_of_it(folder: Path) -> None:
    from transcribe.core.errors import UsageError
    from transcribe.formats.templates import find_template, render_file, render_template, user_folders
    from transcribe.notes.prompts import find_prompts

    secret = folder.parent / "secret.txt"
    (folder / "templates").mkdir()
    (folder / "templates" / "notes.md.j2").symlink_to(secret)
    with pytest.raises(UsageError, match="a link in it leads out"):
        render_template("notes.md.j2")
    own = folder / "own.md.j2"
    own.write_text("{% include 'link.j2' %}")
    (folder / "link.j2").symlink_to(secret)
    with pytest.raises(UsageError, match="a link in it leads out"):
        render_file(own)
    (folder / "templates" / "prompts").symlink_to(folder.parent)
    assert folder / "templates" / "prompts" not in find_prompts(None).folders
    os.rename(folder / "templates", folder.parent / "elsewhere")  # noqa: PTH104
    (folder / "templates").symlink_to("../elsewhere")
    assert "project" not in user_folders()
    assert find_template("notes.md.j2")[0] == "packaged"


def test_a_file_called_like_a_model_is_not_taken_for_it(folder: Path) -> None:
    from transcribe.models.given import is_path

    (folder / "base").write_bytes(b"weights of a stranger")
    assert not is_path("base")
    assert is_path("./base")
    assert is_path("weights.bin")
