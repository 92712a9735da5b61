"""Recordings recognised again, with the settings and weights of their manifests: is it the same, to the bit?

What another program version, engine or model would make says nothing, so it is told apart: "cannot".
"""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from transcribe.core.digest import file_digest
from transcribe.core.errors import TranscribeError
from transcribe.core.events import Progress
from transcribe.core.option import Option
from transcribe.core.reading import walked
from transcribe.core.settings import OPTIONS, Settings
from transcribe.core.workspace import apart
from transcribe.formats.known import FORMATS
from transcribe.jobs.assemble.engines import program
from transcribe.jobs.assemble.run import assemble
from transcribe.jobs.corrections import sidecar_of
from transcribe.jobs.documents import open_document
from transcribe.jobs.fingerprint import UNSAID, made_with
from transcribe.jobs.manifest import Manifest
from transcribe.jobs.memory import CORRECTIONS
from transcribe.jobs.plan import plan_jobs
from transcribe.jobs.publish.outputs import target_path
from transcribe.jobs.run_one import transcribe_one
from transcribe.models.store import Store
from transcribe.notes.extractive import NAME as EXTRACTIVE
from transcribe.pipeline.ports import LEFT_OPEN
from transcribe.pipeline.suspend import to_the_end

Outcome = Literal["same", "differs", "cannot"]

NOT_OPTIONS = ("model", "template", "templates", CORRECTIONS)
"""What stands among the settings of a manifest and is the digest of something."""


class _CannotError(Exception):
    """Why a recording cannot be recognised again as it was."""


@dataclass(frozen=True)
class Rerun:
    """What came of recognising a recording again.

    Attributes:
        name: The recording's.
        why: What differs, or why it cannot be done.
        compared: Names of the files that were made again.
        words: How many words its transcript has.
        changed: How many of them are others, missing or too many now.
    """

    name: str
    outcome: Outcome
    why: str = ""
    compared: tuple[str, ...] = ()
    words: int = 0
    changed: int = 0


def rerun(folder: Path, manifest: Manifest, recordings: Path | None, progress: Progress) -> Rerun:
    """Recognise a recording again, in a work directory of its own, and compare.

    Args:
        folder: Where its files were published.
        recordings: Where else recordings are looked for, in the folder and below.
    """
    try:
        path = _recording(folder, manifest, recordings)
        settings = _settings(manifest)
        with apart() as place:
            (out := place / "out").mkdir()
            return _compared(folder, manifest, path, settings.replace({"output": str(out)}), progress)
    except _CannotError as error:
        return Rerun(manifest.name, "cannot", str(error))
    except TranscribeError as error:
        return Rerun(manifest.name, "cannot", f"it fails: {error}")


def _recording(folder: Path, manifest: Manifest, recordings: Path | None) -> Path:
    places = [folder / manifest.name]
    if recordings is not None:
        inside = walked(recordings, lambda _: True, lambda _: None)
        places += [Path(place) / manifest.name for place, names in inside if manifest.name in names]
    there = [each for each in places if each.is_file()]
    for each in there:
        if file_digest(each) == manifest.recording.sha256:
            return each
    how = "is another one" if there else "does not lie beside its files: give --recordings"
    raise _CannotError(f"the recording {how}")


def _settings(manifest: Manifest) -> Settings:
    """The settings as the manifest has them, with the model by its digest and the formats by the files."""
    said = manifest.made_with
    programs = manifest.making.programs
    if (version := programs.get("transcribe", "")) != program():
        raise _CannotError(f"{version or 'an unknown version'} made it, and this is {program()}")
    model = next((each for each in Store().installed() if each.sha256 == said.get("model")), None)
    if model is None:
        raise _CannotError("its model is not installed")
    if said.get("writer", EXTRACTIVE) != EXTRACTIVE:
        raise _CannotError("a language model wrote its notes")
    values = dict(_values(said))
    try:
        return Settings().replace(values | {"model": model.name, "formats": _formats(manifest)})
    except ValueError as error:
        raise _CannotError(f"its settings are not known: {error}") from error


def _values(said: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    yield "engine", said.get("engine", UNSAID["engine"])
    for name, text in said.items():
        option = OPTIONS.get(name)
        if name in NOT_OPTIONS or (option and option.kind is Path):
            continue  # if it mattered, what the settings make differs, and is told
        if option is None or (name in dict(LEFT_OPEN) and not _converts(option, text)):
            continue  # it was chosen by the engine, which chooses again
        yield name, int(text) if option.spec.timecode and text.isdecimal() else text  # in ms


def _converts(option: Option, text: str) -> bool:
    try:
        option.convert(text)
    except ValueError:
        return False
    return True


def _formats(manifest: Manifest) -> tuple[str, ...]:
    made = {name for name, each in manifest.files.items() if each.sha256}
    found = [
        name for name, each in FORMATS.items() if target_path(Path(), manifest.name, each.suffix).name in made
    ]
    if "json" not in found:
        raise _CannotError("it has no transcript (.json) to compare")
    return tuple(found)


def _compared(folder: Path, manifest: Manifest, path: Path, settings: Settings, progress: Progress) -> Rerun:
    engine = manifest.making.programs.get("engine", "")
    run = assemble(settings, progress)
    if run.engines.engine != engine:
        raise _CannotError(f"{engine} recognised it, and this is {run.engines.engine}")
    now = made_with(settings, run.engines)
    before = {name: each for name, each in manifest.made_with.items() if name != CORRECTIONS}
    if other := sorted(name for name in {*now, *before} if now.get(name) != before.get(name)):
        raise _CannotError(f"its settings cannot be had again: {', '.join(other)}")
    (job,) = plan_jobs([str(path)], settings)
    document = target_path(folder, manifest.name, FORMATS["json"].suffix)
    if job.corrections and sidecar_of(document).is_file():
        shutil.copyfile(sidecar_of(document), job.corrections)
    to_the_end(transcribe_one(job, run))
    place = Path(settings.output.output)
    made = sorted(name for name, each in manifest.files.items() if each.sha256 and (place / name).is_file())
    other = [name for name in made if file_digest(place / name) != manifest.files[name].sha256]
    if not other:
        return Rerun(manifest.name, "same", compared=tuple(made))
    words, changed = _words(document, place / document.name)
    return Rerun(manifest.name, "differs", f"{', '.join(other)} differ", tuple(made), words, changed)


def _words(before: Path, now: Path) -> tuple[int, int]:
    """How many words a transcript has, and how many of another one are not the same."""
    old, new = (
        [word.text for segment in open_document(path).transcript.segments for word in segment.words]
        for path in (before, now)
    )
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    changed = sum(
        max(end - first, other_end - other_first)
        for kind, first, end, other_first, other_end in matcher.get_opcodes()
        if kind != "equal"
    )
    return len(old), changed
