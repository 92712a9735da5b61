"""Word document (.docx): a heading, the summary where there are notes, and the transcript with times."""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import TYPE_CHECKING

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.core.timecode import format_timecode
from transcribe.formats.labels import RIGHT_TO_LEFT
from transcribe.formats.outline import Facts, facts_of, one_line, outline_of
from transcribe.formats.paragraphs import Paragraph, paragraphs_of
from transcribe.formats.tokens import UNNAMED

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph as WordParagraph

LONGEST_PROPERTY = 255
"""Characters of a core property (ISO/IEC 29500-2, 11; python-docx refuses more)."""

NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest a ZIP archive can say: the same transcript gives the same bytes, whenever it is written."""


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """The transcript as a Word document, with chapters as headings where there are some.

    Where a language model wrote, the properties say so: keyword `ai_generated`, its name in the comments.
    """
    import docx

    facts = facts_of(episode)
    document = docx.Document()
    _set_properties(document, facts, episode)
    document.add_heading(facts.title, 0)
    headings = [*outline_of(episode)]
    for statement in episode.notes.summary if episode.notes else ():
        _turned(document.add_paragraph(one_line(statement.text), "Intense Quote"), facts.language)
    for paragraph in paragraphs_of(episode.transcript):
        while headings and headings[0].start_ms <= paragraph.end_ms - 1:
            document.add_heading(one_line(headings.pop(0).title), 1)
        _add(document, paragraph, facts.language)
    return _timeless(document)


def _set_properties(document: Document, facts: Facts, episode: Episode) -> None:
    properties = document.core_properties
    made_by = f"Transcript by {one_line(episode.provenance.program)}"
    generated = f"; ai_generated: true; generated_by: {facts.generated_by}" if facts.generated_by else ""
    texts = {
        "title": facts.title,
        "author": facts.author,
        "subject": facts.show,
        "language": facts.language,
        "comments": made_by + generated,
        "keywords": "ai_generated" if facts.generated_by else "",
        "identifier": f"sha256:{episode.source.sha256}",
    }
    for name, text in texts.items():
        setattr(properties, name, text[:LONGEST_PROPERTY])
    properties.created = properties.modified = datetime.datetime(*NO_TIME[:3], tzinfo=datetime.UTC)


def _add(document: Document, paragraph: Paragraph, language: str) -> None:
    written = document.add_paragraph()
    written.add_run(f"[{format_timecode(paragraph.start_ms).partition('.')[0]}] ").italic = True
    if paragraph.speaker and paragraph.begins_turn:
        written.add_run(f"{one_line(paragraph.speaker)}: ").bold = True
    elif paragraph.unnamed_turn:
        written.add_run(f"{UNNAMED} ").bold = True
    written.add_run(one_line(paragraph.text))
    _turned(written, language)


def _turned(paragraph: WordParagraph, language: str) -> None:
    """Make a paragraph run from right to left where its language does; python-docx has no word for it."""
    if language in RIGHT_TO_LEFT:
        from docx.oxml import OxmlElement

        paragraph._p.get_or_add_pPr().append(OxmlElement("w:bidi"))


def _timeless(document: Document) -> bytes:
    """The file's bytes without the time they were written at."""
    dated, timeless = io.BytesIO(), io.BytesIO()
    document.save(dated)
    with zipfile.ZipFile(dated) as source, zipfile.ZipFile(timeless, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return timeless.getvalue()
