"""The file of corrections: written, read back, and refused where it is something else."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from layers import of_lines
from spoken import segment, transcript

from transcribe.core.corrections.edit import Line
from transcribe.core.corrections.record import NO_CORRECTIONS, Corrections
from transcribe.core.errors import InputError
from transcribe.formats.corrections import read_corrections, schema, write_corrections

DOCS = Path(__file__).resolve().parents[3] / "docs"
SAID = transcript(segment("mister novack lives hear", speaker="S1"), segment("good by", 10_000, speaker="S2"))
MADE = of_lines(SAID, Line("mister Nowak", "Ala"), Line("lives here «żółć» 東京 مرحبا good by", "Ala"))


def content(**changes: Any) -> dict[str, Any]:
    """What stands in a file of one correction, with changes at any depth by the last name of their path."""
    whole: dict[str, Any] = json.loads(write_corrections(Corrections(MADE.records[:1])))
    (record,) = whole["records"]
    for name, value in changes.items():
        part = next((each for each in (record["at"], record, whole) if name in each), record)
        part[name] = value
    return whole


def test_what_is_written_is_read_back_and_keeps_to_the_schema() -> None:
    made = Corrections(
        tuple(replace(each, who="Zażółć", when="2026-11-27T20:00:00Z") for each in MADE.records)
    )
    assert {each.kind for each in made.records} == {"text", "speaker", "split", "merge"}
    data = write_corrections(made)
    assert read_corrections(data) == made
    assert read_corrections(b"\xef\xbb\xbf" + data) == made
    assert read_corrections(write_corrections(NO_CORRECTIONS)) == NO_CORRECTIONS
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(json.loads(data), schema())


def test_the_digest_tells_what_changes_the_transcript_and_nothing_else() -> None:
    signed = Corrections(tuple(replace(each, who="Ala", id=each.id + "x") for each in MADE.records))
    assert signed.digest == MADE.digest
    assert MADE.digest != Corrections(MADE.records[1:]).digest
    assert NO_CORRECTIONS.digest == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "transcribe.transcript"}, "holds no corrections: its schema is 'transcribe.transcript'"),
        ({"version": 2}, "holds corrections of version 2; this program reads 1"),
        ({"version": "1"}, r"Expected `int`, got `str` - at `\$.version`"),
        ({"kind": "delete"}, r"Invalid enum value 'delete' - at `\$.records\[0\].kind`"),
        ({"colour": "red"}, r"unknown field `colour` - at `\$.records\[0\]`"),
        ({"start_ms": -1}, r">= 0 - at `\$.records\[0\].at.start_ms`"),
        ({"segment": 1.5}, r"Expected `int`, got `float`"),
        ({"segment": 10**400}, r"holds no corrections"),
        ({"words": []}, r"length >= 1 - at `\$.records\[0\].at.words`"),
        ({"words": [1]}, r"Expected `str`, got `int`"),
        ({"text": None}, r"Expected `str`, got `null`"),
        ({"text": "x" * 100_001}, r"length <= 100000"),
        ({"speaker": "x" * 129}, r"length <= 128"),
        ({"speaker": ""}, r"length >= 1"),
        ({"speaker": "a\nb"}, r"a name that is not one line of text, in \w{12}"),
        ({"id": "../x"}, r"matching regex"),
        ({"records": {}}, r"Expected `array`, got `object`"),
    ],
    ids=str,
)
def test_what_is_something_else_is_refused_with_its_place(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_corrections(json.dumps(content(**changes)).encode(), "talk.corrections.json")
    assert str(caught.value).startswith("talk.corrections.json ")
    assert "\n" not in str(caught.value)


def test_the_published_schema_and_the_field_tables_are_those_of_the_code() -> None:
    generator = runpy.run_path(str(DOCS / "schema.py"))
    page = (DOCS / "corrections.md").read_text("utf-8")
    assert generator["corrections_page_text"](page) == page, "run make docs"
    published = (DOCS / "corrections.schema.json").read_text("utf-8")
    assert generator["corrections_text"]() == published, "run make docs"


def test_two_corrections_with_one_id_are_refused() -> None:
    whole = content()
    whole["records"] *= 2
    with pytest.raises(InputError, match="two corrections with the id"):
        read_corrections(json.dumps(whole).encode())


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"[]", b"{}", b"\xff\xfe{\x00}\x00", b"\x80", b"[" * 100_000, write_corrections(MADE)[:-9],
     b'{"schema": "transcribe.corrections", "version": 1, "records": [NaN]}'],
)  # fmt: skip
def test_what_is_no_such_json_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="holds no corrections"):
        read_corrections(data)


def test_what_could_not_be_read_back_is_not_written() -> None:
    long = Corrections((replace(MADE.records[0], text="x" * 100_001),))
    with pytest.raises(InputError, match="cannot be kept"):
        write_corrections(long)
