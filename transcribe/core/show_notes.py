"""What is written about an episode, with the evidence for every statement; frozen, times in integer ms.

A statement names the segments of the transcript it rests on, by their position. Times are on the
recording's timeline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Origin = Literal["speaker", "model", "producer"]
"""Whose words a text is in: somebody's in the recording, a language model's, or the recording's makers'."""

MentionKind = Literal["person", "organisation", "place", "work", "other"]


@dataclass(frozen=True)
class Statement:
    """A sentence about the episode.

    Attributes:
        text: One line, never empty.
        segments: Positions of the segments it rests on, ascending; never empty.
        start_ms: Start of the first of them.
        origin: Whose words it is in.
        doubt: Why a reader should check it before it is published; empty where the transcript supports it.
    """

    text: str
    segments: tuple[int, ...]
    start_ms: int
    origin: Origin = "speaker"
    doubt: str = ""


@dataclass(frozen=True)
class Chapter:
    """A part of the episode about one topic; chapters follow each other without gaps, the first from 0.

    Those of the recording's makers (`origin` is `producer`) begin and end where these say.

    Attributes:
        start_ms: Start of its first segment; 0 for the first chapter.
        end_ms: Where the next one starts, or the recording ends.
        title: One line, never empty; terms in dictionary form, or a sentence.
        segments: Positions of its segments.
        origin: Whose words the title is in.
        url: Where it leads, an address that can be published; or empty.
        image: Its picture: an address that can be published, or, for a picture in the recording, how the
            name of its file beside the results ends (`.chapter-1.jpg`); or empty.
    """

    start_ms: int
    end_ms: int
    title: str
    segments: tuple[int, ...]
    origin: Origin = "speaker"
    url: str = ""
    image: str = ""


@dataclass(frozen=True)
class Quote:
    """Words somebody said, as they stand in the transcript.

    Attributes:
        text: One line; `…` at its beginning stands for words that were left out.
        speaker: Who says it, or None where speakers are not told apart.
        start_ms: Start of its first word, of those left out too.
        end_ms: End of its last word.
        segments: Positions of the segments it is taken from.
    """

    text: str
    speaker: str | None
    start_ms: int
    end_ms: int
    segments: tuple[int, ...]


@dataclass(frozen=True)
class Mention:
    """Somebody or something the episode names.

    Attributes:
        name: In dictionary form where that is certain, else as it is written in the transcript.
        kind: What it is, as far as that can be told.
        start_ms: Where it is named first.
        segments: Positions of the segments that name it.
        url: Where it leads, as somebody said; or empty. The show's own links are known to the show alone.
    """

    name: str
    kind: MentionKind
    start_ms: int
    segments: tuple[int, ...]
    url: str = ""


@dataclass(frozen=True)
class SoundBite:
    """A stretch that stands by itself, for a trailer or a post: 15 to 120 s (Podcasting 2.0).

    Attributes:
        start_ms: Start of its first word.
        end_ms: End of its last word.
        title: At most 128 characters.
        segments: Positions of its segments.
    """

    start_ms: int
    end_ms: int
    title: str
    segments: tuple[int, ...]


@dataclass(frozen=True)
class Authorship:
    """Who wrote the notes, and what became of what they wrote.

    Attributes:
        writer: `extractive`, `llama.cpp`, `ollama`, ...
        version: Packages or server and their versions.
        model: Name of the language model, or empty.
        model_sha256: Hex digest of its file, or empty where it is not known.
        model_licence: SPDX identifier, or empty.
        prompts_sha256: Hex digest of the prompts, or empty.
        dropped: How many statements the transcript does not support; they are gone.
        doubted: How many statements are marked to be checked.
        replaced: Parts that the extractive writer wrote instead, such as `takeaways`.
        disclosure: Line that tells readers a model wrote text; `auto`: in the notes' language; `none`: no
            line.
    """

    writer: str
    version: str
    model: str = ""
    model_sha256: str = ""
    model_licence: str = ""
    prompts_sha256: str = ""
    dropped: int = 0
    doubted: int = 0
    replaced: tuple[str, ...] = ()
    disclosure: str = "auto"

    @property
    def generated(self) -> bool:
        """Whether a language model wrote some of it."""
        return bool(self.model)


@dataclass(frozen=True)
class ShowNotes:
    """Everything written about an episode.

    Attributes:
        language: Language of the notes (Whisper's code); empty where nothing was said.
        chapters: The outline; empty only where nothing was said.
        summary: One to three sentences.
        long_summary: 150 to 300 words, less where less was said.
        takeaways: Claims the episode makes, 3 to 8.
        quotes: 3 to 5, less where less was said.
        mentions: People, places and resources.
        keywords: Most telling first.
        titles: Suggestions for the episode's title.
        social_post: For a short message; at most 280 characters together.
        sound_bites: Suggestions.
        authorship: Who wrote it.
    """

    language: str
    chapters: tuple[Chapter, ...]
    summary: tuple[Statement, ...]
    long_summary: tuple[Statement, ...]
    takeaways: tuple[Statement, ...]
    quotes: tuple[Quote, ...]
    mentions: tuple[Mention, ...]
    keywords: tuple[str, ...]
    titles: tuple[Statement, ...]
    social_post: tuple[Statement, ...]
    sound_bites: tuple[SoundBite, ...]
    authorship: Authorship


@dataclass(frozen=True)
class Link:
    """Something to point readers to.

    Attributes:
        label: What people read.
        url: Where it leads.
    """

    label: str
    url: str


@dataclass(frozen=True)
class Show:
    """What is known about the show and this episode from its config and the recording's tags.

    Attributes:
        title: Name of the show.
        episode_title: Name of the episode.
        number: Number of the episode, or empty.
        season: Number of the season, or empty.
        hosts: Who leads through it.
        guests: Who is invited.
        url: The show's page.
        episode_url: The episode's page.
        image_url: The cover.
        links: What readers should find.
        sponsor: One line about who pays.
        call_to_action: What listeners should do.
    """

    title: str = ""
    episode_title: str = ""
    number: str = ""
    season: str = ""
    hosts: tuple[str, ...] = ()
    guests: tuple[str, ...] = ()
    url: str = ""
    episode_url: str = ""
    image_url: str = ""
    links: tuple[Link, ...] = ()
    sponsor: str = ""
    call_to_action: str = ""


NO_SHOW = Show()
"""Where nothing is known about it."""
