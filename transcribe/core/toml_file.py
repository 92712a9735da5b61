"""A TOML file that people write: read within limits, and the line of every key in it."""

from __future__ import annotations

import functools
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from transcribe.core.errors import UsageError
from transcribe.core.reading import open_regular

if sys.version_info >= (3, 14):
    import tomllib
else:
    import tomli as tomllib  # unlike the standard library's before 3.14, its errors carry the line

_DEEPEST = 3
"""Keys that mean something: profiles.NAME.KEY."""


@dataclass(frozen=True)
class Limits:
    """How large a file may be: it is written by hand, and what is larger was given by mistake."""

    bytes: int
    lines: int


@dataclass(frozen=True)
class TomlFile:
    """A TOML file as read.

    Attributes:
        text: Its text, with LF line ends.
        sha256: Hex digest of its bytes.
    """

    path: Path
    text: str = field(repr=False)
    table: Mapping[str, Any] = field(repr=False)
    sha256: str = ""

    @classmethod
    def read(cls, path: Path, what: str, limits: Limits) -> Self:
        """Read a file.

        Args:
            what: What it is, for messages: "config file".

        Raises:
            UsageError: It cannot be read, is too large or no plain file, or not TOML.
        """
        content = _content_of(path, what, limits)
        text = _decoded(content, path)
        try:
            return cls(path, text, tomllib.loads(text), hashlib.sha256(content).hexdigest())
        except tomllib.TOMLDecodeError as error:
            where = f"{path}, line {error.lineno}, column {error.colno}"
            raise UsageError(
                f"{where}: this is not valid TOML: {error.msg}", "Put texts in quotes"
            ) from error
        except (ValueError, RecursionError) as error:  # 5,000 digits, a list in a list in a list …
            what = "a number is too long" if isinstance(error, ValueError) else "it is nested too deeply"
            raise UsageError(f"{path}, line {_line_of_failure(text)}: {what}") from error

    def line_of(self, keys: Sequence[str | int]) -> int:
        """The line, from 1, on which the statement that sets a key begins; that of its table, or 1, else.

        Args:
            keys: The key with the tables around it; of a list of tables, the number from 0 after its name.
        """
        for count in range(len(keys), 0, -1):
            if line := self._lines.get(tuple(keys[:count])):
                return line
        return 1

    def error(self, keys: Sequence[str | int], what: str, hint: str = "") -> UsageError:
        """A UsageError about a key of this file."""
        return UsageError(f"{self.path}, line {self.line_of(keys)}: {what}", hint)

    @functools.cached_property
    def _lines(self) -> dict[tuple[str | int, ...], int]:
        """The line of every key. TOML parsers do not tell, but each statement can be parsed by itself."""
        lines: dict[tuple[str | int, ...], int] = {}
        around: tuple[str | int, ...] = ()
        counts: Counter[tuple[str | int, ...]] = Counter()
        for line, statement in _statements(self.text):
            table = tomllib.loads(statement)
            if statement.lstrip().startswith("["):
                around = _path_of(table)
                if statement.lstrip().startswith("[["):
                    counts[around] += 1
                    around += (counts[around] - 1,)
                for count in range(1, len(around) + 1):
                    lines.setdefault(around[:count], line)
                continue
            for keys in _keys_of(table, around):
                lines.setdefault(keys, line)
        return lines


def _content_of(path: Path, what: str, limits: Limits) -> bytes:
    try:
        with open_regular(path) as handle:
            content = handle.read(limits.bytes + 1)
    except OSError as error:
        raise UsageError(f"the {what} {path} cannot be read: {error.strerror or error}") from error
    if len(content) > limits.bytes or content.count(b"\n") > limits.lines:
        most = f"{limits.bytes // 1024} KiB or {limits.lines} lines"
        raise UsageError(f"{path} is too large to be a {what} (over {most})")
    return content


def _decoded(content: bytes, path: Path) -> str:
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


def _path_of(header: Mapping[str, Any]) -> tuple[str | int, ...]:
    """The keys in `[a.b.c]`."""
    keys: list[str | int] = []
    here: Any = header
    while isinstance(here, dict) and here and len(keys) < _DEEPEST:
        key, here = next(iter(here.items()))
        keys.append(key)
    return tuple(keys)


def _keys_of(table: Mapping[str, Any], around: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Every key of a table, and of those in it, with the tables around it."""
    for key, value in table.items():
        keys = (*around, key)
        yield keys
        if isinstance(value, dict) and len(keys) < _DEEPEST:
            yield from _keys_of(value, keys)
