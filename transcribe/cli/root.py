"""The tree of commands: `run` is the default one, and each is imported when it is first needed."""

from __future__ import annotations

import importlib
from itertools import takewhile

import click
from click.shell_completion import CompletionItem
from click_default_group import DefaultGroup

from transcribe.cli import PROGRAM
from transcribe.cli.options import (
    ALL,
    Asked,
    SettingOption,
    help_all_option,
    setting_parameters,
    with_bare_values,
    write_sections,
)
from transcribe.cli.sealing import sealing
from transcribe.core.settings import OPTIONS

DEFAULT = "run"

COMMANDS = {
    "run": "Transcribe recordings; the default, may be left out.",
    "batch": "Transcribe folders, lists and feeds; only what needs it.",
    "make": "Print the rules by which make transcribes.",
    "cluster": "Share a batch between machines, by certificates.",
    "watch": "Transcribe what is put into a folder, once it is complete.",
    "serve": "Answer OpenAI's speech API, and take jobs, on this machine.",
    "multitrack": "Transcribe a talk with a microphone each.",
    "eval": "Count the errors of transcripts against references.",
    "keys": "Make keys that sign manifests.",
    "verify": "Compare published files with their manifests.",
    "purge": "Remove all that is known of episodes; legal holds.",
    "lint": "Check subtitles, chapters and feeds against the rules.",
    "render": "Write files from a finished transcript again.",
    "rename": "Rename the speakers of a finished transcript.",
    "corrections": "Correct a transcript: export, apply, list, undo.",
    "policy": "Check transcripts against rules: what must, must not be said.",
    "archive": "Keep an index of finished transcripts, for search.",
    "search": "Find where something was said, in every transcript.",
    "redact": "Mask words in a transcript and in a copy of its sound.",
    "review": "Decide what a person has to look at; approve transcripts.",
    "templates": "List, copy and check the templates of notes and pages.",
    "models": "Install, list, check and remove models.",
    "llm": "List the language models that can write show notes.",
    "voices": "Register, list and delete voices of people to be recognised.",
    "formats": "List the formats that --format takes.",
    "config": "Show the settings in force and their origin.",
    "doctor": "Check what is installed and what this machine can do.",
    "bench": "Find the fastest engine and layout on this machine, and set it.",
    "completion": "Print the script that makes a shell complete options.",
}
"""Every command and what it does in a line, in the order of the help page. `NAME` is the click
command `NAME` of the module `transcribe.cli.NAME`."""

SELDOM = (
    "make",
    "cluster",
    "eval",
    "keys",
    "templates",
    "llm",
    "voices",
    "formats",
    "config",
    "bench",
    "completion",
)
"""Commands that the help page leaves to `--help-all`, so that it fits a screen."""

EVERYWHERE = {"--debug": "debug", "--quiet": "quiet", "-q": "quiet"}
"""Flags that every command takes, also before its name, and the field of Asked that they set."""

USAGE = """\
Usage: transcribe [OPTIONS] FILE...
       transcribe COMMAND [OPTIONS]
"""

SHORT_HELP = f"""\
{USAGE}
Transcribe a recording:      transcribe episode.mp3
Install a model first:       transcribe models pull base
All options and commands:    transcribe --help
"""


class Root(DefaultGroup):  # type: ignore[misc] # click-default-group has no types
    """The program's command group."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find the command: the first argument that is not a flag of every command, else `run`."""
        if ctx.resilient_parsing and not args:  # a shell asks what can stand first
            return list(super().parse_args(ctx, args))
        args = with_bare_values(args)
        if not args:
            click.echo(SHORT_HELP, err=True, nl=False)
            ctx.exit(2)
        flags = list(takewhile(_is_everywhere, args))
        rest = args[len(flags) :]
        if rest and any(rest[0] in option.opts for option in self.get_params(ctx)):
            return list(super().parse_args(ctx, rest))
        name = rest.pop(0) if rest and rest[0] in COMMANDS else DEFAULT
        return list(super().parse_args(ctx, [name, *flags, *rest]))

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names, in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            command: click.Command = getattr(importlib.import_module(f"transcribe.cli.{cmd_name}"), cmd_name)
            _add_flags(command)
            self.commands[cmd_name] = command
        found: click.Command = self.commands[cmd_name]
        return found

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands and, since `run` may be left out, also its options and files."""
        items: list[CompletionItem] = super().shell_complete(ctx, incomplete)
        default = self.get_command(ctx, DEFAULT)
        if default is not None and incomplete.startswith("-"):
            known = {item.value for item in items}
            more = default.shell_complete(click.Context(default, parent=ctx), incomplete)
            return items + [item for item in more if item.value not in known]
        return [*items, CompletionItem(incomplete, type="file")]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write both ways to call the program."""
        formatter.write(USAGE)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of `run` and of the program itself, then the commands."""
        write_sections([*setting_parameters(), *self.get_params(ctx)], ctx, formatter)
        with formatter.section("Commands"):
            left = () if ctx.meta.get(ALL) else SELDOM
            formatter.write_dl([(name, what) for name, what in COMMANDS.items() if name not in left])


def _is_everywhere(word: str) -> bool:
    return word in EVERYWHERE or word.partition("=")[0] == OPTIONS["sealed"].flag


def _add_flags(command: click.Command) -> None:
    """Give a command, and those inside it, the flags that all have; see to it that --sealed holds."""
    taken = {name for parameter in command.params for name in parameter.opts}
    for field in dict.fromkeys(EVERYWHERE.values()):
        names = [name for name, sets in EVERYWHERE.items() if sets == field and name not in taken]
        if f"--{field}" in names:
            command.params.append(
                click.Option(
                    [*names, f"asked_{field}"], is_flag=True, hidden=True, expose_value=False, callback=_ask
                )
            )
    group = command if isinstance(command, click.Group) else None
    if group is None and command.context_settings.get("ignore_unknown_options"):
        return  # it only prints what is given to it
    if OPTIONS["sealed"].flag not in taken:
        option = SettingOption(OPTIONS["sealed"])
        option.hidden = True
        command.params.append(option)
    if group is not None:
        for inner in group.commands.values():
            _add_flags(inner)
    elif command.callback:
        command.callback = sealing(command.callback)


def _ask(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        setattr(context.ensure_object(Asked), str(parameter.name).removeprefix("asked_"), True)


root = Root(
    "transcribe",
    default=DEFAULT,
    help="Turn recordings into transcripts and subtitles, on this machine.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    params=[help_all_option("advanced options and other commands")],
)
click.version_option(
    package_name="transcribe-offline",
    prog_name=PROGRAM,
    message="%(prog)s %(version)s",
    help="Show the version.",
)(root)
