"""A policy out of `policy.toml`, read strictly: every mistake is an error that names the line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
import regex
from msgspec.structs import replace

from transcribe.control.policy.items import Policy, Question, Rule
from transcribe.core.decoding import convert
from transcribe.core.errors import UsageError
from transcribe.core.toml_file import Limits, TomlFile
from transcribe.notes.terms import words_of

VERSION = 1
LIMITS = Limits(bytes=512 * 1024, lines=20_000)
MOST = 500
"""Rules, and questions, that a policy may have."""

_Keys = list[str | int]
_Item = TypeVar("_Item", Rule, Question)


def read_policy(path: Path) -> tuple[Policy, str]:
    """The policy in a file, whose items all say their languages and who decides; and the file's digest.

    Raises:
        UsageError: It cannot be read, or something in it is wrong; the message names the line.
    """
    file = TomlFile.read(path, "policy", LIMITS)
    version = file.table.get("version")
    if isinstance(version, int) and version > VERSION:
        raise file.error(
            ["version"], f"the policy is of version {version}, and this program reads {VERSION}", "Update it"
        )
    try:
        policy = convert(dict(file.table), Policy)
    except msgspec.ValidationError as error:
        raise _wrong(file, str(error)) from error
    if version != VERSION:
        raise file.error(["version"], "version has to be 1")
    for keys, what, hint in _mistakes(policy):
        raise file.error(keys, what, hint)
    return _filled(policy), file.sha256


def compiled(pattern: str) -> regex.Pattern[str]:
    """A rule's regular expression.

    Raises:
        ValueError: It is none; the message says why.
    """
    try:
        return regex.compile(pattern, regex.IGNORECASE)
    except (regex.error, RecursionError, OverflowError) as error:
        raise ValueError(str(error) or "it is nested too deeply") from error


def _filled(policy: Policy) -> Policy:
    def fill(item: _Item) -> _Item:
        languages, decides = item.languages or policy.languages, item.decides or policy.decides
        return replace(item, languages=languages, decides=decides)

    rules, questions = tuple(map(fill, policy.rules)), tuple(map(fill, policy.questions))
    return replace(policy, rules=rules, questions=questions)


def _wrong(file: TomlFile, message: str) -> UsageError:
    """What msgspec says, with the line of the key that it is about."""
    what, _, path = message.partition(" - at `$")
    keys: _Keys = [
        int(found[1]) if found[1] else found[2] for found in re.finditer(r"\[(\d+)\]|\.(\w+)", path)
    ]
    if unknown := re.search("unknown field `(.+)`", what):
        known = Rule if keys[:1] == ["rules"] else Question if keys[:1] == ["questions"] else Policy
        close = difflib.get_close_matches(unknown[1], known.__struct_fields__, 1)
        hint = f"Did you mean {close[0]!r}?" if close else f"Keys are {', '.join(known.__struct_fields__)}"
        return file.error([*keys, unknown[1]], f"there is no key {unknown[1]!r} here", hint)
    if missing := re.search("required field `(.+)`", what):
        return file.error(keys, f"the key {missing[1]!r} is missing")
    where = ".".join(str(key) for key in keys if isinstance(key, str))
    return file.error(keys, f"{where or 'the policy'}: {what[:1].lower()}{what[1:]}".replace("`", ""))


def _mistakes(policy: Policy) -> Iterator[tuple[_Keys, str, str]]:
    """What is wrong with a policy of the right form: keys, what, and what to do."""
    if not policy.items:
        yield [], "the policy has no rules and no questions", "Begin one with [[rules]]"
    seen: set[str] = set()
    for name, items in (("rules", policy.rules), ("questions", policy.questions)):
        if len(items) > MOST:
            yield [name, MOST], f"there are {len(items)} {name}, and {MOST} are allowed", "Divide the policy"
        for number, item in enumerate(items):
            if item.id in seen:
                yield [name, number, "id"], f"the id {item.id!r} is taken already", "Choose another one"
            seen.add(item.id)
    for number, rule in enumerate(policy.rules):
        for key, what, hint in _faults(rule):
            yield ["rules", number, key], f"{rule.id}: {what}", hint


def _faults(rule: Rule) -> Iterator[tuple[str, str, str]]:
    if not (rule.words or rule.patterns or rule.personal):
        yield "id", "there is nothing to look for", "Add words, patterns or personal"
    for phrase in rule.words:
        if not words_of(phrase):
            yield "words", f"{phrase!r} has no word in it", ""
    for pattern in rule.patterns:
        try:
            compiled(pattern)
        except ValueError as error:
            yield (
                "patterns",
                f"{pattern!r} is no regular expression: {error}",
                "Put it in '…', so that \\ is kept",
            )
    try:
        _ = rule.until_ms
    except ValueError as error:
        yield "until", str(error), ""
