"""The samples of a normalised recording, read from its file in the work directory when they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from transcribe.episode import SAMPLES_PER_MS, Audio, SpeechSpan
from transcribe.errors import EngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray

BYTES_PER_SAMPLE = 4


@dataclass(frozen=True)
class Waveform:
    """Mono samples at 16 kHz in a file of raw little-endian 32-bit floats; picklable.

    The file is read, not mapped: pages of a map would count as this process's memory.

    Attributes:
        path: The file.
        samples: How many samples it holds.
        start_ms: Where the first one lies on the recording's timeline.
        gain_db: Gain applied to everything that is read; peaks may then exceed 1.
    """

    path: str
    samples: int
    start_ms: int
    gain_db: float

    @classmethod
    def of(cls, audio: Audio, folder: Path) -> Waveform:
        """The samples of `audio`, whose file lies in `folder`."""
        return cls(str(folder / audio.file), audio.samples, audio.start_ms, audio.gain_db)

    @property
    def end_ms(self) -> int:
        """Where the last sample ends on the recording's timeline, rounded up."""
        return self.start_ms - (-self.samples // SAMPLES_PER_MS)

    def read(self, start_ms: int, end_ms: int) -> NDArray[np.float32]:
        """The samples of a stretch of the recording's timeline, clamped to what there is.

        Raises:
            EngineError: The file is gone or shorter than it was.
        """
        first = max(0, (start_ms - self.start_ms) * SAMPLES_PER_MS)
        last = min(self.samples, (end_ms - self.start_ms) * SAMPLES_PER_MS)
        return self._read(first, max(0, last - first))

    def samples_at(self, first: int, count: int) -> NDArray[np.float32]:
        """So many samples from the one with that number; all of them must be there.

        Raises:
            EngineError: The file is gone or shorter than it was.
        """
        return self._read(first, count)

    def read_pieces(self, pieces: tuple[SpeechSpan, ...]) -> NDArray[np.float32]:
        """The samples of several stretches, laid end to end.

        Raises:
            EngineError: The file is gone or shorter than it was.
        """
        return np.concatenate([self.read(piece.start_ms, piece.end_ms) for piece in pieces])

    def blocks(self, size: int) -> Iterator[NDArray[np.float32]]:
        """All samples in blocks of `size`; the last one may be shorter.

        Raises:
            EngineError: The file is gone or shorter than it was.
        """
        for first in range(0, self.samples, size):
            yield self._read(first, min(size, self.samples - first))

    def _read(self, first: int, count: int) -> NDArray[np.float32]:
        try:
            samples = np.fromfile(self.path, "<f4", count, offset=first * BYTES_PER_SAMPLE)
        except OSError as error:
            raise EngineError(f"reading {self.path} failed: {error.strerror or error}", _AGAIN) from error
        if len(samples) != count:
            raise EngineError(f"{self.path} was cut short while it was in use", _AGAIN)
        # Float recordings may hold infinities and not-a-numbers, which would spread through a whole window.
        np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        # Not limited to ±1: floats need no limit, and clipping costs the detector speech (docs/normalise.md).
        samples *= np.float32(10 ** (self.gain_db / 20))
        return samples.astype(np.float32, copy=False)


_AGAIN = "Run the same command again with --force"
