from __future__ import annotations

import dataclasses
import json
import runpy
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import episode, segment

from transcribe.core.episode import (
    Coverage,
    Episode,
    Language,
    ModelIdentity,
    Placed,
    Provenance,
    Segment,
    Spot,
    Track,
    Transcript,
    Word,
)
from transcribe.core.errors import InputError
from transcribe.core.recording import Audio, AudioStream, Source, SpeechSpan, SpeechSpans
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.document import read_document, write
from transcribe.formats.document_shape import schema
from transcribe.formats.known import FORMATS

ROOT = Path(__file__).parents[3]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
times = st.integers(0, 2**40)
probabilities = st.floats(0, 1).map(lambda value: round(value, 4))
pairs = st.dictionaries(texts, texts, max_size=3).map(lambda each: tuple(each.items()))
words = st.builds(Word, times, times, texts, probabilities, st.booleans())
segments = st.builds(Segment, times, times, st.lists(words, max_size=4).map(tuple), times, st.none() | texts)
streams = st.builds(AudioStream, times, texts, times, times, texts, texts, st.booleans())
sources = st.builds(
    Source,
    st.just("x"),
    st.just("x"),
    texts,
    times,
    texts,
    st.none() | times,
    st.lists(streams, max_size=3).map(tuple),
    times,
    pairs,
)
finite = st.floats(allow_nan=False, allow_infinity=False)
audios = st.builds(
    Audio, st.just(""), times, times, st.none() | finite, finite, st.lists(texts, max_size=2).map(tuple)
)
kinds = st.sampled_from(["missing", "suspect", "redecoded", "seam", "uncertain"])
spots = st.builds(Spot, times, times, kinds, texts)
tracks = st.builds(
    Track, texts, texts, texts, st.none() | times, st.integers(), finite, st.sampled_from(get_args(Placed))
)
episodes = st.builds(
    Episode,
    sources,
    audios,
    st.builds(SpeechSpans, st.lists(st.builds(SpeechSpan, times, times), max_size=3).map(tuple)),
    st.builds(
        Transcript,
        st.none() | st.builds(Language, texts, probabilities, st.booleans()),
        st.lists(segments, max_size=3).map(tuple),
    ),
    st.builds(Coverage, times, times, times, times, st.lists(spots, max_size=3).map(tuple)),
    st.builds(Provenance, texts, texts, st.builds(ModelIdentity, texts, texts, texts), pairs),
    tracks=st.lists(tracks, max_size=2).map(tuple),
)


def document(said: Episode) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(write(said, SubtitleSettings()))
    return parsed


@given(episodes)
@settings(max_examples=100, deadline=None)
def test_an_episode_comes_back_as_it_was(said: Episode) -> None:
    assert read_document(write(said, SubtitleSettings())) == said


def test_faults_of_the_sound_come_back_and_older_documents_have_none() -> None:
    said = episode(segment("Hi."))
    faulty = dataclasses.replace(said, coverage=dataclasses.replace(said.coverage, faults=("A", "B")))
    read = read_document(write(faulty, SubtitleSettings()))
    assert read.audio.faults == read.coverage.faults == ("A", "B")
    older = document(said)
    del older["coverage"]["faults"]
    assert read_document(json.dumps(older).encode()).coverage.faults == ()


@given(episodes)
@settings(max_examples=25, deadline=None)
def test_every_document_keeps_to_the_schema(said: Episode) -> None:
    jsonschema.validate(document(said), schema())


def test_the_published_schema_and_the_field_tables_are_those_of_the_code() -> None:
    generator = runpy.run_path(str(ROOT / "docs" / "schema.py"))
    page = generator["PAGE"].read_text(encoding="utf-8")
    assert generator["page_text"](page) == page, "run make docs"
    published = generator["SCHEMA_FILE"].read_text(encoding="utf-8")
    assert generator["schema_text"]() == published, "run make docs"
    jsonschema.Draft202012Validator.check_schema(json.loads(published))


def test_the_page_names_every_format_and_every_limit_with_its_default() -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    for known in FORMATS.values():
        assert f"| `{known.name}` | `{known.suffix}` |" in page
    for limit in dataclasses.fields(SubtitleSettings):
        assert f"| `{limit.name}` | {limit.default:g} |" in page


def test_a_byte_order_mark_is_no_part_of_a_document() -> None:
    said = episode(segment("Hello."))
    text = write(said, SubtitleSettings()).decode()
    assert read_document(text.encode("utf-8-sig")).transcript == said.transcript
    with pytest.raises(InputError, match=r"talk\.json is not a transcript document: it is UTF-16"):
        read_document(text.encode("utf-16"), "talk.json")


def test_fields_of_a_later_program_are_ignored() -> None:
    said = episode(segment("Hello."))
    later = document(said) | {"chapters": []}
    assert read_document(json.dumps(later).encode()).transcript == said.transcript


def test_the_schema_describes_every_field() -> None:
    for name, record in schema()["$defs"].items():
        for field, described in record["properties"].items():
            assert described.get("description"), f"{name}.{field}"


def test_a_word_takes_one_line() -> None:
    text = write(episode(segment("Hello world.")), SubtitleSettings()).decode()
    word = '{"start_ms": 0, "end_ms": 350, "text": "Hello", "probability": 0.9, "space_before": true}'
    assert f"\n        {word},\n" in text


def test_no_place_on_this_machine_is_told() -> None:
    said = episode(segment("Hello."))
    options = (("language", "auto"), ("model", "/home/anna/m.bin"), ("vocabulary", "/home/anna/names.txt"))
    said = dataclasses.replace(said, provenance=dataclasses.replace(said.provenance, settings=options))
    assert b"/home" not in write(said, SubtitleSettings())
    assert document(said)["settings"] == {"language": "auto", "model": "m.bin", "vocabulary": "names.txt"}


def test_a_file_name_that_is_not_utf8_does_not_stop_the_document() -> None:
    said = episode(segment("Hello."))
    said = dataclasses.replace(said, source=dataclasses.replace(said.source, name="a\udcff.mp3"))
    assert document(said)["source"]["name"] == "a\ufffd.mp3"


def test_a_newer_version_is_refused_by_its_number() -> None:
    newer = document(episode(segment("Hello."))) | {"version": 2, "segments": "of another shape"}
    with pytest.raises(InputError, match=r"talk\.json .* version 2; this program reads version 1"):
        read_document(json.dumps(newer).encode(), "talk.json")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b'{"schema": "something else", "version": 1}',
        b'{"schema": "transcribe.transcript", "version": 1}',
        b'{"schema": "transcribe.transcript", "version": 1, "a\xff": 1}',
        b'{"schema": "\xed\xa0\x80", "version": 1}',
        b'{"schema": "transcribe.transcript", "version": 1, "deep": '
        + b"[" * 100_000
        + b"]" * 100_000
        + b"}",
    ],
    ids=["empty", "text", "not UTF-8", "list", "other schema", "truncated", "key", "value", "deep"],
)
def test_what_is_no_document_is_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError, match=r"talk\.json is not a transcript document"):
        read_document(data, "talk.json")


def test_a_negative_time_is_refused() -> None:
    wrong = document(episode(segment("Hello.")))
    wrong["segments"][0]["words"][0]["start_ms"] = -1
    with pytest.raises(InputError, match=r"segments\[0\]\.words\[0\]\.start_ms|segments\[\.\.\.\]"):
        read_document(json.dumps(wrong).encode())
