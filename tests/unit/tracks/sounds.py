"""What the tests of tracks share."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.rooms import Samples
from transcribe.waveform import Waveform

AsWaveform = Callable[[str, Samples], Waveform]
"""Writes samples as a normalised track of a work directory."""
