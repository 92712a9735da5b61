"""What an episode is about: its nouns, names and terms of several words, in the form a dictionary has.

A word is telling that is said here far more often than elsewhere; how common words are elsewhere is known in
some forty languages.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

from transcribe.notes.addresses import address_words
from transcribe.notes.lemmas import TAGGED, Reading, commonness, has_lemmas, is_word, lemma, tagged
from transcribe.notes.names import Name
from transcribe.notes.nominative import nominative
from transcribe.notes.numbers import numbers_of
from transcribe.notes.phrases import unspaced_candidates
from transcribe.notes.terms import Terms, folded, is_unspaced, matches
from transcribe.notes.words import Grammar, in_any, in_language, whole

LONGEST = 3
"""Words of a term without those that join them; longer ones are seldom said twice."""

_UNKNOWN = 2.5
"""Zipf of what no list has; the lists end at 3."""

_SMOOTHING = 500
"""Words added to those said: in a few sentences everything is more frequent than elsewhere."""

_TELLING = 1.0
"""Powers of ten by which a keyword is more frequent here than elsewhere."""

_OWN_ENTRY = 1.0
"""A form this much more common (powers of ten) than its lemma is an entry of its own: "données", "gens"."""

_NAME = 0.6
"""What a name is worth beside a noun as frequent: names are listed as mentions, too."""

_ALWAYS = 3
"""Keywords that may be said once only: in a short recording nothing is said twice."""


_Key = tuple[str, ...]
"""Lemmas, folded."""


@dataclass(frozen=True)
class _Word:
    """A word where it was said.

    Attributes:
        kind: `N` for a noun, `A` for what may stand beside one, `J` for what joins two, empty for all others.
        determined: Whether a word before it says that it is a noun.
    """

    text: str
    reading: Reading
    kind: str
    start: int
    end: int
    determined: bool

    @property
    def lemma(self) -> str:
        """As a dictionary writes it."""
        return self.reading.lemma


@dataclass
class _Term:
    """One or several words, whatever their inflection.

    Attributes:
        forms: As it was said, with how often.
        name: What is listed where it is a name.
        times: How often a name was said, also shortened.
    """

    forms: Counter[str] = field(default_factory=Counter)
    name: str = ""
    times: int = 0

    @property
    def count(self) -> int:
        return self.times or sum(self.forms.values())


def keywords_of(read: Sequence[Read], names: Sequence[Name], terms: Terms, limit: int) -> tuple[str, ...]:
    """The most telling keywords, best first; none holds or is held by another.

    Args:
        read: The sentences that can be relied on.
        names: Those in the transcript; a part of a name is no keyword.
    """
    found, total = _terms(read, names)
    held = _counts_inside(found)
    worth = {key: _worth(key, term, total, held.get(key, []), terms.language) for key, term in found.items()}
    chosen: list[str] = []
    used: set[str] = set()
    telling = [key for key in found if worth[key] > 0]
    for key in sorted(telling, key=lambda key: (found[key].count == 1, -worth[key])):
        if len(chosen) >= (limit if found[key].count > 1 else _ALWAYS):
            break
        if used.intersection(key):
            continue
        chosen.append(found[key].name or _written(found[key].forms, terms.language))
        used.update(key)
    return tuple(dict.fromkeys(chosen))


@dataclass(frozen=True)
class Read:
    """A sentence as it is searched for terms.

    Attributes:
        terms: Key and form of everything in it that may be one, in order.
        words: How many it has; of a script without spaces, terms.
        counted: Those that stand behind a number, as units do, folded: "30 Euro", "eighty percent".
    """

    terms: tuple[tuple[_Key, str], ...]
    words: int
    counted: tuple[str, ...]


def read_sentences(texts: Sequence[str], names: Sequence[Name], terms: Terms) -> list[Read]:
    """All sentences of a transcript, each read once.

    Args:
        names: Those in the transcript; a part of a name is no term.
    """
    named = _any_of([form for name in names for form in name.forms])
    said = [[] if is_unspaced(text) else _words(text, named, terms) for text in texts]
    said = _with_nouns(said, terms.language)
    found = [tuple(_terms_in(*each, terms.language)) for each in zip(texts, said, strict=True)]
    return [
        Read(held, len(words) or len(held), _counted(text, terms.language))
        for text, held, words in zip(texts, found, said, strict=True)
    ]


def _counted(text: str, language: str) -> tuple[str, ...]:
    words = [folded(match.group()) for match in matches(text)]
    return tuple(right for left, right in pairwise(words) if _is_number(left, language))


@lru_cache(maxsize=65_536)
def _is_number(word: str, language: str) -> bool:
    return bool(numbers_of(word, language, small=False))


@dataclass(frozen=True)
class Told:
    """A term that some sentences speak of.

    Attributes:
        key: Its lemmas, folded.
        forms: As it was said.
        count: How often.
        worth: How telling it is; only its order means something.
    """

    key: tuple[str, ...]
    forms: frozenset[str]
    count: int
    worth: float
    _term: _Term
    _language: str

    @property
    def text(self) -> str:
        """In the form of a dictionary, where that is certain."""
        return self._term.name or _written(self._term.forms, self._language)

    def with_next(self, other: Told, read: Iterable[Read]) -> Told | None:
        """The term that two make together, if some sentence has it: "wood", "block"; None if none has."""
        key = self.key + other.key
        forms = Counter(form for sentence in read for held, form in sentence.terms if held == key)
        term = _Term(forms)
        return Told(key, frozenset(forms), term.count, self.worth, term, self._language) if forms else None


def told_by(
    read: Sequence[Read], named: Mapping[str, int], names: Sequence[Name], terms: Terms
) -> list[Told]:
    """Every term that some sentences of a recording may be about, in the order in which they were said.

    Args:
        read: Those sentences.
        named: How often they name each of the names, by its text.
        names: All names in the recording.
    """
    here = [replace(name, sentences=[0] * named[name.text]) for name in names if named.get(name.text)]
    found, total = _terms(read, here)
    held = _counts_inside(found)
    language = terms.language
    return [
        Told(key, frozenset(term.forms), term.count, worth, term, language)
        for key, term in found.items()
        if (worth := _worth(key, term, total, held.get(key, []), language)) > 0
    ]


def _terms(read: Sequence[Read], names: Sequence[Name]) -> tuple[dict[_Key, _Term], int]:
    """What may be a keyword, units aside, in the order in which it was said, and how many words were said."""
    found: dict[_Key, _Term] = defaultdict(_Term)
    for sentence in read:
        for key, form in sentence.terms:
            found[key].forms[form] += 1
    counted = Counter(word for sentence in read for word in sentence.counted)
    units = [
        key
        for key, term in found.items()
        if 3 * sum(counted[folded(form)] for form in term.forms) > term.count
    ]
    for key in units:
        del found[key]
    total = sum(sentence.words for sentence in read)
    for name in names:
        text = _without_titles(name.text)
        found[tuple(map(folded, text.split()))] = _Term(Counter(name.forms), text, len(name.sentences))
    return found, total


def _terms_in(text: str, words: Sequence[_Word], language: str) -> Iterator[tuple[_Key, str]]:
    if is_unspaced(text):
        yield from unspaced_candidates(text, language)
    for run in _runs(text, words):
        for part in _parts(run, noun_last=in_language(language).grammar.noun_last):
            yield tuple(folded(word.lemma) for word in part if word.kind != "J"), _as_said(part, text)


def _without_titles(name: str) -> str:
    words = [word for word in name.split() if folded(word.strip(".")) not in in_any().names.titles]
    return " ".join(words) if len(words) > 1 else name


def _any_of(forms: Sequence[str]) -> re.Pattern[str] | None:
    longest = sorted(set(forms), key=lambda form: (-len(form), form))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest))})\b") if longest else None


def _words(text: str, named: re.Pattern[str] | None, terms: Terms) -> list[_Word]:
    found = list(matches(text))
    grammar = in_language(terms.language).grammar
    said = [match.group() for match in found]
    if said and terms.language not in TAGGED and not in_language(terms.language).capital_nouns:
        said[0] = said[0].lower()  # the capital of a sentence: no dictionary has the word with it
    readings = tagged(tuple(said), terms.language)
    spans = [match.span() for match in named.finditer(text)] if named else []
    address = address_words(text)
    words: list[_Word] = []
    before = ""
    for match, reading in zip(found, readings, strict=True):
        word = folded(match.group())
        prefix, elided, bare = word.rpartition("'")
        determined = bool(elided) or before in grammar.determiners
        if reading.part:
            kind = {"noun": "N", "name": "N", "adjective": "A"}.get(reading.part, "")
        else:
            article = bool(elided) or before in grammar.articles
            kind = "" if _is_verb_or_adverb(bare, reading.lemma, grammar, after_article=article) else "A"
        if any(left < match.end() and match.start() < right for left, right in spans):
            kind = ""
        elif (
            terms.is_small(bare)
            or word in address
            or _is_number(word, terms.language)
            or len(bare) < 3
            or not bare[0].isalpha()
        ):
            kind = "J" if word in grammar.joins else ""
        start = match.start() + (len(prefix) + 1 if elided and len(prefix) < 6 else 0)
        words.append(_Word(text[start : match.end()], reading, kind, start, match.end(), determined))
        before = word
    return words


def _is_verb_or_adverb(word: str, listed: str, grammar: Grammar, *, after_article: bool) -> bool:
    """By its form, in languages whose parts of speech no dictionary of ours has."""
    if grammar.adverbs and whole(grammar.adverbs).fullmatch(word):
        return True
    if not grammar.infinitives or not whole(grammar.infinitives).fullmatch(folded(listed)):
        return False
    same = word.startswith(folded(listed)) and word.removeprefix(folded(listed)) in ("", "s", "es", "x")
    return not (same and after_article)  # "el lugar", "los lugares"


def _with_nouns(said: Sequence[Sequence[_Word]], language: str) -> list[list[_Word]]:
    """Nouns told by the words before them, where no dictionary tells them."""
    grammar = in_language(language).grammar
    if all(word.kind != "A" for words in said for word in words) or language in TAGGED:
        return [list(words) for words in said]
    nouns = {folded(word.lemma) for words in said for word in words if word.kind == "A" and word.determined}
    if not grammar.determiners:
        adjectives = grammar.adjectives
        every = {folded(word.lemma) for words in said for word in words if word.kind == "A"}
        nouns = {each for each in every if not (adjectives and whole(adjectives).fullmatch(each))}
    return [
        [
            replace(word, kind="N") if word.kind == "A" and folded(word.lemma) in nouns else word
            for word in words
        ]
        for words in said
    ]


def _runs(text: str, words: Sequence[_Word]) -> Iterator[list[_Word]]:
    """Words that may be one term: with nothing but a space or what joins nouns between them."""
    run: list[_Word] = []
    for word in words:
        if run and (not word.kind or text[run[-1].end : word.start].strip(" '’dl")):
            yield run
            run = []
        if word.kind:
            run.append(word)
    if run:
        yield run


def _parts(run: Sequence[_Word], *, noun_last: bool) -> Iterator[Sequence[_Word]]:
    for first, word in enumerate(run):
        if word.kind == "J":
            continue
        content = 0
        for last in range(first, len(run)):
            content += run[last].kind != "J"
            if content > LONGEST:
                break
            part = run[first : last + 1]
            kinds = "".join(each.kind for each in part)
            if "N" in kinds and kinds.endswith("N" if noun_last else ("N", "A")):
                yield part


def _as_said(part: Sequence[_Word], text: str) -> str:
    said = text[part[0].start : part[-1].end]
    opens = not text[: part[0].start].strip(' ¿¡"“„«»—-')
    alone = said[1:] == said[1:].lower() and not part[0].lemma[:1].isupper()
    return said[:1].lower() + said[1:] if opens and alone else said


def _counts_inside(found: dict[_Key, _Term]) -> dict[_Key, list[int]]:
    """For each term, the counts of the longer ones that hold it."""
    held: dict[_Key, list[int]] = defaultdict(list)
    for key, term in found.items():
        if len(key) > 1 and term.count > 1 and not term.name:
            sizes = range(1, len(key))
            for part in {key[at : at + size] for size in sizes for at in range(len(key) - size + 1)}:
                held[part].append(term.count)
    return held


def _worth(key: _Key, term: _Term, total: int, longer: Sequence[int], language: str) -> float:
    """How telling a term is: how often it is said, times how much more often than elsewhere.

    Long terms count more, and one that is only ever said inside a longer one counts less: C-value (Frantzi,
    Ananiadou and Mima 2000). Of how often it is said the lower bound counts: what is said twice by chance is
    no topic.
    """
    if term.count < 2 and (len(key) > 1 or not _is_sure(key[0], term, language)):
        return 0.0
    beyond = term.count - sum(longer) / len(longer) if longer else float(term.count)
    sure = max(0.3, beyond - math.sqrt(max(0.0, beyond)))
    elsewhere = [max(_UNKNOWN, commonness(word, language)) for word in key]
    if len(key) == 1:
        elsewhere += [commonness(form, language) for form in term.forms if " " not in form]
    common = max(elsewhere) if len(key) == 1 else min(elsewhere) - 1
    telling = math.log10(sure / (total + _SMOOTHING)) + 9 - common
    return (
        math.log2(len(key) + 1) * sure * telling * (_NAME if term.name else 1.0)
        if telling > _TELLING
        else 0.0
    )


def _is_sure(word: str, term: _Term, language: str) -> bool:
    """Whether what is said once only is surely a word, and no name: a recogniser mishears such words most."""
    return not term.name and (not commonness("a", language) or commonness(word, language) > 0)


def _written(forms: Counter[str], language: str) -> str:
    """A term in the form of a dictionary, where that is certain; else as it was said most often."""
    if language == "pl":
        sure: Counter[str] = Counter()
        for form, count in forms.items():
            sure[nominative(tuple(form.split()), singular=True)] += count
        del sure[""]
        if sure:
            return max(sorted(sure), key=lambda form: sure[form])
    said = max(sorted(forms), key=lambda form: forms[form])
    *others, last = said.split(" ")
    if not has_lemmas(language) or (others and language != "en"):
        listed = [form for form in forms if lemma(form.split(" ")[0], language) == form.split(" ")[0]]
        return max(sorted(listed), key=lambda form: forms[form]) if listed else said
    return " ".join([*others, _listed(last, language)])


def _listed(word: str, language: str) -> str:
    """A word in dictionary form; as it is where its lemma is rare, and so a mistake or another word."""
    found = lemma(word, language)
    rarer = commonness(found, language) < commonness(word, language) - _OWN_ENTRY
    return found if is_word(found, language) and not rarer else word
