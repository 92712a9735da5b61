"""Work on the corrections of a transcript document: as text to be edited, back again, listed, undone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path

from transcribe.core.corrections.apply import corrected_segments
from transcribe.core.corrections.change import Change, Prefer, changed
from transcribe.core.corrections.edit import TooManyLinesError, edited
from transcribe.core.corrections.learned import Term, learned_terms
from transcribe.core.corrections.place import Layer, lay
from transcribe.core.corrections.record import Correction, Corrections
from transcribe.core.digest import fingerprint
from transcribe.core.episode import Transcript
from transcribe.core.errors import InputError, OutputError, UsageError
from transcribe.core.files import atomic_file
from transcribe.core.reading import decoded, read_bounded
from transcribe.core.text import one_line
from transcribe.formats.corrections import LONGEST_NAME, write_corrections
from transcribe.formats.edit_text import MAX_BYTES, read_edit_text, write_edit_text
from transcribe.jobs.corrections import read_sidecar, sidecar_of
from transcribe.jobs.render import open_document

MOST_TOLD = 5


@dataclass(frozen=True)
class Opened:
    """A transcript document with the corrections beside it.

    Attributes:
        layer: The corrections over the recognition; those that do not fit are in it, too.
    """

    document: Path
    sidecar: Path
    transcript: Transcript
    corrections: Corrections
    layer: Layer


def opened(document: Path) -> Opened:
    """Read a transcript document and its corrections.

    Raises:
        InputError: One of them cannot be read, or is something else.
    """
    transcript = open_document(document).transcript
    sidecar = sidecar_of(document)
    corrections = read_sidecar(sidecar)
    return Opened(document, sidecar, transcript, corrections, lay(transcript, corrections))


def edit_text(of: Opened) -> bytes:
    """The corrected transcript as text to be edited."""
    seen = [each.correction.id for each in of.layer.placed]
    segments = corrected_segments(of.layer)
    return write_edit_text(segments, of.document.name, _digest(of.transcript), seen)


def apply_text(of: Opened, text: Path, *, who: str | None, prefer: Prefer | None) -> Change:
    """Keep what somebody changed in text that `edit_text` made, beside the document.

    Args:
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
    if read.recognition and read.recognition != _digest(of.transcript):
        raise InputError(
            f"{name} was made of another recognition, or before speakers were renamed",
            "Export again and change that; or remove the line that begins with # recognition, and all that "
            "differs from this recognition becomes a correction",
        )
    try:
        when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        records = edited(of.transcript, read.lines, who=_checked(who), when=when)
    except TooManyLinesError as error:
        raise InputError(f"{name} has too many lines: {error}", "A line has at least one word") from error
    change = changed(of.transcript, of.corrections, records, read.seen, whole=True, prefer=prefer)
    if change.conflicts:
        raise OutputError(
            f"others have corrected the same words since {name} was made: {_shown(change.conflicts)}",
            "Keep yours with --mine, or theirs with --theirs; nothing is changed yet",
        )
    _write(of, change.corrections)
    return change


def undo(of: Opened, ids: Collection[str]) -> tuple[Correction, ...]:
    """Remove corrections; what they replaced is recognised text again.

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
    _write(of, of.corrections.without(ids))
    return tuple(known[each] for each in ids)


def vocabulary(documents: Sequence[Path]) -> tuple[Term, ...]:
    """Names that were corrected again and again in these episodes.

    Raises:
        InputError: A document is not there, or its corrections cannot be read.
    """
    for document in documents:
        if not document.exists():
            raise InputError(f"{document} is not there", "Name transcripts (.json) of earlier runs")
    return learned_terms(read_sidecar(sidecar_of(document)) for document in documents)


def _write(of: Opened, corrections: Corrections) -> None:
    if corrections == of.corrections:
        return
    content = write_corrections(corrections)
    if read_sidecar(of.sidecar) != of.corrections:
        raise OutputError(f"somebody else has just changed {of.sidecar}", "Give the command again")
    with atomic_file(of.sidecar) as handle:
        handle.write(content)


def _checked(who: str | None) -> str:
    if who is None:
        with suppress(OSError, KeyError, ImportError):  # a user without a name, as in a container
            return one_line(getuser())[:LONGEST_NAME]
        return ""
    if len(who) > LONGEST_NAME:
        raise UsageError(f"a name has at most {LONGEST_NAME} characters", "Shorten --by")
    return one_line(who)


def _shown(conflicts: Sequence[object]) -> str:
    more = f"; and {len(conflicts) - MOST_TOLD} more" if len(conflicts) > MOST_TOLD else ""
    return "; ".join(map(str, conflicts[:MOST_TOLD])) + more


def _digest(transcript: Transcript) -> str:
    """Tells this recognition, its speakers too, from every other one."""
    return fingerprint([(each.speaker, each.words) for each in transcript.segments])[:16]
