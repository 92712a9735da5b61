"""Asking a language model about one episode: one question at a time, within a budget, until it is in vain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil

from transcribe.core.chat import Answer, BadAnswer, ChatModel, Question
from transcribe.core.errors import ModelError, TranscribeError
from transcribe.core.events import WriterAdvanced
from transcribe.core.own_process import Died
from transcribe.notes.answers import form, read_lines
from transcribe.notes.budget import LEAST_ROOM, OUT_OF_TIME, TEMPLATE_TOKENS, budget_of
from transcribe.notes.degenerate import FOREIGN, degenerate
from transcribe.notes.prompts import Prompts, language_name
from transcribe.notes.sections import Line
from transcribe.notes.writer import Material, Part

Tell = Callable[[WriterAdvanced], None]
Clock = Callable[[], float]

LEAST_ANSWER = 24
"""Tokens of an answer below which there is no use in asking."""

MOST_SPENT = 2 / 3
"""Share of the budget after which nothing is asked twice."""


@dataclass(frozen=True)
class Task:
    """A question about some lines.

    Attributes:
        prompt: Name of its template.
        part: What the answer is for, by which it is checked.
        tokens: Longest answer.
        most: Lines of the answer.
        short: Whether it is asked of a few sentences, too.
    """

    prompt: str
    part: Part
    tokens: int
    most: int
    short: bool = False


@dataclass(frozen=True)
class Usage:
    """What the answers cost.

    Attributes:
        answers: How many came, useless ones too.
        prompt_tokens: Tokens of all questions together.
        read_tokens: How many of them were read, the rest being remembered; as far as engines tell.
        reread_tokens: How many of those had been read for an earlier question.
        read_seconds: Time for reading, as far as engines tell.
        reread_seconds: How much of that went into what had been read before.
        tokens: Tokens of all answers together.
        seconds: Time for all of it.
    """

    answers: int = 0
    prompt_tokens: int = 0
    read_tokens: int = 0
    reread_tokens: int = 0
    read_seconds: float = 0.0
    reread_seconds: float = 0.0
    tokens: int = 0
    seconds: float = 0.0

    def plus(self, answer: Answer, new_tokens: int) -> Usage:
        """With another answer, to a question of which `new_tokens` had not been asked before."""
        read = answer.prompt_tokens if answer.read_tokens is None else answer.read_tokens
        again = max(0, read - new_tokens - TEMPLATE_TOKENS)
        return Usage(
            self.answers + 1,
            self.prompt_tokens + answer.prompt_tokens,
            self.read_tokens + read,
            self.reread_tokens + again,
            self.read_seconds + answer.read_seconds,
            self.reread_seconds + (answer.read_seconds * again / read if read else 0.0),
            self.tokens + answer.tokens,
            self.seconds + answer.seconds,
        )

    @property
    def reread(self) -> float:
        """Share of the questions' tokens that were read again though they had been read before, 0 to 1."""
        return self.reread_tokens / self.prompt_tokens if self.prompt_tokens else 0.0

    @property
    def reread_time(self) -> float:
        """Share of all the time that went into reading again, 0 to 1."""
        return self.reread_seconds / self.seconds if self.seconds else 0.0

    @property
    def tokens_per_second(self) -> float:
        """How fast answers are written, reading aside; 0 before the first."""
        writing = self.seconds - self.read_seconds
        return self.tokens / writing if writing > 0 else 0.0


@dataclass(frozen=True)
class Manner:
    """How a language model is asked.

    Attributes:
        tone: Put before the system prompt.
        budget_s: Seconds that the notes of a recording may take; 0: by its length.
        better: Names models that do better, for people, by the language to write in; may say nothing.
    """

    prompts: Prompts
    tone: str = ""
    temperature: float = 0.2
    budget_s: float = 0.0
    better: Callable[[str], str] = lambda _: ""


class Asking:
    """The questions about one recording, and what became of them.

    Attributes:
        total: Questions in all, as far as that is known.
        died: How the engine died, for people.
    """

    def __init__(
        self, model: ChatModel, manner: Manner, material: Material, tell: Tell, clock: Clock
    ) -> None:
        self.model, self.usage, self.died = model, Usage(), ""
        self.done, self.total = 0, 1
        self._manner, self._prompts, self._tell, self._clock = manner, manner.prompts, tell, clock
        self._language = material.notes_language or material.language
        self._named = language_name(self._language)
        self._system = self._prompts.render(
            "system", tone=manner.tone, language=self._named, show=material.show.title
        )
        self._start, self._seconds = clock(), manner.budget_s or budget_of(material.duration_ms)
        self._stopped, self._source = "", ""

    @property
    def spent(self) -> float:
        """Share of the budget that is used up, from 0; more than 1 where it was not enough."""
        return (self._clock() - self._start) / self._seconds

    def give_up(self, reason: str) -> None:
        """Ask nothing more."""
        self._stopped = f"{reason}{self._manner.better(self._language)}"

    def room(self, tasks: Iterable[Task]) -> int:
        """Tokens of lines that fit beside the longest of these tasks and its answer.

        Raises:
            ModelError: There are hardly any.
        """
        count = self.model.count
        fixed = TEMPLATE_TOKENS + count(self._system)
        counted = [(count(self._order(task)), task.tokens) for task in tasks]
        room = self.model.context - fixed - max(asked + self._longest(tokens) for asked, tokens in counted)
        if room < LEAST_ROOM:
            # An answer's quarter grows with the context: the rest has to fit into the other three.
            needed = ceil((fixed + max(asked for asked, _ in counted) + LEAST_ROOM) * 4 / 3)
            raise ModelError(
                f"{self.model.identity.model} reads {self.model.context:,} tokens at a time, "
                f"too few for notes; about {needed:,} are needed",
                "Choose another model, or give it a larger context with --writer-context",
            )
        return room

    def ask(self, lines: Sequence[Line], task: Task, within: float = 1.0) -> tuple[str, ...]:
        """The texts of an answer about some lines; asked twice at the most.

        Args:
            within: Share of the budget of which enough has to be left.

        Raises:
            BadAnswer: Neither was of use, there is no time, or there is nobody to ask any more.
            TranscribeError: There is nobody to ask, and nothing was answered before.
        """
        source, order = self._prompts.render("source", lines=lines), self._order(task)
        self.total = max(self.total, self.done + 1)
        label = task.prompt.replace("_", " ")
        self._tell(WriterAdvanced(label, self.done, self.total, self.usage.tokens_per_second))
        self.done += 1
        tokens = self._longest(task.tokens)
        question = Question(
            self._system,
            f"{source}\n\n{order}",
            form(task.most),
            tokens,
            self._manner.temperature,
        )
        try:
            return self._answered(self._in_time(question, within), source, order, task)
        except BadAnswer as error:
            if not error.again or self.spent > MOST_SPENT:
                raise
            room = self.model.context - self.model.count(self._system + question.text) - TEMPLATE_TOKENS
            changed = replace(
                question,
                temperature=min(1.0, self._manner.temperature + 0.4),
                seed=question.seed + 1,
                max_tokens=max(tokens, min(2 * tokens, room)),
            )
            return self._answered(self._in_time(changed, within), source, order, task)

    def _order(self, task: Task) -> str:
        return self._prompts.render(task.prompt, most=task.most, language=self._named)

    def _longest(self, tokens: int) -> int:
        """Room for an answer: no more than a quarter of what the model holds."""
        return min(tokens, self.model.context // 4)

    def _in_time(self, question: Question, within: float) -> Question:
        """The question with an answer that fits into the budget.

        Raises:
            BadAnswer: There is too little time for any.
        """
        left = (within - self.spent) * self._seconds
        speed = self.usage.tokens_per_second
        most = int(left * speed) if speed else question.max_tokens
        if left <= 0 or most < min(LEAST_ANSWER, question.max_tokens):
            raise BadAnswer(OUT_OF_TIME, again=False)
        return replace(question, max_tokens=min(question.max_tokens, most))

    def _answered(self, question: Question, source: str, order: str, task: Task) -> tuple[str, ...]:
        if self._stopped:
            raise BadAnswer(self._stopped, again=False)
        try:
            answer = self.model.answer(question)
        except BadAnswer:
            raise
        except TranscribeError as error:
            self.died = str(error) if isinstance(error, Died) else ""
            if not self.usage.answers:
                raise
            self._stopped = str(error)
            raise BadAnswer(str(error), again=False) from error
        known = source == self._source
        new = self.model.count(order) + (0 if known else self.model.count(self._system + source))
        self.usage, self._source = self.usage.plus(answer, new), source
        return self._checked(read_lines(answer), task, order)

    def _checked(self, texts: Sequence[str], task: Task, order: str) -> tuple[str, ...]:
        """The texts, unless they are none for people; another language is not asked for again."""
        if task.part == "keywords":  # however they are listed
            parts = (part.strip(" .") for text in texts for part in re.split(r"[,;、，]", text))
            texts = [part for part in parts if part]
        if reason := degenerate(texts, task.part, self._language, order):
            raise BadAnswer(reason, again=reason != FOREIGN)  # a model's language does not change
        return tuple(texts[: task.most])
