"""OpenAI's speech API: what clients send, and what they read."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from counter import SAID, Counter, eventually

from transcribe.core.errors import EngineError, InputError, ModelError
from transcribe.formats.example import example_episode
from transcribe.jobs.messages import Request, Stumbled
from transcribe.jobs.trouble import trouble_of
from transcribe.server.api.answers import diarized_segments, text_of
from transcribe.server.intake.asked import ALIASES
from transcribe.server.intake.languages import CODES, NAMES
from transcribe.server.service import RETRY_S

URL = "/v1/audio/transcriptions"
TEXT = text_of(example_episode())
SEGMENT_KEYS = {
    "id", "seek", "start", "end", "text", "tokens", "temperature", "avg_logprob", "compression_ratio",
    "no_speech_prob",
}  # fmt: skip


def ask(client: httpx2.Client, url: str = URL, content: bytes = b"2 a", **fields: Any) -> httpx2.Response:
    named = {
        name.replace("_in", "[]") if name.endswith("_in") else name: each for name, each in fields.items()
    }
    return client.post(url, files={"file": ("audio.webm", content, "video/webm")}, data=named)


def test_every_form_of_answer(counter: Counter) -> None:
    with counter.serving() as client:
        plain = ask(client, model="whisper-1", temperature="0", unknown="x")
        text = ask(client, response_format="text")
        srt, vtt = ask(client, response_format="srt"), ask(client, response_format="vtt")
        verbose = ask(client, response_format="verbose_json").json()
        words = ask(client, response_format="verbose_json", timestamp_granularities_in=["word"]).json()
        diarized = ask(client, response_format="diarized_json").json()
    assert plain.json() == {"text": TEXT, "usage": {"type": "duration", "seconds": 45}}
    assert (text.text, text.headers["content-type"]) == (f"{TEXT}\n", "text/plain; charset=utf-8")
    assert srt.text.startswith("1\n00:00:00,000 --> ")
    assert vtt.text.startswith("WEBVTT")
    assert (verbose["language"], verbose["duration"], verbose["task"]) == ("english", 45.0, "transcribe")
    assert {frozenset(each) for each in verbose["segments"]} == {frozenset(SEGMENT_KEYS)}
    assert "words" not in verbose
    assert words["words"][0] == {"word": "Welcome", "start": 0.0, "end": 0.35}
    assert diarized["segments"][0]["speaker"] == "Anna"
    assert set(diarized) == {"task", "duration", "text", "segments", "usage"}
    assert len(counter.worker.requests) == 2, "the formats are one job; speakers are told apart in another"


def sample(content: bytes) -> str:
    return f"data:audio/wav;base64,{base64.b64encode(content).decode()}"


def samples_in(request: Request) -> Path | None:
    assert request.settings is not None
    return request.settings.speakers.speaker_samples


def test_known_speakers_go_to_the_process_as_files_and_leave_with_the_job(counter: Counter) -> None:
    known: dict[str, Any] = {
        "response_format": "diarized_json",
        "known_speaker_names_in": ["Łucja", "dr. Ala"],
        "known_speaker_references_in": [sample(b"one" * 100_000), sample(b"two")],
    }
    with counter.serving() as client:
        assert ask(client, **known).status_code == 200
        assert ask(client, **known | {"known_speaker_references_in": [sample(b"x"), sample(b"y")]}).is_success
        assert ask(client, **known).status_code == 200
        assert ask(client, response_format="diarized_json", known_speaker_names_in=["Ala"]).is_success
        first, other, nameless = counter.worker.requests
        folder = samples_in(first)
        assert folder is not None
        assert {each.name: each.read_bytes() for each in folder.iterdir()} == {
            "Łucja.sample": b"one" * 100_000,
            "dr. Ala.sample": b"two",
        }
        assert folder.parent == Path(first.folder)
        assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o600}
        assert other.name != first.name
        assert samples_in(nameless) is None
        assert client.delete(f"/v1/jobs/{first.name}").is_success
        assert not folder.exists()


@pytest.mark.parametrize(
    ("names", "references", "expected"),
    [
        (["Ala"], [sample(b"a"), sample(b"b")], (400, "invalid_value")),
        (["Ala", "Ala"], [sample(b"a"), sample(b"b")], (400, "invalid_value")),
        (["../Ala"], [sample(b"a")], (400, "invalid_value")),
        ([".Ala"], [sample(b"a")], (400, "invalid_value")),
        (["A\nla"], [sample(b"a")], (400, "invalid_value")),
        (["ż" * 61], [sample(b"a")], (400, "invalid_value")),
        (["Ala"], ["http://example.com/ala.wav"], (400, "invalid_value")),
        (["Ala"], ["data:audio/wav;base64,***"], (400, "invalid_value")),
        (["Ala"], [sample(b"a" * 7_000_000)], (413, "sample_too_large")),
        (list("abcde"), [sample(b"a")] * 5, (400, "too_many_samples")),
    ],
)
def test_known_speakers_that_cannot_be_used_are_refused(
    counter: Counter, names: list[str], references: list[str], expected: tuple[int, str]
) -> None:
    with counter.serving() as client:
        answer = ask(
            client,
            response_format="diarized_json",
            known_speaker_names_in=names,
            known_speaker_references_in=references,
        )
    assert (answer.status_code, answer.json()["error"]["code"]) == expected
    assert [*(counter.folder / "incoming").iterdir()] == []


def test_speakers_without_names_are_letters_in_their_order() -> None:
    from dataclasses import replace

    episode = example_episode()
    names = ("S2", "Ala", "S1", "S2")
    segments = tuple(replace(episode.transcript.segments[0], speaker=each) for each in names)
    changed = replace(episode, transcript=replace(episode.transcript, segments=segments))
    assert [each["speaker"] for each in diarized_segments(changed)] == ["A", "Ala", "B", "A"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"language": ""}, {}),
        ({"language": "auto"}, {"language": "auto"}),
        ({"language": "en-US"}, {"language": "en"}),
        ({"language": "Polish"}, {"language": "pl"}),
        ({"languages_in": ["pl"]}, {"language": "pl"}),
        ({"prompt": "Ala", "keywords_in": ["Łódź", " "]}, {"prompt": "Ala", "terms": ["Łódź"]}),
        ({"response_format": "diarized_json"}, {"speakers": "auto"}),
    ],
)
def test_fields_become_settings(counter: Counter, fields: dict[str, Any], expected: dict[str, Any]) -> None:
    with counter.serving() as client:
        assert ask(client, **fields).status_code == 200
        assert counter.store.submissions.all()[0].options == expected


def test_every_language_of_the_engines_has_a_name() -> None:
    import _pywhispercpp as engine

    codes = {engine.whisper_lang_str(number) for number in range(engine.whisper_lang_max_id() + 1)}
    assert codes == set(NAMES)
    assert len(CODES) == len(NAMES)


def test_translations(counter: Counter) -> None:
    with counter.serving() as client:
        answer = ask(client, "/v1/audio/translations", response_format="verbose_json", language="pl")
        wrong = ask(client, "/v1/audio/translations", response_format="diarized_json")
        assert counter.store.submissions.all()[0].options == {"translate": True}
    assert (answer.json()["task"], answer.json()["language"]) == ("translate", "english")
    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "response_format")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"response_format": "docx"}, "response_format"),
        ({"timestamp_granularities_in": ["letter"]}, "timestamp_granularities"),
        ({"language": "pl\r\nx" * 3, "model": "gpt-9"}, "model"),
    ],
)
def test_what_makes_no_sense_is_refused(counter: Counter, fields: dict[str, Any], param: str) -> None:
    with counter.serving() as client:
        answer = ask(client, **fields)
    assert (answer.status_code, answer.json()["error"]["param"]) in ((400, param), (404, param))


def events(answer: httpx2.Response) -> list[dict[str, Any]]:
    lines = answer.text.splitlines()
    return [json.loads(each.removeprefix("data: ")) for each in lines if each.startswith("data: ")]


def test_a_stream_tells_the_text_as_it_is_recognised_and_then_the_whole(counter: Counter) -> None:
    with counter.serving() as client:
        answer = ask(client, stream="true", response_format="json")
        again = ask(client, stream="true")
        diarized = ask(client, stream="true", response_format="diarized_json")
    told = events(answer)
    done = {"type": "transcript.text.done", "text": TEXT, "usage": {"type": "duration", "seconds": 45}}
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert told == [
        {"type": "transcript.text.delta", "delta": SAID[0]},
        {"type": "transcript.text.delta", "delta": f" {SAID[1]}"},
        done,
    ]
    assert "".join(each.get("delta", "") for each in events(again)) == TEXT
    kinds = [each["type"] for each in events(diarized)]
    assert kinds == ["transcript.text.segment"] * 3 + ["transcript.text.done"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InputError("it is no sound", "Check it"), 400, "invalid_audio"),
        (ModelError("there is no model", "Install one"), 503, "model_unavailable"),
    ],
)
def test_a_job_that_fails_is_an_error_in_openais_shape(
    counter: Counter, error: Exception, status: int, code: str
) -> None:
    with counter.serving() as client:
        eventually(lambda: hasattr(counter, "worker"))
        client.get("/health")
        counter.worker.answers = [Stumbled("", trouble_of(error))]
        answer = ask(client)
        counter.dispatcher._working.blocked = ""
        counter.worker.answers = [Stumbled("", trouble_of(error))]
        streamed = ask(client, content=b"2 b", stream="true")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers["x-should-retry"] == "false"
    assert events(streamed)[-1]["error"]["code"] == code


def test_an_engine_that_fails_twice_is_a_server_error(counter: Counter) -> None:
    with counter.serving() as client:
        client.get("/health")
        counter.worker.answers = [Stumbled("", trouble_of(EngineError("it crashed")))] * 2
        answer = ask(client)
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "server_error")


def test_a_client_that_leaves_takes_its_job_with_it(counter: Counter) -> None:
    with counter.serving() as client:
        client.get("/health")
        counter.worker.holding = True
        with pytest.raises(httpx2.ReadTimeout):
            client.post(URL, files={"file": ("a.wav", b"2 a")}, timeout=0.5)
        eventually(lambda: counter.worker.stops)
        with pytest.raises(httpx2.ReadTimeout):
            client.post(URL, files={"file": ("a.wav", b"2 b")}, data={"stream": "true"}, timeout=0.5)
        eventually(lambda: counter.worker.stops == 2)
        assert client.get("/health").json()["working"] == 0


def test_two_that_wait_for_the_same_get_it_when_one_leaves(counter: Counter) -> None:
    with counter.serving() as client:
        client.get("/health")
        counter.worker.holding = True
        with httpx2.Client(base_url=client.base_url) as other, pytest.raises(httpx2.ReadTimeout):
            other.post(URL, files={"file": ("a.wav", b"2 a")}, timeout=0.3)
        counter.worker.holding = False
        assert ask(client).json()["text"] == TEXT


def test_numbers_for_prometheus(counter: Counter) -> None:
    with counter.serving() as client:
        ask(client)
        answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert 'transcribe_jobs{state="done"} 1' in lines
    assert {"transcribe_uploads 0", "transcribe_paused 0"} < set(lines)


def test_models_and_health(counter: Counter) -> None:
    with counter.serving() as client:
        listed = [each["id"] for each in client.get("/v1/models").json()["data"]]
        assert listed == ["double", *ALIASES]
        assert client.get("/v1/models/whisper-1").json()["object"] == "model"
        assert client.get("/v1/models/gpt-9").status_code == 404
        assert client.get("/health").json() == {"status": "ok", "working": 0, "waiting": 0}
        counter.dispatcher._working.block("there is no model", 60)
        assert client.get("/health").status_code == 503


def test_whoever_waits_is_told_that_the_server_ends(counter: Counter) -> None:
    with counter.serving() as client:
        client.get("/health")
        counter.worker.holding = True
        with client.stream("POST", URL, files={"file": ("a.wav", b"2 a")}, data={"stream": "true"}) as answer:
            eventually(lambda: counter.worker.has)
            counter.end()
            told = answer.read().decode()
    assert '"code": "stopping"' in told


def test_the_log_holds_no_content(counter: Counter) -> None:
    with counter.serving() as client:
        ask(client, prompt="Ala", keywords_in=["Łódź"])
    lines = [getattr(each, "message", "") for each in counter.told]
    assert any("POST /v1/audio/transcriptions 200" in each for each in lines)
    assert not any(word in each for each in lines for word in ("Ala", "Łódź", "audio.webm", "Welcome"))


def test_texts_are_not_served_as_pages(counter: Counter) -> None:
    with counter.serving() as client:
        headers = ask(client, response_format="text").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert Path(counter.folder).stat().st_mode & 0o077 == 0


def test_the_openai_package_comes_back_when_it_is_told_to(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 is sent again after what `Retry-After` says; its sleep is the moment in which there is room."""
    waits: list[float] = []

    def slept(seconds: float) -> None:
        waits.append(seconds)
        counter.service.most = 10

    with counter.serving() as client:
        client.get("/health")
        counter.service.most = 0
        asker = openai.OpenAI(base_url=f"{client.base_url}/v1", api_key="any")
        with monkeypatch.context() as patched:
            patched.setattr("openai._base_client.time.sleep", slept)
            answer = asker.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"2 a"))
    assert answer.text == TEXT
    assert waits == [RETRY_S]
