"""Notes without a language model: the most telling sentences, in the speakers' own words.

Deterministic. Nothing is rewritten: every sentence, title and phrase stands in the transcript.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from transcribe.core.episode import Spot
from transcribe.core.show_notes import Authorship, Chapter, Quote, ShowNotes, Statement
from transcribe.formats.tokens import text_width
from transcribe.notes.headings import chapter_titles
from transcribe.notes.keywords import Read, keywords_of, read_sentences
from transcribe.notes.leaning import is_own
from transcribe.notes.links import with_said_addresses
from transcribe.notes.mentions import mentions_of, names_of
from transcribe.notes.names import Name
from transcribe.notes.sound_bites import sound_bites_of
from transcribe.notes.terms import folded
from transcribe.notes.titles import LONGEST_CELLS, Title, shortened, titles_of
from transcribe.notes.weighing import Weighed, pick, weigh, word_count
from transcribe.notes.writer import Material, Sentence

NAME = "extractive"

POST_CHARS = 280
"""Characters of a short message; the tightest of the networks' limits."""

LONG_SUMMARY_WORDS = 220
"""In the middle of 150 to 300, which is what templates of show notes ask for."""

CLAIM_CELLS = 300
"""What is longer is no takeaway but an account."""

QUOTE_CELLS = 240
"""Three lines of a book; longer ones are not quoted but told."""


def write_extractive(material: Material, spots: Iterable[Spot] = (), version: str = "") -> ShowNotes:
    """Choose notes from a transcript of any length and language; an empty one gets empty notes."""
    weighed = weigh(material, spots)
    summary = _summary(weighed)
    takeaways = _takeaways(weighed, summary)
    quotes = _quotes(weighed, [*summary, *takeaways])
    sentences = material.sentences
    names = names_of(sentences, weighed.shaky, weighed.terms, _people(material))
    read = read_sentences([sentence.text for sentence in sentences], names, weighed.terms)
    return ShowNotes(
        language=material.language if sentences else "",
        chapters=_chapters(weighed, read, names),
        summary=_said(weighed, summary),
        long_summary=_said(weighed, _long_summary(weighed)),
        takeaways=_said(weighed, takeaways),
        quotes=tuple(
            replace(quote_of(sentences[index : index + 1]), text=weighed.standing[index].text)
            for index in quotes
        ),
        mentions=with_said_addresses(mentions_of(names, sentences), sentences, weighed.shaky),
        keywords=keywords_of([read[index] for index in _trusted(weighed)], names, weighed.terms, 12),
        titles=_titles(weighed),
        social_post=_post(weighed, summary),
        sound_bites=sound_bites_of(weighed),
        authorship=Authorship(NAME, version),
    )


def statement(sentence: Sentence, text: str = "") -> Statement:
    """A sentence, or words from it, with the segments it stands in."""
    return Statement(text or sentence.text, sentence.segments, sentence.start_ms)


def _said(weighed: Weighed, positions: Iterable[int]) -> tuple[Statement, ...]:
    """Sentences as they can be printed by themselves."""
    sentences = weighed.material.sentences
    return tuple(statement(sentences[index], weighed.standing[index].text) for index in positions)


def quote_of(sentences: Sequence[Sentence]) -> Quote:
    """Sentences of one speaker that follow each other, as they stand in the transcript."""
    text = sentences[0].text
    for sentence in sentences[1:]:
        text += ("" if _joined(text, sentence.text) else " ") + sentence.text
    segments = tuple(dict.fromkeys(segment for sentence in sentences for segment in sentence.segments))
    return Quote(text, sentences[0].speaker, sentences[0].start_ms, sentences[-1].end_ms, segments)


def _joined(left: str, right: str) -> bool:
    """Whether the script puts no space between sentences."""
    return left.endswith(("。", "！", "？", "」", "』")) or not right


def _people(material: Material) -> tuple[str, ...]:
    speakers = {sentence.speaker for sentence in material.sentences if sentence.speaker}
    return (*material.show.hosts, *material.show.guests, *sorted(speakers))


def _trusted(weighed: Weighed) -> list[int]:
    every = range(len(weighed.material.sentences))
    return [index for index in every if index not in weighed.shaky] or list(every)


def _summary(weighed: Weighed) -> list[int]:
    """Up to three sentences; where none is fit, the first one that can be relied on."""
    sentences = weighed.material.sentences
    short = [index for index in weighed.candidates if text_width(sentences[index].text) <= CLAIM_CELLS]
    count = min(3, max(1, len(sentences) // 4))
    chosen = pick(weighed, short, count, weighed.scores.__getitem__)
    return chosen or _trusted(weighed)[:1]


def _takeaways(weighed: Weighed, summary: Sequence[int]) -> list[int]:
    sentences = weighed.material.sentences
    fresh = [
        index
        for index in weighed.candidates
        if index not in summary
        and weighed.fit[index] >= 0.3
        and text_width(sentences[index].text) <= CLAIM_CELLS
    ]
    minutes = weighed.material.duration_ms / 60_000
    count = min(8, max(3, round(minutes / 6)), max(1, len(sentences) // 3))

    def worth(index: int) -> float:
        own = is_own(sentences[index].text, weighed.material.language)
        return weighed.scores[index] * (0.5 if own else 1.0)

    return pick(weighed, fresh, count, worth, summary)


def _quotes(weighed: Weighed, used: Sequence[int]) -> list[int]:
    """Up to five, from those not used elsewhere while there are enough; every speaker has a say."""
    sentences = weighed.material.sentences
    good = [
        index
        for index in weighed.candidates
        if weighed.fit[index] >= 0.4 and text_width(sentences[index].text) <= QUOTE_CELLS
    ]
    fresh = [index for index in good if index not in used]
    if len(fresh) < 3:
        fresh = good
    count = min(5, max(3, round(weighed.material.duration_ms / 600_000)), max(1, len(sentences) // 3))
    best = pick(weighed, fresh, count, lambda index: _quotable(weighed, index))
    missing = {sentences[index].speaker for index in fresh} - {sentences[index].speaker for index in best}
    for speaker in sorted(missing, key=str)[: count // 2]:
        theirs = [index for index in fresh if sentences[index].speaker == speaker]
        best = sorted([*best, *pick(weighed, theirs, 1, lambda index: _quotable(weighed, index))])
    return best[:5]


def _quotable(weighed: Weighed, index: int) -> float:
    sentence = weighed.material.sentences[index]
    own = is_own(sentence.text, weighed.material.language)
    return float(weighed.scores[index] ** 0.5 * weighed.fit[index] * sentence.sure * (1.2 if own else 1.0))


def _long_summary(weighed: Weighed) -> list[int]:
    """The best sentence of each topic, then the second best, until there are enough words."""
    sentences = weighed.material.sentences
    said = sum(word_count(sentence.text) for sentence in sentences)
    room = min(LONG_SUMMARY_WORDS, said // 2)
    chosen: list[int] = []
    candidates = set(weighed.candidates)
    topics = [
        sorted(candidates.intersection(range(*span)), key=lambda index: (-weighed.scores[index], index))
        for span in topic_spans(weighed.material)
    ]
    layers = [[ranked[turn] for ranked in topics if turn < len(ranked)] for turn in range(4)]
    for layer in (*layers, candidates):
        for index in sorted(set(layer) - set(chosen), key=lambda index: (-weighed.scores[index], index)):
            words = word_count(sentences[index].text)
            if words <= room:
                chosen.append(index)
                room -= words
    return sorted(chosen) or _summary(weighed)


def topic_spans(material: Material) -> list[tuple[int, int]]:
    """First sentence of each topic and of the next."""
    return list(pairwise([*material.topics, len(material.sentences)]))


def _chapters(weighed: Weighed, read: Sequence[Read], names: Sequence[Name]) -> tuple[Chapter, ...]:
    spans = topic_spans(weighed.material)
    titles = chapter_titles(weighed, read, spans, names)
    return tuple(
        chapter_of(weighed.material, first, end, title)
        for (first, end), title in zip(spans, titles, strict=True)
    )


def chapter_of(material: Material, first: int, end: int, title: str) -> Chapter:
    """The chapter of some sentences: from the start of their first segment to the next chapter's."""
    sentences = material.sentences
    last = end == len(sentences)
    positions = range(
        sentences[first].segments[0],
        sentences[-1].segments[-1] + 1 if last else sentences[end].segments[0],
    )
    return Chapter(
        start_ms=0 if first == 0 else sentences[first].start_ms,
        end_ms=material.duration_ms if last else sentences[end].start_ms,
        title=title,
        segments=tuple(positions),
    )


def _titles(weighed: Weighed) -> tuple[Statement, ...]:
    """Up to five that share little with each other."""
    sentences = weighed.material.sentences
    if not sentences:
        return ()
    chosen: list[Title] = []
    for title in titles_of(weighed, weighed.candidates, _weights(weighed.contents))[:200]:
        mine = set(weighed.terms.of(title.text))
        if all(len(mine & set(weighed.terms.of(other.text))) * 2 <= len(mine) for other in chosen):
            chosen.append(title)
        if len(chosen) == 5:
            break
    if not chosen:
        first = _summary(weighed)[0]
        chosen = [Title(shortened(weighed.standing[first].rest, LONGEST_CELLS), first, 0.0)]
    return tuple(statement(sentences[title.sentence], title.text) for title in chosen)


def _weights(contents: Sequence[Sequence[str]]) -> Mapping[str, float]:
    counts = Counter(term for content in contents for term in set(content))
    return {term: count**0.5 if count > 1 else 0.3 for term, count in counts.items()}


def _post(weighed: Weighed, summary: Sequence[int]) -> tuple[Statement, ...]:
    sentences = weighed.material.sentences
    if not sentences:
        return ()
    ranked = sorted(weighed.candidates, key=lambda index: (-weighed.scores[index], index))[:20]
    short = [index for index in ranked if len(weighed.standing[index].text) <= POST_CHARS]
    if not short:
        first = sentences[summary[0]]
        text = first.text if len(first.text) <= POST_CHARS else _cut(first.text)
        return (statement(first, text),)
    chosen, room = short[:1], POST_CHARS - len(weighed.standing[short[0]].text)
    for index in short[1:]:
        if len(weighed.standing[index].text) + 1 <= room and folded(sentences[index].text) != folded(
            sentences[chosen[0]].text
        ):
            chosen.append(index)
            break
    return _said(weighed, sorted(chosen))


def _cut(text: str) -> str:
    """As much of a sentence as a post holds, cut between words where there are any."""
    beginning = text[:POST_CHARS]
    return beginning.rsplit(" ", 1)[0] if " " in beginning else beginning
