"""XML and HTML files out of element trees, so that whatever was said is escaped by the library."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

_DASHES = re.compile(r"-(?=-)|-$")


def xml_file(root: ET.Element) -> bytes:
    """An XML document, indented."""
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return document + b"\n"


def html_text(element: ET.Element) -> str:
    """An element as HTML: empty elements and entities as browsers expect them."""
    return ET.tostring(element, encoding="unicode", method="html")


def add_comment(parent: ET.Element, text: str) -> None:
    """Add an XML comment as the last child; two dashes in a row would end it."""
    parent.append(ET.Comment(f" {_DASHES.sub('- ', text)} "))


def added(parent: ET.Element, tag: str, text: str = "", /, **attributes: str) -> ET.Element:
    """A new last child with that text."""
    child = ET.SubElement(parent, tag, attributes)
    child.text = text or None
    return child
