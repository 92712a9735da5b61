"""Flags made from the declared options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from transcribe.cli.options import Asked, SettingOption, SettingsCommand, given_flags, setting_parameters
from transcribe.cli.root import root
from transcribe.core.settings import OPTIONS


def given(*arguments: str) -> dict[str, Any]:
    """What a command that takes settings sees of these arguments."""
    seen: dict[str, Any] = {}

    @click.command(cls=SettingsCommand)
    @click.argument("files", nargs=-1)
    @click.pass_context
    def command(context: click.Context, /, **_: Any) -> None:
        seen.update(given_flags(context))

    result = CliRunner().invoke(command, arguments, obj=Asked(), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return seen


def refused(*arguments: str) -> str:
    command = SettingsCommand("test", callback=lambda **_: None)
    result = CliRunner().invoke(command, arguments, obj=Asked())
    assert result.exit_code == 2
    return result.output


def test_every_option_has_its_flag_once() -> None:
    flags = [flag for each in setting_parameters() for flag in (*each.opts, *each.secondary_opts)]
    assert len(flags) == len(set(flags))
    assert {declared.flag for declared in OPTIONS.values()} <= set(flags)


def test_only_what_is_given_counts() -> None:
    assert given("x.mp3") == {}
    assert given("--language", "pl", "-m", "base") == {"language": "pl", "model": "base"}


def test_values_have_the_type_of_the_option() -> None:
    assert given(
        "--from", "1:30", "--beam-size", "2", "--speech-threshold", "0.4", "--vocabulary", "a.txt"
    ) == {
        "from_ms": 90_000,
        "beam_size": 2,
        "speech_threshold": 0.4,
        "vocabulary": Path("a.txt"),
    }


def test_a_list_is_given_by_repeating_or_with_commas() -> None:
    assert given("-f", "txt", "--format", "srt,vtt") == {"formats": ("txt", "srt", "vtt")}


def test_yes_or_no_options_can_be_turned_off() -> None:
    assert given("--translate", "--no-force", "--no-loudness") == {
        "translate": True,
        "force": False,
        "loudness": False,
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--beam-size", "99"), "'--beam-size': it is at most 8"),
        (("--from", "soon"), "'--from': it is a time, but 'soon' is not"),
        (("--progress", "loud"), "'--progress': it is one of auto, bar"),
        (("--langauge", "pl"), "--language"),
        (("--vocabulary", ""), "'--vocabulary': it is the path of a file or folder, not ''"),
        (("--config", ""), "'--config': it is empty"),
    ],
)
def test_what_is_not_allowed_is_refused(arguments: tuple[str, ...], message: str) -> None:
    assert message in refused(*arguments)


def commands_of(group: click.Group) -> Iterator[click.Command]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from commands_of(command) if isinstance(command, click.Group) else (command,)


def test_no_command_takes_an_empty_path_for_the_current_folder() -> None:
    """`transcribe batch "$FOLDER"`, where nothing has set FOLDER."""
    paths = [
        parameter
        for command in commands_of(root)
        for parameter in command.params
        if isinstance(parameter.type, click.Path)
    ]
    assert {"paths", "files", "folder", "document", "references", "named", "config_file"} <= {
        each.name for each in paths
    }
    for each in paths:
        with pytest.raises(click.BadParameter, match="it is empty"):
            each.type.convert("", each, None)


def test_help_leaves_the_advanced_options_out_until_asked() -> None:
    command = SettingsCommand("test", callback=lambda **_: None)
    short = CliRunner().invoke(command, ["--help"]).output
    long = CliRunner().invoke(command, ["--help-all"]).output
    for each in setting_parameters():
        if isinstance(each, SettingOption):
            assert bool(re.search(rf"{each.declared.flag}(?![\w-])", short)) != each.advanced, (
                each.declared.flag
            )
            assert each.declared.flag in long


def test_help_says_range_and_default() -> None:
    long = CliRunner().invoke(SettingsCommand("test"), ["--help-all"], terminal_width=200).output
    assert "Lines of a subtitle  [1..4; default: 2]" in long
    assert "--loudness / --no-loudness" in long
    assert "[auto|bar|plain|json|none]" in long


def test_formats_complete() -> None:
    option = next(each for each in setting_parameters() if each.name == "formats")
    completed = option.shell_complete(click.Context(click.Command("test")), "s")
    assert [item.value for item in completed] == ["srt"]


def test_redact_offers_only_options_that_it_looks_at() -> None:
    (redact,) = [each for each in commands_of(root) if each.name == "redact"]
    names = {each.name for each in redact.params}
    assert names >= {"output", "formats", "policy", "force"}
    idle = {"manifest", "sign_key", "fail_under", "require_approval", "waiting", "keep_days", "chapters"}
    assert names.isdisjoint(idle)


@pytest.mark.parametrize("command", ["run", "batch"])
def test_a_policy_flag_that_nothing_would_look_at_is_refused(command: str) -> None:
    result = CliRunner().invoke(root, [command, "a.wav", "-o", "out", "--policy", "rules.toml"])
    assert "before an approval" in str(result.exception)
