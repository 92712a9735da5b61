"""Clean speech as bad recordings have it: hum, noise, an offset, clipping, a telephone, an echo."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

RATE = 16_000

LEVEL = 0.1
"""RMS of the speech before it is disturbed (-20 dB of full scale)."""


def disturbed(speech: Samples, kind: str, strength: float) -> Samples:
    """Speech with one kind of disturbance, within ±1.

    Args:
        speech: Mono samples at 16 kHz.
        kind: A key of `STRENGTHS`.
        strength: What it means stands beside the kind there.
    """
    return np.clip(_KINDS[kind](speech * (LEVEL / rms(speech)), strength), -1, 1)


def rms(samples: Samples) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(samples))))


def _added(make: Callable[[int], Samples]) -> Callable[[Samples, float], Samples]:
    """A steady sound, at a signal-to-noise ratio in dB."""

    def add(speech: Samples, snr_db: float) -> Samples:
        sound = make(len(speech))
        mixed = speech + sound * (rms(speech) / rms(sound) * 10 ** (-snr_db / 20))
        return mixed * min(1.0, 0.95 / float(np.abs(mixed).max()))

    return add


def _hum(hertz: float) -> Callable[[int], Samples]:
    """The mains and its overtones: each weaker than the one below, as from a transformer."""

    def make(count: int) -> Samples:
        time = np.arange(count) / RATE
        return sum(
            (np.sin(2 * np.pi * hertz * number * time + number) / number**1.5 for number in range(1, 9)),
            start=np.zeros(count),
        )

    return make


def _coloured(slope: float, low: float = 20.0, high: float = RATE / 2) -> Callable[[int], Samples]:
    """Noise whose power falls with frequency to this power: 0 white, 1 pink, 2 brown."""

    def make(count: int) -> Samples:
        spectrum = np.fft.rfft(np.random.default_rng(9).standard_normal(count))
        hertz = np.fft.rfftfreq(count, 1 / RATE)
        weight = np.where((hertz >= low) & (hertz <= high), np.maximum(hertz, 1.0) ** (-slope / 2), 0.0)
        return np.fft.irfft(spectrum * weight, count)

    return make


def _offset(speech: Samples, share: float) -> Samples:
    return speech + share


def _compressed(speech: Samples, ratio: float) -> Samples:
    """Every level divided by the ratio, in dB, as by a compressor without a threshold."""
    width = RATE // 50
    power = np.convolve(np.square(speech), np.full(width, 1 / width), "same")
    louder = speech * np.maximum(power, 1e-9) ** ((1 / ratio - 1) / 2)
    return louder * min(LEVEL / rms(louder), 0.99 / float(np.abs(louder).max()))


def _clipped(speech: Samples, over_db: float) -> Samples:
    """Peaks that reach this many dB over full scale, cut off."""
    return np.clip(speech / float(np.abs(speech).max()) * 10 ** (over_db / 20), -1, 1)


def _telephone(speech: Samples, width: float) -> Samples:
    """Only a band around 1 kHz, from 1000 / width to 1000 · width Hz, in 8-bit μ-law."""
    spectrum = np.fft.rfft(speech)
    hertz = np.fft.rfftfreq(len(speech), 1 / RATE)
    spectrum[(hertz < 1000 / width) | (hertz > 1000 * width)] = 0
    band = np.clip(np.fft.irfft(spectrum, len(speech)), -1, 1)
    coded: Samples = np.round(np.sign(band) * np.log1p(255 * np.abs(band)) / np.log(256) * 127) / 127
    expanded: Samples = np.sign(coded) * np.expm1(np.abs(coded) * np.log(256)) / 255
    return expanded


def _echo(speech: Samples, seconds: float) -> Samples:
    """A room whose echo falls by 60 dB in this many seconds, as loud as the direct sound 1 m away."""
    time = np.arange(int(seconds * RATE)) / RATE
    tail = np.random.default_rng(9).standard_normal(len(time)) * 10 ** (-3 * time / seconds)
    tail[: RATE // 200] = 0
    answer = tail / np.sqrt(np.sum(np.square(tail)))
    answer[0] = 1
    size = len(speech) + len(answer)
    wet = np.fft.irfft(np.fft.rfft(speech, size) * np.fft.rfft(answer, size), size)[: len(speech)]
    return wet * (LEVEL / rms(wet))


_KINDS: Mapping[str, Callable[[Samples, float], Samples]] = {
    "hum 50 Hz": _added(_hum(50)),
    "hum 60 Hz": _added(_hum(60)),
    "white noise": _added(_coloured(0)),
    "pink noise": _added(_coloured(1)),
    "brown noise": _added(_coloured(2)),
    "rumble": _added(_coloured(1, 5, 40)),
    "DC offset": _offset,
    "compression": _compressed,
    "clipping": _clipped,
    "telephone": _telephone,
    "reverb": _echo,
}

STRENGTHS: Mapping[str, tuple[float, ...]] = {
    "hum 50 Hz": (12, 6, 0),
    "hum 60 Hz": (12, 6, 0),
    "white noise": (12, 6, 0),
    "pink noise": (12, 6, 0),
    "brown noise": (6, 0, -6),
    "rumble": (0, -6, -12),
    "DC offset": (0.02, 0.1, 0.3),
    "compression": (2, 4, 10),
    "clipping": (6, 15, 25),
    "telephone": (3.4, 2.5, 2),
    "reverb": (0.3, 0.8, 1.5),
}
"""Three strengths of each kind, the mildest first: signal-to-noise ratio in dB; share of full scale; ratio;
dB over full scale; width of the band; seconds of echo."""
