"""The store's lock: what the model hub stated of files whose digest the catalogue does not know.

The first pull writes it; whoever pulls the same model later, after it was removed or with a copy of the
lock on another machine, gets the same bytes or an error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import filelock
import msgspec

from transcribe.core.decoding import decode
from transcribe.core.errors import ModelError
from transcribe.core.files import atomic_file
from transcribe.core.reading import read_regular
from transcribe.models.catalogue import HubSource, ModelFile

FILE = "hub.lock.json"
"""Its name in the store; for people to read, copy and edit."""


@dataclass(frozen=True)
class Locked:
    """A file of the hub.

    Attributes:
        commit: At which it was fetched.
        bytes: Its size.
        sha256: Its digest.
    """

    commit: str
    bytes: int
    sha256: str


class HubLock:
    """The lock of one store.

    Args:
        root: The store's folder, which exists.
    """

    def __init__(self, root: Path) -> None:
        self.path = root / FILE

    def find(self, origin: HubSource, name: str) -> tuple[HubSource, ModelFile] | None:
        """A file as it was stated before; None where it never was.

        Raises:
            ModelError: The lock cannot be read.
        """
        known = self._read().get(_key(origin))
        if known is None:
            return None
        return replace(origin, revision=known.commit), ModelFile(name, known.bytes, known.sha256)

    def write(self, asked: HubSource, at: HubSource, file: ModelFile) -> None:
        """Remember a file that was fetched and verified.

        Args:
            asked: As the catalogue has it.
            at: At the commit it came from.
            file: Its size and digest.

        Raises:
            ModelError: The lock cannot be read.
            OutputError: It cannot be written.
        """
        with filelock.FileLock(str(self.path.with_name(f".{FILE}.lock"))):
            entries = self._read() | {_key(asked): Locked(at.revision, file.bytes, file.sha256)}
            content = msgspec.json.format(msgspec.json.encode(dict(sorted(entries.items()))), indent=1)
            with atomic_file(self.path) as handle:
                handle.write(content + b"\n")

    def _read(self) -> dict[str, Locked]:
        try:
            return decode(read_regular(self.path), dict[str, Locked])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError, UnicodeError) as error:
            raise ModelError(
                f"the lock {self.path} cannot be read: {error}", "Mend it, or remove it to start anew"
            ) from error


def _key(origin: HubSource) -> str:
    return f"{origin.repo}@{origin.revision}/{origin.file}"
