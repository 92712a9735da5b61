"""The tokens of a Whisper model: those that its vocabulary spells out, the special ones, the timestamps.

Source: OpenAI, `whisper/tokenizer.py` (order of the special tokens and of the languages, what is suppressed);
the names as in CTranslate2's published folders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transcribe.core.byte_level import to_text
from transcribe.core.errors import ModelError
from transcribe.models.byte_pairs import encoded, ranks_of
from transcribe.models.ggml import Shape

ENGLISH_WORDS, WORDS = 50_256, 50_257
"""Tokens before the special ones: GPT-2's, and those of the multilingual models."""

_IN_ORDER = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr "
    "bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn "
    "yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw "
    "su yue"
)
LANGUAGES = tuple(_IN_ORDER.split())
"""Every language in the order of its token; `yue` came with large-v3."""

BEFORE, AFTER = (
    ("<|endoftext|>", "<|startoftranscript|>"),
    (
        "<|translate|>",
        "<|transcribe|>",
        "<|startoflm|>",
        "<|startofprev|>",
        "<|nocaptions|>",
        "<|notimestamps|>",
    ),
)
"""The special tokens on both sides of the languages."""

TIMESTAMPS = 1501
"""From 0 to 30 s, every 20 ms."""

MARKS = (
    *'"#()*+/:;<=>@[\\]^_`{|}~「」『』',
    *("<<", ">>", "<<<", ">>>", "--", "---", "-(", "-[", "('", '("', "((", "))", "(((", ")))"),
    *("[[", "]]", "{{", "}}", "♪♪", "♪♪♪"),
)
NOTES = "♩♪♫♬♭♮♯"
"""What begins annotations instead of speech; of a note its first token is suppressed, else whole ones."""


@dataclass(frozen=True)
class TokenTable:
    """The tokens of a model.

    Attributes:
        words: Bytes of those that the vocabulary spells out, by number.
        special: Names of the special ones; they follow.
        languages: Numbers of the languages' tokens.
    """

    words: tuple[bytes, ...]
    special: tuple[str, ...]
    languages: tuple[int, ...]

    @classmethod
    def of(cls, shape: Shape, tokens: Sequence[bytes]) -> TokenTable:
        """The tokens of a model of this shape whose file spells out `tokens`.

        Raises:
            ModelError: They are too few.
        """
        count = WORDS if shape.multilingual else ENGLISH_WORDS
        if len(tokens) < count - 1:  # the last multilingual one is empty, and left out by some
            raise ModelError(
                f"the vocabulary has {len(tokens):,} of {count:,} tokens", "Take the original model"
            )
        languages = LANGUAGES[: shape.vocab - count - len(BEFORE + AFTER) - TIMESTAMPS]
        first = count + len(BEFORE)
        return cls(
            words=(*tokens[:count], b"")[:count],
            special=(*BEFORE, *(f"<|{language}|>" for language in languages), *AFTER),
            languages=tuple(range(first, first + len(languages))),
        )

    @property
    def names(self) -> list[str]:
        """Every token as vocabularies write it, in byte-level BPE's alphabet."""
        stamps = (f"<|{step * 0.02:.2f}|>" for step in range(TIMESTAMPS))
        return [*map(to_text, self.words), *self.special, *stamps]

    def number(self, name: str) -> int:
        """The number of a special token."""
        return len(self.words) + self.special.index(name)

    @property
    def suppressed(self) -> list[int]:
        """What is never said: annotations, and special tokens that do not belong into a text."""
        ranks = ranks_of(self.words)
        found = {encoded(text, ranks)[0] for text in (b" -", b" '")}  # allowed within a word only
        for mark in (*MARKS, *NOTES):
            for text in (mark, " " + mark):
                numbers = encoded(text.encode(), ranks)
                if len(numbers) == 1 or mark in NOTES:
                    found.update(numbers[:1])
        return sorted(found) + [self.number(name) for name in (BEFORE[1], *AFTER[:-1])]

    @property
    def suppressed_at_start(self) -> list[int]:
        """What no text begins with: a space, and the end."""
        return [*encoded(b" ", ranks_of(self.words)), self.number(BEFORE[0])]
