"""The process that transcribes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from transcribe.jobs.queue import Facts
from transcribe.jobs.worker_process import digest_of


def test_the_digest_belongs_to_the_facts(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"sound")
    facts = Facts.of(path.stat())
    assert digest_of(path, facts) == hashlib.sha256(b"sound").hexdigest()
    assert digest_of(path, Facts(facts.size, 0)) is None
