"""`transcribe lint FILE…`: check subtitles, transcripts, chapters and feeds against the published rules."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transcribe.cli.options import PathName, say
from transcribe.core.errors import GateError, InputError, UsageError

if TYPE_CHECKING:
    from transcribe.quality.lint import Asked, Finding, Length

KINDS = ("vtt", "srt", "transcript", "chapters", "psc", "rss", "document")
PROFILES = ("subtitle", "podcast")
UNREADABLE = "file-unreadable"
FEW_NOTES = 10
"""Notes of one rule that a file may have and still have each on a line."""


@click.command("lint")
@click.argument("files", nargs=-1, metavar="FILE...", type=PathName())
@click.option(
    "--as", "kind", type=click.Choice(KINDS), help="Say what the files are, instead of recognising it."
)
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    help="Limits of lines and times: subtitle (42 × 2, 20 characters a second) or podcast (SubRip 32 × 2, "
    "WebVTT 65); by default podcast for WebVTT, subtitle for SubRip, with wide lines as one note.",
)
@click.option(
    "--duration", metavar="TIME", help="Length of the recording, such as 1:02:03; nothing may lie after it."
)
@click.option(
    "--media",
    metavar="FILE",
    type=PathName(),
    help="The recording, or its JSON by transcribe; by default what lies beside a file and has its name.",
)
@click.option("--strict", is_flag=True, help="Count warnings as errors.")
@click.option(
    "--verbose", "every", is_flag=True, help="List every note, also those of a rule with many in a file."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a line per finding.")
@click.option("--rules", "list_rules", is_flag=True, help="List the rules and end.")
def lint(
    files: tuple[Path, ...],
    strict: bool,
    every: bool,
    as_json: bool,
    list_rules: bool,
    media: Path | None,
    **asked: str | None,
) -> None:
    """Check WebVTT, SubRip, podcast transcripts and chapters in JSON, Podlove chapters and RSS, anyone's, and
    the JSON that transcribe writes.

    A FILE may be a folder: all files in it whose ending and content lint knows are checked, and those
    in folders below it.

    Ends with exit code 12 where there are errors (with --strict: or warnings), with 3 where all that
    is wrong is that files cannot be read.
    """
    from transcribe.quality.lint import Asked

    if list_rules:
        _show_rules(as_json)
        return
    if not files:
        raise UsageError("there is no file to check", "Name one: transcribe lint FILE...")
    how = Asked(asked["kind"], asked["profile"], _length(asked["duration"], media))
    results = {str(path): findings for path, findings in _checked(files, how)}
    _show_json(results) if as_json else _show(results, every)
    _judge(results, strict)


def _length(duration: str | None, media: Path | None) -> Length | None:
    """The length that is said, for all files."""
    from transcribe.cli.lint_length import length_of
    from transcribe.core.timecode import parse_timecode
    from transcribe.quality.lint import Length

    if duration is not None and media is not None:
        raise UsageError("--duration and --media say the same thing", "Leave one of them out")
    if media is not None:
        return length_of(media)
    try:
        return Length(parse_timecode(duration)) if duration is not None else None
    except ValueError as error:
        raise UsageError(f"--duration: {error}") from error


def _checked(files: Sequence[Path], asked: Asked) -> Iterator[tuple[Path, list[Finding]]]:
    """Every file with its findings; of a folder, those files that are of a known kind."""
    for path in files:
        if not os.path.isdir(path):  # noqa: PTH112 - which answers for any path
            yield path, _findings(path, asked)
            continue
        for inner in _files_in(path):
            findings = _findings(inner, asked)
            if not any(each.rule == "file-kind" for each in findings):
                yield inner, findings


def _files_in(folder: Path) -> list[Path]:
    from transcribe.core.reading import walked
    from transcribe.quality.lint.kinds import SUFFIXES

    paths = [
        Path(place, name) for place, names in walked(folder, lambda _: True, lambda _: None) for name in names
    ]
    return sorted(path for path in paths if path.suffix.lower() in SUFFIXES and path.is_file())


def _findings(path: Path, asked: Asked) -> list[Finding]:
    from transcribe.cli.lint_length import length_beside
    from transcribe.core.reading import open_regular
    from transcribe.quality.lint import RULES, Finding, lint_bytes
    from transcribe.quality.lint.text import LARGEST_BYTES

    try:
        with open_regular(path) as handle:
            data = handle.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        reason = error.strerror if isinstance(error, OSError) else None
        message = f"the file cannot be read: {reason or error}"
        return [Finding(str(path), UNREADABLE, RULES[UNREADABLE].severity, message)]
    return lint_bytes(str(path), data, replace(asked, length=asked.length or length_beside(path)))


def _show_json(results: dict[str, list[Finding]]) -> None:
    files = [
        {
            "file": name,
            "findings": [_record(each) for each in findings],
            "counts": Counter(each.rule for each in findings),
        }
        for name, findings in results.items()
    ]
    click.echo(json.dumps({"files": files, "summary": {"files": len(results), **_counts(results)}}, indent=2))


def _show(results: dict[str, list[Finding]], every: bool) -> None:

    for findings in results.values():
        for line in map(str, findings) if every else _lines(findings):
            say(line)
    counts = _counts(results)
    click.echo(
        f"{_number(len(results), 'file')}: {_number(counts['errors'], 'error')}, "
        f"{_number(counts['warnings'], 'warning')}, {_number(counts['notes'], 'note')}"
    )


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Findings as lines; of a rule with many notes in the file, the first note with their number."""
    counts = Counter(each.rule for each in findings if each.severity == "note")
    shown: set[str] = set()
    for each in findings:
        count = counts[each.rule]
        if count <= FEW_NOTES:
            yield str(each)
        elif each.rule not in shown:
            yield f"{each} (and {count - 1} more such notes; --verbose lists them)"
        shown.add(each.rule)


def _record(finding: Finding) -> dict[str, object]:
    record = asdict(finding)
    del record["file"]
    return record


def _counts(results: dict[str, list[Finding]]) -> dict[str, int]:
    counted = Counter(each.severity for findings in results.values() for each in findings)
    return {"errors": counted["error"], "warnings": counted["warning"], "notes": counted["note"]}


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _judge(results: dict[str, list[Finding]], strict: bool) -> None:
    bad = ("error", "warning") if strict else ("error",)
    broken = [each for findings in results.values() for each in findings if each.severity in bad]
    if not broken:
        return
    files = len({each.file for each in broken})
    if all(each.rule == UNREADABLE for each in broken):
        raise InputError(f"{_number(files, 'file')} of {len(results)} cannot be read")
    rules = "what the rules forbid" if strict else "errors"
    raise GateError(f"{files} of {_number(len(results), 'file')} {'has' if files == 1 else 'have'} {rules}")


def _show_rules(as_json: bool) -> None:
    from transcribe.quality.lint import RULES

    if as_json:
        click.echo(json.dumps([asdict(rule) for rule in RULES.values()], indent=2, ensure_ascii=False))
        return
    for rule in RULES.values():
        source = f" ({rule.source})" if rule.source else ""
        click.echo(f"{rule.id:<28}{rule.severity:<9}{rule.meaning}{source}")
