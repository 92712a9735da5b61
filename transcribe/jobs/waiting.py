"""Results that wait for approval: they lie apart, and are published once somebody stands by them.

What is published is what was approved: the document that waits, with what people have said of it. Nothing is
recognised again for that. What people have said moves with the transcript. The document that waits is removed
last, so that the next run mends what a kill has left.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from transcribe.core.digest import file_digest
from transcribe.core.disk import disk_errors
from transcribe.core.episode import Episode
from transcribe.core.errors import InputError, OutputError, PersonNeeded
from transcribe.core.events import FileUnapproved, Progress, silent
from transcribe.core.files import make_folder, write_together
from transcribe.core.reading import read_regular
from transcribe.core.workspace import Workspace
from transcribe.jobs.chain import carry_hold
from transcribe.jobs.corrections import sidecar_of
from transcribe.jobs.documents import open_corrected
from transcribe.jobs.manifest import NOT_TOLD, Manifest, Seen
from transcribe.jobs.memory import CORRECTIONS, PEOPLES, Memory, people_locked, read_record, sidecars
from transcribe.jobs.output import Output, judge
from transcribe.jobs.plan import Job, remembered
from transcribe.jobs.render import with_corrected_notes
from transcribe.jobs.waiting_places import PUBLISHED, WAITING, tell
from transcribe.pipeline.notes_step import gave_up
from transcribe.pipeline.ports import Run, WaitsFor
from transcribe.pipeline.recipe import Recording
from transcribe.pipeline.stages.probe import changed_since

NOBODY_ASKED = "nothing here can tell whether it was approved"


class Waiting:
    """The results of one job that wait.

    Args:
        job: How they are to be published.
        memory: What is remembered of those that are published.

    Attributes:
        document: The transcript that waits.
        job: How the files are made that wait.
    """

    def __init__(self, job: Job, memory: Memory) -> None:
        self._job, self._memory = job, memory
        self.document = job.waiting[0].path
        waiting = replace(job, targets=job.waiting, sound=(), waiting=(), replaces=())
        waiting = replace(waiting, corrections=sidecar_of(self.document))
        self.job = remembered(waiting, _uncorrected(memory.made_with), memory.signer)

    @classmethod
    def of(cls, job: Job) -> Waiting | None:
        """What waits of a job that remembers its files; None where no approval is required."""
        return cls(job, job.memory) if job.waiting and job.memory else None

    @property
    def record(self) -> Manifest | None:
        """What is remembered of them."""
        return read_record(self.job.memory.path) if self.job.memory else None

    def made_of(self, sha256: str) -> bool:
        """Whether they are there, made of this recording with what the job would make them with."""
        record = self.record
        if record is None or record.recording.sha256 != sha256:
            return False
        if _uncorrected(record.made_with) != _uncorrected(self._memory.made_with):
            return False
        made = [record.files.get(each.path.name) for each in self.job.targets]
        there = [each.path.is_file() for each in self.job.targets]
        return all(
            each and each.made_of and (found or not each.sha256)
            for each, found in zip(made, there, strict=True)
        )

    def waits_for(self, asked: WaitsFor | None) -> str:
        """What they wait for; empty: nothing.

        Args:
            asked: Says it of a document; None: nobody can.
        """
        return asked(self.document) if asked else NOBODY_ASKED

    def left_over(self, sha256: str) -> bool:
        """Whether something lies here still that is published, with all that people say of it.

        Raises:
            OutputError: It cannot be read.
        """
        record = read_record(self._memory.path)
        if record is None or record.recording.sha256 != sha256:
            return False
        if self._memory.missing(record, self._job.files):
            return False
        here, there = (_said(each) for each in (self.document, self._published))
        found = here or any(each.path.exists() for each in self.job.targets)
        return bool(found) and all(there.get(name) == content for name, content in here.items())

    @property
    def _published(self) -> Path:
        """Where the document is to be published."""
        return next(each.path for each in self._job.targets if each.path.name == self.document.name)

    def begin(self) -> None:
        """Lay here what people have said of the transcript that is published already, to be approved anew.

        Raises:
            OutputError: It cannot be read or written.
        """
        folder, here = self.document.parent, _said(self.document)
        with disk_errors(folder, "making"):
            make_folder(folder)
        tell(folder, PUBLISHED, self._published.parent)
        carried = {name: each for name, each in _said(self._published).items() if name not in here}
        write_together({folder / name: content for name, content in carried.items()})

    def publish(
        self, run: Run, work: Workspace, recording: Recording, seen: Seen | None
    ) -> tuple[Episode, tuple[Path, ...]]:
        """Publish what is approved, and remove it here; the episode, and the files that were written.

        Args:
            work: The work directory of the job, locked.
            recording: What was transcribed.

        Raises:
            PersonNeeded: It waits; nothing is published.
            GateError: It waits, and less of the speech has words than was asked for.
            TranscribeError: It cannot be published; then it is not, and waits.
        """
        before = self._state()
        reason = self.waits_for(run.waits_for)
        episode = self._opened(silent if reason else run.progress)
        said = _said(self.document)
        if not reason and (episode is None or self._state() != before):
            reason = "somebody is changing it"
        if reason or episode is None:
            raise self._unapproved(run, reason, episode)
        self._check_said(said, force=run.settings.output.force)
        if episode.recognised is not None:
            episode = with_corrected_notes(episode, run.settings, run.progress)
        episode = replace(episode, source=replace(episode.source, path=_path_of(episode, recording)))
        Output(self._job, work, run).check(episode.source)
        folder = self._published.parent
        if self.job.memory:
            with disk_errors(folder, "making"):
                make_folder(folder)
            there, signer = self._memory.path.parent, self._memory.signer
            carry_hold(self._memory.recording, self.job.memory.path.parent, there, signer)
            tell(folder, WAITING, self.document.parent)
        write_together({folder / name: content for name, content in said.items()})
        job = remembered(self._job, _uncorrected(self._memory.made_with), self._memory.signer)
        output, published = Output(job, work, run), Waiting.of(job)
        output.publish(episode, changed=any(map(changed_since, recording.sources)))
        record = self.record
        asked = run.open_writer is not None and not gave_up(work, run.settings)
        if seen:
            output.remember(seen, episode, record.making if record else NOT_TOLD, asked=asked)
        with people_locked(self.document):  # whoever says something of it waits
            if published and published.left_over(recording.source.sha256):  # else it is published once more
                self.remove()
        return episode, output.written

    def remove(self) -> None:
        """Remove what is published; its manifest says then that there is nothing.

        Raises:
            OutputError: Something cannot be removed.
        """
        others = [each.path for each in self.job.targets[1:]]
        for path in (*others, *sidecars(self.document), self.document):
            with disk_errors(path, "removing"):
                path.unlink(missing_ok=True)
        record = self.record
        if record is not None and record.files and self.job.memory is not None:
            kept = tuple(each for each in record.making.materials if not each.name.endswith(PEOPLES))
            empty = replace(record, files={}, making=replace(record.making, materials=kept))
            self.job.memory.write(empty)

    def _unapproved(self, run: Run, reason: str, episode: Episode | None) -> PersonNeeded:
        """Tell that it waits; the error that says so.

        Raises:
            GateError: Less of the speech has words than was asked for.
        """
        name, waiting = self._job.name, tuple(str(each.path) for each in self.job.targets)
        run.progress(FileUnapproved(name, reason, waiting, episode.audio.duration_ms if episode else 0))
        if episode is not None:
            judge(name, episode.coverage, run.settings.output.fail_under, run.progress)
        return PersonNeeded(f"{name} waits for approval: {reason}", f"The transcript is {self.document}")

    def _opened(self, progress: Progress) -> Episode | None:
        try:
            return open_corrected(self.document, progress)
        except InputError:  # what it waits for says so
            return None

    def _state(self) -> dict[str, str]:
        """Tells the document and all that people say of it from any other state."""
        return {
            each.name: file_digest(each)
            for each in (self.document, *sidecars(self.document))
            if each.exists()
        }

    def _check_said(self, said: Mapping[str, bytes], *, force: bool) -> None:
        """Refuse to replace what people have said of the published transcript, and not of the one that waits.

        Raises:
            OutputError: There is something.
        """
        for name, content in _said(self._published).items():
            if not force and not _holds(said.get(name, b""), content):
                path = self._published.with_name(name)
                raise OutputError(
                    f"{path} has what {self.document.with_name(name)} has not, and would be replaced by it",
                    "Say it there, too, and approve that; or replace it with --force",
                )


def _said(document: Path) -> dict[str, bytes]:
    """What people have said of a document, by the names of the files beside it.

    Raises:
        OutputError: It cannot be read.
    """
    found = {}
    for path in sidecars(document):
        with disk_errors(path, "reading"), contextlib.suppress(FileNotFoundError):
            found[path.name] = read_regular(path)
    return found


def _holds(all_of: bytes, of: bytes) -> bool:
    """Whether a file of what people have said has all records of another one."""
    try:
        records = msgspec.json.decode(all_of)["records"]
        return all(each in records for each in msgspec.json.decode(of)["records"])
    except (msgspec.MsgspecError, LookupError, TypeError, UnicodeDecodeError):
        return all_of == of


def _uncorrected(made_with: Mapping[str, str]) -> dict[str, str]:
    """What decides the content of files, without corrections: people make them of what waits."""
    return {name: value for name, value in made_with.items() if name != CORRECTIONS}


def _path_of(episode: Episode, recording: Recording) -> str:
    """Where the recording of a document lies; empty: it is none of these."""
    sources = {each.sha256: each.path for each in recording.sources}
    return sources.get(episode.source.sha256, "")
