"""The episode: a transcript, what became of every second of speech, and all else that the formats write out.

Frozen and neutral, times in integer milliseconds on the recording's timeline: 0 is its first sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor
from typing import Literal

from transcribe.core.recording import Audio, Source, SpeechSpans
from transcribe.core.show_notes import NO_SHOW, Chapter, Show, ShowNotes


@dataclass(frozen=True)
class Word:
    """One word as it is written, with its punctuation and without spaces around it.

    Attributes:
        end_ms: Where it ends; never before the start.
        text: The word. In scripts without spaces (Chinese, Japanese, Thai) a short run of characters.
        probability: Geometric mean of its tokens' probabilities, 0 to 1.
        space_before: Whether a space stands between it and the word before.
    """

    start_ms: int
    end_ms: int
    text: str
    probability: float
    space_before: bool = True

    @property
    def corrected(self) -> bool:
        """Whether a person put it there, instead of what was recognised."""
        return False


@dataclass(frozen=True)
class CorrectedWord(Word):
    """A word that a person put in the place of what was recognised; its probability is 1.

    A class of its own, and no field: stored episodes and their fingerprints stay as they are.
    """

    @property
    def corrected(self) -> bool:
        """True."""
        return True


@dataclass(frozen=True)
class Segment:
    """A stretch of text that belongs together, about a sentence.

    Attributes:
        start_ms: Start of the first word on the recording's timeline.
        words: Its words; never empty, in order, without overlap.
        speaker: Name of the speaker, or None where speakers are not told apart.
        language: Language spoken in it (Whisper's code); None where a document does not say.
    """

    start_ms: int
    end_ms: int
    words: tuple[Word, ...]
    chunk: int
    speaker: str | None = None
    language: str | None = None

    @property
    def text(self) -> str:
        """The words joined as they are written."""
        return join_words(self.words)

    def of(self, words: Sequence[Word]) -> Segment:
        """The same segment of other words; of at least one."""
        return replace(self, start_ms=words[0].start_ms, end_ms=words[-1].end_ms, words=tuple(words))


def join_words(words: Sequence[Word]) -> str:
    """Join words with the spaces their language puts between them."""
    return "".join((" " if word.space_before else "") + word.text for word in words).strip()


SpotKind = Literal["missing", "suspect", "redecoded", "seam", "uncertain"]


@dataclass(frozen=True)
class Spot:
    """A stretch of the recording that somebody should check, or that was checked already.

    Attributes:
        kind: `missing`: speech without words; `suspect`: words that may be invented; `redecoded`:
            was suspect or skipped, and is not any more; `seam`: speech had to be cut here, where
            words lie; `uncertain`: words of low probability.
    """

    start_ms: int
    end_ms: int
    kind: SpotKind
    reason: str


@dataclass(frozen=True)
class Coverage:
    """Account of every second of detected speech; what is in none of the three sums was simply heard.

    Attributes:
        speech_ms: How much speech was detected.
        missing_ms: How much of it has no words.
        suspect_ms: How much of it has words that may be invented.
        redecoded_ms: How much of it has words only because it was decoded again.
        spots: What should be checked or was, in the recording's order.
        faults: Those of the sound (`Audio.faults`): what was not detected may be speech all the same.
    """

    speech_ms: int
    missing_ms: int
    suspect_ms: int
    redecoded_ms: int
    spots: tuple[Spot, ...]
    faults: tuple[str, ...] = ()

    @property
    def percent(self) -> float:
        """How much of the speech has words, in percent; 100 where there was none."""
        return 100 * (self.speech_ms - self.missing_ms) / self.speech_ms if self.speech_ms else 100.0

    @property
    def to_check(self) -> tuple[Spot, ...]:
        """The spots that a person should look at."""
        return tuple(spot for spot in self.spots if spot.kind != "redecoded")

    def summary(self) -> str:
        """For people, such as "99.1 % of speech covered, 3 spots to check"."""
        count = len(self.to_check)
        nothing = "nothing else" if self.faults else "nothing"
        spots = nothing if not count else "1 spot" if count == 1 else f"{count} spots"
        return f"{self.account()}, {spots} to check"

    def account(self) -> str:
        """What became of the speech, for people; with what is wrong with the sound, if anything is."""
        share = format(floor(self.percent * 10) / 10, ".1f").removesuffix(".0")  # 100 only if all of it is
        if not self.faults:
            return f"{share} % of speech covered" if self.speech_ms else "no speech was found"
        but = f"but {' and '.join(self.faults)}"
        if not self.speech_ms:
            return f"no speech was detected, {but}: speech may be there"
        covered = "all detected speech" if self.percent == 100 else f"{share} % of the detected speech"
        return f"{covered} has words, {but}"


@dataclass(frozen=True)
class Language:
    """The language of a recording; of several, the one spoken most.

    Attributes:
        code: ISO 639-1 code (Whisper's own list; a few codes have three letters).
        probability: 0 to 1; 1.0 when the user chose it.
        share: How much of the speech is in it, 0 to 1.
    """

    code: str
    probability: float
    detected: bool
    share: float = 1.0

    def summary(self) -> str:
        """For people, such as "language: de, probability 0.98"."""
        share = f", {100 * self.share:.0f} % of the speech" if self.share < 1 else ""
        return f"language: {self.code}, probability {self.probability:.2f}{share}"


@dataclass(frozen=True)
class Transcript:
    """What was said, on one timeline.

    Attributes:
        language: Language of the recording, None when nothing was said and none was chosen.
        segments: In order of their starts; words of one speaker neither overlap nor repeat across
            segments. Where several microphones were recorded, segments of different speakers may
            overlap: people talk at the same time.
    """

    language: Language | None
    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        """All words, joined as they are written."""
        return join_words(self.words)

    @property
    def words(self) -> tuple[Word, ...]:
        """Every word of every segment, segment by segment."""
        return tuple(word for segment in self.segments for word in segment.words)


@dataclass(frozen=True)
class Turn:
    """A stretch in which one speaker speaks; turns of several may overlap."""

    start_ms: int
    end_ms: int
    speaker: str


@dataclass(frozen=True)
class Turns:
    """Who speaks when.

    Attributes:
        turns: In the order in which they start.
        made_by: The diariser, or the file that they were read from.
    """

    turns: tuple[Turn, ...]
    made_by: str = ""

    @property
    def speakers(self) -> tuple[str, ...]:
        """Everyone who speaks, in the order of their first turns."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns))


@dataclass(frozen=True)
class Recognition:
    """What was recognised, where people have corrected it since.

    Attributes:
        turns: Who speaks when; None where speakers were not told apart.
    """

    transcript: Transcript
    turns: Turns | None = None


@dataclass(frozen=True)
class ModelIdentity:
    """Which weights ran.

    Attributes:
        name: Catalogue name, or the file's name for a model given by path.
        sha256: Hex digest of the model file.
        licence: SPDX identifier, or empty when not known.
    """

    name: str
    sha256: str
    licence: str = ""


@dataclass(frozen=True)
class Provenance:
    """What made a transcript, so that it can be made again.

    Attributes:
        settings: Every setting that changes the words, sorted by name, as `config show` prints it.
    """

    program: str
    engine: str
    model: ModelIdentity
    settings: tuple[tuple[str, str], ...]


Placed = Literal["reference", "found", "chosen", "together", "stated", "assumed"]
"""How it is known where a track lies on the timeline; see `Track`."""


@dataclass(frozen=True)
class Track:
    """One microphone of a recording that has several: a file, or one channel of one.

    Attributes:
        sha256: Hex digest of the file's bytes.
        channel: Which channel of the file, from 1; None where it is not one channel.
        offset_ms: Where its first sample lies on the recording's timeline.
        drift_ppm: How much longer than on its own clock everything lasts on the recording's
            timeline, in millionths.
        placed: How that is known: `reference` of the others, `found` in the sound, `chosen` by the
            user, `together` (channels or tracks of one file), `stated` by time stamps in the files,
            `assumed` where nothing tells.
        stream: Which audio stream of the file, from 0; None where the file is not divided into them.
    """

    name: str
    sha256: str
    speaker: str
    channel: int | None = None
    offset_ms: int = 0
    drift_ppm: float = 0.0
    placed: Placed = "assumed"
    stream: int | None = None

    def at(self, ms: int) -> int:
        """A time of this track's own, on the recording's timeline, in ms; never below 0."""
        return max(0, round(self.offset_ms + ms * (1 + self.drift_ppm / 1e6)))

    @property
    def label(self) -> str:
        """What people are shown: `host.wav`, `interview.wav, channel 2` or `talk.mkv, track 2`."""
        if self.stream is not None:
            return f"{self.name}, track {self.stream + 1}"
        return self.name if self.channel is None else f"{self.name}, channel {self.channel}"

    @property
    def divided(self) -> bool:
        """Whether it is a part of a file that others are parts of, too."""
        return self.channel is not None or self.stream is not None


@dataclass(frozen=True)
class Episode:
    """A finished transcript with all that is known about it: what the formats write out.

    Attributes:
        source: The recording; of several tracks the one whose clock is the timeline.
        tracks: The microphones it was made of, in the order given; empty where there was one.
        turns: Who speaks when; None where speakers were not told apart.
        chapters: Those of the recording's makers, where they are kept; then those of the notes are the same.
        recognised: What stood in `transcript` and `turns` before people corrected it; None where nobody has.
    """

    source: Source
    audio: Audio
    speech: SpeechSpans
    transcript: Transcript
    coverage: Coverage
    provenance: Provenance
    show: Show = NO_SHOW
    notes: ShowNotes | None = None
    tracks: tuple[Track, ...] = ()
    turns: Turns | None = None
    chapters: tuple[Chapter, ...] = ()
    recognised: Recognition | None = None

    @property
    def duration_ms(self) -> int:
        """Length of the recording: what the container states, else where the sound ends."""
        stated_ms = None if self.audio.astray else self.source.duration_ms
        return stated_ms or self.audio.end_ms
