"""Who is called what: names of an episode's speakers, other ones, and those kept with its job."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from transcribe.core.episode import Episode, Recognition, Segment, Transcript
from transcribe.core.errors import UsageError
from transcribe.core.show_notes import Chapter, Quote, ShowNotes, SoundBite, Statement
from transcribe.core.text import plain_name
from transcribe.core.workspace import Workspace
from transcribe.pipeline.speakers.diarise import renamed_turns

LONGEST_NAME = 128
"""Characters of a person's name in Podcasting 2.0 (`<podcast:person>`)."""

ARTEFACT = "names"
"""In a work directory: the names that the speakers of this job have been given since, by their own."""


@dataclass(frozen=True)
class Share:
    """What one speaker has of an episode.

    Attributes:
        name: The speaker; None for what nobody is named for.
        start_ms: Where they speak first.
    """

    name: str | None
    spoken_ms: int
    start_ms: int
    text: str


def shares_of(transcript: Transcript) -> tuple[Share, ...]:
    """Every speaker, in the order in which they first speak."""
    spoken: dict[str | None, list[Segment]] = {}
    for segment in transcript.segments:
        spoken.setdefault(segment.speaker, []).append(segment)
    return tuple(
        Share(name, sum(each.end_ms - each.start_ms for each in said), said[0].start_ms, said[0].text)
        for name, said in spoken.items()
    )


def read_names(arguments: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """Read `OLD=NEW`; all are meant at once, so that two speakers can swap their names.

    Args:
        arguments: As they stand on the command line; an equals sign may be part of a name.

    Raises:
        UsageError: One is not of that form, names nobody, or names somebody twice.
    """
    names: dict[str, str] = {}
    for argument in arguments:
        old, new = _read_name(argument, known)
        if names.setdefault(old, new) != new:
            raise UsageError(f"{old!r} is given two names, {names[old]!r} and {new!r}")
    return names


def _read_name(argument: str, known: Sequence[str]) -> tuple[str, str]:
    by_form = {unicodedata.normalize("NFC", name): name for name in known}
    text = unicodedata.normalize("NFC", argument)
    places = [place for place, letter in enumerate(text) if letter == "="]
    if not places:
        raise UsageError(f"{argument!r} names nobody anew", "Write OLD=NEW, such as S1=Ala")
    for place in reversed(places):
        old, new = text[:place].strip(), plain_name(text[place + 1 :])
        if old in by_form:
            if not new or len(new) > LONGEST_NAME:
                raise UsageError(
                    f"{argument!r} is no name", f"A name has between 1 and {LONGEST_NAME} characters"
                )
            return by_form[old], new
    there = ", ".join(map(repr, known)) or "none: speakers were not told apart"
    raise UsageError(f"there is no speaker {text[: places[0]]!r}", f"There are: {there}")


def renamed(episode: Episode, names: Mapping[str, str]) -> Episode:
    """The episode with other names for its speakers; those who get the same name become one speaker.

    Quotes are attributed to whoever says them. In what a language model wrote, an old name is replaced
    where it stands as a word, unless somebody says it in the recording: then it may mean something else.
    """
    if not names:
        return episode
    segments = _segments_renamed(episode.transcript.segments, names)
    transcript = replace(episode.transcript, segments=segments)
    notes = episode.notes
    if notes is not None:
        notes = _notes_renamed(notes, segments, names, _rewriter(names, episode.transcript.text))
    tracks = tuple(replace(each, speaker=names.get(each.speaker, each.speaker)) for each in episode.tracks)
    turns = renamed_turns(episode.turns, names) if episode.turns else episode.turns
    recognised = episode.recognised and _recognition_renamed(episode.recognised, names)
    return replace(
        episode, transcript=transcript, notes=notes, tracks=tracks, turns=turns, recognised=recognised
    )


def _recognition_renamed(recognised: Recognition, names: Mapping[str, str]) -> Recognition:
    segments = _segments_renamed(recognised.transcript.segments, names)
    turns = renamed_turns(recognised.turns, names) if recognised.turns else recognised.turns
    return Recognition(replace(recognised.transcript, segments=segments), turns)


def _segments_renamed(segments: Sequence[Segment], names: Mapping[str, str]) -> tuple[Segment, ...]:
    return tuple(
        replace(each, speaker=names.get(each.speaker, each.speaker)) if each.speaker else each
        for each in segments
    )


def _notes_renamed(
    notes: ShowNotes, segments: Sequence[Segment], names: Mapping[str, str], rewrite: Callable[[str], str]
) -> ShowNotes:
    def statements(said: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return tuple(
            replace(each, text=rewrite(each.text)) if each.origin == "model" else each for each in said
        )

    titles = {each.title: rewrite(each.title) for each in notes.chapters if each.origin == "model"}

    def chapter(each: Chapter) -> Chapter:
        return replace(each, title=rewrite(each.title)) if each.origin == "model" else each

    def bite(each: SoundBite) -> SoundBite:
        return replace(each, title=titles.get(each.title, each.title))

    return replace(
        notes,
        chapters=tuple(map(chapter, notes.chapters)),
        summary=statements(notes.summary),
        long_summary=statements(notes.long_summary),
        takeaways=statements(notes.takeaways),
        titles=statements(notes.titles),
        social_post=statements(notes.social_post),
        quotes=tuple(_attributed(each, segments, names) for each in notes.quotes),
        sound_bites=tuple(map(bite, notes.sound_bites)),
    )


def _attributed(quote: Quote, segments: Sequence[Segment], names: Mapping[str, str]) -> Quote:
    speakers = {segments[place].speaker for place in quote.segments if place < len(segments)}
    if len(speakers) == 1:
        return replace(quote, speaker=speakers.pop())
    return replace(quote, speaker=names.get(quote.speaker, quote.speaker)) if quote.speaker else quote


def _rewriter(names: Mapping[str, str], spoken: str) -> Callable[[str], str]:
    labels = [name for name in sorted(names, key=len, reverse=True) if not _as_words([name]).search(spoken)]
    if not labels:
        return lambda text: text
    pattern = _as_words(labels)
    return lambda text: pattern.sub(lambda found: names[found[0]], text)


def _as_words(names: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)")


def named_since(work: Workspace, episode: Episode) -> Episode:
    """The episode of a job with the names that `transcribe rename` has given its speakers since."""
    return renamed(episode, names_since(work))


def names_since(work: Workspace) -> dict[str, str]:
    """The names given by `transcribe rename` since, by those that the job gave."""
    return work.load(ARTEFACT, dict[str, str]) or {}


def own_names(work: Workspace) -> dict[str, str]:
    """The names that the job gave, by those given since: what `named_since` turns back."""
    return {name: own for own, name in names_since(work).items()}
