"""Speech in noise, hum, rooms and bad recorders: nothing stands twice, nothing is out of order or late.

`make bench-noise` measures six clips at every strength; this is one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.clips import read_named
from benchmarks.disturb import STRENGTHS
from benchmarks.noise import Measure, measuring
from transcribe.models.installed import InstalledModel

AUDIO = Path(__file__).resolve().parents[3] / "shared" / "audio"

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def measure() -> Iterator[Measure]:
    if not (AUDIO / "manifest.tsv").is_file():
        pytest.skip("the recordings are not in ../shared/audio")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRANSCRIBE_WORK_DIR", "")
        with measuring("tiny.en") as measure:
            yield measure


@pytest.mark.parametrize("kind", STRENGTHS)
def test_no_rule_is_broken(kind: str, measure: Measure, tiny_en_model: InstalledModel) -> None:
    (clip,) = read_named(AUDIO, ["sense-0920"])
    heard = measure(clip, kind, STRENGTHS[kind][1])
    assert heard.failures == (), (heard.text, heard.plain_text)
