"""The recogniser: whisper.cpp through `pywhispercpp`, one window of at most 30 s at a time.

Every window is decoded in one pass (`single_segment`): the engine's own loop would encode what
it left over again, however short, which costs as much as a whole window. Its temperature
fallback is off, because it draws random numbers that depend on the windows decoded before:
the same recording would not give the same words twice. What fallback is for is done above,
in `listening.py`, deterministically.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.metadata
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transcribe.core.episode import Word
from transcribe.core.errors import DependencyError, EngineError
from transcribe.core.hearing import DecodingOptions, Heard
from transcribe.core.own_process import OwnProcess
from transcribe.core.recording import SAMPLE_RATE
from transcribe.engines.cards import PATIENCE_SECONDS, UNKNOWN, Card, Cards, has_nvidia, loaded_library
from transcribe.engines.pauses import settle
from transcribe.engines.words import VOTE_MARGIN_MS, Token, context_ms, words_of

PACKAGE = "pywhispercpp"

CARD_DRIVERS = ("metal", "cuda", "vulkan")
CARD_KINDS = (1, 2)
"""ggml's numbers of cards and of those that share the processor's memory (`ggml-backend.h`)."""

GGML_LIBRARY = re.compile(r"libggml(-[0-9a-f]{8})?\.so[.\d]*")

SHORTEST_SAMPLES = SAMPLE_RATE
"""Shorter windows are filled up with silence: whisper.cpp ignores audio under 100 ms."""

TOKENS_PER_SECOND = 10
"""No one speaks faster: 10 tokens are some 7 words. A loop ends here instead of at 220 tokens."""

SPARE_TOKENS = 16
"""For time marks and for the first words of a short window."""

FRAME_MS = 20
"""What one step of a time mark or of the encoder is worth (Radford et al. 2022, section 2.3)."""


@dataclass
class WhisperCpp:
    """One loaded ggml model. Picklable until it is loaded; `load()` comes first.

    Attributes:
        path: The ggml file; checked before (`models.store.check_before_load`), since whisper.cpp
            does not survive every damaged file.
        alignment: whisper.cpp's name for the model's alignment heads, such as `base`; may be empty.
        debug: Whether the engine's own messages reach standard error.
        card: Which of the cards computes, counted from 0; None: the processor does.
    """

    path: str
    alignment: str
    threads: int
    debug: bool = False
    card: int | None = None

    def load(self) -> WhisperCpp:
        """Read the model into memory, or onto the card.

        Where that fails the bindings hand out a null pointer and do not tell: whoever uses it crashes. So it
        is used at once, in a process that may: one that only loads, or a worker that others take over from.
        """
        bindings().whisper_n_vocab(self._context)
        return self

    def close(self) -> None:
        """Give the memory back; the bindings do not do it when the object goes."""
        context = self.__dict__.pop("_context", None)
        if context is not None:
            bindings().whisper_free(context)

    def hear(self, windows: Sequence[NDArray[np.float32]], options: DecodingOptions) -> list[Heard]:
        """Decode windows of mono float32 samples at 16 kHz, each up to 30 s.

        Raises:
            EngineError: The engine reports a failure.
        """
        return [self._hear(samples, options) for samples in windows]

    def languages(self, samples: NDArray[np.float32]) -> tuple[tuple[str, float], ...]:
        """Probability of every language the model knows, for one window of up to 30 s.

        An English-only model knows one. Raises EngineError.
        """
        engine = bindings()
        if not engine.whisper_is_multilingual(self._context):
            return (("en", 1.0),)
        probabilities = np.zeros(engine.whisper_lang_max_id() + 1, dtype=np.float32)
        with engine_messages(self.debug):
            filled = _filled(samples)
            # whisper.cpp detects over 30 s, but for what the last whisper_full() was asked to encode: it is
            # asked for as much as there is, and stopped before it does so.
            parameters = self._parameters(DecodingOptions("en", margin_ms=VOTE_MARGIN_MS), len(filled))
            parameters.set_encoder_begin_callback(lambda *_: False)
            engine.whisper_full(self._context, parameters, filled, len(filled))
            best = engine.whisper_lang_auto_detect(self._context, 0, self.threads, probabilities)
        _check(min(0, best))
        return tuple((engine.whisper_lang_str(i), float(p)) for i, p in enumerate(probabilities))

    def count_tokens(self, text: str) -> int:
        """How many tokens a prompt has."""
        with engine_messages(self.debug):
            # Without room for any, whisper_tokenize writes nothing and answers minus the room it needs.
            return abs(int(bindings().whisper_tokenize(self._context, text, 0, 0)))

    @cached_property
    def _context(self) -> Any:
        engine = bindings()
        parameters = engine.whisper_context_default_params()
        presets = engine.whisper_alignment_heads_preset
        name = "WHISPER_AHEADS_" + self.alignment.upper().replace(".", "_").replace("-", "_")
        parameters.dtw_token_timestamps = True
        parameters.dtw_aheads_preset = getattr(presets, name, presets.WHISPER_AHEADS_N_TOP_MOST)
        parameters.dtw_n_top = 1
        parameters.flash_attn = False  # it would leave out word times, and let windows depend on earlier ones
        parameters.use_gpu = self.card is not None
        parameters.gpu_device = self.card or 0
        with engine_messages(self.debug):
            return engine.whisper_init_from_file_with_params(self.path, parameters)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_context"}

    def _hear(self, samples: NDArray[np.float32], options: DecodingOptions) -> Heard:
        engine = bindings()
        filled = _filled(samples)
        duration_ms = len(samples) * 1000 // SAMPLE_RATE
        with engine_messages(self.debug):
            _check(
                engine.whisper_full(
                    self._context, self._parameters(options, len(filled)), filled, len(filled)
                )
            )
        segments: list[tuple[Word, ...]] = []
        start_ms = 0
        for tokens, end_ms in self._segments(duration_ms):
            words = words_of(tokens, min(start_ms, duration_ms))
            if words:
                segments.append(words)
            start_ms = end_ms
        return Heard(settle(segments, filled))

    def _parameters(self, options: DecodingOptions, samples: int) -> Any:
        engine = bindings()
        strategies = engine.whisper_sampling_strategy
        greedy = options.beam_size <= 1
        parameters = engine.whisper_full_default_params(
            strategies.WHISPER_SAMPLING_GREEDY if greedy else strategies.WHISPER_SAMPLING_BEAM_SEARCH
        )
        parameters.greedy = {"best_of": 1}
        parameters.beam_search = {"beam_size": options.beam_size, "patience": -1.0}
        parameters.n_threads = self.threads
        parameters.language = options.language
        parameters.translate = options.translate
        parameters.initial_prompt = options.prompt
        parameters.no_context = True
        parameters.single_segment = True
        parameters.temperature_inc = 0.0
        parameters.suppress_nst = True
        parameters.audio_ctx = context_ms(samples, options.margin_ms) // FRAME_MS
        parameters.max_tokens = SPARE_TOKENS + TOKENS_PER_SECOND * samples // SAMPLE_RATE
        parameters.print_progress = False
        parameters.print_realtime = False
        parameters.print_timestamps = False
        return parameters

    def _segments(self, duration_ms: int) -> Iterator[tuple[list[Token], int]]:
        """Split the decoded tokens at the time marks between them: text tokens, end of the stretch in ms."""
        engine = bindings()
        first_mark = engine.whisper_token_beg(self._context)
        first_special = engine.whisper_token_eot(self._context)
        tokens: list[Token] = []
        for segment in range(engine.whisper_full_n_segments(self._context)):
            for position in range(engine.whisper_full_n_tokens(self._context, segment)):
                data = engine.whisper_full_get_token_data(self._context, segment, position)
                if data.id < first_special:
                    end_ms = min(max(0, data.t_dtw) * 10, duration_ms)
                    tokens.append(
                        Token(engine.whisper_token_to_bytes(self._context, data.id), data.p, end_ms)
                    )
                elif data.id >= first_mark and tokens:
                    yield tokens, (data.id - first_mark) * FRAME_MS
                    tokens = []
        if tokens:
            yield tokens, tokens[-1].end_ms


def identity(device: str = "cpu", built_with: Sequence[str] | None = None) -> str:
    """The engine's package, version and matrix kernels, for provenance: sums in another order differ.

    Args:
        device: What computes: `cpu`, or how a card is driven.
        built_with: Its instructions, where they are known; else it is asked.

    Raises:
        DependencyError: The engine does not load.
    """
    unused = {driver.upper() for driver in CARD_DRIVERS if driver != device}
    kernels = (name for name in matrix_kernels(built_with) if name not in unused)
    return " + ".join((f"{PACKAGE} {importlib.metadata.version(PACKAGE)}", *kernels))


def matrix_kernels(built_with: Sequence[str] | None = None) -> tuple[str, ...]:
    """What multiplies matrices for the engine, if not ggml row by row, as in the wheel for Linux.

    llamafile's kernels are a part of ggml's library for processors.

    Args:
        built_with: Its instructions, where they are known; else it is asked.

    Raises:
        DependencyError: The engine does not load.
    """
    known = instructions() if built_with is None else built_with
    return (*_libraries(), *(name for name in known if name == "LLAMAFILE"))


def built_for() -> str:
    """How the engine drives cards: `cuda`, `vulkan` or `metal`; empty where it was built without."""
    return next((name for name in CARD_DRIVERS if name.upper() in _libraries()), "")


def _libraries() -> tuple[str, ...]:
    """ggml's ways to compute beside the processor: it has one library for each, among the package's files."""
    files = importlib.metadata.files(PACKAGE) or []
    ways = {file.name.lower().partition("ggml-")[2].partition(".")[0].partition("-")[0] for file in files}
    return tuple(name for name in ("BLAS", "METAL", "CUDA", "VULKAN") if name.lower() in ways)


def find_cards() -> Cards:
    """The cards that the engine can compute on, looked for in a process of its own.

    A Mac has one, which needs no driver.
    """
    device = built_for()
    if not device:
        advice = "Run: make native GPU=cuda or GPU=vulkan (docs/native.md)"
        advice += "; or use --engine ctranslate2" if has_nvidia() else ""
        return Cards("", problem="whisper.cpp was built here without graphics cards", advice=advice)
    if device == "metal":
        return Cards(device, (Card("Metal", 0, 0),))
    process = OwnProcess("whisper.cpp", "Check the card's driver")
    try:
        return process.call(partial(look_for_cards, device), Cards, PATIENCE_SECONDS, "looking for cards")
    except EngineError as error:
        return Cards(device, UNKNOWN, error.what, error.hint)
    finally:
        process.close()


def look_for_cards(device: str) -> Cards:
    """The same in this process, by ggml's list of what can compute (`ggml-backend.h`)."""
    built_with = instructions()  # has ggml make its list
    ggml = ctypes.CDLL(_ggml())
    device_of, kind_of = ggml.ggml_backend_dev_get, ggml.ggml_backend_dev_type
    device_of.argtypes, device_of.restype = [ctypes.c_size_t], ctypes.c_void_p
    ggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    places = [device_of(number) for number in range(ggml.ggml_backend_dev_count())]
    found = tuple(_card(ggml, place) for place in places if kind_of(ctypes.c_void_p(place)) in CARD_KINDS)
    problem = "" if found else f"whisper.cpp finds no card that {device} drives"
    return Cards(device, found, problem, "Check its driver" if problem else "", built_with)


def _ggml() -> str:
    """Path of the library that has ggml's list, of the copy that was loaded with the engine."""
    path = loaded_library(GGML_LIBRARY)
    if not path:
        advice = "Try: pip install --force-reinstall pywhispercpp"
        raise DependencyError("the recognition engine has no library of ggml", advice)
    return path


def _card(ggml: ctypes.CDLL, place: int) -> Card:
    name, free, total = ggml.ggml_backend_dev_description, ctypes.c_size_t(), ctypes.c_size_t()
    name.argtypes, name.restype = [ctypes.c_void_p], ctypes.c_char_p
    ggml.ggml_backend_dev_memory(ctypes.c_void_p(place), ctypes.byref(free), ctypes.byref(total))
    return Card(name(place).decode("utf-8", "replace"), free.value, total.value)


def instructions() -> tuple[str, ...]:
    """Names of the processor's instructions that the engine was built to use, such as `AVX2`.

    Raises:
        DependencyError: The engine does not load.
    """
    with engine_messages(show=False):  # the drivers of cards are looked for meanwhile, and named
        described = bindings().whisper_print_system_info()
    return tuple(re.findall(r"(\w+) = 1\b", described))


def known_languages() -> frozenset[str]:
    """Codes of every language the engine has a token for."""
    engine = bindings()
    return frozenset(engine.whisper_lang_str(i) for i in range(engine.whisper_lang_max_id() + 1))


def bindings() -> Any:
    """The engine's low-level module.

    Raises:
        DependencyError: It is not installed, or its libraries do not load.
    """
    # OpenBLAS, where the engine has it, would start a thread for every core while it is loaded; the
    # engine itself tells it before each product how many threads a decode has.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Where ggml gives up, as it does when a card's memory ends, it would have gdb print on standard output.
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")
    try:
        import _pywhispercpp
    except ImportError as error:
        raise DependencyError(
            f"the recognition engine does not load: {error}",
            "Try: pip install --force-reinstall pywhispercpp",
        ) from error
    return _pywhispercpp


@contextlib.contextmanager
def engine_messages(show: bool) -> Iterator[None]:
    """Keep what the native code prints off the user's terminal, unless it is asked for.

    It writes to file descriptor 2 itself, so Python's own `sys.stderr` cannot catch it.
    """
    if show:
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _filled(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    missing = SHORTEST_SAMPLES - len(samples)
    return np.pad(samples, (0, missing)) if missing > 0 else samples


def _check(code: int) -> None:
    if code < 0:
        raise EngineError(f"whisper.cpp reports error {code}", "Run again with --debug to see its messages")
