"""One pass of a policy over an episode: a verdict for each rule and question, with what was found.

A clear pass of a rule needs nobody. A flag goes to a person, and so does what could not be asked, and every
question, whatever a language model says to it.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from transcribe.control.personal.find import personal_data
from transcribe.control.personal.vocabulary import known_languages
from transcribe.control.policy.asking import NOT_ASKED, Answering, Reply
from transcribe.control.policy.combine import combined
from transcribe.control.policy.items import Policy, Question, Rule
from transcribe.control.policy.phrases import Phrases
from transcribe.control.policy.quotes import quote
from transcribe.control.policy.read import compiled
from transcribe.control.policy.verdicts import Answer, Find, Outcome, Verdict
from transcribe.core.episode import Transcript, join_words
from transcribe.core.passages import Passage, passages_of
from transcribe.core.timecode import format_duration
from transcribe.notes.sections import Line

SECONDS = 1.0
"""Processor time that the expressions of one rule may take for one episode."""

MOST_FINDS = 100
"""Finds of a rule that are told; an expression may fit anywhere."""

FALLBACK = "en"
"""The language as which a passage is read where neither the transcript nor the rule names one."""


@dataclass(frozen=True)
class _Found:
    """A find before its quote is made: words of a passage."""

    what: str
    passage: int
    first: int
    last: int
    certain: bool = True


def check(
    policy: Policy, transcript: Transcript, asker: Answering | None = None, *, most: int | None = MOST_FINDS
) -> tuple[Verdict, ...]:
    """What a policy says of what was said, in the order of the policy.

    Args:
        asker: Answers the questions; None: nobody does.
        most: How many finds of a rule are told; None: all.

    Raises:
        DependencyError: A package of the extra `control` is not installed.
        TranscribeError: No question can be asked.
    """
    heard = _Heard(transcript, most)
    rules = [heard.verdict(rule) for rule in policy.rules]
    return *rules, *heard.answered(policy.questions, asker)


def needs_person(verdicts: Sequence[Verdict]) -> bool:
    """Whether something has to go to a person; also where nothing could be asked at all."""
    return any(each.person for each in verdicts) or all(each.outcome == "not asked" for each in verdicts)


class _Heard:
    """A transcript in which the finds of rules are looked for; what several rules need is made once."""

    def __init__(self, transcript: Transcript, most: int | None) -> None:
        self._transcript, self._most = transcript, most
        self._passages = list(passages_of(transcript))
        self._personal = [
            personal_data([word.text for word in each.words], each.language) for each in self._passages
        ]
        self._hidden = [
            {number: each for each in data for number in range(each.first, each.last + 1)}
            for data in self._personal
        ]
        self._phrases = cache(lambda number, language: Phrases(self._passages[number], language))

    def verdict(self, rule: Rule) -> Verdict:
        """What comes of a rule."""
        if reason := self._unasked(rule):
            return _verdict(rule, "not asked", reason, person=not self._passages)
        numbers = self._asked(rule)
        try:
            found = self._in_order(self._found(rule, numbers), rule.until_ms)
        except TimeoutError:
            spent = f"its expressions took more than {SECONDS:.0f} s of processor time"
            return _verdict(rule, "not asked", spent, person=True)
        return self._judged(rule, found, numbers)

    def answered(self, questions: Sequence[Question], asker: Answering | None) -> list[Verdict]:
        """What comes of questions; those for the same languages are asked together."""
        together: dict[tuple[str, ...], list[Question]] = defaultdict(list)
        for question in questions:
            if asker and not self._unasked(question):
                together[question.languages].append(question)
        replies: dict[str, list[Reply]] = {}
        for languages, group in together.items():
            if asker:
                replies |= asker.ask(group, self._lines(languages), self._transcript.segments[-1].end_ms)
        return [self._answered(question, replies) for question in questions]

    def _answered(self, question: Question, replies: Mapping[str, Sequence[Reply]]) -> Verdict:
        if reason := self._unasked(question):
            person = not self._passages
            return _verdict(question, "not asked", reason, person=person, answer="not asked")
        found = combined(replies.get(question.id) or [NOT_ASKED], self._passages)
        outcome: Outcome = "not asked" if found.answer == "not asked" else "open"
        if found.answer == question.flag:
            outcome = "flag"
        finds = [
            self._find(_Found(found.answer, each.passage, each.first, each.last))
            for each in found.places[:MOST_FINDS]
        ]
        return _verdict(
            question, outcome, found.reason,
            person=True, finds=finds, count=len(found.places), answer=found.answer,
        )  # fmt: skip

    def _lines(self, languages: Sequence[str]) -> list[Line]:
        """What a model reads of the segments in some languages, or in one that is not known."""
        spoken = self._transcript.language.code if self._transcript.language else None
        return [
            Line(text, (number,), segment.speaker)
            for number, segment in enumerate(self._transcript.segments)
            if _is_for(languages, segment.language or spoken) and (text := join_words(segment.words).strip())
        ]

    def _in_order(self, found: Iterable[_Found], until_ms: int | None) -> list[_Found]:
        """Finds in the order of the recording, without those that stand within another one."""

        def start_ms(each: _Found) -> int:
            return self._passages[each.passage].words[each.first].start_ms

        kept: list[_Found] = []
        for each in sorted(found, key=lambda each: (start_ms(each), each.passage, each.first, -each.last)):
            within = kept and each.passage == kept[-1].passage and each.last <= kept[-1].last
            if not within and (until_ms is None or start_ms(each) < until_ms):
                kept.append(each)
        return kept

    def _judged(self, rule: Rule, found: Sequence[_Found], numbers: Sequence[int]) -> Verdict:
        """The verdict of a rule that was asked of these passages."""
        flagged = bool(found) == (rule.want == "absent")
        strange = {self._passages[number].language or FALLBACK for number in numbers} - known_languages()
        if rule.personal and strange and not found:
            spoken = f"numbers and signs are not known as they are said in {', '.join(sorted(strange))}"
            return _verdict(rule, "not asked", spoken, person=True)
        within = f" before {format_duration(rule.until_ms)}" if rule.until_ms is not None else ""
        times = "once" if len(found) == 1 else f"{len(found)} times"
        asked = sum(len(self._passages[number].words) for number in numbers)
        of_all = sum(len(each.words) for each in self._passages)
        part = f"; asked of {asked} of {of_all} words" if asked < of_all else ""
        reason = (f"said {times}" if found else "not said") + within + part
        finds = [self._find(each) for each in found[: self._most]]
        return _verdict(
            rule, "flag" if flagged else "clear", reason, person=flagged, finds=finds, count=len(found)
        )

    def _unasked(self, item: Rule | Question) -> str:
        """Why it cannot be asked; empty where it can."""
        if not self._passages:
            return "the transcript has no words"
        if self._asked(item):
            return ""
        spoken = sorted({each.language or "" for each in self._passages})
        return f"it is for {', '.join(item.languages)}, and the episode is in {', '.join(spoken)}"

    def _asked(self, item: Rule | Question) -> list[int]:
        """The numbers of the passages in its languages, or in one that is not known."""
        return [
            number for number, each in enumerate(self._passages) if _is_for(item.languages, each.language)
        ]

    def _found(self, rule: Rule, numbers: Sequence[int]) -> Iterator[_Found]:
        """Raises TimeoutError where the expressions of the rule take too long."""
        left = SECONDS
        for number in numbers:
            passage = self._passages[number]
            language = passage.language or next(iter(rule.languages), FALLBACK)
            for phrase in rule.words:
                for first, last in self._phrases(number, language).find(phrase):
                    yield _Found(phrase, number, first, last)
            for each in self._personal[number]:
                if each.kind in rule.personal:
                    yield _Found(each.kind, number, each.first, each.last, each.checked)
            began = time.thread_time()
            for pattern in rule.patterns:
                spent = time.thread_time() - began
                for first, last in _matches(passage, pattern, left - spent):
                    yield _Found(pattern, number, first, last)
            left -= time.thread_time() - began

    def _find(self, found: _Found) -> Find:
        passage, hidden = self._passages[found.passage], self._hidden[found.passage]
        spans = passage.spans(found.first, found.last)
        return Find(found.what, spans, quote(passage, hidden, found.first, found.last), found.certain)


def _is_for(languages: Sequence[str], spoken: str | None) -> bool:
    return not languages or spoken is None or spoken in languages


def _matches(passage: Passage, pattern: str, seconds: float) -> Iterator[tuple[int, int]]:
    """The words that an expression fits; raises TimeoutError."""
    if seconds <= 0:
        raise TimeoutError
    for found in compiled(pattern).finditer(passage.text, timeout=seconds):
        start, end = found.span()
        if start < end:
            last = len(passage.words) - 1
            yield min(bisect_right(passage.ends, start), last), min(bisect_left(passage.ends, end), last)


def _verdict(
    item: Rule | Question,
    outcome: Outcome,
    reason: str,
    *,
    person: bool,
    finds: Sequence[Find] = (),
    count: int = 0,
    answer: Answer | None = None,
) -> Verdict:
    return Verdict(
        id=item.id,
        title=item.title,
        kind="rule" if isinstance(item, Rule) else "question",
        severity=item.severity,
        outcome=outcome,
        person=person,
        reason=reason,
        decides=item.decides,
        evidence=item.evidence,
        finds=tuple(finds),
        count=count,
        answer=answer,
    )
