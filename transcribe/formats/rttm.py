"""RTTM (.rttm), the table in which diarisers tell who speaks when: anyone's in, ours out.

One line a turn: `SPEAKER FILE CHANNEL START DURATION <NA> <NA> NAME <NA> <NA>`, times in seconds.
Source: NIST, "The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan", appendix A.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from math import isfinite
from pathlib import Path, PurePath

from transcribe.core.episode import Episode, Turn
from transcribe.core.errors import InputError
from transcribe.core.reading import decoded, read_bounded
from transcribe.core.settings import SubtitleSettings

LARGEST_BYTES = 50_000_000
"""Of a file: half a million turns."""

LONGEST_S = 1_000_000.0
"""Eleven days; a larger number is no time of a recording."""

FEWEST_FIELDS = 8
"""Up to the name; what follows it is often left out."""

NOT_A_NAME = frozenset(("", "<NA>"))


def read_rttm(path: Path) -> dict[str, tuple[Turn, ...]]:
    """The turns of every recording that a file tells of, by its name there, in order.

    Raises:
        InputError: It cannot be read, or a line is no turn; the message names the line.
    """
    text = decoded(read_bounded(path, LARGEST_BYTES, "RTTM"), path)
    return read_rttm_text(text, str(path))


def read_rttm_text(text: str, name: str) -> dict[str, tuple[Turn, ...]]:
    """What `read_rttm` does, for the text of a file.

    Raises:
        InputError: A line is no turn; the message names the line.
    """
    found: dict[str, list[Turn]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        fields = line.split()
        if not fields or fields[0].startswith(";") or fields[0] != "SPEAKER":
            if fields and not fields[0].startswith(";") and fields[0] not in OTHER_TYPES:
                raise _wrong(name, number, f"{fields[0][:20]!r} is no kind of line of RTTM")
            continue
        recording, turn = _turn(fields, name, number)
        found.setdefault(recording, []).append(turn)
    if not found:
        raise InputError(f"{name} holds no turns", "RTTM has one line a turn, and it starts with SPEAKER")
    return {
        recording: tuple(sorted(turns, key=lambda turn: (turn.start_ms, turn.end_ms, turn.speaker)))
        for recording, turns in found.items()
    }


OTHER_TYPES = frozenset(
    ("SPKR-INFO", "LEXEME", "NON-LEX", "NON-SPEECH", "SEGMENT", "NOSCORE", "NO_RT_METADATA")
)
OTHER_TYPES |= {"FILLER", "EDIT", "IP", "SU", "CB", "A/P", "NOISE"}
"""Lines that tell of something else and are passed over."""


def _turn(fields: list[str], name: str, number: int) -> tuple[str, Turn]:
    if len(fields) < FEWEST_FIELDS:
        raise _wrong(name, number, f"{len(fields)} fields, and a turn has at least {FEWEST_FIELDS}")
    start, length = (_seconds(fields[place], name, number) for place in (3, 4))
    speaker = fields[7]
    if speaker in NOT_A_NAME or any(unicodedata.category(char)[0] == "C" for char in speaker):
        raise _wrong(name, number, "the speaker has no name that can be shown")
    return fields[1], Turn(round(1000 * start), max(round(1000 * (start + length)), 1), speaker)


def _seconds(field: str, name: str, number: int) -> float:
    try:
        value = float(field)
    except ValueError:
        raise _wrong(name, number, f"{field[:20]!r} is no time in seconds") from None
    if not isfinite(value) or not 0 <= value <= LONGEST_S:
        raise _wrong(name, number, f"{field[:20]} is no time of a recording")
    return value


def _wrong(name: str, number: int, what: str) -> InputError:
    return InputError(
        f"{name}, line {number}: {what}",
        "A turn reads: SPEAKER FILE 1 START DURATION <NA> <NA> NAME <NA> <NA>",
    )


def rttm_lines(turns: Iterable[Turn], recording: str) -> Iterator[str]:
    """One line of RTTM for each turn, without line ends; times in ms are kept exactly."""
    name = _field(recording)
    for turn in turns:
        start, length = turn.start_ms / 1000, (turn.end_ms - turn.start_ms) / 1000
        yield f"SPEAKER {name} 1 {start:.3f} {length:.3f} <NA> <NA> {_field(turn.speaker)} <NA> <NA>"


def _field(text: str) -> str:
    """A name as one field: RTTM knows no spaces in names."""
    return "_".join(text.split()) or "<NA>"


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """One line a turn; of the segments' speakers where nobody told turns apart."""
    turns = episode.turns.turns if episode.turns else spoken_turns(episode)
    return "".join(f"{line}\n" for line in rttm_lines(turns, PurePath(episode.source.name).stem)).encode()


def spoken_turns(episode: Episode) -> tuple[Turn, ...]:
    """A turn for every segment that has a speaker."""
    return tuple(
        Turn(segment.start_ms, segment.end_ms, segment.speaker)
        for segment in episode.transcript.segments
        if segment.speaker
    )
