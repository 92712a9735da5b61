"""Flags made from the options that `settings` declares, and the help pages that show them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from transcribe.core.errors import TranscribeError, UsageError
from transcribe.core.option import Option
from transcribe.core.settings import OPTIONS, Settings

if TYPE_CHECKING:
    from transcribe.core.config import Resolved

SECTIONS = {
    **dict.fromkeys(
        ("normalise", "detect", "plan", "recognise", "tracks", "speakers", "compute"), "Recognition"
    ),
    **dict.fromkeys(("subtitles", "output", "notes", "show", "archive"), "Output"),
    "display": "Display",
    "seal": "Other",
}
"""Under which heading of the help page each group of settings stands."""

ADVANCED = "Advanced"
OTHER = "Other"

FLAGS = "transcribe.flags"
ALL = "transcribe.all"
"""Keys in a context's `meta`: the settings on the command line, and whether --help-all is asked for."""


@dataclass
class Asked:
    """What every command knows about how it was called; lies in the context's `obj`.

    Attributes:
        debug: Whether an error that is a bug shows where it happened.
        quiet: Whether only errors and what was asked for are shown.
    """

    debug: bool = False
    quiet: bool = False


def setting_parameters(groups: Collection[str] = tuple(SECTIONS)) -> list[click.Parameter]:
    """One flag per declared option of these groups of settings, then `--config` and `--profile`.

    Args:
        groups: Names of groups, and of single options; `group.option` where a group has the same name.
    """
    chosen, known = set(groups), OPTIONS.values()
    declared = [each for each in known if chosen & {each.group, each.name, f"{each.group}.{each.name}"}]
    return [*map(SettingOption, declared), *config_parameters()]


def config_parameters() -> list[click.Parameter]:
    """`--config` and `--profile`."""
    return [
        click.Option(
            ["--config", "config_file"],
            metavar="FILE",
            type=PathName(),
            help="Use this config file instead of yours and the folder's.",
        ),
        click.Option(
            ["--profile"],
            metavar="NAME",
            help="Use this profile of the config.",
            shell_complete=_complete_profiles,
        ),
    ]


def given_flags(context: click.Context) -> dict[str, Any]:
    """The settings that stand on the command line, by option name."""
    flags: dict[str, Any] = context.meta.get(FLAGS, {})
    return flags


def check_policy_flag(context: click.Context, settings: Settings) -> None:
    """Refuse a --policy on the command line that a run would not look at; one in a config may stand there.

    Raises:
        UsageError: No approval is required.
    """
    if "policy" in given_flags(context) and not settings.output.require_approval:
        raise UsageError("--policy says what has to be decided before an approval", "Add --require-approval")


def warned(resolved: Resolved) -> Settings:
    """The settings of a command that shows no progress; what looks wrong about them is shown."""
    from transcribe.cli.display import choose_display
    from transcribe.core.events import Warned

    display = choose_display(resolved.settings.display, terminal=False)
    for warning in resolved.warnings:
        display(Warned(warning))
    return resolved.settings


def say(line: object, *, error: bool = False) -> None:
    """Print one line; nothing in it ends the line, moves the cursor or turns other text.

    Args:
        line: A text or a path, which may be a stranger's.
    """
    from transcribe.core.text import printable

    click.echo(printable(str(line)), err=error)


class PathName(click.Path):
    """The path of a file or folder, as a `Path`; empty, it would be the current folder, and is refused."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"path_type": Path} | options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take a path.

        Raises:
            BadParameter: It is empty.
        """
        if not os.fspath(value):
            self.fail("it is empty; is a variable not set?", param, ctx)
        return super().convert(value, param, ctx)


class SettingOption(click.Option):
    """The flag of one declared option.

    Yes-or-no options also have a `--no-` form, to turn off what a config file turned on.
    """

    def __init__(self, declared: Option) -> None:
        self.declared = declared
        self.advanced = declared.spec.advanced
        self.section = ADVANCED if self.advanced else SECTIONS[declared.group]
        names = [declared.flag, *([declared.spec.short] if declared.spec.short else []), declared.name]
        if declared.kind is bool:
            names[0] = f"{declared.flag}/{opposite(declared)}"
        super().__init__(
            names,
            type=click.BOOL if declared.kind is bool else SettingType(declared),
            is_flag=declared.kind is bool,
            multiple=declared.many,
            default=None,
            metavar=metavar_of(declared),
            help=help_of(declared),
            expose_value=False,
            callback=_remember,
        )

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:  # noqa: ARG002
        """Its line of the help page; where `--no-` is of little use, it is left out."""
        declared = self.declared
        flag = f"{declared.flag} / {opposite(declared)}" if declared.default is True else declared.flag
        metavar = "" if declared.kind is bool else f" {self.metavar}".replace(" [=", "[=")
        short = f"{declared.spec.short}, " if declared.spec.short else ""
        return f"{short}{flag}{metavar}", self.help or ""


class SettingType(click.ParamType):  # type: ignore[type-arg] # generic in newer versions of click
    """Reads and checks the value of a flag as its declaration says."""

    name = "value"

    def __init__(self, declared: Option) -> None:
        self.declared = declared

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value in the option's own type; a BadParameter where it is not allowed."""
        try:
            return self.declared.convert(value, "it")
        except ValueError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Values that can stand here, where there are few."""
        if self.declared.kind is Path or self.declared.name in ("output", "ffmpeg"):
            return [CompletionItem(incomplete, type="file")]
        return [
            CompletionItem(known) for known in _known_values(self.declared) if known.startswith(incomplete)
        ]


def with_bare_values(arguments: Sequence[str]) -> list[str]:
    """The arguments with a value for every flag that may stand without: click would take the next word."""
    bare = {each.flag: f"{each.flag}={each.spec.bare}" for each in OPTIONS.values() if each.spec.bare}
    flags = list(takewhile("--".__ne__, arguments))
    return [*(bare.get(each, each) for each in flags), *arguments[len(flags) :]]


def opposite(declared: Option) -> str:
    """The flag that turns a yes-or-no option off."""
    return f"--no-{declared.flag.removeprefix('--')}"


def metavar_of(declared: Option) -> str | None:
    """What stands for the value in help texts; None for yes-or-no options."""
    if declared.kind is bool:
        return None
    return declared.spec.metavar or (declared.name.upper() if declared.spec.choices else "N")


def help_of(declared: Option) -> str:
    """One sentence, with range and default where they say something."""
    notes = [range_of(declared), default_of(declared)]
    said = "; ".join(note for note in notes if note)
    return f"{declared.spec.help}  [{said}]" if said else f"{declared.spec.help}."


def range_of(declared: Option) -> str:
    """The values allowed, such as `1..8`; empty where any will do or the range goes without saying."""
    if declared.spec.choices:
        return "|".join(declared.spec.choices)
    low, high = declared.spec.minimum, declared.spec.maximum
    if high is None or not declared.spec.advanced:
        return ""
    return f"{'0, ' if declared.spec.zero else ''}{low:g}..{high:g}"


def default_of(declared: Option) -> str:
    """The default, where it is a value; what 0, auto or nothing means stands in the help."""
    if declared.kind is bool or not declared.default or declared.default == "auto":
        return ""
    return f"default: {declared.show(declared.default)}"


def write_sections(
    parameters: Iterable[click.Parameter], context: click.Context, formatter: click.HelpFormatter
) -> None:
    """Write options under their headings; the advanced ones where `--help-all` asked for them."""
    rows: dict[str, list[tuple[str, str]]] = {name: [] for name in (*SECTIONS.values(), ADVANCED, OTHER)}
    for parameter in parameters:
        record = parameter.get_help_record(context)
        if record is not None:
            rows[parameter.section if isinstance(parameter, SettingOption) else OTHER].append(record)
    if not context.meta.get(ALL):
        rows.pop(ADVANCED)
    for section, records in rows.items():
        if records:
            with formatter.section(section):
                formatter.write_dl(records)


class SettingsCommand(click.Command):
    """A command with a flag for every setting, or for those of some groups or names.

    `--help-all` shows the advanced ones too. Its function gets the settings in force as `resolved`.
    """

    def __init__(self, *args: Any, groups: Collection[str] = tuple(SECTIONS), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += [*setting_parameters((*groups, "seal")), help_all_option()]

    def invoke(self, ctx: click.Context) -> Any:
        """Call the function.

        Raises:
            UsageError: A config file is wrong.
        """
        from transcribe.core import config

        files = ctx.params.pop("config_file"), ctx.params.pop("profile")
        resolved = ctx.params["resolved"] = config.load(given_flags(ctx), *files)
        asked = ctx.ensure_object(Asked)
        asked.debug |= resolved.settings.display.debug
        asked.quiet |= resolved.settings.display.quiet
        return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under their headings."""
        write_sections(self.get_params(ctx), ctx, formatter)


def help_all_option(what: str = "advanced options") -> click.Option:
    """`--help-all`: the help page with what else there is."""
    return click.Option(
        ["--help-all"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_show_all,
        help=f"Show the {what} too.",
    )


def _show_all(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        context.meta[ALL] = True
        click.echo(context.get_help(), color=context.color)
        context.exit()


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Keep the value of a flag that was given: what was not given must not hide the config's value."""
    name = str(parameter.name)
    if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
        return
    if parameter.multiple:
        value = tuple(each for part in value for each in part)
    context.meta.setdefault(FLAGS, {})[name] = value
    if name in ("debug", "quiet"):
        setattr(context.ensure_object(Asked), name, value)


def _known_values(declared: Option) -> Iterable[str]:
    if declared.name == "formats":
        from transcribe.formats.known import FORMATS

        return FORMATS
    if declared.name == "model":
        return _installed_models()
    return declared.spec.choices


def _installed_models() -> list[str]:
    from transcribe.models.store import Store

    try:
        return ["auto", *(model.name for model in Store().installed())]
    except (TranscribeError, OSError):
        return []


def _complete_profiles(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from transcribe.core.config import profile_names

    try:
        return [CompletionItem(name) for name in profile_names() if name.startswith(incomplete)]
    except TranscribeError:
        return []
