"""Engines without models: any text file is a recording, in which the same two words are heard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from in_process import InProcess
from numpy.typing import NDArray

from transcribe.core.episode import ModelIdentity, Word
from transcribe.core.errors import InputError
from transcribe.core.hearing import DecodingOptions, Heard
from transcribe.core.media import Container, Decoding, Extract, Sink
from transcribe.core.recording import SAMPLE_RATE, AudioStream
from transcribe.pipeline.ports import Engines

Window = NDArray[np.float32]

SECONDS = 2
SOUND = np.sin(np.arange(SECONDS * SAMPLE_RATE) * 0.2) * np.sin(np.arange(SECONDS * SAMPLE_RATE) * 0.001)
"""A tone of 500 Hz that swells and fades as syllables do: what keeps one level is no speech."""

BROKEN = "broken"
"""What is in a file that is no recording."""


class _Idle(InProcess):
    """Workers that have too little to do once anything is ordered: the next recording is begun."""

    asking = False

    def map(self, task: Callable[[Any, Any], Any], items: Sequence[Any]) -> Any:
        if not self.asking:  # as the real ones do not ask while they are being given more
            self.asking = True
            self.on_idle()
            self.asking = False
        return super().map(task, items)


class Studio:
    """Makes engines, and counts what is asked of them.

    Attributes:
        decoded: Names of the recordings that were decoded, in order.
        loaded: How often the recogniser was loaded.
        heard: How many windows were recognised.
        words: What is heard in a recording of two seconds.
        before_decoding: Called with a recording's name.
    """

    def __init__(self) -> None:
        self.decoded: list[str] = []
        self.loaded = 0
        self.heard = 0
        self.words: tuple[Word, ...] = (Word(100, 900, "Dzień", 0.9), Word(900, 1900, "dobry.", 0.9))
        self.before_decoding: Callable[[str], Any] = lambda _: None

    def engines(self, model: str = "double") -> Engines:
        return Engines(
            program="transcribe 1",
            prober=self,
            decoder=self,
            open_detector=lambda: self,
            open_workers=self._open,
            engine="double 1",
            model=ModelIdentity(model, model.encode().hex().ljust(64, "0")),
        )

    def probe(self, path: Path) -> Container:
        if path.read_text("utf-8") == BROKEN:
            raise InputError(f"{path} is not a sound file", "Check that it plays elsewhere")
        return Container("wav", SECONDS * 1000, (AudioStream(0, "pcm", SAMPLE_RATE, 1),))

    def decode(self, extract: Extract, sink: Sink) -> Decoding:
        name = Path(extract.path).name
        self.before_decoding(name)
        self.decoded.append(name)
        sink(SOUND.astype("<f4").tobytes())
        return Decoding(-20.0, damaged=False)

    def probabilities(self, blocks: Iterable[Window]) -> Iterator[Window]:
        for block in blocks:
            yield np.ones(-(-len(block) // 512), np.float32)

    def hear(self, windows: Sequence[Window], options: DecodingOptions) -> list[Heard]:
        self.heard += len(windows)
        return [Heard((self.words,) if self.words else ()) for _ in windows]

    def languages(self, samples: Window) -> tuple[tuple[str, float], ...]:
        return (("pl", 1.0),)

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    @contextmanager
    def _open(self) -> Iterator[InProcess]:
        self.loaded += 1
        yield _Idle(self)
