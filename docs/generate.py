"""Writes the parts of the reference pages that come from the code; `--check` says which are out of date.

Run it with `make docs`. A part stands between `<!-- generated: NAME -->` and `<!-- end of generated -->`.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
import typing
from collections.abc import Iterator
from pathlib import Path

import click

from transcribe.cli.display import event_name
from transcribe.cli.main import READER_GONE
from transcribe.cli.options import ADVANCED, SettingOption, default_of, range_of
from transcribe.cli.root import root
from transcribe.core import errors, events
from transcribe.core.option import Option
from transcribe.core.settings import OPTIONS, Settings
from transcribe.core.telemetry import SWITCHES
from transcribe.quality.lint import RULES

DOCS = Path(__file__).resolve().parent
END = "<!-- end of generated -->"

TYPED_OPTIONS = DOCS.parent / "transcribe" / "core" / "typed_options.py"
TYPED_OPTIONS_HEAD = '''"""Every option of the Python API with its type; written by `make docs`."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TypedDict


class Options(TypedDict, total=False):
    """What functions of the Python API take, by the names that config files use; docs/configuration.md."""

'''
AS_GIVEN = {
    "tuple[str, ...]": "Sequence[str]",
    "<class 'transcribe.core.speaker_count.SpeakerCount'>": "str | int",
    "pathlib.Path | None": "str | PathLike[str] | None",
}
"""How people may give what is kept in another type."""


def main() -> int:
    pages = {
        "cli.md": {"commands": command_sections(), "events": events_table()},
        "exit-codes.md": {"codes": codes_table()},
        "configuration.md": {"options": option_tables()},
        "lint.md": {"rules": rules_table()},
        "privacy.md": {"switches": switches_table()},
    }
    texts = {DOCS / name: filled(read(DOCS / name), parts) for name, parts in pages.items()}
    texts[TYPED_OPTIONS] = typed_options()
    stale = {path: text for path, text in texts.items() if read(path) != text}
    for path, text in stale.items():
        name = path.relative_to(DOCS.parent)
        if "--check" in sys.argv[1:]:
            print(f"{name} is out of date; run: make docs", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{name} written")
    return 1 if stale and "--check" in sys.argv[1:] else 0


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def typed_options() -> str:
    """The module that tells type checkers every option of the Python API."""
    groups = typing.get_type_hints(Settings)
    lines = [
        f"    {name}: {AS_GIVEN.get(str(hint), getattr(hint, '__name__', str(hint)))}"
        for group in groups.values()
        for name, hint in typing.get_type_hints(group).items()
        if name in OPTIONS and name != "progress"  # of the command line; scripts pass a function
    ]
    return TYPED_OPTIONS_HEAD + "\n".join(lines) + "\n"


def filled(page: str, parts: dict[str, str]) -> str:
    """The page with every generated part put between its markers."""
    for name, text in parts.items():
        begin = f"<!-- generated: {name} -->"
        before, found, rest = page.partition(begin)
        _, end, after = rest.partition(END)
        if not (found and end):
            raise SystemExit(f"the markers of {name} are missing")
        page = f"{before}{begin}\n\n{text}\n{END}{after}"
    return page


def switches_table() -> str:
    heads = ("variable", "package", "what would happen without it", "source")
    rows = [
        (f"`{each.variable}={each.value}`", each.package, each.turns_off, each.source) for each in SWITCHES
    ]
    return table(heads, rows)


def command_sections() -> str:
    return "\n".join(command_section(path, command) for path, command in inside("transcribe", root))


def inside(path: str, group: click.Group) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its full name, in the order of the help pages."""
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from inside(f"{path} {name}", command)
        elif command is not None:
            yield f"{path} {name}", command


def command_section(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    usage = f"{path} {' '.join(command.collect_usage_pieces(context))}"
    parts = [f"## {path}\n", f"```\n{usage}\n```\n", f"{paragraphs(command.help or '')}\n"]
    settings = [each for each in command.params if isinstance(each, SettingOption)]
    for section in sorted({each.section: None for each in settings}, key=ADVANCED.__eq__):
        title = "Advanced (shown by `--help-all`)" if section == ADVANCED else section
        rows = [setting_row(each.declared) for each in settings if each.section == section]
        parts += [f"**{title}**\n", table(("option", "meaning", "default", "config and environment"), rows)]
    if rows := [row for each in command.params if (row := plain_row(each, context))]:
        parts += ["**Other**\n"] if settings else []
        parts.append(table(("option", "meaning"), rows))
    return "\n".join(parts)


def paragraphs(text: str) -> str:
    """A command's help as Markdown; what `\\b` marks is kept line by line."""
    blocks = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        "```\n" + block.removeprefix("\x08\n") + "\n```" if block.startswith("\x08") else block
        for block in blocks
    )


def setting_row(option: Option) -> tuple[str, ...]:
    metavar = (
        f" {option.spec.metavar}" if option.spec.metavar else " N" if option.kind in (int, float) else ""
    )
    if option.spec.choices:
        metavar = " " + "|".join(option.spec.choices)
    flags = ", ".join(f"`{flag}`" for flag in (option.spec.short, option.flag + metavar) if flag)
    limits = f" ({range_of(option)})" if range_of(option) and not option.spec.choices else ""
    default = default_of(option).removeprefix("default: ") or option.show(option.default)
    return flags, option.spec.help + limits, code(default), f"`{option.name}`, `{option.env}`"


def plain_row(parameter: click.Parameter, context: click.Context) -> tuple[str, ...] | None:
    record = parameter.get_help_record(context)
    if isinstance(parameter, SettingOption) or record is None:
        return None
    return f"`{record[0]}`", record[1]


def events_table() -> str:
    return table(
        ("event", "fields", "meaning"), (event_row(event) for event in typing.get_args(events.Event))
    )


def event_row(event: type) -> tuple[str, ...]:
    fields = [f"`{field.name}`" for field in dataclasses.fields(event)]
    if event is events.SegmentRecognised:
        fields.append("`text`")
    return f"`{event_name(event)}`", ", ".join(fields), first_line(event)


def codes_table() -> str:
    classes = [
        each for each in vars(errors).values() if inspect.isclass(each) and each.__module__ == errors.__name__
    ]
    rows = {each.exit_code: (each.__name__, first_line(each)) for each in classes}
    rows[0] = ("", "All went well; with several recordings, every one did.")
    rows[1] = ("", "A bug: run again with `--debug` and report it.")
    rows[130] = (errors.Interrupted.__name__, "Ctrl-C; finished work is kept.")
    rows[143] = (errors.Interrupted.__name__, "SIGTERM; finished work is kept.")
    rows[READER_GONE] = ("", "Whoever read standard output went away, as in `transcribe formats | head -1`.")
    return table(
        ("code", "error", "when"),
        ((str(number), code(name), text) for number, (name, text) in sorted(rows.items())),
    )


def rules_table() -> str:
    return table(
        ("rule", "severity", "what has to be", "source"),
        ((code(rule.id), rule.severity, rule.meaning, rule.source) for rule in RULES.values()),
    )


def option_tables() -> str:
    parts = []
    for field in dataclasses.fields(Settings):
        rows = [option_row(option) for option in OPTIONS.values() if option.group == field.name]
        parts.append(f"**{first_line(type(field.default)).split('. ')[0].rstrip('.')}**\n")
        parts.append(table(("key", "type", "default", "meaning", "folder's file"), rows))
    return "\n".join(parts)


def option_row(option: Option) -> tuple[str, ...]:
    words = {bool: "true or false", int: "whole number", float: "number", Path: "path"}
    kind = words.get(option.kind, "text")
    if option.spec.choices:
        kind = ", ".join(f"`{choice}`" for choice in option.spec.choices)
    elif option.spec.timecode:
        kind = 'ms, or a time such as `"1:30"`'
    elif option.many:
        kind = f"list of {kind}s"
    if range_of(option) and not option.spec.choices:
        kind += f", {range_of(option)}"
    trust = {"any": "yes", "inside": "inside", "name": "a name", "user": "no"}[option.spec.trust]
    return f"`{option.name}`", kind, code(option.show(option.default)), option.spec.help, trust


def first_line(thing: type) -> str:
    return (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def table(head: tuple[str, ...], rows: typing.Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
