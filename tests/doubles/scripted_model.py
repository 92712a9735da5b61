"""A language model whose answers are written down beforehand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from transcribe.core.chat import Answer, ChatIdentity, Finish, Question

Say = Callable[[Question], str]


def items(*texts: str, sentences: tuple[int, ...] = (1,)) -> str:
    """The JSON of an answer."""
    return json.dumps({"items": [{"text": text, "sentences": list(sentences)} for text in texts]})


def obedient(question: Question) -> str:
    """Titles for the topics it is told, and else a text that cites the first sentence it sees."""
    if found := re.search(r"begin at these sentences: ([\d, ]+)\.", question.text):
        topics = [int(number) for number in found[1].split(",")]
        made = [{"text": f"Topic {topic}", "sentences": [topic]} for topic in topics]
        return json.dumps({"items": made})
    first = re.search(r"^\[(\d+)", question.text, re.MULTILINE)
    assert first is not None
    return items("It says so.", sentences=(int(first[1]),))


class ScriptedModel:
    """A `ChatModel` for which a token is a word."""

    def __init__(self, say: Say = obedient, context: int = 4000, finish: Finish = "stop") -> None:
        self.identity = ChatIdentity("llama.cpp", "double 1", "scripted", "ab" * 32, "MIT")
        self.context = context
        self.asked: list[Question] = []
        self.closed = False
        self._say = say
        self._finish: Finish = finish

    def count(self, text: str) -> int:
        return len(text.split())

    def answer(self, question: Question) -> Answer:
        self.asked.append(question)
        tokens = self.count(question.system + " " + question.text)
        assert tokens + question.max_tokens <= self.context, "the question does not fit"
        return Answer(self._say(question), self._finish, tokens, tokens, 10, 0.5)

    def close(self) -> None:
        self.closed = True
