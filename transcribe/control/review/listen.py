"""Let a reviewer hear a stretch of the recording; only what was played counts as heard."""

from __future__ import annotations

import wave
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from transcribe.core.decision import Stretch
from transcribe.core.digest import file_digest
from transcribe.core.disk import disk_errors
from transcribe.core.episode import Episode
from transcribe.core.errors import DependencyError, InputError
from transcribe.core.settings import Settings
from transcribe.core.workspace import scratch
from transcribe.engines.editing import FfmpegEditor
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.engines.player import PLAYERS, Player
from transcribe.jobs.publish.tagging import extracts_of

AROUND_MS = 1500
"""What is played before and after a place, so that a word is heard in its sentence."""


@dataclass(frozen=True)
class Listener:
    """What plays stretches of one recording.

    Attributes:
        recording: Where it lies; None: beside its transcript.
    """

    episode: Episode
    settings: Settings
    recording: Path | None = None

    @cached_property
    def player(self) -> Player:
        """The program that plays.

        Raises:
            DependencyError: None is installed.
        """
        found = Player.find()
        if found is None:
            raise DependencyError(
                "there is no program that plays sound, so nothing can be heard",
                f"Install one of {', '.join(PLAYERS)}",
            )
        return found

    @cached_property
    def sounding(self) -> Episode:
        """The episode with the path of its recording, which is the one that was transcribed.

        Raises:
            InputError: It is not there, cannot be read or is another one; or it has several files.
        """
        episode = self.episode
        if not all(each.divided for each in episode.tracks):
            raise InputError(
                "this talk was recorded in several files, which cannot be played together here",
                "Listen in its page (-f page --embed-audio)",
            )
        path = self.recording or Path(episode.source.path)
        hint = "Name the recording that was transcribed: --recording"
        if not path.name or not path.exists():
            raise InputError(f"{episode.source.name} does not lie beside its transcript", hint)
        try:
            same = file_digest(path) == episode.source.sha256
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror or error}", hint) from error
        if not same:
            raise InputError(f"{path} is not the recording that was transcribed", hint)
        return replace(episode, source=replace(episode.source, path=str(path.absolute())))

    def hear(self, span: Stretch, stop: Callable[[float], bool]) -> Stretch:
        """Play a place of the recording with a little before and after.

        Args:
            stop: Waits for so many seconds, and says whether to stop.

        Returns:
            What was played.

        Raises:
            InputError: The recording cannot be read or is another one.
            DependencyError: There is nothing to play it with, or no ffmpeg.
            EngineError: It cannot be played.
        """
        player, episode = self.player, self.sounding
        start_ms = max(0, span[0] - AROUND_MS)
        end_ms = min(span[1] + AROUND_MS, episode.duration_ms)
        editor = FfmpegEditor(Ffmpeg.find(self.settings.compute, self.settings.normalise))
        with scratch() as folder:
            sound = folder / "sound.wav"
            editor.sample(extracts_of(episode, start_ms, end_ms), sound)
            length_ms = min(_length_ms(sound), end_ms - start_ms)
            played_ms = player.play(sound, length_ms, stop)
        return start_ms, start_ms + played_ms


def _length_ms(sound: Path) -> int:
    with disk_errors(sound, "reading"), wave.open(str(sound), "rb") as handle:
        return round(handle.getnframes() * 1000 / handle.getframerate())
