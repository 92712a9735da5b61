"""The recipe for notes: the extractive writer writes all; what a model writes better, once checked, wins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import get_args

from transcribe.episode import Episode
from transcribe.notes.degenerate import degenerate
from transcribe.notes.extractive import write_extractive
from transcribe.notes.material import material_of
from transcribe.notes.truth import Checked, check_drafts
from transcribe.notes.writer import Draft, Drafts, Material, Part, Writer, WriterProgress
from transcribe.progress import Progress, Warned
from transcribe.settings import NotesSettings
from transcribe.show_notes import Authorship, Chapter, ShowNotes, Statement

PARTS: tuple[Part, ...] = get_args(Part)


def write_notes(
    episode: Episode,
    settings: NotesSettings,
    writer: Writer | None,
    progress: Progress,
    on_writing: Callable[[WriterProgress], None] = lambda _: None,
) -> ShowNotes:
    """Write notes about an episode; its show has to be known already.

    Args:
        episode: Of any length and language.
        settings: The language to write in.
        writer: A language model, or None: the extractive writer alone.
        progress: Told what a reader should know, as warnings.
        on_writing: Told how far the model is.

    Raises:
        TranscribeError: The writer could not write at all.
    """
    material = material_of(episode, settings.notes_language)
    own = write_extractive(material, episode.coverage.spots, episode.provenance.program)
    if writer is None or not material.sentences:
        return own
    drafts = writer.write(material, on_writing)

    def warn(text: str) -> None:
        progress(Warned(f"{episode.source.name}: {text}"))

    return _merged(own, drafts, material, writer.name, warn)


@dataclass(frozen=True)
class Judged:
    """What a writer proposed, after every check.

    Attributes:
        checked: What stood, and what was dropped.
        failures: The parts of which nothing is left, with the reason, for people.
    """

    checked: Checked
    failures: dict[Part, str]


def judge(drafts: Drafts, material: Material) -> Judged:
    """Ask of every part whether it is a text for people, and of every statement whether it may be true."""
    failures = dict(drafts.failed)
    parts = [part for part in PARTS if part not in failures]
    usable = [draft for part in parts for draft in _usable(part, drafts, material, failures)]
    checked = check_drafts(usable, material)
    for part in PARTS:
        if part not in failures and not _has(checked, part):
            failures[part] = "nothing of it is supported by the transcript"
    return Judged(checked, failures)


def _merged(
    own: ShowNotes, drafts: Drafts, material: Material, writer: str, warn: Callable[[str], None]
) -> ShowNotes:
    judged = judge(drafts, material)
    checked, failures = judged.checked, judged.failures
    replaced = tuple(part for part in PARTS if part in failures)
    for part in replaced:
        warn(f"notes: {part.replace('_', ' ')} are the extractive writer's, because: {failures[part]}")
    if checked.dropped:
        warn(f"notes: {_dropped(checked)}")
    authorship = Authorship(
        writer=writer,
        version=drafts.version,
        model=drafts.model,
        model_sha256=drafts.model_sha256,
        model_licence=drafts.model_licence,
        prompts_sha256=drafts.prompts_sha256,
        dropped=len(checked.dropped),
        doubted=checked.doubted,
        replaced=replaced,
    )
    return replace(
        own,
        language=material.notes_language,
        chapters=_chapters(own.chapters, checked),
        summary=_statements(checked, "summary", own.summary),
        long_summary=_statements(checked, "long_summary", own.long_summary),
        takeaways=_statements(checked, "takeaways", own.takeaways),
        quotes=tuple(checked.quotes) or own.quotes,
        keywords=tuple(checked.keywords) or own.keywords,
        titles=_statements(checked, "titles", own.titles),
        social_post=_statements(checked, "social_post", own.social_post),
        authorship=authorship,
    )


def _dropped(checked: Checked) -> str:
    """How many statements are gone, and why, the most frequent reason first."""
    reasons = Counter(each.reason for each in checked.dropped)
    told = ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common())
    total = len(checked.dropped)
    return f"{total} {'statement' if total == 1 else 'statements'} of the model left out: {told}"


def _usable(part: Part, drafts: Drafts, material: Material, failures: dict[Part, str]) -> list[Draft]:
    mine = [draft for draft in drafts.drafts if draft.part == part]
    language = material.language if part == "quotes" else material.notes_language
    reason = degenerate([draft.text for draft in mine], part, language)
    if reason:
        failures[part] = reason
        return []
    return mine


def _has(checked: Checked, part: Part) -> bool:
    kept = {"quotes": checked.quotes, "keywords": checked.keywords, "chapters": checked.chapter_titles}
    return bool(kept.get(part, checked.statements.get(part)))


def _statements(checked: Checked, part: Part, own: tuple[Statement, ...]) -> tuple[Statement, ...]:
    return tuple(checked.statements.get(part, ())) or own


def _chapters(own: tuple[Chapter, ...], checked: Checked) -> tuple[Chapter, ...]:
    """The model has a say in titles only: where chapters begin, the words decide."""
    titles = checked.chapter_titles
    return tuple(
        replace(chapter, title=titles[number], origin="model") if number in titles else chapter
        for number, chapter in enumerate(own)
    )
