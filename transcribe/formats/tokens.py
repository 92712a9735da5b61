"""Words made fit for a line of text: cleaned, measured, in time, broken up where longer than a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from transcribe.core.episode import Segment, Transcript, Word
from transcribe.core.text import one_line
from transcribe.formats.remembered import remembered

LONG_WORD_MS = 2000
SLOW_MS_PER_CELL = 150
"""Recognisers stretch a last word over the silence after it. What lasts longer than two seconds, and
longer than a slow speaker would need (7 letters a second), is taken to be such a silence."""

UNNAMED = "–"
"""Stands before what somebody says who has no name, after somebody who has: with nothing there it would
read as theirs. A dash is what subtitles put before another speaker (Netflix, "Dual Speakers")."""

_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a piece of one, as it is set in a line.

    Attributes:
        text: One line of text, never empty.
        width: Character cells it takes (see `text_width`), at least 1.
        start_ms: Never before the same speaker's token before it starts.
        end_ms: Never before its own start nor after that of the same speaker's next token.
        space_before: Whether a space stands before it unless it begins a line.
    """

    text: str
    width: int
    start_ms: int
    end_ms: int
    space_before: bool
    speaker: str | None = None
    ends_segment: bool = False


def plain(text: str) -> str:
    """The text on one line: every run of white space or control characters is one space."""
    if text.isprintable():  # no control character, no surrogate, no white space but the space
        return " ".join(text.split()) if " " in text else text
    return one_line(encodable(text))


def encodable(text: str) -> str:
    """The text as UTF-8 can hold it: lone surrogates (undecodable bytes of a file name) become U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def text_width(text: str) -> int:
    """Width in character cells, as on a terminal (POSIX `wcwidth`, Unicode Standard Annex 11).

    East Asian wide characters count 2 and combining marks 0, so that one limit serves all scripts:
    42 cells are 42 Latin letters or 21 kanji. A single combining character counts 1.
    """
    if text.isascii() and text.isprintable():
        return max(1, len(text))
    from wcwidth import wcswidth

    return max(1, wcswidth(text))


def is_wide(character: str) -> bool:
    """Whether a character is East Asian wide; such scripts put no spaces between words."""
    from wcwidth import wcwidth

    return wcwidth(character) == 2


@remembered(maxsize=2)
def tokens_of(transcript: Transcript) -> tuple[Token, ...]:
    """Every word of a transcript that leaves something to show, in order, with usable times.

    Times of one speaker that run backwards are lifted to the latest start before them; ends are cut at
    the speaker's next start, and where the word must long have been over (`LONG_WORD_MS`). Different
    speakers may speak at the same time: then the next one's words may start before the last one's end.
    """
    spoken = list(_spoken_words(transcript))
    starts = list(_starts(spoken))
    tokens: list[Token] = []
    next_starts: dict[str | None, int] = {}
    following: Segment | None = None
    for (segment, word, text), start in zip(reversed(spoken), reversed(starts), strict=True):
        width = text_width(text)
        end = min(max(start, word.end_ms), start + max(LONG_WORD_MS, width * SLOW_MS_PER_CELL))
        end = min(end, next_starts.get(segment.speaker, end))
        ends_segment = following is not segment
        tokens.append(Token(text, width, start, end, word.space_before, segment.speaker, ends_segment))
        next_starts[segment.speaker], following = start, segment
    return tuple(reversed(tokens))


def _starts(spoken: list[tuple[Segment, Word, str]]) -> Iterator[int]:
    latest: dict[str | None, int] = {}
    for segment, word, _ in spoken:
        latest[segment.speaker] = max(latest.get(segment.speaker, 0), word.start_ms)
        yield latest[segment.speaker]


def _spoken_words(transcript: Transcript) -> Iterator[tuple[Segment, Word, str]]:
    for segment in transcript.segments:
        for word in segment.words:
            if text := plain(word.text):
                yield segment, word, text


def join_tokens(tokens: Sequence[Token]) -> str:
    """The tokens as one line of text."""
    return "".join((" " if token.space_before else "") + token.text for token in tokens).strip()


def fit_tokens(tokens: Iterable[Token], limit: int) -> Iterator[Token]:
    """The same tokens, those wider than `limit` cells broken into pieces of about equal width.

    A web address, a German compound or a run of kanji may be longer than a line. Pieces end between
    grapheme clusters (Unicode Standard Annex 29) and share the word's time by width.
    """
    for token in tokens:
        if token.width <= limit:
            yield token
        else:
            yield from _pieces(token, limit)


def _pieces(token: Token, limit: int) -> Iterator[Token]:
    texts = _cut(token.text, token.width, limit)
    widths = [text_width(text) for text in texts]
    duration, total = token.end_ms - token.start_ms, sum(widths)
    start, passed = token.start_ms, 0
    for index, (text, width) in enumerate(zip(texts, widths, strict=True)):
        first, last = index == 0, index + 1 == len(texts)
        passed += width
        end = token.start_ms + duration * passed // total
        yield replace(
            token, text=text, width=width, start_ms=start, end_ms=end,
            space_before=token.space_before and first, ends_segment=token.ends_segment and last,
        )  # fmt: skip
        start = end


def _cut(text: str, width: int, limit: int) -> list[str]:
    from wcwidth import iter_graphemes

    wanted = width / -(-width // limit)  # equal shares: 50 cells are cut 25 + 25, not 42 + 8
    pieces, piece, used = [], "", 0
    for grapheme in iter_graphemes(text):
        cells = text_width(grapheme)
        if piece and (used >= wanted or used + cells > limit):
            pieces.append(piece)
            piece, used = "", 0
        piece, used = piece + grapheme, used + cells
    return [piece for raw in [*pieces, piece] if (piece := raw.strip())]
