"""The other recogniser: CTranslate2 through `faster-whisper`, several windows at a time.

Windows, words and checks are the same as with whisper.cpp; what differs is the engine's arithmetic,
and that a batch of windows is decoded in one call. On a processor they are encoded one by one, which is
faster there (base, 23 s: 0.73 s each alone and 0.92 s in a batch of 8, whose matrices fit into no cache).
Each window is decoded in one pass without temperature fallback, which draws random numbers.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import exp, fsum, log
from typing import TYPE_CHECKING, Any

from transcribe.core.episode import Word
from transcribe.core.errors import DependencyError, EngineError
from transcribe.core.hearing import DecodingOptions, Heard
from transcribe.core.recording import SAMPLE_RATE, SAMPLES_PER_MS
from transcribe.engines import cuda
from transcribe.engines.pauses import settle
from transcribe.engines.words import VOTE_MARGIN_MS, Token, context_ms, words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Window = NDArray[np.float32]

PACKAGE, LIBRARY = "faster-whisper", "ctranslate2"
CUDA = "cuda"

HOP_SAMPLES = 160
"""Samples from one frame of the spectrogram to the next (Radford et al. 2022, section 2.2)."""

TOKENS_PER_SECOND = 10
SPARE_TOKENS = 16
"""As with whisper.cpp: no one speaks faster, so a loop ends there."""

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
        _ = self._model
        if self.device == CUDA:
            with _errors():
                self._encode([np.zeros(SAMPLE_RATE, np.float32)], 0)
        return self

    def close(self) -> None:
        """Give the memory back."""
        model = self.__dict__.pop("_model", None)
        if model is not None:
            model.model.unload_model()

    def hear(self, windows: Sequence[Window], options: DecodingOptions) -> list[Heard]:
        """Decode windows of mono float32 samples at 16 kHz, each up to 30 s, `most` of them in one batch.

        Raises:
            EngineError: The engine reports a failure.
        """
        starts = range(0, len(windows), self.most)
        batches = (windows[start : start + self.most] for start in starts)
        return [heard for batch in batches for heard in self._hear(batch, options)]

    def _hear(self, windows: Sequence[Window], options: DecodingOptions) -> list[Heard]:
        from faster_whisper.tokenizer import Tokenizer

        tokenizer = Tokenizer(
            self._model.hf_tokenizer,
            self._model.model.is_multilingual,
            "translate" if options.translate else "transcribe",
            options.language,
        )
        with _errors():
            encoded = self._encode(windows, options.margin_ms)
            sequences = self._decode(windows, encoded, tokenizer, options)
            timings = self._align(windows, encoded, tokenizer, sequences)
        return [
            Heard(settle(_segments(sequence, timing, tokenizer, _duration_ms(window)), window))
            for window, sequence, timing in zip(windows, sequences, timings, strict=True)
        ]

    def languages(self, samples: Window) -> tuple[tuple[str, float], ...]:
        """Probability of every language the model knows, for one window of up to 30 s.

        An English-only model knows one.
        """
        if not self._model.model.is_multilingual:
            return (("en", 1.0),)
        with _errors():
            found = self._model.model.detect_language(self._encode([samples], VOTE_MARGIN_MS))[0]
        return tuple((mark.strip("<|>"), probability) for mark, probability in found)

    def count_tokens(self, text: str) -> int:
        """How many tokens a prompt has; as `_decode` writes it, after a space."""
        return len(self._model.hf_tokenizer.encode(" " + text.strip(), add_special_tokens=False).ids)

    @cached_property
    def _model(self) -> Any:
        require()
        from faster_whisper import WhisperModel

        try:
            return WhisperModel(
                self.folder,
                device=self.device,
                device_index=self.card,
                compute_type=self.compute_type,
                cpu_threads=self.threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError) as error:
            advice = "Try: transcribe models verify"
            if self.device == CUDA:
                advice = "Check the card with nvidia-smi; or use --device cpu"
            told = f"ctranslate2 cannot load the model {self.folder}: {error}"
            raise EngineError(told, advice) from error

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_model"}

    def _encode(self, windows: Sequence[Window], margin_ms: int) -> Any:
        """The windows through the encoder, all filled up with silence to the same length."""
        import ctranslate2
        import numpy as np

        samples = max(context_ms(len(window), margin_ms) for window in windows) * SAMPLES_PER_MS
        filled = (np.pad(window, (0, samples - len(window))) for window in windows)
        spectrograms = (
            self._model.feature_extractor(window)[np.newaxis, :, : samples // HOP_SAMPLES]
            for window in filled
        )
        if self.device == CUDA:  # in one call, and what it gives stays on the card
            return self._model.encode(np.concatenate(list(spectrograms)))
        encoded = [np.array(self._model.encode(each)) for each in spectrograms]
        return ctranslate2.StorageView.from_array(np.concatenate(encoded))

    def _decode(
        self, windows: Sequence[Window], encoded: Any, tokenizer: Any, options: DecodingOptions
    ) -> list[list[int]]:
        """The tokens of each window, time marks among them; none for silence."""
        from faster_whisper.transcribe import get_suppressed_tokens

        prompt = tokenizer.encode(" " + options.prompt.strip()) if options.prompt.strip() else []
        start = self._model.get_prompt(tokenizer, prompt)
        limits = [SPARE_TOKENS + TOKENS_PER_SECOND * len(window) // SAMPLE_RATE for window in windows]
        results = self._model.model.generate(
            encoded,
            [start] * len(windows),
            beam_size=options.beam_size,
            max_length=_length_for(max(limits), len(start), self._model.max_length),
            suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1])),
            return_scores=True,
            return_no_speech_prob=True,
        )
        return [
            [] if result.no_speech_prob > NO_SPEECH and result.scores[0] < GUESSED else found[:limit]
            for result, limit in zip(results, limits, strict=True)
            for found in result.sequences_ids[:1]
        ]

    def _align(
        self, windows: Sequence[Window], encoded: Any, tokenizer: Any, sequences: Sequence[Sequence[int]]
    ) -> list[list[_Timing]]:
        """When each text token of each window ends, and how probable it was."""
        results = self._model.model.align(
            encoded,
            tokenizer.sot_sequence,
            [[token for token in sequence if token < tokenizer.eot] for sequence in sequences],
            [max(1, len(window) // HOP_SAMPLES) for window in windows],
        )
        return [
            [_Timing(*each) for each in zip(_ends(result.alignments), result.text_token_probs, strict=True)]
            for result in results
        ]


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
    """The engine's packages and versions, for provenance.

    Raises:
        DependencyError: It is not installed.
    """
    require()
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in (PACKAGE, LIBRARY))


def is_installed() -> bool:
    """Whether the optional packages are there."""
    return importlib.util.find_spec("faster_whisper") is not None


def require() -> None:
    """Make sure that the optional packages are there.

    Raises:
        DependencyError: They are not.
    """
    if not is_installed():
        raise DependencyError(
            "the engine ctranslate2 is not installed", "Run: pip install 'transcribe-offline[ctranslate2]'"
        )


def import_packages() -> None:
    """Import the engine in this process, so that workers forked from it need not: it takes half a second.

    Raises:
        DependencyError: It is not installed.
    """
    require()
    import ctranslate2  # noqa: F401
    import faster_whisper  # noqa: F401


def _length_for(new_tokens: int, prompt_tokens: int, longest: int) -> int:
    """The `max_length` with which CTranslate2 decodes at most so many new tokens.

    It stops at half of it, or where prompt and new tokens fill it, whatever comes first.
    """
    return min(longest, max(2 * new_tokens, prompt_tokens + new_tokens))


def _duration_ms(window: Window) -> int:
    return len(window) * 1000 // SAMPLE_RATE


def _ends(path: Sequence[tuple[int, int]]) -> list[int]:
    """Where each token ends, in ms: where the path of the alignment goes on to the next one."""
    return [frame * FRAME_MS for (before, _), (after, frame) in pairwise(path) if after != before]


def _segments(
    sequence: Sequence[int], timings: Sequence[_Timing], tokenizer: Any, duration_ms: int
) -> list[tuple[Word, ...]]:
    """Words of each stretch of text between two time marks."""
    segments: list[tuple[Word, ...]] = []
    run: list[int] = []
    used = start_ms = 0
    for token in (*sequence, tokenizer.timestamp_begin + duration_ms // FRAME_MS):
        if token < tokenizer.eot:
            run.append(token)
        elif token >= tokenizer.timestamp_begin and run:
            tokens = list(_tokens(run, timings[used : used + len(run)], tokenizer))
            segments.append(words_of(tokens, min(start_ms, duration_ms)))
            used, run = used + len(run), []
            start_ms = (token - tokenizer.timestamp_begin) * FRAME_MS
    return [words for words in segments if words]


def _tokens(run: list[int], timings: Sequence[_Timing], tokenizer: Any) -> Iterator[Token]:
    """Tokens with their text; those that are parts of one character are put together."""
    used = 0
    for text, parts in zip(*tokenizer.split_tokens_on_unicode(run), strict=True):
        timed = timings[used : used + len(parts)]
        used += len(parts)
        mean = fsum(log(max(each.probability, 1e-10)) for each in timed) / len(timed)
        yield Token(text.encode(), exp(mean), timed[-1].end_ms)
