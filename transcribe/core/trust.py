"""What a folder's config file may set, and what is refused: the folder, and so the file, may be a stranger's.

Each option says it where it is declared (`OptionSpec.trust`). One that says nothing is the user's alone, so
that a new option is refused until somebody has thought about it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from transcribe.core.option import Option
from transcribe.core.reading import inside

STANDARD = "-"
"""Stands for standard output where a folder is meant."""

NOT_CHOSEN = "it stands in a profile of yours that a folder's config chose; choose it with --profile"
OWN = "only your own config, the environment or a flag may set it"


def admitted(option: Option, value: Any, folder: Path, *, written_by_user: bool) -> Any:
    """A value as it is taken from a folder's config file, or from a profile that such a file chose.

    Args:
        value: Its value, already of the right type.
        written_by_user: Whether the value stands in the user's own file; its paths are then the user's.

    Raises:
        ValueError: It may not be set; the message says why.
    """
    trust = option.spec.trust
    if trust == "user":
        raise ValueError(NOT_CHOSEN if written_by_user else OWN)
    if trust == "any" or written_by_user or value in (None, "", STANDARD):
        return value
    if trust == "name":
        if os.sep in value or Path(value).suffix in (".bin", ".gguf"):
            raise ValueError("a folder's config may name an installed model, not a file")
        return value
    try:
        return option.convert(str(inside(folder, str(value))))
    except ValueError as error:
        raise ValueError(f"it has to lie in the folder of the file: {error}") from None
