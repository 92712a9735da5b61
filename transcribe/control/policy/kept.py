"""A language model's answers to the questions of a policy, kept beside the transcript for its review.

Whoever edits the file may be a stranger: every field has limits, no text of it is shown but the name of the
model, and a quote counts only where the transcript has it. What it says passes nothing, as no answer does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from transcribe.control.policy.answers import MOST_QUOTE, Given
from transcribe.control.policy.answers import Verdict as GivenVerdict
from transcribe.control.policy.asking import NOT_ASKED, Asker, Missing, Reply, Why
from transcribe.control.policy.items import Question
from transcribe.core.digest import fingerprint
from transcribe.core.files import atomic_file
from transcribe.core.reading import read_bounded
from transcribe.core.text import plain_name, to_canonical_json
from transcribe.core.timecode import now
from transcribe.formats.sidecar import checked_beside, read_beside
from transcribe.jobs.memory import ANSWERS, people_locked
from transcribe.jobs.publish.outputs import target_path
from transcribe.models.store import Store
from transcribe.notes.sections import Line

SCHEMA, VERSION = "transcribe.answers", 1

MAX_BYTES = 16 * 1024 * 1024
MOST, MOST_SECTIONS, MOST_SEGMENTS = 500, 2000, 100

OTHER_TEXT = "asked of another text"
OTHER_QUESTION = "another question was asked"
OTHER_MODEL = "asked of another version of the model"

REASONS: Mapping[Why, str] = {
    "off-schema": "the answer is not in the form",
    "failed": "the model did not answer",
    "not asked": "no answer was waited for",
}
"""Why there is no answer about a section, for people."""

_Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
_Segment = Annotated[int, Meta(ge=0, le=2**31)]


class SectionRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model answered about a section, with its quote and the segments of the lines that it named."""

    answer: GivenVerdict | Why
    quote: Annotated[str, Meta(max_length=10 * MOST_QUOTE)] = ""
    segments: Annotated[tuple[_Segment, ...], Meta(max_length=MOST_SEGMENTS)] = ()


class AnswerRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model answered to one question, with the digests of that and of what it was given to read."""

    id: Annotated[str, Meta(max_length=64)]
    asked: _Digest
    text: _Digest
    writer: Annotated[str, Meta(max_length=64)]
    model: Annotated[str, Meta(max_length=200)]
    model_sha256: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")]
    when: Annotated[str, Meta(max_length=40)]
    sections: Annotated[tuple[SectionRecord, ...], Meta(min_length=1, max_length=MOST_SECTIONS)]


class AnswersDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    schema: Literal["transcribe.answers"]
    version: Literal[1]
    records: Annotated[tuple[AnswerRecord, ...], Meta(max_length=MOST)]


@dataclass(frozen=True)
class Kept:
    """Answers of an earlier check, asked as a model is; of another text, question or model they are none."""

    records: tuple[AnswerRecord, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Tells these answers from others."""
        return fingerprint(self.records) if self.records else ""

    def ask(
        self,
        questions: Sequence[Question],
        lines: Sequence[Line],
        duration_ms: int,  # noqa: ARG002
    ) -> Mapping[str, list[Reply]]:
        """What was answered to each question, by its id, about these lines."""
        known, text = {each.id: each for each in self.records}, _digest_of(lines)
        return {each.id: _replies(known.get(each.id), each, text) for each in questions}


@dataclass
class Keeper:
    """Asks a model, and remembers what it answers about one transcript."""

    asker: Asker
    records: list[AnswerRecord] = field(default_factory=list, init=False)

    def ask(
        self, questions: Sequence[Question], lines: Sequence[Line], duration_ms: int
    ) -> Mapping[str, list[Reply]]:
        """What the model answers, as `Asker.ask`."""
        replies = self.asker.ask(questions, lines, duration_ms)
        model, text = self.asker.identity, _digest_of(lines)
        for question in questions:
            sections = tuple(map(_section, replies[question.id]))
            if model and any(each.answer != "not asked" for each in sections):
                self.records.append(
                    AnswerRecord(
                        question.id,
                        _asked(question),
                        text,
                        model.writer,
                        model.model,
                        model.sha256,
                        now(),
                        sections,
                    )
                )
        return replies


def kept_answers(document: Path) -> Kept:
    """The answers that were kept of a transcript document; none where there is no file.

    Raises:
        InputError: Their file cannot be read, or is something else.
    """
    path = _sidecar(document)
    if not path.exists() and not path.is_symlink():
        return Kept()
    hint = "Put it right, or move it away, and ask again: transcribe policy check --writer"
    data = read_bounded(path, MAX_BYTES, "answers")
    read = read_beside(data, AnswersDocument, (SCHEMA, VERSION, "answers"), str(path), hint)
    return Kept(read.records)


def keep_answers(document: Path, records: Sequence[AnswerRecord]) -> None:
    """Keep answers in the place of those to the same questions; nobody else may read them.

    Raises:
        InputError: Those that are there cannot be read.
        OutputError: They cannot be written.
    """
    new = {each.id for each in records}
    with people_locked(document):
        others = [each for each in kept_answers(document).records if each.id not in new]
        kept = [*others, *records][-MOST:]
        content = checked_beside(AnswersDocument, (SCHEMA, VERSION, "answer"), kept)
        with atomic_file(_sidecar(document), private=True) as handle:
            handle.write(to_canonical_json(content) + b"\n")


def _replies(record: AnswerRecord | None, question: Question, text: str) -> list[Reply]:
    if record is None:
        return [NOT_ASKED]
    why = OTHER_QUESTION if record.asked != _asked(question) else OTHER_TEXT if record.text != text else ""
    why = why or (OTHER_MODEL if _is_replaced(record) else "")
    if why:
        return [Reply(Missing("not asked", why), ())]
    by = plain_name(record.model)
    return [replace(_reply(each), by=by) for each in record.sections]


def _reply(section: SectionRecord) -> Reply:
    if section.answer in REASONS:
        why: Why = section.answer  # type: ignore[assignment]
        return Reply(Missing(why, REASONS[why]), ())
    cues = tuple(range(1, len(section.segments) + 1))
    return Reply(Given(section.answer, section.quote, cues), section.segments)  # type: ignore[arg-type]


def _section(reply: Reply) -> SectionRecord:
    if isinstance(reply.given, Missing):
        return SectionRecord(reply.given.why)
    named = (reply.cues[cue - 1] for cue in reply.given.cues if 1 <= cue <= len(reply.cues))
    return SectionRecord(reply.given.verdict, reply.given.quote, tuple(named)[:MOST_SEGMENTS])


def _is_replaced(record: AnswerRecord) -> bool:
    """Whether other weights are installed under the name of the model by now."""
    if record.writer != "llama.cpp" or not record.model_sha256:
        return False
    return any(
        each.name == record.model and each.kind == "llm" and each.sha256 != record.model_sha256
        for each in Store().installed()
    )


def _asked(question: Question) -> str:
    return fingerprint(question.ask)


def _digest_of(lines: Sequence[Line]) -> str:
    return fingerprint(lines)


def _sidecar(document: Path) -> Path:
    return target_path(document.parent, document.name, ANSWERS)
