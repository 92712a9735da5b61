"""Work on the corrections of a transcript document: as text to be edited, back again, listed, undone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from getpass import getuser
from pathlib import Path

from transcribe.core.corrections.apply import corrected, corrected_segments
from transcribe.core.corrections.change import Change, Prefer, changed
from transcribe.core.corrections.edit import TooManyLinesError, edited
from transcribe.core.corrections.learned import Term, learned_terms
from transcribe.core.corrections.place import Layer, lay, lay_over
from transcribe.core.corrections.record import Correction, Corrections
from transcribe.core.digest import fingerprint
from transcribe.core.episode import Episode, Transcript
from transcribe.core.errors import InputError, OutputError, UsageError
from transcribe.core.events import Progress
from transcribe.core.reading import decoded, read_bounded
from transcribe.core.settings import Settings
from transcribe.core.text import plain_name
from transcribe.core.timecode import now
from transcribe.formats.corrections import LONGEST_NAME
from transcribe.formats.edit_text import MAX_BYTES, read_edit_text, write_edit_text
from transcribe.jobs.corrections import read_sidecar, sidecar_of
from transcribe.jobs.documents import open_document
from transcribe.jobs.memory import people_locked
from transcribe.jobs.render import with_corrected_notes
from transcribe.jobs.revise import Revision, correct

MOST_TOLD = 5


@dataclass(frozen=True)
class Opened:
    """A transcript document with the corrections beside it.

    Attributes:
        episode: As it was recognised.
        layer: The corrections over the recognition; those that do not fit are in it, too.
    """

    document: Path
    episode: Episode
    corrections: Corrections
    layer: Layer

    @property
    def transcript(self) -> Transcript:
        """What was recognised."""
        return self.episode.transcript

    @cached_property
    def recognition(self) -> str:
        """Tells this recognition, its speakers too, from every other one."""
        return fingerprint([(each.speaker, each.words) for each in self.transcript.segments])[:16]

    @property
    def sidecar(self) -> Path:
        """Where the corrections lie."""
        return sidecar_of(self.document)

    def corrected_by(self, corrections: Corrections) -> Opened:
        """The same recognition with other corrections."""
        made = replace(
            self, corrections=corrections, layer=lay_over(self.layer.row, corrections, self.layer.placed)
        )
        vars(made)["recognition"] = self.recognition  # of the same words
        return made


def opened(document: Path, episode: Episode | None = None) -> Opened:
    """Read a transcript document and its corrections.

    Args:
        episode: What the document holds; None: it is read.

    Raises:
        InputError: One of them cannot be read, or is something else.
    """
    episode = episode or open_document(document)
    corrections = read_sidecar(sidecar_of(document))
    return Opened(document, episode, corrections, lay(episode.transcript, corrections))


def edit_text(of: Opened) -> bytes:
    """The corrected transcript as text to be edited."""
    seen = [each.correction.id for each in of.layer.placed]
    segments = corrected_segments(of.layer)
    return write_edit_text(segments, of.document.name, of.recognition, seen)


def apply_text(
    of: Opened, text: Path, settings: Settings, progress: Progress, *, who: str | None, prefer: Prefer | None
) -> tuple[Change, Revision]:
    """Keep what somebody changed in text that `edit_text` made, and write the files beside the document anew.

    Args:
        settings: How files are laid out, and the template that made one, as in the run that wrote them.
        who: Who did it; None: the user of this computer.
        prefer: What stays where others have corrected the same words since the text was made.

    Raises:
        InputError: The text cannot be read, is of another recognition, or has lines that nothing was
            recognised for.
        OutputError: Others have corrected the same words, and it is not said what stays; or it cannot be
            written. Then nothing is changed.
    """
    name = str(text)
    read = read_edit_text(decoded(read_bounded(text, MAX_BYTES, "a text"), text), name)
    if read.recognition and read.recognition != of.recognition:
        raise InputError(
            f"{name} was made of another recognition, or before speakers were renamed",
            "Export again and change that; or remove the line that begins with # recognition, and all that "
            "differs from this recognition becomes a correction",
        )
    try:
        records = edited(of.transcript, read.lines, who=checked_name(who), when=now())
    except TooManyLinesError as error:
        raise InputError(f"{name} has too many lines: {error}", "A line has at least one word") from error
    change = changed(of.transcript, of.corrections, records, read.seen, whole=True, prefer=prefer)
    if change.conflicts:
        raise OutputError(
            f"others have corrected the same words since {name} was made: {_shown(change.conflicts)}",
            "Keep yours with --mine, or theirs with --theirs; nothing is changed yet",
        )
    return change, keep_corrections(of, change.corrections, settings, progress)


def undo(
    of: Opened, ids: Collection[str], settings: Settings, progress: Progress
) -> tuple[tuple[Correction, ...], Revision]:
    """Remove corrections: what they replaced is recognised text again, also in the files beside the document.

    Args:
        settings: As for `apply_text`.

    Raises:
        UsageError: There is none with one of these ids; then nothing is removed.
        OutputError: It cannot be written.
    """
    known = {each.id: each for each in of.corrections.records}
    unknown = [each for each in ids if each not in known]
    if unknown:
        raise UsageError(
            f"there is no correction {unknown[0]!r} in {of.sidecar}", "See them: transcribe corrections list"
        )
    removed = tuple(known[each] for each in dict.fromkeys(ids))
    return removed, keep_corrections(of, of.corrections.without(ids), settings, progress)


def vocabulary(documents: Sequence[Path]) -> tuple[Term, ...]:
    """Names that were corrected again and again in these episodes.

    Raises:
        InputError: A document is not there, or its corrections cannot be read.
    """
    for document in documents:
        if not document.exists():
            raise InputError(f"{document} is not there", "Name transcripts (.json) of earlier runs")
    return learned_terms(read_sidecar(sidecar_of(document)) for document in documents)


def keep_corrections(
    of: Opened, corrections: Corrections, settings: Settings, progress: Progress
) -> Revision:
    """Write corrections in the place of those that are there, and the files beside the document anew.

    Args:
        settings: As for `apply_text`.

    Raises:
        OutputError: Somebody else has changed them meanwhile, or it cannot be written; nothing is changed.
    """
    old, new = (corrected(of.episode, each)[0] for each in (of.corrections, corrections))
    if old.transcript != new.transcript:
        new = with_corrected_notes(new, settings, progress)
    with people_locked(of.document):
        if read_sidecar(of.sidecar) != of.corrections:
            raise OutputError(f"somebody else has just changed {of.sidecar}", "Give the command again")
        return correct(of.document, old, new, (of.corrections, corrections), settings)


def checked_name(who: str | None) -> str:
    """The name of whoever does something; None: the user of this computer, empty where that has none.

    Raises:
        UsageError: It is too long.
    """
    if who is None:
        with suppress(OSError, KeyError, ImportError):  # a user without a name, as in a container
            return plain_name(getuser())[:LONGEST_NAME]
        return ""
    if len(who) > LONGEST_NAME:
        raise UsageError(f"a name has at most {LONGEST_NAME} characters", "Shorten it")
    return plain_name(who)


def _shown(conflicts: Sequence[object]) -> str:
    more = f"; and {len(conflicts) - MOST_TOLD} more" if len(conflicts) > MOST_TOLD else ""
    return "; ".join(map(str, conflicts[:MOST_TOLD])) + more
