"""LRC (.lrc): lines with the time they are said at, as music players show lyrics.

There is no standard and no way to escape. Brackets in the text would be read as times or tags, so they
are written as parentheses; the same goes for `<00:01.00>`, by which some players time single words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.cues import lay_out
from transcribe.formats.outline import Facts, facts_of, one_line

_BRACKETS = str.maketrans("[]", "()")
_WORD_TIME = re.compile(r"<([\d:.]+)>")

SILENCE_MS = 3000
"""After a line that has been over for so long the display is cleared."""


def write(episode: Episode, settings: SubtitleSettings) -> bytes:
    """A line for each subtitle cue, `Name: ` at a turn, under a head that names title, show and length."""
    return "".join(f"{line}\n" for line in [*_head(episode), *_lines(episode, settings)]).encode()


def _head(episode: Episode) -> Iterator[str]:
    facts: Facts = facts_of(episode)
    minutes, ms = divmod(episode.duration_ms, 60_000)
    length = f"{minutes:02d}:{ms // 1000:02d}"
    tags = {"ti": facts.title, "ar": facts.author, "al": facts.show, "la": facts.language, "length": length}
    for name, value in tags.items():
        if value:
            yield f"[{name}:{_safe(value)}]"


def _lines(episode: Episode, settings: SubtitleSettings) -> Iterator[str]:
    cues = lay_out(episode.transcript, settings, names=True, until_ms=episode.audio.end_ms)
    for cue, following in zip_longest(cues, cues[1:]):
        yield f"{_time(cue.start_ms)}{_safe(' '.join(cue.lines))}"
        if following is None or following.start_ms - cue.end_ms >= SILENCE_MS:
            yield _time(cue.end_ms)


def _time(ms: int) -> str:
    """Minutes go over 99 rather than into hours, which LRC does not have."""
    minutes, rest = divmod(ms // 10, 6000)
    return f"[{minutes:02d}:{rest // 100:02d}.{rest % 100:02d}]"


def _safe(text: str) -> str:
    return _WORD_TIME.sub(r"(\1)", one_line(text).translate(_BRACKETS))
