"""The server's folder: its queue, what is being uploaded, a folder for each job; a copy of it is a backup."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import filelock

from transcribe.control.verify import walk_of
from transcribe.core.digest import fingerprint
from transcribe.core.disk import disk_errors
from transcribe.core.episode import Episode
from transcribe.core.errors import UsageError
from transcribe.core.files import PRIVATE_FILE, atomic_file, private_folder, sweep, sync_folder
from transcribe.core.media_names import stem_of
from transcribe.core.settings import Settings
from transcribe.jobs.documents import open_corrected
from transcribe.jobs.fingerprint import fingerprint_of
from transcribe.jobs.memory import FOLDER
from transcribe.jobs.queue import PENDING, Facts, Queue, QueuedJob, State
from transcribe.jobs.retention import held
from transcribe.jobs.signing import signer_of
from transcribe.jobs.submissions import Submission, Submissions
from transcribe.server.desk import Desk
from transcribe.server.intake.samples import Sample
from transcribe.server.intake.uploads import INCOMING, Upload

LOCK = "server.lock"
QUEUE = "queue.sqlite"
ALIAS = "transcript.audio"
"""What results are named after: `transcript.json`."""

DOCUMENT = "transcript.json"
SAMPLES_OPTION = "speaker_samples"
JOBS = "jobs"
WORK = "work"
"""Where the work directories are, unless `TRANSCRIBE_WORK_DIR` says otherwise."""

NAME_DIGITS = 24
_NAME = re.compile(rf"[0-9a-f]{{{NAME_DIGITS}}}")
"""Names of jobs."""


@dataclass(frozen=True)
class Wish:
    """What a client wants of a recording.

    Attributes:
        client: Who.
        owner: Whose the job is, where clients are kept apart; else empty.
        options: The settings that differ from the server's, by name.
        interactive: Whether it is of no use once the client is gone.
        samples: How speakers sound whose names are known; the option `speaker_samples` has their digest.
    """

    client: str
    owner: str = ""
    options: Mapping[str, Any] | None = None
    interactive: bool = False
    samples: tuple[Sample, ...] = ()


class Store:
    """What is known of every job; all of it survives a kill.

    Args:
        settings: The server's; those of a job differ by its options.
        model: Digest of the weights.

    Attributes:
        desk: The transcripts that people correct.
        signer: Signs the manifests of what was approved, where a key was chosen.

    Raises:
        OutputError: The folder cannot be written, or the queue is damaged; so do the methods.
    """

    def __init__(self, folder: Path, settings: Settings, model: str) -> None:
        self._settings, self._model = settings, model
        self.incoming, self._jobs, self.work = folder / "incoming", folder / JOBS, folder / WORK
        with disk_errors(folder, "making", "Choose another folder with --data"):
            for each in (folder, self.incoming, self._jobs):
                private_folder(each)
        self.desk = Desk()
        self.signer = signer_of(settings)
        self.queue = Queue(folder / QUEUE)
        self.submissions = Submissions(self.queue)
        self._sweep(folder)

    def _sweep(self, folder: Path) -> None:
        """Remove what a kill has left: half of a file, a recording whose job was not put down yet.

        Only what has a name that this program gives: somebody may have chosen a folder of their own.
        """
        sweep(folder)
        for left in self.incoming.iterdir():
            if INCOMING.fullmatch(left.name):
                left.unlink(missing_ok=True)
        for left in self._jobs.iterdir():
            if _NAME.fullmatch(left.name):
                if self.submissions.get(left.name) is None:
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    sweep(left)

    def close(self) -> None:
        """Close the queue."""
        self.queue.close()

    def folder(self, name: str) -> Path:
        """The folder of a job."""
        return self._jobs / name

    def recording(self, name: str) -> Path:
        """Its recording."""
        return self.folder(name) / "recording"

    def settings_for(self, submission: Submission) -> Settings:
        """The settings that a job is transcribed with: its samples of speakers lie in its folder."""
        options = dict(submission.options)
        if SAMPLES_OPTION in options:
            options[SAMPLES_OPTION] = self._samples(submission.name)
        return self.settings_of(options)

    def _samples(self, name: str) -> Path:
        return self.folder(name) / "samples"

    def settings_of(self, options: Mapping[str, Any]) -> Settings:
        """The settings of a job.

        Raises:
            ValueError: An option is unknown or its value is not allowed.
        """
        return self._settings.replace({**options, "formats": ("json",)})

    def name_of(self, sha256: str, wish: Wish) -> str:
        """The name of the job: the same for the same recording, settings, weights and owner."""
        settings = fingerprint_of(self.settings_of(wish.options or {}))
        return fingerprint((sha256, settings, self._model, wish.owner))[:NAME_DIGITS]

    def found(self, sha256: str, wish: Wish) -> QueuedJob | None:
        """The job that does this already, or has done it."""
        job = self.queue.job(self.name_of(sha256, wish))
        if job is None or not (job.state in PENDING or self._is_done(job)):
            return None
        if not wish.interactive:  # whoever asks for a job wants it whether or not somebody waits
            self.submissions.change(job.name, interactive=False)
        return job

    def submit(self, upload: Upload, wish: Wish, duration_ms: int) -> QueuedJob:
        """Put a job down as ready, with its recording in its folder.

        Args:
            duration_ms: How long the recording says it is; 0 where it does not.
        """
        name = self.name_of(upload.sha256, wish)
        path = self.recording(name)
        with disk_errors(path, "writing", "Choose another folder with --data"):
            private_folder(path.parent)
            self._keep(self._samples(name), wish.samples)
            upload.path.replace(path)
            sync_folder(path.parent)
            sync_folder(self._jobs)
            facts = Facts.of(path.stat())
        job = QueuedJob(name, State.READY, facts=facts, sha256=upload.sha256, place=name)
        submission = Submission(
            name, wish.client, upload.title, wish.options or {}, duration_ms, wish.interactive,
            self.queue.now(),
        )  # fmt: skip
        with self.queue.transaction():
            self.submissions.write(submission)
            return self.queue.write(job, "submitted")

    def _keep(self, folder: Path, samples: tuple[Sample, ...]) -> None:
        if samples:
            private_folder(folder)
        for each in samples:
            with atomic_file(folder / each.file, private=True) as handle:
                handle.write(each.content)

    def write(self, job: QueuedJob, detail: str = "", exit_code: int = 0) -> QueuedJob:
        """Put down where a job is now."""
        with self.queue.transaction():
            self.submissions.change(job.name, exit_code=exit_code)
            return self.queue.write(job, detail)

    def lengthen(self, name: str, duration_ms: int) -> None:
        """Put down that a job's recording is longer than it said."""
        with self.queue.transaction():
            self.submissions.change(name, duration_ms=duration_ms)

    def held(self, name: str) -> bool:
        """Whether a legal hold is on a job (`transcribe purge --hold`), or nobody can tell."""
        walk = walk_of(self.queue.file.path.parent / FOLDER)
        return held(walk.retentions, name) is not None or any(each.kind == "chain" for each in walk.findings)

    def remove(self, name: str) -> None:
        """Remove a job, its recording and results, and what no other job needs of its work directory.

        A correction that is being written is written first: what came after would stay in the folder.
        A work folder that is not the server's own is the command line's, too, and is left alone.
        """
        job = self.queue.job(name)
        self.submissions.remove(name)
        with self.desk.removing(self.folder(name) / DOCUMENT):
            shutil.rmtree(self.folder(name), ignore_errors=True)
        if job and not any(each.sha256 == job.sha256 for each in self.queue.jobs()):
            shutil.rmtree(self.work / job.sha256[:32], ignore_errors=True)

    def episode(self, submission: Submission) -> Episode:
        """What was recognised, as people have corrected it, with the client's name for the recording.

        Raises:
            InputError: The document is not there, or it or its corrections are damaged.
        """
        episode = open_corrected(self.folder(submission.name) / DOCUMENT)
        return replace(episode, source=replace(episode.source, name=file_name(submission.title)))

    def _is_done(self, job: QueuedJob) -> bool:
        return job.state is State.DONE and (self.folder(job.name) / DOCUMENT).exists()


def file_name(title: str) -> str:
    """A title as the name of a recording: in one folder, and what follows its last dot is an ending."""
    name = title.replace("/", "-").replace("\\", "-")
    return name if stem_of(name) != name or "." not in name else f"{name}.wav"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a server's folder.

    Raises:
        UsageError: Another server has it.
    """
    with disk_errors(folder, "making", "Choose another folder with --data"):
        private_folder(folder)
    lock = filelock.FileLock(folder / LOCK, mode=PRIVATE_FILE)
    try:
        lock.acquire(timeout=1)
    except filelock.Timeout:
        raise UsageError(
            f"another server is at work in {folder}", "Stop it first, or choose another folder with --data"
        ) from None
    try:
        yield
    finally:
        lock.release()
