"""Lint for one file's bytes: decode, recognise the kind, hand it to its rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from transcribe.core.errors import InputError
from transcribe.formats.approvals import read_approvals
from transcribe.formats.corrections import read_corrections
from transcribe.formats.decisions import read_decisions
from transcribe.formats.document import read_document
from transcribe.quality.lint import chapters, psc, rss, srt, transcript, vtt
from transcribe.quality.lint.finding import Finding, Findings
from transcribe.quality.lint.json_text import BROKEN, JsonFindings
from transcribe.quality.lint.kinds import APPROVALS, CORRECTIONS, DECISIONS, UNCHECKED, json_kind, kind_of
from transcribe.quality.lint.limits import Length, limits_of
from transcribe.quality.lint.text import LARGEST_BYTES, decode
from transcribe.quality.lint.xml_tree import TTML_ROOT, read_tree


def _check_document(value: object, _length: Length | None, findings: JsonFindings) -> None:
    """Check whether this program reads a document of its own, or what people said of one."""
    schema = value.get("schema") if isinstance(value, dict) else None
    beside = {CORRECTIONS: read_corrections, DECISIONS: read_decisions, APPROVALS: read_approvals}
    read = beside.get(str(schema), read_document)
    try:
        read(findings.text.encode(), "it")
    except InputError as error:
        findings.add("document-invalid", str(error), ())


CUES: dict[str, Callable[..., None]] = {"vtt": vtt.check, "srt": srt.check}
JSON: dict[str, Callable[..., None]] = {
    "transcript": transcript.check,
    "chapters": chapters.check,
    "document": _check_document,
}
XML: dict[str, Callable[..., None]] = {"psc": psc.check, "rss": rss.check}


@dataclass(frozen=True)
class Asked:
    """How files are to be checked.

    Attributes:
        kind: As `--as` names it; None: recognise it.
        profile: `subtitle` or `podcast`; None: by kind.
    """

    kind: str | None = None
    profile: str | None = None
    length: Length | None = None


def lint_bytes(name: str, data: bytes, asked: Asked | None = None) -> list[Finding]:
    """What is wrong with a file, from its first line to its last; nothing it holds makes this fail.

    Args:
        name: The file, for its ending and for messages.
        data: All of it; at most `text.LARGEST_BYTES` are looked at.
    """
    findings = Findings(name)
    how = asked or Asked()
    guess = data[:4000].decode("utf-8", "replace").lstrip("\ufeff").replace("\0", "")
    kind = how.kind or kind_of(name, guess)
    if kind == "unchecked":
        what = UNCHECKED[PurePath(name).suffix.lower()]
        findings.add("file-unchecked", f"{what} is not a format that lint checks; nothing is said of it")
    elif len(data) > LARGEST_BYTES:
        findings.add("file-too-large", f"the file is larger than {LARGEST_BYTES / 1e6:.0f} MB")
    elif kind != "srt" and not data.strip():
        findings.add("file-empty", "the file is empty")
    elif kind is None:
        findings.add("file-kind", "the kind of the file is not known; say it with --as")
    else:
        _check(data, kind, how, findings)
    return findings.sorted()


def _check(data: bytes, kind: str, asked: Asked, findings: Findings) -> None:
    is_xml = kind == "xml" or kind in XML
    text = decode(data, findings, xml=is_xml, mark=is_xml or kind == "vtt")
    if kind in CUES:
        CUES[kind](text, limits_of(asked.profile, kind), asked.length, findings)
    elif is_xml:
        _check_xml(text, kind, asked, findings)
    else:
        _check_json(text, kind, asked, findings)


def _check_json(text: str, kind: str, asked: Asked, findings: Findings) -> None:
    placed = JsonFindings(text, findings)
    value = placed.read()
    if value is BROKEN:
        return
    found = json_kind(findings.file, value) if kind == "json" else kind
    if found is None:
        findings.add("file-kind", "this JSON is neither a podcast transcript nor chapters, nor by transcribe")
    else:
        JSON[found](value, asked.length, placed)
    placed.finish()


def _check_xml(text: str, kind: str, asked: Asked, findings: Findings) -> None:
    root = read_tree(text, findings)
    if root is not None and root.name == TTML_ROOT and kind == "xml":
        findings.add("file-unchecked", "TTML is not a format that lint checks; nothing is said of it")
    elif root is not None:
        found = "psc" if root.name in (psc.CHAPTERS, "chapters") else "rss"
        XML[found if kind == "xml" else kind](root, asked.length, findings)
