"""From voices to people to turns, on voices that are made up."""

from __future__ import annotations

import numpy as np
import pytest

from transcribe.core.recording import SpeechSpan, SpeechSpans
from transcribe.core.viterbi import cheapest_path
from transcribe.core.waveform import Waveform
from transcribe.engines.diarise.clustering import MOST_COMPARED, people, strands
from transcribe.engines.diarise.mel import mel_spectrum
from transcribe.engines.diarise.segmentation import WINDOW_FRAMES, Window, window_starts
from transcribe.engines.diarise.snippets import Snippets
from transcribe.engines.diarise.timeline import CHANGE, likeness, speaker_counts, speaking, stretches

pytest.importorskip("scipy", reason="run: pip install 'transcribe-offline[diarize]'")


def voices(*counts: int, noise: float = 0.3) -> np.ndarray:
    """So many voices around one direction each."""
    random = np.random.default_rng(7)
    made = [
        np.eye(16, dtype=np.float32)[place] + noise * random.standard_normal((count, 16)) / 4
        for place, count in enumerate(counts)
    ]
    every = np.concatenate(made).astype(np.float32)
    return np.asarray(every / np.linalg.norm(every, axis=1, keepdims=True))


def test_people_are_counted() -> None:
    for counts in ((5,), (5, 5), (9, 4, 6)):
        heard = voices(*counts)
        assert len(people(heard, np.ones(len(heard), np.float32), 1, None)) == len(counts)


def test_who_hardly_speaks_is_nobody_unless_people_were_counted() -> None:
    heard, seconds = voices(30, 30, 1), np.ones(61, np.float32)
    assert len(people(heard, seconds, 1, None)) == 2
    assert len(people(heard, seconds, 3, 3)) == 3


@pytest.mark.parametrize(("fewest", "most", "found"), [(1, 2, 2), (4, 4, 4), (2, 5, 3), (1, 1, 1)])
def test_numbers_of_people_are_kept_to(fewest: int, most: int, found: int) -> None:
    heard = voices(9, 8, 7)
    assert len(people(heard, np.ones(24, np.float32), fewest, most)) == found


def test_one_voice_is_one_person_however_many_are_asked_for() -> None:
    assert len(people(voices(1), np.ones(1, np.float32), 5, 9)) == 1


def test_ten_hours_of_voices_fit_into_memory() -> None:
    heard = voices(20_000, 19_000, 1_000)
    assert len(heard) > MOST_COMPARED
    assert len(people(heard, np.ones(len(heard), np.float32), 1, None)) == 3


def window(*frames: tuple[int, int], first: int = 0) -> Window:
    """A window in which each local speaker speaks in the frames given."""
    speech = np.zeros((WINDOW_FRAMES, 3), bool)
    for place, (start, end) in enumerate(frames):
        speech[start:end, place] = True
    return Window(first, speech)


def snippets(*persons: int) -> Snippets:
    """One snippet after the other, 44 frames apart, each the voice of a person."""
    places = np.arange(len(persons)) * 44
    vectors = np.eye(4, dtype=np.float32)[list(persons)]
    return Snippets(places, places + 88, (places + 44).astype(np.float64), vectors)


def test_one_local_speaker_may_be_two_people() -> None:
    mixed = window((0, 589))
    found, sizes = strands([mixed], snippets(0, 0, 0, 0, 1, 1, 1, 1, 1))
    assert sorted(sizes.tolist()) == [4, 5]
    assert len(people(found, sizes, 1, None)) == 2


def test_snippets_of_two_speakers_are_left_out() -> None:
    found, sizes = strands([window((0, 176), (176, 589))], snippets(0, 0, 0, 0, 1, 1, 1, 1, 1))
    assert sizes.tolist() == [3, 5]  # the snippet over the change is nobody's
    assert np.allclose(found, np.eye(4)[[0, 1]], atol=0.1)


def test_where_nobody_speaks_there_are_no_strands() -> None:
    found, sizes = strands([window()], snippets())
    assert (len(found), len(sizes)) == (0, 0)


def test_as_many_speak_as_windows_say_on_average() -> None:
    made = [window((0, 100)), window((0, 100), (90, 200)), window((0, 100), (90, 200))]
    counts = speaker_counts(made, 300)
    assert counts.tolist() == [1] * 90 + [2] * 10 + [1] * 100 + [0] * 100


def test_who_speaks_follows_the_voices_and_does_not_flicker() -> None:
    alike = np.zeros((60, 2), np.float32)
    alike[:30, 0] = alike[30:, 1] = 0.6
    alike[10] = 0.0, 0.3
    assert cheapest_path(-alike, CHANGE) == [0] * 30 + [1] * 30


def test_where_two_speak_the_windows_name_the_second() -> None:
    made = [window((0, 300), (240, 540))]
    voices = snippets(0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1)
    alike = likeness(voices, np.eye(4, dtype=np.float32)[:2], 600)
    active = speaking(made, speaker_counts(made, 600), alike)
    assert active[:240].tolist() == [[True, False]] * 240
    assert active[240:300].all()
    assert active[306:540].tolist() == [[False, True]] * 234
    assert not active[540:].any()


def test_one_person_is_never_two() -> None:
    made = [window((0, 300), (240, 540))]
    alike = likeness(snippets(*[0] * 12), np.eye(4, dtype=np.float32)[:1], 600)
    active = speaking(made, speaker_counts(made, 600), alike)
    assert active.sum() == 540


def test_short_pauses_do_not_end_a_turn_and_flickers_are_none() -> None:
    active = np.zeros(1000, bool)
    active[100:200] = active[210:300] = active[400:404] = True
    (turn,) = stretches(active, 0, 20_000)
    assert turn == SpeechSpan(1710, 5085)
    assert stretches(np.zeros(10, bool), 0, 99) == []
    assert stretches(np.ones(1000, bool), 5000, 9000) == [SpeechSpan(5000, 9000)]


def test_silence_is_not_looked_at() -> None:
    hour = Waveform("nowhere", 3600 * 16_000, 1000, 0.0)
    speech = SpeechSpans((SpeechSpan(601_000, 602_000), SpeechSpan(3_600_500, 3_601_000)))
    starts = window_starts(hour, speech, 59)
    assert 11 <= len(starts) <= 14
    assert all(start * 270 <= 600.0 * 16_000 + 16_000 or start * 270 >= 3589 * 16_000 for start in starts)
    short = Waveform("nowhere", 100, 0, 0.0)
    assert window_starts(short, SpeechSpans((SpeechSpan(0, 6),)), 59) == [0]


def test_the_mel_spectrum_is_kaldis() -> None:
    """Against kaldi-native-fbank 1.23 (80 bands, no dither) on a chirp; computed once."""
    time = np.arange(16_000) / 16_000
    chirp = (0.5 * np.sin(2 * np.pi * (200 + 1500 * time) * time)).astype(np.float32)
    mel = mel_spectrum(chirp)
    assert mel.shape == (98, 80)
    assert mel_spectrum(chirp[:399]).shape == (0, 80)
    assert mel[[0, 50, 97], [10, 30, 60]] == pytest.approx(KALDI, abs=1e-2)


KALDI = (-0.40706, -9.77647, -9.87790)
