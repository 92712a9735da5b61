"""The text of a WebVTT cue: tags, escapes, voices, times within it (W3C WebVTT, section 4.2.2)."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.entities import html5

from transcribe.quality.lint.cues import time_ms
from transcribe.quality.lint.finding import Findings, shown
from transcribe.quality.lint.languages import is_language
from transcribe.quality.lint.text import Places

_PART = re.compile(r"<[^>]*>?|&(?:#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z0-9]{1,32};)?|[^<&]+")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)((?:\.[^\s.<>&]+)*)(?:[ \t\n]+([^>]*))?>")
_USUAL_CUE = re.compile(r"<v ([^<>&\n]+)>([^<&]*(?:&(?:amp|lt|gt);[^<&]*)*)(?:</v>)?")
"""One speaker and no other markup: most cues that have any."""

_MEANT_TAG = re.compile(r"<(?:[A-Za-z/.>]|[0-9]+:)")
_TIME = re.compile(r"<(?:([0-9]{2,}):)?([0-5][0-9]):([0-5][0-9])\.([0-9]{3})>")
_KNOWN = frozenset(("c", "i", "b", "u", "ruby", "rt", "v", "lang"))
_USUAL = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
_ANNOTATED = ("v", "lang")


@dataclass
class Payload:
    """What the text of a cue shows."""

    lines: tuple[str, ...] = ()
    voices: list[str] = field(default_factory=list)


def check_payload(
    body: Sequence[str], number: int, times: tuple[int, int] | None, findings: Findings
) -> Payload:
    """Check the text of a cue.

    Args:
        times: Start and end of the cue, in ms, where known.
    """
    text = "\n".join(body)
    if "<" not in text and "&" not in text:
        return Payload(tuple(body))
    if (usual := _USUAL_CUE.fullmatch(text)) and (name := usual[1].strip()):
        shown_text = usual[2].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        return Payload(tuple(shown_text.split("\n")), [name])
    return _Text(text, number, times, findings).read()


class _Text:
    def __init__(self, text: str, number: int, times: tuple[int, int] | None, findings: Findings) -> None:
        self._text = text
        self._number = number
        self._times = times
        self._latest = times[0] if times else 0
        self._findings = findings
        self._places: Places | None = None
        self._open: list[tuple[str, int]] = []
        self._payload = Payload()

    def read(self) -> Payload:
        shows: list[str] = []
        for match in _PART.finditer(self._text):
            part, offset = match[0], match.start()
            if part[0] == "<":
                shows.append(self._angle(part, offset))
            elif part[0] == "&":
                shows.append(self._reference(part, offset))
            else:
                shows.append(part)
        self._check_open()
        self._payload.lines = tuple("".join(shows).split("\n")) if self._text else ()
        return self._payload

    def _add(self, rule: str, message: str, offset: int) -> None:
        if self._findings.full(rule):
            self._findings.more(rule, 1)
            return
        self._places = self._places or Places(self._text)
        line, column = self._places.of(offset)
        self._findings.add(rule, message, self._number + line - 1, column)

    def _reference(self, part: str, offset: int) -> str:
        if (character := _USUAL.get(part)) is not None:
            return character
        if part == "&" or (part[1] != "#" and part[1:] not in html5):
            self._add("vtt-escape", f"{shown(self._text[offset : offset + 12])}: & is written &amp;", offset)
            return part
        return html.unescape(part).replace("\n", " ")

    def _angle(self, part: str, offset: int) -> str:
        """Check what begins with `<`; the text it shows, which is none where it is a tag."""
        if part[-1] != ">" or not _MEANT_TAG.match(part):  # without its end, the forms below take long
            self._add("vtt-escape", f"{shown(part)}: < is written &lt;", offset)
            return part
        if match := _TAG.fullmatch(part):
            self._tag(match, offset)
        elif match := _TIME.fullmatch(part):
            self._inner_time(match, offset)
        else:
            self._add("vtt-tag-unknown", f"{shown(part)} is no tag of WebVTT", offset)
        return ""

    def _inner_time(self, match: re.Match[str], offset: int) -> None:
        ms = time_ms(*match.groups())
        if self._times and not (self._latest < ms < self._times[1]):
            message = f"{shown(match[0])} is not after what is before it and within the cue"
            self._add("vtt-inner-time", message, offset)
        self._latest = max(self._latest, ms)

    def _tag(self, match: re.Match[str], offset: int) -> None:
        closes, name, classes, annotation = match.groups()
        if name not in _KNOWN:
            self._add("vtt-tag-unknown", f"{shown(match[0])} is no tag of WebVTT", offset)
        elif closes:
            if classes or annotation:
                self._add("vtt-tag-annotation", f"{shown(match[0])} has more than its name", offset)
            self._close(name, offset)
        else:
            self._open.append((name, offset))
            self._annotation(name, (annotation or "").strip(), offset)

    def _annotation(self, tag: str, annotation: str, offset: int) -> None:
        if annotation and tag not in _ANNOTATED:
            self._add("vtt-tag-annotation", f"<{tag}> goes without {shown(annotation)}", offset)
        elif tag == "lang" and not is_language(annotation):
            message = f"<lang> names {shown(annotation)}, no language tag such as en or pt-BR"
            self._add("vtt-language", message, offset)
        elif tag == "v":
            if not annotation:
                self._add("vtt-voice-name", "<v> names nobody", offset)
            self._payload.voices.append(annotation)

    def _close(self, name: str, offset: int) -> None:
        if name == "ruby" and self._open and self._open[-1][0] == "rt":  # its end tag may be left out
            self._open.pop()
        if self._open and self._open[-1][0] == name:
            self._open.pop()
        else:
            self._add("vtt-tag-nesting", f"</{name}> closes nothing", offset)

    def _check_open(self) -> None:
        whole = bool(self._open) and self._open[0] == ("v", 0) and len(self._payload.voices) == 1
        for name, offset in self._open[1:] if whole else self._open:
            self._add("vtt-tag-nesting", f"<{name}> is never closed", offset)
