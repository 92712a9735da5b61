"""Phrases in the form in which a dictionary lists them: "Stanach Zjednoczonych" → "Stany Zjednoczone".

Polish by Morfeusz, German by the article before an adjective. Where no form is certain none is given: what
was said is better than what may not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from transcribe.core.show_notes import MentionKind
from transcribe.notes.lemmas import commonness, polish_analyser, readings
from transcribe.notes.terms import folded
from transcribe.notes.words import in_language

_NOUNS = frozenset(("subst", "depr", "ger"))
_WITH_CASES = frozenset(("adj", "ppas", "pact")) | _NOUNS
_DEGREES = frozenset(("pos", "com", "sup", "neg", "aff"))
_GENDERS = frozenset(("m1", "m2", "m3", "f", "n"))

_KINDS: tuple[tuple[MentionKind, frozenset[str]], ...] = (
    ("person", frozenset(("imię",))),
    ("organisation", frozenset(("nazwa_firmy", "nazwa_instytucji", "nazwa_organizacji", "marka"))),
    ("place", frozenset(("nazwa_geograficzna", "człon_nazwy_geograficznej"))),
)
"""What its dictionary says of words with a capital, the surest first."""


class _Analysis(NamedTuple):
    """One reading of a word that has cases; the fields are those of Morfeusz."""

    entry: str
    kind: str
    kinds: frozenset[str]
    numbers: frozenset[str]
    cases: frozenset[str]
    genders: frozenset[str]
    degree: frozenset[str]

    @property
    def is_noun(self) -> bool:
        return self.kind in _NOUNS

    @property
    def is_person(self) -> bool:
        return bool(self.kinds & {"imię", "nazwisko"})

    @property
    def is_common(self) -> bool:
        return not self.kinds or "nazwa_pospolita" in self.kinds

    @property
    def common(self) -> float:
        return commonness(self.entry.partition(":")[0], "pl")


@lru_cache(maxsize=4096)
def nominative(words: tuple[str, ...], *, singular: bool = False, place: bool = False) -> str:
    """A Polish phrase in the nominative; empty where that is not certain.

    Its head is a noun; what agrees with it is changed too, what depends on it (a genitive) stays.

    Args:
        words: As they were said.
        singular: Whether a plural becomes a singular where there is one: so with terms, not with names.
        place: Whether it is rather one of a place than one of somebody: "Czech" of "Czechy".
    """
    if polish_analyser() is None:
        return ""
    analyses = [_analyses(word) for word in words]
    if place and len(words) == 1:
        analyses = [_places(analyses[0]) or analyses[0]]
    found = [
        option
        for head, nouns in enumerate(analyses)
        for noun in nouns
        if noun.is_noun
        for number in sorted(noun.numbers)
        for case in sorted(noun.cases)
        if (option := _inflected(words, analyses, head, noun, (number, case), singular=singular))
    ]
    return max(found, key=lambda option: option[0])[1] if found else ""


def kind_of_polish(word: str) -> MentionKind | None:
    """What a Polish word, in the nominative, names, where Morfeusz knows it as a name.

    Not where it knows a surname only: "Bryza" and "Mac" are surnames, too.
    """
    kinds = _kinds_of(word)
    kind = next((kind for kind, tell in _KINDS if kinds & tell), None)
    return "other" if kind is None and kinds - {"nazwisko", "nazwa_pospolita"} else kind


def may_be_polish_surname(word: str) -> bool:
    """Whether Morfeusz knows a surname, in the nominative, that is so."""
    return "nazwisko" in _kinds_of(word)


def _kinds_of(word: str) -> frozenset[str]:
    if polish_analyser() is None:
        return frozenset()
    listed = [each for each in _analyses(word) if each.entry.partition(":")[0] == word]
    return frozenset[str]().union(*(each.kinds for each in listed))


def _places(found: Iterable[_Analysis]) -> tuple[_Analysis, ...]:
    """Those of a word's readings that are places in another case than the nominative."""
    return tuple(each for each in found if "nazwa_geograficzna" in each.kinds and "nom" not in each.cases)


def is_polish_demonym(word: str) -> bool:
    """Whether a Polish word is what people from somewhere are called: "Amerykanie"."""
    if polish_analyser() is None:
        return False
    kinds = frozenset[str]().union(*(each.kinds for each in _analyses(word) if each.entry[:1].isupper()))
    return "nazwa_pospolita" in kinds and not kinds & {"imię", "nazwa_geograficzna"}


def _inflected(
    words: Sequence[str],
    analyses: Sequence[Sequence[_Analysis]],
    head: int,
    noun: _Analysis,
    said: tuple[str, str],
    *,
    singular: bool,
) -> tuple[tuple[float, ...], str] | None:
    """The phrase with this noun as its head, said in this number and case, and how likely that is."""
    number, case = said
    to = "sg" if singular and _form(noun, "sg", noun.genders) else number
    parts: list[str] = []
    agreed, common, depends = 0, 0.0, False
    for index, word in enumerate(words):
        like = [noun] if index == head else [each for each in analyses[index] if _agrees(each, noun, said)]
        like.sort(key=lambda each: -each.common)
        form = "" if depends else next((form for each in like if (form := _form(each, to, noun.genders))), "")
        if form:
            agreed += 1
            common += like[0].common
        elif index > head and any("gen" in each.cases for each in analyses[index]):
            form, depends = word, True
        else:
            return None
        parts.append(form[:1].upper() + form[1:] if word[:1].isupper() else form)
    like_case = words[head][:1].isupper() != noun.is_common
    one = not (noun.is_person and number == "pl")
    return (agreed, like_case and one, -head, common + (to == "sg") / 2, case == "nom"), " ".join(parts)


def _agrees(other: _Analysis, noun: _Analysis, said: tuple[str, str]) -> bool:
    number, case = said
    if other.is_noun and not other.is_person:
        return False
    return number in other.numbers and case in other.cases and bool(other.genders & noun.genders)


@lru_cache(maxsize=16_384)
def _analyses(word: str) -> tuple[_Analysis, ...]:
    return tuple(_with_cases((entry, tag, kinds) for _, _, (_, entry, tag, kinds, _) in _analyse(word)))


def _analyse(word: str) -> list[tuple[int, int, tuple[str, str, str, list[str], list[str]]]]:
    found: list[tuple[int, int, tuple[str, str, str, list[str], list[str]]]] = polish_analyser().analyse(word)
    return found if all(start == 0 for start, _, _ in found) else []


def _with_cases(found: Iterable[tuple[str, str, list[str]]]) -> Iterator[_Analysis]:
    for entry, tag, kinds in found:
        kind, *rest = tag.split(":")
        fields = [frozenset(field.split(".")) for field in rest]
        if kind in _WITH_CASES and len(fields) >= 3:
            degree = frozenset().union(*fields[3:]) & _DEGREES
            yield _Analysis(entry, kind, frozenset(kinds), fields[0], fields[1], fields[2] & _GENDERS, degree)


@lru_cache(maxsize=16_384)
def _form(analysis: _Analysis, number: str, genders: frozenset[str]) -> str:
    """The nominative of a word; empty where it has none in this number."""
    for form, other in _nominatives(analysis.entry):
        same = other.kind == analysis.kind and other.degree == analysis.degree
        if same and number in other.numbers and other.genders & genders:
            return form
    return ""


@lru_cache(maxsize=4096)
def _nominatives(entry: str) -> tuple[tuple[str, _Analysis], ...]:
    return tuple(
        (str(form), each)
        for form, _, tag, kinds, _ in polish_analyser().generate(entry)
        for each in _with_cases([(entry, tag, kinds)])
        if "nom" in each.cases
    )


_GENDER_OF = {
    ("der", "e"): "er", ("ein", "er"): "er", ("das", "e"): "es", ("ein", "es"): "es", ("die", "e"): "e",
    ("eine", "e"): "e", ("der", "en"): "e", ("zur", "en"): "e", ("einer", "en"): "e",
}  # fmt: skip
"""Ending in the nominative without an article, by the article and the ending that was said."""

_ARTICLES = frozenset(
    "am an beim das dem den der des die ein eine einem einen einer eines im ins vom zum zur".split()  # noqa: SIM905
)


def with_strong_ending(before: str, words: tuple[str, ...], language: str) -> str:
    """A German name that begins with an adjective, as it stands without an article; empty where not certain.

    "die Vereinigten Staaten" → "Vereinigte Staaten", "der Botanische Garten" → "Botanischer Garten".

    Args:
        before: The word before it, folded.
    """
    if not in_language(language).capital_nouns or len(words) < 2:
        return ""
    adjectives = [each.lemma for each in readings(words[0], language) if each.part == "adjective"]
    if not adjectives or not folded(words[0]).startswith(folded(adjectives[0])):
        return ""
    noun = readings(words[-1], language)[0]
    stem, ending = words[0][: len(adjectives[0])], words[0][len(adjectives[0]) :]
    if before not in _ARTICLES:
        return " ".join(words) if ending in ("e", "er", "es") else ""
    plural = noun.part == "noun" and folded(noun.lemma) != folded(words[-1])
    strong = "e" if plural and ending == "en" else _GENDER_OF.get((before, ending), "")
    return " ".join((stem + strong, *words[1:])) if strong else ""
