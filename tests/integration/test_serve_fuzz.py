"""The first requests of `python -m benchmarks.serve_fuzz`: always the same ones, because the seed is."""

from __future__ import annotations

import random
from pathlib import Path

from counter import Counter, eventually

from benchmarks.serve_fuzz import Fuzzer
from transcribe.server.intake.uploads import Limits

REQUESTS = 300


def test_no_request_is_a_bug_or_leaves_anything(tmp_path: Path) -> None:
    counter = Counter(tmp_path / "data", Limits(chunk_seconds=0.5))
    with counter.serving() as client:
        fuzzer = Fuzzer(counter.port, random.Random(7), [b"2 a"], slow=True)  # noqa: S311 - no secrets
        for _ in range(REQUESTS):
            fuzzer.ask()
        assert fuzzer.failures == []
        assert {"200", "400", "404"} < set(fuzzer.statuses)
        assert client.get("/health").json()["status"] == "ok"
        eventually(lambda: not [*(tmp_path / "data" / "incoming").iterdir()])
    warnings = [str(each) for each in counter.told if "bug" in str(each) or "goes on in" in str(each)]
    assert warnings == []
