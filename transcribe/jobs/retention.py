"""What was decided about keeping an episode: a legal hold, its release, a purge; statements of a chain.

They are in-toto Statements, canonical as manifests are (`manifest.py`), and hold nothing of the episode: its
name as a digest, digests of files, who decided, when, and why.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from transcribe.core.decoding import convert
from transcribe.core.text import from_json, to_canonical_json
from transcribe.jobs.manifest import STATEMENT, Link, Manifest, read_manifest

RETENTION = "urn:transcribe:retention:1"
"""Type of the statement's body."""

Action = Literal["hold", "release", "purge"]


@dataclass(frozen=True)
class Gone:
    """A manifest that a purge has removed: what the chain needs of it.

    Attributes:
        number: Where it stood in the chain.
        sha256: Hex digest of its file, by which the next one names it.
        previous: The digest that it named; empty: it was the first.
    """

    number: int
    sha256: str
    previous: str


@dataclass(frozen=True)
class Retention:
    """One statement.

    Attributes:
        called: Hex digest of the recording's name.
        recording: Hex digest of the recording.
        by: Who decided; `reason`: why, in their words.
        at: When, in UTC (RFC 3339).
        files: Hex digests of the published files that a purge has removed.
        gone: The manifests that it has removed.
    """

    action: Action
    called: str
    recording: str
    by: str
    at: str
    reason: str = ""
    files: tuple[str, ...] = ()
    gone: tuple[Gone, ...] = ()
    link: Link = field(default_factory=Link)


def called(name: str) -> str:
    """Digest of a recording's name."""
    return hashlib.sha256(os.fsencode(name)).hexdigest()


def write_retention(retention: Retention) -> bytes:
    """The statement as canonical JSON, on one line."""
    named = [
        ("recording", retention.recording),
        *((f"file {n}", each) for n, each in enumerate(retention.files, 1)),
    ]
    predicate = msgspec.to_builtins(retention)
    del predicate["files"], predicate["recording"]
    said = {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in named],
        "predicateType": RETENTION,
        "predicate": predicate,
    }
    return to_canonical_json(said) + b"\n"


def read_retention(content: bytes) -> Retention | None:
    """What `write_retention` was given; None where it is anything else, down to the last bit."""
    try:
        said: dict[str, Any] = from_json(content, dict)
        recording, *files = [each["digest"]["sha256"] for each in said["subject"]]
        found = convert({**said["predicate"], "recording": recording, "files": files}, Retention)
        return found if write_retention(found) == content else None
    except (msgspec.MsgspecError, UnicodeDecodeError, LookupError, TypeError, ValueError):
        return None


def read_statement(content: bytes) -> Manifest | Retention | None:
    """A link of a chain, whichever kind it is; None: it is none."""
    return read_manifest(content) or read_retention(content)


def held(retentions: Iterable[Retention], name: str) -> Retention | None:
    """The hold that an episode is under; None: under none.

    Args:
        retentions: Those of its chain, the newest first.
    """
    newest = next((each for each in retentions if each.called == called(name)), None)
    return newest if newest and newest.action == "hold" else None
