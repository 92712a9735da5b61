"""Vocabulary with real models: how long a prompt is, and that none of it is read out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from transcribe.core.hearing import MOST_PROMPT_TOKENS, Chunk, DecodingOptions
from transcribe.core.recording import SpeechSpan
from transcribe.core.waveform import Waveform
from transcribe.engines.ctranslate2 import CTranslate2
from transcribe.engines.pool import Crew, WorkerPool
from transcribe.engines.whisper_cpp import WhisperCpp
from transcribe.models.installed import InstalledModel, check_before_load
from transcribe.models.sources import pull
from transcribe.models.store import Store
from transcribe.pipeline.hearing.listener import Listener
from transcribe.pipeline.hearing.vocabulary import fitting

pytestmark = pytest.mark.real

NAMES = tuple(f"Kalpana Chawla the {number}th" for number in range(100))


@pytest.fixture(scope="module")
def recogniser(tiny_en_model: InstalledModel) -> Iterator[WhisperCpp]:
    check_before_load(tiny_en_model)
    engine = WhisperCpp(str(tiny_en_model.path), tiny_en_model.alignment, threads=1).load()
    yield engine
    engine.close()


def test_tokens_are_counted_as_whisper_counts_them(recogniser: WhisperCpp) -> None:
    assert recogniser.count_tokens("") == 0
    assert recogniser.count_tokens("hello world") == 2
    assert recogniser.count_tokens("word " * 2000) >= 2000
    prompt = fitting(NAMES, "Hello.", recogniser.count_tokens)
    assert MOST_PROMPT_TOKENS - 12 < recogniser.count_tokens(prompt) <= MOST_PROMPT_TOKENS
    assert prompt.startswith("Kalpana Chawla the 0th, ")
    assert prompt.endswith("th. Hello.")


def test_tokens_are_counted_by_the_other_engine(model_store: Store) -> None:
    model = pull("base-ct2", model_store, "index")
    check_before_load(model)
    engine = CTranslate2(str(model.path.parent), threads=1).load()
    try:
        assert engine.count_tokens("hello world") == 2
        prompt = fitting(NAMES, "", engine.count_tokens)
        assert MOST_PROMPT_TOKENS - 12 < engine.count_tokens(prompt) <= MOST_PROMPT_TOKENS
    finally:
        engine.close()


@pytest.mark.slow
@pytest.mark.parametrize("loudness", [0.0, 0.1])
def test_no_name_is_read_where_nobody_speaks(recogniser: WhisperCpp, tmp_path: Path, loudness: float) -> None:
    samples = np.random.default_rng(7).normal(0, 1, 10 * 16_000).astype("<f4") * np.float32(loudness)
    path = tmp_path / "audio.f32"
    samples.tofile(path)
    waveform = Waveform(str(path), len(samples), 0, 0.0)
    options = DecodingOptions("en", prompt="Ala, Marek, Zofia.", beam_size=5)
    # In a worker: threads that the engine starts in this process would be missing in workers forked later.
    with WorkerPool(Crew((lambda: recogniser,))) as pool:
        listener = Listener(waveform, options)
        ((result,),) = pool.map(listener, [[Chunk(0, (SpeechSpan(0, 10_000),))]])
    text = " ".join(segment.text for segment in result.segments)
    assert not any(name in text for name in ("Ala", "Marek", "Zofia"))
