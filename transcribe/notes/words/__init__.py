"""What notes know of each language: its words and habits, one data file each, `CODE.toml` (Whisper's code).

A language without a file has no words of its own, and is taken to be written in Latin letters. Words and
patterns are compared with folded text (`terms.folded`); a pattern is a regular expression. Lists are
sorted; only what `terms.words_of` gives as one word can be met in a list of words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TypeVar

import msgspec

from transcribe.core.decoding import convert

NONE: frozenset[str] = frozenset()


class Denial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the language denies.

    Attributes:
        words: That deny. A negative prefix ("unlikely") makes a word of its own, which is compared as such.
        endings: Of words that deny: "n't".
        verbs: Dictionary forms of those that deny by themselves: "lack".
        affirms: Patterns that hold such a word and deny nothing: "nothing but".
    """

    words: frozenset[str] = NONE
    endings: frozenset[str] = NONE
    verbs: frozenset[str] = NONE
    affirms: frozenset[str] = NONE


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What tells names.

    Attributes:
        titles: Before a person's name.
        never: Words written with a capital that are no names.
        never_alone: Words and abbreviations with a capital that name nothing by themselves: "Monday".
        peoples: Patterns of what people from somewhere are called, where that has a capital and no dictionary
            of ours says so.
        particles: Between the parts of a name: "van".
        only_particles: The only ones that count in this language; where empty, those of all languages do.
        before_places: Prepositions before a place.
        places: Patterns of words in the names of places.
        organisations: Patterns of words in the names of organisations.
    """

    titles: frozenset[str] = NONE
    never: frozenset[str] = NONE
    never_alone: frozenset[str] = NONE
    peoples: frozenset[str] = NONE
    particles: frozenset[str] = NONE
    only_particles: frozenset[str] = NONE
    before_places: frozenset[str] = NONE
    places: frozenset[str] = NONE
    organisations: frozenset[str] = NONE


class Grammar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What tells parts of speech where no dictionary of ours does.

    Attributes:
        noun_last: Whether a term ends with its noun: "blue sky", not "ciel bleu".
        articles: Before a noun, never before a verb.
        determiners: Before a noun, some before an infinitive too: articles, prepositions, numerals.
        before_verbs: Before a verb, where it may be a noun too: "they play", "to play".
        joins: Between the nouns of one term: "punto de carga".
        infinitives: Patterns of the dictionary forms of verbs.
        adjectives: Patterns of the dictionary forms of adjectives.
        adverbs: Patterns of adverbs.
    """

    noun_last: bool = False
    articles: frozenset[str] = NONE
    determiners: frozenset[str] = NONE
    before_verbs: frozenset[str] = NONE
    joins: frozenset[str] = NONE
    infinitives: frozenset[str] = NONE
    adjectives: frozenset[str] = NONE
    adverbs: frozenset[str] = NONE


class Sentences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What tells which sentences can stand by themselves.

    Attributes:
        addressed: Words for whoever is spoken to.
        articles: Those of `pointers` that are articles before a noun.
        chatter: Patterns of greetings, thanks and announcements: what is said around the content.
        chatter_within: Likewise, of languages that write words together.
        connects: Patterns of words inside that connect with the sentence before: "therefore".
        hesitations: Sounds that say nothing.
        leads: Patterns of openings that can be cut off: what follows is a sentence as it stands.
        leans: Patterns of openings that lean on the sentence before.
        own: Patterns of people who speak of themselves, as in stories; a claim that holds for others seldom
            has these.
        pointers: Before a noun, else they point at the sentence before: "this".
        pronouns: For what has been named.
        reasons: Patterns of what says why, or on what condition.
        shifts: Patterns of what announces another topic.
    """

    addressed: frozenset[str] = NONE
    articles: frozenset[str] = NONE
    chatter: frozenset[str] = NONE
    chatter_within: frozenset[str] = NONE
    connects: frozenset[str] = NONE
    hesitations: frozenset[str] = NONE
    leads: frozenset[str] = NONE
    leans: frozenset[str] = NONE
    own: frozenset[str] = NONE
    pointers: frozenset[str] = NONE
    pronouns: frozenset[str] = NONE
    reasons: frozenset[str] = NONE
    shifts: frozenset[str] = NONE


class Clauses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What tells clauses, and what they refer to.

    Attributes:
        joins: Words between two clauses, or two parts of one.
        binds: Words before a clause without which the one before it says nothing: "that".
        prepositions: The most frequent.
        refers: Words for somebody or something named before; where empty, every clause may have one.
        persons: Words for somebody, or a clause's own "who".
        speaker: Words for whoever speaks.
        subjects: Those for whoever speaks as the subject of a clause.
        introduces: Patterns of what stands before one's own name: "my name is".
        here: Words for where he is.
        above: Patterns before a number than which there is more: "over".
        below: Those before one than which there is less: "almost".
        unreal: Words, also dictionary forms, that tell what is wished, supposed or past.
    """

    joins: frozenset[str] = NONE
    binds: frozenset[str] = NONE
    prepositions: frozenset[str] = NONE
    refers: frozenset[str] = NONE
    persons: frozenset[str] = NONE
    speaker: frozenset[str] = NONE
    subjects: frozenset[str] = NONE
    introduces: frozenset[str] = NONE
    here: frozenset[str] = NONE
    above: frozenset[str] = NONE
    below: frozenset[str] = NONE
    unreal: frozenset[str] = NONE

    @property
    def all(self) -> frozenset[str]:
        """All these words."""
        return (
            self.joins
            | self.binds
            | self.prepositions
            | self.refers
            | self.persons
            | self.speaker
            | self.here
        )


class Addresses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How addresses are said aloud.

    Attributes:
        dot: The full stop.
        at: The sign @.
        slash: The sign /.
        endings: Of host names, that are words elsewhere but not after this language's `dot`.
    """

    dot: frozenset[str] = NONE
    at: frozenset[str] = NONE
    slash: frozenset[str] = NONE
    endings: frozenset[str] = NONE


class Assistant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What language models say instead of doing what they are asked for.

    Attributes:
        phrases: Patterns, met in any case.
        narrates: Patterns of openings that tell of the recording and not what was said in it.
    """

    phrases: frozenset[str] = NONE
    narrates: frozenset[str] = NONE


class Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One language.

    Attributes:
        name: As prompts name it, in English; empty: by its code.
        script: First word of the Unicode names of its letters; empty: it has several scripts.
        stemmer: Snowball's algorithm, or empty.
        number_words: Whether text2num reads its numbers.
        numerals: Dictionary forms of number words, and what they are worth, where it does not.
        all_han: Whether it is written in Han letters only.
        inflects_names: Whether it changes the ends of names: Anna, Anny, Annę.
        often_written: Whether language models fall into it.
        capital_nouns: Whether every noun has a capital, which then tells no names.
        capital_titles: Whether most words of a title have one.
        drops_subjects: Whether a verb stands alone for "I do", "she does".
        denial: How it denies.
        clauses: How clauses are told, and what they refer to.
        names: What tells names.
        grammar: What tells parts of speech.
        sentences: What tells which sentences can stand by themselves.
        addresses: How addresses are said.
        assistant: What language models say of themselves.
    """

    name: str = ""
    script: str = "LATIN"
    stemmer: str = ""
    number_words: bool = False
    all_han: bool = False
    inflects_names: bool = False
    often_written: bool = False
    capital_nouns: bool = False
    capital_titles: bool = False
    drops_subjects: bool = False
    numerals: dict[str, int] = {}
    denial: Denial = Denial()
    clauses: Clauses = Clauses()
    names: Names = Names()
    grammar: Grammar = Grammar()
    sentences: Sentences = Sentences()
    addresses: Addresses = Addresses()
    assistant: Assistant = Assistant()


_UNKNOWN = Language()
_Section = TypeVar("_Section", Names, Sentences, Addresses, Assistant)


@cache
def languages() -> Mapping[str, Language]:
    """Every language that has a file, by its code."""
    files = sorted(resources.files(__package__).iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(".toml"): convert(msgspec.toml.decode(file.read_bytes()), Language)
        for file in files
        if file.name.endswith(".toml")
    }


def in_language(code: str) -> Language:
    """What is known of a language; no words where nothing is."""
    return languages().get(code, _UNKNOWN)


@cache
def in_any() -> Language:
    """The words of all languages together, for where speakers mix them or the language is not known."""
    known = languages().values()
    return Language(
        names=_together([each.names for each in known]),
        sentences=_together([each.sentences for each in known]),
        addresses=_together([each.addresses for each in known]),
        assistant=_together([each.assistant for each in known]),
    )


def _together(sections: list[_Section]) -> _Section:
    kind = type(sections[0])
    return kind(
        **{
            field: NONE.union(*(getattr(each, field) for each in sections))
            for field in kind.__struct_fields__
        }
    )


@cache
def whole(patterns: frozenset[str]) -> re.Pattern[str]:
    """Finds whole words that one of some patterns describes."""
    return re.compile(rf"\b(?:{either(patterns)})\b")


@cache
def anywhere(patterns: frozenset[str]) -> re.Pattern[str]:
    """Finds what one of some patterns describes, in any case."""
    return re.compile(either(patterns), re.IGNORECASE)


_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
"""Scripts without spaces, of which the files have patterns."""


@cache
def meets(patterns: frozenset[str]) -> re.Pattern[str]:
    """Finds what one of some patterns describes, in any case: whole words where the script has spaces."""
    return re.compile(either(frozenset(map(_bounded, patterns))), re.IGNORECASE)


@cache
def opening(patterns: frozenset[str]) -> re.Pattern[str]:
    """The same at the beginning of a text, after quotation marks and the like."""
    return re.compile(rf"[^\w]*(?:{meets(patterns).pattern})", re.IGNORECASE)


@cache
def leading(patterns: frozenset[str]) -> re.Pattern[str]:
    """The same with the comma and the space after it, where words have spaces between them."""
    return re.compile(rf"{opening(patterns).pattern}(?:[,;:]?\s+|(?<=[、\u3040-\u30ff]))", re.IGNORECASE)


def _bounded(pattern: str) -> str:
    return pattern if _UNSPACED.search(pattern) else rf"(?<![\w'-])(?:{pattern})(?![\w-])"


def either(patterns: frozenset[str]) -> str:
    """What any of some patterns describes, as one that needs brackets around it."""
    return "|".join(sorted(patterns))
