"""What a language model's answers look like, and reading them without trusting them.

An answer is one line for each thing, which begins with the numbers of the lines it rests on: `[3] Salt
tightens gluten.` It is the form that the transcript has in the question, and small models keep it where
they get lost in JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from transcribe.core.chat import Answer, BadAnswer

MOST_CITED = 4
"""Lines that one text can rest on; whoever cites more cites nothing."""

PLACEHOLDER = "what you write, on one line"
"""Stands for a text in the packaged system prompt; small models copy it."""

_THOUGHTS = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
_CITED = re.compile(r"[\[(]\s*(\d{1,6}(?:\s*(?:[,;–-]|and)\s*\[?\d{1,6}\]?)*)\s*[\])]")
_BULLET = re.compile(r"(?:[-–*•·>#]+|\d{1,2}[.)])\s+")


@dataclass(frozen=True)
class Item:
    """One thing a model wrote.

    Attributes:
        text: One line; may be empty where only numbers were asked for.
        lines: Numbers it cites, from 1; may be wrong.
    """

    text: str
    lines: tuple[int, ...] = ()


def form(most: int, *, texts: bool = True) -> str:
    """The grammar of an answer (llama.cpp's GBNF), for engines that can hold a model to it.

    Args:
        most: Lines; small models write lists without end where nothing ends them.
        texts: Whether a text follows the numbers.
    """
    text = ' " " [^\\n\\[\\]] [^\\n]*' if texts else ""
    return (
        f'root ::= line ("\\n" line){{0,{most - 1}}}\n'
        f'line ::= "[" number (", " number){{0,{MOST_CITED - 1 if texts else 0}}} "]"{text}\n'
        "number ::= [1-9] [0-9]{0,3}\n"
    )


def read_items(answer: Answer) -> tuple[Item, ...]:
    """The items of an answer; never none. Of one that was cut off, those that are complete.

    Raises:
        BadAnswer: It is empty, cut off in its first line, or repeats the form.
    """
    lines = _THOUGHTS.sub("", answer.text).strip().splitlines()
    if answer.finish == "length":
        lines = lines[:-1]
        if not lines:
            raise BadAnswer("the answer was cut off before its end")
    items = [item for item in map(_item, lines) if item.text or item.lines]
    cited = [item for item in items if item.lines]
    items = cited or [item for item in items if not item.text.endswith(":")]
    if not items:
        raise BadAnswer("the answer is empty")
    if all(item.text.casefold().startswith(PLACEHOLDER) for item in items):
        raise BadAnswer("the answer repeats the form it was to have")
    return tuple(items)


def _item(line: str) -> Item:
    """A line without its bullet, marks of emphasis and numbers."""
    numbers = [int(number) for match in _CITED.finditer(line) for number in re.findall(r"\d+", match[1])]
    text = _BULLET.sub("", _CITED.sub(" ", line).strip(), count=1)
    text = " ".join(text.replace("**", "").strip(" \t:").split())
    if len(text) > 1 and text[0] in "\"“„'" and text[-1] in "\"”“'":
        text = text[1:-1].strip()
    return Item(text, tuple(dict.fromkeys(numbers)))
