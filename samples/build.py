"""Build `two-voices.flac` and its speaker turns, `two-voices.rttm`, from two recordings of books.

    python samples/build.py FOLDER

FOLDER holds `two-cities.flac` and `sense-*.wav`; README.md beside this file says where they come from.
The passages of the two readers alternate, cut in pauses only, brought to the same loudness, 16 kHz mono.
"""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
from pydub import AudioSegment, silence

NAME = "two-voices"
PAUSE_MS = 500
QUIET_DBFS = -42.0  # above the hiss between words, which lies near -46 in both recordings
MARGIN_MS = 80  # kept around the audible part, so that soft word endings survive
FADE_MS = 20
TARGET_LUFS = -23.0  # EBU R128's programme loudness


@dataclass(frozen=True)
class Reader:
    """One voice: its name in the RTTM file and its measured loudness (ffmpeg's ebur128, in LUFS)."""

    name: str
    loudness_lufs: float


@dataclass(frozen=True)
class Passage:
    """A stretch of a file in ms, both ends in pauses; the whole file when not stated."""

    file: str
    start_ms: int = 0
    end_ms: int | None = None


@dataclass(frozen=True)
class Turn:
    """What one reader says until the other takes over; a line of `two-voices.txt`."""

    reader: Reader
    passages: tuple[Passage, ...]


DICKENS = Reader("dickens", -35.7)
AUSTEN = Reader("austen", -24.3)

TURNS = (
    Turn(DICKENS, (Passage("two-cities.flac", 900, 13_100),)),
    Turn(AUSTEN, (Passage("sense-0870.wav"),)),
    Turn(DICKENS, (Passage("two-cities.flac", 13_100, 20_850),)),
    Turn(AUSTEN, (Passage("sense-0880.wav"), Passage("sense-0890.wav"))),
    Turn(DICKENS, (Passage("two-cities.flac", 20_850, 28_650),)),
    Turn(AUSTEN, (Passage("sense-0920.wav"), Passage("sense-0930.wav"))),
    Turn(DICKENS, (Passage("two-cities.flac", 28_650, 42_300),)),
)


def main(folder: Path) -> None:
    """Write the sample and its turns beside this file."""
    AudioSegment.converter = imageio_ffmpeg.get_ffmpeg_exe()
    target = Path(__file__).with_name(NAME)
    sound = pause()
    rttm: list[str] = []
    for turn in TURNS:
        said = spoken(folder, turn)
        rttm.append(rttm_line(turn.reader, start_ms=len(sound), duration_ms=len(said)))
        sound += said + pause()
    # Bit-exact flags keep the encoder's name and version out of the file.
    flags = [
        "-compression_level",
        "12",
        "-fflags",
        "+bitexact",
        "-flags:a",
        "+bitexact",
        "-map_metadata",
        "-1",
    ]
    sound.export(target.with_suffix(".flac"), format="flac", parameters=flags)
    target.with_suffix(".rttm").write_text("\n".join(rttm) + "\n", encoding="utf-8")


def pause() -> AudioSegment:
    """What lies between two turns."""
    return AudioSegment.silent(PAUSE_MS, frame_rate=16_000)


def spoken(folder: Path, turn: Turn) -> AudioSegment:
    """The sound of one turn at the common loudness, from its first to its last audible moment."""
    sound = AudioSegment.empty()
    for passage in turn.passages:
        sound += load(folder, passage)
    sound = sound.apply_gain(TARGET_LUFS - turn.reader.loudness_lufs)
    head = silence.detect_leading_silence(sound, QUIET_DBFS) - MARGIN_MS
    tail = silence.detect_leading_silence(sound.reverse(), QUIET_DBFS) - MARGIN_MS
    return sound[max(head, 0) : len(sound) - max(tail, 0)].fade_in(FADE_MS).fade_out(FADE_MS)


def load(folder: Path, passage: Passage) -> AudioSegment:
    """One passage as 16 kHz mono; pydub reads WAV by itself, so ffmpeg hands it one."""
    command = [AudioSegment.converter, "-v", "error", "-i", str(folder / passage.file)]
    command += ["-ac", "1", "-ar", "16000", "-f", "wav", "-"]
    wav = subprocess.run(command, check=True, capture_output=True).stdout
    return AudioSegment.from_file(io.BytesIO(wav), format="wav")[passage.start_ms : passage.end_ms]


def rttm_line(reader: Reader, *, start_ms: int, duration_ms: int) -> str:
    """One speaker turn in NIST's Rich Transcription Time Marked form, seconds."""
    return (
        f"SPEAKER {NAME} 1 {start_ms / 1000:.3f} {duration_ms / 1000:.3f} <NA> <NA> {reader.name} <NA> <NA>"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
