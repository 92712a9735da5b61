"""The rules for make, and the file that tells make of new settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from studio import Studio

from transcribe.cli.main import run

RULES = Path(__file__).resolve().parents[3] / "transcribe" / "transcribe.mk"


def test_the_rules_and_where_they_lie(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["make", "include"]) == 0
    assert Path(capsys.readouterr().out.strip()).samefile(RULES)
    assert run(["make", "rules"]) == 0
    assert capsys.readouterr().out == RULES.read_text("utf-8")


def test_the_stamp_changes_with_what_has_a_say_and_with_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRANSCRIBE_CONFIG", str(tmp_path / "user.toml"))
    (tmp_path / "user.toml").touch()
    studio, stamp = Studio(), tmp_path / "stamp"
    monkeypatch.setattr("transcribe.jobs.assemble.engines.choose_engines", lambda _: studio.engines())

    def changes(*flags: str) -> bool:
        os.utime(stamp, (1, 1))
        assert run(["make", "stamp", str(stamp), *flags]) == 0
        return stamp.stat().st_mtime != 1

    stamp.touch()
    assert changes()
    assert not changes()
    assert not changes("--workers", "1", "--quiet", "-f", "vtt")
    assert changes("--max-line-chars", "30")
    assert changes()
    (tmp_path / "transcribe.toml").write_text("writer_system = 'Be dry.'\n")
    assert changes(), "notes may be among what make builds"
    monkeypatch.setattr("transcribe.jobs.assemble.engines.choose_engines", lambda _: studio.engines("better"))
    assert changes()
