"""A server for each test, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from counter import Counter
from lamps import lamps  # noqa: F401 - a fixture of several modules


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    return Counter(tmp_path / "data")
