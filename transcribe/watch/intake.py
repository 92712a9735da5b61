"""From what is seen in the folder to files whose turn has come: nothing is taken before it is complete."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from transcribe.core.events import Progress, Warned
from transcribe.core.media_names import Kind, kind_of
from transcribe.core.text import readable
from transcribe.core.unexpected import ends_run
from transcribe.jobs.queue import PENDING, Facts, Queue, QueuedJob, State
from transcribe.watch.endings import Ending
from transcribe.watch.facts import MISSING, Seen, look_at, scan
from transcribe.watch.looking import Held, Look, Looker
from transcribe.watch.settling import Settling

MARKER = ".ready"
EXPECTED_S = 15.0
"""So long it is worth having a process ready for a file that looks well."""

Known = tuple[State, Facts | None]


@dataclass
class Intake:
    """Sees files, waits until they are complete, and makes them ready.

    Attributes:
        marker: Whether a file is complete when `NAME.ready` lies beside it, and not before.
    """

    folder: Path
    queue: Queue
    settling: Settling
    looker: Looker
    clock: Callable[[], float]
    progress: Progress
    marker: bool = False
    changed: set[str] = field(default_factory=set)
    _dull: dict[str, Facts] = field(default_factory=dict)
    _complained: set[str] = field(default_factory=set)
    _expected: float = float("-inf")
    _identity: tuple[int, int] | None = None

    def there(self) -> bool:
        """Whether the folder is the one it was: not that an unmounted disk left an empty one."""
        try:
            status = self.folder.stat()
        except OSError:
            return False
        self._identity = self._identity or (status.st_dev, status.st_ino)
        return self._identity == (status.st_dev, status.st_ino)

    def scan(self) -> None:
        """See every file there is, and notice those that are not there any more."""
        found = list(scan(str(self.folder), complain=self._complain))  # may take long; locks nobody out
        present = {seen.name for seen in found}
        with self.queue.transaction():
            known = self.queue.known()
            for seen in found:
                self.seen(seen, known.get(seen.name))
            waited = {
                name for name, (state, _) in known.items() if state in PENDING and state is not State.WORKING
            }
            for name in (waited | set(self.settling.names())) - present:
                self.check(name)

    def touched(self, names: Iterable[str]) -> None:
        """Something happened to these files or folders."""
        with self.queue.transaction():
            for name in names:
                if name.endswith(MARKER) and self.marker:
                    self._see_below(os.path.dirname(name))  # noqa: PTH120
                else:
                    self.check(name)

    def check(self, name: str) -> None:
        """See one file; what is below, if it is a folder."""
        try:
            seen = look_at(str(self.folder), name)
            if seen is not None:
                self.seen(seen)
            elif self._is_folder(name):
                self._see_below(name)
            else:
                self.gone(name)
        except OSError as error:
            self._complain(error)

    def seen(self, seen: Seen, known: Known | None = None) -> None:
        """A file was seen."""
        if known is None and (job := self.queue.job(seen.name)) is not None:
            known = job.state, job.facts
        state, facts = known or (None, None)
        if seen.facts is None:
            self._refuse(seen, state)
        elif state is State.WORKING:
            if facts != seen.facts:
                self.changed.add(seen.name)
        elif state in (State.WAITING, State.GONE, State.REFUSED, None) or facts != seen.facts:
            self._wait_for(seen.name, seen.facts, state)

    def gone(self, name: str) -> None:
        """A file is not there any more."""
        self.settling.forget(name)
        self._dull.pop(name, None)
        job = self.queue.job(name)
        if job is not None and job.state in PENDING and job.state is not State.WORKING:
            self.queue.write(replace(job, state=State.GONE), "it vanished before it was done")

    def again(self, job: QueuedJob, detail: str) -> None:
        """Wait for a file once more, because it is not what it was."""
        self.queue.write(_renewed(job), detail)
        self.check(job.name)

    def look(self) -> bool:
        """Look at the file that is due first; whether there was one."""
        name = self.settling.due(self.clock())
        if name is None:
            return False
        path = self.folder / name
        try:
            before = look_at(str(self.folder), name)
            look = self._look(path, name) if before and before.facts else None
            after = look_at(str(self.folder), name)
        except OSError as error:
            self._complain(error)
            self.settling.later(name, self.clock())
            return True
        if after is None or after.facts is None:
            self.check(name)
        elif before is None or before.facts != after.facts or look is None:
            self.settling.observe(name, after.facts, self.clock())
        elif self.settling.looked(name, after.facts, look, self.clock()):
            self._complete(name, after.facts, look)
        elif look.sound is not None:
            self._expected = self.clock() + EXPECTED_S
        return True

    def soon(self) -> bool:
        """Whether a file looks as if its turn came soon."""
        return self.clock() < self._expected

    def _look(self, path: Path, name: str) -> Look | None:
        try:
            return self.looker.look(path, at_end=self.settling.seen_before(name))
        except OSError as error:
            if error.errno in MISSING:
                return None
        except Exception as error:
            if ends_run(error):
                raise
        return Look(Ending.UNSURE, Held.UNKNOWN)  # whoever transcribes it will say what is wrong

    def _wait_for(self, name: str, facts: Facts, state: State | None) -> None:
        kind = kind_of(PurePath(name))
        if kind is Kind.UNKNOWN and self._dull.get(name) == facts:
            return
        if state is not State.WAITING and (state is not None or kind is Kind.RECORDING):
            job = self.queue.job(name)
            detail = "seen" if job is None or state is State.GONE else "changed; waited for anew"
            self.queue.write(_renewed(job or QueuedJob(name, State.WAITING)), detail)
        if not self.marker or self._marked(name):
            self.settling.observe(name, facts, self.clock())

    def _complete(self, name: str, facts: Facts, look: Look) -> None:
        job = self.queue.job(name)
        if (
            job is None
            and kind_of(PurePath(name)) is Kind.UNKNOWN
            and not (look.sound and look.sound.streams)
        ):
            self._dull[name] = facts
            return
        detail = "complete"
        if look.ending is Ending.UNFINISHED or look.held is Held.OPEN:
            why = look.held.value if look.held is Held.OPEN else look.ending.value
            detail = f"taken as it is: {why}, but unchanged for long"
            self.progress(Warned(f"{readable(name)}: {detail}"))
        job = replace(job or QueuedJob(name, State.READY), state=State.READY, facts=facts, attempts=0)
        self.queue.write(replace(job, not_before=0.0, reason="", hint=""), detail)

    def _refuse(self, seen: Seen, state: State | None) -> None:
        self.settling.forget(seen.name)
        if kind_of(PurePath(seen.name)) is not Kind.RECORDING or state in (State.REFUSED, State.WORKING):
            return
        reason = f"it is {seen.what}"
        self.queue.write(
            QueuedJob(
                seen.name, State.REFUSED, reason=reason, hint="Put the recording itself into the folder"
            )
        )
        self.progress(Warned(f"{readable(seen.name)} is refused: {reason}"))

    def _marked(self, name: str) -> bool:
        path = self.folder / name
        return any(os.path.lexists(each) for each in (f"{path}{MARKER}", path.with_suffix(MARKER)))

    def _see_below(self, folder: str) -> None:
        for seen in scan(str(self.folder), folder, self._complain):
            self.seen(seen)

    def _is_folder(self, name: str) -> bool:
        try:
            return stat.S_ISDIR(os.lstat(self.folder / name).st_mode)
        except OSError:
            return False

    def _complain(self, error: OSError) -> None:
        told = (
            f"{readable(str(error.filename or self.folder))} cannot be looked at: {error.strerror or error}"
        )
        if told not in self._complained:
            self._complained.add(told)
            self.progress(Warned(told))


def _renewed(job: QueuedJob) -> QueuedJob:
    """The same file, waited for anew: another take if the one before was moved away, else another version."""
    fresh = replace(job, state=State.WAITING, attempts=0, not_before=0.0, reason="", hint="", twin="")
    fresh = replace(fresh, alone=False)
    if job.moved_to:
        return replace(fresh, moved_to="", place="", outputs=(), begun=(), sha256="", facts=None)
    return fresh
