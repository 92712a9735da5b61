"""The form of a language model's answer to a question of a policy, and reading it without trusting it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from transcribe.core.chat import Answer
from transcribe.core.decoding import decode

Verdict = Literal["yes", "no", "unsure", "not said"]
"""What a model may answer."""

MOST_CUES, MOST_QUOTE = 4, 300
"""Lines that an answer may name, and characters of its quote."""

MAX_TOKENS = 160
"""Of an answer: the form, and a quote of 40 words of Polish at three tokens each."""

GRAMMAR = rf"""
root ::= "{{\"cues\": [" (some | none) "\"}}"
some ::= cue (", " cue){{0,{MOST_CUES - 1}}} quote char{{1,{MOST_QUOTE}}} verdict ("yes" | "no" | "unsure")
none ::= quote verdict ("not said" | "unsure")
quote ::= "], \"quote\": \""
verdict ::= "\", \"verdict\": \""
char ::= [^"\\\x00-\x1F]
cue ::= [1-9] [0-9]{{0,2}}
"""
"""The form in llama.cpp's GBNF. The verdict stands last: small models that give it first quote any line."""

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "cues": {"type": "array", "items": {"type": "integer"}},
        "quote": {"type": "string"},
        "verdict": {"type": "string", "enum": ["yes", "no", "unsure", "not said"]},
    },
    "required": ["cues", "quote", "verdict"],
    "additionalProperties": False,
}
"""The form as a JSON Schema, without bounds, at which some servers fail (llama.cpp issue 25746)."""

_THOUGHTS = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
_FENCED = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer in the form.

    Attributes:
        quote: What it rests on, as the model says; may be invented.
        cues: Numbers of lines, as the model says; may be wrong.
    """

    verdict: Verdict
    quote: Annotated[str, Meta(max_length=10 * MOST_QUOTE)] = ""
    cues: Annotated[tuple[int, ...], Meta(max_length=100)] = ()


def read(answer: Answer) -> Given | None:
    """The answer; None where it is not in the form."""
    text = _THOUGHTS.sub("", answer.text).strip()
    fenced = _FENCED.fullmatch(text)
    try:
        return decode(fenced[1] if fenced else text, Given)
    except (msgspec.MsgspecError, UnicodeError):
        return None
