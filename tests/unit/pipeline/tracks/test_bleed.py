"""Whose voice it is: own voices are kept, those of others are not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.rooms import Room, Samples, microphones
from transcribe.core.recording import SpeechSpan, SpeechSpans
from transcribe.core.waveform import Waveform
from transcribe.pipeline.tracks.bands import FRAME_MS, band_levels, loudness
from transcribe.pipeline.tracks.bleed import Heard, Own, alikeness, own_speech, repeats

AsWaveform = Callable[[str, Samples], Waveform]

Mask = NDArray[np.bool_]


def speaking(voice: Samples, as_waveform: AsWaveform) -> Mask:
    """Frames in which a clean voice is loud enough to be heard, with 200 ms around."""
    levels = loudness(band_levels(as_waveform("voice", voice)))
    loud = (levels > np.percentile(levels, 95) - 30).astype(float)
    return np.convolve(loud, np.ones(21), "same") > 0


def spans(mask: Mask) -> SpeechSpans:
    edges = np.flatnonzero(np.diff(np.pad(mask.astype(int), 1)))
    return SpeechSpans(
        tuple(SpeechSpan(int(a) * FRAME_MS, int(b) * FRAME_MS) for a, b in list(pairwise(edges))[::2])
    )


def inside(speech: SpeechSpans, frames: int) -> Mask:
    mask = np.zeros(frames, bool)
    for span in speech.spans:
        mask[span.start_ms // FRAME_MS : span.end_ms // FRAME_MS] = True
    return mask


def told_apart(
    voices: list[Samples], room: Room, as_waveform: AsWaveform, gains: tuple[float, ...] = (1.0, 1.0)
) -> tuple[list[Own], list[Mask]]:
    """What is whose when the detector finds speech on every track wherever anybody speaks."""
    heard = [gain * each for gain, each in zip(gains, microphones(voices, room), strict=True)]
    levels = [band_levels(as_waveform(str(index), each)) for index, each in enumerate(heard)]
    masks = [speaking(voice, as_waveform) for voice in voices]
    anybody = spans(np.any(masks, axis=0))
    return own_speech([Heard(each, anybody) for each in levels]), masks


def shares(own: Own, mask: Mask, others: Mask) -> tuple[float, float]:
    """How much of the own speech is kept, and of what only others say."""
    kept = inside(own.speech, len(mask))
    strange = others & ~mask
    return float(kept[mask].mean()), float(kept[strange].mean()) if strange.any() else 0.0


@pytest.mark.parametrize("bleed_db", [-12, -18, -25, -35])
def test_in_turns_all_of_the_own_voice_is_kept_and_none_of_the_other(
    voices: list[Samples], as_waveform: AsWaveform, bleed_db: float
) -> None:
    owns, masks = told_apart(voices, Room(bleed_db), as_waveform)
    for own, mask, others in zip(owns, masks, reversed(masks), strict=True):
        kept, strange = shares(own, mask, others)
        assert kept > 0.995
        assert strange < 0.01
        assert own.bleed_db[0][1] == pytest.approx(bleed_db, abs=6)


@pytest.mark.parametrize("bleed_db", [-15, -25])
def test_both_are_kept_where_they_talk_at_once(
    voices: list[Samples], as_waveform: AsWaveform, bleed_db: float
) -> None:
    together = [voices[0], np.roll(voices[1], -4 * 16_000)]
    owns, masks = told_apart(together, Room(bleed_db), as_waveform)
    both = masks[0] & masks[1]
    assert both.sum() * FRAME_MS > 5_000
    for own in owns:
        assert inside(own.speech, len(both))[both].mean() > 0.95


def test_microphones_may_be_of_different_gain(voices: list[Samples], as_waveform: AsWaveform) -> None:
    owns, masks = told_apart(voices, Room(-18), as_waveform, gains=(1.0, 0.15))
    for own, mask, others in zip(owns, masks, reversed(masks), strict=True):
        kept, strange = shares(own, mask, others)
        assert kept > 0.995
        assert strange < 0.01


def test_without_bleed_nothing_is_touched(voices: list[Samples], as_waveform: AsWaveform) -> None:
    heard = microphones(voices, Room(None))
    levels = [band_levels(as_waveform(str(index), each)) for index, each in enumerate(heard)]
    speech = [spans(speaking(voice, as_waveform)) for voice in voices]
    for own, detected in zip(
        own_speech([Heard(*each) for each in zip(levels, speech, strict=True)]), speech, strict=True
    ):
        assert own == Own(detected)


def test_who_says_nothing_has_no_speech_left(voices: list[Samples], as_waveform: AsWaveform) -> None:
    owns, masks = told_apart([voices[0], np.zeros_like(voices[0])], Room(-18), as_waveform)
    assert owns[1].speech == SpeechSpans(())
    assert shares(owns[0], masks[0], masks[1])[0] == 1.0


def test_two_voices_are_not_alike(voices: list[Samples], as_waveform: AsWaveform) -> None:
    one, other = (band_levels(as_waveform("x", each)) for each in microphones(voices, Room(None)))
    assert np.percentile(alikeness(one, other), 99) < 0.4


def test_a_mix_and_a_copy_are_known(voices: list[Samples], as_waveform: AsWaveform) -> None:
    one, other = microphones(voices, Room(-20))
    tracks = {"one": one, "other": other, "copy": 0.7 * one, "mix": one + other}
    speech = spans(np.ones(len(one) // 320, bool))
    heard = {name: Heard(band_levels(as_waveform(name, samples)), speech) for name, samples in tracks.items()}
    assert repeats(heard["copy"], [heard["one"]], both=True)
    assert not repeats(heard["other"], [heard["one"]], both=True)
    assert repeats(heard["mix"], [heard["one"], heard["other"]], both=False)
    assert not repeats(heard["one"], [heard["other"], heard["mix"]], both=False)
