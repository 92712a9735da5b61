"""The file of approvals: written, read back, and refused where it is something else."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from transcribe.core.approval import NOT_APPROVED, Approval, Approvals
from transcribe.core.errors import InputError
from transcribe.formats.approvals import read_approvals, schema, write_approvals

DOCS = Path(__file__).resolve().parents[3] / "docs"
MADE = Approvals(
    (
        Approval("Żaneta", "2026-11-27T20:00:00Z", "odsłuchane w całości", "0" * 16, ""),
        Approval(
            "Ben",
            "2026-11-28T20:00:00Z",
            "",
            "0" * 16,
            "a" * 32,
            heard=((0, 5), (7, 9)),
            changes=3,
            policy="Łąka",
            policy_sha256="c" * 64,
        ),
    )
)


def test_what_is_written_is_read_back_and_keeps_to_the_schema() -> None:
    data = write_approvals(MADE)
    assert read_approvals(data) == MADE
    assert read_approvals(write_approvals(NOT_APPROVED)) == NOT_APPROVED
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(json.loads(data), schema())


def test_the_last_one_holds_while_all_digests_are_the_same() -> None:
    last = MADE.records[-1]
    assert MADE.holding("0" * 16, "a" * 32, "") == last
    assert MADE.holding("0" * 16, "", "") is None
    assert MADE.holding("1" * 16, "a" * 32, "") is None
    assert MADE.holding("0" * 16, "a" * 32, "b" * 32) is None
    assert NOT_APPROVED.holding("", "", "") is None
    rejected = Approvals((*MADE.records, replace(last, kind="rejected")))
    assert rejected.holding("0" * 16, "a" * 32, "") is None


def test_version_1_is_read_and_has_heard_nothing() -> None:
    record = {"who": "Ala", "when": "2026-11-27T20:00:00Z", "reason": "", "recognition": "0" * 16}
    first = {"schema": "transcribe.approvals", "version": 1, "records": [record | {"corrections": ""}]}
    read = read_approvals(json.dumps(first).encode())
    assert read.records == (Approval("Ala", "2026-11-27T20:00:00Z", "", "0" * 16, ""),)
    assert read.holding("0" * 16, "", "")
    assert json.loads(write_approvals(read))["version"] == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "transcribe.corrections"}, "holds no approvals: its schema is 'transcribe.corrections'"),
        ({"version": 3}, "holds approvals of version 3; this program reads 2"),
        ({"heard": [[0, -1]]}, ">= 0"),
        ({"kind": "perhaps"}, "Invalid enum value"),
        ({"who": ""}, "length >= 1"),
        ({"who": "x" * 129}, "length <= 128"),
        ({"reason": "x" * 2001}, "length <= 2000"),
        ({"recognition": ""}, "matching regex"),
        ({"recognition": "../etc"}, "matching regex"),
        ({"corrections": 5}, "Expected `str`"),
        ({"signature": "x"}, "unknown field"),
    ],
)
def test_what_is_no_approval_is_refused(changes: dict[str, Any], message: str) -> None:
    whole = json.loads(write_approvals(MADE))
    for name, value in changes.items():
        (whole if name in whole else whole["records"][0])[name] = value
    with pytest.raises(InputError, match=message) as caught:
        read_approvals(json.dumps(whole).encode(), "talk.approvals.json")
    assert str(caught.value).startswith("talk.approvals.json ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"[", b"[]", b"\xff", b"[" * 10_000, b'{"schema": 1, "version": 1}'])
def test_what_is_no_file_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="holds no approvals"):
        read_approvals(data)


def test_the_published_schema_and_the_field_tables_are_those_of_the_code() -> None:
    generator = runpy.run_path(str(DOCS / "schema.py"))
    page = (DOCS / "serve.md").read_text("utf-8")
    assert generator["serve_page_text"](page) == page, "run make docs"
    published = (DOCS / "approvals.schema.json").read_text("utf-8")
    assert generator["approvals_text"]() == published, "run make docs"
