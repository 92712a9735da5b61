"""What `--speakers` says."""

from __future__ import annotations

import pytest

from transcribe.core.settings import OPTIONS, Settings
from transcribe.core.speaker_count import SpeakerCount

SPEAKERS = OPTIONS["speakers"]


@pytest.mark.parametrize(
    ("asked", "counted"),
    [
        ("off", None),
        ("auto", (1, None)),
        ("2", (2, 2)),
        ("2-4", (2, 4)),
        (" 3 - 3 ", (3, 3)),
        ("AUTO", (1, None)),
    ],
)
def test_how_many_speakers_there_may_be(asked: str, counted: tuple[int, int | None] | None) -> None:
    parsed = SpeakerCount.parse(asked)
    assert ((parsed.fewest, parsed.most) if parsed else None) == counted
    assert SpeakerCount.parse(str(parsed)) == parsed


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("0", "there are 1 to 100"),
        ("0-3", "there are 1 to 100"),
        ("101", "there are 1 to 100"),
        ("4-2", "first number is larger"),
        ("-2", "not a number"),
        ("two", "not a number"),
        ("2-", "not a number"),
        ("99999", "not a number"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(asked: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SpeakerCount.parse(asked)


def test_it_is_parsed_where_it_enters() -> None:
    assert Settings.of(speakers=3).speakers.speakers == Settings.of(speakers="3-3").speakers.speakers
    with pytest.raises(ValueError, match=r"^--speakers 'two': not a number of speakers; say auto"):
        SPEAKERS.convert("two", "--speakers")
    assert SPEAKERS.show(Settings().speakers.speakers) == "off"
