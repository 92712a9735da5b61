"""The other recogniser: CTranslate2, several windows at a time.

Windows, words and checks are the same as with whisper.cpp; what differs is the engine's arithmetic,
and that a batch of windows is decoded in one call. On a processor they are encoded one by one, which is
faster there (base, 23 s: 0.73 s each alone and 0.92 s in a batch of 8, whose matrices fit into no cache).
Each window is decoded in one pass without temperature fallback, which draws random numbers.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.metadata
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transcribe.core.episode import Word
from transcribe.core.errors import DependencyError, EngineError
from transcribe.core.hearing import LONGEST_WINDOW_MS, DecodingOptions, Heard
from transcribe.core.recording import SAMPLE_RATE, SAMPLES_PER_MS
from transcribe.engines import cuda
from transcribe.engines.pauses import settle
from transcribe.engines.spectrogram import HOP_SAMPLES, spectrogram
from transcribe.engines.whisper_tokens import WhisperTokens, read_tokens
from transcribe.engines.words import (
    CONTEXT_STEP_MS,
    LEAST_CONTEXT_MS,
    VOTE_MARGIN_MS,
    Token,
    context_ms,
    words_of,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Window = NDArray[np.float32]

PACKAGES = LIBRARY, _ = "ctranslate2", "tokenizers"
CUDA = "cuda"

TOKENS_PER_SECOND = 10
SPARE_TOKENS = 16
"""As with whisper.cpp: no one speaks faster, so a loop ends there."""

CANDIDATES = 5
ENGLISH_CANDIDATES = 1
"""Kept while decoding, where no number is given. More cost half as much again; they save errors in other
languages, and none in English (docs/engines.md)."""

BATCH_STEP_MS = 16 * CONTEXT_STEP_MS
"""Windows up to 22 s, with 3 s of silence, need 10.2, 15.4, 20.5 or 25.6 s."""

LONGEST_TEXT = 448
"""Positions of the decoder (Radford et al. 2022, section 2.3)."""

AS_CONFIGURED = -1
"""Stands for the tokens that the model's config.json suppresses: notes, brackets and other signs."""

FRAME_MS = 20
"""What one step of a time mark or of the alignment is worth (Radford et al. 2022, section 2.3)."""

NO_SPEECH = 0.6
GUESSED = -1.0
"""A window counts as silent when the model says so with this probability and the mean natural
logarithm of its tokens' probabilities is below the second: Whisper's own rule, which whisper.cpp
applies by itself."""


@dataclass
class CTranslate2:
    """One loaded CTranslate2 model. Picklable until it is loaded.

    Attributes:
        folder: Holds model.bin, its vocabulary and tokenizer.json; checked before.
        threads: Threads of one decode.
        compute_type: What it computes with: `int8`, `float32`, …, as CTranslate2 calls it.
        most: How many windows it decodes at a time.
        device: `cpu` or `cuda`.
        card: Which of the cards, counted from 0.
    """

    folder: str
    threads: int
    compute_type: str = "int8"
    most: int = 64
    device: str = "cpu"
    card: int = 0

    def load(self) -> CTranslate2:
        """Read the model into memory; a card has to encode a second of silence, too.

        Raises:
            DependencyError: The engine is not installed.
            EngineError: It refuses the model, or the card does not work.
        """
        import numpy as np

        if self.device == CUDA:
            with contextlib.suppress(OSError):  # the engine says what it misses
                cuda.load_library(cuda.cublas_name(LIBRARY))
        _ = self._tokens
        if self.device == CUDA:
            with _errors():
                self._encode([np.zeros(SAMPLE_RATE, np.float32)], LEAST_CONTEXT_MS)
        return self

    def close(self) -> None:
        """Give the memory back."""
        model = self.__dict__.pop("_model", None)
        if model is not None:
            model.unload_model()

    def hear(self, windows: Sequence[Window], options: DecodingOptions) -> list[Heard]:
        """Decode windows of mono float32 samples at 16 kHz, each up to 30 s, `most` of them in one batch.

        Raises:
            EngineError: The engine reports a failure.
        """
        contexts = [_batch_context_ms(len(window), options.margin_ms) for window in windows]
        heard: dict[int, Heard] = {}
        for context in sorted(set(contexts)):
            alike = [index for index, each in enumerate(contexts) if each == context]
            for first in range(0, len(alike), self._together):
                batch = alike[first : first + self._together]
                found = self._hear([windows[index] for index in batch], context, options)
                heard |= zip(batch, found, strict=True)
                _give_back()
        return [heard[index] for index in range(len(windows))]

    @property
    def _together(self) -> int:
        """How many windows may be decoded at a time without a say in each other's words.

        The sums of `int8` are exact; those of `float32` are added up in another order in a batch.
        """
        return self.most if self.device == CUDA or self.compute_type == "int8" else 1

    def _hear(self, windows: Sequence[Window], context: int, options: DecodingOptions) -> list[Heard]:
        start = self._tokens.start(options.language, translate=options.translate)
        with _errors():
            encoded = self._encode(windows, context)
            sequences = self._decode(windows, encoded, start, options)
            timings = self._align(windows, encoded, start, sequences)
        return [
            Heard(settle(_segments(sequence, timing, self._tokens, _duration_ms(window)), window))
            for window, sequence, timing in zip(windows, sequences, timings, strict=True)
        ]

    def languages(self, samples: Window) -> tuple[tuple[str, float], ...]:
        """Probability of every language the model knows, for one window of up to 30 s.

        An English-only model knows one.
        """
        if not self._model.is_multilingual:
            return (("en", 1.0),)
        with _errors():
            encoded = self._encode([samples], context_ms(len(samples), VOTE_MARGIN_MS))
            found = self._model.detect_language(encoded)[0]
        return tuple((mark.strip("<|>"), probability) for mark, probability in found)

    def count_tokens(self, text: str) -> int:
        """How many tokens a prompt has."""
        return len(self._tokens.encode(text))

    @cached_property
    def _model(self) -> Any:
        require()
        from ctranslate2.models import Whisper

        try:
            return Whisper(
                self.folder,
                self.device,
                device_index=self.card,
                compute_type=self.compute_type,
                intra_threads=self.threads,
            )
        except (RuntimeError, ValueError) as error:
            advice = "Try: transcribe models verify"
            if self.device == CUDA:
                advice = "Check the card with nvidia-smi; or use --device cpu"
            told = f"ctranslate2 cannot load the model {self.folder}: {error}"
            raise EngineError(told, advice) from error

    @cached_property
    def _tokens(self) -> WhisperTokens:
        return read_tokens(Path(self.folder), multilingual=self._model.is_multilingual)

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def _encode(self, windows: Sequence[Window], context: int) -> Any:
        """The windows through the encoder, all filled up with silence to `context` ms."""
        import numpy as np
        from ctranslate2 import StorageView

        frames = context * SAMPLES_PER_MS // HOP_SAMPLES
        spectrograms = [spectrogram(window, frames, self._model.n_mels) for window in windows]
        if self.device == CUDA:  # in one call, and what it gives stays on the card
            return self._model.encode(StorageView.from_array(np.stack(spectrograms)))
        encoded = [
            np.array(self._model.encode(StorageView.from_array(each[np.newaxis]))) for each in spectrograms
        ]
        return StorageView.from_array(np.concatenate(encoded))

    def _decode(
        self, windows: Sequence[Window], encoded: Any, start: list[int], options: DecodingOptions
    ) -> list[list[int]]:
        """The tokens of each window, time marks among them; none for silence."""
        start = [*self._tokens.prompt(options.prompt), *start]
        limits = [SPARE_TOKENS + TOKENS_PER_SECOND * len(window) // SAMPLE_RATE for window in windows]
        results = self._model.generate(
            encoded,
            [start] * len(windows),
            beam_size=options.beam_size or _candidates(options),
            max_length=_length_for(max(limits), len(start)),
            suppress_tokens=[AS_CONFIGURED, *self._tokens.never],
            return_scores=True,
            return_no_speech_prob=True,
        )
        return [
            [] if result.no_speech_prob > NO_SPEECH and result.scores[0] < GUESSED else found[:limit]
            for result, limit in zip(results, limits, strict=True)
            for found in result.sequences_ids[:1]
        ]

    def _align(
        self, windows: Sequence[Window], encoded: Any, start: list[int], sequences: Sequence[Sequence[int]]
    ) -> list[list[_Timing]]:
        """When each text token of each window ends, and how probable it was."""
        import numpy as np
        from ctranslate2 import StorageView

        text = [self._tokens.text_of(sequence) for sequence in sequences]
        frames = [max(1, len(window) // HOP_SAMPLES) for window in windows]
        if self.device == CUDA:
            results = self._model.align(encoded, start, text, frames)
        else:  # one by one: a batch is filled up to its longest text, which changes the last bits
            results = [
                self._model.align(StorageView.from_array(each[np.newaxis]), start, [tokens], [count])[0]
                for each, tokens, count in zip(np.array(encoded), text, frames, strict=True)
            ]
        return [
            [_Timing(*each) for each in zip(_ends(result.alignments), result.text_token_probs, strict=True)]
            for result in results
        ]


def _give_back() -> None:
    """Return to the system what the C library keeps of freed memory.

    Windows of many lengths leave gaps in it: after some batches with `base` 417 MB stay, and 190 MB so, for
    no more processor time.
    """
    with contextlib.suppress(OSError, TypeError, AttributeError):  # glibc's alone
        ctypes.CDLL(None).malloc_trim(0)


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    """CTranslate2's errors as this program's, in one line."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        told = str(error).strip().partition("\n")[0]
        raise EngineError(f"ctranslate2 reports an error: {told}") from error


@dataclass(frozen=True)
class _Timing:
    """Where a token ends on the window's timeline, and its probability."""

    end_ms: int
    probability: float


def identity() -> str:
    """The engine and its version, for provenance.

    Raises:
        DependencyError: It is not installed.
    """
    require()
    return f"{LIBRARY} {importlib.metadata.version(LIBRARY)}"


def is_installed() -> bool:
    """Whether its packages are there: they exist for the usual systems and processors only."""
    return all(importlib.util.find_spec(name) for name in PACKAGES)


def require() -> None:
    """Make sure that its packages are there.

    Raises:
        DependencyError: They are not.
    """
    if not is_installed():
        raise DependencyError(
            "the engine ctranslate2 is not installed",
            "Run: pip install ctranslate2 tokenizers; or, if there are no wheels: --engine whisper.cpp",
        )


def import_packages() -> None:
    """Import the engine in this process, so that workers forked from it need not.

    Raises:
        DependencyError: It is not installed.
    """
    require()
    import ctranslate2  # noqa: F401
    import tokenizers  # noqa: F401


def _length_for(new_tokens: int, prompt_tokens: int) -> int:
    """The `max_length` with which CTranslate2 decodes at most so many new tokens.

    It stops at half of it, or where prompt and new tokens fill it, whatever comes first.
    """
    return min(LONGEST_TEXT, max(2 * new_tokens, prompt_tokens + new_tokens))


def _candidates(options: DecodingOptions) -> int:
    return ENGLISH_CANDIDATES if options.language == "en" else CANDIDATES


def _batch_context_ms(samples: int, margin_ms: int) -> int:
    """How much of the 30 s is encoded for a window, in few steps, so that others need as much.

    What a window is given must not depend on those beside it: its words would.
    """
    context = context_ms(samples, margin_ms)
    return min(LONGEST_WINDOW_MS, -(-context // BATCH_STEP_MS) * BATCH_STEP_MS)


def _duration_ms(window: Window) -> int:
    return len(window) * 1000 // SAMPLE_RATE


def _ends(path: Sequence[tuple[int, int]]) -> list[int]:
    """Where each token ends, in ms: where the path of the alignment goes on to the next one."""
    return [frame * FRAME_MS for (before, _), (after, frame) in pairwise(path) if after != before]


def _segments(
    sequence: Sequence[int], timings: Sequence[_Timing], tokens: WhisperTokens, duration_ms: int
) -> list[tuple[Word, ...]]:
    """Words of each stretch of text between two time marks."""
    segments: list[tuple[Word, ...]] = []
    run: list[int] = []
    used = start_ms = 0
    for token in (*sequence, tokens.first_mark + duration_ms // FRAME_MS):
        if token < tokens.end:
            run.append(token)
        elif token >= tokens.first_mark and run:
            timed = zip(run, timings[used : used + len(run)], strict=True)
            written = [Token(tokens.data(each), timing.probability, timing.end_ms) for each, timing in timed]
            segments.append(words_of(written, min(start_ms, duration_ms)))
            used, run = used + len(run), []
            start_ms = (token - tokens.first_mark) * FRAME_MS
    return [words for words in segments if words]
