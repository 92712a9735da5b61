"""Each golden case comes out as it lies in the folder, and other programs can read it."""

from __future__ import annotations

import json
import re
import subprocess

import imageio_ffmpeg
import jsonschema
import pytest
from goldens import case_names, expected_file, goldens, rendered

from transcribe.formats.document_shape import schema

TIME_LINE = re.compile(r"^[\d:.,]+ --> [\d:.,]+$", re.MULTILINE)


@pytest.mark.parametrize(("case", "format_name"), goldens())
def test_a_case_is_written_as_expected(case: str, format_name: str) -> None:
    expected = expected_file(case, format_name).read_bytes()
    assert rendered(case, format_name).decode() == expected.decode()


@pytest.mark.parametrize("case", case_names())
def test_a_case_keeps_to_the_published_schema(case: str) -> None:
    jsonschema.validate(json.loads(rendered(case, "json")), schema())


@pytest.mark.parametrize("format_name", ["srt", "vtt"])
@pytest.mark.parametrize("case", [case for case in case_names() if case != "empty"])
def test_ffmpeg_reads_the_same_cues(case: str, format_name: str) -> None:
    path = expected_file(case, format_name)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", str(path), "-f", "srt", "-"]
    read = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()
    assert len(TIME_LINE.findall(read)) == len(TIME_LINE.findall(path.read_text(encoding="utf-8")))
