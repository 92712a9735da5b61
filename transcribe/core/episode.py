"""The values that flow through the pipeline: frozen, neutral, times in integer milliseconds.

`Path → Source → Audio → SpeechSpans → Chunks → ChunkResults → Transcript → Episode`

Each of these is also an artefact of the same name in the work directory. All times are on the
timeline of the recording as the user has it: 0 is its first sample, also with `--from`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import floor
from typing import Literal

from transcribe.core.show_notes import NO_SHOW, Chapter, Show, ShowNotes

SAMPLE_RATE = 16_000
"""Hz. Whisper's input rate (Radford et al. 2022, section 2.2); everything is resampled to it."""

SAMPLES_PER_MS = SAMPLE_RATE // 1000

LONGEST_WINDOW_MS = 30_000
"""What Whisper hears at a time (Radford et al. 2022, section 2.2)."""


@dataclass(frozen=True)
class AudioStream:
    """One audio stream of a container.

    Attributes:
        index: Position among the container's audio streams, from 0 (ffmpeg's `0:a:index`).
        codec: ffmpeg's codec name.
        sample_rate: Hz.
        channels: Number of channels; 0 where ffmpeg's name of the layout does not tell.
        language: ISO 639 code the container states, or empty.
        title: Title the container states, or empty.
        default: Whether the container marks the stream as default.
        layout: ffmpeg's name of the channel layout, such as `5.1(side)` or `12 channels`; empty where not
            known.
    """

    index: int
    codec: str
    sample_rate: int
    channels: int
    language: str = ""
    title: str = ""
    default: bool = False
    layout: str = ""


@dataclass(frozen=True)
class Source:
    """A recording as found on disk.

    Attributes:
        path: Where it lies, as the user named it.
        name: File name without directories; what people are shown.
        sha256: Hex digest of the file's bytes: the recording's identity.
        bytes: File size.
        container: ffmpeg's format name.
        duration_ms: Length the container states, or None where it states none.
        streams: Every audio stream, in the container's order; never empty.
        stream: Index of the audio stream that is transcribed.
        tags: Container metadata (title, artist, album, ...), sorted by key.
        pictures: Whether the length stated may be that of moving pictures or other streams.
        stamp: What the system said of the file just before it was read; empty where nobody asked.
        chapters: Those that the recording's makers set, in order of their starts.
    """

    path: str
    name: str
    sha256: str
    bytes: int
    container: str
    duration_ms: int | None
    streams: tuple[AudioStream, ...]
    stream: int
    tags: tuple[tuple[str, str], ...] = ()
    pictures: bool = False
    stamp: tuple[int, ...] = field(default=(), compare=False)
    chapters: tuple[Chapter, ...] = ()


@dataclass(frozen=True)
class Piece:
    """Sound that is stored in one go; between pieces nothing was recorded.

    Attributes:
        at: Its first sample on the timeline, counted from where the audio starts.
        stored: The same sample in the file.
        samples: How many there are.
    """

    at: int
    stored: int
    samples: int

    @property
    def end(self) -> int:
        """The sample after its last one on the timeline."""
        return self.at + self.samples

    def part(self, start: int, end: int) -> Piece:
        """What of it lies between two places of the timeline; may be empty."""
        first = max(self.at, start)
        return Piece(first, self.stored + first - self.at, max(0, min(self.end, end) - first))


@dataclass(frozen=True)
class Audio:
    """The recording as the recogniser hears it: mono 32-bit floats at 16 kHz, in one file.

    Attributes:
        file: Name of the raw little-endian float32 file in the work directory.
        samples: Length of its timeline in samples.
        start_ms: Where its first sample lies on the recording's timeline (`--from`).
        loudness_lufs: Integrated loudness of the decoded audio (EBU R128), None when unmeasurable.
        gain_db: Gain that brings speech to the common level; applied when samples are read.
        warnings: What went wrong while decoding without making it fail, for people.
        pieces: Where the stored samples lie on that timeline, in order; empty where they fill it.
        astray: Whether timestamps of the container are wrong or start again, so that the length it states is
            wrong, too, and nothing can be sought by them.
        faults: Those of the warnings that concern the sound itself: speech in it may go unnoticed.
    """

    file: str
    samples: int
    start_ms: int
    loudness_lufs: float | None
    gain_db: float
    warnings: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()
    astray: bool = False
    faults: tuple[str, ...] = ()

    @property
    def duration_ms(self) -> int:
        """Length in ms, rounded down."""
        return self.samples // SAMPLES_PER_MS

    @property
    def end_ms(self) -> int:
        """Where the last sample lies on the recording's timeline."""
        return self.start_ms + self.duration_ms


@dataclass(frozen=True)
class SpeechSpan:
    """A stretch in which somebody speaks: `start_ms ≤ t < end_ms`."""

    start_ms: int
    end_ms: int

    @property
    def duration_ms(self) -> int:
        """Length in ms."""
        return self.end_ms - self.start_ms

    def overlaps(self, other: SpeechSpan) -> bool:
        """Whether they have time in common."""
        return self.start_ms < other.end_ms and other.start_ms < self.end_ms


@dataclass(frozen=True)
class SpeechSpans:
    """Every stretch of detected voice activity, in order, without overlap.

    Attributes:
        spans: The stretches.
        assumed: Where the detector failed, and everything is taken for speech; in order.
    """

    spans: tuple[SpeechSpan, ...]
    assumed: tuple[SpeechSpan, ...] = ()

    @property
    def duration_ms(self) -> int:
        """Total speech in ms."""
        return sum(span.duration_ms for span in self.spans)


@dataclass(frozen=True)
class Chunk:
    """One window for the recogniser: pieces of the recording laid end to end.

    Long pauses are left out between the pieces, so that a window is full of speech.

    Attributes:
        index: Position in the plan, from 0.
        pieces: The stretches of the recording it is made of, in order, without overlap.
        keeps: The stretch whose words are this chunk's, where it overlaps its neighbours because
            speech had to be cut; None where it does not.
        language: Language spoken in it (Whisper's code), where the recording has several; else empty.
    """

    index: int
    pieces: tuple[SpeechSpan, ...]
    keeps: SpeechSpan | None = None
    language: str = ""

    @property
    def start_ms(self) -> int:
        """Where the first piece starts on the recording's timeline."""
        return self.pieces[0].start_ms

    @property
    def end_ms(self) -> int:
        """Where the last piece ends on the recording's timeline."""
        return self.pieces[-1].end_ms

    @property
    def duration_ms(self) -> int:
        """Length of the window in ms: the pieces without what lies between them."""
        return sum(piece.duration_ms for piece in self.pieces)


@dataclass(frozen=True)
class Chunks:
    """The plan: every chunk, in order. Chunks never skip a speech span; where two overlap, what each
    keeps does not."""

    chunks: tuple[Chunk, ...]

    @property
    def duration_ms(self) -> int:
        """Length of all windows together, in ms."""
        return sum(chunk.duration_ms for chunk in self.chunks)


@dataclass(frozen=True)
class Word:
    """One word as it is written, with its punctuation and without spaces around it.

    Attributes:
        start_ms: Where it starts on the recording's timeline.
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


@dataclass(frozen=True)
class Segment:
    """A stretch of text that belongs together, about a sentence.

    Attributes:
        start_ms: Start of the first word on the recording's timeline.
        end_ms: End of the last word.
        words: Its words; never empty, in order, without overlap.
        chunk: Index of the chunk it was recognised in.
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


def join_words(words: Sequence[Word]) -> str:
    """Join words with the spaces their language puts between them."""
    return "".join((" " if word.space_before else "") + word.text for word in words).strip()


@dataclass(frozen=True)
class DecodingOptions:
    """How a recogniser is asked to listen.

    Attributes:
        language: Language spoken (Whisper's code).
        translate: Whether to write English instead of the language spoken.
        prompt: Text that stands before the window's own, or empty.
        beam_size: Candidates kept while decoding; 1 is greedy.
        margin_ms: Silence that is heard after a window; 30 s in all at the most.
    """

    language: str
    translate: bool = False
    prompt: str = ""
    beam_size: int = 1
    margin_ms: int = LONGEST_WINDOW_MS


@dataclass(frozen=True)
class Heard:
    """What a recogniser heard in one window, on the window's own timeline (0 is its first sample).

    Attributes:
        segments: The words of each stretch of text that belongs together.
    """

    segments: tuple[tuple[Word, ...], ...]

    @property
    def words(self) -> tuple[Word, ...]:
        """Every word of every segment, in order."""
        return tuple(word for segment in self.segments for word in segment)


Placed = Literal["reference", "found", "chosen", "together", "stated", "assumed"]
"""How it is known where a track lies on the timeline; see `Track`."""

SpotKind = Literal["missing", "suspect", "redecoded", "seam", "uncertain"]


@dataclass(frozen=True)
class Spot:
    """A stretch of the recording that somebody should check, or that was checked already.

    Attributes:
        start_ms: Where it starts.
        end_ms: Where it ends.
        kind: `missing`: speech without words; `suspect`: words that may be invented; `redecoded`:
            was suspect or skipped, and is not any more; `seam`: speech had to be cut here, where
            words lie; `uncertain`: words of low probability.
        reason: What was noticed, for people.
    """

    start_ms: int
    end_ms: int
    kind: SpotKind
    reason: str


@dataclass(frozen=True)
class ChunkResult:
    """What the recogniser heard in one chunk, already on the recording's timeline.

    Attributes:
        chunk: Index of the chunk.
        language: ISO 639-1 code the chunk was decoded in.
        segments: What was said; empty when nothing was.
        spots: What was noticed while listening.
    """

    chunk: int
    language: str
    segments: tuple[Segment, ...]
    spots: tuple[Spot, ...] = ()


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
        detected: Whether it was detected rather than chosen.
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
class Ballot:
    """What one stretch of speech says about its language.

    Attributes:
        chunk: Index of the stretch in its plan.
        probabilities: Probability of every language the model knows, by code.
    """

    chunk: int
    probabilities: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class LanguageRun:
    """A stretch of the recording in which one language is spoken.

    Attributes:
        start_ms: Where it starts.
        end_ms: Where it ends.
        code: The language (Whisper's code).
        probability: Mean probability of the language in it, weighted by speech.
        speech_ms: How much speech it has.
    """

    start_ms: int
    end_ms: int
    code: str
    probability: float
    speech_ms: int


@dataclass(frozen=True)
class Languages:
    """Every language of a recording that has several, in order; neighbours differ."""

    runs: tuple[LanguageRun, ...]

    @property
    def main(self) -> Language | None:
        """The language spoken most; None where nobody speaks."""
        spoken_ms: dict[str, int] = {}
        for run in self.runs:
            spoken_ms[run.code] = spoken_ms.get(run.code, 0) + run.speech_ms
        if not spoken_ms:
            return None
        code = max(spoken_ms, key=lambda each: (spoken_ms[each], each))
        sure = sum(run.probability * run.speech_ms for run in self.runs if run.code == code)
        share = spoken_ms[code] / sum(spoken_ms.values())
        return Language(code, round(sure / spoken_ms[code], 4), detected=True, share=round(share, 4))


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
    """A stretch in which one speaker speaks; turns of several may overlap.

    Attributes:
        start_ms: Where it starts on the recording's timeline.
        end_ms: Where it ends.
        speaker: Their name.
    """

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
        program: `transcribe` and its version.
        engine: The recogniser's package and version.
        model: The recogniser's weights.
        settings: Every setting that has a say in the words, sorted by name, as `config show` prints it.
    """

    program: str
    engine: str
    model: ModelIdentity
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Track:
    """One microphone of a recording that has several: a file, or one channel of one.

    Attributes:
        name: File name without directories.
        sha256: Hex digest of the file's bytes.
        speaker: Who speaks into it.
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
        audio: How it was normalised.
        speech: Where somebody speaks.
        transcript: What was said.
        coverage: What became of every second of speech.
        provenance: What made it.
        show: What is known about the show and the episode.
        notes: What was written about it; None where nothing was.
        tracks: The microphones it was made of, in the order given; empty where there was one.
        turns: Who speaks when; None where speakers were not told apart.
        chapters: Those of the recording's makers, where they are kept; then those of the notes are the same.
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

    @property
    def duration_ms(self) -> int:
        """Length of the recording: what the container states, else where the sound ends."""
        stated_ms = None if self.audio.astray else self.source.duration_ms
        return stated_ms or self.audio.end_ms
