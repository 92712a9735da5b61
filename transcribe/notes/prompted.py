"""A writer that asks a language model part by part, over the whole transcript or section by section.

The transcript stands first in every prompt and the task last, so that an engine that remembers what it
read last reads a section once for all its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil

from transcribe.core.chat import Answer, BadAnswer, ChatModel, Question
from transcribe.core.errors import ModelError, TranscribeError
from transcribe.core.events import WriterAdvanced
from transcribe.core.own_process import Died
from transcribe.notes.answers import SCHEMA, Item, read_items
from transcribe.notes.prompts import Prompts, language_name
from transcribe.notes.sections import Line, cut_into_sections
from transcribe.notes.writer import Draft, Drafts, Material, Part, Sentence

Tell = Callable[[WriterAdvanced], None]

TEMPLATE_TOKENS = 64
"""What a model's chat template puts around a question; the longest known ones need about 40."""

LEAST_ROOM = 128
"""Tokens of transcript that a prompt must have room for, about five sentences."""

TOPICS_AT_A_TIME = 20
"""Chapters titled in one answer."""

FEW_WORDS, SHORT_WORDS = 12, 60
"""Below the first nothing is asked; below the second only what a few sentences can give."""


@dataclass(frozen=True)
class Task:
    """One part to write.

    Attributes:
        part: Which; the prompt has the same name.
        tokens: Longest answer.
        most: Items kept.
        short: Whether it is asked of a few sentences, too.
    """

    part: Part
    tokens: int
    most: int
    short: bool = False


TASKS = (
    Task("summary", 400, 3, short=True),
    Task("long_summary", 1200, 16),
    Task("takeaways", 700, 8),
    Task("quotes", 700, 6),
    Task("titles", 400, 5, short=True),
    Task("keywords", 400, 12, short=True),
    Task("social_post", 300, 3, short=True),
)
QUOTES_PER_SECTION = 3
POINTS, POINTS_TOKENS = 10, 900
"""What is noted of a section of a long transcript, and the longest answer."""

PROMPTS = ("system", "source", "points", "chapters", *(task.part for task in TASKS))


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


class PromptedWriter:
    """A `Writer` over any `ChatModel`.

    Args:
        tone: Put before the system prompt.
    """

    def __init__(self, model: ChatModel, prompts: Prompts, tone: str = "", temperature: float = 0.2) -> None:
        self.name = model.identity.writer
        self.died = ""
        self.usage = Usage()
        self._model = model
        self._prompts = prompts
        self._tone = tone
        self._temperature = temperature

    def write(self, material: Material, progress: Tell) -> Drafts:
        """Propose notes; `usage` then says what they cost.

        Raises:
            TranscribeError: The model cannot be asked at all, or reads too little at a time.
        """
        self.usage, self.died = Usage(), ""
        run = _Run(self._model, self._prompts, self._system(material), self._temperature, progress)
        words = _words(material.sentences)
        unasked = [task.part for task in TASKS if words < (FEW_WORDS if task.short else SHORT_WORDS)]
        run.failed.update((part, "too little was said") for part in unasked)
        if words >= FEW_WORDS:
            try:
                _write(run, material)
            finally:
                self.usage, self.died = run.usage, run.died
        else:
            run.failed["chapters"] = "too little was said"
        identity = self._model.identity
        return Drafts(
            tuple(run.drafts),
            tuple(run.failed.items()),
            identity.version,
            identity.model,
            identity.sha256,
            identity.licence,
            self._prompts.sha256(PROMPTS, self._tone),
        )

    def close(self) -> None:
        """Give the model's memory and connections back."""
        self._model.close()

    def _system(self, material: Material) -> str:
        language = language_name(material.notes_language or material.language)
        return self._prompts.render("system", tone=self._tone, language=language, show=material.show.title)


class _Run:
    """One episode's questions, and what became of them."""

    def __init__(
        self, model: ChatModel, prompts: Prompts, system: str, temperature: float, tell: Tell
    ) -> None:
        self.model, self.prompts, self.system, self.temperature, self.tell = (
            model, prompts, system, temperature, tell,
        )  # fmt: skip
        self.drafts: list[Draft] = []
        self.failed: dict[Part, str] = {}
        self.usage = Usage()
        self.done, self.total = 0, 1
        self.died = ""
        self._stopped = ""
        self._source, self._speed = "", 0.0

    def room(self, tasks: Iterable[tuple[str, int]]) -> int:
        """Tokens of transcript that fit beside the longest of these tasks and its answer.

        Raises:
            ModelError: There is hardly any.
        """
        fixed = TEMPLATE_TOKENS + self.model.count(self.system)
        counted = [(self.model.count(task), tokens) for task, tokens in tasks]
        room = self.model.context - fixed - max(asked + self.longest(tokens) for asked, tokens in counted)
        if room < LEAST_ROOM:
            # An answer's quarter grows with the context: the rest has to fit into the other three.
            needed = ceil((fixed + max(asked for asked, _ in counted) + LEAST_ROOM) * 4 / 3)
            raise ModelError(
                f"{self.model.identity.model} reads {self.model.context:,} tokens at a time, "
                f"too few for notes; about {needed:,} are needed",
                "Choose another model, or give it a larger context with --writer-context",
            )
        return room

    def longest(self, tokens: int) -> int:
        """Room for an answer: no more than a quarter of what the model holds."""
        return min(tokens, self.model.context // 4)

    def ask(self, source: str, prompt: str, tokens: int, values: dict[str, object]) -> tuple[Item, ...]:
        """The items of an answer; asked twice at the most.

        Raises:
            BadAnswer: Neither was of use, or there is nobody to ask any more.
            TranscribeError: There is nobody to ask, and nothing was answered before.
        """
        task = self.prompts.render(prompt, **values)
        self.tell(WriterAdvanced(prompt.replace("_", " "), self.done, self.total, self._speed))
        self.done += 1
        question = Question(
            self.system, f"{source}\n\n{task}", SCHEMA, self.longest(tokens), self.temperature
        )
        try:
            return self._answered(question, source, task)
        except BadAnswer as error:
            if not error.again:
                raise
            room = self.model.context - self.model.count(self.system + question.text) - TEMPLATE_TOKENS
            changed = replace(
                question,
                temperature=min(1.0, self.temperature + 0.4),
                seed=question.seed + 1,
                max_tokens=max(question.max_tokens, min(2 * question.max_tokens, room)),
            )
            return self._answered(changed, source, task)

    def _answered(self, question: Question, source: str, task: str) -> tuple[Item, ...]:
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
        new = self.model.count(task) + (0 if known else self.model.count(self.system + source))
        self.usage = self.usage.plus(answer, new)
        self._source, self._speed = source, answer.tokens_per_second
        return read_items(answer)

    def attempt(
        self, part: Part, source: str, prompt: str, tokens: int, values: dict[str, object]
    ) -> tuple[Item, ...]:
        """Like `ask`, but failures are noted for the part."""
        try:
            return self.ask(source, prompt, tokens, values)
        except BadAnswer as error:
            self.failed[part] = error.what
            return ()

    def source(self, lines: Sequence[Line]) -> str:
        """The lines as a prompt shows them."""
        return self.prompts.render("source", lines=lines)


def _write(run: _Run, material: Material) -> None:
    words = _words(material.sentences)
    tasks = [task for task in TASKS if task.short or words >= SHORT_WORDS]
    lines = [
        Line(sentence.text, (number,), sentence.speaker) for number, sentence in enumerate(material.sentences)
    ]
    room = run.room(_with_tokens(run, tasks, material))
    sections = cut_into_sections(lines, room, run.model.count, material.topics)
    if len(sections) == 1:
        run.total = len(tasks) + 1
        source = run.source(sections[0])
        _title_chapters(run, material, source, range(len(material.sentences)))
        _ask_all(run, tasks, source, len(material.sentences))
    else:
        _write_long(run, material, tasks, sections, room)


def _write_long(
    run: _Run, material: Material, tasks: Sequence[Task], sections: Sequence[tuple[Line, ...]], room: int
) -> None:
    """Points, chapters and quotes of every section; the rest from all points together."""
    whole = [task for task in tasks if task.part != "quotes"]
    run.total = 3 * len(sections) + len(whole)
    points: list[Line] = []
    for section in sections:
        source = run.source(section)
        points += _points(run, source, len(material.sentences))
        _title_chapters(run, material, source, {line.sentences[0] for line in section})
        quotes = run.attempt("quotes", source, "quotes", 500, {"most": QUOTES_PER_SECTION})
        run.drafts += _drafts("quotes", quotes[:QUOTES_PER_SECTION], len(material.sentences))
    if any(draft.part == "quotes" for draft in run.drafts):
        run.failed.pop("quotes", None)
    try:
        source = run.source(_condensed(run, points, room, len(material.sentences)))
    except BadAnswer as error:
        run.failed.update((task.part, error.what) for task in whole)
    else:
        _ask_all(run, whole, source, len(material.sentences))


def _condensed(run: _Run, points: Sequence[Line], room: int, sentences: int) -> Sequence[Line]:
    """Points that fit into one prompt, summed up again until they do; those of a failed answer are kept.

    Raises:
        BadAnswer: There are none, or they do not get shorter.
    """
    if not points:
        raise BadAnswer("no section could be summed up", again=False)
    while len(sections := cut_into_sections(points, room, run.model.count)) > 1:
        run.total += len(sections)
        shorter: list[Line] = []
        for section in sections:
            shorter += _points(run, run.source(section), sentences) or section
        if _length(shorter) >= _length(points):
            raise BadAnswer("the points of the sections do not get shorter", again=False)
        points = shorter
    return points


def _length(lines: Iterable[Line]) -> int:
    return sum(len(line.text) for line in lines)


def _points(run: _Run, source: str, sentences: int) -> list[Line]:
    try:
        items = run.ask(source, "points", POINTS_TOKENS, {"most": POINTS})
    except BadAnswer:
        return []
    cited = [(item.text, _positions(item.sentences, sentences)) for item in items[:POINTS]]
    return [Line(text, positions[:4]) for text, positions in cited if positions]


def _ask_all(run: _Run, tasks: Sequence[Task], source: str, sentences: int) -> None:
    for task in tasks:
        items = run.attempt(task.part, source, task.part, task.tokens, {"most": task.most})
        run.drafts += _drafts(task.part, items[: task.most], sentences)


def _title_chapters(run: _Run, material: Material, source: str, within: Iterable[int]) -> None:
    """A title for every topic that begins in these sentences."""
    inside = set(within)
    topics = [topic for topic in material.topics if topic in inside]
    for start in range(0, len(topics), TOPICS_AT_A_TIME):
        some = topics[start : start + TOPICS_AT_A_TIME]
        values: dict[str, object] = {"topics": [topic + 1 for topic in some]}
        items = run.attempt("chapters", source, "chapters", 60 + 50 * len(some), values)
        titles = {_topic_of(item, some): item.text for item in reversed(items)}
        run.drafts += [Draft("chapters", titles[topic], (topic,)) for topic in some if topic in titles]


def _topic_of(item: Item, topics: Sequence[int]) -> int:
    """The topic a title is meant for: the last that begins at or before the first sentence it cites."""
    first = min(item.sentences, default=0) - 1
    return max((topic for topic in topics if topic <= first), default=topics[0])


def _drafts(part: Part, items: Iterable[Item], sentences: int) -> list[Draft]:
    return [Draft(part, item.text, _positions(item.sentences, sentences)) for item in items]


def _positions(numbers: Iterable[int], sentences: int) -> tuple[int, ...]:
    return tuple(sorted({number - 1 for number in numbers if 0 < number <= sentences}))


def _with_tokens(run: _Run, tasks: Sequence[Task], material: Material) -> list[tuple[str, int]]:
    """Every task as it is asked, with the longest answer."""
    topics = list(material.topics[-TOPICS_AT_A_TIME:])
    asked = [(run.prompts.render(task.part, most=task.most), task.tokens) for task in tasks]
    asked.append((run.prompts.render("chapters", topics=topics), 60 + 50 * len(topics)))
    return [*asked, (run.prompts.render("points", most=POINTS), POINTS_TOKENS)]


def _words(sentences: Sequence[Sentence]) -> int:
    """Words, or what is worth as many in scripts without spaces between them."""
    return sum(max(len(sentence.text.split()), len(sentence.text) // 8) for sentence in sentences)
