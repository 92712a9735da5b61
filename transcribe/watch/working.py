"""One file after the other, from its turn to its outcome, which is on the disk before all that follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from transcribe.core.errors import OutputError
from transcribe.core.events import (
    FileFailed,
    Noticed,
    Progress,
    StageAdvanced,
    StageStarted,
    Warned,
)
from transcribe.core.text import readable
from transcribe.core.unexpected import ends_run
from transcribe.watch import moving
from transcribe.watch.courier import Courier
from transcribe.watch.facts import Facts, look_at
from transcribe.watch.folders import Folders, place_key, places
from transcribe.watch.intake import Intake
from transcribe.watch.ledger import Ledger
from transcribe.watch.notices import payload_of, remove_error, write_error
from transcribe.watch.orders import Changed, Down, Finished, Hashed, Message, Order, Stumbled, Told
from transcribe.watch.records import Output, Record, State
from transcribe.watch.transcriber import Transcriber
from transcribe.watch.trouble import TRIES, Passing, Trouble, trouble_of, wait_s

MACHINE_WAIT_S = 60.0
"""How long nothing is started after something that concerns every file, such as a model that is not there."""

BEGUN = 50
"""So many contents of one file are remembered."""


@dataclass
class Working:
    """What is worked on, and what becomes of it.

    Attributes:
        folders: Where things lie.
        ledger: Where every file's state is.
        intake: Told of files that changed.
        transcriber: Does the work.
        courier: Told of outcomes.
        settings: Fingerprint of the settings.
        progress: Told of everything.
        clock: Seconds on a clock that never goes back.
        debug: Whether to show on standard error where an unexpected error comes from.
        current: The file that is worked on.
        stage: How far it is, for people.
        blocked: Why nothing is started; empty where it is.
    """

    folders: Folders
    ledger: Ledger
    intake: Intake
    transcriber: Transcriber
    courier: Courier
    settings: str
    progress: Progress
    clock: Callable[[], float]
    debug: bool = False
    current: Record | None = None
    stage: str = ""
    blocked: str = ""
    _blocked_until: float = 0.0
    _content: str = ""
    _instead: Record | None = field(default=None)

    def begin(self) -> bool:
        """Start with the file whose turn it is; whether there was one."""
        record = self.ledger.next_ready()
        if record is None:
            return False
        with self._at_the_cost_of(record):
            facts = self._facts(record.name)
            if facts is None:
                self.intake.gone(record.name)
            elif facts != record.facts:
                self.intake.again(record, "changed before its turn came; waited for anew")
            else:
                self._start(record, facts)
        return True

    def turn(self) -> None:
        """Take in what the process says; give up what changed under its hands."""
        with self._at_the_cost_of(self.current):
            if self.current is not None and self.current.name in self.intake.changed:
                record, self.current = self.current, None
                self.transcriber.stop()
                self.intake.again(record, "changed while it was transcribed; waited for anew")
            self.intake.changed.clear()
            for message in self.transcriber.messages():
                self._take(message)

    @contextmanager
    def _at_the_cost_of(self, record: Record | None) -> Iterator[None]:
        """Have an unexpected error fail the one recording that is worked on, unless it is through already."""
        try:
            yield
        except (OutputError, OSError):
            raise
        except Exception as error:
            known = None if record is None or ends_run(error) else self.ledger.record(record.name)
            if known is None or known.state not in (State.READY, State.RETRYING, State.WORKING):
                raise
            self.put_down()
            self._stumbled(known, trouble_of(error, debug=self.debug))

    def abandon(self) -> None:
        """Stop at once; the file goes on next time where it was."""
        record = self.put_down()
        if record is not None:
            self.ledger.write(replace(record, state=State.READY), "stopped; goes on where it was")

    def put_down(self) -> Record | None:
        """Stop at once, and tell the ledger nothing; what was worked on."""
        self.transcriber.stop()
        record, self.current = self.current, None
        return record

    def resume_moves(self) -> None:
        """After a kill: finish moving what was done."""
        for record in self.ledger.records(State.DONE):
            if record.moved_to and self._facts(record.name) == record.facts:
                self._move(record)

    def block(self, why: str, seconds: float) -> None:
        """Start nothing for a while; empty: go on."""
        if why != self.blocked:
            self.progress(Warned(f"paused: {why}") if why else Noticed("goes on"))
        self.blocked, self._blocked_until = why, self.clock() + seconds

    def unblocked(self) -> bool:
        """Whether something may be started; tells when that is so again."""
        if self.blocked and self.clock() >= self._blocked_until:
            self.block("", 0.0)
        return not self.blocked

    def _start(self, record: Record, facts: Facts) -> None:
        with self.ledger.transaction():
            place = record.place or next(
                each for each in places(record.name) if self.ledger.claim(place_key(each), record.name)
            )
            tried = f", try {record.attempts + 1}" if record.attempts else ""
            self.current = self.ledger.write(
                replace(record, state=State.WORKING, place=place), f"started{tried}"
            )
        path = self.folders.inbox / record.name
        name = PurePath(place)
        self.stage, self._instead = "", None
        self.transcriber.start()
        self.transcriber.send(
            Order(
                path=str(path),
                facts=facts,
                folder=str(self.folders.out / name.parent),
                alias=str(path.with_name(name.name + path.suffix)),
                replaces=record.outputs,
                begun=record.begun,
            )
        )

    def _take(self, message: Message) -> None:
        if isinstance(message, Down):
            self._down(message)
        elif self.current is None:
            return
        elif isinstance(message, Told):
            self._tell(message)
        elif isinstance(message, Hashed):
            self._hashed(self.current, message.sha256)
        elif isinstance(message, Finished):
            self._finished(self.current, message)
        elif isinstance(message, Stumbled):
            self._stumbled(self.current, message.trouble)
        elif isinstance(message, Changed):
            self._not_done(self.current)

    def _tell(self, told: Told) -> None:
        event = told.event
        if isinstance(event, StageStarted):
            self.stage = event.stage
        elif isinstance(event, StageAdvanced):
            self.stage = f"{event.stage}, {event.done_ms // 1000} s of it"
        self.progress(event)

    def _hashed(self, record: Record, sha256: str) -> None:
        """The content is known: is there anything to do?"""
        # One that has outputs already is done again, so that they fit its content.
        twin = None if record.outputs else self.ledger.twin(record, sha256, self.settings)
        self._content = sha256
        same = record.sha256 == sha256 and record.settings == self.settings
        if same and record.outputs and all(map(_there, record.outputs)):
            self._instead = replace(record, state=State.DONE, reason="")
        elif twin is not None:
            reason = f"the same content as {twin}, which is done"
            self._instead = replace(record, state=State.DUPLICATE, sha256=sha256, twin=twin, reason=reason)
        elif sha256 not in record.begun:  # known before anything is published for it
            begun = (*record.begun, sha256)[-BEGUN:]
            self.current = self.ledger.write(replace(record, begun=begun), f"content is {sha256}")
        self.transcriber.send(self._instead is None)

    def _not_done(self, record: Record) -> None:
        self.current = None
        if self._instead is None:
            self.intake.again(record, "changed when its turn came; waited for anew")
            return
        unchanged = self._instead.state is State.DONE
        written = self.ledger.write(self._instead, "its content has not changed" if unchanged else "")
        if not unchanged:
            self.progress(Noticed(f"{readable(record.name)}: {readable(written.reason)}"))

    def _finished(self, record: Record, finished: Finished) -> None:
        self.current = None
        record = replace(record, outputs=finished.outputs, sha256=self._content, settings=self.settings)
        if self._facts(record.name) not in (record.facts, None):
            self.intake.again(record, "changed while it was transcribed; waited for anew")
            return
        moved_to = self._plan_move(record)
        record = replace(record, state=State.DONE, version=record.version + 1, attempts=0, hint="")
        record = replace(record, reason=finished.warning, moved_to=moved_to)
        with self.ledger.transaction():
            record = self.ledger.write(record, finished.warning or f"done, version {record.version}")
            self.ledger.announce(
                "done", record.name, self.courier.channels("done"), payload_of(record, self.folders)
            )
        remove_error(record, self.folders)
        if moved_to:
            self._move(record)

    def _stumbled(self, record: Record, trouble: Trouble) -> None:
        self.current = None
        facts = self._facts(record.name)
        if facts is None:
            self.ledger.write(replace(record, state=State.GONE), "it vanished before it was done")
        elif facts != record.facts:
            self.intake.again(record, f"changed while it was transcribed ({trouble.what}); waited for anew")
        elif trouble.passing is Passing.MACHINE:
            self.ledger.write(replace(record, state=State.READY), trouble.what)
            self.block(f"{trouble.what}. {trouble.hint}".strip(), MACHINE_WAIT_S)
        elif trouble.passing is Passing.NO or (
            trouble.passing is Passing.YES and record.attempts + 1 >= TRIES
        ):
            self._failed(record, trouble)
        else:
            self._later(record, trouble)

    def _later(self, record: Record, trouble: Trouble) -> None:
        attempts = record.attempts + (trouble.passing is Passing.YES)
        wait = wait_s(attempts)
        again = replace(record, state=State.RETRYING, attempts=attempts, not_before=self.ledger.now() + wait)
        again = replace(again, reason=trouble.what, hint=trouble.hint)
        self.ledger.write(again)
        self.progress(Warned(f"{readable(record.name)}: {trouble.what}; tried again in {wait:g} s"))

    def _failed(self, record: Record, trouble: Trouble) -> None:
        record = replace(
            record, state=State.FAILED, attempts=record.attempts + 1, reason=trouble.what, hint=trouble.hint
        )
        write_error(record, self.folders, self.ledger, self.progress)
        with self.ledger.transaction():
            record = self.ledger.write(record)
            self.ledger.announce(
                "failed", record.name, self.courier.channels("failed"), payload_of(record, self.folders)
            )
        told = f"{trouble.what}. {trouble.hint}".rstrip()
        self.progress(FileFailed(readable(record.name), told, trouble.exit_code))

    def _down(self, down: Down) -> None:
        record, self.current = self.current, None
        if down.started:
            if record is not None:
                self._stumbled(record, down.trouble)
            return
        if record is not None:  # it cannot even start: no file's fault
            self.ledger.write(replace(record, state=State.READY), down.trouble.what)
        self.block(f"{down.trouble.what}. {down.trouble.hint}".strip(), MACHINE_WAIT_S)

    def _plan_move(self, record: Record) -> str:
        if self.folders.done is None:
            return ""
        try:
            return str(moving.free_name(self.folders.done, record.name))
        except OSError as error:
            self.progress(Warned(f"{readable(record.name)} is not moved: {error.strerror}"))
            return ""

    def _move(self, record: Record) -> None:
        source = self.folders.inbox / record.name
        try:
            if self._facts(record.name) == record.facts:
                moving.move(source, Path(record.moved_to))
                self.progress(Noticed(f"{readable(record.name)} is moved to {readable(record.moved_to)}"))
        except OSError as error:
            self.ledger.write(replace(record, moved_to=""), f"it stays where it is: {error.strerror}")
            self.progress(Warned(f"{readable(record.name)} is not moved: {error.strerror}"))

    def _facts(self, name: str) -> Facts | None:
        try:
            seen = look_at(str(self.folders.inbox), name)
        except OSError:
            return None
        return seen.facts if seen else None


def _there(output: Output) -> bool:
    return Path(output.path).exists()
