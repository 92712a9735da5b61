"""Samples of speakers in a request: short recordings as data URLs, each with the name of its person."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import BinaryIO

from transcribe.core.digest import fingerprint
from transcribe.server.errors import Refused
from transcribe.server.intake.uploads import SAMPLES_FIELD, Form

NAMES_FIELD = "known_speaker_names"
NAME_CHARS = 60
"""A name at the most; it becomes that of a file, in which a letter takes up to four bytes of 255."""

SUFFIX = ".sample"


@dataclass(frozen=True)
class Sample:
    """How one person sounds.

    Attributes:
        file: The name of the file that it becomes.
    """

    file: str
    content: bytes


def samples_of(form: Form) -> tuple[Sample, ...]:
    """The samples of a request, in the order of their names; names without samples are ignored.

    Raises:
        Refused: A name cannot be one, there are not as many samples as names, or a sample cannot be read.
    """
    if not form.samples:
        return ()
    names = [each.strip() for each in form.fields.get(NAMES_FIELD, ())]
    if len(names) != len(form.samples) or len({*names}) != len(names):
        what = f"each sample of a speaker has a name of its own in {NAMES_FIELD}[]"
        raise Refused(400, what, "invalid_value", param=NAMES_FIELD)
    samples = (_sample(name, handle) for name, handle in zip(names, form.samples, strict=True))
    return tuple(sorted(samples, key=lambda each: each.file))


def digest_of(samples: tuple[Sample, ...]) -> str:
    """Tells samples from others."""
    return fingerprint([(each.file, base64.b64encode(each.content).decode()) for each in samples])


def _sample(name: str, handle: BinaryIO) -> Sample:
    if not name.isprintable() or not 0 < len(name) <= NAME_CHARS or "/" in name or name.startswith("."):
        what = (
            f"{name!r} is no name of a speaker: 1 to {NAME_CHARS} printable characters, no / and no dot first"
        )
        raise Refused(400, what, "invalid_value", param=NAMES_FIELD)
    handle.seek(0)
    head, _, encoded = handle.read().partition(b",")
    try:
        if not head.startswith(b"data:") or not head.endswith(b";base64"):
            raise ValueError
        content = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        what = f"the sample of {name} is no data URL, such as data:audio/wav;base64,UklGR…"
        raise Refused(400, what, "invalid_value", param=SAMPLES_FIELD) from None
    return Sample(name + SUFFIX, content)
