"""What a language model's answers look like, and reading them without trusting them.

An answer is one line for each thing. Small models keep that form where they get lost in JSON, and where they
would have to cite: what a text rests on is found by its words.
"""

from __future__ import annotations

import re
from itertools import pairwise

from transcribe.core.chat import Answer, BadAnswer

_THOUGHTS = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
_BULLET = re.compile(r"(?:[-–*•·>#]+|\(?\d{1,2}[.):\]])\s+")
_END = re.compile(r"(?<=\w{3})[.!?…](?=\s)|[。！？]")  # not behind "Dr."
_QUOTES = (('"', '"'), ("“", "”"), ("„", "”"), ("«", "»"))


def form(most: int) -> str:
    """The grammar of an answer (llama.cpp's GBNF), for engines that can hold a model to it.

    Args:
        most: Lines; small models write lists without end where nothing ends them.
    """
    return f'root ::= line ("\\n" line){{0,{most - 1}}}\nline ::= [^\\n]+\n'


def read_lines(answer: Answer) -> tuple[str, ...]:
    """The texts of an answer, each once; never none. Of one that was cut off, what ends with a sentence.

    Raises:
        BadAnswer: It is empty, or cut off in its first sentence.
    """
    lines = _THOUGHTS.sub("", answer.text).strip().splitlines()
    if answer.finish == "length" and lines:
        lines[-1] = lines[-1][: _sentences_end(lines[-1])]
        if not any(lines):
            raise BadAnswer("the answer was cut off before its end")
    texts = dict.fromkeys(text for text in map(_bare, lines) if text and not text.endswith(":"))
    if not texts:
        raise BadAnswer("the answer is empty")
    return tuple(texts)


def sentences_in(text: str) -> list[str]:
    """The sentences of a text, without the white space between them."""
    ends = [match.end() for match in _END.finditer(text)]
    parts = (text[start:end].strip() for start, end in pairwise([0, *ends, len(text)]))
    return [part for part in parts if part]


def _sentences_end(line: str) -> int:
    """Where the last whole sentence of a line ends; 0 where there is none."""
    return max((match.end() for match in _END.finditer(line)), default=0)


def _bare(line: str) -> str:
    """A line without its bullet, marks of emphasis and quotation marks around it."""
    text = _BULLET.sub("", line.strip(), count=1)
    text = " ".join(text.replace("**", "").split())
    quoted = any(text.startswith(left) and text.endswith(right) for left, right in _QUOTES)
    return text[1:-1].strip() if quoted and len(text) > 1 else text
