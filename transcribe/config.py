"""Where settings come from: defaults ← config files ← a profile ← the environment ← flags.

A config file is TOML with flat keys named like the options, and `[profiles.NAME]` tables, which
may start from another profile (`from = "OTHER"`). Two files are read where they exist: the user's
own and `transcribe.toml` in the current folder. Every mistake is a UsageError that names the line.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from transcribe.errors import UsageError
from transcribe.option import Option
from transcribe.settings import OPTIONS, Settings

if sys.version_info >= (3, 14):
    import tomllib
else:
    import tomli as tomllib  # unlike the standard library's before 3.14, its errors carry the line

FILE_NAME = "transcribe.toml"

MAX_FILE_BYTES = 256 * 1024
"""A config file is written by hand; what is larger is something else given by mistake."""

CONFIG_ENV = "TRANSCRIBE_CONFIG"
PROFILE_ENV = "TRANSCRIBE_PROFILE"
OTHER_ENV = frozenset(
    {CONFIG_ENV, PROFILE_ENV, "TRANSCRIBE_MODELS_DIR", "TRANSCRIBE_WORK_DIR", "TRANSCRIBE_WRITER_KEY"}
)
"""Names in the environment that are no option's."""

USERS_OWN = {"ffmpeg": "the program for ffmpeg", "writer_host": "the host that the transcript is sent to"}
"""Options that the file of the current folder may not set, and what they choose: that folder may be
somebody else's, and entering it must neither run their program nor send them a transcript."""


@dataclass(frozen=True)
class ConfigFile:
    """A config file as read.

    Attributes:
        path: Where it lies.
        text: Its text, with LF line ends.
        table: Its content.
        trusted: Whether it is the user's own, rather than one found in the current folder.
    """

    path: Path
    text: str = field(repr=False)
    table: Mapping[str, Any] = field(repr=False)
    trusted: bool

    def line_of(self, keys: Sequence[str]) -> int:
        """The line, from 1, on which the statement that sets a key begins.

        TOML parsers do not tell. But a text that is cut after a line is valid TOML unless the cut is
        inside a value, so the key belongs to the statement that ends the shortest text that has it.
        """
        lines = self.text.split("\n")
        complete = 0
        for count in range(1, len(lines) + 1):
            try:
                table = tomllib.loads("\n".join(lines[:count]))
            except tomllib.TOMLDecodeError:
                continue
            if _holds(table, keys):
                break
            complete = count
        return complete + 1

    def error(self, keys: Sequence[str], what: str, hint: str = "") -> UsageError:
        """A UsageError about a key of this file."""
        return UsageError(f"{self.path}, line {self.line_of(keys)}: {what}", hint)


@dataclass(frozen=True)
class Origin:
    """Where a value comes from.

    Attributes:
        name: `default`, a flag, or a name in the environment; empty for a value from a file.
        file: The config file.
        keys: The key in it, with the tables around it.
    """

    name: str = "default"
    file: ConfigFile | None = None
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.file is None:
            return self.name
        profile = f" (profile {self.keys[1]})" if self.keys[0] == "profiles" else ""
        return f"{self.file.path}, line {self.file.line_of(self.keys)}{profile}"


@dataclass(frozen=True)
class Value:
    """An option's value and where it comes from."""

    option: Option
    value: Any
    origin: Origin


@dataclass(frozen=True)
class Resolved:
    """The settings in force, and how they came about.

    Attributes:
        settings: What the job runs with.
        values: The same option by option, in the order of declaration.
        files: The config files that were read.
        profile: The profile in force, or empty.
        warnings: What looks like a mistake without being one for sure.
    """

    settings: Settings
    values: tuple[Value, ...]
    files: tuple[Path, ...]
    profile: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Profile:
    name: str
    file: ConfigFile

    @property
    def keys(self) -> tuple[str, str]:
        return ("profiles", self.name)

    @property
    def table(self) -> Mapping[str, Any]:
        table: Mapping[str, Any] = self.file.table["profiles"][self.name]
        return table


def load(
    flags: Mapping[str, Any],
    config_file: Path | None = None,
    profile: str | None = None,
    environ: Mapping[str, str] = os.environ,
    cwd: Path | None = None,
) -> Resolved:
    """Put the settings together.

    Args:
        flags: Options given on the command line, by name.
        config_file: Read this file instead of the user's and the folder's.
        profile: Name of the profile to use; an empty name means none.
        environ: The environment.
        cwd: Folder in which `transcribe.toml` is looked for; the current one when not given.

    Raises:
        UsageError: A file cannot be read, or a key, a value or a profile makes no sense.
    """
    files = _read_files(config_file, environ, cwd or Path())
    profiles = {each.name: each for file in files for each in _profiles_of(file)}
    for name in profiles:
        _chain(name, profiles)  # mistakes show in profiles that are not in use, too
    chosen = environ.get(PROFILE_ENV, _default_profile(files)) if profile is None else profile
    values = {option.name: Value(option, option.default, Origin()) for option in OPTIONS.values()}
    for given in (
        *(value for file in files for value in _values_of(file)),
        *(value for each in _chain(chosen, profiles) for value in _values_of(each.file, each.keys)),
        *_environment_values(environ),
        *_flag_values(flags),
    ):
        values[given.option.name] = given
    return Resolved(
        Settings().replace({name: each.value for name, each in values.items()}),
        tuple(values.values()),
        tuple(file.path for file in files),
        chosen,
        tuple(_misspelt(environ)),
    )


def user_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's own config file: `TRANSCRIBE_CONFIG`, else in the system's place for them."""
    if named := environ.get(CONFIG_ENV):
        return Path(named).expanduser()
    return platformdirs.user_config_path("transcribe", appauthor=False) / FILE_NAME


def profile_names(environ: Mapping[str, str] = os.environ, cwd: Path | None = None) -> list[str]:
    """Every profile that can be chosen, sorted.

    Raises:
        UsageError: A config file is wrong.
    """
    files = _read_files(None, environ, cwd or Path())
    return sorted({each.name for file in files for each in _profiles_of(file)})


def _read_files(named: Path | None, environ: Mapping[str, str], cwd: Path) -> list[ConfigFile]:
    """The config files that exist, the weakest first."""
    if named is not None:
        return [_read(named, trusted=True)]
    user, project = user_file(environ), cwd / FILE_NAME
    files = []
    if environ.get(CONFIG_ENV) or _is_there(user):
        files.append(_read(user, trusted=True))
    if _is_there(project) and not (files and project.samefile(user)):
        files.append(_read(project, trusted=False))
    return files


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:  # a home that is not ours, as services often have
        return False


def _read(path: Path, *, trusted: bool) -> ConfigFile:
    try:
        with path.open("rb") as handle:
            content = handle.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"the config file {path} cannot be read: {error.strerror or error}") from error
    if len(content) > MAX_FILE_BYTES:
        raise UsageError(f"{path} is too large to be a config file (over {MAX_FILE_BYTES // 1024} KiB)")
    text = _decode(content, path).replace("\r\n", "\n")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = f"{path}, line {error.lineno}, column {error.colno}"
        raise UsageError(f"{where}: this is not valid TOML: {error.msg}", "Put texts in quotes") from error
    return _checked(ConfigFile(path, text, table, trusted))


def _decode(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}, line {line}: this is not UTF-8 text", "Save the file as UTF-8") from error


def _checked(file: ConfigFile) -> ConfigFile:
    """The file, once every key and value in it is known to make sense, also of profiles not in use."""
    if not isinstance(file.table.get("profile", ""), str):
        raise file.error(["profile"], "profile is the name of a profile, in quotes")
    for _ in _values_of(file):
        pass
    for profile in _profiles_of(file):
        for _ in _values_of(file, profile.keys):
            pass
    return file


def _profiles_of(file: ConfigFile) -> Iterator[_Profile]:
    tables = file.table.get("profiles", {})
    if not isinstance(tables, dict):
        raise file.error(["profiles"], "profiles are tables", "Write [profiles.NAME] above their keys")
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise file.error(
                ["profiles", name], "a profile is a table", f"Write [profiles.{name}] above its keys"
            )
        if not isinstance(table.get("from", ""), str):
            raise file.error(["profiles", name, "from"], "from is the name of another profile, in quotes")
        yield _Profile(name, file)


def _values_of(file: ConfigFile, tables: tuple[str, ...] = ()) -> Iterator[Value]:
    """The options that a file sets, at the top or in the profile at `tables`."""
    table = _at(file.table, tables)
    not_options = {"from"} if tables else {"profile", "profiles"}
    for key, raw in table.items():
        if key not in not_options:
            yield _file_value(file, (*tables, key), raw)


def _file_value(file: ConfigFile, keys: tuple[str, ...], raw: Any) -> Value:
    option = OPTIONS.get(keys[-1])
    if option is None:
        raise file.error(keys, f"there is no option {keys[-1]!r}", _guess(keys[-1], OPTIONS))
    if option.name in USERS_OWN and not file.trusted:
        hint = f"Put it into {user_file()}, or name the file with --config"
        raise file.error(keys, f"a folder's config may not choose {USERS_OWN[option.name]}", hint)
    try:
        value = option.convert(raw)
    except ValueError as error:
        raise file.error(keys, str(error)) from None
    if option.kind is Path or (option.name == "model" and "/" in value):
        value = option.convert(str(file.path.parent / Path(value).expanduser()))
    return Value(option, value, Origin("", file, keys))


def _chain(name: str, profiles: Mapping[str, _Profile]) -> list[_Profile]:
    """A profile and those it starts from, the weakest first."""
    chain: list[_Profile] = []
    while name:
        profile = profiles.get(name)
        if profile is None:
            raise _unknown_profile(name, profiles, chain)
        if profile in chain:
            circle = " → ".join([*(each.name for each in chain), name])
            raise chain[-1].file.error((*chain[-1].keys, "from"), f"profiles start from each other: {circle}")
        chain.append(profile)
        name = profile.table.get("from", "")
    return chain[::-1]


def _unknown_profile(name: str, profiles: Iterable[str], chain: Sequence[_Profile]) -> UsageError:
    what, hint = f"there is no profile {name!r}", _guess(name, profiles)
    if not hint:
        known = ", ".join(sorted(profiles))
        hint = f"There are: {known}" if known else f"Write [profiles.{name}] into {user_file()}"
    if chain:
        return chain[-1].file.error((*chain[-1].keys, "from"), what, hint)
    return UsageError(what, hint)


def _default_profile(files: Sequence[ConfigFile]) -> str:
    """The profile that the strongest file chooses."""
    names = [str(file.table["profile"]) for file in files if "profile" in file.table]
    return names[-1] if names else ""


def _environment_values(environ: Mapping[str, str]) -> Iterator[Value]:
    for option in OPTIONS.values():
        if raw := environ.get(option.env):
            yield _outside_value(option, raw, option.env)


def _flag_values(flags: Mapping[str, Any]) -> Iterator[Value]:
    for name, raw in flags.items():
        yield _outside_value(OPTIONS[name], raw, OPTIONS[name].flag)


def _outside_value(option: Option, raw: Any, name: str) -> Value:
    try:
        return Value(option, option.convert(raw), Origin(name))
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from None


def _misspelt(environ: Mapping[str, str]) -> Iterator[str]:
    """Names in the environment that nobody reads but that nearly are an option's."""
    known = {option.env for option in OPTIONS.values()} | OTHER_ENV
    for name in sorted(environ):
        if name.startswith("TRANSCRIBE_") and name not in known and (guess := _guess(name, known, 0.9)):
            yield f"{name} in the environment has no effect. {guess}"


def _guess(wrong: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    near = difflib.get_close_matches(wrong, list(known), n=1, cutoff=cutoff)
    return f"Did you mean {near[0]}?" if near else ""


def _at(table: Mapping[str, Any], keys: Sequence[str]) -> Mapping[str, Any]:
    for key in keys:
        table = table[key]
    return table


def _holds(table: Mapping[str, Any], keys: Sequence[str]) -> bool:
    here: Any = table
    for key in keys:
        if not isinstance(here, dict) or key not in here:
            return False
        here = here[key]
    return True
