"""A model that goes in circles is noticed; one that writes a long list is not."""

from __future__ import annotations

import json

import pytest

from transcribe.engines.llm.circles import goes_in_circles

START = '{"items": [{"text": "Glass carries light for miles, as he told his son.", "sentences": [1, 2]}, '
ITEM = '{{"text": "It was the best of times, it was the worst of times.", "sentences": [{}]}}, '


@pytest.mark.parametrize(
    "text",
    [
        START + "".join(ITEM.format(number) for number in range(8, 12)),
        START + '{"text": "' + "It was the age of wisdom, " * 8,
        START + '{"text": "ha' + " ha" * 120,
        START + '{"text": "It was", "sentences": [' + ", ".join(map(str, range(1, 100))),
        START + " " * 400,
    ],
)
def test_circles(text: str) -> None:
    assert goes_in_circles(text)


def test_they_are_noticed_early() -> None:
    text = START + "".join(ITEM.format(number) for number in range(100))
    noticed = next(at for at in range(len(text)) if goes_in_circles(text[:at]))
    assert noticed < len(START) + 4 * len(ITEM)


@pytest.mark.parametrize(
    "text",
    [
        "",
        START,
        START + ITEM.format(7) * 2,
        json.dumps({"items": [{"text": f"Keyword {name}", "sentences": [1]} for name in "abcdefgh"]}),
        '{"items": [{"text": "All of it.", "sentences": [' + ", ".join(map(str, range(100, 140))),
        "x" * 159,
    ],
)
def test_no_circles(text: str) -> None:
    assert not goes_in_circles(text)
