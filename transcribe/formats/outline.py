"""What the formats of the publish pack say about an episode besides its words: facts, chapters, marks.

Facts come from the show's config where it has them, else from the recording's own tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote

from transcribe.core.episode import Episode, Transcript
from transcribe.core.show_notes import Chapter
from transcribe.formats.tokens import encodable, plain

_NOT_XML = re.compile("[\ufffe\uffff]")
"""Not allowed in XML 1.0 (section 2.2), in no form; `plain` and our templates remove the others like them."""

_PICTURE = re.compile(r"\.chapter-\d{1,3}\.(?:jpg|png)")
"""How the files of pictures end (`transcribe/pipeline/chapters/found.py`)."""

TODO = "https://todo.invalid"
"""Stands for an address nobody has told yet; no name below .invalid can exist (RFC 2606)."""

TITLE_TAGS = ("title",)
SHOW_TAGS = ("show", "podcast", "album")
"""Podcast files name the show in `album`; QuickTime's `tvsh` comes out of ffmpeg as `show`."""
NUMBER_TAGS = ("episode_sort", "episode_id", "track")
SEASON_TAGS = ("season_number",)
HOST_TAGS = ("artist", "album_artist")


@dataclass(frozen=True)
class Facts:
    """What is known about an episode, each a line of text or empty.

    Attributes:
        title: Its name; never empty.
        author: Who speaks or presents, names with commas between.
        language: Language spoken (Whisper's code).
        generated_by: The language model that wrote notes and chapter titles; empty where none did.
    """

    title: str
    show: str
    number: str
    season: str
    author: str
    language: str
    generated_by: str


@dataclass(frozen=True)
class Line:
    """A segment as a line of text: times never run backwards, the text is never empty."""

    start_ms: int
    end_ms: int
    text: str
    speaker: str


def facts_of(episode: Episode) -> Facts:
    """Facts from the show's config, else from the recording's tags, else (the title) from its name."""
    show, language = episode.show, episode.transcript.language
    tags = {key.lower(): one_line(value) for key, value in episode.source.tags}

    def known(said: str, names: tuple[str, ...]) -> str:
        return one_line(said) or next((tags[name] for name in names if tags.get(name)), "")

    return Facts(
        title=known(show.episode_title, TITLE_TAGS) or one_line(PurePath(episode.source.name).stem) or "-",
        show=known(show.title, SHOW_TAGS),
        number=known(show.number, NUMBER_TAGS).partition("/")[0].strip(),  # tracks are written 12/30
        season=known(show.season, SEASON_TAGS).partition("/")[0].strip(),
        author=known(", ".join(show.hosts), HOST_TAGS),
        language=language.code if language else "",
        generated_by=generated_by(episode),
    )


def generated_by(episode: Episode) -> str:
    """The language model that wrote some of the notes; empty where none did."""
    notes = episode.notes
    return one_line(notes.authorship.model) if notes and notes.authorship.generated else ""


def outline_of(episode: Episode) -> tuple[Chapter, ...]:
    """The chapters that the recording's makers set, else those of the notes; none where there are neither."""
    return episode.chapters or (episode.notes.chapters if episode.notes else ())


def chapters_by(episode: Episode) -> str:
    """The language model that wrote titles of chapters; empty where none did."""
    return "" if episode.chapters else generated_by(episode)


def image_name(episode: Episode, chapter: Chapter) -> str:
    """Address of a chapter's picture, or the name of its file beside the results; or empty."""
    if _PICTURE.fullmatch(chapter.image):
        return PurePath(episode.source.name).stem + chapter.image
    return web_address(chapter.image)


def chapters_of(episode: Episode) -> tuple[Chapter, ...]:
    """The outline; where there is none one chapter, the whole episode under its title."""
    if outline := outline_of(episode):
        return outline
    everything = tuple(range(len(episode.transcript.segments)))
    return (Chapter(0, episode.duration_ms, facts_of(episode).title, everything),)


def base_address(episode: Episode) -> str:
    """Where the episode's files will lie: under its page; empty where that is not known."""
    return web_address(episode.show.episode_url).partition("?")[0].partition("#")[0].rstrip("/")


def file_address(episode: Episode, name: str) -> str:
    """Where a file will lie: under the episode's page, or an address that says it is to be filled in."""
    return f"{base_address(episode) or TODO}/{quote(one_line(name))}"


def relative_address(episode: Episode, name: str) -> str:
    """The same for a file that is read beside this one, where the page is not known."""
    return file_address(episode, name) if base_address(episode) else quote(one_line(name))


def web_address(url: str) -> str:
    """The address if it is one that a feed may point to, else nothing."""
    url = one_line(url)
    return url if url.startswith(("https://", "http://")) else ""


def lines_of(transcript: Transcript) -> Iterator[Line]:
    """The segments that leave something to show, in order."""
    start = 0
    for segment in transcript.segments:
        if text := one_line(segment.text):
            start = max(start, segment.start_ms)
            yield Line(start, max(start, segment.end_ms), text, one_line(segment.speaker or ""))


def one_line(text: str) -> str:
    """The text on one line, without the characters that no XML document can hold."""
    return plain(_NOT_XML.sub("\ufffd", text))


def xml_text(text: str) -> str:
    """The text with its lines, without the characters that no XML document can hold."""
    return _NOT_XML.sub("\ufffd", encodable(text))
