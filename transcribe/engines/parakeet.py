"""The third recogniser: NVIDIA Parakeet TDT through `onnx-asr`, with Whisper for what it is unsure of.

Parakeet has no setting for the language, reads no prompt and decodes greedily. It may write a short answer in
another script or drift into another language, so the text of each window is checked, and Whisper, where it
is installed, hears again what is doubted here or by the pipeline. One window is decoded at a time: the
encoder's 8-bit numbers are scaled by all that it is given, so that a window's words would depend on those
beside it.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import exp
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transcribe.core.errors import DependencyError, EngineError
from transcribe.core.hearing import DecodingOptions, Heard
from transcribe.core.recording import SAMPLE_RATE, SAMPLES_PER_MS
from transcribe.core.sequences import parted
from transcribe.engines.pauses import settle
from transcribe.engines.text_language import LETTERS, doubts, probabilities
from transcribe.engines.words import Token, words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from transcribe.engines.ctranslate2 import CTranslate2
    from transcribe.engines.whisper_cpp import WhisperCpp

    Window = NDArray[np.float32]
    Whisper = WhisperCpp | CTranslate2

PACKAGE, LIBRARY = "onnx-asr", "onnxruntime"

LANGUAGES = frozenset(LETTERS)
"""What Parakeet TDT 0.6b v3 knows (its model card)."""

GRAPH, NUMBERS = "nemo-conformer-tdt", "int8"
"""onnx-asr's names for the kind of network, and for the files that are loaded: `encoder-model.int8.onnx`."""

LONGEST_TOKEN_MS = 320
"""A token lasts four steps of 80 ms at the most: the durations that the network can tell are 0 to 4."""

SHORTEST_WINDOW = SAMPLE_RATE
"""Shorter windows are filled up with silence: the spectrogram is scaled by its own mean and variance."""

SPEECH_MS = 2_000
"""A longer window without any words is doubted: there is speech in it."""

SENTENCE_ENDS = (".", "?", "!", "…")


@dataclass
class Parakeet:
    """One loaded model. Picklable until it is loaded.

    Attributes:
        folder: Holds encoder, decoder, vocabulary and config.json; checked before.
        threads: Threads of one decode.
        load_whisper: Loads the Whisper that hears again; None where none is installed. Picklable.
    """

    folder: str
    threads: int
    load_whisper: Callable[[], Whisper] | None = None

    def load(self) -> Parakeet:
        """Read the model into memory.

        Raises:
            DependencyError: The engine is not installed.
            EngineError: It refuses the model.
        """
        _ = self._model
        return self

    def hear(self, windows: Sequence[Window], options: DecodingOptions) -> list[Heard]:
        """Decode windows of mono float32 samples at 16 kHz, each up to 30 s.

        Further attempts at a doubted window (more than one candidate is asked for) are Whisper's, and so are
        languages that Parakeet does not know. Whisper decodes greedily here: whisper.cpp's beam search draws
        random numbers, and goes on with them from one window to the next.

        Raises:
            EngineError: The engine reports a failure.
        """
        beyond = options.beam_size > 1 or options.language not in LANGUAGES
        if beyond and self._whisper:
            return self._whisper.hear(windows, replace(options, beam_size=1))
        return [self._hear(window, options.language) for window in windows]

    def languages(self, samples: Window) -> tuple[tuple[str, float], ...]:
        """Probability of every language, for one window of up to 30 s: Whisper's, else by the text."""
        if self._whisper:
            return self._whisper.languages(samples)
        return probabilities("".join(token.data.decode() for token in self._tokens(samples)))

    def count_tokens(self, text: str) -> int:  # noqa: ARG002 the Protocol's
        """None: no prompt is read."""
        return 0

    def _hear(self, window: Window, language: str) -> Heard:
        tokens = self._tokens(window)
        words = words_of(tokens, 0)
        sentences = parted(words, lambda before, _: before.text.endswith(SENTENCE_ENDS))
        segments = settle([tuple(sentence) for sentence in sentences], window)
        if not words:
            silent = len(window) < SPEECH_MS * SAMPLES_PER_MS
            return Heard((), () if silent else ("no words",))
        text = "".join(token.data.decode() for token in tokens)
        return Heard(segments, doubts(text, language) if language in LANGUAGES else ())

    def _tokens(self, window: Window) -> list[Token]:
        """The tokens of a window with their times; those of the vocabulary's own marks are left out."""
        import numpy as np

        filled = np.pad(window, (0, max(0, SHORTEST_WINDOW - len(window))))
        with _errors("onnx-asr reports an error"):
            found = self._model.recognize(filled, sample_rate=SAMPLE_RATE)
        longest_ms = len(window) // SAMPLES_PER_MS
        starts = [min(round(1000 * start), longest_ms) for start in found.timestamps]
        ends = [*starts, longest_ms][1:]
        return [
            Token(text.encode(), exp(logarithm), min(end, start + LONGEST_TOKEN_MS), start)
            for text, logarithm, start, end in zip(found.tokens, found.logprobs, starts, ends, strict=True)
            if not (text.startswith("<") and text.endswith(">"))
        ]

    @cached_property
    def _model(self) -> Any:
        require()
        import onnx_asr
        import onnxruntime

        session = onnxruntime.SessionOptions()
        session.intra_op_num_threads, session.inter_op_num_threads = self.threads, 1
        session.log_severity_level = 3  # errors: they are raised
        with _errors(f"onnx-asr cannot load the model {self.folder}", "Try: transcribe models verify"):
            if not Path(self.folder).is_dir():  # else onnx-asr would look for it on the model hub
                raise FileNotFoundError("there is no such folder")
            model = onnx_asr.load_model(
                GRAPH,
                self.folder,
                quantization=NUMBERS,
                sess_options=session,
                providers=["CPUExecutionProvider"],
            )
        return model.with_timestamps()

    @cached_property
    def _whisper(self) -> Whisper | None:
        return self.load_whisper() if self.load_whisper else None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("_model", "_whisper")}


@contextlib.contextmanager
def _errors(told: str, advice: str = "") -> Iterator[None]:
    """Whatever onnxruntime and onnx-asr raise, as this program's error, in one line.

    onnxruntime's errors derive from nothing but Exception; a graph of other shapes fails an assertion.
    """
    try:
        yield
    except Exception as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise EngineError(f"{told}: {reason}", advice) from error


def identity() -> str:
    """The engine's packages and versions, for provenance.

    Raises:
        DependencyError: It is not installed.
    """
    require()
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in (PACKAGE, LIBRARY))


def require() -> None:
    """Make sure that the optional package is there.

    Raises:
        DependencyError: It is not.
    """
    if importlib.util.find_spec("onnx_asr") is None:
        raise DependencyError(
            "the engine parakeet is not installed", "Run: pip install 'transcribe-offline[parakeet]'"
        )
