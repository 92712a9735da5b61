"""What bringing speech to a common loudness costs and what it is good for.

    python -m benchmarks.loudness [--model base] [--audio DIR] [--repeat N]

Word errors and detected speech on a few clips as they are and made 20 and 30 dB quieter (as 16-bit
FLAC, like a recording with the microphone turned down), with three ways of levelling: none; one linear
gain from EBU R128 loudness, which is what the program does; ffmpeg's dynaudnorm, which rides the gain.
Then the processor time of decoding ten minutes with and without measuring loudness.
Writes `benchmarks/results/loudness-MODEL.md`.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np

from benchmarks.clips import Clip, read_clips
from benchmarks.recognisers import ask
from transcribe.core.events import silent
from transcribe.core.recording import SpeechSpans
from transcribe.core.settings import ComputeSettings, DetectSettings, NormaliseSettings, PlanSettings
from transcribe.core.waveform import Waveform
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.engines.silero import SileroDetector
from transcribe.pipeline.stages.detect import detect
from transcribe.pipeline.stages.normalise import normalise
from transcribe.pipeline.stages.plan import plan
from transcribe.pipeline.stages.probe import probe
from transcribe.quality.evaluate.words import Score, score

ROOT = Path(__file__).resolve().parent.parent
CLIPS = ("leopard-en", "sense-0870", "two-cities", "pyannote-sample", "ami-dev00")
QUIETER_DB = (0, 20, 30)
METHODS = ("none", "gain", "dynaudnorm")
LONG_S = 600


@dataclass(frozen=True)
class Row:
    """All clips at one level, levelled in one way: errors, speech found, and that found unlevelled too."""

    quieter_db: int
    method: str
    score: Score
    speech_ms: int
    shared_ms: int


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="base")
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    parser.add_argument("--repeat", type=int, default=5, help="how often decoding is timed")
    arguments = parser.parse_args()
    clips = [clip for clip in read_clips(arguments.audio) if clip.name in CLIPS]
    lines = ["| quieter by | levelling | WER % | words wrong | speech found | same as at full level |"]
    lines.append("|---|---|---|---|---|---|")
    for row in measure(clips, load(arguments.model)):
        wrong = row.score.substitutions + row.score.deletions + row.score.insertions
        lines.append(
            f"| {row.quieter_db} dB | {row.method} | {row.score.rate:.2f} | {wrong} of {row.score.count} "
            f"| {row.speech_ms / 1000:.1f} s | {row.shared_ms / 1000:.1f} s |"
        )
        print(lines[-1], flush=True)
    plain, measured = decoding_cost(arguments.audio / "two-cities.flac", arguments.repeat)
    lines += [
        "",
        f"Decoding {LONG_S} s: {plain:.2f} s of processor time; with loudness measured {measured:.2f} s.",
    ]
    print(lines[-1])
    path = ROOT / "benchmarks" / "results" / f"loudness-{arguments.model}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def load(model: str) -> Any:
    """pywhispercpp on the weights of a catalogue name."""
    from pywhispercpp.model import Model

    return Model(
        ask("models", "path", model), n_threads=1, print_progress=False, redirect_whispercpp_logs_to=None
    )


def measure(clips: list[Clip], model: Any) -> Iterator[Row]:
    """Every level with every method."""
    full: dict[str, SpeechSpans] = {}
    detector = SileroDetector()
    for quieter_db in QUIETER_DB:
        for method in METHODS:
            total, speech_ms, shared_ms = Score(), 0, 0
            for clip in clips:
                with tempfile.TemporaryDirectory() as folder:
                    waveform = prepare(clip.path, quieter_db, method, Path(folder))
                    speech = detect(waveform, DetectSettings(), detector, silent)
                    text = recognise(speech, waveform, model, clip.language)
                total += score(clip.reference, text, clip.language)
                reference = full.setdefault(clip.name, speech)
                speech_ms += speech.duration_ms
                shared_ms += overlap_ms(speech, reference)
            yield Row(quieter_db, method, total, speech_ms, shared_ms)


def prepare(path: Path, quieter_db: int, method: str, folder: Path) -> Waveform:
    """A clip made quieter and then levelled."""
    quiet, levelled = folder / "quiet.flac", folder / "levelled.wav"
    run("-i", str(path), "-af", f"volume=-{quieter_db}dB", "-sample_fmt", "s16", str(quiet))
    if method == "dynaudnorm":
        run("-i", str(quiet), "-af", "dynaudnorm", "-c:a", "pcm_f32le", str(levelled))
    ffmpeg = Ffmpeg.find(ComputeSettings())
    source = probe(levelled if method == "dynaudnorm" else quiet, None, ffmpeg)
    settings = NormaliseSettings(loudness=method == "gain")
    return Waveform.of(normalise(source, settings, folder, ffmpeg, silent), folder)


def recognise(speech: SpeechSpans, waveform: Waveform, model: Any, language: str) -> str:
    """What the plain engine hears, window by window."""
    texts = []
    for chunk in plan(speech, waveform, PlanSettings()).chunks:
        samples = np.pad(waveform.read_pieces(chunk.pieces), (0, 1600))  # whisper.cpp ignores under 100 ms
        texts += [segment.text for segment in model.transcribe(samples, language=language)]
    return " ".join(texts)


def overlap_ms(one: SpeechSpans, other: SpeechSpans) -> int:
    """How much two detections have in common."""
    return sum(
        max(0, min(a.end_ms, b.end_ms) - max(a.start_ms, b.start_ms)) for a in one.spans for b in other.spans
    )


def decoding_cost(clip: Path, repeat: int) -> tuple[float, float]:
    """Least processor seconds for decoding a long recording without and with the loudness meter."""
    resample = "aresample=16000:lfe_mix_level=0.5:first_pts=0:async=1,aformat=channel_layouts=mono"
    with tempfile.TemporaryDirectory() as folder:
        long = str(Path(folder) / "long.flac")
        run("-stream_loop", "-1", "-i", str(clip), "-t", str(LONG_S), long)
        both = [
            min(cpu_of("-i", long, "-af", chain, "-f", "f32le", "-y", "/dev/null") for _ in range(repeat))
            for chain in (resample, f"{resample},ebur128=framelog=verbose")
        ]
    return both[0], both[1]


def cpu_of(*arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(*arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run(*arguments: str) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", *arguments], check=True)


if __name__ == "__main__":
    main()
