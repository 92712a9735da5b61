"""What a recogniser is asked and what it answers, chunk by chunk: the values between recording and episode.

Frozen and neutral, times in integer milliseconds on the recording's timeline unless they say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

from transcribe.core.episode import Language, Segment, Spot, Word
from transcribe.core.recording import SpeechSpan

LONGEST_WINDOW_MS = 30_000
"""What Whisper hears at a time (Radford et al. 2022, section 2.2)."""

MOST_PROMPT_TOKENS = 223
"""Half of the decoder's context of 448 tokens, but for the token that opens a prompt (Radford et al. 2022,
section 2.3; whisper.cpp keeps the last 223 and drops the rest without a word)."""


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
class DecodingOptions:
    """How a recogniser is asked to listen.

    Attributes:
        language: Language spoken (Whisper's code).
        prompt: Text that stands before the window's own, or empty.
        beam_size: Candidates kept while decoding; 1 is greedy, 0 what suits the engine and the language.
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
        doubts: Why the recogniser does not trust them itself.
    """

    segments: tuple[tuple[Word, ...], ...]
    doubts: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[Word, ...]:
        """Every word of every segment, in order."""
        return tuple(word for segment in self.segments for word in segment)


@dataclass(frozen=True)
class ChunkResult:
    """What the recogniser heard in one chunk, already on the recording's timeline.

    Attributes:
        language: ISO 639-1 code the chunk was decoded in.
    """

    chunk: int
    language: str
    segments: tuple[Segment, ...]
    spots: tuple[Spot, ...] = ()


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
