"""Sound that ffmpeg has to be told about: without a header, or with wrong sizes in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transcribe.core.errors import UsageError
from transcribe.core.reading import open_regular
from transcribe.core.settings import NormaliseSettings
from transcribe.core.timecode import format_duration
from transcribe.engines.pcm_files import RAW, samples_of

HEADERLESS = {
    *RAW,
    *(f"u{bits}{end}" for bits in (16, 24, 32) for end in ("le", "be")),
    "f16le",
    "f24le",
    "vidc",
}
"""ffmpeg's formats without a header. It takes a file of such a name for one, at a rate of its own choice."""

TELEPHONE_HZ = 8000
"""The rate of G.711 (ITU-T G.711)."""

GSM_FRAME = 33
GSM_BYTES = 100_000
GSM_SHARE = 0.95
GSM_OTHERS = 0.3


@dataclass(frozen=True)
class RawSound:
    """Samples without a header.

    Attributes:
        channels: Number of channels, interleaved.
    """

    form: str
    rate: int
    channels: int

    @classmethod
    def of(cls, settings: NormaliseSettings) -> RawSound | None:
        """What the settings say of files without a header; None where files have headers.

        Raises:
            UsageError: The form or the rate is missing.
        """
        if not settings.raw:
            if settings.rate is not None:
                raise UsageError(
                    "--rate is for files without a header", "Say what they hold, too, such as --raw mulaw"
                )
            return None
        rate = settings.rate or (TELEPHONE_HZ if settings.raw in ("mulaw", "alaw") else None)
        if rate is None:
            raise UsageError(f"--raw {settings.raw} needs the sample rate", "Say it, such as --rate 16000")
        return cls(settings.raw, rate, settings.raw_channels)

    def options(self) -> dict[str, Any]:
        """Options of ffmpeg's input."""
        return {"format": self.form, "ar": self.rate, "ac": self.channels}


@dataclass(frozen=True)
class Repaired:
    """How a file is read in spite of its header.

    Attributes:
        options: Of ffmpeg's input; empty where the header is right.
        warnings: For people.
    """

    options: dict[str, Any]
    warnings: tuple[str, ...] = ()


def repaired(path: Path) -> Repaired:
    """Compare the header of an uncompressed file with what there is."""
    samples = samples_of(path)
    if samples is None or not samples.amiss:
        return Repaired({})
    warnings: tuple[str, ...] = ()
    if samples.stated is not None:
        stated, found = format_duration(samples.ms(samples.stated)), format_duration(samples.ms(samples.size))
        warnings = (f"the header of the file states {stated}, but there are {found} of sound; all was read",)
    if not samples.raw:
        return Repaired({"ignore_length": 1}, warnings)
    raw = RawSound(samples.raw, samples.rate, samples.channels)
    return Repaired({**raw.options(), "skip_initial_bytes": samples.offset}, warnings)


def looks_like_gsm(path: Path) -> bool:
    """Whether a file is GSM 06.10: ffmpeg takes silence in A-law for it.

    Every frame of 33 bytes starts with 1101 (RFC 3551, 4.5.8.1).

    Raises:
        OSError: The file cannot be read.
    """
    with open_regular(path) as handle:
        sound = handle.read(GSM_BYTES)
    marks = [byte >> 4 == 0xD for byte in sound]
    frames = marks[::GSM_FRAME]
    return sum(frames) >= GSM_SHARE * len(frames) and sum(marks) <= GSM_OTHERS * len(marks)
