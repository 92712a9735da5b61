"""Parakeet through the real onnx-asr, with a generated model of the same graph."""

from __future__ import annotations

import importlib.util
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from parakeet_model import write_parakeet

from transcribe.core.episode import Word
from transcribe.core.errors import DependencyError, EngineError
from transcribe.core.hearing import DecodingOptions, Heard
from transcribe.core.recording import SAMPLE_RATE
from transcribe.engines.parakeet import Parakeet, identity, require

POLISH = ("Dobry", "wieczór.", "To", "jest", "Warszawa.")
CYRILLIC = ("Добры", "вечур.")
FIRST = DecodingOptions("pl")
AGAIN = DecodingOptions("pl", beam_size=5)
WHISPERED = (Heard(((Word(0, 500, "Dobry", 0.8), Word(500, 900, "wieczór.", 0.8)),)),)

Window = NDArray[np.float32]


def sound(*parts: tuple[float, float]) -> Window:
    """Noise of such seconds and loudness."""
    random = np.random.default_rng(1)
    return np.concatenate([random.normal(0, loud, round(s * SAMPLE_RATE)) for s, loud in parts]).astype("f4")


TALK = sound((0.5, 0.001), (1, 0.2), (1, 0.001), (2, 0.2), (0.5, 0.001))


@dataclass
class Whisper:
    """What hears again; remembers what it was asked."""

    asked: list[DecodingOptions] = field(default_factory=list)

    def hear(self, windows: Sequence[Window], options: DecodingOptions) -> list[Heard]:
        self.asked += [options] * len(windows)
        return [*WHISPERED] * len(windows)

    def languages(self, samples: Window) -> tuple[tuple[str, float], ...]:
        return (("pl", 0.9), ("ja", 0.1))


def parakeet(folder: Path, words: Sequence[str] = POLISH, **options: Any) -> Parakeet:
    return Parakeet(str(write_parakeet(folder, words)), 1, **options).load()


def test_words_with_times_and_probabilities(tmp_path: Path) -> None:
    (heard,) = parakeet(tmp_path).hear([TALK], FIRST)
    assert [[word.text for word in part] for part in heard.segments] == [
        ["Dobry", "wieczór."],
        ["To", "jest", "Warszawa."],
    ]
    assert heard.doubts == ()
    assert all(word.probability == pytest.approx(0.9, abs=1e-4) for word in heard.words)
    times = [time for word in heard.words for time in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    starts = [part[0].start_ms for part in heard.segments]
    assert starts == pytest.approx([500, 2500], abs=80)
    assert [part[-1].end_ms for part in heard.segments] == pytest.approx([1500, 4100], abs=80)


def test_each_window_by_itself(tmp_path: Path) -> None:
    loaded = parakeet(tmp_path)
    short = TALK[: 2 * SAMPLE_RATE]
    assert loaded.hear([TALK, short], FIRST) == [*loaded.hear([TALK], FIRST), *loaded.hear([short], FIRST)]


def test_short_windows_and_silence(tmp_path: Path) -> None:
    loaded = parakeet(tmp_path)
    (short,) = loaded.hear([TALK[8_000:11_200]], FIRST)
    assert short.words[-1].end_ms <= 200
    hush = np.zeros(SAMPLE_RATE, np.float32)
    assert loaded.hear([hush], FIRST)[0].words == loaded.hear([hush[:0]], FIRST)[0].words == ()


def test_marks_of_the_vocabulary_are_no_words(tmp_path: Path) -> None:
    (heard,) = parakeet(tmp_path, ("To", "<|endoftext|>", "jest")).hear([TALK], FIRST)
    assert [word.text for word in heard.words] == ["To", "jest"]


@pytest.mark.parametrize(
    ("words", "language", "doubts"),
    [
        (CYRILLIC, "pl", ("in another script",)),
        (CYRILLIC, "ru", ()),
        ((), "pl", ("no words",)),
    ],
)
def test_what_is_doubted(tmp_path: Path, words: Sequence[str], language: str, doubts: tuple[str]) -> None:
    (heard,) = parakeet(tmp_path, words).hear([TALK], DecodingOptions(language))
    assert heard.doubts == doubts


def test_whisper_hears_again_what_is_doubted_and_what_parakeet_does_not_know(tmp_path: Path) -> None:
    whisper = Whisper()
    loaded = parakeet(tmp_path, load_whisper=lambda: whisper)
    assert loaded.hear([TALK], FIRST)[0].words[0].text == "Dobry"
    assert whisper.asked == []
    assert loaded.hear([TALK], AGAIN) == [*WHISPERED]
    assert loaded.hear([TALK], DecodingOptions("ja")) == [*WHISPERED]
    assert whisper.asked == [FIRST, DecodingOptions("ja")]  # greedy: no random numbers
    assert loaded.languages(TALK) == (("pl", 0.9), ("ja", 0.1))


def test_without_whisper_it_hears_again_itself_and_tells_the_language_by_the_text(tmp_path: Path) -> None:
    loaded = parakeet(tmp_path)
    assert loaded.hear([TALK], AGAIN) == loaded.hear([TALK], FIRST)
    found = dict(loaded.languages(TALK))
    assert max(found, key=lambda code: found[code]) == "pl"
    assert loaded.count_tokens("a prompt") == 0


def test_it_goes_to_a_worker_unloaded(tmp_path: Path) -> None:
    loaded = parakeet(tmp_path, load_whisper=partial(Whisper))
    loaded.languages(TALK)
    again = pickle.loads(pickle.dumps(loaded))  # noqa: S301 its own
    assert again.__dict__.keys() == {"folder", "threads", "load_whisper"}
    assert again.hear([TALK], FIRST) == loaded.hear([TALK], FIRST)


@pytest.mark.parametrize("file", ["encoder-model.int8.onnx", "vocab.txt"])
def test_a_model_that_cannot_be_loaded(tmp_path: Path, file: str) -> None:
    write_parakeet(tmp_path, POLISH)
    (tmp_path / file).write_bytes(b"\x08\x01 nonsense")
    with pytest.raises(EngineError, match="cannot load the model") as caught:
        Parakeet(str(tmp_path), 1).load()
    assert "\n" not in str(caught.value)
    (tmp_path / file).unlink()
    with pytest.raises(EngineError, match="cannot load the model"):
        Parakeet(str(tmp_path), 1).load()
    with pytest.raises(EngineError, match="no such folder"):  # and is not looked for on the model hub
        Parakeet(str(tmp_path / "none"), 1).load()


def test_a_model_of_another_shape_is_an_error_of_the_engine(tmp_path: Path) -> None:
    loaded = parakeet(tmp_path)
    other = write_parakeet(tmp_path / "other", (*POLISH, "Kraków."))
    (other / "vocab.txt").write_text((tmp_path / "vocab.txt").read_text("utf-8").replace("<blk>", "<bl>"))
    with pytest.raises(EngineError, match="onnx-asr reports an error"):
        Parakeet(str(other), 1).load().hear([TALK], FIRST)
    assert loaded.hear([TALK], FIRST)[0].words


def test_packages_and_what_is_said_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert identity().startswith("onnx-asr ")
    assert ", onnxruntime " in identity()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"pip install 'transcribe-offline\[parakeet\]'"):
        require()
