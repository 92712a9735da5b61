"""Trials for `transcribe bench`: the same minute of speech through every engine and worker layout."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path

import psutil

from transcribe.core.errors import DependencyError, InputError, ModelError
from transcribe.core.events import silent
from transcribe.core.hearing import Chunks
from transcribe.core.places import shipped
from transcribe.core.settings import MULTI, ComputeSettings, Settings
from transcribe.core.waveform import Waveform
from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.engines.silero import SileroDetector
from transcribe.jobs.assemble.choice import choose
from transcribe.jobs.assemble.device import AUTO, PROCESSOR, Place
from transcribe.jobs.assemble.recognisers import PROCESSOR_BATCH, RECOGNISERS, place_for
from transcribe.jobs.assemble.workers import cores, layout
from transcribe.jobs.speed import remember_speed
from transcribe.models.catalogue import RECOGNITION, weights_name
from transcribe.models.installed import InstalledModel, check_before_load
from transcribe.models.store import Store
from transcribe.pipeline.hearing.listener import Listener
from transcribe.pipeline.ports import Recogniser
from transcribe.pipeline.stages.detect import detect
from transcribe.pipeline.stages.normalise import normalise
from transcribe.pipeline.stages.plan import plan
from transcribe.pipeline.stages.probe import probe
from transcribe.pipeline.stages.recognise import batches, choose_language, listener_of

SPEECH_MS = 60_000
"""How much speech is enough to tell engines apart."""

SEARCHED_MS = 600_000
"""How much of a recording is searched for it."""

SAMPLING_S = 0.1

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Layout:
    """One way to recognise speech on this machine.

    Attributes:
        engine: A key of `RECOGNISERS`.
        model: The weights in the engine's form.
    """

    engine: str
    model: InstalledModel
    workers: int
    threads: int
    place: Place = PROCESSOR

    def __str__(self) -> str:
        on = f" on {self.place.device}" if self.place.cards else ""
        return f"{self.engine}, {self.workers} × {self.threads}{on}"

    @property
    def options(self) -> dict[str, str | int]:
        """The settings that make it so."""
        return {
            "engine": self.engine,
            "workers": self.workers,
            "threads": self.threads,
            "device": self.place.device,
        }

    def of(self, settings: Settings) -> Settings:
        """Settings that use this layout."""
        return settings.replace(self.options)


@dataclass(frozen=True)
class Trial:
    """What a layout achieved.

    Attributes:
        speed: Times real time, the median of its runs.
        peak_bytes: Largest memory of this program and its workers, shared pages counted once.
    """

    layout: Layout
    speed: float
    peak_bytes: int


@dataclass(frozen=True)
class Material:
    """What is recognised in every trial."""

    waveform: Waveform
    chunks: Chunks


def sample() -> Path:
    """The recording that comes with the program."""
    return shipped("samples") / "two-voices.flac"


def prepare(path: Path, settings: Settings, folder: Path) -> Material:
    """Find about a minute of speech in a recording, and a batch of windows for every core.

    Raises:
        InputError: It cannot be decoded, or nobody speaks in its first ten minutes.
    """
    media = Ffmpeg.find(settings.compute, settings.normalise)
    source = probe(path, settings.normalise.audio_stream, media)
    start_ms = settings.normalise.from_ms or 0
    part = replace(settings.normalise, to_ms=settings.normalise.to_ms or start_ms + SEARCHED_MS)
    waveform = Waveform.of(normalise(source, part, folder, media, silent), folder)
    speech = detect(waveform, settings.detect, SileroDetector(), silent)
    windows = plan(speech, waveform, settings.plan).chunks
    if not windows:
        raise InputError(f"nobody speaks in {path}", "Choose another recording, or none: a sample is here")
    enough = next(
        (n for n in range(1, len(windows)) if sum(each.duration_ms for each in windows[:n]) >= SPEECH_MS),
        len(windows),
    )
    chosen = islice(
        cycle(windows[:enough]), max(enough, cores() * (settings.recognise.batch_size or PROCESSOR_BATCH))
    )
    return Material(waveform, Chunks(tuple(replace(each, index=i) for i, each in enumerate(chosen))))


def find_layouts(settings: Settings, tell: Tell) -> list[Layout]:
    """Every engine that is installed and has the weights that the settings ask for, in its layouts.

    Raises:
        ModelError: The model is not installed.
    """
    store = Store()
    first = choose(settings, store).model
    asked = settings.recognise.model
    name = asked if asked not in (first.name, "auto") else weights_name(first.name)
    forms = RECOGNITION if first.kind in RECOGNITION else (first.kind,)
    found = []
    for engine, choice in RECOGNISERS.items():
        if choice.reads not in forms:  # it has other weights, and is no other way to recognise with these
            continue
        try:
            choice.require()
            place = place_for(settings.replace({"device": AUTO}), engine)
            model = store.find(name, choice.reads)
            check_before_load(model)
        except (DependencyError, ModelError) as error:
            tell(f"{engine} is left out: {error}")
            continue
        found += [Layout(engine, model, *shape) for shape in _shapes(engine, model)]
        if place.cards:
            found.append(Layout(engine, model, len(place.cards), cores(), place))
    return found


def _shapes(engine: str, model: InstalledModel) -> list[tuple[int, int]]:
    """Workers and threads worth trying: one worker with every core, and the engine's own layout."""
    shapes = {(1, cores()), layout(ComputeSettings(), model, shared=RECOGNISERS[engine].shared)}
    return sorted(shapes)


def run_trials(
    layouts: Sequence[Layout], material: Material, settings: Settings, repeats: int, tell: Tell
) -> list[Trial]:
    """Run every layout several times, in turns, since the machine may not be quiet; the fastest first."""
    listener = _listener(layouts[0], material, settings)
    runs: dict[Layout, list[tuple[float, int]]] = {each: [] for each in layouts}
    for turn in range(1, repeats + 1):
        for each in layouts:
            speed, peak_bytes = _run(each, material, settings, listener)
            runs[each].append((speed, peak_bytes))
            tell(f"{each}: {speed:.1f} × real time ({turn} of {repeats})")
    trials = [
        Trial(each, statistics.median(speed for speed, _ in done), max(peak for _, peak in done))
        for each, done in runs.items()
    ]
    trials.sort(key=lambda trial: -trial.speed)
    _remember(trials, material, settings)
    return trials


def _remember(trials: Sequence[Trial], material: Material, settings: Settings) -> None:
    """Keep the speed of the fastest layout of each engine, as `models list` shows it."""
    for engine in dict.fromkeys(trial.layout.engine for trial in trials):
        best = next(trial for trial in trials if trial.layout.engine == engine)
        model, place = best.layout.model, best.layout.place
        identity = RECOGNISERS[engine].identity(model, settings, place)
        heard_ms = material.chunks.duration_ms
        remember_speed(identity, model.sha256, heard_ms, heard_ms / 1000 / best.speed)


def _listener(first: Layout, material: Material, settings: Settings) -> Listener:
    asked = settings.recognise
    with RECOGNISERS[first.engine].open(first.model, first.of(settings), first.place) as workers:
        code = "auto" if asked.language == MULTI else asked.language
        language = choose_language(material.chunks, material.waveform, code, workers)
        return listener_of(material.waveform, language.code, asked, workers)


def _run(each: Layout, material: Material, settings: Settings, listener: Listener) -> tuple[float, int]:
    """Times real time and peak memory of one run; loading the model does not count."""
    chunks = material.chunks
    with RECOGNISERS[each.engine].open(each.model, each.of(settings), each.place) as workers:
        list(workers.map(_ready, range(each.workers)))
        with _watched_memory() as peak:
            started = time.monotonic()
            list(workers.map(listener, batches(chunks, chunks.chunks, workers.batch, workers.count)))
            seconds = time.monotonic() - started
    return chunks.duration_ms / 1000 / seconds, peak[0]


def _ready(_recogniser: Recogniser, number: int) -> int:
    """A task that is done once the model is loaded; None would say that the worker died."""
    return number


@contextmanager
def _watched_memory() -> Iterator[list[int]]:
    """Sample the memory of this process and its children; the list holds the peak in bytes."""
    peak, over = [0], threading.Event()

    def watch() -> None:
        while True:
            peak[0] = max(peak[0], _memory_bytes())
            if over.wait(SAMPLING_S):
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def _memory_bytes() -> int:
    """Proportional set size of this process and its children; unique set size where there is none."""
    total = 0
    here = psutil.Process()
    for process in (here, *here.children(recursive=True)):
        with suppress(psutil.Error):
            memory = process.memory_full_info()
            total += getattr(memory, "pss", memory.uss)
    return total
