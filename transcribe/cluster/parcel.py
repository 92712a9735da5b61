"""The work directories of one recording as bytes: what one machine has made, another goes on with."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from transcribe.core.errors import EngineError
from transcribe.core.files import atomic_file, private_folder
from transcribe.core.reading import read_regular

OWN = ("published.json", "names.json")
"""What belongs to the machine that publishes."""

_NAME = re.compile(r"([0-9a-f]{32})/([a-z0-9][a-z0-9._-]{0,100}\.jsonl?)")


def packed(folder: Path) -> bytes:
    """What stages have made in the work directories of a recording; no sound.

    Args:
        folder: That of the recording, with a folder for each fingerprint.

    Raises:
        OSError: It cannot be read.
    """
    found: dict[str, bytes] = {}
    for path in sorted(folder.glob("*/*")):
        name = f"{path.parent.name}/{path.name}"
        if path.name not in OWN and _NAME.fullmatch(name):
            found[name] = read_regular(path)
    return msgspec.msgpack.encode(found)


def unpack(content: bytes, folder: Path) -> None:
    """Put what another machine has made where this one would have put it.

    Every file has its checksum inside, which is looked at when it is read.

    Args:
        folder: As for `packed`.

    Raises:
        EngineError: It is something else.
        OutputError: It cannot be written.
    """
    try:
        found = msgspec.msgpack.decode(content, type=dict[str, bytes])
    except msgspec.MsgspecError as error:
        raise EngineError("what came is no result of a worker") from error
    parts = {name: _NAME.fullmatch(name) for name in found}
    if any(each is None or each[2] in OWN for each in parts.values()):
        raise EngineError("what came is no result of a worker")
    for name, each in found.items():
        path = folder / name
        private_folder(path.parent)
        with atomic_file(path, private=True) as handle:
            handle.write(each)
