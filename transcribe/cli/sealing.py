"""`--sealed`, for every command: taken before its function is called, and told in one line at the end."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.options import Asked, given_flags
from transcribe.core.settings import OPTIONS, Settings

if TYPE_CHECKING:
    from transcribe.core.events import Event

NOWHERE = Path(os.devnull)
"""In place of the current folder: the config of a folder may not say whether a program is sealed."""

READ_NO_CONFIG = ("config", "doctor")
"""Commands that work where the config does not; there is a flag and an environment for them."""


def sealing(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a command, with the network shut off where that is asked for."""

    @functools.wraps(function)
    def call(*arguments: Any, **given: Any) -> Any:
        resolved = given.get("resolved")
        with sealed(resolved.settings if resolved else _settings(click.get_current_context())):
            return function(*arguments, **given)

    return call


@contextmanager
def sealed(settings: Settings) -> Iterator[None]:
    """Shut the network off, for good, where the settings ask for it; told at the end.

    Raises:
        DependencyError: This system does not have the level that is asked for.
    """
    if settings.seal.sealed == OPTIONS["sealed"].default:
        yield
        return
    from transcribe.cli.display import choose_display
    from transcribe.core.events import Warned
    from transcribe.core.seal import take

    tell = choose_display(settings.display, terminal=False)
    if warning := take.take(settings.seal.sealed):
        tell(Warned(warning))
    try:
        yield
    finally:
        for each in take.untold():
            tell(Warned(str(each)))
        tell(_summary(take.level(), take.attempts()))
        take.end()


def _summary(level: str, attempts: tuple[object, ...] | None) -> Event:
    """The line at the end: what the level means, and how often somebody tried."""
    from transcribe.core.events import Noticed, Warned

    who = "no Python code of this program" if level == "audit-hook" else "no process"
    count = "attempts were not counted" if attempts is None else attempts_in_words(len(attempts))
    line = f"sealed by {level}: {who} could open a network connection; {count}"
    return Noticed(line) if attempts == () else Warned(line)


def attempts_in_words(count: int) -> str:
    """How often somebody tried, for people."""
    return "1 attempt" if count == 1 else f"{count} attempts"


def _settings(context: click.Context) -> Settings:
    """What a command that reads no config has to know, from the user's config all the same."""
    from transcribe.core import config
    from transcribe.core.errors import UsageError

    flags = given_flags(context)
    asked = context.find_object(Asked) or Asked()
    environment = {name: value for name, value in os.environ.items() if name != config.PROFILE_ENV}
    try:
        settings = config.load(flags, environ=environment, cwd=NOWHERE).settings
    except UsageError:
        if context.command_path.split()[1:2] not in ([each] for each in READ_NO_CONFIG):
            raise
        settings = Settings.of(**flags)
    return settings.replace({"quiet": asked.quiet})
