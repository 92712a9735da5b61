"""Whether what a language model wrote is true to the transcript: claim by claim, with its evidence.

What cannot be true is dropped: a quote nobody said, a name or a number that does not occur, an address
from nowhere, a claim that shares too few words with what was said. What may be wrong is marked.
Shared words are no proof: a claim can turn a sentence round with the sentence's own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from transcribe.core.show_notes import Quote, Statement
from transcribe.formats.tokens import plain, text_width
from transcribe.notes.answers import sentences_in
from transcribe.notes.claims import APART, NEW, NOT_TOGETHER, SUPPORTED, UNSUPPORTED, Claims
from transcribe.notes.degenerate import narrates
from transcribe.notes.evidence import Evidence
from transcribe.notes.extractive import CLAIM_CELLS, POST_CHARS, quote_of, topic_spans
from transcribe.notes.leaning import standing
from transcribe.notes.terms import Terms, folded, is_unspaced, words_of
from transcribe.notes.titles import as_title
from transcribe.notes.words import in_language
from transcribe.notes.writer import Draft, Material, Part

LIMITS: dict[Part, int] = {"summary": 3, "takeaways": 8, "quotes": 5, "titles": 5, "keywords": 12}
"""How many of a part are kept; others are not counted."""

QUOTE_CHARS = 400
"""A longer passage is no quote."""

QUOTE_WORDS = 3
"""A shorter one is no quote: "Of course." is found in any transcript."""


TELLING: tuple[Part, ...] = ("summary", "long_summary", "takeaways")
"""Parts that say what was said; a post may speak of the episode."""

RUNNING: tuple[Part, ...] = ("summary", "long_summary")
"""Parts whose texts are printed one behind the other."""

BREATH = 2
"""Sentences from one to another that may lean on it: "The oven is new. It weighs a ton. It burns wood."."""

FOREIGN_CITED = 4
"""Sentences at the beginning of what a text rests on that are cited where words cannot be compared."""

KEYWORD_WORDS = 5
"""The longest keyword; three are asked for."""

LEANS = "it leans on what was said before"
ADDRESSED = "it says “you” of somebody else"


@dataclass
class Checked:
    """What stood the check.

    Attributes:
        statements: Of each part that has some, in order.
        quotes: In the order of the recording.
        keywords: In the writer's order.
        chapter_titles: By the position of the chapter.
        dropped: Why each of the other drafts is gone, for people.
    """

    statements: dict[Part, list[Statement]] = field(default_factory=dict)
    quotes: list[Quote] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    chapter_titles: dict[int, str] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)


def check_drafts(drafts: Iterable[Draft], material: Material) -> Checked:
    """Hold every draft against the transcript."""
    return _Check(material).all(drafts)


class _Check:
    """Each `_take` keeps a draft, or says why it does not."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._evidence = Evidence(material)
        self._claims = Claims(self._evidence)
        self._foreign = material.notes_language != material.language
        self._terms = Terms(material.notes_language)
        self._checked = Checked()

    def all(self, drafts: Iterable[Draft]) -> Checked:
        checked = self._checked
        for draft in (replace(each, text=plain(each.text)) for each in drafts):
            if not words_of(draft.text) or self._is_full(draft.part):
                continue
            if reason := self._take(draft):
                checked.dropped.append(reason)
        checked.quotes.sort(key=lambda quote: quote.start_ms)
        return checked

    def _is_full(self, part: Part) -> bool:
        checked = self._checked
        counts = {"quotes": len(checked.quotes), "keywords": len(checked.keywords)}
        kept = counts.get(part, len(checked.statements.get(part, ())))
        return kept >= LIMITS.get(part, 1_000)

    def _take(self, draft: Draft) -> str:
        if draft.part == "quotes":
            return self._take_quote(draft)
        if draft.part == "keywords":
            return self._take_keyword(draft)
        if draft.part == "chapters":
            return self._take_chapter(draft)
        statement = self._statement(draft)
        if isinstance(statement, str):
            return statement
        kept = self._checked.statements.setdefault(draft.part, [])
        together = sum(len(each.text) + 1 for each in kept) + len(statement.text)
        if draft.part == "social_post" and together > POST_CHARS:
            return ""  # true, but too long
        kept.append(statement)
        return ""

    def _take_quote(self, draft: Draft) -> str:
        """Whole sentences of one speaker, as they stand in the transcript."""
        positions = self._evidence.verbatim(draft.text)
        said = [self._material.sentences[index] for index in positions]
        if not said:
            return "nobody said it word for word"
        if len({sentence.speaker for sentence in said}) > 1:
            return "no single speaker said it"
        quote = quote_of(said)
        if len(quote.text) > QUOTE_CHARS or len(words_of(draft.text)) < QUOTE_WORDS:
            return "it is too long or too short for a quote"
        alone = standing(quote.text, self._evidence.terms)
        if alone.leans:
            return LEANS
        quote = replace(quote, text=alone.text)
        if quote not in self._checked.quotes:
            self._checked.quotes.append(quote)
        return ""

    def _take_keyword(self, draft: Draft) -> str:
        words = set(self._evidence.terms.of(draft.text))
        if len(words_of(draft.text)) > KEYWORD_WORDS and not is_unspaced(draft.text):
            return "it is too long for a keyword"
        if not words and not is_unspaced(draft.text):
            return "it says nothing"
        if not self._foreign and not all(self._evidence.find(frozenset([word]), 1) for word in words):
            return UNSUPPORTED
        if invention := self._claims.invention(draft.text):
            return invention
        if folded(draft.text) not in map(folded, self._checked.keywords):
            self._checked.keywords.append(draft.text)
        return ""

    def _take_chapter(self, draft: Draft) -> str:
        """A title is held against the whole chapter that its first sentence is in."""
        inside = [index for index in draft.sentences if 0 <= index < len(self._material.sentences)]
        if not inside:
            return "it belongs to no chapter"
        spans = topic_spans(self._material)
        number = next(at for at, (first, end) in enumerate(spans) if first <= inside[0] < end)
        if invention := self._claims.invention(draft.text):
            return invention
        if not self._foreign and (reason := self._title_doubt(draft.text, range(*spans[number]))):
            return reason  # a title cannot be marked
        self._checked.chapter_titles.setdefault(number, as_title(draft.text.rstrip(".")))
        return ""

    def _title_doubt(self, text: str, chapter: Sequence[int]) -> str:
        """Why a chapter cannot be called so: every word has to be said in it, where words are divided."""
        if is_unspaced(text):
            if self._evidence.support(self._evidence.content_of(text), chapter) < SUPPORTED:
                return UNSUPPORTED
        elif self._claims.is_new(text, chapter):
            return NEW
        return NOT_TOGETHER if self._evidence.apart(text) > APART else ""

    def _statement(self, draft: Draft) -> Statement | str:
        """The statement with its evidence and doubt, or why there is none."""
        if draft.part in TELLING:
            kept = self._checked.statements.get(draft.part, ()) if draft.part in RUNNING else ()
            standing_ones = partial(self._standing, before=kept[-1].text if kept else "")
            for cut, reason in ((self._without_address, ADDRESSED), (standing_ones, LEANS)):
                left = cut(draft.text)
                if not left:
                    return reason
                if left != draft.text:
                    self._checked.dropped.append(reason)
                    draft = replace(draft, text=left)
        if draft.part == "takeaways" and text_width(draft.text) > CLAIM_CELLS:
            return "it is too long for a takeaway"
        said = self._evidence.verbatim(draft.text)
        if not said and draft.part in TELLING and narrates(draft.text, self._material.notes_language):
            return "it tells of the recording, not what was said"
        positions = said or self._evidence_for(draft)
        if invention := self._claims.invention(draft.text):
            return invention
        judge = self._claims.turned if said else self._claims.doubt
        doubt = judge(draft.text, positions)
        if not positions or doubt is None:
            return UNSUPPORTED
        sentences = [self._material.sentences[index] for index in positions]
        segments = tuple(sorted({segment for sentence in sentences for segment in sentence.segments}))
        origin = "speaker" if said else "model"
        return Statement(draft.text, segments, sentences[0].start_ms, origin, doubt)  # type: ignore[arg-type]

    def _without_address(self, text: str) -> str:
        """A text without its sentences that say "you" where only questions do: "You worked" of "I worked"."""
        addressed = in_language(self._material.language).sentences.addressed
        if self._foreign or addressed.isdisjoint(words_of(text)):
            return text
        kept = [
            sentence
            for sentence in sentences_in(text)
            if addressed.isdisjoint(words_of(sentence)) or not addressed.isdisjoint(self._told(sentence))
        ]
        return text if len(kept) == len(sentences_in(text)) else " ".join(kept)

    def _told(self, sentence: str) -> set[str]:
        """The words of what a sentence rests on, questions left out."""
        said = (self._material.sentences[index].text for index in self._resting(sentence))
        return {word for each in said if not each.rstrip().endswith("?") for word in words_of(each)}

    def _resting(self, sentence: str) -> tuple[int, ...]:
        """The sentences of the transcript that say one nearly so."""
        return self._evidence.verbatim(sentence) or self._evidence.find(
            self._evidence.content_of(sentence), 2
        )

    def _standing(self, text: str, before: str) -> str:
        """A text without its sentences that lean on what is not said in it; nothing where all do.

        Args:
            before: The text that it is printed behind.
        """
        kept: list[str] = []
        before = "".join(sentences_in(before)[-1:])
        for sentence in sentences_in(text):
            if not standing(sentence, self._terms).leans or (before and self._follows(before, sentence)):
                kept.append(sentence)
                before = sentence
            else:
                before = ""
        return text if len(kept) == len(sentences_in(text)) else " ".join(kept)

    def _follows(self, before: str, sentence: str) -> bool:
        """Whether the transcript says two sentences nearly in one breath: one may lean on the other."""
        if self._foreign:
            return True
        first, second = map(self._resting, (before, sentence))
        return any(0 <= right - left <= BREATH for left in first for right in second)

    def _evidence_for(self, draft: Draft) -> tuple[int, ...]:
        """What a draft claims to rest on, where that holds; else what the transcript has."""
        claimed = sorted({index for index in draft.sentences if 0 <= index < len(self._material.sentences)})
        if self._foreign:
            return tuple(claimed[:FOREIGN_CITED])
        content = self._evidence.content_of(draft.text)
        limit = min(8, 2 + len(words_of(draft.text)) // 12)
        inside = self._evidence.find(content, limit, frozenset(claimed))
        found = self._evidence.find(content, limit)
        support = self._evidence.support
        return inside if inside and support(content, inside) + 0.1 >= support(content, found) else found
