"""The `<item>` of a podcast feed (.item.xml): RSS 2.0 with the iTunes and Podcasting 2.0 tags.

What only the publisher knows is marked `TODO`: the addresses of the files, unless the config has
`episode_url`, and `pubDate`. https://github.com/Podcastindex-org/podcast-namespace/tree/main/docs/tags
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from xml.etree import ElementTree as ET

from transcribe.core.episode import Episode
from transcribe.core.recording import Source
from transcribe.core.settings import SubtitleSettings
from transcribe.core.show_notes import ShowNotes, Statement
from transcribe.formats import psc
from transcribe.formats.markup import add_comment, added, xml_file
from transcribe.formats.notes import values_of
from transcribe.formats.outline import (
    Facts,
    base_address,
    facts_of,
    file_address,
    one_line,
    web_address,
    xml_text,
)
from transcribe.formats.templates import render_template

ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
PODCAST = "{https://podcastindex.org/namespace/1.0}"
PREFIXES = {"itunes": ITUNES, "content": CONTENT, "dc": DUBLIN_CORE, "podcast": PODCAST}

LONGEST_NAME = 128
"""Characters of a person's name and of a sound bite's title in Podcasting 2.0."""

MEDIA_TYPES = {
    ".mp3": "audio/mpeg", ".m4a": "audio/x-m4a", ".m4b": "audio/x-m4a", ".aac": "audio/aac",
    ".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg", ".flac": "audio/flac",
    ".wav": "audio/wav", ".mp4": "video/mp4", ".m4v": "video/x-m4v", ".mov": "video/quicktime",
    ".webm": "video/webm", ".mkv": "video/x-matroska",
}  # fmt: skip
"""By file name. Not `mimetypes`, whose answers differ between machines; Apple asks for audio/x-m4a."""

DESCRIPTION = "rss.html.j2"
"""The template of the show notes in a feed, which is also the format `rss-html`; users may have their own."""

TRANSCRIPTS = (
    (".vtt", "text/vtt"),
    (".podcast.srt", "application/x-subrip"),
    (".podcast.json", "application/json"),
    (".transcript.html", "text/html"),
    (".txt", "text/plain"),
)
CAPTIONS = {"text/vtt", "application/x-subrip"}


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """The item, to be pasted into a feed: it declares its namespaces itself.

    Raises:
        TranscribeError: The template of the show notes is wrong.
    """
    for prefix, namespace in PREFIXES.items():
        ET.register_namespace(prefix, namespace.strip("{}"))
    facts = facts_of(episode)
    item = ET.Element("item")
    if not base_address(episode):
        add_comment(item, "TODO: put the files' real addresses where https://todo.invalid stands")
    add_comment(item, "TODO: add pubDate, the day and time of publication, as RFC 2822 writes it")
    _add_basics(item, episode, facts)
    _add_itunes(item, episode, facts)
    _add_files(item, episode, facts)
    _add_people(item, episode)
    if episode.notes:
        _add_notes(item, episode.notes, facts)
    return xml_file(item)


def _add_basics(item: ET.Element, episode: Episode, facts: Facts) -> None:
    source, notes = episode.source, episode.notes
    added(item, "title", facts.title)
    if link := web_address(episode.show.episode_url):
        added(item, "link", link)
    added(item, "guid", f"sha256:{source.sha256}", isPermaLink="false")
    added(item, "description", _joined(_sure(notes) if notes else ()) or facts.title)
    if notes:
        added(item, f"{CONTENT}encoded", xml_text(render_template(DESCRIPTION, **values_of(episode))))
    length = str(source.bytes)
    added(item, "enclosure", url=file_address(episode, source.name), length=length, type=_media_type(source))
    if facts.language:
        added(item, f"{DUBLIN_CORE}language", facts.language)


MOST_DIGITS = 10
"""A number of an episode or a season has fewer."""


def _add_itunes(item: ET.Element, episode: Episode, facts: Facts) -> None:
    added(item, f"{ITUNES}title", facts.title)
    added(item, f"{ITUNES}duration", str(round(episode.duration_ms / 1000)))
    if facts.author:
        added(item, f"{ITUNES}author", facts.author)
    for tag, number in (("episode", facts.number), ("season", facts.season)):
        if (
            number.isdecimal() and len(number) < MOST_DIGITS
        ):  # a bonus episode may be called 2.5, which these tags do not allow
            added(item, f"{ITUNES}{tag}", str(int(number)))
            added(item, f"{PODCAST}{tag}", str(int(number)))
    if image := web_address(episode.show.image_url):
        added(item, f"{ITUNES}image", href=image)


def _add_files(item: ET.Element, episode: Episode, facts: Facts) -> None:
    language = {"language": facts.language} if facts.language else {}
    for suffix, media_type in TRANSCRIPTS:
        rel = {"rel": "captions"} if media_type in CAPTIONS else {}
        url = file_address(episode, PurePath(episode.source.name).stem + suffix)
        added(item, f"{PODCAST}transcript", url=url, type=media_type, **language, **rel)
    url = file_address(episode, PurePath(episode.source.name).stem + ".chapters.json")
    added(item, f"{PODCAST}chapters", url=url, type="application/json+chapters")
    item.append(psc.element_of(episode))


def _add_people(item: ET.Element, episode: Episode) -> None:
    for role, names in (("host", episode.show.hosts), ("guest", episode.show.guests)):
        for name in names:
            added(item, f"{PODCAST}person", one_line(name)[:LONGEST_NAME], role=role, group="cast")


def _add_notes(item: ET.Element, notes: ShowNotes, facts: Facts) -> None:
    for bite in notes.sound_bites:
        start, duration = (str(ms / 1000) for ms in (bite.start_ms, bite.end_ms - bite.start_ms))
        title = one_line(bite.title)[:LONGEST_NAME]
        added(item, f"{PODCAST}soundbite", title, startTime=start, duration=duration)
    if facts.generated_by:  # "ai-content" is what feeds use; `txt` is the namespace's tag for such marks
        added(item, f"{PODCAST}txt", "true", purpose="ai-content")
        add_comment(item, f"ai_generated: true; generated_by: {facts.generated_by}")


def _sure(notes: ShowNotes) -> Iterable[Statement]:
    """The summary without what a reader should check: a feed is published unread."""
    return (statement for statement in notes.summary if not statement.doubt)


def _joined(statements: Iterable[Statement]) -> str:
    return " ".join(one_line(statement.text) for statement in statements)


def _media_type(source: Source) -> str:
    by_container = "audio/mpeg" if source.container == "mp3" else "application/octet-stream"
    return MEDIA_TYPES.get(PurePath(source.name).suffix.lower(), by_container)
