"""A config file: read within limits, and the line of every key in it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transcribe.core.errors import UsageError
from transcribe.core.reading import open_regular

if sys.version_info >= (3, 14):
    import tomllib
else:
    import tomli as tomllib  # unlike the standard library's before 3.14, its errors carry the line

MAX_FILE_BYTES = 64 * 1024
MAX_LINES = 2_000
"""A config file is written by hand; what is larger is something else given by mistake."""

_DEEPEST = 3
"""Keys that mean something: profiles.NAME.KEY."""


@dataclass(frozen=True)
class ConfigFile:
    """A config file as read.

    Attributes:
        text: Its text, with LF line ends.
        trusted: Whether it is the user's own, rather than one found in the current folder.
    """

    path: Path
    text: str = field(repr=False)
    table: Mapping[str, Any] = field(repr=False)
    trusted: bool

    @classmethod
    def read(cls, path: Path, *, trusted: bool) -> ConfigFile:
        """Read a file.

        Raises:
            UsageError: It cannot be read, is too large or no plain file, or not TOML.
        """
        text = _text_of(path)
        try:
            return cls(path, text, tomllib.loads(text), trusted)
        except tomllib.TOMLDecodeError as error:
            where = f"{path}, line {error.lineno}, column {error.colno}"
            raise UsageError(
                f"{where}: this is not valid TOML: {error.msg}", "Put texts in quotes"
            ) from error
        except (ValueError, RecursionError) as error:  # 5,000 digits, a list in a list in a list …
            what = "a number is too long" if isinstance(error, ValueError) else "it is nested too deeply"
            raise UsageError(f"{path}, line {_line_of_failure(text)}: {what}") from error

    def line_of(self, keys: Sequence[str]) -> int:
        """The line, from 1, on which the statement that sets a key begins; that of its table, or 1, else."""
        for count in range(len(keys), 0, -1):
            if line := self._lines.get(tuple(keys[:count])):
                return line
        return 1

    def error(self, keys: Sequence[str], what: str, hint: str = "") -> UsageError:
        """A UsageError about a key of this file."""
        return UsageError(f"{self.path}, line {self.line_of(keys)}: {what}", hint)

    @functools.cached_property
    def _lines(self) -> dict[tuple[str, ...], int]:
        """The line of every key. TOML parsers do not tell, but each statement can be parsed by itself."""
        lines: dict[tuple[str, ...], int] = {}
        around: tuple[str, ...] = ()
        for line, statement in _statements(self.text):
            table = tomllib.loads(statement)
            if statement.lstrip().startswith("["):
                around = _path_of(table)
                for count in range(1, len(around) + 1):
                    lines.setdefault(around[:count], line)
                continue
            for keys in _keys_of(table, around):
                lines.setdefault(keys, line)
        return lines


def _text_of(path: Path) -> str:
    try:
        with open_regular(path) as handle:
            content = handle.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"the config file {path} cannot be read: {error.strerror or error}") from error
    if len(content) > MAX_FILE_BYTES or content.count(b"\n") > MAX_LINES:
        limits = f"{MAX_FILE_BYTES // 1024} KiB or {MAX_LINES} lines"
        raise UsageError(f"{path} is too large to be a config file (over {limits})")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}, line {line}: this is not UTF-8 text", "Save the file as UTF-8") from error


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Every statement of a TOML text, with its first line: as few lines as are TOML by themselves.

    Raises:
        ValueError, RecursionError: A statement cannot be held, though it may be TOML.
    """
    first, statement = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        statement += line + "\n"
        try:
            tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        yield first, statement
        first, statement = number + 1, ""


def _line_of_failure(text: str) -> int:
    """The line on which the first statement begins that Python cannot hold."""
    line = 1
    with suppress(ValueError, RecursionError):
        for first, statement in _statements(text):
            line = first + statement.count("\n")
    return line


def _path_of(header: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys in `[a.b.c]`."""
    keys: list[str] = []
    here: Any = header
    while isinstance(here, dict) and here and len(keys) < _DEEPEST:
        key, here = next(iter(here.items()))
        keys.append(key)
    return tuple(keys)


def _keys_of(table: Mapping[str, Any], around: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every key of a table, and of those in it, with the tables around it."""
    for key, value in table.items():
        keys = (*around, key)
        yield keys
        if isinstance(value, dict) and len(keys) < _DEEPEST:
            yield from _keys_of(value, keys)
