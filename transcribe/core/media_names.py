"""What the name of a file tells: that it is a recording, or that nobody should look at it."""

from __future__ import annotations

import fnmatch
import re
from enum import Enum
from pathlib import PurePath

RECORDINGS = frozenset({
    "3g2", "3ga", "3gp", "aac", "ac3", "aif", "aifc", "aiff", "amr", "ape", "asf", "au", "avi", "bw64",
    "bwf", "caf", "dff", "dsf", "dts", "eac3", "f4v", "flac", "flv", "gsm", "m2ts", "m4a", "m4b", "m4v",
    "mka", "mkv", "mov", "mp2", "mp3", "mp4", "mpc", "mpeg", "mpg", "mpga", "mts", "mxf", "oga", "ogg",
    "ogv", "opus", "ra", "rf64", "rm", "shn", "snd", "spx", "ts", "tta", "vob", "voc", "w64", "wav",
    "weba", "webm", "wma", "wmv", "wv",
})  # fmt: skip
"""Endings of files that are sound or video, in lower case and without their dot."""

PASSED_OVER = (
    # Names that copying programs and downloads use until a file is whole. Syncthing: docs.syncthing.net,
    # "Understanding Synchronization"; rsync: .NAME.XXXXXX, a dot file; browsers; aria2; curl; Aspera.
    "*.part", "*.partial", "*.filepart", "*.crdownload", "*.download", "*.opdownload", "*.!ut", "*.aria2",
    "*.tmp", "*.temp", "*.swp", "*.aspx", "*.aspera-ckpt", "*.upload", "*.uploading", "*.incomplete",
    "*.lock", "~syncthing~*", "~$*", "*~", "cep*.tmp",
    # What systems, NAS boxes and synchronisers leave. Dot files and AppleDouble (._*) begin with a dot.
    ".*", "@eadir", "@tmp", "@recycle", "#recycle", "#snapshot", "$recycle.bin", "system volume information",
    "__macosx", "lost+found", "thumbs.db", "desktop.ini", "network trash folder", "temporary items",
)  # fmt: skip
"""Patterns of names of files and folders that are not looked at, in lower case."""

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


def stem_of(title: str) -> str:
    """A title without the ending of a recording; any other ending is a part of it."""
    stem, _, ending = title.rpartition(".")
    return stem if stem.strip() and ending.lower() in RECORDINGS else title


_OVER = re.compile("|".join(fnmatch.translate(each) for each in PASSED_OVER))


def passed_over(part: str) -> bool:
    """Whether the name of a file or folder is one that is never looked at."""
    return _OVER.fullmatch(part.lower()) is not None


class Kind(Enum):
    """What a name tells."""

    RECORDING = "a recording by its name"
    UNKNOWN = "may be one: taken if there is sound in it"
    PASSED_OVER = "temporary, a sidecar, or something else"


def kind_of(name: PurePath) -> Kind:
    """Judge the name of a file, given relative to the folder that is looked through."""
    if any(passed_over(part) for part in name.parts):
        return Kind.PASSED_OVER
    ending = name.suffix.lower().removeprefix(".")
    if ending in RECORDINGS:
        return Kind.RECORDING
    return Kind.PASSED_OVER if ending in OTHERS else Kind.UNKNOWN
