"""What an option is: how it is declared beside a field, and how its value is read and shown."""

from __future__ import annotations

import dataclasses
import os
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from transcribe.core.speaker_count import SpeakerCount
from transcribe.core.timecode import parse_timecode

Choices = tuple[str, ...]
Trust = Literal["user", "any", "inside", "name"]

SHOWN_CHARS = 80
"""Of a value in an error."""


@dataclass(frozen=True)
class OptionSpec:
    """What the declaration of an option says beside its type and default.

    Attributes:
        help: One sentence, without a trailing full stop.
        flag: The long flag; derived from the field's name when empty.
        short: A one-letter flag with its dash, or empty.
        metavar: What stands for the value in help texts.
        minimum: Smallest value allowed, for numbers.
        maximum: Largest value allowed, for numbers.
        zero: Whether 0 is allowed although it is less than the minimum; the help says what it stands for.
        choices: The values allowed, for texts.
        bare: What the flag means without a value, and `true` in a config; `false` is the default.
        timecode: Whether an integer is a time in ms that people write as 1:02:03.
        advanced: Left out of the short help, which shows the everyday options only.
        trust: What the config file of a stranger's folder may set: `any` value, a path `inside` that folder,
            the `name` of something installed, or nothing, since it is the `user`'s alone. See `trust.py`.
    """

    help: str
    flag: str = ""
    short: str = ""
    metavar: str = ""
    minimum: float | None = None
    maximum: float | None = None
    zero: bool = False
    choices: Choices = ()
    bare: str = ""
    timecode: bool = False
    advanced: bool = False
    trust: Trust = "user"


def option(default: Any, help: str, **spec: Any) -> Any:  # noqa: A002 - "help" is the field's word
    """Declare an option: a dataclass field whose metadata carries its OptionSpec."""
    return field(default=default, metadata={"option": OptionSpec(help, **spec)})


@dataclass(frozen=True)
class Option:
    """One option, as the command line, the config and the environment see it.

    Attributes:
        name: The field's name, and the config key.
        group: The field of Settings that holds it.
        spec: What its declaration says.
        default: Default value.
        kind: `bool`, `int`, `float`, `str`, `Path` or `SpeakerCount`: the type of one value.
        many: Whether it is a tuple of values.
        optional: Whether None (not given) is allowed.
    """

    name: str
    group: str
    spec: OptionSpec
    default: Any
    kind: type
    many: bool
    optional: bool

    @property
    def flag(self) -> str:
        """Its long flag, with dashes."""
        return self.spec.flag or "--" + self.name.replace("_", "-")

    @property
    def env(self) -> str:
        """Its name in the environment."""
        return "TRANSCRIBE_" + self.name.upper()

    def convert(self, raw: Any, called: str = "") -> Any:
        """Turn a value from a flag, a config file or the environment into the field's type.

        Args:
            raw: The value.
            called: What people call the option where it comes from, for the message; its name by default.

        Raises:
            ValueError: It is not of the right type, not in range, or not among the choices.
        """
        if raw is None and self.optional:
            return None
        called = called or self.name
        if not self.many:
            return self._convert_one(raw, called)
        values = raw.split(",") if isinstance(raw, str) else raw
        if not isinstance(values, list | tuple):
            raise ValueError(f"{called} takes a list, not {_shown(raw)}")
        return tuple(
            self._convert_one(value.strip() if isinstance(value, str) else value, called) for value in values
        )

    def _convert_one(self, raw: Any, called: str) -> Any:
        if self.spec.bare and isinstance(raw, bool):
            return self.spec.bare if raw else self.default
        value = _CONVERTERS[self.kind](self, raw, called)
        spec = self.spec
        if spec.choices and value not in spec.choices:
            raise ValueError(f"{called} is one of {', '.join(spec.choices)}, not {_shown(raw)}")
        if spec.zero and value == 0:
            return value
        if spec.minimum is not None and not value >= spec.minimum:  # nan is neither less nor more
            least = f"0 or at least {spec.minimum:g}" if spec.zero else f"at least {spec.minimum:g}"
            raise ValueError(f"{called} is {least}, not {_shown(raw)}")
        if spec.maximum is not None and value > spec.maximum:
            raise ValueError(f"{called} is at most {spec.maximum:g}, not {_shown(raw)}")
        return value

    def show(self, value: Any) -> str:
        """The value as text for `config show`, for provenance and for fingerprints."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(value).lower()
        return ",".join(value) if self.many else str(value)


def declared_in(cls: Any, group: str) -> Iterator[Option]:
    """The options that a dataclass declares, in its order.

    Args:
        cls: The dataclass.
        group: The field of Settings that holds one.
    """
    hints = typing.get_type_hints(cls)
    for each in dataclasses.fields(cls):
        kind, many, optional = _analyse(hints[each.name])
        yield Option(each.name, group, each.metadata["option"], each.default, kind, many, optional)


def _to_bool(_declared: Option, raw: Any, called: str) -> bool:
    words = {
        "true": True,
        "yes": True,
        "on": True,
        "1": True,
        "false": False,
        "no": False,
        "off": False,
        "0": False,
    }
    value = raw if isinstance(raw, bool) else words.get(str(raw).lower())
    if value is None:
        raise ValueError(f"{called} is true or false, not {_shown(raw)}")
    return value


def _to_int(declared: Option, raw: Any, called: str) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if declared.spec.timecode and isinstance(raw, str):
        return _to_ms(raw, called)
    try:
        return int(raw) if isinstance(raw, str) else _reject(raw)
    except ValueError:
        raise ValueError(f"{called} is a whole number, not {_shown(raw)}") from None


def _to_ms(raw: str, called: str) -> int:
    try:
        return parse_timecode(raw)
    except ValueError as error:
        raise ValueError(f"{called} is a time, but {error}") from None


def _to_float(_declared: Option, raw: Any, called: str) -> float:
    try:
        return float(_reject(raw) if isinstance(raw, bool) else raw)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{called} is a number, not {_shown(raw)}") from None


def _to_str(_declared: Option, raw: Any, called: str) -> str:
    text = os.fspath(raw) if isinstance(raw, os.PathLike) else raw
    if not isinstance(text, str):
        raise ValueError(f"{called} is a text, not {_shown(raw)}")
    return text


def _to_speaker_count(_declared: Option, raw: Any, called: str) -> SpeakerCount:
    if isinstance(raw, SpeakerCount):
        return raw
    text = raw if isinstance(raw, str) else _shown(raw)
    try:
        return SpeakerCount.parse(text)
    except ValueError as error:
        raise ValueError(f"{called} {_shown(raw)}: {error}") from None


def _to_path(declared: Option, raw: Any, called: str) -> Path:
    from transcribe.core.places import expanded

    path = _to_str(declared, raw, called)
    if not path:  # or it would be the current folder
        raise ValueError(f"{called} is the path of a file or folder, not {_shown(path)}")
    return expanded(path)


def _shown(raw: Any) -> str:
    """A value in an error: of one line, however long, deep or large it is."""
    try:
        text = repr(raw)
    except (ValueError, RecursionError):  # a number of 5,000 digits, a table in a table in a table …
        return f"this {type(raw).__name__}"
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"


def _reject(raw: Any) -> typing.NoReturn:
    raise ValueError(raw)


_CONVERTERS: dict[type, Any] = {
    bool: _to_bool, int: _to_int, float: _to_float, str: _to_str, Path: _to_path,
    SpeakerCount: _to_speaker_count,
}  # fmt: skip


def _analyse(hint: Any) -> tuple[type, bool, bool]:
    """Split a field's type into one value's type, whether it is a tuple, and whether it may be None."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return str, False, False
    if origin is tuple:
        return args[0], True, False
    if origin is types.UnionType:
        return next(arg for arg in args if arg is not type(None)), False, True
    return hint, False, False
