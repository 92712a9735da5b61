"""What a language model's answers look like, and reading them without trusting them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from transcribe.core.chat import Answer, BadAnswer

MOST_ITEMS = 20
"""In one answer: titles of chapters are the most."""

MOST_CITED = 12
"""Sentences that one text can rest on; whoever cites more cites nothing."""

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "items": {
            "type": "array",
            "maxItems": MOST_ITEMS,
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "sentences": {"type": "array", "maxItems": MOST_CITED, "items": {"type": "integer"}},
                },
                "required": ["text", "sentences"],
            },
        }
    },
    "required": ["items"],
}
"""Of every answer. Small models write lists without end where nothing ends them: both are bounded. Texts
are not, since large bounds such as maxLength break grammars (llama.cpp issue 25746)."""

PLACEHOLDER = "what you write, on one line"
"""Stands for a text in the packaged system prompt; small models copy it."""

_THOUGHTS = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)


class Item(msgspec.Struct, frozen=True):
    """One thing a model wrote.

    Attributes:
        text: One line.
        sentences: Numbers it cites, from 1; may be wrong.
    """

    text: str
    sentences: tuple[int, ...] = ()


class _Items(msgspec.Struct, frozen=True):
    items: tuple[Item, ...]


def read_items(answer: Answer) -> tuple[Item, ...]:
    """The items of an answer; never none.

    Raises:
        BadAnswer: It is cut off, empty, or not what was asked for.
    """
    if answer.finish == "length":
        raise BadAnswer("the answer was cut off before its end")
    text = _THOUGHTS.sub("", answer.text).strip()
    if not text:
        raise BadAnswer("the answer is empty")
    start, end = text.find("{"), text.rfind("}") + 1
    try:
        found = msgspec.json.decode(text[start:end] if start >= 0 else text, type=_Items)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadAnswer("the answer is not the JSON that was asked for") from error
    items = tuple(Item(line, item.sentences) for item in found.items if (line := " ".join(item.text.split())))
    if not items:
        raise BadAnswer("the answer is empty")
    if all(item.text.casefold().startswith(PLACEHOLDER) for item in items):
        raise BadAnswer("the answer repeats the form it was to have")
    return items
