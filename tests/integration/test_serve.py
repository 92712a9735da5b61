"""`transcribe serve` as it runs: a real process, a real model, and the `openai` package as its client."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import openai
import pytest
from desk import SAMPLE, Desk
from served import serving

pytestmark = pytest.mark.real
BEGINNING = "It was the best of times"


def test_the_openai_package_gets_every_format_and_stream(desk: Desk, clip: Path) -> None:
    with serving(desk) as server:
        create = server.openai.audio.transcriptions.create
        plain = create(model="whisper-1", file=clip)
        assert plain.text.startswith(BEGINNING)
        assert create(model="whisper-1", file=clip, response_format="text") == f"{plain.text}\n"
        assert "00:00:0" in create(model="whisper-1", file=clip, response_format="srt")
        assert create(model="whisper-1", file=clip, response_format="vtt").startswith("WEBVTT")
        verbose = create(
            model="whisper-1",
            file=clip,
            response_format="verbose_json",
            timestamp_granularities=["word", "segment"],
            temperature=0,
            language="en",
        )
        assert (verbose.text, verbose.duration) == (plain.text, 6.0)
        assert verbose.words is not None
        assert " ".join(each.word for each in verbose.words) == verbose.text
        assert verbose.segments is not None
        assert all(None not in each.to_dict().values() for each in verbose.segments)
        told = list(create(model="gpt-4o-transcribe", file=clip, response_format="json", stream=True))
        deltas = [each.delta for each in told if each.type == "transcript.text.delta"]
        assert told[-1].type == "transcript.text.done"
        assert "".join(deltas) == told[-1].text == plain.text
        assert "whisper-1" in [each.id for each in server.openai.models.list()]
        assert server.stop() == 128 + signal.SIGTERM


def test_errors_are_those_of_the_openai_package_and_stop_nobody(desk: Desk, clip: Path) -> None:
    with serving(desk) as server:
        create = server.openai.audio.transcriptions.create
        with pytest.raises(openai.BadRequestError, match="is not a sound or video file"):
            create(model="whisper-1", file=("talk.mp3", b"no sound at all" * 100))
        with pytest.raises(openai.BadRequestError, match="knows English only"):
            create(model="whisper-1", file=clip, language="pl")
        with (
            pytest.warns(DeprecationWarning),  # OpenAI's own word on it; other servers' clients use it
            pytest.raises(openai.BadRequestError, match="knows English only"),
        ):
            server.openai.audio.translations.create(model="whisper-1", file=clip)
        with pytest.raises(openai.APIError, match="knows English only"):
            list(create(model="whisper-1", file=clip, language="de", stream=True))
        with pytest.raises(openai.NotFoundError, match="there is no model"):
            create(model="gpt-9", file=clip)
        assert create(model="whisper-1", file=clip).text.startswith(BEGINNING)


def test_the_command_line_and_the_server_give_the_same_bytes(used_desk: Desk) -> None:
    with serving(used_desk) as server:
        name = server.submit(used_desk.folder / "clip.wav")["id"]
        server.until(name, "done")
        results = {
            each: server.http.get(f"/v1/jobs/{name}/results/{each}").content for each in ("json", "srt")
        }
    used_desk.transcribe("clip.wav")
    outputs = used_desk.outputs("clip")
    assert results == {each: outputs[each] for each in results}


def test_killed_servers_lose_nothing_and_go_on_inside_the_file(desk: Desk) -> None:
    path = desk.media("long.wav", "-stream_loop", "2", "-i", str(SAMPLE))
    other = desk.media("other.wav", "-i", str(SAMPLE))
    desk.transcribe("long.wav", "other.wav")
    with serving(desk) as server:
        names = [server.submit(each)["id"] for each in (path, other)]
        for _ in range(2):
            time.sleep(1.5)
            server.kill()
            server.start()
            assert server.submit(other)["id"] == names[1]
        for name, stem in zip(names, ("long", "other"), strict=True):
            server.until(name, "done")
            for each in ("json", "srt"):
                result = server.http.get(f"/v1/jobs/{name}/results/{each}").content
                assert result == desk.outputs(stem)[each]
        assert len(server.http.get("/v1/jobs").json()["data"]) == 2


def test_a_short_one_waits_for_no_long_one_and_a_cancelled_one_ends_at_once(desk: Desk, clip: Path) -> None:
    path = desk.media("long.wav", "-stream_loop", "39", "-i", str(SAMPLE))
    with serving(desk) as server:
        long = server.submit(path)["id"]
        server.until(long, "working")
        assert server.openai.audio.transcriptions.create(model="whisper-1", file=clip).text.startswith(
            BEGINNING
        )
        assert server.until(long, "working")["percent"] < 100
        assert server.http.post(f"/v1/jobs/{long}/cancel").json()["state"] == "cancelled"
        working = server.workers()
        assert working == []
        assert server.http.delete(f"/v1/jobs/{long}").status_code == 200
        kept = [each.name for each in (desk.folder / "data" / "jobs").iterdir()]
        assert long not in kept


def test_another_address_demands_the_key_that_is_shown_once(desk: Desk, clip: Path) -> None:
    with serving(desk, "--host", "0.0.0.0") as server:  # noqa: S104 - that is what is tested
        key = server.said().partition("key, shown this once: ")[2].split("\n")[0]
        with pytest.raises(openai.AuthenticationError, match="wants its key"):
            server.openai.models.list()
        allowed = server.openai.with_options(api_key=key)
        assert allowed.audio.transcriptions.create(model="whisper-1", file=clip).text.startswith(BEGINNING)
    assert key.startswith("tr-")
    assert json.loads((desk.folder / "data" / "keys.json").read_text())[0]["name"] == "first"


def test_two_servers_share_no_folder_and_no_port(desk: Desk) -> None:
    with serving(desk) as server:
        port = server.url.rpartition(":")[2].partition("/")[0]
        assert "another server is at work" in desk.refuses(2, "serve", "--data", "data", "--port", "0")
        error = desk.refuses(4, "serve", "--data", "elsewhere", "--port", port)
        assert f"port {port} cannot be used" in error


def test_a_policy_that_is_wrong_stops_the_server_before_it_serves(desk: Desk) -> None:
    (desk.folder / "rules.toml").write_text('version = 1\nname = "x"\nrule = 1\n', "utf-8")
    for name, what in (("rules.toml", "rule"), ("gone.toml", "gone.toml")):
        assert what in desk.refuses(2, "serve", "--data", "data", "--port", "0", "--policy", name)
