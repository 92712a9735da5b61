"""What decides the content of a job's files: tells whether they are up to date, and one job from another."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from transcribe.core.digest import file_digest, fingerprint
from transcribe.core.option import Option
from transcribe.core.settings import OPTIONS, WORDS_DEPEND_ON, Settings
from transcribe.formats.templates import MAX_TEMPLATE_BYTES, SUFFIX, user_folders
from transcribe.pipeline.identity import provenance_of
from transcribe.pipeline.notes_step import wants_notes
from transcribe.pipeline.ports import Engines

NO_SAY = (*WORDS_DEPEND_ON, "compute", "display", "seal", "output", "archive")
"""Groups that are taken from the provenance, or that have no say in what stands in a file."""

NO_SAY_IN_FILES = (
    "output", "force", "manifest", "sign_key", "require_approval", "waiting", "policy", "keep_days",
)  # fmt: skip

UNSAID = {"engine": "whisper.cpp"}
"""Told as it was chosen, and left out where it is this, so that memories keep their meaning."""

NO_SAY_IN_NOTES = ("notes", "writer_seconds", "writer_host", "writer_context")


def fingerprint_of(settings: Settings) -> str:
    """Stands for every setting that decides what is written: with the content, it tells what is done."""
    said = [
        (option.name, option.show(value))
        for option, value in settings.flat()
        if option.group not in ("compute", "display", "seal", "archive")
        and option.name not in NO_SAY_IN_FILES
    ]
    return fingerprint(said)[:16]


def made_with(settings: Settings, engines: Engines) -> dict[str, str]:
    """Everything that decides the content of a job's files, by the names of the options.

    Only what differs from the default is said, and the versions of the program and its engines are not: who
    installs a new one, with new options, does not want a whole archive done again. Nor are the formats,
    because each file is remembered by itself.
    """
    notes, embed = wants_notes(settings), settings.output.embed_audio
    said = dict(provenance_of(settings, engines).settings)
    open_to_engines = dict(engines.chosen).keys() - UNSAID.keys()
    said |= {each.name: each.show(value) for each, value in settings.flat() if each.name in open_to_engines}
    said |= {"notes": str(notes).lower(), "embed_audio": str(embed).lower()}
    said |= {
        option.name: _shown(option, value) for option, value in settings.flat() if _has_a_say(option, notes)
    }
    changed = {name: value for name, value in said.items() if value != UNSAID.get(name, _shown_default(name))}
    template = settings.output.template
    digests = {
        "model": engines.model.sha256,
        "template": _content(template) if template else "",
        "templates": ",".join(filter(None, map(_templates, user_folders().values()))),
    }
    return changed | {name: digest for name, digest in digests.items() if digest}


def _has_a_say(option: Option, notes: bool) -> bool:
    if option.group == "notes":
        return notes and option.name not in NO_SAY_IN_NOTES
    return option.group not in NO_SAY or option.name == "audio_stream"


def _shown(option: Option, value: Any) -> str:
    return _content(value) if isinstance(value, Path) else option.show(value)


def _shown_default(name: str) -> str:
    return OPTIONS[name].show(OPTIONS[name].default)


def _templates(folder: Path) -> str:
    """Digest of the templates and prompts that somebody put into a folder; empty where there are none."""
    return _digest_of([*folder.glob(f"*{SUFFIX}"), *(folder / "prompts").glob("*")])


def _content(path: Path) -> str:
    """Digest of a file, or of the files in a folder, of large ones by size; empty where there is none."""
    return _digest_of(path.iterdir() if path.is_dir() else [path])


def _digest_of(paths: Iterable[Path]) -> str:
    files = sorted(path for path in paths if path.is_file())
    digest = hashlib.sha256()
    for file in files:
        with contextlib.suppress(OSError):
            size = file.stat().st_size
            content = bytes.fromhex(file_digest(file)) if size <= MAX_TEMPLATE_BYTES else b"%d" % size
            digest.update(os.fsencode(file.name) + b"\0" + content)
    return digest.hexdigest() if files else ""
