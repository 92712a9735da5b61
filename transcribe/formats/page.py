"""The episode page (.html): player, transcript and notes in one file, made by `page.html.j2`.

Nothing is loaded from elsewhere but the recording, and the page says so to the browser: its Content
Security Policy allows only the style and the script that are in it, by their digests.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.labels import SAID_BY_SCRIPT, WORDS, direction_of, language_in, texts_in
from transcribe.formats.notes import language_of, values_of
from transcribe.formats.paragraphs import divided
from transcribe.formats.templates import render_template, template_folder
from transcribe.formats.tokens import UNNAMED, Token, encodable, plain, tokens_of

if TYPE_CHECKING:
    from markupsafe import Markup

NAME = "page"

STYLES = ("look.css", "player.css", "page.css")
SCRIPTS = ("time.js", "player.js", "follow.js", "page.js")
"""What the page is made of; all but the last of each are those of the server's episode page, too."""

EMBED_BYTES = 20 * 1024 * 1024
"""Largest recording that is put into a page: browsers keep the text and the sound in memory at once."""

COLOURS = 6
"""Speakers told apart by colour; the next ones begin again. The name always stands beside it."""

MARKS = "●■▲◆★✚"
"""A shape for each colour, for those who do not see it."""

MEDIA_TYPES = {
    ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".mp4": "audio/mp4", ".aac": "audio/aac",
    ".flac": "audio/flac", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".wav": "audio/wav",
    ".webm": "audio/webm",
}  # fmt: skip
"""By ending, as browsers call what they play (IANA, RFC 4337, RFC 5334)."""


@dataclass(frozen=True)
class Line:
    """A paragraph of the page.

    Attributes:
        spans: The same as HTML, each word in an element of its own; the script counts them.
        begins_turn: Whether somebody else spoke before; also where this one has no name.
        colour: The speaker's colour, from 0; -1 where speakers are not told apart.
        mark: The speaker's shape, or empty.
    """

    start_ms: int
    words: tuple[Token, ...]
    spans: Markup
    speaker: str
    begins_turn: bool
    colour: int
    mark: str


def write(episode: Episode, settings: SubtitleSettings) -> bytes:  # noqa: ARG001 - all formats are called alike
    """The page; it plays the recording that lies beside it under its own name.

    Raises:
        TranscribeError: The template is missing or wrong.
    """
    return write_page(episode, beside(episode.source.name))


def write_page(episode: Episode, audio_url: str) -> bytes:
    """The page, playing what the URL says: relative, or a data URL.

    Raises:
        TranscribeError: The template is missing or wrong.
    """
    page = render_template("page.html.j2", **page_values(episode, audio_url))
    return encodable(page).encode()


def page_values(episode: Episode, audio_url: str) -> dict[str, Any]:
    """What the template of the page gets: what those of notes get, and more (docs/templates.md)."""
    from markupsafe import Markup

    tokens = tokens_of(episode.transcript)
    spoken = episode.transcript.language
    words = texts_in(WORDS, language_of(episode))
    style, script = ("".join(map(_asset, names)) for names in (STYLES, SCRIPTS))
    return {
        **values_of(episode),
        "lines": lines_of(tokens),
        "words": words,
        "words_language": language_in(WORDS, language_of(episode)),
        "spoken_language": spoken.code if spoken else "",
        "spoken_direction": direction_of(spoken.code if spoken else ""),
        "audio_url": audio_url,
        "audio_name": plain(episode.source.name),
        "policy": policy_of(style, script),
        # Ours, or JSON made here: nothing that anybody said is in them unescaped.
        "style": Markup(style),  # noqa: S704
        "script": Markup(script),  # noqa: S704
        "data": Markup(data_of(tokens, {name: words[name] for name in SAID_BY_SCRIPT})),  # noqa: S704
    }


def beside(name: str) -> str:
    """The relative URL of a file beside the page; every byte that is no letter or digit is encoded."""
    return quote(os.fsencode(name), safe="")


def data_url(name: str, content: bytes) -> str:
    """A recording as a URL that holds it."""
    kind = MEDIA_TYPES.get(os.path.splitext(name)[1].lower(), "application/octet-stream")  # noqa: PTH122
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def lines_of(tokens: Sequence[Token]) -> tuple[Line, ...]:
    """The paragraphs, with a colour and a shape for each speaker in the order in which they first speak."""
    known: dict[str, int] = {}
    lines: list[Line] = []
    before: str | None = None
    for words in divided(tokens):
        name = words[0].speaker
        number = -1 if name is None else known.setdefault(name, len(known)) % COLOURS
        lines.append(
            Line(
                start_ms=words[0].start_ms,
                words=tuple(words),
                spans=_spans(words),
                speaker=plain(name) if name else UNNAMED if before else "",
                begins_turn=name != before,
                colour=number,
                mark="" if number < 0 else MARKS[number],
            )
        )
        before = name
    return tuple(lines)


def _spans(words: Sequence[Token]) -> Markup:
    """Not by the template, whose sandbox looks at every word several times."""
    from markupsafe import Markup, escape

    spans = (
        f"{' ' if n and word.space_before else ''}<span>{escape(word.text)}</span>"
        for n, word in enumerate(words)
    )
    return Markup("".join(spans))  # noqa: S704 - what was said is escaped


def data_of(tokens: Sequence[Token], say: Mapping[str, str]) -> str:
    """What the script works with, as JSON that can stand in a script element.

    Start and end of every word in ms, in the page's order, and what the script says by itself.
    """
    times = {"starts": [each.start_ms for each in tokens], "ends": [each.end_ms for each in tokens]}
    return script_json({**times, "say": say})


def script_json(value: object) -> str:
    """A value as JSON that can stand in a script element."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def policy_of(style: str, script: str) -> str:
    """The Content Security Policy that allows this style, this script and sound, and nothing else."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "media-src 'self' file: data: blob:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return (template_folder() / NAME / name).read_text(encoding="utf-8")
