"""Room on the disks: how much has to stay free, and whether it is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from transcribe.core.disk import free_bytes


def too_full(folders: Iterable[Path], least: int) -> str:
    """What is wrong where one of these folders' disks has less than `least` bytes free; else empty.

    A folder that is not made yet is on its parent's disk.
    """
    for folder in folders:
        try:
            free = free_bytes(folder)
        except OSError as error:
            return f"{folder} cannot be used: {error.strerror}"
        if free < least:
            return f"less than {least / 1e6:.0f} MB are free on the disk of {folder}"
    return ""
