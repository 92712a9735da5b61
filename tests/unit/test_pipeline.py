"""What makes a job another job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transcribe.episode import ModelIdentity
from transcribe.pipeline import Engines, provenance_of
from transcribe.settings import Settings

NONE: Any = None
ENGINES = Engines("transcribe 1", NONE, NONE, NONE, NONE, "engine 1", ModelIdentity("base", "ab"))


def made_by(**options: Any) -> dict[str, str]:
    return dict(provenance_of(Settings.of(**options), ENGINES).settings)


def test_terms_count_by_their_text_and_not_by_where_they_lie(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("Łódź\nReto Lamm\n", "utf-8")
    listed = made_by(vocabulary=tmp_path / "a.txt")
    assert listed["terms"] == "Łódź,Reto Lamm"
    assert listed == made_by(vocabulary=tmp_path / "b.txt") == made_by(terms=["Łódź", "Reto Lamm"])
    (tmp_path / "a.txt").write_text("Łódź\n", "utf-8")
    assert made_by(vocabulary=tmp_path / "a.txt") != listed


def test_terms_are_not_the_prompt() -> None:
    assert made_by(terms=["Łódź"])["prompt"] == ""
    assert made_by(terms=["Łódź"]) != made_by(prompt="Łódź.")
