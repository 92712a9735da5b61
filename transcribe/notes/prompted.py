"""A writer that has a language model note the points of each section, and makes the rest of the points.

Each section is read once: the lines stand first in every question and the task last, so that an engine that
remembers what it read last reads only the task. Where chapters begin is not asked, only what they are called.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from transcribe.core.chat import BadAnswer, ChatModel
from transcribe.core.events import WriterAdvanced
from transcribe.notes.asking import Asking, Clock, Manner, Task, Usage
from transcribe.notes.sections import Line, cut_into_sections, evenly, fitting
from transcribe.notes.weighing import Weighed, pick, weigh
from transcribe.notes.writer import Draft, Drafts, Material, Part, Sentence

FEW_WORDS, SHORT_WORDS = 12, 60
"""Below the first nothing is asked; below the second only what a few sentences can give."""

SECTION_TOKENS = 500
"""The longest section, some two minutes of speech: of more, small models tell the beginning."""

POINTS, LEAST_POINTS, MOST_POINTS = 16, 2, 4
"""Of all sections together, a long summary's 150 to 300 words; of one."""

LONG_SUMMARY_POINTS = 25
"""Points of many sections that make a long summary, at equal distances."""

QUOTED_SECTIONS = 6
"""Sections that are asked for a quote."""

FOR_SECTIONS = 2 / 3
"""Share of the budget in which sections are read; the rest is for what is made of their points."""

GIVE_UP = 2
"""Sections of which nothing usable was noted, before anything was, after which a model is given up."""

TITLE = Task("title", "chapters", 24, 1, short=True)
NOTE = Task("points", "long_summary", 200, MOST_POINTS)
QUOTE = Task("quotes", "quotes", 80, 1)
WHOLE = (
    Task("summary", "summary", 120, 2, short=True),
    Task("titles", "titles", 80, 4, short=True),
    Task("keywords", "keywords", 80, 8, short=True),
    Task("takeaways", "takeaways", 180, 5),
    Task("social_post", "social_post", 80, 2, short=True),
)
"""What is made of all points, what costs least first."""

TASKS = (TITLE, NOTE, QUOTE, *WHOLE)

PROMPTS = ("system", "source", *(task.prompt for task in TASKS))


class PromptedWriter:
    """A `Writer` over any `ChatModel`."""

    def __init__(self, model: ChatModel, manner: Manner, clock: Clock = time.monotonic) -> None:
        self.name = model.identity.writer
        self.died = ""
        self.usage = Usage()
        self._model, self._manner, self._clock = model, manner, clock

    def write(self, material: Material, progress: Callable[[WriterAdvanced], None]) -> Drafts:
        """Propose notes; `usage` then says what they cost.

        Raises:
            TranscribeError: The model cannot be asked at all, or reads too little at a time.
        """
        asking = Asking(self._model, self._manner, material, progress, self._clock)
        notes = _Notes(asking, material)
        try:
            notes.write()
        finally:
            self.usage, self.died = asking.usage, asking.died
        identity = self._model.identity
        return Drafts(
            tuple(notes.drafts),
            tuple(notes.failed.items()),
            identity.version,
            identity.model,
            identity.sha256,
            identity.licence,
            self._manner.prompts.sha256(PROMPTS, self._manner.tone),
        )

    def close(self) -> None:
        """Give the model's memory and connections back."""
        self._model.close()


class _Notes:
    """What is written about one recording.

    Attributes:
        drafts: What was written.
        failed: Parts that were not, with the reason, for people.
    """

    def __init__(self, asking: Asking, material: Material) -> None:
        self.drafts: list[Draft] = []
        self.failed: dict[Part, str] = {}
        self._asking = asking
        self._material = material

    def write(self) -> None:
        """Ask for whatever the recording has enough words for."""
        words = _words(self._material.sentences)
        wanted = [task for task in TASKS if words >= (FEW_WORDS if task.short else SHORT_WORDS)]
        self.failed.update((task.part, "too little was said") for task in TASKS if task not in wanted)
        if wanted:
            self._ask(wanted)
        points = [draft for draft in self.drafts if draft.part == NOTE.part]
        others = [draft for draft in self.drafts if draft.part != NOTE.part]
        self.drafts = [*evenly(points, LONG_SUMMARY_POINTS), *others]
        written = {draft.part for draft in self.drafts}
        unread = self.failed.get(NOTE.part, "nothing was written")  # of a part that was not asked for then
        self.failed = {
            task.part: self.failed.get(task.part, unread) for task in TASKS if task.part not in written
        }

    def _ask(self, wanted: Sequence[Task]) -> None:
        room = self._asking.room(wanted)
        self._asking.total = len(wanted)
        lines = [
            Line(sentence.text, (number,), sentence.speaker)
            for number, sentence in enumerate(self._material.sentences)
        ]
        if NOTE in wanted:
            lines = self._read(lines, room)
        else:
            self._attempt(TITLE, lines)
        lines = fitting(lines, room, self._asking.model.count)
        for task in WHOLE:
            if task in wanted:
                self._attempt(task, lines)

    def _read(self, lines: Sequence[Line], room: int) -> list[Line]:
        """The points of all chapters, section by section, and the chapters' titles."""
        topics = self._material.topics
        sections = [
            (section, number == 0)
            for first, end in pairwise([*topics, len(lines)])
            for number, section in enumerate(
                cut_into_sections(lines[first:end], min(room, SECTION_TOKENS), self._asking.model.count)
            )
        ]
        note = replace(NOTE, most=max(LEAST_POINTS, min(MOST_POINTS, POINTS // len(sections))))
        every = -(-len(sections) // QUOTED_SECTIONS)
        self._asking.total = len(sections) + len(topics) + -(-len(sections) // every) + len(WHOLE)
        told = _Telling(self._material)
        points: list[Line] = []
        noted = 0
        for number, (section, begins_chapter) in enumerate(sections):
            found = self._attempt(note, section, FOR_SECTIONS)
            noted += bool(found)
            points += found or told.most_telling(section, note.most)
            if not noted and number + 1 == min(GIVE_UP, len(sections)):
                self._asking.give_up(self.failed[NOTE.part])
            if found and begins_chapter:
                self._attempt(TITLE, section, FOR_SECTIONS)
            if found and number % every == 0:
                self._attempt(QUOTE, section, FOR_SECTIONS)
        return points

    def _attempt(self, task: Task, lines: Sequence[Line], within: float = 1.0) -> list[Line]:
        """Drafts that rest on some of the lines; nothing where none is of use, and the reason is kept."""
        try:
            texts = self._asking.ask(lines, task, within)
        except BadAnswer as error:
            self.failed[task.part] = error.what
            return []
        sentences = tuple(sorted({number for line in lines for number in line.sentences}))
        texts = tuple(filter(None, (self._without_speaker(text) for text in texts)))
        self.drafts += [Draft(task.part, text, sentences) for text in texts]
        return [Line(text, sentences) for text in texts]

    def _without_speaker(self, text: str) -> str:
        """A text without the name of who says it, which small models copy from the lines that they read."""
        name, colon, rest = text.partition(":")
        return rest.strip() if colon and name.strip() in self._speakers else text

    @cached_property
    def _speakers(self) -> frozenset[str]:
        return frozenset(sentence.speaker for sentence in self._material.sentences if sentence.speaker)


class _Telling:
    """Sentences in the place of points; they are weighed when they are first needed."""

    def __init__(self, material: Material) -> None:
        self._material = material

    @cached_property
    def _weighed(self) -> Weighed:
        return weigh(self._material, ())

    def most_telling(self, section: Sequence[Line], count: int) -> list[Line]:
        """The best sentences of a section, in order; the first where none is good."""
        within = {number for line in section for number in line.sentences}
        known = [index for index in self._weighed.candidates if index in within]
        chosen = pick(self._weighed, known, count, self._weighed.scores.__getitem__)
        sentences = self._material.sentences
        lines = [Line(sentences[index].text, (index,), sentences[index].speaker) for index in chosen]
        return lines or list(section[:count])


def _words(sentences: Iterable[Sentence]) -> int:
    """Words, or what is worth as many in scripts without spaces between them."""
    return sum(max(len(sentence.text.split()), len(sentence.text) // 8) for sentence in sentences)
