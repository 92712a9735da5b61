"""Where settings come from: defaults ← config files ← a profile ← the environment ← flags.

A config file is TOML with flat keys named like the options, and `[profiles.NAME]` tables, which
may start from another profile (`from = "OTHER"`). Two files are read where they exist: the user's
own and `transcribe.toml` in the current folder, which may be a stranger's (`trust.py`). Every mistake is a
UsageError that names the line.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from transcribe.core import places
from transcribe.core.errors import UsageError
from transcribe.core.option import Option
from transcribe.core.places import FOLDERS
from transcribe.core.reading import inside
from transcribe.core.seal import HELD_ENV
from transcribe.core.settings import OPTIONS, Settings
from transcribe.core.toml_file import Limits, TomlFile
from transcribe.core.trust import admitted

FILE_NAME = "transcribe.toml"

CONFIG_ENV = "TRANSCRIBE_CONFIG"
PROFILE_ENV = "TRANSCRIBE_PROFILE"
OTHER_ENV = frozenset({CONFIG_ENV, PROFILE_ENV, "TRANSCRIBE_WRITER_KEY", HELD_ENV}) | FOLDERS.keys()
"""Names in the environment that are no option's."""


LIMITS = Limits(bytes=64 * 1024, lines=2_000)


@dataclass(frozen=True)
class ConfigFile(TomlFile):
    """A config file as read.

    Attributes:
        trusted: Whether it is the user's own, rather than one found in the current folder.
    """

    trusted: bool = False


@dataclass(frozen=True)
class Origin:
    """Where a value comes from.

    Attributes:
        name: `default`, a flag, or a name in the environment; empty for a value from a file.
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
class Refused:
    """What a folder's config file asked for and may not have."""

    option: Option
    value: Any
    origin: Origin
    why: str


@dataclass(frozen=True)
class Resolved:
    """The settings in force, and how they came about.

    Attributes:
        values: The same option by option, in the order of declaration.
        warnings: What looks like a mistake without being one for sure, and that something was refused.
    """

    settings: Settings
    values: tuple[Value, ...]
    files: tuple[Path, ...]
    profile: str
    refused: tuple[Refused, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Profile:
    """A profile, and the file that asked for it; None where a flag or the environment did."""

    name: str
    file: ConfigFile
    asked_by: ConfigFile | None = None

    @property
    def trusted(self) -> bool:
        """Whether the user has written it, and whether it is the user who asked for it."""
        return self.file.trusted and (self.asked_by is None or self.asked_by.trusted)

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
        cwd: Folder in which `transcribe.toml` is looked for; the current one when not given.

    Raises:
        UsageError: A file cannot be read, or a key, a value or a profile makes no sense.
    """
    files, ignored = _read_files(config_file, environ, cwd or Path())
    profiles = {each.name: each for file in files for each in _profiles_of(file)}
    for name in profiles:
        _chain(name, profiles)  # mistakes show in profiles that are not in use, too
    asked_by = None
    chosen = environ.get(PROFILE_ENV) if profile is None else profile
    if chosen is None:
        chosen, asked_by = _default_profile(files)
    values = {option.name: Value(option, option.default, Origin()) for option in OPTIONS.values()}
    refused: list[Refused] = []
    for given in (
        *(value for file in files for value in _values_of(file, trusted=file.trusted)),
        *(
            value
            for each in _chain(chosen, profiles, asked_by)
            for value in _values_of(each.file, each.keys, trusted=each.trusted)
        ),
        *_environment_values(environ),
        *_flag_values(flags),
    ):
        if isinstance(given, Refused):
            refused.append(given)
        else:
            values[given.option.name] = given
    return Resolved(
        Settings().replace({name: each.value for name, each in values.items()}),
        tuple(values.values()),
        tuple(file.path for file in files),
        chosen,
        tuple(refused),
        (*ignored, *_summary(refused, files), *_misspelt(environ)),
    )


def user_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's own config file: `TRANSCRIBE_CONFIG`, else in the system's place for them."""
    if named := environ.get(CONFIG_ENV):
        return places.expanded(named)
    return places.config() / FILE_NAME


def profile_names(environ: Mapping[str, str] = os.environ, cwd: Path | None = None) -> list[str]:
    """Every profile that can be chosen, sorted.

    Raises:
        UsageError: A config file is wrong.
    """
    files, _ = _read_files(None, environ, cwd or Path())
    return sorted({each.name for file in files for each in _profiles_of(file)})


def _read_files(
    named: Path | None, environ: Mapping[str, str], cwd: Path
) -> tuple[list[ConfigFile], list[str]]:
    """The config files that exist, the weakest first, and why one of them is not read."""
    if named is not None:
        _check_there(named, "Name another one with --config")
        return [_read(named, trusted=True)], []
    user, project = user_file(environ), cwd / FILE_NAME
    files = []
    if environ.get(CONFIG_ENV):
        _check_there(user, f"Name another one in {CONFIG_ENV}, or unset it")
    if environ.get(CONFIG_ENV) or _is_there(user):
        files.append(_read(user, trusted=True))
    if _is_there(project) and not (files and project.samefile(user)):
        try:
            inside(cwd, FILE_NAME)
        except ValueError:
            return files, [f"{project} is a link out of its folder, and is not read"]
        files.append(_read(project, trusted=False))
    return files, []


def _check_there(path: Path, hint: str) -> None:
    try:
        path.stat()
    except FileNotFoundError:
        raise UsageError(f"the config file {path} is not there", hint) from None
    except OSError:
        return  # reading it says why


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:  # a home that is not ours, as services often have
        return False


def _read(path: Path, *, trusted: bool) -> ConfigFile:
    """A file, once every key and value in it is known to make sense, also of profiles not in use."""
    file = replace(ConfigFile.read(path, "config file", LIMITS), trusted=trusted)
    if not isinstance(file.table.get("profile", ""), str):
        hint = "Profiles are written as [profiles.NAME]" if isinstance(file.table["profile"], dict) else ""
        raise file.error(["profile"], "profile is the name of a profile, in quotes", hint)
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


def _values_of(
    file: ConfigFile, tables: tuple[str, ...] = (), *, trusted: bool = True
) -> Iterator[Value | Refused]:
    """The options that a file sets, at the top or in the profile at `tables`.

    Args:
        trusted: Whether all of it is what the user wants.
    """
    table = _at(file.table, tables)
    not_options = {"from"} if tables else {"profile", "profiles"}
    for key, raw in table.items():
        if key not in not_options:
            yield _file_value(file, (*tables, key), raw, trusted=trusted)


def _file_value(file: ConfigFile, keys: tuple[str, ...], raw: Any, *, trusted: bool) -> Value | Refused:
    option = OPTIONS.get(keys[-1])
    if option is None:
        raise file.error(keys, f"there is no option {keys[-1]!r}", _guess(keys[-1], OPTIONS))
    try:
        value = option.convert(raw)
    except ValueError as error:
        raise file.error(keys, str(error)) from None
    origin = Origin("", file, keys)
    try:
        if not trusted:
            value = admitted(option, value, file.path.parent, written_by_user=file.trusted)
    except ValueError as error:
        return Refused(option, value, origin, str(error))
    if file.trusted and (option.kind is Path or (option.name == "model" and "/" in value)):
        value = option.convert(str(file.path.parent / places.expanded(value)))
    return Value(option, value, origin)


def _summary(refused: Sequence[Refused], files: Sequence[ConfigFile]) -> Iterator[str]:
    """One line for all that was refused."""
    if refused:
        names = ", ".join(dict.fromkeys(each.option.name for each in refused))
        theirs = next(file.path for file in files if not file.trusted)
        yield f"{theirs} may not set {names}: it may be somebody else's; see transcribe config show"


def _chain(name: str, profiles: Mapping[str, _Profile], asked_by: ConfigFile | None = None) -> list[_Profile]:
    """A profile and those it starts from, the weakest first, each with the file that asked for it.

    What a stranger's file asked for stays a stranger's wish, whoever wrote the profiles it starts from.
    """
    chain: list[_Profile] = []
    while name:
        profile = profiles.get(name)
        if profile is None:
            raise _unknown_profile(name, profiles, chain)
        if any(profile.name == each.name for each in chain):
            circle = " → ".join([*(each.name for each in chain), name])
            raise chain[-1].file.error((*chain[-1].keys, "from"), f"profiles start from each other: {circle}")
        chain.append(replace(profile, asked_by=asked_by))
        if asked_by is None or asked_by.trusted:
            asked_by = profile.file
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


def _default_profile(files: Sequence[ConfigFile]) -> tuple[str, ConfigFile | None]:
    """The profile that the strongest file chooses, and that file."""
    names = [(str(file.table["profile"]), file) for file in files if "profile" in file.table]
    return names[-1] if names else ("", None)


def _environment_values(environ: Mapping[str, str]) -> Iterator[Value]:
    for option in OPTIONS.values():
        if raw := environ.get(option.env):
            yield _outside_value(option, raw, option.env)


def _flag_values(flags: Mapping[str, Any]) -> Iterator[Value]:
    for name, raw in flags.items():
        yield _outside_value(OPTIONS[name], raw, OPTIONS[name].flag)


def _outside_value(option: Option, raw: Any, name: str) -> Value:
    try:
        return Value(option, option.convert(raw, name), Origin(name))
    except ValueError as error:
        raise UsageError(str(error)) from None


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
