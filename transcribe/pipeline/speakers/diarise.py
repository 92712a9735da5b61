"""Who speaks when: how many speakers there may be, what a diariser is asked, what speakers are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from transcribe.core.diarisation import Diarisation
from transcribe.core.episode import Turn, Turns
from transcribe.core.errors import InputError
from transcribe.core.events import Progress, StageAdvanced
from transcribe.core.recording import SpeechSpans
from transcribe.core.speaker_count import SpeakerCount
from transcribe.core.timecode import format_duration
from transcribe.core.waveform import Shortened, Waveform
from transcribe.pipeline.ports import Diariser

STAGE = "diarise"


def diarise(
    waveform: Waveform,
    speech: SpeechSpans,
    counted: SpeakerCount,
    diariser: Diariser,
    progress: Progress,
) -> Diarisation:
    """Find out who speaks when; speakers are called S1, S2, … in the order of their first turns.

    Raises:
        TranscribeError: The diariser failed.
    """
    if not speech.spans:
        return Diarisation(Turns((), diariser.identity))

    def tell(done_ms: int) -> None:
        progress(StageAdvanced(STAGE, done_ms))

    short = waveform.shortened()
    spoken = speech.moved(short.inward)
    found = diariser.diarise(short.waveform, spoken, counted.fewest, counted.most, tell)
    turns, names = numbered(_outward(found.turns, short))
    voices = tuple(
        replace(voice, speaker=names[voice.speaker]) for voice in found.voices if voice.speaker in names
    )
    return Diarisation(turns, voices)


def _outward(turns: Turns, short: Shortened) -> Turns:
    return replace(
        turns,
        turns=tuple(
            replace(turn, start_ms=short.outward(turn.start_ms), end_ms=short.outward(turn.end_ms))
            for turn in turns.turns
        ),
    )


def numbered(turns: Turns) -> tuple[Turns, dict[str, str]]:
    """The turns with speakers called S1, S2, … in the order of their first turns, and who became which."""
    names = {speaker: f"S{number}" for number, speaker in enumerate(turns.speakers, start=1)}
    return renamed_turns(turns, names), names


def renamed_turns(turns: Turns, names: Mapping[str, str]) -> Turns:
    """The turns with other names; who is not among them keeps theirs."""
    return replace(
        turns,
        turns=tuple(replace(turn, speaker=names.get(turn.speaker, turn.speaker)) for turn in turns.turns),
    )


def names_in_order(turns: Turns, names: Sequence[str]) -> dict[str, str]:
    """The names of `--speaker-names` by speaker: the first one for who speaks first, and so on."""
    return dict(zip(turns.speakers, names, strict=False))


def turns_of(
    found: Mapping[str, tuple[Turn, ...]], path: Path, name: str, start_ms: int, end_ms: int
) -> Turns:
    """The turns of one recording out of an RTTM file, within the part that was transcribed.

    Args:
        name: The recording's file name; a file that tells of one recording only may call it anything.

    Raises:
        InputError: The file does not tell of this recording.
    """
    stem = name.rsplit(".", 1)[0]
    turns = found.get(stem) or found.get("_".join(stem.split())) or found.get(name)
    if turns is None and len(found) == 1:
        (turns,) = found.values()
    if turns is None:
        known = ", ".join(sorted(found)[:5])
        raise InputError(f"{path} tells of other recordings ({known}), not of {stem}", "Name its turns' file")
    inside = tuple(
        replace(turn, start_ms=max(turn.start_ms, start_ms), end_ms=min(turn.end_ms, end_ms))
        for turn in turns
        if turn.start_ms < end_ms and turn.end_ms > start_ms
    )
    if not inside:
        raise InputError(
            f"{path} tells of another recording: its turns lie between "
            f"{format_duration(turns[0].start_ms)} and {format_duration(max(t.end_ms for t in turns))}, "
            f"and {name} between {format_duration(start_ms)} and {format_duration(end_ms)}",
            "Give the RTTM file of this recording",
        )
    return numbered(Turns(inside, path.name))[0]
