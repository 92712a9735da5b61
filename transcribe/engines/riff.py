"""WAV headers: how long a recording says it is, which ffmpeg does not tell once the file is cut short.

Format: Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0 (1991).
"""

from __future__ import annotations

import struct
from pathlib import Path

UNKNOWN_FROM = 0x7FFF_0000
"""Programs that write to a pipe cannot know the size and state one near 2 or 4 GiB, or none."""

MAX_CHUNKS = 64


def stated_ms(path: Path) -> int | None:
    """Length in ms that the header of a WAV file states; None where it states none or makes no sense.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as handle:
        if handle.read(12)[8:] != b"WAVE":
            return None
        bytes_per_second = 0
        for _ in range(MAX_CHUNKS):
            header = handle.read(8)
            if len(header) < 8:
                return None
            name, size = struct.unpack("<4sI", header)
            if name == b"data":
                known = bytes_per_second and 0 < size < UNKNOWN_FROM
                return size * 1000 // bytes_per_second if known else None
            if name == b"fmt ":
                fields = handle.read(16)
                bytes_per_second = int.from_bytes(fields[8:12], "little")
                size -= len(fields)
            handle.seek(size + size % 2, 1)  # chunks are padded to even sizes
    return None
