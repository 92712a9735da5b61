"""Show notes for tests, as a language model would have written them."""

from __future__ import annotations

from dataclasses import replace

from spoken import episode, segment

from transcribe.core.episode import Episode
from transcribe.core.show_notes import Authorship, Chapter, Origin, Show, ShowNotes, SoundBite, Statement

HOSTILE = '<script>alert(1)</script> --> & "żółć" 望遠鏡 تلسكوب ]]> =1+1'
"""What every format has to show as it is."""

NAMES = ("Zażółć Gęślą", "ليلى حداد", "李小龍")

SHOW = Show(title="Gartenfunk", number="12", season="3", hosts=(NAMES[0],), guests=NAMES[1:])


def notes(*titles: str, model: str = "qwen3-4b--q4", end_ms: int = 65_000) -> ShowNotes:
    """Chapters of equal length with these titles, a summary, and a sound bite of 15 s."""
    origin: Origin = "model" if model else "speaker"
    length = end_ms // max(1, len(titles))
    chapters = tuple(
        Chapter(n * length, end_ms if n + 1 == len(titles) else (n + 1) * length, title, (n,), origin)
        for n, title in enumerate(titles)
    )
    said = (Statement(f"Summary {HOSTILE}", (0,), 0, origin),)
    return ShowNotes(
        language="en",
        chapters=chapters,
        summary=said,
        long_summary=said,
        takeaways=said,
        quotes=(),
        mentions=(),
        keywords=(),
        titles=(),
        social_post=(),
        sound_bites=(SoundBite(1_000, 16_000, HOSTILE, (0,)),),
        authorship=Authorship("llama.cpp" if model else "extractive", "1", model),
    )


def noted(model: str = "qwen3-4b--q4") -> Episode:
    """Three speakers whose names are not English, what they say is hostile, and notes in two chapters."""
    spoken = (segment(HOSTILE, 20_000 * n, speaker=name) for n, name in enumerate(NAMES))
    return replace(
        episode(*spoken, language="pl", tags=(("title", HOSTILE), ("album", "Radio"), ("track", "7/9"))),
        show=SHOW,
        notes=notes("One", HOSTILE, model=model),
    )
