"""How long a batch will take, from how fast this machine was before."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.jobs.speed import LEAST_AUDIO_MS, known_speed, last_speed, remember_speed


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "transcribe"))
    return tmp_path / "transcribe" / "speeds.json"


def test_the_last_speed_with_an_engine_and_a_model_is_known(cache: Path) -> None:
    assert known_speed("one 1.0", "a" * 64) is None
    remember_speed("one 1.0", "a" * 64, 120_000, 10)
    remember_speed("one 1.0", "b" * 64, 120_000, 60)
    assert (known_speed("one 1.0", "a" * 64), known_speed("one 1.0", "b" * 64)) == (12, 2)
    remember_speed("one 1.0", "a" * 64, LEAST_AUDIO_MS - 1, 1)
    remember_speed("one 1.0", "a" * 64, 120_000, 0)
    assert known_speed("one 1.0", "a" * 64) == 12
    cache.write_text("{")
    assert known_speed("one 1.0", "a" * 64) is None


def test_the_last_speed_of_weights_whichever_engine_had_them() -> None:
    remember_speed("one 1.0", "a" * 64, 120_000, 10)
    remember_speed("one 1.1", "a" * 64, 120_000, 6)
    assert (last_speed("a" * 64), last_speed("b" * 64)) == (20, None)


def test_a_cache_that_cannot_be_written_is_none(cache: Path) -> None:
    cache.parent.write_text("a file where the folder should be")
    remember_speed("one 1.0", "a" * 64, 120_000, 10)
    assert known_speed("one 1.0", "a" * 64) is None
