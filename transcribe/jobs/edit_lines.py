"""A few lines of a transcript edited, while others edit theirs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from transcribe.core.corrections.apply import RowLine, row_lines
from transcribe.core.corrections.change import Change, Prefer, changed_within
from transcribe.core.corrections.edit import Line, TooManyLinesError, divides_a_piece, edited_within
from transcribe.core.corrections.place import Layer
from transcribe.core.corrections.record import Correction
from transcribe.core.corrections.units import clean
from transcribe.core.errors import UsageError
from transcribe.core.events import Progress
from transcribe.core.files import atomic_file
from transcribe.core.settings import Settings
from transcribe.core.text import plain_name
from transcribe.core.timecode import now
from transcribe.formats.corrections import write_corrections
from transcribe.jobs.correct import Opened, keep_corrections
from transcribe.jobs.revise import Revision


@dataclass(frozen=True)
class Edit:
    """Recognised words, and the lines that they are to be.

    Attributes:
        first: Where in the row of recognised words the first one stands.
        end: The one after the last.
        lines: None of them where all of it was deleted.
        seen: Ids of the corrections of these words that its maker knew.
    """

    first: int
    end: int
    lines: tuple[Line, ...]
    seen: tuple[str, ...] = ()

    @property
    def words(self) -> range:
        """Which words of the row."""
        return range(self.first, self.end)


@dataclass(frozen=True)
class Clash:
    """An edit of words that somebody else has corrected meanwhile, or whose corrections they have undone.

    Attributes:
        theirs: The lines that are there.
        who: Who made them, or empty.
    """

    edit: Edit
    theirs: tuple[RowLine, ...]
    who: str


class ClashError(Exception):
    """Somebody else has corrected the same words; nothing was changed."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        super().__init__(f"others have corrected {len(clashes)} of these places")
        self.clashes = tuple(clashes)


def edit_lines(
    of: Opened, edits: Sequence[Edit], *, who: str, prefer: Prefer | None = None
) -> tuple[Opened, tuple[range, ...]]:
    """Make lines of a transcript what somebody wants them to be: all that they ask for, or nothing.

    Text, a line divided or joined with the next, another speaker, and undoing it are all this. Only the
    file of corrections is written.

    Args:
        of: The document as it is; to be called with what people say of it locked (`people_locked`), since
            nobody else may write its corrections meanwhile.
        edits: In any order; no word is in two of them.
        who: Who does it.
        prefer: What stays where others have corrected the same words: these lines, whole, or theirs.

    Returns:
        The document with the new corrections, and the words of all lines that were touched.

    Raises:
        ClashError: Others have corrected the same words, and it is not said what stays.
        UsageError: The edits make no sense.
        InputError: A text is too long.
        OutputError: It cannot be written.
    """
    change, whole = _wanted(of, edits, who, prefer)
    if change.corrections != of.corrections:
        content = write_corrections(change.corrections)
        with atomic_file(of.sidecar) as handle:
            handle.write(content)
    return of.corrected_by(change.corrections), tuple(each.words for each in whole)


def revise_lines(
    of: Opened,
    edits: Sequence[Edit],
    settings: Settings,
    progress: Progress,
    *,
    who: str,
    prefer: Prefer | None = None,
) -> Revision:
    """The same, and every file anew that was made of the transcript and lies beside it.

    Args:
        settings: How files are laid out, and the template that made one, as in the run that wrote them.

    Raises:
        ClashError, UsageError, InputError: As `edit_lines`.
        OutputError: Somebody else has changed the corrections since it was opened, or it cannot be written.
    """
    change, _ = _wanted(of, edits, who, prefer)
    return keep_corrections(of, change.corrections, settings, progress)


def _wanted(of: Opened, edits: Sequence[Edit], who: str, prefer: Prefer | None) -> tuple[Change, list[Edit]]:
    """What becomes of the corrections, and the edits with the lines that cannot be edited apart."""
    _check(of.layer, edits)
    joints = {at for each in of.layer.placed for at in each.covered[1:]}
    whole = sorted((_widened(of.layer, joints, each) for each in edits), key=lambda each: each.first)
    if any(left.end > right.first for left, right in pairwise(whole)):
        raise UsageError("two edits are about words that hang together", "Make them one after the other")
    try:
        records = [
            record
            for each in whole
            for record in edited_within(of.layer.row, each.words, each.lines, who=who, when=now())
        ]
    except TooManyLinesError as error:
        raise UsageError(f"too many lines: {error}", "A line has at least one word") from error
    change = _change(of, whole, records, prefer)
    if change.unfit:
        raise UsageError(str(change.unfit[0]), "Leave these lines apart")
    return change, whole


def _change(
    of: Opened, edits: Sequence[Edit], records: Sequence[Correction], prefer: Prefer | None
) -> Change:
    """What becomes of the corrections."""
    seen = set(chain.from_iterable(each.seen for each in edits))
    within = [each.words for each in edits]
    change = changed_within(of.layer, of.corrections, records, seen, within)
    clashing = _clashing(of, edits, change)
    if not clashing:
        return change
    if prefer is None:
        raise ClashError(tuple(_clashes(of, edits, clashing)))
    if prefer == "mine":
        seen |= {
            each.correction.id for each in of.layer.placed if _number(of, edits, each.correction) in clashing
        }
    else:
        gone = seen - {each.id for each in of.corrections.records}
        records = [each for each in records if each.id not in gone]
    return changed_within(of.layer, of.corrections, records, seen, within, prefer=prefer)


def _clashing(of: Opened, edits: Sequence[Edit], change: Change) -> dict[int, str]:
    """Which edits others have come before, and who they are, or empty.

    They have corrected the same words. Or an edit would leave their corrections although its lines have none
    of them: it has no other effect, or its maker has seen corrections that they replaced. Or it would bring
    back what they have undone.
    """
    there = {each.id for each in of.corrections.records}
    gone = [set(each.seen) - there for each in edits]
    effective = {_number(of, edits, each) for each in (*change.added, *change.removed)}
    met = [(_number(of, edits, each.new), each.there.who) for each in change.conflicts]
    for placed in change.unmet:
        number = _number(of, edits, placed.correction)
        if number is not None and (gone[number] or number not in effective):
            met.append((number, placed.correction.who))
    for record in change.added:
        number = _number(of, edits, record)
        if number is not None and record.id in gone[number]:
            met.append((number, ""))
    found: dict[int, str] = {}
    for number, who in met:
        if number is not None:
            found[number] = found.get(number, "") or who
    return found


def _number(of: Opened, edits: Sequence[Edit], correction: Correction) -> int | None:
    """Which edit a correction is in the words of, or at their edge."""
    row, between = of.layer.row, correction.kind in ("split", "merge")
    place = row.starts[correction.at.segment] + correction.at.word + between
    number = bisect_right(edits, place, key=lambda each: each.first) - 1
    return number if number >= 0 and place < edits[number].end + between else None


def _check(layer: Layer, edits: Sequence[Edit]) -> None:
    count = len(layer.row.words)
    ordered = sorted(edits, key=lambda each: each.first)
    wrong = [each for each in ordered if not 0 <= each.first < each.end <= count]
    if wrong or any(left.end > right.first for left, right in pairwise(ordered)):
        raise UsageError(
            f"these are no words of the transcript, which has {count}, or some are in two edits",
            "Load the transcript again",
        )
    if any(clean(line.text) != line.text or not line.text for each in edits for line in each.lines):
        raise UsageError("a line is no single line of text", "Leave out empty lines")
    if any(
        line.speaker is not None and plain_name(line.speaker) != line.speaker
        for each in edits
        for line in each.lines
    ):
        raise UsageError("a name is no single line of plain text", "Write it in one line, without marks")


def _widened(layer: Layer, joints: Collection[int], edit: Edit) -> Edit:
    """The edit with the lines beside it that cannot be edited apart from it.

    Args:
        joints: Places in the row at which one correction is about the words on both sides.
    """

    def joint(at: int) -> bool:
        return at in joints or divides_a_piece(layer.row, at)

    if not (joint(edit.first) or joint(edit.end)):
        return edit
    lines = row_lines(layer)
    if not lines:  # every line was deleted: only the words hang together
        first, end = edit.first, edit.end
        while joint(first):
            first -= 1
        while joint(end):
            end += 1
        return replace(edit, first=first, end=end)
    starts = [line.first for line in lines]
    while joint(edit.first):
        before = lines[bisect_right(starts, edit.first - 1) - 1]
        if before.end > edit.first:
            break
        edit = replace(edit, first=before.first, lines=(*_as_they_are([before]), *edit.lines))
    while joint(edit.end):
        after = lines[bisect_right(starts, edit.end) - 1]
        if after.first < edit.end:
            break
        edit = replace(edit, end=after.end, lines=(*edit.lines, *_as_they_are([after])))
    return edit


def _as_they_are(lines: Sequence[RowLine]) -> tuple[Line, ...]:
    return tuple(
        Line(text, plain_name(line.segment.speaker or "") or None)
        for line in lines
        if (text := clean(line.segment.text))
    )


def _clashes(of: Opened, edits: Sequence[Edit], clashing: Mapping[int, str]) -> Iterator[Clash]:
    lines = row_lines(of.layer)
    for number, who in sorted(clashing.items()):
        edit = edits[number]
        there = tuple(line for line in lines if line.first < edit.end and line.end > edit.first)
        yield Clash(edit, there, who)
