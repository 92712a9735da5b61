"""What is not detected and can be noticed all the same: faint second voices, clipping, offsets.

    python -m benchmarks.faint [--audio DIR]

Levels of speech, noise and music, as `stages/level.py` measures them; what `stages/faults.py` says of clips
as they are, clipped or offset (`disturb.py`); and how many faint voices `stages/unheard.py` reports in the
pauses of a loud one, beside what it reports in pauses and clips without any. Needs no model but Silero.
Writes `benchmarks/results/faint.md`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from benchmarks.clips import read_clips, read_long_english, read_silence
from benchmarks.disturb import LEVEL, RATE, STRENGTHS, Samples, disturbed, rms
from benchmarks.rooms import decoded, write
from benchmarks.tables import table
from transcribe.core.episode import Spot
from transcribe.core.events import silent
from transcribe.core.recording import Audio, SpeechSpan, SpeechSpans
from transcribe.core.settings import ComputeSettings, DetectSettings, NormaliseSettings
from transcribe.core.waveform import Waveform
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.engines.silero import SileroDetector
from transcribe.pipeline.stages.detect import detect
from transcribe.pipeline.stages.level import Level, level_of
from transcribe.pipeline.stages.normalise import normalise
from transcribe.pipeline.stages.probe import probe
from transcribe.pipeline.stages.unheard import WINDOW_MS, unheard

ROOT = Path(__file__).resolve().parent.parent

LOUD = ("two-cities", "sonnet1", "daniel-de", "aeneas-es")
FAINT = ("leopard-en", "leopard-de", "leopard-es", "sense-0870", "leopard-fr", "sense-0920", "leopard-it")
PAUSES_S = (1.5, 2, 3, 4, 6, 2, 3, 4)
QUIETER_DB = (20, 30, 40, 50)
NOISES_DB = (-65, -50)
"""Of the room, in dB of full scale; the loud voice is at -20."""

UNDETECTED = 0.3
"""A voice counts as not detected when less of it was."""

HEARD_MS = 300
"""And as reported when this much of it is in a spot."""

DISTURBED = ("leopard-en", "jfk", "pyannote-sample")
DISTANT = ("ami-dev00", "ami-dev01", "ami-trn00", "ami-trn01")


@dataclass
class Listener:
    """Hears recordings as the program does, up to what it did not hear.

    Attributes:
        folder: Where samples are kept.
        took_s: Processor time that looking for what was not heard took.
        heard_ms: How much recording that was.
    """

    folder: Path
    ffmpeg: Ffmpeg = field(default_factory=lambda: Ffmpeg.find(ComputeSettings()))
    detector: SileroDetector = field(default_factory=SileroDetector)
    took_s: float = 0.0
    heard_ms: int = 0

    def normalised(self, path: Path) -> tuple[Audio, Waveform]:
        """The samples of a recording."""
        audio = normalise(
            probe(path, None, self.ffmpeg), NormaliseSettings(), self.folder, self.ffmpeg, silent
        )
        return audio, Waveform.of(audio, self.folder)

    def listen(self, path: Path) -> tuple[Waveform, SpeechSpans, tuple[Spot, ...]]:
        """What was detected, and what was not heard."""
        _, waveform = self.normalised(path)
        speech = detect(waveform, DetectSettings(), self.detector, silent)
        began = cpu_s()
        spots = unheard(waveform, speech, DetectSettings(), self.detector)
        self.took_s += cpu_s() - began
        self.heard_ms += waveform.end_ms - waveform.start_ms
        return waveform, speech, spots

    def written(self, samples: Samples) -> Path:
        """A WAV file of samples."""
        return write(self.folder / "made.wav", samples)


def cpu_s() -> float:
    """Processor time of this process and of the detector's."""
    this = psutil.Process()
    times = [each.cpu_times() for each in (this, *this.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    audio = parser.parse_args().audio
    with tempfile.TemporaryDirectory() as folder:
        ear = Listener(Path(folder))
        lines = ["# What is not detected and can be noticed all the same\n", "Made by `make bench-faint`.\n"]
        for part in (levels(ear, audio), faults(ear, audio), clips(ear, audio), voices(ear, audio)):
            lines += part
            print("\n".join(part), flush=True)
    lines.append(
        f"\nListening again took {ear.took_s:.1f} s of processor time for "
        f"{ear.heard_ms / 60_000:.0f} minutes: {100_000 * ear.took_s / ear.heard_ms:.2f} % of their length.\n"
    )
    (ROOT / "benchmarks" / "results" / "faint.md").write_text("\n".join(lines), encoding="utf-8")


def levels(ear: Listener, audio: Path) -> list[str]:
    """How the level varies in windows as `unheard` takes them."""
    speech: list[Level] = []
    far: list[Level] = []
    for names, found in ((LOUD, speech), (DISTANT, far)):
        for name in names:
            waveform, spans, _ = ear.listen(path_of(audio, name))
            found += [level for span in spans.spans for level in windows(waveform, span)]
    noisy = loud(audio, "jfk")
    noise = np.random.default_rng(1).standard_normal(len(noisy)) * LEVEL * 2
    made = {"speech in white noise 6 dB louder": noisy + noise, "white noise": noise}
    rows = [("clear speech", speech), ("speech at a distant microphone", far)]
    rows += [(name, list(windows_of(samples))) for name, samples in made.items()]
    for clip in read_silence(audio):
        _, waveform = ear.normalised(clip.path)
        rows.append((clip.name, list(windows(waveform, SpeechSpan(0, waveform.end_ms)))))
    cells = [
        [
            name,
            str(len(found)),
            spread([each.varies_db for each in found]),
            spread([each.rises for each in found]),
        ]
        for name, found in rows
        if found
    ]
    head = ["sound", f"windows of {WINDOW_MS // 1000} s", "level varies by (dB)", "rises"]
    return ["## Levels\n", "Tenth, fifth and ninth of ten.\n", *table(head, cells)]


def windows(waveform: Waveform, span: SpeechSpan) -> Iterator[Level]:
    """The level of each window in a stretch."""
    return windows_of(waveform.read(span.start_ms, span.end_ms).astype(np.float64))


def windows_of(samples: Samples) -> Iterator[Level]:
    """The level of each window of samples."""
    size = WINDOW_MS * RATE // 1000
    for first in range(0, len(samples) - size + 1, size):
        yield level_of(samples[first : first + size].astype(np.float32))


def spread(values: Sequence[float]) -> str:
    """Low, median and high."""
    return ", ".join(f"{value:.1f}" for value in np.percentile(values, (10, 50, 90)))


def faults(ear: Listener, audio: Path) -> list[str]:
    """What is said of clips as they are, and of disturbed ones."""
    rows = []
    for path in every_clip(audio):
        found, _ = ear.normalised(path)
        if found.faults:
            rows.append([path.stem, "as it is", "; ".join(found.faults)])
    for name in DISTURBED:
        for kind in ("clipping", "DC offset"):
            for strength in STRENGTHS[kind]:
                path = ear.written(disturbed(loud(audio, name), kind, strength))
                found, _ = ear.normalised(path)
                rows.append([name, f"{kind} {strength:g}", "; ".join(found.faults) or "nothing"])
    head = ["clip", "sound", "said"]
    return ["\n## Clipping and offsets\n", "Of all other clips nothing is said.\n", *table(head, rows)]


def clips(ear: Listener, audio: Path) -> list[str]:
    """What is reported in clips as they are."""
    paths = every_clip(audio)
    rows = []
    for path in paths:
        _, _, spots = ear.listen(path)
        if spots:
            rows.append([path.stem, str(len(spots)), "; ".join(told(spot) for spot in spots)])
    lines = [
        f"Of {len(paths)} clips nothing is reported but this. The AMI clips are of far microphones: "
        "most of their spots are faint voices by the reference turns, three have none there.\n"
    ]
    return ["\n## Clips\n", *lines, *table(["clip", "spots", "where, in s"], rows)]


def told(spot: Spot) -> str:
    """Where a spot is, and of what kind."""
    faint = " (faint)" if "faint" in spot.reason else ""
    return f"{spot.start_ms / 1000:.1f} to {spot.end_ms / 1000:.1f}{faint}"


def voices(ear: Listener, audio: Path) -> list[str]:
    """Faint voices in the pauses of loud ones, and the same pauses without."""
    rows = []
    for noise_db in NOISES_DB:
        for quieter_db in (None, *QUIETER_DB):
            placed = missed = reported = beside = 0
            for number, name in enumerate(LOUD):
                samples, there = mixed(audio, name, quieter_db, noise_db, number)
                _, speech, spots = ear.listen(ear.written(samples / 2))
                missing = [
                    each for each in there if within(speech.spans, each) < UNDETECTED * each.duration_ms
                ]
                placed += len(there)
                missed += len(missing)
                reported += sum(within(spots, each) >= HEARD_MS for each in missing)
                beside += sum(not any(within([spot], each) for each in there) for spot in spots)
            quieter = "nobody" if quieter_db is None else f"{quieter_db} dB"
            rows.append([f"{noise_db} dB", quieter, *map(str, (placed, missed, reported, beside))])
    head = ["room", "voice quieter by", "placed", "not detected", "of these reported", "reported elsewhere"]
    return ["\n## Faint voices in pauses of 1.5 to 6 s\n", *table(head, rows)]


def mixed(
    audio: Path, name: str, quieter_db: int | None, noise_db: float, turn: int
) -> tuple[Samples, list[SpeechSpan]]:
    """A voice with pauses, another one in them, the noise of a room; and where the other one is."""
    voice = loud(audio, name)
    parts: list[Samples] = []
    there: list[SpeechSpan] = []
    at = cut = 0
    for number, seconds in enumerate(PAUSES_S):
        end = quietest(voice, cut + 4 * RATE, cut + 6 * RATE)
        pause = np.zeros(round(seconds * RATE))
        if quieter_db is not None:
            other = loud(audio, FAINT[(number + turn) % len(FAINT)])
            other = other[max(0, int(np.flatnonzero(np.abs(other) > 0.03)[0]) - RATE // 20) :]
            other = other[: len(pause) - 2 * RATE // 5] * 10 ** (-quieter_db / 20)
            first = RATE // 5
            pause[first : first + len(other)] = other
            start = at + end - cut + first
            there.append(SpeechSpan(start * 1000 // RATE, (start + len(other)) * 1000 // RATE))
        parts += [voice[cut:end], pause]
        at += end - cut + len(pause)
        cut = end
    samples = np.concatenate(parts)
    noise = np.random.default_rng(turn).standard_normal(len(samples))
    return samples + noise * 10 ** (noise_db / 20), there


def quietest(samples: Samples, first: int, last: int) -> int:
    """Where 50 ms are quietest between two places."""
    last = min(last, len(samples))
    power = np.convolve(samples[first:last] ** 2, np.ones(RATE // 20), "same")
    return first + int(np.argmin(power)) if len(power) else last


def within(spans: Sequence[SpeechSpan | Spot], other: SpeechSpan) -> int:
    """How much of a stretch is in any of others that do not overlap, in ms."""
    return sum(max(0, min(each.end_ms, other.end_ms) - max(each.start_ms, other.start_ms)) for each in spans)


def loud(audio: Path, name: str) -> Samples:
    """A clip at the common level."""
    samples = decoded(path_of(audio, name))
    scaled: Samples = samples * (LEVEL / rms(samples))
    return scaled


def every_clip(audio: Path) -> list[Path]:
    """Recordings whose speech is all known, or that have none."""
    known = (*read_clips(audio), *read_long_english(audio), *read_silence(audio))
    return sorted({clip.path for clip in known} | {path_of(audio, name) for name in DISTANT})


def path_of(audio: Path, name: str) -> Path:
    """The sound of a clip."""
    return next(path for path in audio.glob(f"{name}.*") if path.suffix not in (".txt", ".rttm", ".stm"))


if __name__ == "__main__":
    main()
