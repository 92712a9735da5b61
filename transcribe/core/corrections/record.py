"""The records of a layer of corrections, and the words of a recognition that they are keyed on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from transcribe.core.digest import fingerprint

Kind = Literal["text", "speaker", "split", "merge"]

CONTEXT_WORDS = 3
"""Words kept on either side: they tell places apart in which the same words stand."""

ID_DIGITS = 12


@dataclass(frozen=True)
class Place:
    """Words of a recognition, described so that they are found in another one of the same recording.

    Attributes:
        segment: Position of the first word's segment in the recognition, from 0.
        word: Position of the first word in its segment, from 0.
        start_ms: Where the first word starts.
        end_ms: Where the last word ends.
        words: Their texts as they were recognised; at least one.
        before: Up to three words that stand before them.
        after: Up to three words that stand after them.
    """

    segment: int
    word: int
    start_ms: int
    end_ms: int
    words: tuple[str, ...]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Correction:
    """One thing that somebody changed.

    Attributes:
        id: Tells it from others, also after a new recognition: a digest of what it was when it was made.
        kind: `text`: these words are replaced; `speaker`: somebody else says them; `split`: a segment ends
            between them; `merge`: no segment ends between them.
        text: What stands there instead, with the spaces between its words; empty: nothing.
        speaker: Who says them; None: nobody who has a name.
        who: Who made it, or empty.
        when: When it was made, such as `2026-11-27T21:05:00Z`, or empty.
    """

    id: str
    kind: Kind
    at: Place
    text: str = ""
    speaker: str | None = None
    who: str = ""
    when: str = ""


@dataclass(frozen=True)
class Corrections:
    """The corrections of one transcript.

    Attributes:
        records: In the order in which they were made; undoing one is removing it.
    """

    records: tuple[Correction, ...] = ()

    @property
    def digest(self) -> str:
        """Fingerprint of everything that changes what a transcript says; empty where nothing does."""
        said = [(each.kind, each.at, each.text, each.speaker) for each in self.records]
        return fingerprint(said)[:32] if said else ""

    def without(self, ids: Collection[str]) -> Corrections:
        """The others."""
        return Corrections(tuple(each for each in self.records if each.id not in ids))

    def renamed(self, names: Mapping[str, str]) -> Corrections:
        """The same with other names for speakers; who is not among them keeps theirs."""
        return Corrections(
            tuple(
                replace(each, speaker=names.get(each.speaker, each.speaker)) if each.speaker else each
                for each in self.records
            )
        )


NO_CORRECTIONS = Corrections()


def correction(
    kind: Kind, at: Place, text: str = "", speaker: str | None = None, *, who: str = "", when: str = ""
) -> Correction:
    """A new record."""
    said = (kind, at.segment, at.word, at.words, text, speaker)
    return Correction(_shortened(said), kind, at, text, speaker, who, when)


def told_apart(record: Correction, taken: Collection[str]) -> Correction:
    """The record with an id of its own: one like it may have moved elsewhere in a new recognition."""
    while record.id in taken:
        record = replace(record, id=_shortened(record.id))
    return record


def _shortened(said: object) -> str:
    return fingerprint(said)[:ID_DIGITS]
