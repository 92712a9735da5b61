"""How well and how fast speakers are told apart.

    python -m benchmarks.diarise [--audio DIR] [--minutes 10,60]

Diarisation error rate of every recording in DIR that has turns beside it (`NAME.rttm`), with overlapping
speech counted and 0.25 s on either side of every change left out, as NIST does; the total also with other
collars. Then time and memory for longer recordings, made by joining those of DIR again and again.
Writes `benchmarks/results/diarise.md`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.machine import this_machine
from transcribe.core.episode import Turn
from transcribe.core.events import silent
from transcribe.core.recording import SpeechSpans
from transcribe.core.settings import ComputeSettings, DetectSettings, NormaliseSettings
from transcribe.core.speaker_count import SpeakerCount
from transcribe.core.waveform import Waveform
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.engines.silero import SileroDetector
from transcribe.formats.rttm import read_rttm
from transcribe.jobs.assemble.diariser import choose_diariser
from transcribe.pipeline.speakers.diarise import diarise
from transcribe.pipeline.stages.detect import detect
from transcribe.pipeline.stages.normalise import normalise
from transcribe.pipeline.stages.probe import probe
from transcribe.quality.evaluate.speakers import DiarisationScore, diarisation_score, total_diarisation

ROOT = Path(__file__).resolve().parent.parent
SOUND = (".flac", ".wav", ".m4a", ".mp3", ".ogg", ".opus")
COLLARS_S = (0.25, 0.125, 0.0)


@dataclass(frozen=True)
class Case:
    """One recording: its name, how long it is, who speaks when, who was found to, and what that took."""

    name: str
    seconds: float
    reference: Sequence[Turn]
    found: Sequence[Turn]
    took_s: float

    def score(self, collar_s: float) -> DiarisationScore:
        """How they compare."""
        return diarisation_score(self.reference, self.found, collar_s)


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    parser.add_argument("--speakers", choices=("auto", "told"), default="auto")
    parser.add_argument("--minutes", default="", help="lengths to measure time and memory on, as 10,60")
    arguments = parser.parse_args()
    cases = list(measure(arguments.audio, told=arguments.speakers == "told"))
    lines = [
        *page(cases),
        *growth(arguments.audio, [int(each) for each in arguments.minutes.split(",") if each]),
    ]
    print("\n".join(lines))
    path = ROOT / "benchmarks" / "results" / "diarise.md"
    if arguments.speakers == "auto":
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def measure(folder: Path, *, told: bool) -> Iterator[Case]:
    """Every recording with turns."""
    open_diariser = choose_diariser(ComputeSettings())["open_diariser"]
    assert open_diariser is not None
    for path, reference in recordings(folder):
        with tempfile.TemporaryDirectory() as scratch:
            waveform, speech = prepare(path, Path(scratch))
            started = time.process_time()
            count = len({turn.speaker for turn in reference})
            counted = SpeakerCount(count, count) if told else SpeakerCount(1)
            found = diarise(waveform, speech, counted, open_diariser(silent), silent)
            took = time.process_time() - started
            yield Case(path.stem, waveform.samples / 16_000, reference, found.turns.turns, took)


def recordings(folder: Path) -> Iterator[tuple[Path, Sequence[Turn]]]:
    """Every recording that has turns beside it, in order of names."""
    for turns in sorted(folder.glob("*.rttm")):
        sound = [path for suffix in SOUND if (path := turns.with_suffix(suffix)).is_file()]
        if sound:
            (reference,) = read_rttm(turns).values()
            yield sound[0], reference


def prepare(path: Path, scratch: Path) -> tuple[Waveform, SpeechSpans]:
    """The samples and where speech is, as the pipeline makes them."""
    ffmpeg = Ffmpeg.find(ComputeSettings())
    audio = normalise(probe(path, None, ffmpeg), NormaliseSettings(), scratch, ffmpeg, silent)
    waveform = Waveform.of(audio, scratch)
    return waveform, detect(waveform, DetectSettings(), SileroDetector(), silent)


def page(cases: Sequence[Case]) -> Iterator[str]:
    """The page but for the longer recordings."""
    here = this_machine()
    yield "# Telling speakers apart\n"
    yield "Made by `python -m benchmarks.diarise`. The number of speakers is not told (`--speakers auto`).\n"
    yield "Method and thresholds were chosen on these recordings: expect more errors on others"
    yield "(docs/speakers.md).\n"
    yield f"- {here.processor}, {here.cores} cores, {here.memory_gb} GB; {here.system}"
    yield "- CPU s: processor time on all cores together, without decoding, speech detection and recognition"
    yield "- overlapping speech counts; 0.25 s before and after every change in the reference do not\n"
    yield "| recording | seconds | DER % | missed % | false % | confused % | speakers | found | CPU s/min |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for case in cases:
        yield row(case.name, case.seconds, case.score(COLLARS_S[0]), 60 * case.took_s / case.seconds)
    seconds = sum(case.seconds for case in cases)
    total = total_diarisation(case.score(COLLARS_S[0]) for case in cases)
    yield row("**total**", seconds, total, 60 * sum(case.took_s for case in cases) / seconds)
    right = sum(case.score(0).speakers == case.score(0).found for case in cases)
    yield f"\nThe right number of speakers: {right} of {len(cases)} recordings.\n"
    yield "DER of all with other collars:\n"
    for collar in COLLARS_S[1:]:
        rate = total_diarisation(case.score(collar) for case in cases).rate
        yield f"- {collar:g} s on either side: {rate:.2f} %"


def row(name: str, seconds: float, score: DiarisationScore, pace: float) -> str:
    """One line of the table."""
    shares = (score.missed_ms, score.false_ms, score.confused_ms)
    parts = " | ".join(f"{score.share(part):.2f}" for part in shares)
    return (
        f"| {name} | {seconds:.0f} | {score.rate:.2f} | {parts} | {score.speakers} | {score.found} "
        f"| {pace:.1f} |"
    )


def growth(folder: Path, minutes: Sequence[int]) -> Iterator[str]:
    """Time and memory of longer recordings, each in a process of its own."""
    if not minutes:
        return
    yield "\n## Longer recordings\n"
    yield "The recordings above joined again and again. Memory: the process's peak, without recognition.\n"
    yield "| minutes | speakers found | CPU s per minute | peak MB |"
    yield "|---|---|---|---|"
    for length in minutes:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found, took, peak = pool.apply(long_recording, (folder, length))
        yield f"| {length} | {found} | {took / length:.1f} | {peak:.0f} |"


def long_recording(folder: Path, minutes: int) -> tuple[int, float, float]:
    """Speakers found, seconds it took, peak memory in MB."""
    open_diariser = choose_diariser(ComputeSettings())["open_diariser"]
    assert open_diariser is not None
    with tempfile.TemporaryDirectory() as scratch:
        long, samples = Path(scratch) / "long.f32", 0
        parts = []
        for path, _ in recordings(folder):
            waveform, _ = prepare(path, Path(scratch))
            parts.append(waveform.read(0, waveform.end_ms))
        with long.open("wb") as handle:
            while samples < minutes * 960_000:
                for part in parts:
                    handle.write(part.astype("<f4").tobytes())
                    samples += len(part)
        waveform = Waveform(str(long), samples, 0, 0.0)
        del parts
        speech = detect(waveform, DetectSettings(), SileroDetector(), silent)
        started = time.process_time()
        found = diarise(waveform, speech, SpeakerCount(1), open_diariser(silent), silent)
        took = time.process_time() - started
    assert np.isfinite(took)
    return len(found.turns.speakers), took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    main()
