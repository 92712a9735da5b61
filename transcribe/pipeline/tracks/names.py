"""Who speaks on a track and which files are tracks, told from how recording programs name them.

Zoom (support.zoom.com KB0064394): `audio_only.m4a` or `audio1234567890.m4a` is the mix, the separate tracks
lie in `Audio Record` as `audio[Name][number].m4a`. Craig: `1-name.flac`. Riverside: `riverside_name_…`,
`name_…-cfr-audio.wav`, `…synced…`; the mix is called composed or combined. Zencastr, SquadCast, Audacity and
Reaper put the name first, with numbers and words such as `backup`, `stem` or `glued` after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transcribe.core.errors import InputError, UsageError
from transcribe.core.reading import real

ENDINGS = {
    ".aac", ".aif", ".aifc", ".aiff", ".caf", ".flac", ".m4a", ".m4b", ".mka", ".mkv", ".mov", ".mp2", ".mp3",
    ".mp4", ".oga", ".ogg", ".opus", ".w64", ".wav", ".wave", ".webm", ".wma", ".wv",
}  # fmt: skip
"""Files that can be tracks; everything else in a folder (projects, chats, transcripts) is passed over."""

MOST_TRACKS = 32

ZOOM_FOLDER = "audio record"
_ZOOM_MIX = re.compile(r"audio(?:_only\d*|\d+)|(?:video|zoom_|gmt).*|double_click_to_convert.*", re.I)
_ZOOM_TRACK = re.compile(r"audio(?P<name>.*?[^\d_])_?(?P<number>\d{5,})", re.I)
_CRAIG_TRACK = re.compile(r"\d{1,3}-(?P<name>.+?)(?:_\d)?")
_MIX_WORDS = {
    "mix", "mixed", "mixdown", "mixdowns", "master", "composed", "combined", "final", "premix", "stereomix",
}  # fmt: skip
_NOISE_WORDS = {
    "audio", "backup", "bounce", "bounced", "cfr", "channel", "ch", "glued", "local", "mic", "microphone",
    "mono", "raw", "rec", "recorded", "recording", "riverside", "fm", "squadcast", "stem", "stems", "synced",
    "sync", "take", "tr", "track", "video", "vfr", "wav", "zencastr", "zoom", "aligned", "original", "hq",
    "render",
}  # fmt: skip
_SEPARATORS = re.compile(r"[\s_\-.,()\[\]]+")
_WORD = re.compile(r"[\s_\-.,()\[\]]*[^\s_\-.,()\[\]]+")
"""A word of a name, with what stands before it."""

SHORTEST_TITLE = 3
_NUMBERING = re.compile(r"\d+|[0-9a-f]{8,}|\d{4}\w?\d\d\w?\d\d|s\d+e\d+|ep?\d+", re.I)


def tracks_in(folder: Path) -> tuple[list[Path], list[Path]]:
    """The tracks of a folder, of a Zoom meeting those in its folder `Audio Record`; and mixes of them.

    Raises:
        InputError: The folder cannot be read, or has too many recordings to be tracks of one.
    """
    inner = next(
        (each for each in _listed(folder) if each.is_dir() and each.name.lower() == ZOOM_FOLDER), None
    )
    found = [each for each in _listed(inner or folder) if each.is_file() and each.suffix.lower() in ENDINGS]
    if len(found) > MOST_TRACKS:
        raise InputError(
            f"{folder} has {len(found)} recordings, too many to be tracks of one conversation",
            "Name the tracks, or use transcribe batch for recordings of their own",
        )
    is_zoom = inner is not None or any(_ZOOM_TRACK.fullmatch(each.stem) for each in found)
    mixes = [each for each in found if is_mix(each.name, zoom=is_zoom)]
    tracks = [each for each in found if each not in mixes]
    return (found, []) if len(tracks) < 2 <= len(found) else (tracks, mixes)  # one only looks like a mix


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}", "Check its permissions") from error


def is_mix(name: str, *, zoom: bool = False) -> bool:
    """Whether a file's name says that everybody is on it."""
    stem = Path(name).stem
    if zoom and _ZOOM_MIX.fullmatch(stem):
        return True
    return any(word.lower() in _MIX_WORDS for word in _SEPARATORS.split(stem))


def speakers_of(names: Sequence[str]) -> list[str]:
    """A speaker's name for each track: what its file's name has of its own.

    What all names have in common at both ends is left out (`ep12-host.wav`, `ep12-guest.wav`), and so are
    numbers and the words of recording programs. Where nothing is left, or two are the same, the file's
    stem is taken, and a number where even these are the same.
    """
    stems = [Path(name).stem for name in names]
    known = [_by_program(stem) for stem in stems]
    words = [[word for word in _SEPARATORS.split(stem) if word] for stem in stems]
    common = set.intersection(*(set(map(str.lower, each)) for each in words)) if len(words) > 1 else set()
    speakers: list[str] = []
    for stem, program, parts in zip(stems, known, words, strict=True):
        own = [
            word
            for word in parts
            if word.lower() not in common | _NOISE_WORDS and not _NUMBERING.fullmatch(word)
        ]
        speakers.append(program or " ".join(own) or stem)
    if len({each.lower() for each in speakers}) < len(speakers):
        speakers = stems
    if len({each.lower() for each in speakers}) < len(speakers):
        speakers = [f"{each} {number}" for number, each in enumerate(speakers, 1)]
    return [_capital(each) for each in speakers]


def _by_program(stem: str) -> str:
    if found := _ZOOM_TRACK.fullmatch(stem):
        # Zoom leaves spaces out: JohnSmith was John Smith.
        return re.sub(r"(?<=[^\W\d_A-ZÀ-ÖØ-Þ])(?=[A-ZÀ-ÖØ-ÞĄĆĘŁŃÓŚŹŻ])", " ", found["name"]).strip(" _")
    found = _CRAIG_TRACK.fullmatch(stem)
    return found["name"] if found else ""


def _capital(name: str) -> str:
    """`host` as `Host`: names of speakers begin sentences in many formats."""
    return name[:1].upper() + name[1:] if len(name[:1].upper()) == 1 and name.islower() else name


def title_of(paths: Sequence[Path]) -> str:
    """A name for what the tracks become: what their names begin with, else all names joined by `+`."""
    stems = [path.stem for path in paths]
    words = [_WORD.findall(stem) for stem in stems]
    common = 0
    while all(len(each) > common + 1 and each[common].lower() == words[0][common].lower() for each in words):
        common += 1
    title = "".join(words[0][:common]).strip(" _-.,()[]")
    if len(title) >= SHORTEST_TITLE and title.lower() not in _NOISE_WORDS:
        return title
    return "+".join(stems) if len(stems) <= 3 else f"{stems[0]}+{len(stems) - 1}"


def values_of(given: Sequence[str], flag: str, what: str) -> list[tuple[str, str]]:
    """What `--speaker` and `--offset` say: (track, value) pairs.

    Raises:
        UsageError: One has not the form TRACK=VALUE.
    """
    pairs = [each.rpartition("=") for each in given]
    for key, equals, value in pairs:
        if not (key.strip() and equals and value.strip()):
            raise UsageError(
                f"{flag} takes TRACK={what}, not {key or value!r}", f"Say for example {flag} ch1={what}"
            )
    return [(key.strip(), value.strip()) for key, _, value in pairs]


def find_track(key: str, names: Sequence[str], speakers: Sequence[str]) -> int | None:
    """Which track is meant: by number (`ch1`), file name with or without folder and ending, or speaker."""
    wanted = key.lower()
    if numbered := re.fullmatch(r"(?:ch|channel|track)\s*(\d{1,4})", wanted):
        index = int(numbered[1]) - 1
        return index if 0 <= index < len(names) else None
    if len(set(names)) == len(names):
        for forms in ([name.lower() for name in names], [Path(name).stem.lower() for name in names]):
            if Path(wanted).name in forms:
                return forms.index(Path(wanted).name)
    by_speaker = [each.lower() for each in speakers]
    return by_speaker.index(wanted) if wanted in by_speaker else None


@dataclass(frozen=True)
class FoundTracks:
    """What the user named.

    Attributes:
        tracks: A file for each speaker.
        results: Where the results go: their folder, and what their names begin with.
        warnings: What was left out, for people.
    """

    tracks: tuple[Path, ...]
    results: Path
    warnings: tuple[str, ...] = ()


def found_tracks(named: Sequence[Path]) -> FoundTracks:
    """The tracks of files and folders that were named.

    Raises:
        InputError: A folder cannot be read, or holds no recording.
        UsageError: A file is there twice.
    """
    tracks: list[Path] = []
    warnings: list[str] = []
    for path in named:
        if not path.is_dir():
            tracks.append(path)
            continue
        inside, mixes = tracks_in(path)
        tracks += inside
        warnings += [f"{each.name} is left out: it is a mix of the others, by its name" for each in mixes]
    places = [real(path) for path in tracks]
    if (twice := next((path for path in places if places.count(path) > 1), None)) is not None:
        raise UsageError(f"{twice} is named twice", "Name each track once")
    if not tracks:
        where = f"{named[0]} holds" if len(named) == 1 else "the folders hold"
        raise InputError(
            f"{where} no recording, and a conversation has at least two tracks",
            "Name the files, or another folder",
        )
    if len(named) == 1 and named[0].is_dir():
        return FoundTracks(tuple(tracks), named[0] / real(named[0]).name, tuple(warnings))
    return FoundTracks(tuple(tracks), tracks[0].parent / title_of(tracks), tuple(warnings))
