"""The `openai` package of PyPI; the tests have it in every detail (tests/integration/test_serve.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import openai
from openai import OpenAI

from benchmarks.clients.parts import BEGINNING, Part


def tried(part: Part) -> Iterator[tuple[str, str]]:
    """Every format, stream, translation, speakers; errors, and how often it asks."""
    who = f"openai-python {openai.__version__}"
    client = OpenAI(base_url=part.url, api_key="any")
    create = client.audio.transcriptions.create
    text = create(model="whisper-1", file=part.clip).text
    assert text.startswith(BEGINNING)
    assert create(model="whisper-1", file=part.clip, response_format="text") == f"{text}\n"
    assert "00:00:0" in create(model="whisper-1", file=part.clip, response_format="srt")
    assert create(model="whisper-1", file=part.clip, response_format="vtt").startswith("WEBVTT")
    verbose = create(
        model="whisper-1",
        file=part.clip,
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert verbose.language == "english"
    assert " ".join(each.word for each in verbose.words or ()) == text
    assert verbose.segments
    yield f"{who}: json, text, srt, vtt, verbose_json with words and segments", "texts are the same"

    told = list(create(model="gpt-4o-transcribe", file=part.clip, stream=True))
    deltas = "".join(each.delta for each in told if each.type == "transcript.text.delta")
    assert told[-1].type == "transcript.text.done"
    assert deltas == told[-1].text == text
    yield f"{who}: stream", "deltas are the text"

    diarized = create(
        model="gpt-4o-transcribe-diarize",
        file=part.clip,
        response_format="diarized_json",
        chunking_strategy="auto",
    )
    assert all(each.speaker for each in diarized.segments)
    translated = client.audio.translations.create(
        model="whisper-1", file=part.clip, response_format="verbose_json"
    )
    assert translated.language == "english"
    assert "whisper-1" in [each.id for each in client.models.list()]
    yield f"{who}: diarized_json, translations, models", "answered"

    before = len(part.log())
    refusals: list[tuple[type[openai.APIStatusError], Callable[[], object]]] = [
        (openai.BadRequestError, lambda: create(model="whisper-1", file=("a.mp3", b"no sound" * 100))),
        (openai.NotFoundError, lambda: create(model="gpt-9", file=part.clip)),
        (openai.BadRequestError, lambda: create(model="whisper-1", file=part.clip, language="tlh")),
    ]
    for kind, ask in refusals:
        try:
            ask()
        except kind:
            continue
        raise AssertionError(f"it is no {kind.__name__}")
    assert len(part.log()) == before + len(refusals), "each is sent once"
    yield f"{who}: no recording, no such model, no such language", "BadRequestError, NotFoundError; sent once"
