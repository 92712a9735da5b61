"""One peer transcribes recordings in a process of its own, and writes what it heard and how long it took.

    python -m benchmarks.peer_run PEER --model PATH --language xx --answer FILE RECORDING...

The answer is JSON in a file, because the engines print what they like.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import imageio_ffmpeg
import msgspec

from benchmarks.recognisers import THREADS, decode, load_plain

WHISPER_CLI = ("whisper-cli", "whisper-cpp")
"""What whisper.cpp's command line is called: by itself, and where packages renamed it."""

Listen = Callable[[Path, str], str]
"""From a recording and the language spoken in it to the text."""


@dataclass(frozen=True)
class Said:
    """What was heard in one recording, and the seconds from the file to the text."""

    text: str
    took_s: float


@dataclass(frozen=True)
class Answer:
    """What a peer did: seconds spent loading, and what it heard in each recording."""

    load_s: float
    said: tuple[Said, ...]


def main() -> None:
    """Load one peer, transcribe and write the answer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("peer", choices=LOADERS)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--language", required=True)
    parser.add_argument("--answer", type=Path, required=True)
    parser.add_argument("recordings", type=Path, nargs="+")
    arguments = parser.parse_args()
    started = time.monotonic()
    listen = LOADERS[arguments.peer](arguments.model)
    load_s = time.monotonic() - started
    said = tuple(hear(listen, recording, arguments.language) for recording in arguments.recordings)
    arguments.answer.write_bytes(msgspec.json.encode(Answer(load_s, said)))


def hear(listen: Listen, recording: Path, language: str) -> Said:
    """Transcribe one recording and take the time."""
    started = time.monotonic()
    text = listen(recording, language)
    return Said(text, time.monotonic() - started)


def plain(model: Path) -> Listen:
    """pywhispercpp as it comes; it reads nothing but WAV by itself, so ffmpeg decodes for it."""
    loaded = load_plain(model)

    def listen(recording: Path, language: str) -> str:
        return " ".join(each.text for each in loaded.transcribe(decode(recording), language=language))

    return listen


def faster_whisper(model: Path, *, numbers: str, beam: int, batch: int = 0) -> Listen:
    """faster-whisper, which decodes audio itself; window after window, or `batch` windows at a time.

    It is told the folder of the model's file; given the file, it would look for a model of that name online.
    """
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    loaded = WhisperModel(
        str(model.parent), device="cpu", compute_type=numbers, cpu_threads=THREADS, local_files_only=True
    )
    transcribe = loaded.transcribe
    if batch:
        transcribe = partial(BatchedInferencePipeline(loaded).transcribe, batch_size=batch)

    def listen(recording: Path, language: str) -> str:
        segments, _ = transcribe(str(recording), language=language, beam_size=beam)
        return " ".join(segment.text.strip() for segment in segments)

    return listen


def whisper_cli(program: str, model: Path) -> Listen:
    """whisper.cpp's command line with its own defaults, run once for each recording.

    It reads few formats, so ffmpeg decodes for it as well.
    """

    def listen(recording: Path, language: str) -> str:
        with tempfile.TemporaryDirectory() as name:
            wave, text = Path(name, "audio.wav"), Path(name, "text")
            decoding = ["-v", "error", "-i", str(recording), "-map", "0:a:0", "-ac", "1", "-ar", "16000"]
            subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *decoding, str(wave)], check=True)
            options = ["-m", str(model), "-l", language, "-t", str(THREADS), "-otxt", "-of", str(text)]
            subprocess.run([program, *options, "-f", str(wave)], check=True, stdout=subprocess.DEVNULL)
            return text.with_suffix(".txt").read_text("utf-8")

    return listen


LOADERS: dict[str, Callable[[Path], Listen]] = {
    "plain pywhispercpp": plain,
    "faster-whisper int8 beam 5": partial(faster_whisper, numbers="int8", beam=5),
    "faster-whisper float32 beam 5": partial(faster_whisper, numbers="float32", beam=5),
    "faster-whisper int8 batched 8 beam 1": partial(faster_whisper, numbers="int8", beam=1, batch=8),
    "faster-whisper int8 batched 8 beam 5": partial(faster_whisper, numbers="int8", beam=5, batch=8),
    "faster-whisper float32 batched 8 beam 5": partial(faster_whisper, numbers="float32", beam=5, batch=8),
    **{name: partial(whisper_cli, name) for name in WHISPER_CLI},
}
"""How to load each peer."""


if __name__ == "__main__":
    main()
