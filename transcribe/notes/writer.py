"""What a writer of show notes is given and gives back: the seam between notes and language models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from transcribe.core.events import WriterAdvanced
from transcribe.core.show_notes import Show

Part = Literal[
    "chapters", "summary", "long_summary", "takeaways", "quotes", "titles", "keywords", "social_post"
]
"""What a writer may write; whatever it leaves out, the extractive writer writes."""


@dataclass(frozen=True)
class Sentence:
    """A sentence of the transcript, in somebody's own words.

    Attributes:
        text: One line, never empty.
        start_ms: Start of its first word on the recording's timeline.
        end_ms: End of its last word.
        segments: Positions of the segments it stands in, ascending.
        speaker: Who says it, or None where speakers are not told apart.
        sure: Mean probability of its words, 0 to 1.
    """

    text: str
    start_ms: int
    end_ms: int
    segments: tuple[int, ...]
    speaker: str | None
    sure: float


@dataclass(frozen=True)
class Material:
    """What a writer works from.

    Attributes:
        topics: First sentence of each topic, ascending positions in `sentences`; the first is 0. Empty
            where nothing was said.
        language: Language spoken (Whisper's code), or empty.
        notes_language: Language to write in.
    """

    sentences: tuple[Sentence, ...]
    topics: tuple[int, ...]
    language: str
    notes_language: str
    duration_ms: int
    show: Show


@dataclass(frozen=True)
class Draft:
    """A text a writer proposes, not checked yet.

    Attributes:
        text: One line.
        sentences: Positions in `Material.sentences` it claims to rest on; may be empty or wrong.
    """

    part: Part
    text: str
    sentences: tuple[int, ...]


@dataclass(frozen=True)
class Drafts:
    """Everything a writer proposes.

    Attributes:
        drafts: In reading order; a chapter's is its title, resting on the chapter's first sentence.
        failed: Parts it could not write, with the reason, for people.
        version: Packages or server, and versions.
        model_sha256: Hex digest of its file, or empty.
        model_licence: SPDX identifier, or empty.
        prompts_sha256: Hex digest of the prompts.
    """

    drafts: tuple[Draft, ...]
    failed: tuple[tuple[Part, str], ...]
    version: str
    model: str
    model_sha256: str = ""
    model_licence: str = ""
    prompts_sha256: str = ""


class Writer(Protocol):
    """A language model that writes."""

    name: str
    """`llama.cpp`, `ollama`, ...: what `--writer` calls it."""

    died: str
    """How its engine died over the last material, for people; empty where it did not."""

    def write(self, material: Material, progress: Callable[[WriterAdvanced], None]) -> Drafts:
        """Propose notes. A part that cannot be written is told in `failed`.

        Raises:
            TranscribeError: Nothing can be written at all: no server, no model, no memory.
        """

    def close(self) -> None:
        """Give its memory back."""
