"""Who and what an episode names, told by capital letters; nothing is looked up.

Cautious where capitals say little: German writes every noun with one, so that only runs of several
or a title make a name; scripts without capitals have none to find.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from transcribe.core.show_notes import Mention, MentionKind
from transcribe.notes.terms import Terms, folded, matches
from transcribe.notes.words import in_any, in_language, whole
from transcribe.notes.writer import Sentence

LIMIT = 20
"""More names than this are a list nobody reads."""

_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]{2,60})[\"”“»]")


@dataclass
class _Found:
    forms: Counter[str] = field(default_factory=Counter)
    kinds: Counter[MentionKind] = field(default_factory=Counter)
    sentences: list[int] = field(default_factory=list)


def mentions_of(
    sentences: Sequence[Sentence], skip: frozenset[int], terms: Terms, people: Sequence[str] = ()
) -> tuple[Mention, ...]:
    """The names in a transcript, those named most often, in the order in which they come up.

    Args:
        skip: Positions of sentences whose words are not to be relied on.
    """
    if _capitals_say_nothing(sentences):
        return ()
    known = {folded(part) for name in people for part in name.split()}
    runs = {index: list(_runs(sentences[index].text, terms)) for index in _kept(sentences, skip)}
    inner = {folded(run.text) for found in runs.values() for run in found if not run.opens}
    names: dict[str, _Found] = {}
    for index, found in runs.items():
        for run in found:
            if _is_name(run, inner, terms.language):
                entry = names.setdefault(_key(run.text), _Found())
                entry.forms[run.text] += 1
                entry.kinds[_kind(run, terms.language, known)] += 1
                entry.sentences.append(index)
    _merge_parts(names)
    best = sorted(names.values(), key=lambda entry: (-len(entry.sentences), entry.sentences[0]))[:LIMIT]
    return tuple(_mention(entry, sentences) for entry in sorted(best, key=lambda entry: entry.sentences[0]))


def _kept(sentences: Sequence[Sentence], skip: frozenset[int]) -> list[int]:
    return [index for index, each in enumerate(sentences) if index not in skip and each.sure >= 0.5]


def _mention(entry: _Found, sentences: Sequence[Sentence]) -> Mention:
    positions = sorted({segment for index in entry.sentences for segment in sentences[index].segments})
    name = max(sorted(entry.forms), key=lambda form: (entry.forms[form], -len(form)))
    said: dict[MentionKind, int] = dict(entry.kinds)
    said.pop("other", None)
    kind: MentionKind = max(sorted(said), key=lambda each: said[each]) if said else "other"
    if kind == "place" and 2 * said[kind] <= len(entry.sentences):
        kind = "other"
    return Mention(name, kind, sentences[entry.sentences[0]].start_ms, tuple(positions))


@dataclass(frozen=True)
class _Run:
    """Words with capitals that follow each other, with the word before them and what they open."""

    text: str
    words: int
    before: str
    opens: bool
    quoted: bool


def _runs(text: str, terms: Terms) -> Iterator[_Run]:
    words = list(matches(text))
    quoted = [match.span(1) for match in _QUOTED.finditer(text)]
    first = 0
    while first < len(words):
        if not _is_capital(words[first].group(), terms):
            first += 1
            continue
        last = _last_of_run(text, words, first, terms)
        start, end = words[first].start(), words[last].end()
        name = re.sub(r"['’]s$", "", text[start:end])
        before = folded(words[first - 1].group()) if first else ""
        opens = first == 0 or text[words[first - 1].end() : start].strip(" ,") != ""
        yield _Run(name, last - first + 1, before, opens, any(s <= start and end <= e for s, e in quoted))
        first = last + 1


def _last_of_run(text: str, words: Sequence[re.Match[str]], first: int, terms: Terms) -> int:
    last = first
    for index in range(first + 1, min(first + 6, len(words))):
        between = text[words[index - 1].end() : words[index].start()]
        if between.strip() and not (between.strip() == "." and _is_title(words[index - 1].group())):
            break
        if words[index - 1].group().endswith(("'s", "’s")):
            break
        if _is_capital(words[index].group(), terms):
            last = index
        elif words[index].group() not in _particles(terms.language):
            break
    return last


def _particles(language: str) -> frozenset[str]:
    return in_language(language).names.only_particles or in_any().names.particles


def _is_title(word: str) -> bool:
    return folded(word) in in_any().names.titles or len(word) == 1


def _is_capital(word: str, terms: Terms) -> bool:
    if not word[0].isupper() or word[0].isdigit():
        return False
    if _is_title(word) and len(word) > 1:
        return True
    if folded(word).split("'")[0] in in_any().names.never:
        return False
    return not terms.is_small(folded(word)) or (len(word) > 1 and word.isupper())


def _is_name(run: _Run, inner: set[str], language: str) -> bool:
    words = run.text.split()
    if all(folded(word.strip(".")) in in_any().names.titles for word in words) or len(run.text) < 2:
        return False
    if run.quoted:
        return True
    if in_language(language).capital_nouns:
        titled = _is_title(words[0].strip("."))
        several = run.words > 1 and (titled or not run.opens)
        return several or run.text.isupper()
    return run.words > 1 or not run.opens or folded(run.text) in inner


def _kind(run: _Run, language: str, known: set[str]) -> MentionKind:
    words, names = [folded(word.strip(".")) for word in run.text.split()], in_any().names
    if run.quoted and run.words > 1:
        return "work"
    if whole(names.organisations).search(folded(run.text)) or (len(run.text) > 2 and run.text.isupper()):
        return "organisation"
    if whole(names.places).search(folded(run.text)):
        return "place"
    if words[0] in names.titles or run.before in names.titles or known.intersection(words):
        return "person"
    if run.before in in_language(language).names.before_places and run.words <= 2:
        return "place"
    return "other"


def _key(name: str) -> str:
    titles = in_any().names.titles
    words = [word for word in folded(name).replace(".", " ").split() if word not in titles]
    return " ".join(words) or folded(name)


def _merge_parts(names: dict[str, _Found]) -> None:
    """ "Einstein" after "Albert Einstein" is the same; where two longer names hold it, it stays alone."""
    for key in [key for key in names if " " not in key]:
        longer = [other for other in names if " " in other and key in (other.split()[0], other.split()[-1])]
        if len(longer) == 1:
            short, whole = names.pop(key), names[longer[0]]
            whole.kinds.update(short.kinds)
            whole.sentences = sorted(whole.sentences + short.sentences)


def _capitals_say_nothing(sentences: Sequence[Sentence]) -> bool:
    """Whether most words have capitals: headlines, or a model that writes all in capitals."""
    words = capitals = 0
    for sentence in sentences:
        for match in matches(sentence.text):
            words += 1
            capitals += match.group()[0].isupper()
    return words > 20 and 2 * capitals > words


def names_in(text: str, terms: Terms) -> list[str]:
    """The names in one text, by the same cautious rules; a word that only opens a sentence is none."""
    return [run.text for run in _runs(text, terms) if _is_name(run, set(), terms.language)]
