"""A layer of corrections changed by somebody, who may replace only what they have seen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from transcribe.core.corrections.place import Layer, Placed, Unfit, described, lay, lay_over, sort_of
from transcribe.core.corrections.record import Correction, Corrections, told_apart
from transcribe.core.episode import Transcript

Prefer = Literal["mine", "theirs"]


@dataclass(frozen=True)
class Conflict:
    """A new correction, and one of the same words that its maker has not seen."""

    new: Correction
    there: Correction

    def __str__(self) -> str:
        return f"{described(self.new)}; there is {described(self.there)}"


@dataclass(frozen=True)
class Change:
    """What became of a layer.

    Attributes:
        corrections: The layer after it; where there are conflicts, without what is in them.
        added: New corrections.
        removed: Those that were undone or replaced.
        conflicts: New corrections that were not added, because somebody else has made others meanwhile.
        unfit: New corrections that cannot be applied.
        unmet: Those of others, which stay, where the new ones say something else: their words are what
            their maker wants all of, and the new ones do not touch them.
    """

    corrections: Corrections
    added: tuple[Correction, ...]
    removed: tuple[Correction, ...]
    conflicts: tuple[Conflict, ...]
    unfit: tuple[Unfit, ...]
    unmet: tuple[Placed, ...] = ()


def changed(
    transcript: Transcript,
    current: Corrections,
    new: Sequence[Correction],
    seen: Collection[str],
    *,
    whole: bool = False,
    prefer: Prefer | None = None,
) -> Change:
    """Add corrections to a layer.

    Args:
        transcript: The recognition that the new ones are keyed on.
        seen: Ids of those that their maker knew; these are replaced by what is made of the same words.
        whole: Whether the new ones are all that their maker wants: what they have seen and is not among
            them was undone.
        prefer: What stays where somebody has made another one meanwhile; None: it is a conflict.
    """
    layer = lay(transcript, current)
    within = (range(len(layer.row.words)),) if whole else ()
    return changed_within(layer, current, new, seen, within, prefer=prefer)


def changed_within(
    layer: Layer,
    current: Corrections,
    new: Sequence[Correction],
    seen: Collection[str],
    within: Sequence[range],
    *,
    prefer: Prefer | None = None,
) -> Change:
    """Add corrections to a layer that is laid already.

    Args:
        layer: The current ones, laid over the recognition that the new ones are keyed on.
        within: Words of the row, in order, of which the new ones are all that their maker wants: what they
            have seen there and is not among them was undone.
        seen: As for `changed`, and so is `prefer`.
    """
    wanted = lay_over(layer.row, Corrections(tuple(new)))
    taken = {key: each for each in layer.placed for key in _keys(each)}
    known = {each.id for each in current.records}
    same: set[str] = set()
    removed: dict[str, Correction] = {}
    added: list[Correction] = []
    conflicts: list[Conflict] = []
    for each in wanted.placed:
        met = {placed.correction.id: placed for key in _keys(each) if (placed := taken.get(key))}
        if any(_says_the_same(each, other) for other in met.values()):
            same |= met.keys()
            continue
        unseen = [other.correction for other in met.values() if other.correction.id not in seen]
        if unseen and prefer != "mine":
            conflicts += [Conflict(each.correction, other) for other in unseen if prefer is None]
            continue
        removed |= {name: other.correction for name, other in met.items()}
        added.append(told_apart(each.correction, known))
    here_too = [each for each in layer.placed if each.correction.id not in same and _lies_in(each, within)]
    undone = [each.correction for each in here_too if each.correction.id in seen]
    removed |= {each.id: each for each in undone}
    unmet = tuple(each for each in here_too if each.correction.id not in removed)
    here = {each.correction.id: each.correction for each in layer.placed}
    kept = [here.get(each.id, each) for each in current.records if each.id not in removed]
    return Change(
        Corrections((*kept, *added)),
        tuple(added),
        tuple(removed.values()),
        tuple(conflicts),
        wanted.unfit,
        unmet,
    )


def _lies_in(placed: Placed, within: Sequence[range]) -> bool:
    place = bisect_right(within, placed.covered.start, key=lambda part: part.start) - 1
    return place >= 0 and placed.covered.stop <= within[place].stop


def _keys(placed: Placed) -> list[tuple[str, int]]:
    return [(sort_of(placed.correction.kind), index) for index in placed.covered]


def _says_the_same(left: Placed, right: Placed) -> bool:
    where = (left.first, left.end) == (right.first, right.end)
    these, those = left.correction, right.correction
    return where and (these.kind, these.text, these.speaker) == (those.kind, those.text, those.speaker)
