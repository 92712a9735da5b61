"""Fields of JSON objects: which there may be, of which type, and times within them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from transcribe.quality.lint.finding import shown
from transcribe.quality.lint.json_text import JsonFindings, Path
from transcribe.quality.lint.limits import Length, is_past

NUMBER, TEXT, BOOL, LIST, OBJECT = "a number", "a text", "true or false", "a list", "an object"

_TYPES: dict[str, type] = {TEXT: str, BOOL: bool, LIST: list, OBJECT: dict}

MILLISECONDS = 100_000
"""A time above this (27 hours, if it were seconds) is taken for milliseconds where no fractions are used."""


def is_a(value: object, kind: str) -> bool:
    """Whether a JSON value is of a type; NaN and infinity are no numbers."""
    if kind == NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool) and _finite(value)
    return isinstance(value, _TYPES[kind])


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer no float can hold
        return False


def said(value: object) -> str:
    """A JSON value for a message; of lists and objects, which may be deep, only that they are some."""
    for kind in (LIST, OBJECT):
        if is_a(value, kind):
            return kind
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return shown(str(value))


def check_fields(
    value: Mapping[str, Any], path: Path, types: Mapping[str, str], prefix: str, findings: JsonFindings
) -> None:
    """Check names and types of an object's fields; `prefix` is how the rules' ids begin."""
    for name, field in value.items():
        if name not in types:
            findings.add(
                f"{prefix}-field-unknown", f"the format has no field {shown(name)} here", (*path, name)
            )
        elif not is_a(field, types[name]):
            findings.add(f"{prefix}-type", f"{name} is {said(field)}, not {types[name]}", (*path, name))


@dataclass(frozen=True)
class Form:
    """A format that is an object with a version and a list of objects.

    Attributes:
        one: What an object of the list is called.
        many: What the list is called.
        versions: Those that are right, the newest last.
        fields: The types of the fields of an object in it.
        prefix: How the rules' ids begin.
    """

    one: str
    many: str
    versions: tuple[str, ...]
    top: Mapping[str, str]
    fields: Mapping[str, str]
    prefix: str


def objects_in(value: object, form: Form, findings: JsonFindings) -> Iterator[tuple[dict[str, Any], Path]]:
    """The objects of the list, each with its place; what is wrong with the form itself is noted."""
    listed = value.get(form.many) if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(listed, list):
        findings.add(f"{form.prefix}-shape", f"there is no list {form.many} in an object", ())
        return
    check_fields(value, (), form.top, form.prefix, findings)
    version = value.get("version")
    if version not in form.versions:
        path: Path = ("version",) if "version" in value else ()
        message = f"version is {said(version)}, not {form.versions[-1]!r}"
        findings.add(f"{form.prefix}-version", message, path)
    if not listed:
        findings.add(f"{form.prefix}-none", f"there are no {form.many}", (form.many,))
    for index, each in enumerate(listed):
        path = (form.many, index)
        if isinstance(each, dict):
            check_fields(each, path, form.fields, form.prefix, findings)
            yield each, path
        else:
            findings.add(f"{form.prefix}-shape", f"a {form.one} is an object", path)


def times_of(
    value: Mapping[str, Any], path: Path, form: Form, findings: JsonFindings
) -> tuple[float | None, float | None]:
    """Start and end of an object, in s; None for what is no number. What is missing or negative is noted."""
    if "startTime" not in value:
        findings.add(f"{form.prefix}-start-missing", f"the {form.one} has no startTime", path)
    times = number_of(value, "startTime"), number_of(value, "endTime")
    for name, time in zip(("startTime", "endTime"), times, strict=True):
        if time is not None and time < 0:
            findings.add(f"{form.prefix}-negative", f"{name} is {time:g}", (*path, name))
    return times


def number_of(value: Mapping[str, Any], name: str) -> float | None:
    """A field that is a number, else None."""
    field: Any = value.get(name)
    return float(field) if is_a(field, NUMBER) else None


def check_milliseconds(
    times: list[float], prefix: str, path: Path, length: Length | None, findings: JsonFindings
) -> None:
    """Note that times look like milliseconds: large whole numbers, beyond any known end of the recording."""
    long = length is not None and times and not is_past(length, max(times) * 1000)
    if times and not long and max(times) > MILLISECONDS and all(time.is_integer() for time in times):
        message = f"the last time is {max(times):.12g}, that is {max(times) / 3600:.4g} hours"
        findings.add(f"{prefix}-milliseconds", message, path)
