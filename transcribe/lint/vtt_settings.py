"""Settings of WebVTT cues and regions: `align:start position:10%` (W3C WebVTT, sections 4.3 and 4.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transcribe.lint.finding import Findings, shown

_PERCENT = r"[0-9]+(?:\.[0-9]+)?%"
_PERCENTAGE = re.compile(_PERCENT)
_SETTING = re.compile(r"[^ \t]+")


@dataclass(frozen=True)
class SettingsList:
    """Settings that may stand together.

    Attributes:
        rule: The rule they keep.
        owner: What they belong to.
        forms: Values by name; percentages in them are at most 100.
    """

    rule: str
    owner: str
    forms: Mapping[str, re.Pattern[str]]


CUE = SettingsList(
    "vtt-setting",
    "cue",
    {
        "vertical": re.compile("rl|lr"),
        "line": re.compile(rf"(?:-?[0-9]+|{_PERCENT})(?:,(?:start|center|end))?"),
        "position": re.compile(rf"{_PERCENT}(?:,(?:line-left|center|line-right))?"),
        "size": re.compile(_PERCENT),
        "align": re.compile("start|center|end|left|right"),
        "region": re.compile(r"[^\f]+"),
    },
)

REGION = SettingsList(
    "vtt-region-setting",
    "region",
    {
        "id": re.compile(r"[^\f]+"),
        "width": re.compile(_PERCENT),
        "lines": re.compile("[0-9]+"),
        "regionanchor": re.compile(f"{_PERCENT},{_PERCENT}"),
        "viewportanchor": re.compile(f"{_PERCENT},{_PERCENT}"),
        "scroll": re.compile("up"),
    },
)


def check_settings(
    text: str, place: tuple[int, int], kind: SettingsList, seen: dict[str, str], findings: Findings
) -> bool:
    """Check settings on one line; whether they are right.

    Args:
        text: The settings.
        place: Line and column of the text, both from 1.
        kind: What may be set.
        seen: Values by name of those set already; what is set here is added.
        findings: Where mistakes are noted.
    """
    line, column = place
    right = True
    for match in _SETTING.finditer(text):
        name, _, value = match[0].partition(":")
        if problem := _problem(name, value, kind, seen):
            right = False
            findings.add(kind.rule, f"{shown(match[0])} {problem}", line, column + match.start())
        seen.setdefault(name, value)
    return right


def _problem(name: str, value: str, kind: SettingsList, seen: Mapping[str, str]) -> str:
    form = kind.forms.get(name)
    if form is None:
        return f"is no {kind.owner} setting"
    if form.fullmatch(value) is None:
        return f"has no value that {name} takes"
    if any(float(percentage[:-1]) > 100 for percentage in _PERCENTAGE.findall(value) if name != "id"):
        return "is above 100%"
    return "sets it a second time" if name in seen else ""


class Regions:
    """The regions of a file, by their identifiers.

    Args:
        findings: Where mistakes are noted.
    """

    def __init__(self, findings: Findings) -> None:
        self._lines: dict[str, int] = {}
        self._findings = findings

    def define(self, start: int, block: Sequence[str]) -> None:
        """Check a REGION block and remember it; `start` is the index of its first line."""
        seen: dict[str, str] = {}
        for number, line in enumerate(block[1:], start + 2):
            check_settings(line, (number, 1), REGION, seen, self._findings)
        name = seen.get("id", "")
        if not name:
            self._findings.add("vtt-region-id", "the region has no id, so no cue can name it", start + 1)
        elif name in self._lines:
            message = f"the region {shown(name)} is defined in line {self._lines[name]} already"
            self._findings.add("vtt-region-id", message, start + 1)
        self._lines.setdefault(name, start + 1)

    def use(self, name: str, line: int) -> None:
        """Check the region that a cue names."""
        if name not in self._lines:
            message = f"no region {shown(name)} is defined above the cue"
            self._findings.add("vtt-region-unknown", message, line)
