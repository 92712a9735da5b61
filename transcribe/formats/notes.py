"""Show notes for each destination, made by the templates `notes.md.j2`, `rss.html.j2` and so on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from transcribe.core.episode import Episode
from transcribe.core.errors import UsageError
from transcribe.core.settings import SubtitleSettings
from transcribe.core.show_notes import Chapter, Link, Mention, ShowNotes, Statement
from transcribe.formats.labels import LABELS, direction_of, disclosure_of, doubt_in, language_in, texts_in
from transcribe.formats.md import title_of
from transcribe.formats.outline import outline_of
from transcribe.formats.paragraphs import paragraphs_of
from transcribe.formats.templates import SUFFIX, render_template, web_url
from transcribe.formats.tokens import encodable, plain

Write = Callable[[Episode, SubtitleSettings], bytes]

YOUTUBE_CHAPTERS = 3
YOUTUBE_CHAPTER_S = 10
"""YouTube takes times in a description for chapters only if there are three, the first at 0:00, each
at least ten seconds long (support.google.com/youtube/answer/9884579)."""


def notes_writer(template: str) -> Write:
    """What writes an episode's notes by a template.

    The function it gives raises UsageError where the episode has no notes, and TranscribeError where
    the template is wrong.
    """

    def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
        if episode.notes is None:
            raise UsageError(f"{episode.source.name} has no show notes", "Ask for them with --notes")
        return encodable(render_template(template, **values_of(episode))).encode()

    return write


def suffix_of(template: Path) -> str:
    """How the file that a template makes ends: `blog.html.j2` makes `.blog.html`, `mine.j2` `.mine.txt`."""
    name = template.name.removesuffix(SUFFIX).strip(".") or "template"
    return f".{name}" if "." in name else f".{name}.txt"


def values_of(episode: Episode) -> dict[str, Any]:
    """What every template of notes gets; docs/templates.md describes each (tested)."""
    notes = episode.notes
    language = language_of(episode)
    return {
        "episode": episode,
        "show": episode.show,
        "notes": notes and _doubts_told(notes, language),
        "mentions": linked_mentions(episode),
        "title": episode_title(episode),
        "language": language,
        "direction": direction_of(language),
        "labels": texts_in(LABELS, language),
        "labels_language": language_in(LABELS, language),
        "generated": bool(notes and notes.authorship.generated),
        "disclosure": plain(disclosure_of(notes.authorship, language)) if notes else "",
        "duration_ms": episode.duration_ms,
        "paragraphs": paragraphs_of(episode.transcript),
        "chapters": outline_of(episode),
        "youtube_chapters": youtube_chapters(outline_of(episode)),
    }


def _doubts_told(notes: ShowNotes, language: str) -> ShowNotes:
    """The notes with the reasons for doubt in the reader's language."""

    def told(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return tuple(replace(each, doubt=doubt_in(language, each.doubt)) for each in statements)

    return replace(
        notes,
        summary=told(notes.summary),
        long_summary=told(notes.long_summary),
        takeaways=told(notes.takeaways),
        titles=told(notes.titles),
        social_post=told(notes.social_post),
    )


def linked_mentions(episode: Episode) -> tuple[Mention, ...]:
    """What the episode mentions, with the links that the show's config has by the same name."""
    show = episode.show
    links = {_bare(link.label): link.url for link in (Link(show.title, show.url), *show.links)}
    mentions = episode.notes.mentions if episode.notes else ()
    return tuple(replace(each, url=web_url(links.get(_bare(each.name)) or each.url)) for each in mentions)


def unlinked(episode: Episode) -> tuple[str, ...]:
    """What the episode mentions that has no link and is neither a person nor a place."""
    wanted = [each for each in linked_mentions(episode) if each.kind not in ("person", "place")]
    return tuple(each.name for each in wanted if not each.url)


def _bare(name: str) -> str:
    return " ".join(name.casefold().split())


def episode_title(episode: Episode) -> str:
    """What the config calls the episode, else the recording's tags or the file's name."""
    return plain(episode.show.episode_title) or title_of(episode)


def language_of(episode: Episode) -> str:
    """The language of the notes, else of the speech; empty where neither is known."""
    spoken = episode.transcript.language
    return (episode.notes.language if episode.notes else "") or (spoken.code if spoken else "")


def youtube_chapters(chapters: Sequence[Chapter]) -> tuple[Chapter, ...]:
    """The chapters as YouTube takes them: too short ones belong to the one before; none if under three."""
    kept: list[Chapter] = []
    for chapter in chapters:
        if not kept or chapter.start_ms // 1000 - kept[-1].start_ms // 1000 >= YOUTUBE_CHAPTER_S:
            kept.append(chapter)
    if kept and chapters[-1].end_ms // 1000 - kept[-1].start_ms // 1000 < YOUTUBE_CHAPTER_S:
        kept.pop()
    starts_at_zero = bool(kept) and kept[0].start_ms < 1000
    return tuple(kept) if starts_at_zero and len(kept) >= YOUTUBE_CHAPTERS else ()
