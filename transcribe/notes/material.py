"""What notes are written from: the sentences of a transcript and where its topics begin."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from transcribe.core.episode import Episode, Transcript
from transcribe.formats.breaks import ends_sentence
from transcribe.formats.tokens import Token, join_tokens, plain, tokens_of
from transcribe.notes.topics import topics_of
from transcribe.notes.writer import Material, Sentence

PAUSE_MS = 2000
"""A silence this long ends a sentence that has no full stop: nobody pauses so inside one."""

LONG_CELLS = 250
"""A sentence this long (character cells) ends with its segment: five lines of a book."""

LONGEST_CELLS = 800
"""It ends here in any case. The longest sentences people say have about 100 words."""

PUNCTUATED_CELLS = 500
"""With less than one full stop for so many cells, a transcript is taken to have none."""


def material_of(episode: Episode, notes_language: str = "auto") -> Material:
    """The sentences of an episode, its topics, and what is known about it.

    Args:
        notes_language: Whisper's code, or `auto`: the language spoken.
    """
    sentences = sentences_of(episode.transcript)
    spoken = episode.transcript.language.code if episode.transcript.language else ""
    duration_ms = max([episode.audio.end_ms, *(sentence.end_ms for sentence in sentences)])
    return Material(
        sentences=sentences,
        topics=topics_of(sentences, spoken, duration_ms),
        language=spoken,
        notes_language=spoken if notes_language == "auto" else notes_language,
        duration_ms=duration_ms,
        show=episode.show,
    )


def sentences_of(transcript: Transcript) -> tuple[Sentence, ...]:
    """Divide a transcript into sentences; every word is in exactly one.

    Where the recogniser wrote no full stops, its segments stand for sentences.
    """
    spoken = list(_spoken(transcript))
    dotted = _is_punctuated([token for token, _, _ in spoken])
    return tuple(_sentence(part) for part in _divided(spoken, dotted=dotted))


_Spoken = tuple[Token, int, float]
"""A token, the position of its segment, the probability of its word."""


def _spoken(transcript: Transcript) -> Iterator[_Spoken]:
    origins = [
        (position, word.probability)
        for position, segment in enumerate(transcript.segments)
        for word in segment.words
        if plain(word.text)
    ]
    for token, (position, probability) in zip(tokens_of(transcript), origins, strict=True):
        yield token, position, probability


def _is_punctuated(tokens: list[Token]) -> bool:
    ends = sum(ends_sentence(token, right) for token, right in zip_longest(tokens, tokens[1:]))
    return ends * PUNCTUATED_CELLS >= sum(token.width for token in tokens)


def _divided(spoken: list[_Spoken], *, dotted: bool) -> Iterator[list[_Spoken]]:
    part: list[_Spoken] = []
    cells = 0
    for here, following in zip_longest(spoken, spoken[1:]):
        part.append(here)
        cells += here[0].width + here[0].space_before
        if following is None or _ends(here[0], following[0], cells, dotted=dotted):
            yield part
            part, cells = [], 0


def _ends(left: Token, right: Token, cells: int, *, dotted: bool) -> bool:
    if ends_sentence(left, right) or left.speaker != right.speaker or cells >= LONGEST_CELLS:
        return True
    if right.start_ms - left.end_ms >= PAUSE_MS:
        return True
    return left.ends_segment and (not dotted or cells >= LONG_CELLS)


def _sentence(part: list[_Spoken]) -> Sentence:
    tokens = [token for token, _, _ in part]
    return Sentence(
        text=join_tokens(tokens),
        start_ms=tokens[0].start_ms,
        end_ms=tokens[-1].end_ms,
        segments=tuple(dict.fromkeys(position for _, position, _ in part)),
        speaker=tokens[0].speaker,
        sure=sum(probability for _, _, probability in part) / len(part),
    )
