"""The diariser in a process of its own: a crash costs the speakers, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from transcribe.core.diarisation import Diarisation
from transcribe.core.own_process import OwnProcess
from transcribe.core.recording import SpeechSpans
from transcribe.core.waveform import Waveform
from transcribe.engines.diarise.engine import Networks, diarise

SECONDS = 1800.0
"""Longest time without a sign of life: clustering the voices of a day gives none."""


class DiariserProcess:
    """Tells speakers apart; the networks are loaded there when they are first needed."""

    def __init__(self, segmentation: Path, voice: Path, identity: str, threads: int) -> None:
        self.identity = identity
        self._networks = Networks(segmentation.absolute(), voice.absolute(), identity, threads)
        self._process = OwnProcess(
            "what tells speakers apart (ONNX Runtime)",
            "Try again; without --speakers, or with --turns FILE, it is not needed",
        )

    def diarise(
        self,
        waveform: Waveform,
        speech: SpeechSpans,
        fewest: int,
        most: int | None,
        tell: Callable[[int], None],
    ) -> Diarisation:
        """Who speaks when; speakers are called by numbers.

        Raises:
            Died: The process crashed or hung.
            TranscribeError: What `engine.diarise` raises.
        """
        work = partial(diarise, self._networks, waveform, speech, fewest, most)
        return self._process.call(work, Diarisation, SECONDS, "listening to the voices", tell=tell)
