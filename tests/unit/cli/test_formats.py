from __future__ import annotations

import json

from click.testing import CliRunner

from transcribe.cli.formats import formats
from transcribe.formats.known import FORMATS


def test_every_format_is_listed() -> None:
    result = CliRunner().invoke(formats)
    assert [line.split()[:2] for line in result.output.splitlines()] == [
        [known.name, known.suffix] for known in FORMATS.values()
    ]


def test_the_list_can_be_read_by_programs() -> None:
    listed = json.loads(CliRunner().invoke(formats, ["--json"]).output)
    assert [known["name"] for known in listed] == list(FORMATS)
    assert listed[1]["media_type"] == "application/x-subrip"
