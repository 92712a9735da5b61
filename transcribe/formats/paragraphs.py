"""Words as paragraphs, for people who read instead of watch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from transcribe.core.episode import Transcript
from transcribe.formats.breaks import ends_sentence
from transcribe.formats.remembered import remembered
from transcribe.formats.tokens import Token, join_tokens, tokens_of

PAUSE_MS = 2000
"""A silence this long starts a new paragraph: speakers pause so between thoughts."""

SENTENCES = 6
"""After so many sentences a paragraph ends with the next one; pages of prose have three to six."""

LONG_CHARS = 900
"""Without full stops (some languages, some models) a paragraph this long ends with its segment."""


@dataclass(frozen=True)
class Paragraph:
    """A few sentences of one speaker.

    Attributes:
        text: One line of text, never empty.
        begins_turn: Whether it has a speaker, and somebody else spoke before.
        unnamed_turn: Whether it has none, and somebody with a name spoke before.
    """

    start_ms: int
    end_ms: int
    text: str
    speaker: str | None
    begins_turn: bool
    unnamed_turn: bool = False


@remembered(maxsize=2)
def paragraphs_of(transcript: Transcript) -> tuple[Paragraph, ...]:
    """Divide a transcript into paragraphs at pauses, changes of speaker and ends of sentences."""
    speaker: str | None = None
    paragraphs: list[Paragraph] = []
    for tokens in divided(tokens_of(transcript)):
        first, last = tokens[0], tokens[-1]
        begins_turn = first.speaker is not None and first.speaker != speaker
        unnamed = first.speaker is None and speaker is not None
        text = join_tokens(tokens)
        paragraphs.append(Paragraph(first.start_ms, last.end_ms, text, first.speaker, begins_turn, unnamed))
        speaker = first.speaker
    return tuple(paragraphs)


def divided(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The tokens of each paragraph, in order; no list is empty."""
    paragraph: list[Token] = []
    sentences = chars = 0
    for token, following in zip_longest(tokens, tokens[1:]):
        paragraph.append(token)
        chars += len(token.text) + token.space_before
        at_sentence_end = ends_sentence(token, following)
        sentences += at_sentence_end
        full = at_sentence_end and sentences >= SENTENCES
        long = token.ends_segment and chars >= LONG_CHARS
        if following is None or full or long or _apart(token, following):
            yield paragraph
            paragraph = []
            sentences = chars = 0


def _apart(left: Token, right: Token) -> bool:
    return left.speaker != right.speaker or right.start_ms - left.end_ms >= PAUSE_MS
