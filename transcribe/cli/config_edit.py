"""Setting options in a config file that a person wrote: comments and order stay."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from transcribe.core.errors import OutputError, UsageError
from transcribe.core.files import atomic_file, make_folder
from transcribe.core.reading import read_regular, real


def set_options(path: Path, values: Mapping[str, str | int]) -> None:
    """Set options at the top of a config file, which is made where there is none.

    Args:
        path: The file; one that is a link stays one.

    Raises:
        UsageError: What is there cannot be read, or is not TOML.
        OutputError: The file cannot be written.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = real(path)
    try:
        document = (
            tomlkit.parse(read_regular(path).decode("utf-8-sig")) if path.exists() else tomlkit.document()
        )
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise UsageError(f"{path} cannot be changed: {error}", "Set the options there by hand") from error
    for name, value in values.items():
        document[name] = value
    try:
        make_folder(path.parent)
    except OSError as error:
        raise OutputError(f"making the folder {path.parent} failed: {error.strerror}") from error
    with atomic_file(path) as handle:
        handle.write(tomlkit.dumps(document).encode())
