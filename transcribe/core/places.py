"""Folders of the user (work, models, voices), the variables that move them, and what the program brings."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

WORK_ENV = "TRANSCRIBE_WORK_DIR"
MODELS_ENV = "TRANSCRIBE_MODELS_DIR"
VOICES_ENV = "TRANSCRIBE_VOICES_DIR"
_PROGRAM = "transcribe"
_PACKAGE = Path(__file__).parents[1]


def shipped(name: str) -> Path:
    """A folder that comes with the program: in the wheel inside the package, in a checkout beside it."""
    packaged = _PACKAGE / f"_{name}"
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


def expanded(path: str | Path) -> Path:
    """The path with `~` and `~name` as the shell reads them: where no user has the name, a file has."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - pathlib raises where there is no such user


def work_root() -> Path:
    """The folder that holds every work directory: `TRANSCRIBE_WORK_DIR`, else in the user's cache."""
    return _chosen(WORK_ENV) or cache() / "work"


def models() -> Path:
    """The folder of the user's models: `TRANSCRIBE_MODELS_DIR`, else in the user's data folder."""
    return _chosen(MODELS_ENV) or _data() / "models"


def voices() -> Path:
    """The folder of the voice register: `TRANSCRIBE_VOICES_DIR`, else in the user's data folder."""
    return _chosen(VOICES_ENV) or _data() / "voices"


def server() -> Path:
    """The folder of `transcribe serve`, unless it is told another one."""
    return _data() / "server"


def archive() -> Path:
    """The folder of the archive, unless `archive` names another one."""
    return _data() / "archive"


def cache() -> Path:
    """The user's cache: what may be deleted, and is then made again."""
    return Path(platformdirs.user_cache_dir(_PROGRAM, appauthor=False))


def state() -> Path:
    """The user's folder for what programs have to know the next time."""
    return platformdirs.user_state_path(_PROGRAM, appauthor=False)


def config() -> Path:
    """The user's folder for config files."""
    return platformdirs.user_config_path(_PROGRAM, appauthor=False)


def _data() -> Path:
    return Path(platformdirs.user_data_dir(_PROGRAM, appauthor=False))


def _chosen(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


FOLDERS = {WORK_ENV: work_root, MODELS_ENV: models, VOICES_ENV: voices}
"""Every variable that moves a folder, with what gives the folder in force."""
