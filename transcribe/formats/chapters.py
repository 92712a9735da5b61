"""Podcasting 2.0 chapters (.chapters.json), version 1.2.0: titles with times in seconds.

https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/chapters/jsonChapters.md
"""

from __future__ import annotations

import json
from typing import Any

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.core.show_notes import Chapter
from transcribe.formats.outline import (
    chapters_by,
    chapters_of,
    facts_of,
    image_name,
    one_line,
    relative_address,
    web_address,
)

VERSION = "1.2.0"


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """The chapters; where there are none a single one under the episode's title.

    Where a language model wrote titles, `ai_generated` (not of the standard; readers ignore what they do not
    know) is true and `generated_by` names it.
    """
    facts = facts_of(episode)
    document: dict[str, Any] = {"version": VERSION, "title": facts.title}
    if facts.show:
        document["podcastName"] = facts.show
    if facts.author:
        document["author"] = facts.author
    document["fileName"] = one_line(episode.source.name)
    if model := chapters_by(episode):
        document |= {"ai_generated": True, "generated_by": model}
    document["chapters"] = [_record(episode, chapter) for chapter in chapters_of(episode)]
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _record(episode: Episode, chapter: Chapter) -> dict[str, Any]:
    record = {
        "startTime": chapter.start_ms / 1000,
        "endTime": chapter.end_ms / 1000,
        "title": one_line(chapter.title),
    }
    if url := web_address(chapter.url):
        record["url"] = url
    if image := image_name(episode, chapter):
        beside = chapter.image.startswith(".")
        record["img"] = relative_address(episode, image) if beside else image
    return record
