"""XML as a tree whose elements know their lines: expat through defusedxml, so that no entity is expanded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.handler import ContentHandler

from transcribe.quality.lint.finding import Findings, shown

DEEPEST = 100
MOST_ELEMENTS = 1_000_000
"""A feed of ten thousand episodes with fifty elements each has half as many."""

NAMESPACES = {
    "podcast": "https://podcastindex.org/namespace/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "psc": "http://podlove.org/simple-chapters",
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "ttml": "http://www.w3.org/ns/ttml",
}
"""Prefixes whose meaning is known, also where a snippet does not declare them."""

_PREFIXES = {address: prefix for prefix, address in NAMESPACES.items()}

SAME = {
    "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": NAMESPACES["podcast"],
    "http://podlove.org/simple-chapters/": NAMESPACES["psc"],
    "https://podlove.org/simple-chapters": NAMESPACES["psc"],
    "https://podlove.org/simple-chapters/": NAMESPACES["psc"],
}
"""Other addresses that readers take for the same namespace (podcast-namespace, docs/1.0.md)."""


TTML_ROOT = "ttml:tt"


@dataclass(slots=True)
class Element:
    """An element.

    Attributes:
        name: `prefix:name`, the prefix being the well-known one of its namespace where that has one.
        place: Line and column of its start tag.
    """

    name: str
    attributes: dict[str, str]
    place: tuple[int, int]
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text, without spaces around it."""
        return "".join(self.texts).strip()

    def all(self, name: str) -> list[Element]:
        """Its children of that name."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> Element | None:
        """Its first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def walk(self) -> Iterator[Element]:
        """It and everything in it."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


class _TooMuchError(Exception):
    """The file goes beyond a limit."""


class _Handler(ContentHandler):
    """Builds the tree."""

    def __init__(self, findings: Findings, parser: Any, shift: int) -> None:
        super().__init__()
        self.root: Element | None = None
        self._parser = parser
        self._open: list[tuple[Element, Mapping[str, str]]] = []
        self._count = 0
        self._shift = shift
        self._findings = findings
        self.undeclared: dict[str, int] = {}

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - the library's name
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) > DEEPEST:
            raise _TooMuchError
        place = self.place()
        outer = self._open[-1][1] if self._open else {}
        attributes = dict(attrs.items())
        scope = self._scope(outer, attributes, place[0]) if attributes else outer
        element = Element(self._resolved(name, scope, place[0]), attributes, place)
        if self._open:
            self._open[-1][0].children.append(element)
        else:
            self.root = element
        self._open.append((element, scope))

    def endElement(self, name: str) -> None:  # noqa: ARG002, N802
        self._open.pop()

    def characters(self, content: str) -> None:
        if self._open:
            self._open[-1][0].texts.append(content)

    def place(self) -> tuple[int, int]:
        """Line and column of what is read now; the first line may have a wrapper before it."""
        line, column = self._parser.getLineNumber() or 1, self._parser.getColumnNumber() or 0
        return line, max(1, column + 1 - (self._shift if line == 1 else 0))

    def _scope(self, outer: Mapping[str, str], attributes: dict[str, str], line: int) -> Mapping[str, str]:
        declared = {
            name.partition(":")[2]: uri
            for name, uri in attributes.items()
            if name == "xmlns" or name.startswith("xmlns:")
        }
        for prefix, uri in declared.items():
            if prefix in NAMESPACES and SAME.get(uri, uri) != NAMESPACES[prefix]:
                message = f"{prefix}: stands for {shown(uri)}, not {NAMESPACES[prefix]}"
                self._findings.add("xml-namespace-uri", message, line)
        return {**outer, **declared} if declared else outer

    def _resolved(self, name: str, scope: Mapping[str, str], line: int) -> str:
        prefix, colon, local = name.rpartition(":")
        uri = scope.get(prefix)
        if uri is None:
            if colon and prefix != "xml":
                self.undeclared.setdefault(prefix, line)
            return name
        uri = SAME.get(uri, uri)
        usual = _PREFIXES.get(uri)
        return f"{usual}:{local}" if usual else name


def read_tree(text: str, findings: Findings) -> Element | None:
    """The root of an XML text, or None where it cannot be read; why not is noted.

    A snippet without a root of its own (several elements beside each other) gets one, `snippet`.
    """
    bare = re.match(r"\s*<[A-Za-z]", text) is not None
    wrapper = "<snippet>" if bare else ""
    root = _parse(f"{wrapper}{text}{'</snippet>' if bare else ''}", len(wrapper), findings)
    return root.children[0] if bare and root is not None and len(root.children) == 1 else root


def _parse(text: str, shift: int, findings: Findings) -> Element | None:
    from xml.sax import SAXParseException

    import defusedxml.sax
    from defusedxml.common import DefusedXmlException

    parser = defusedxml.sax.make_parser()
    parser.forbid_dtd = True
    handler = _Handler(findings, parser, shift)
    parser.setContentHandler(handler)
    try:
        parser.feed(text)
        parser.close()
    except SAXParseException as error:
        findings.add("xml-syntax", error.getMessage(), *handler.place())
        return None
    except DefusedXmlException:
        findings.add("xml-dtd", "a document type or an entity is declared", *handler.place())
        return None
    except _TooMuchError:
        findings.add("xml-limits", "the elements are too many or nested too deeply", *handler.place())
        return None
    _check_prefixes(handler, bool(shift), findings)
    return handler.root


def _check_prefixes(handler: _Handler, snippet: bool, findings: Findings) -> None:
    """Note undeclared prefixes, except well-known ones of a snippet: the feed around it declares those."""
    root = handler.root
    within = root.children[0] if snippet and root is not None and root.children else root
    part = snippet and within is not None and within.name not in ("rss", "channel")
    for prefix, line in handler.undeclared.items():
        if not (part and prefix in NAMESPACES):
            findings.add("xml-namespace", f"the prefix {shown(prefix)} is not declared", line)
