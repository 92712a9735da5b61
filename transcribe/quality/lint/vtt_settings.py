"""Settings of WebVTT cues and regions: `align:start position:10%` (W3C WebVTT, sections 4.3 and 4.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from transcribe.quality.lint.finding import Findings, shown
from transcribe.quality.lint.text import Places

_PERCENT = r"[0-9]+(?:\.[0-9]+)?%"
_PERCENTAGE = re.compile(_PERCENT)
_SETTING = re.compile(r"[^ \t\n]+")
_WHOLE = re.compile(r"0*100(?:\.0+)?%")


@dataclass(frozen=True, eq=False)
class SettingsList:
    """Settings that may stand together.

    Attributes:
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


class Settings(NamedTuple):
    """What a text sets.

    Attributes:
        values: By name; of a name that is set twice, the first.
        problems: Offset and description of what is wrong.
        mismatch: Why those of a cue do not go together; empty where they do.
    """

    values: Mapping[str, str]
    problems: tuple[tuple[int, str], ...]
    mismatch: str


def read_settings(text: str, kind: SettingsList) -> Settings:
    """Read settings between spaces, tabs and line ends; `kind` is what may be set."""
    values: dict[str, str] = {}
    problems = []
    for match in _SETTING.finditer(text):
        name, _, value = match[0].partition(":")
        if problem := _problem(name, value, kind, values):
            problems.append((match.start(), f"{shown(match[0])} {problem}"))
        values.setdefault(name, value)
    return Settings(values, tuple(problems), _mismatch(values) if kind is CUE else "")


def _problem(name: str, value: str, kind: SettingsList, seen: Mapping[str, str]) -> str:
    form = kind.forms.get(name)
    if form is None:
        return f"is no {kind.owner} setting"
    if form.fullmatch(value) is None:
        return f"has no value that {name} takes"
    if any(float(percentage[:-1]) > 100 for percentage in _PERCENTAGE.findall(value) if name != "id"):
        return "is above 100%"
    return "sets it a second time" if name in seen else ""


def _mismatch(values: Mapping[str, str]) -> str:  # W3C WebVTT, 3.1 and 4.4
    narrow = _WHOLE.fullmatch(values.get("size", "100%")) is None
    if "region" in values and (ignoring := [each for each in ("vertical", "line") if each in values]):
        return f"with {ignoring[0]} the cue is not shown in its region"
    if "region" in values and narrow:
        return "with a size below 100% the cue is not shown in its region"
    if narrow and values.get("align") in ("start", "end") and "position" not in values:
        return f"align:{values['align']} and a size without a position: the text decides where it is shown"
    return ""


class Regions:
    """The regions of a file, by their identifiers."""

    def __init__(self, findings: Findings) -> None:
        self._lines: dict[str, int] = {}
        self._findings = findings

    def define(self, start: int, block: Sequence[str]) -> None:
        """Check a REGION block and remember it; `start` is the index of its first line."""
        settings = "\n".join(block[1:])
        values, problems, _ = read_settings(settings, REGION)
        places = Places(settings)
        for offset, problem in problems:
            line, column = places.of(offset)
            self._findings.add(REGION.rule, problem, start + 1 + line, column)
        name = values.get("id", "")
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
