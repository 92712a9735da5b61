"""The examples of docs/api.md are run as they stand."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.real
@pytest.mark.parametrize("code", EXAMPLES, ids=["tour", "notes", "again", "progress", "errors"])
def test_examples_run(
    code: str,
    tiny_en_model: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/api.md", "exec"), {"__name__": "example"})  # noqa: S102 - our own documentation
    printed = capsys.readouterr().out
    said = "missing.mp3" if "missing" in code else "married" if "notes" in code else "times"
    assert said in printed
    if "srt" in code:
        assert Path("two-voices.srt").read_text("utf-8").startswith("1\n00:00:0")
