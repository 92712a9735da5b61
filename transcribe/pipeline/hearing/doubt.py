"""What makes a decoded window doubtful, read from its words: confidence alone does not tell.

A decoder that loops or invents is as sure of itself as one that listens (faster-whisper#506), so the
words themselves are looked at: what they repeat, how fast they come, and where else they are known from.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence
from math import log

from transcribe.core.episode import Word, join_words
from transcribe.core.hearing import DecodingOptions

LOOP_RATIO = 2.4
"""Text that zlib makes this many times smaller repeats itself (Whisper's own threshold, 2022).

Whisper compresses UTF-8, in which plain Thai or Hindi prose (three bytes a character, two of them
nearly always the same) already reaches 2.5 to 2.8. Here a character counts as one byte in any script.
"""

LONGEST_PHRASE = 12
MOST_REPEATS = 4
"""A phrase of up to so many words, said more often than this in a row, is a loop. People do say a word
four times ("words, words, words, words"), or a line of a song."""

LEAST_MEAN_LOG_PROBABILITY = -1.0
"""Below this the decoder was guessing (Whisper's own threshold)."""

MOST_LETTERS_PER_SECOND = 40.0
"""The fastest debaters reach about 30 a second, spaces included."""

WIDE_LETTERS = 3
"""An ideograph, kana or hangul is a syllable: it counts as so many letters."""

SHORTEST_RATED_MS = 1_000
"""A rate is not judged over less than this: short times are too coarse."""

LEAST_UNSAID_MS = 2_000
"""A stock phrase is doubted only where so much of the window is left that it does not account for."""

LEAKED = "the prompt's words"
"""The reason that stands for a leaked prompt."""

LEAKED_WORDS = 5
"""So many words in the prompt's order, in a window that says little else, were read and not heard."""

LEAKED_WHOLE = 3
"""A window that says nothing else needs no more than so many, and no number at all where it has room for
more: "Anna Nowak." in two seconds is somebody who says her name, in ten it was read in a silence."""

STOCK_PHRASES = re.compile(
    "|".join(
        (
            # What subtitles ended with on the recordings Whisper was trained on, by language.
            r"you",
            r"thank(s| you)( so much| very much)?( for (watching|listening|your attention))?",
            r"(please )?(like and )?subscribe( to (my|our|the) channel)?",
            r"(subtitles|captions|transcri(bed|ption)) by .*",
            r"(untertitel|untertitelung) (im auftrag des|des|der|von) .*",
            r"vielen dank( f[üu]rs? (zuschauen|zuh[öo]ren))?",
            r"napisy (stworzone|wykonane|przygotowane) .*",
            r"dzi[ęe]kuj[ęe]( za (uwag[ęe]|ogl[ąa]danie|obejrzenie.*))?",
            r"sous-titr(es|age).*",
            r"merci d.?avoir regard[ée].*",
            r"subt[íi]tulos .*amara.*",
            r"(muchas )?gracias por (ver|escuchar).*",
            r"sottotitoli .*(amara|qtss|creati).*",
            r"grazie per (la visione|l.?attenzione|aver guardato.*)",
            r"legendas? (pela|por) .*",
            r"ondertitel(d|ing)? .*amara.*",
            r"(редактор )?субтитр.*",
            r"продолжение следует.*",
            r"ご視聴ありがとうございました",
            r"(请不吝|字幕由|字幕志愿者|中文字幕).*",
            r"시청해 ?주셔서 감사합니다",
        )
    )
)
"""Matched against a whole window's text, in lower case and without punctuation."""


def doubts(words: Sequence[Word], duration_ms: int, options: DecodingOptions) -> tuple[str, ...]:
    """Why a window's words are doubtful; nothing when they are not."""
    if not words:
        return ()
    checks = (
        ("repeats itself", is_loop(words)),
        ("guessed", mean_log_probability(words) < LEAST_MEAN_LOG_PROBABILITY),
        ("faster than anyone speaks", is_too_fast(words)),
        (LEAKED, is_prompt(words, options.prompt, duration_ms)),
        ("a stock phrase", is_stock_phrase(words, duration_ms)),
    )
    return tuple(reason for reason, found in checks if found)


def is_loop(words: Sequence[Word]) -> bool:
    """Whether the text is highly compressible, or a phrase is said again and again."""
    return loop_ratio(words) > LOOP_RATIO or repeats(words) > MOST_REPEATS


def loop_ratio(words: Sequence[Word]) -> float:
    """How many times smaller zlib makes the text; 0 for no text."""
    text = join_words(words)
    codes = {character: code % 256 for code, character in enumerate(dict.fromkeys(text))}
    coded = bytes(codes[character] for character in text)
    return len(coded) / len(zlib.compress(coded)) if coded else 0.0


def repeats(words: Sequence[Word]) -> int:
    """How often the most repeated phrase is said in a row."""
    plain = [bare(word.text) for word in words]
    most = 1
    for length in range(1, min(LONGEST_PHRASE, len(plain) // 2) + 1):
        run = 0
        for here, before in zip(plain[length:], plain, strict=False):
            run = run + 1 if here == before else 0
            most = max(most, 1 + run // length)
    return most


def mean_log_probability(words: Sequence[Word]) -> float:
    """Mean natural logarithm of the words' probabilities; 0 for no words."""
    return sum(log(max(word.probability, 1e-10)) for word in words) / len(words) if words else 0.0


def is_too_fast(words: Sequence[Word]) -> bool:
    """Whether the words come faster than anyone speaks."""
    spoken_ms = words[-1].end_ms - words[0].start_ms
    letters = sum(WIDE_LETTERS if _is_wide(character) else 1 for character in join_words(words))
    return letters * 1000 > MOST_LETTERS_PER_SECOND * max(spoken_ms, SHORTEST_RATED_MS)


def is_prompt(words: Sequence[Word], prompt: str, duration_ms: int) -> bool:
    """Whether the window says little else than what stands in the prompt, in the prompt's order."""
    said = plain(join_words(words))
    if said and f" {said} " in f" {plain(prompt)} ":
        return len(said.split()) >= LEAKED_WHOLE or has_room(words, duration_ms)
    heard = [letters for word in words if (letters := only_letters(word.text))]
    known = only_letters(prompt)
    runs = len(heard) - LEAKED_WORDS + 1
    leaked: set[int] = set()
    for start in range(runs):
        run = range(start, start + LEAKED_WORDS)
        if "".join(heard[index] for index in run) in known:
            leaked.update(run)
    return len(leaked) * 2 > len(heard)


def is_stock_phrase(words: Sequence[Word], duration_ms: int) -> bool:
    """Whether a window with room for more says nothing but a phrase that decoders invent."""
    if not has_room(words, duration_ms):
        return False
    text = " ".join(filter(None, (bare(word) for word in join_words(words).split())))
    return STOCK_PHRASES.fullmatch(text) is not None


def has_room(words: Sequence[Word], duration_ms: int) -> bool:
    """Whether the words leave at least half of their window, and two seconds of it, unaccounted for."""
    said_ms = sum(word.end_ms - word.start_ms for word in words)
    return duration_ms - said_ms >= max(said_ms, LEAST_UNSAID_MS)


def plain(text: str) -> str:
    """The words in lower case, one space between them, without punctuation."""
    lower = unicodedata.normalize("NFC", text).lower()
    return " ".join("".join(letter if letter.isalnum() else " " for letter in lower).split())


def bare(text: str) -> str:
    """A word in lower case, without punctuation at its ends."""
    return unicodedata.normalize("NFC", text).strip("\"'.,;:!?…-–—()[]«»„”“‚‘’¿¡。、！？「」").lower()


def only_letters(text: str) -> str:
    """Letters and digits in lower case: so a script without spaces compares like any other."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", text).lower()))


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF" and character.isalnum()
