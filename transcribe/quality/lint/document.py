"""transcribe's own documents: whether this program reads them."""

from __future__ import annotations

from transcribe.core.errors import InputError
from transcribe.formats.document import read_document
from transcribe.quality.lint.json_text import JsonFindings
from transcribe.quality.lint.length import Length


def check(_value: object, _length: Length | None, findings: JsonFindings) -> None:
    """Check a document."""
    try:
        read_document(findings.text.encode(), "it")
    except InputError as error:
        findings.add("document-invalid", str(error), ())
