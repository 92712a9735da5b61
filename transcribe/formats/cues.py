"""Words laid out as subtitle cues: what stands together, on which lines, from when to when.

The words between two real pauses (or two changes of speaker) are divided by a dynamic programme, as
Knuth and Plass (1981) break paragraphs into lines, that looks for the division of least cost. A cue costs

    CUE                                  fewer cues are calmer
  + break cost of its end                see `breaks`: where it tears the text
  + LINE_BREAK × break cost              for each line break within it
  + RAGGED × spread of line lengths      two lines should be about equal, the upper one rather shorter
  + EMPTY × (1 − fill)²                  a lone word looks lost
  + SENTENCE_INSIDE                      for each end of a sentence within it (BBC 3.2: single sentences)
  + TORN_START, TORN_END                 more for each, where the cue also holds a part of a sentence at
                                         its start or end; whole short sentences may share one (BBC 3.8)
  + HASTE × missing share of its time    where the next cue starts before it can be read

Limits on lines, width and spoken duration are never exceeded, whatever the cost. Defaults and rules
come from Netflix's Timed Text Style Guide (duration, line treatment, timing) and the BBC Subtitle
Guidelines (line breaks, timing); the weights are ours, set by reading the golden cases. Time and
memory grow linearly with the number of words, since a cue holds a bounded number of them.

Without a limit on lines, a cue is one sentence on one line. One that takes longer to say or to read than a
cue may last is divided in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate, pairwise, repeat
from typing import NamedTuple

from transcribe.core.episode import Segment, Transcript
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.breaks import break_costs, sentence_ends
from transcribe.formats.cue_times import Cue, Untimed, reading_ms, timed
from transcribe.formats.remembered import remembered
from transcribe.formats.tokens import UNNAMED, Token, fit_tokens, join_tokens, plain, text_width, tokens_of

PAUSE_MS = 800
"""A pause this long ends a cue: text must not stay, or come early, while nobody speaks (BBC 4.5)."""

LATE_MS = 500
"""Who talks over another one for no longer than this is shown so much later instead of at the same time:
two cues that share half a second only flicker (as `cue_times.CHAIN_MS`)."""

CUE = 3.0
LINE_BREAK = 0.5
RAGGED = 10.0
UPPER_LINE = 1.1
"""Weight of every line but the last: a little more, so that the lower line is the longer one."""
EMPTY = 2.0
SENTENCE_INSIDE = 4.5
TORN_START = 4.0
TORN_END = 2.0
HASTE = 10.0

LEAST_CELLS = 10
"""Of a line without a limit, however short the cues are: words are not cut into pairs of letters."""


@remembered(maxsize=8)
def lay_out(
    transcript: Transcript,
    settings: SubtitleSettings,
    *,
    names: bool = False,
    until_ms: int | None = None,
    overlap: bool = False,
) -> tuple[Cue, ...]:
    """Lay a transcript out as cues, in order of their starts; every word stands in exactly one.

    Cues do not overlap: where people talk at the same time, what the second one says comes after. With
    `overlap` it is shown when it is said, in cues of its own.

    The shortest duration and the gap win over punctuality: where words come faster than they can be
    shown, cues start late rather than flash by. A shortest duration above the longest counts as the longest.

    Args:
        settings: Limits; widths are in character cells (see `tokens.text_width`), times in ms.
        names: Whether the first cue of every turn begins with `Name: `, for formats without speakers.
        until_ms: End of the recording; nothing is shown longer unless the shortest duration asks for it.
        overlap: Whether cues of different speakers may overlap, for formats whose players show both.
    """
    if overlap and len(lanes := lanes_of(transcript)) > 1:
        cues = (cue for lane in lanes for cue in lay_out(lane, settings, names=names, until_ms=until_ms))
        return tuple(sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms)))
    by_sentence, settings = settings.max_line_chars == 0, _limited(settings)
    spoken = tokens_of(transcript)
    named = _with_names(spoken, settings.max_line_chars) if names else spoken
    tokens = list(fit_tokens(named, settings.max_line_chars))
    language = transcript.language.code if transcript.language else ""
    texts = _texts(tokens, language, settings, by_sentence=by_sentence)
    return tuple(timed([cue for text in texts for cue in _best_cues(text)], until_ms, settings))


def _limited(settings: SubtitleSettings) -> SubtitleSettings:
    """The settings; where lines have no limit, one of what can be read while a cue lasts."""
    if settings.max_line_chars:
        return settings
    readable = int(settings.max_cue_ms * settings.max_chars_per_second / 1000)
    return replace(settings, max_line_chars=max(LEAST_CELLS, readable), max_lines=1)


def lanes_of(transcript: Transcript) -> list[Transcript]:
    """The segments shared out so that in each part none talks over the one before it for long."""
    lanes: list[list[Segment]] = []
    for segment in transcript.segments:
        for lane in lanes:
            if lane[-1].end_ms <= segment.start_ms + LATE_MS:
                lane.append(segment)
                break
        else:
            lanes.append([segment])
    return [Transcript(transcript.language, tuple(lane)) for lane in lanes]


def _with_names(tokens: Iterable[Token], limit: int) -> Iterator[Token]:
    speaker = None
    for token in tokens:
        if token.speaker == speaker:
            yield token
        else:
            yield from _named(token, f"{token.speaker}:" if token.speaker else UNNAMED, limit)
        speaker = token.speaker


def _named(token: Token, name: str, limit: int) -> Iterator[Token]:
    """The token with a name before it; a name that leaves no room for it on the line is set word by word."""
    text = plain(f"{name} {token.text}")
    width = text_width(text)
    if width <= limit or token.width > limit:  # the latter is cut into pieces in any case
        yield replace(token, text=text, width=width)
        return
    for number, part in enumerate(plain(name).split(" ")):
        space_before = number > 0 or token.space_before
        yield Token(part, text_width(part), token.start_ms, token.start_ms, space_before, token.speaker)
    yield replace(token, space_before=True)


@dataclass(frozen=True)
class _Text:
    """The words between two real pauses, or a sentence of them, with what the search asks again and again.

    Attributes:
        starts: When each of them starts, in ms.
        breaks: What a break after each token costs.
        edges: Width of all tokens before each one, their spaces included; one entry more than tokens.
        lefts: The same with the token's own space: where it begins when others stand before it.
        sentences: How many sentences have ended before each token; likewise.
        by_width: See `_by_width`.
        next_start_ms: When the words after these start, or None.
        splits: Splits into lines that are known already, by (start, end, number of lines).
    """

    tokens: list[Token]
    starts: list[int]
    breaks: list[float]
    edges: list[int]
    lefts: list[int]
    sentences: list[int]
    by_width: list[tuple[float, int]]
    next_start_ms: int | None
    settings: SubtitleSettings
    splits: dict[tuple[int, int, int], _Layout | None] = field(default_factory=dict)

    def width(self, start: int, end: int) -> int:
        """Cells that tokens `start` to `end` (exclusive) take on one line."""
        return self.edges[end] - self.lefts[start]

    def at_sentence_edge(self, index: int) -> bool:
        """Whether no sentence goes on from the token before `index` to the one there."""
        inner = 0 < index < len(self.tokens)
        return not inner or self.sentences[index] > self.sentences[index - 1]

    def free_ms(self, end: int) -> float:
        """Until when the tokens before `end` can be shown: before the words after them start."""
        next_start = self.starts[end] if end < len(self.tokens) else self.next_start_ms
        return math.inf if next_start is None else next_start - self.settings.min_cue_gap_ms


def _texts(
    tokens: list[Token], language: str, settings: SubtitleSettings, *, by_sentence: bool
) -> Iterator[_Text]:
    ends = sentence_ends(tokens, language) if by_sentence else repeat(False)
    start = 0
    for index, (token, ended) in enumerate(zip(tokens, ends, strict=False), 1):
        following = tokens[index] if index < len(tokens) else None
        if following is None or ended or _separate(token, following):
            next_start = max(following.start_ms, token.end_ms) if following else None
            yield _text(tokens[start:index], next_start, language, settings)
            start = index


def _separate(left: Token, right: Token) -> bool:
    return left.speaker != right.speaker or right.start_ms - left.end_ms >= PAUSE_MS


def _text(tokens: list[Token], next_start: int | None, language: str, settings: SubtitleSettings) -> _Text:
    edges = list(accumulate((token.width + token.space_before for token in tokens), initial=0))
    lefts = [edge + token.space_before for edge, token in zip(edges, tokens, strict=False)]
    sentences = list(accumulate(sentence_ends(tokens, language), initial=0))
    breaks, by_width = break_costs(tokens, language), _by_width(settings)
    starts = [token.start_ms for token in tokens]
    return _Text(tokens, starts, breaks, edges, lefts, sentences, by_width, next_start, settings)


class _Layout(NamedTuple):
    """Tokens divided into lines: `bounds` are the indices where lines start, and the end of the last."""

    cost: float
    bounds: tuple[int, ...]


def _best_cues(text: _Text) -> list[Untimed]:
    """Divide a text into cues so that their costs add up to the least."""
    costs = [0.0]  # costs[n]: the least for the first n tokens; last[n]: the bounds of their last cue
    last: list[tuple[int, ...]] = [()]
    for end in range(1, len(text.tokens) + 1):
        cost, bounds = _best_last_cue(text, costs, end)
        costs.append(cost)
        last.append(bounds)
    cues: list[Untimed] = []
    end = len(text.tokens)
    while end > 0:
        cues.append(_untimed(text, last[end]))
        end = last[end][0]
    return cues[::-1]


def _best_last_cue(text: _Text, costs: list[float], end: int) -> tuple[float, tuple[int, ...]]:
    """The best cue that ends at `end`: what it and the best cues before it cost, and its bounds.

    All that is asked for every start stands in this one loop: it is asked a dozen times for each word, and
    calls took most of the time.
    """
    settings, starts, lefts, edge = text.settings, text.starts, text.lefts, text.edges[end]
    by_width, sentences, longest = text.by_width, text.sentences, settings.max_line_chars
    earliest = text.tokens[end - 1].end_ms - settings.max_cue_ms
    leftmost = edge - settings.max_lines * (longest + 1) + 1
    free_ms, ended = text.free_ms(end), sentences[end - 1]
    torn_end = 0.0 if text.at_sentence_edge(end) else TORN_END
    found: float = math.inf
    bounds: tuple[int, ...] = (end - 1, end)
    at_least = CUE + text.breaks[end - 1]
    for start in range(end - 1, -1, -1):
        left = lefts[start]
        if (left < leftmost or starts[start] < earliest) and start != end - 1:
            break
        if costs[start] + at_least >= found:
            continue
        emptiness, needed = by_width[edge - left]
        cost = at_least + emptiness
        if inside := ended - sentences[start]:
            torn_start = 0.0 if text.at_sentence_edge(start) else TORN_START
            cost += inside * (SENTENCE_INSIDE + torn_start + torn_end)
        room = free_ms - starts[start]
        if room < needed:
            cost += HASTE * min(1.0, (needed - room) / needed)
        cost += costs[start]
        if cost >= found:  # lines cannot make it cheaper, and dividing into lines is the slow part
            continue
        if edge - left <= longest:
            found, bounds = cost, (start, end)
        elif (lines := _best_lines(text, start, end)) is not None and cost + lines.cost < found:
            found, bounds = cost + lines.cost, lines.bounds
    return found, bounds


@lru_cache
def _by_width(settings: SubtitleSettings) -> list[tuple[float, int]]:
    """For each width a cue can have: the cost of the room it leaves empty, and its reading time in ms."""
    cells = settings.max_line_chars * settings.max_lines
    widest = settings.max_lines * (settings.max_line_chars + 1)
    return [(EMPTY * (1 - width / cells) ** 2, reading_ms(width, settings)) for width in range(widest + 1)]


def _best_lines(text: _Text, start: int, end: int) -> _Layout | None:
    """Set tokens in as few lines as they need, as evenly as their breaks allow; None if they do not fit."""
    if text.width(start, end) <= text.settings.max_line_chars or end - start == 1:
        return _Layout(0.0, (start, end))
    for count in range(2, text.settings.max_lines + 1):
        if (lines := _split(text, start, end, count)) is not None:
            # What perfectly even lines would cost; the spaces at line breaks take no room.
            even = _evenness(text, text.width(start, end) - (count - 1)) / count
            return _Layout(lines.cost - even, lines.bounds)
    return None


def _split(text: _Text, start: int, end: int, count: int) -> _Layout | None:
    """Split tokens into exactly `count` lines at least cost; None where it cannot be done."""
    if count == 1:
        width = text.width(start, end)
        fits = width <= text.settings.max_line_chars
        return _Layout(_evenness(text, width), (start, end)) if fits else None
    key = (start, end, count)
    if key not in text.splits:
        search = _two_lines if count == 2 else _search_split
        text.splits[key] = search(text, start, end, count)
    return text.splits[key]


def _two_lines(text: _Text, start: int, end: int, _: int) -> _Layout | None:
    """What `_search_split` would find for two lines: nearly all there are, so it is worth being quick."""
    longest = text.settings.max_line_chars
    edges, lefts, breaks, even = text.edges, text.lefts, text.breaks, _evenness_up_to(longest)
    best, where = math.inf, 0
    for middle in range(end - 1, start, -1):
        lower, upper = edges[end] - lefts[middle], edges[middle] - lefts[start]
        if lower > longest:
            break
        if upper <= longest:
            cost = even[lower] + UPPER_LINE * even[upper] + LINE_BREAK * breaks[middle - 1]
            if cost < best:
                best, where = cost, middle
    return _Layout(best, (start, where, end)) if where else None


def _search_split(text: _Text, start: int, end: int, count: int) -> _Layout | None:
    longest = text.settings.max_line_chars
    best: _Layout | None = None
    for middle in range(end - 1, start, -1):
        if text.width(middle, end) > (count - 1) * (longest + 1) - 1:
            break
        upper = text.width(start, middle)
        if upper > longest or (lower := _split(text, middle, end, count - 1)) is None:
            continue
        cost = lower.cost + UPPER_LINE * _evenness(text, upper) + LINE_BREAK * text.breaks[middle - 1]
        if best is None or cost < best.cost:
            best = _Layout(cost, (start, *lower.bounds))
    return best


def _evenness(text: _Text, width: int) -> float:
    """Squares of widths: of lines with the same sum, equal ones have the least."""
    return _evenness_of(width, text.settings.max_line_chars)


def _evenness_of(width: int, longest: int) -> float:
    return RAGGED * (width / longest) ** 2


@lru_cache
def _evenness_up_to(longest: int) -> list[float]:
    return [_evenness_of(width, longest) for width in range(longest + 1)]


def _untimed(text: _Text, bounds: tuple[int, ...]) -> Untimed:
    first, last = text.tokens[bounds[0]], text.tokens[bounds[-1] - 1]
    lines = (join_tokens(text.tokens[a:b]) for a, b in pairwise(bounds))
    return Untimed(
        first.start_ms, last.end_ms, text.width(bounds[0], bounds[-1]), tuple(lines), first.speaker
    )
