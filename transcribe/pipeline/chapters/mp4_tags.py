"""Tags and covers of an M4A in a copy of it, byte for byte: ffmpeg keeps only those that it knows.

They lie in `udta` in the index (`moov`). Where that is the last box of a file, as ffmpeg writes it, its
length may change: no sound moves.
"""

from __future__ import annotations

import struct
from pathlib import Path

from transcribe.core.reading import open_regular
from transcribe.pipeline.chapters.mp4 import MOST_BYTES, BrokenError, boxes_in, read_moov

_UDTA, _CHAPTERS = b"udta", b"chpl"


def keep_tags(original: Path, copy: Path) -> None:
    """Put all that the `udta` of a file holds into that of its copy, but its chapters, which stay the copy's.

    Where one of the two is built in another way, the copy stays as it is.

    Raises:
        OSError: One cannot be read or written.
    """
    with open_regular(original) as handle:
        try:
            tags = _udta(read_moov(handle)[1])
        except (BrokenError, struct.error):
            return
    with copy.open("rb+") as handle:
        try:
            at, moov = read_moov(handle)
        except (BrokenError, struct.error):
            return
        if not tags or handle.seek(0, 2) != at + 8 + len(moov):
            return
        kept = [box for box in boxes_in(moov) if box[0] != _UDTA]
        said = [box for box in tags if box[0] != _CHAPTERS]
        said += [box for box in _udta(moov) if box[0] == _CHAPTERS]
        content = b"".join(_box(*each) for each in [*kept, (_UDTA, b"".join(_box(*each) for each in said))])
        if len(content) <= MOST_BYTES:
            handle.seek(at)
            handle.truncate()
            handle.write(_box(b"moov", content))


def _udta(moov: bytes) -> list[tuple[bytes, bytes]]:
    return [inner for name, content in boxes_in(moov) if name == _UDTA for inner in boxes_in(content)]


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content
