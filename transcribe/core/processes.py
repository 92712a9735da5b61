"""The door to child processes: programs are found, and Pythons started, without a look at the current folder.

The current folder may be a stranger's. `python -m` and `python -c` put it first on the path of imports, which
is how `multiprocessing` starts its children, too: a `./multiprocessing.py` would run instead of Python's own.
A search path with an empty or relative entry (`PATH=.:/usr/bin`) would run a `./ffmpeg`.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

SAFE_PATH = "PYTHONSAFEPATH"
"""What keeps a Python from putting the current folder on its path, as `-P` does (Python 3.11)."""

_STARTING = threading.RLock()


def python(*arguments: str) -> list[str]:
    """The command that runs this Python with these arguments (`-m`, a module, …)."""
    return [sys.executable, "-P", *arguments]


def start(process: BaseProcess) -> None:
    """Start a process of `multiprocessing` so that it imports nothing from the current folder."""
    with safe_path():
        process.start()


@contextmanager
def safe_path() -> Iterator[None]:
    """What is started inside imports nothing from the current folder and looks for no program in it.

    By the environment, because `multiprocessing` takes no option. It is as it was afterwards, so that
    commands of the user's own are not touched.
    """
    with _STARTING:
        before = {name: os.environ.get(name) for name in (SAFE_PATH, "PATH")}
        os.environ.update(environment(**{SAFE_PATH: "1"}))
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


@cache  # a second time would take off the same folder where PYTHONPATH names it
def forget_current_folder() -> None:
    """For a whole program: take the current folder off both paths, that of imports and that of programs.

    `python -m` puts it on the first (before anything of ours runs: `python -P -m` does not).
    """
    os.environ.update(environment())
    with suppress(FileNotFoundError):  # the current folder may have been deleted
        if not sys.flags.safe_path and sys.path and sys.path[0] in ("", str(Path.cwd())):
            del sys.path[0]


def find_program(name: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """Where a program is; None where there is none.

    Args:
        name: Its name, looked for in the absolute folders of `PATH` only; or a path to it, with a slash.
    """
    if os.sep in name:
        return str(Path(os.path.expanduser(name)).absolute()) if _is_program(name) else None  # noqa: PTH111
    folders = absolute_folders(environ.get("PATH", os.defpath))
    return next((path for folder in folders if _is_program(path := os.path.join(folder, name))), None)  # noqa: PTH118


def absolute_folders(search_path: str) -> list[str]:
    """The entries of a search path that do not depend on the current folder."""
    return [folder for folder in search_path.split(os.pathsep) if os.path.isabs(folder)]  # noqa: PTH117


def environment(**more: str) -> dict[str, str]:
    """The environment for a child that looks for programs by itself: `PATH` without the current folder.

    Args:
        **more: Variables to set beside those that are there.
    """
    folders = absolute_folders(os.environ.get("PATH", os.defpath))
    return {**os.environ, "PATH": os.pathsep.join(folders), **more}


def _is_program(path: str) -> bool:
    where = os.path.expanduser(path)  # noqa: PTH111 - as the shell reads it
    return os.path.isfile(where) and os.access(where, os.X_OK)  # noqa: PTH113
