"""Whether what a language model wrote is true to the transcript: claim by claim, with its evidence.

What cannot be true is dropped: a quote nobody said, a name or a number that does not occur, an address
from nowhere, a claim that shares too few words with what was said. What may be wrong is marked.
Shared words are no proof: a claim can turn a sentence round with the sentence's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from transcribe.formats.tokens import plain
from transcribe.notes.evidence import Evidence
from transcribe.notes.extractive import POST_CHARS, quote_of, topic_spans
from transcribe.notes.mentions import names_in
from transcribe.notes.numbers import numbers_of
from transcribe.notes.terms import Terms, folded, matches, words_of
from transcribe.notes.writer import Draft, Material, Part
from transcribe.show_notes import Quote, Statement

SUPPORTED = 0.6
"""From this share of its content words on, a statement is taken to be supported."""

DROPPED = 0.35
"""Below this share it is dropped; between the two it is marked."""

LIMITS: dict[Part, int] = {"summary": 3, "takeaways": 8, "quotes": 5, "titles": 5, "keywords": 12}
"""How many of a part are kept; others are not counted."""

QUOTE_CHARS = 400
"""A longer passage is no quote."""

QUOTE_WORDS = 3
"""A shorter one is no quote: "Of course." is found in any transcript."""

_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://\S+|www\.\S+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+|"
    r"\b(?:[\w-]+\.)+(?:com|org|net|edu|gov|io|co|fm|tv|info|app|dev|eu|uk|de|pl|fr|es|it|nl|ch|at)\b(?:/\S*)?",
    re.IGNORECASE,
)


@dataclass
class Checked:
    """What stood the check.

    Attributes:
        statements: Of each part that has some, in order.
        quotes: In the order of the recording.
        keywords: In the writer's order.
        chapter_titles: By the position of the chapter.
        dropped: How many drafts the transcript does not support.
        doubted: How many statements are marked.
    """

    statements: dict[Part, list[Statement]] = field(default_factory=dict)
    quotes: list[Quote] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    chapter_titles: dict[int, str] = field(default_factory=dict)
    dropped: int = 0
    doubted: int = 0


def check_drafts(drafts: Iterable[Draft], material: Material) -> Checked:
    """Hold every draft against the transcript."""
    return _Check(material).all(drafts)


class _Check:
    def __init__(self, material: Material) -> None:
        self._material = material
        self._evidence = Evidence(material)
        self._foreign = material.notes_language != material.language
        self._terms = Terms(material.notes_language)
        self._checked = Checked()

    def all(self, drafts: Iterable[Draft]) -> Checked:
        checked = self._checked
        for draft in (replace(each, text=plain(each.text)) for each in drafts):
            if not words_of(draft.text) or self._is_full(draft.part) or self._take(draft):
                continue
            checked.dropped += 1
        checked.quotes.sort(key=lambda quote: quote.start_ms)
        return checked

    def _is_full(self, part: Part) -> bool:
        checked = self._checked
        counts = {"quotes": len(checked.quotes), "keywords": len(checked.keywords)}
        kept = counts.get(part, len(checked.statements.get(part, ())))
        return kept >= LIMITS.get(part, 1_000)

    def _take(self, draft: Draft) -> bool:
        if draft.part == "quotes":
            return self._take_quote(draft)
        if draft.part == "keywords":
            return self._take_keyword(draft)
        if draft.part == "chapters":
            return self._take_chapter(draft)
        statement = self._statement(draft)
        if statement is None:
            return False
        kept = self._checked.statements.setdefault(draft.part, [])
        together = sum(len(each.text) + 1 for each in kept) + len(statement.text)
        if draft.part == "social_post" and together > POST_CHARS:
            return True  # true, but too long
        kept.append(statement)
        self._checked.doubted += bool(statement.doubt)
        return True

    def _take_quote(self, draft: Draft) -> bool:
        """Whole sentences of one speaker, as they stand in the transcript."""
        positions = self._evidence.verbatim(draft.text)
        said = [self._material.sentences[index] for index in positions]
        if not said or len({sentence.speaker for sentence in said}) > 1:
            return False
        quote = quote_of(said)
        if len(quote.text) > QUOTE_CHARS or len(words_of(draft.text)) < QUOTE_WORDS:
            return False
        if quote not in self._checked.quotes:
            self._checked.quotes.append(quote)
        return True

    def _take_keyword(self, draft: Draft) -> bool:
        words = set(self._evidence.terms.of(draft.text))
        known = self._foreign or all(self._evidence.find(frozenset([word]), 1) for word in words)
        if not known or self._invented(draft.text):
            return False
        if folded(draft.text) not in map(folded, self._checked.keywords):
            self._checked.keywords.append(draft.text)
        return True

    def _take_chapter(self, draft: Draft) -> bool:
        """A title is held against the whole chapter that its first sentence is in."""
        inside = [index for index in draft.sentences if 0 <= index < len(self._material.sentences)]
        if not inside:
            return False
        spans = topic_spans(self._material)
        number = next(at for at, (first, end) in enumerate(spans) if first <= inside[0] < end)
        support = self._evidence.support(self._evidence.content_of(draft.text), range(*spans[number]))
        if self._invented(draft.text) or (support < SUPPORTED and not self._foreign):
            return False
        self._checked.chapter_titles.setdefault(number, draft.text)
        return True

    def _statement(self, draft: Draft) -> Statement | None:
        said = self._evidence.verbatim(draft.text)
        positions = said or self._evidence_for(draft)
        if not positions or self._invented(draft.text):
            return None
        doubt = "" if said else self._doubt(draft.text, positions)
        if doubt is None:
            return None
        sentences = [self._material.sentences[index] for index in positions]
        segments = tuple(sorted({segment for sentence in sentences for segment in sentence.segments}))
        origin = "speaker" if said else "model"
        return Statement(draft.text, segments, sentences[0].start_ms, origin, doubt)  # type: ignore[arg-type]

    def _evidence_for(self, draft: Draft) -> tuple[int, ...]:
        """What a draft claims to rest on, where that holds; else what the transcript has."""
        claimed = sorted({index for index in draft.sentences if 0 <= index < len(self._material.sentences)})
        if self._foreign:
            return tuple(claimed)
        content = self._evidence.content_of(draft.text)
        sharing = tuple(index for index in claimed if self._evidence.contents[index] & content)
        found = self._evidence.find(content, min(8, 2 + len(words_of(draft.text)) // 12))
        support = self._evidence.support
        keep = sharing and support(content, sharing) + 0.1 >= support(content, found)
        return sharing if keep else found

    def _invented(self, text: str) -> bool:
        """Whether it has an address, a number or a name that is neither in the transcript nor known."""
        spoken = "".join(self._evidence.words) if _ADDRESS.search(text) else ""
        for match in _ADDRESS.finditer(text):
            address = folded(match.group().rstrip(".,;:!?)"))
            if address not in self._evidence.fact_text and "".join(words_of(address)) not in spoken:
                return True
        if numbers_of(text, self._material.notes_language, small=False) - self._evidence.all_numbers:
            return True
        if self._foreign or _is_title_case(text):
            return False
        return any(not self._evidence.knows_name(name) for name in names_in(text, self._terms))

    def _doubt(self, text: str, positions: Sequence[int]) -> str | None:
        """Why a statement should be checked; empty where it need not, None where it is unsupported."""
        numbers = numbers_of(text, self._material.notes_language, small=False)
        if numbers - self._evidence.numbers_near(positions):
            return "a number in it was said elsewhere in the recording"
        if self._foreign:
            return "it is a translation, which was not compared word for word"
        support = self._evidence.support(self._evidence.content_of(text), positions)
        if support < DROPPED:
            return None
        if support < SUPPORTED:
            return "few of its words were said"
        opening = next((match.group() for match in matches(text)), "")
        if self._terms.language != "de" and self._is_new(opening):
            return f"“{opening}” was not said"
        return ""

    def _is_new(self, opening: str) -> bool:
        """Whether a word that opens a sentence, and so may be a name, comes from nowhere."""
        small = self._terms.is_small(folded(opening))
        return opening[:1].isupper() and not small and not self._evidence.knows_name(opening)


def _is_title_case(text: str) -> bool:
    """Whether most of its longer words have capitals, as English titles do."""
    long = [match.group() for match in matches(text) if len(match.group()) > 3]
    return len(long) > 1 and sum(word[0].isupper() for word in long) * 4 >= 3 * len(long)
