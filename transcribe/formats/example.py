"""An episode with everything in it, for `transcribe templates check`: speakers, notes, a doubt, a link."""

from __future__ import annotations

from pathlib import Path

from transcribe.core.episode import Episode
from transcribe.formats.document import read_document


def example_episode() -> Episode:
    """Half a minute about lighthouses, out of `example.json`; nobody said it."""
    return read_document(Path(__file__).with_name("example.json").read_bytes())
