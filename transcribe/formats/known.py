"""One table of all formats that a transcript can be written in, by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from transcribe.core.episode import Episode
from transcribe.core.errors import UsageError
from transcribe.core.settings import SubtitleSettings
from transcribe.formats import (
    audacity,
    chapters,
    docx,
    html_transcript,
    lrc,
    md,
    page,
    podcast_json,
    psc,
    rss,
    rttm,
    srt,
    tables,
    ttml,
    txt,
    vtt,
)
from transcribe.formats.notes import notes_writer


@dataclass(frozen=True)
class Format:
    """One kind of file a transcript can be written as.

    Attributes:
        name: What `--format` calls it.
        suffix: Ending of the file's name, with its dot.
        media_type: IANA media type, for web servers and podcast feeds.
        write: The whole file's bytes for an episode.
        from_notes: Whether it is made of the show notes, and cannot be without.
    """

    name: str
    suffix: str
    media_type: str
    description: str
    write: Callable[[Episode, SubtitleSettings], bytes]
    from_notes: bool = False


def _notes(name: str, suffix: str, media_type: str, description: str, template: str) -> Format:
    return Format(name, suffix, media_type, description, notes_writer(template), from_notes=True)


def _write_json(episode: Episode, settings: SubtitleSettings) -> bytes:
    from transcribe.formats import document  # loads msgspec

    return document.write(episode, settings)


FORMATS: dict[str, Format] = {
    known.name: known
    for known in (
        Format("txt", ".txt", "text/plain", "Readable text in paragraphs", txt.write),
        Format("srt", ".srt", "application/x-subrip", "SubRip subtitles, for nearly every player", srt.write),
        Format("vtt", ".vtt", "text/vtt", "WebVTT subtitles, for web pages and podcast feeds", vtt.write),
        Format("json", ".json", "application/json", "Everything known: words, times, model", _write_json),
        Format(
            "tsv", ".tsv", "text/tab-separated-values", "Table of segments, times in ms", tables.write_tsv
        ),
        Format("md", ".md", "text/markdown", "Markdown with a heading and times", md.write),
        Format(
            "podcast-srt",
            ".podcast.srt",
            "application/x-subrip",
            "SubRip as podcast apps want it: 2 lines of 32 characters",
            srt.write_podcast,
        ),
        Format(
            "podcast-json",
            ".podcast.json",
            "application/json",
            "Podcasting 2.0 transcript, for podcast feeds",
            podcast_json.write,
        ),
        Format(
            "html",
            ".transcript.html",
            "text/html",
            "Transcript page with names and times, for podcast feeds",
            html_transcript.write,
        ),
        Format(
            "chapters",
            ".chapters.json",
            "application/json+chapters",
            "Podcasting 2.0 chapters, for podcast feeds",
            chapters.write,
        ),
        Format("psc", ".psc.xml", "application/xml", "Podlove Simple Chapters", psc.write),
        Format("rss", ".item.xml", "application/rss+xml", "Item to paste into a podcast feed", rss.write),
        Format(
            "audacity", ".labels.txt", "text/plain", "Labels for the audio editor Audacity", audacity.write
        ),
        Format("lrc", ".lrc", "text/plain", "Timed lines, as music players show lyrics", lrc.write),
        Format(
            "ttml", ".ttml", "application/ttml+xml", "TTML subtitles (IMSC 1.1), for broadcast", ttml.write
        ),
        Format(
            "docx",
            ".docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "Word document with times, to be edited",
            docx.write,
        ),
        Format("rttm", ".rttm", "text/plain", "Who speaks when, for tools of diarisation", rttm.write),
        Format("csv", ".csv", "text/csv", "Table for spreadsheets", tables.write_csv),
        Format("page", ".html", "text/html", "Page with player, transcript and notes", page.write),
        _notes("notes", ".notes.md", "text/markdown", "Show notes in Markdown", "notes.md.j2"),
        _notes("notes-html", ".notes.html", "text/html", "Show notes as a web page", "notes.html.j2"),
        _notes("notes-txt", ".notes.txt", "text/plain", "Show notes as plain text", "notes.txt.j2"),
        _notes("rss-html", ".rss.html", "text/html", "Description for a podcast feed", "rss.html.j2"),
        _notes("youtube", ".youtube.txt", "text/plain", "Description for YouTube", "youtube.txt.j2"),
        _notes("newsletter", ".newsletter.md", "text/markdown", "Newsletter", "newsletter.md.j2"),
        _notes(
            "checklist",
            ".checklist.md",
            "text/markdown",
            "What to settle before publishing",
            "checklist.md.j2",
        ),
    )
}
"""Every format by name, in the order in which `transcribe formats` lists them."""

PACK = (
    *("vtt", "srt", "podcast-srt", "podcast-json", "html", "txt", "chapters", "psc", "rss", "audacity"),
    *("lrc", "ttml", "docx", "csv"),
    *("notes", "notes-html", "notes-txt", "rss-html", "youtube", "newsletter", "checklist", "page"),
)
"""What `--publish` stands for: every file a podcast host, an editor or a reader may ask for."""


def format_named(name: str) -> Format:
    """The format of that name; capitals and a leading dot are forgiven.

    Raises:
        UsageError: There is none.
    """
    wanted = name.strip().lower().removeprefix(".")
    if wanted in FORMATS:
        return FORMATS[wanted]
    near = difflib.get_close_matches(wanted, FORMATS, n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(f"there is no format {name!r}", f"{guess}Formats are {', '.join(FORMATS)}")


def render(episode: Episode, name: str, settings: SubtitleSettings) -> bytes:
    """Write an episode in the format of that name.

    Raises:
        UsageError: There is no such format.
    """
    return format_named(name).write(episode, settings)
