"""The recipe for notes: the extractive writer writes all; what a model writes better, once checked, wins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import get_args

from transcribe.core.episode import Episode
from transcribe.core.events import Progress, Warned
from transcribe.core.settings import NotesSettings
from transcribe.core.show_notes import Authorship, Chapter, Quote, ShowNotes, Statement
from transcribe.notes.degenerate import degenerate
from transcribe.notes.extractive import write_extractive
from transcribe.notes.material import material_of
from transcribe.notes.truth import Checked, check_drafts
from transcribe.notes.weighing import word_count
from transcribe.notes.writer import Draft, Drafts, Material, Part, Writer

PARTS: tuple[Part, ...] = get_args(Part)


def write_notes(
    episode: Episode,
    settings: NotesSettings,
    writer: Writer | None,
    progress: Progress,
) -> ShowNotes:
    """Write notes about an episode; its show has to be known already.

    Args:
        writer: A language model, or None: the extractive writer alone.

    Returns:
        The notes; where nothing the model wrote is of use, they are the extractive writer's and say so.

    Raises:
        TranscribeError: The writer could not write at all.
    """
    material = material_of(episode, settings.notes_language)
    own = write_extractive(material, episode.coverage.spots, episode.provenance.program)
    if writer is None or not material.sentences:
        return own
    drafts = writer.write(material, progress)

    def warn(text: str) -> None:
        progress(Warned(f"{episode.source.name}: {text}"))

    return _merged(own, drafts, material, writer.name, warn)


def judge(drafts: Drafts, material: Material, own: ShowNotes) -> tuple[Checked, dict[Part, str]]:
    """What stands the check, and the parts of which too little does, with the reason, for people.

    Args:
        own: What the extractive writer wrote: a part of which much less is left is not better than that.
    """
    failures = dict(drafts.failed)
    parts = [part for part in PARTS if part not in failures]
    usable = [draft for part in parts for draft in _usable(part, drafts, material, failures)]
    checked = check_drafts(usable, material)
    for part in PARTS:
        if part not in failures and not _has(checked, part):
            failures[part] = "nothing of it is supported by the transcript"
        elif part not in failures and _is_meagre(checked, part, own):
            failures[part] = "too little of it is supported by the transcript"
    return checked, failures


def _merged(
    own: ShowNotes, drafts: Drafts, material: Material, writer: str, warn: Callable[[str], None]
) -> ShowNotes:
    checked, failures = judge(drafts, material, own)
    replaced = tuple(part for part in PARTS if part in failures)
    for reason in dict.fromkeys(failures[part] for part in replaced):
        parts = [part.replace("_", " ") for part in replaced if failures[part] == reason]
        told = "all of it" if len(parts) == len(PARTS) else ", ".join(parts)
        warn(f"notes: the extractive writer wrote {told}, because: {reason}")
    if checked.dropped:
        warn(f"notes: {_dropped(checked)}")
    kept = [part for part in PARTS if part not in failures]
    if not kept:
        return own

    def statements(part: Part, extracted: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return extracted if part in failures else tuple(checked.statements[part])

    authorship = Authorship(
        writer=writer,
        version=drafts.version,
        model=drafts.model,
        model_sha256=drafts.model_sha256,
        model_licence=drafts.model_licence,
        prompts_sha256=drafts.prompts_sha256,
        dropped=len(checked.dropped),
        doubted=sum(bool(each.doubt) for part in kept for each in checked.statements.get(part, ())),
        replaced=replaced,
    )
    return replace(
        own,
        language=material.notes_language,
        chapters=_chapters(own.chapters, checked),
        summary=statements("summary", own.summary),
        long_summary=statements("long_summary", own.long_summary),
        takeaways=statements("takeaways", own.takeaways),
        quotes=own.quotes if "quotes" in failures else _quotes(checked.quotes, own.quotes),
        keywords=own.keywords if "keywords" in failures else tuple(checked.keywords),
        titles=statements("titles", own.titles),
        social_post=statements("social_post", own.social_post),
        authorship=authorship,
    )


def _dropped(checked: Checked) -> str:
    """How many statements are gone, and why, the most frequent reason first."""
    reasons = Counter(checked.dropped).most_common()
    told = ", ".join(f"{reason} ({count})" for reason, count in reasons)
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


def _is_meagre(checked: Checked, part: Part, own: ShowNotes) -> bool:
    """Whether less than half as many items are left as the extractive writer has, or a third of the words."""
    if part == "long_summary":
        mine, theirs = (_words(each) for each in (checked.statements[part], own.long_summary))
        return 3 * mine < theirs
    counts = {
        "takeaways": (len(checked.statements.get("takeaways", ())), len(own.takeaways)),
        "keywords": (len(checked.keywords), len(own.keywords)),
    }
    left, extracted = counts.get(part, (1, 1))
    return 2 * left < extracted


def _quotes(chosen: Sequence[Quote], own: Sequence[Quote]) -> tuple[Quote, ...]:
    """Those that the model chose, and others up to as many as without it: all are in the speakers' words."""
    known = {segment for quote in chosen for segment in quote.segments}
    more = [quote for quote in own if known.isdisjoint(quote.segments)]
    together = [*chosen, *more[: max(0, len(own) - len(chosen))]]
    return tuple(sorted(together, key=lambda quote: quote.start_ms))


def _words(statements: Iterable[Statement]) -> int:
    return sum(word_count(each.text) for each in statements)


def _has(checked: Checked, part: Part) -> bool:
    kept = {"quotes": checked.quotes, "keywords": checked.keywords, "chapters": checked.chapter_titles}
    return bool(kept.get(part, checked.statements.get(part)))


def _chapters(own: tuple[Chapter, ...], checked: Checked) -> tuple[Chapter, ...]:
    """The model writes titles only: where chapters begin, the words decide."""
    titles = checked.chapter_titles
    return tuple(
        replace(chapter, title=titles[number], origin="model") if number in titles else chapter
        for number, chapter in enumerate(own)
    )
