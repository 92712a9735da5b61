"""Taking a person's voice out of a recording for the register."""

from __future__ import annotations

from collections.abc import Callable

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
from transcribe.pipeline.speakers.register import Enrolled
from transcribe.pipeline.stages.detect import detect
from transcribe.pipeline.stages.normalise import normalise

FEWEST_MS = 5_000
"""Speech a voice is taken from at the least."""

OTHERS_SHARE = 0.1
"""More speech of anybody else, and nobody can tell whose voice it is."""


def enrol(
    name: str,
    source: Source,
    settings: Settings,
    decoder: Decoder,
    detector: SpeechDetector,
    open_diariser: Callable[[Progress], Diariser],
    progress: Progress,
) -> Enrolled:
    """The voice of the only person who speaks in a recording, or in the part that `--from` and `--to` cut.

    The samples are deleted at the end.

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
    if most < FEWEST_MS:
        raise InputError(
            f"{source.name} has {most / 1000:.1f} s of one voice, and {FEWEST_MS // 1000} s are needed",
            "Half a minute of clear speech is best",
        )
    if total - most > OTHERS_SHARE * total:
        raise InputError(
            f"{source.name} has {len(spoken)} voices, and nobody can say which is {name}'s",
            "Choose a part in which only they speak with --from and --to",
        )
    main = max(spoken, key=lambda speaker: spoken[speaker])
    voice = next(each for each in found.voices if each.speaker == main)
    vector = tuple(round(value, 6) for value in voice.vector)
    return Enrolled(name, diariser.identity, source.name, round(most / 1000, 1), vector)


def _spoken_ms(found: Diarisation) -> dict[str, int]:
    spoken: dict[str, int] = {}
    for turn in found.turns.turns:
        spoken[turn.speaker] = spoken.get(turn.speaker, 0) + turn.end_ms - turn.start_ms
    return spoken
