"""How long a batch will take, from how fast this machine was before."""

from __future__ import annotations

from pathlib import Path

import pytest
from studio import Studio

from transcribe.jobs.speed import LEAST_AUDIO_MS, known_speed, remember_speed


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "transcribe"))
    return tmp_path / "transcribe" / "speeds.json"


def test_the_last_speed_with_an_engine_and_a_model_is_known(cache: Path) -> None:
    engines, others = Studio().engines("base"), Studio().engines("large")
    assert known_speed(engines) is None
    remember_speed(engines, 120_000, 10)
    remember_speed(others, 120_000, 60)
    assert (known_speed(engines), known_speed(others)) == (12, 2)
    remember_speed(engines, LEAST_AUDIO_MS - 1, 1)
    remember_speed(engines, 120_000, 0)
    assert known_speed(engines) == 12
    cache.write_text("{")
    assert known_speed(engines) is None


def test_a_cache_that_cannot_be_written_is_none(cache: Path) -> None:
    cache.parent.write_text("a file where the folder should be")
    remember_speed(Studio().engines(), 120_000, 10)
    assert known_speed(Studio().engines()) is None
