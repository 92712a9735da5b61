"""The voice of the one person who speaks in a recording, for the register or out of a sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from transcribe.core.diarisation import Diarisation
from transcribe.core.errors import InputError
from transcribe.core.events import Progress
from transcribe.core.recording import Source
from transcribe.core.settings import Settings
from transcribe.core.speaker_count import SpeakerCount
from transcribe.core.waveform import Waveform
from transcribe.core.workspace import scratch
from transcribe.pipeline.ports import Decoder, Diariser, SpeechDetector
from transcribe.pipeline.speakers.diarise import diarise
from transcribe.pipeline.stages.detect import detect
from transcribe.pipeline.stages.normalise import normalise

FEWEST_MS = 5_000
"""Speech a voice is taken from at the least."""

OTHERS_SHARE = 0.1
"""More speech of anybody else, and nobody can tell whose voice it is."""


@dataclass(frozen=True)
class SoleVoice:
    """The voice of the only person who speaks in a recording.

    Attributes:
        model: The diariser whose numbers these are.
        seconds: How much of their speech it was taken from.
        vector: The voice.
    """

    model: str
    seconds: float
    vector: tuple[float, ...]


def sole_voice(
    source: Source,
    settings: Settings,
    decoder: Decoder,
    detector: SpeechDetector,
    open_diariser: Callable[[Progress], Diariser],
    progress: Progress,
    fewest_ms: int = FEWEST_MS,
) -> SoleVoice:
    """The voice of the only person who speaks in a recording, or in the part that `--from` and `--to` cut.

    The samples are deleted at the end.

    Args:
        fewest_ms: Speech that the voice is taken from at the least, in ms.

    Raises:
        InputError: There is too little speech, or there are several people.
        TranscribeError: The recording cannot be read, or an engine failed.
    """
    with scratch() as folder:
        audio = normalise(source, settings.normalise, folder, decoder, progress)
        waveform = Waveform.of(audio, folder)
        speech = detect(waveform, settings.detect, detector, progress)
        diariser = open_diariser(progress)
        found = diarise(waveform, speech, SpeakerCount(1), diariser, progress)
    spoken = _spoken_ms(found)
    total, most = sum(spoken.values()), max(spoken.values(), default=0)
    if most < fewest_ms:
        raise InputError(
            f"{source.name} has {most / 1000:.1f} s of one voice, and {fewest_ms / 1000:g} s are needed",
            "Half a minute of clear speech is best",
        )
    if total - most > OTHERS_SHARE * total:
        raise InputError(
            f"{source.name} has {len(spoken)} voices, and nobody can say which is meant",
            "Choose a part in which only they speak with --from and --to",
        )
    main = max(spoken, key=lambda speaker: spoken[speaker])
    voice = next(each for each in found.voices if each.speaker == main)
    vector = tuple(round(value, 6) for value in voice.vector)
    return SoleVoice(diariser.identity, round(most / 1000, 1), vector)


def _spoken_ms(found: Diarisation) -> dict[str, int]:
    spoken: dict[str, int] = {}
    for turn in found.turns.turns:
        spoken[turn.speaker] = spoken.get(turn.speaker, 0) + turn.end_ms - turn.start_ms
    return spoken
