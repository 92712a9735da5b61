"""The voice register: voices of people a user has enrolled, as plain JSON in their data folder.

Voices are biometric data (GDPR, article 9): nothing is registered but by `transcribe voices add`, nothing is
looked up without `--voices`, and a file of the register can be read, and deleted, with any tool.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from transcribe.core import places
from transcribe.core.decoding import decode
from transcribe.core.diarisation import Voice, cosine
from transcribe.core.disk import disk_errors
from transcribe.core.errors import InputError, UsageError
from transcribe.core.files import atomic_file, private_file, private_folder
from transcribe.core.reading import read_regular
from transcribe.core.text import to_json

THRESHOLD = 0.6
"""How alike two voices must be to be one person's (cosine); see docs/speakers.md for how it was chosen."""

LARGEST_BYTES = 10_000_000
LONGEST_NAME = 100


@dataclass(frozen=True)
class Enrolled:
    """One person of the register.

    Attributes:
        name: What they are called in transcripts.
        model: The diariser whose numbers these are; those of another cannot be compared.
        source: File name of the recording they were taken from.
        seconds: How much of their speech that was.
        vector: The voice.
    """

    name: str
    model: str
    source: str
    seconds: float
    vector: tuple[float, ...]


@dataclass(frozen=True)
class Match:
    """A speaker whose voice is in the register.

    Attributes:
        speaker: What the diariser calls them.
        name: Their name in the register.
        likeness: How alike the voices are, up to 1.
    """

    speaker: str
    name: str
    likeness: float


@dataclass(frozen=True)
class _File:
    version: int
    voice: Enrolled


class Register:
    """The register on this machine: a folder with one JSON file for each person.

    Args:
        folder: By default `TRANSCRIBE_VOICES_DIR`, else `voices` in the user's data folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or places.voices()

    def enrolled(self) -> tuple[Enrolled, ...]:
        """Everyone, by name.

        Raises:
            InputError: A file of the register is damaged.
        """
        if not self.folder.is_dir():
            return ()
        with contextlib.suppress(OSError):  # a register that cannot be made private can still be read
            private_folder(self.folder)
        found = [self._read(path) for path in sorted(self.folder.glob("*.json"))]
        return tuple(sorted(found, key=lambda each: each.name))

    def voices(self, model: str) -> tuple[Voice, ...]:
        """Everyone's voice as this diariser hears it.

        Raises:
            InputError: A file of the register is damaged.
        """
        return tuple(Voice(each.name, each.vector) for each in self.enrolled() if each.model == model)

    def get(self, name: str) -> Enrolled:
        """The person of that name.

        Raises:
            UsageError: There is none.
            InputError: The file is damaged.
        """
        path = self.path(name)
        if not path.is_file():
            known = ", ".join(each.name for each in self.enrolled()) or "nobody"
            raise UsageError(f"there is no voice of {name!r} in the register", f"There are: {known}")
        return self._read(path)

    def add(self, voice: Enrolled) -> Path:
        """Write a person's voice, in place of an earlier one; the file it is in.

        Raises:
            UsageError: The name cannot be one.
            OutputError: The file cannot be written.
        """
        path = self.path(voice.name)
        with disk_errors(self.folder, "making the folder", _ELSEWHERE):
            private_folder(self.folder)
        with atomic_file(path, private=True) as handle:
            handle.write(msgspec.json.format(to_json(_File(1, voice)), indent=1))
        return path

    def delete(self, name: str) -> Path:
        """Delete a person's voice; the file it was in.

        Raises:
            UsageError: There is none of that name.
            OutputError: It cannot be deleted.
        """
        path = self.path(name)
        if not path.is_file():
            self.get(name)
        with disk_errors(path, "deleting", _ELSEWHERE):
            path.unlink()
        return path

    def path(self, name: str) -> Path:
        """The file of a person: their name without what file systems do not take.

        Raises:
            UsageError: The name cannot be one.
        """
        plain = unicodedata.normalize("NFC", name).strip()
        if (
            not plain
            or len(plain) > LONGEST_NAME
            or any(unicodedata.category(char)[0] == "C" for char in plain)
        ):
            raise UsageError(f"{name!r} is no name for a voice", f"1 to {LONGEST_NAME} printable characters")
        stem = re.sub(r"[^\w -]", lambda each: f"%{ord(each[0]):x}", plain)
        return self.folder / f"{stem}.json"

    def _read(self, path: Path) -> Enrolled:
        with contextlib.suppress(OSError):
            private_file(path)
        try:
            if path.stat().st_size > LARGEST_BYTES:
                raise InputError(f"{path} is too large for a voice", "Delete it and register the voice again")
            return decode(read_regular(path), _File).voice
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InputError(
                f"the voice in {path} cannot be read: {error}", "Delete it and register the voice again"
            ) from error


def recognised(heard: Sequence[Voice], known: Sequence[Voice]) -> tuple[Match, ...]:
    """Which speakers are people of the register: the most alike first, nobody twice."""
    pairs = [
        Match(speaker.speaker, person.speaker, round(cosine(speaker.vector, person.vector), 4))
        for speaker in heard
        for person in known
    ]
    pairs.sort(key=lambda pair: (-pair.likeness, pair.speaker, pair.name))
    found: list[Match] = []
    for pair in pairs:
        taken = any(pair.speaker == each.speaker or pair.name == each.name for each in found)
        if pair.likeness >= THRESHOLD and not taken:
            found.append(pair)
    return tuple(sorted(found, key=lambda match: match.speaker))


_ELSEWHERE = "The register may be elsewhere: set TRANSCRIBE_VOICES_DIR to a folder"
