"""The prompts: templates that users may copy and edit, found in folders one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transcribe.core.errors import UsageError
from transcribe.core.reading import inside, read_regular
from transcribe.formats.templates import SUFFIX, render_from, template_folder, user_folders
from transcribe.notes.words import in_language

FOLDER = "prompts"
"""The folder of prompts among templates."""


@dataclass(frozen=True)
class Prompts:
    """Where prompts come from.

    Attributes:
        folders: Looked through in this order; the last is the packaged one.
    """

    folders: tuple[Path, ...]

    def render(self, name: str, **values: object) -> str:
        """The prompt of that name, filled in.

        Raises:
            TranscribeError: It is missing or wrong; the message names file and line.
        """
        return render_from(self.folders, f"{name}.j2", **values).strip()

    @property
    def names(self) -> list[str]:
        """Every prompt there is, and whatever else lies beside them to be included."""
        return sorted({path.stem for folder in self.folders for path in folder.glob(f"*{SUFFIX}")})

    def sha256(self, names: Sequence[str], extra: str = "") -> str:
        """Digest of the prompts of these names and of `extra`, for provenance."""
        digest = hashlib.sha256(extra.encode())
        for name in sorted(names):
            found = (folder / f"{name}.j2" for folder in self.folders)
            path = next((path for path in found if path.is_file()), None)
            digest.update(f"\0{name}\0".encode() + (read_regular(path) if path else b""))
        return digest.hexdigest()


def find_prompts(named: Path | None) -> Prompts:
    """The prompts in force: of the folder that was named, of the project, of the user, packaged.

    Raises:
        UsageError: There is no such folder.
    """
    if named is not None and not named.is_dir():
        raise UsageError(f"there is no folder with prompts {named}", "Check --writer-prompts")
    theirs = (folder / FOLDER for folder in user_folders().values() if _stays(folder))
    asked = [*([named] if named else []), *theirs]
    return Prompts((*(folder for folder in asked if folder.is_dir()), template_folder() / FOLDER))


def _stays(folder: Path) -> bool:
    """Whether the prompts in a folder of templates lie there, or the folder is the user's own."""
    try:
        return folder != user_folders().get("project") or bool(inside(folder, FOLDER))
    except ValueError:
        return False


def language_name(code: str) -> str:
    """A language as a prompt names it, by its code where its name is not known."""
    return in_language(code).name or (f"the language {code!r}" if code else "the language of the transcript")
