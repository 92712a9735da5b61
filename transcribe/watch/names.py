"""Which names in a watched folder are recordings, which may be, and which are passed over."""

from __future__ import annotations

from enum import Enum
from pathlib import PurePath

from transcribe.core.media_names import RECORDINGS, passed_over

OTHERS = frozenset({
    "aaf", "aep", "als", "asd", "asc", "ass", "bak", "bin", "bmp", "bup", "cfg", "cpr", "css", "csv",
    "cue", "db", "dll", "doc", "docx", "edl", "exe", "flp", "gif", "gz", "heic", "htm", "html", "ico",
    "idx", "ifo", "ini", "jpeg", "jpg", "js", "json", "json5", "jsonl", "lnk", "log", "lrc", "m3u",
    "m3u8", "md", "md5", "mid", "midi", "mus", "nfo", "nra", "odt", "omf", "pdf", "peak", "pk", "pkf",
    "pls", "png", "ppj", "ppt", "pptx", "prproj", "ptx", "ptf", "py", "raw", "rar", "reapeaks",
    "reapindex", "rpp", "rpp-bak", "rtf", "rttm", "sbv", "sesx", "sfk", "sfv", "sfl", "sh", "sha1", "sha256",
    "sqlite", "srt", "ssa", "sub", "svg", "tar", "tif", "tiff", "toml", "torrent", "ttml", "tsv", "txt",
    "url", "vtt", "webloc", "webp", "xls", "xlsx", "xml", "xmp", "xspf", "yaml", "yml", "zip", "7z",
    "ovw", "gpk", "mrk", "sfap0", "ready",
})  # fmt: skip
"""Endings of what lies beside recordings: peaks, projects, pictures, texts, archives. Never looked at."""


class Kind(Enum):
    """What a name tells."""

    RECORDING = "a recording by its name"
    UNKNOWN = "may be one: taken if there is sound in it"
    PASSED_OVER = "temporary, a sidecar, or something else"


def kind_of(name: PurePath) -> Kind:
    """Judge the name of a file, given relative to the watched folder."""
    if any(passed_over(part) for part in name.parts):
        return Kind.PASSED_OVER
    ending = name.suffix.lower().removeprefix(".")
    if ending in RECORDINGS:
        return Kind.RECORDING
    return Kind.PASSED_OVER if ending in OTHERS else Kind.UNKNOWN
