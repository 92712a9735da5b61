"""Messages reach a command and a webhook at least once, and their failures cost nothing."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import msgspec
import pytest

from transcribe.core.errors import UsageError
from transcribe.core.events import Event, Warned
from transcribe.engines.hook import Hook
from transcribe.engines.webhook import ID_HEADER, Webhook
from transcribe.jobs.ledger import Ledger, read
from transcribe.jobs.notify import (
    COMMAND,
    PLACEHOLDERS,
    TRIES,
    WEBHOOK,
    Courier,
    Delivery,
    Outbox,
    Send,
    values_of,
)
from transcribe.jobs.queue import Queue, QueuedJob, State
from transcribe.watch.folders import Folders
from transcribe.watch.notices import payload_of


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(tmp_path: Path, clock: Clock) -> Queue:
    return Queue(tmp_path / "ledger.sqlite", clock)


def turn_until_sent(courier: Courier) -> None:
    courier.turn()
    while courier.busy:
        courier.turn()


def test_what_fails_is_sent_again_with_the_same_id(queue: Queue, clock: Clock) -> None:
    seen: list[str] = []
    answers = ["not there", "not there", ""]

    def send(message: object, values: object, stopped: object) -> str:
        seen.append(message.id)  # type: ignore[attr-defined]
        return answers.pop(0)

    told: list[Event] = []
    courier = Courier(Outbox(queue), {(COMMAND, "done"): send}, told.append)
    courier.announce("done", "a.wav", {})
    for _ in range(5):
        turn_until_sent(courier)
        clock.now += 400
    courier.close()
    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert read(queue.file.path, Ledger.messages) == {"delivered": 1}
    assert [type(event) for event in told] == [Warned, Warned]


def test_what_never_works_is_given_up_and_what_raises_is_a_failure(queue: Queue, clock: Clock) -> None:
    def send(message: object, values: object, stopped: object) -> str:
        raise KeyError("bug")

    courier = Courier(Outbox(queue), {(COMMAND, "done"): send}, lambda event: None)
    courier.announce("done", "a.wav", {})
    for _ in range(TRIES[COMMAND] + 3):
        turn_until_sent(courier)
        clock.now += 4000
    courier.close()
    assert read(queue.file.path, Ledger.messages) == {"given up": 1}
    assert "KeyError" in queue.history("a.wav")[-1].detail


def test_what_was_on_its_way_at_the_end_is_sent_next_time(queue: Queue) -> None:
    begun = threading.Event()

    def slow(message: object, values: object, stopped: object) -> str:
        begun.set()
        while not stopped():  # type: ignore[operator]
            pass
        return "stopped"

    senders: dict[tuple[str, str], Send] = {(WEBHOOK, "failed"): slow}
    courier = Courier(Outbox(queue), senders, lambda event: None)
    courier.announce("failed", "a.wav", {})
    courier.turn()
    begun.wait(10)
    courier.close()
    assert read(queue.file.path, Ledger.messages) == {"pending": 1}


def test_a_command_gets_arguments_and_json_and_no_shell(tmp_path: Path) -> None:
    script = tmp_path / "hook.py"
    script.write_text(
        "import json, sys; json.dump([sys.argv[1:], json.load(sys.stdin)], open(sys.argv[1], 'w'))"
    )
    out = tmp_path / "said.json"
    hook = Hook.parse(f"python3 {script} {out} 'name={{name}}' {{path}}", 30, PLACEHOLDERS)
    evil = "$(touch hacked); `x` {path} -rf ź.wav"
    assert hook.run('{"id": "1"}', {"name": evil, "path": "/in/a b.wav"}) == ""
    assert json.loads(out.read_text()) == [[str(out), f"name={evil}", "/in/a b.wav"], {"id": "1"}]


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("sh -c 'echo no room >&2; exit 3'", "ended with exit code 3: no room"),
        ("/no/such/program", "/no/such/program cannot be started: No such file or directory"),
        ("sh -c 'sleep 60 & sleep 60'", "took longer than 0.2 s and was killed"),
    ],
)
def test_commands_that_do_not_work(command: str, problem: str) -> None:
    seconds = 0.2 if "sleep" in command else 30
    assert Hook.parse(command, seconds, {}).run("{}", {}) == problem


def test_no_argument_looks_like_an_option(tmp_path: Path) -> None:
    out = tmp_path / "said.json"
    script = tmp_path / "hook.py"
    script.write_text("import json, sys; json.dump(sys.argv[2:], open(sys.argv[1], 'w'))")
    hook = Hook.parse(
        f"python3 {script} {out} {{name}} {{stem}} --title={{reason}} -{{id}} {{reason}}", 30, PLACEHOLDERS
    )
    values = {"name": "-rf.wav", "stem": "@etc", "reason": "+x", "id": "v"}
    assert hook.run("{}", values) == ""
    assert json.loads(out.read_text()) == ["./-rf.wav", "./@etc", "--title=+x", "-v", "./+x"]


@pytest.mark.parametrize(
    "command",
    [
        "sh -c 'echo {name}'",
        "/bin/bash -ec 'echo \"{name}\"'",
        "env A=1 nice sh -c '{name}'",
        "busybox sh -c 'x {path}'",
        "python3.11 -c 'print(\"{name}\")'",
        "perl -e '{reason}'",
        "pwsh -Command 'echo {name}'",
        "cmd.exe /c {path}",
        "ssh host play {name}",
        "{path}",
        "{output}/run.sh",
    ],
)
def test_no_name_is_run(command: str) -> None:
    with pytest.raises(UsageError, match="would be run as a program"):
        Hook.parse(command, 1, PLACEHOLDERS)


def test_a_shell_takes_names_as_arguments(tmp_path: Path) -> None:
    hook = Hook.parse(f"sh -c 'printf %s \"$1\" > {tmp_path}/said' sh {{name}}", 30, PLACEHOLDERS)
    assert hook.run("{}", {"name": "$(touch hacked).wav"}) == ""
    assert (tmp_path / "said").read_text() == "$(touch hacked).wav"


def test_a_command_inherits_no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = [
        "HF_TOKEN",
        "OPENAI_API_KEY",
        "TRANSCRIBE_WRITER_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "SSH_AUTH_SOCK",
    ]
    for name in [*secrets, "SOMETHING_NEW", "LD_PRELOAD_X", "PYTHONPATH"]:
        monkeypatch.setenv(name, "secret")
    kept = {"TRANSCRIBE_WORK_DIR": "/work-dir", "LC_TIME": "C", "HOME": "/home/x", "TZ": "UTC"}
    for name, value in kept.items():
        monkeypatch.setenv(name, value)
    out = tmp_path / "env"
    assert Hook.parse(f"sh -c 'env > {out}'", 30, PLACEHOLDERS).run("{}", {}) == ""
    said = out.read_text()
    assert "secret" not in said
    assert all(f"{name}={value}\n" in said for name, value in kept.items())


def test_a_command_gets_the_bytes_of_a_name(tmp_path: Path) -> None:
    name = os.fsdecode(b"g\xff %\n.wav")
    job = QueuedJob(name, State.DONE, place=os.fsdecode(b"day/g\xff %\n"))
    folders = Folders(Path("/in"), Path("/out"), Path("/out/.watch"))
    payload = payload_of(job, folders)
    text = msgspec.json.encode(payload).decode()
    assert payload["path"] == "/in/g\\xff %\n.wav"
    assert values_of(Delivery("1", COMMAND, "done", name, text)) == {
        "path": f"/in/{name}", "name": name, "output": "/out/day", "stem": os.fsdecode(b"g\xff %\n"),
        "event": "", "reason": "", "id": "",
    }  # fmt: skip


def test_commands_that_make_no_sense_are_refused_before_anything_is_done() -> None:
    for command, match in (
        ("", "empty"),
        ("say 'x", "cannot be split"),
        ("say {nmae}", "unknown placeholder"),
    ):
        with pytest.raises(UsageError, match=match):
            Hook.parse(command, 1, PLACEHOLDERS)


class Receiver(BaseHTTPRequestHandler):
    posts: list[tuple[str, str, bytes]]
    status = 204

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.posts.append((self.path, self.headers[ID_HEADER], body))
        self.send_response(self.status)
        if self.status == 302:
            self.send_header("Location", "http://192.0.2.1/")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def receiver() -> Iterator[tuple[str, type[Receiver]]]:
    kind = type("Kind", (Receiver,), {"posts": []})
    server = HTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/take", kind
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("status", "problem"), [(204, ""), (500, "answered 500"), (302, "answered 302")])
def test_a_webhook(receiver: tuple[str, type[Receiver]], status: int, problem: str) -> None:
    url, kind = receiver
    kind.status = status
    assert Webhook.parse(url, "", 10).post('{"name": "gość.wav"}', "id-1") == problem
    assert kind.posts == [("/take", "id-1", '{"name": "gość.wav"}'.encode())]


def test_a_webhook_that_nobody_answers() -> None:
    assert "no connection" in Webhook.parse("http://127.0.0.1:9/x", "", 5).post("{}", "1")


@pytest.mark.parametrize(
    ("url", "host", "match"),
    [
        ("http://example.com/x", "", "--webhook-host example.com"),
        ("http://example.com/x", "example.org", "another machine"),
        ("http://192.168.1.5/x", "", "another machine"),
        ("http://127.0.0.1.example.com/x", "", "another machine"),
        ("file:///etc/passwd", "", "not an address"),
        ("http://user:secret@127.0.0.1/x", "", "not an address"),
        ("not a url", "", "not an address"),
    ],
)
def test_addresses_that_are_refused(url: str, host: str, match: str) -> None:
    with pytest.raises(UsageError) as raised:
        Webhook.parse(url, host, 1)
    assert match in str(raised.value)


def test_a_host_that_is_named_is_allowed() -> None:
    assert Webhook.parse("https://Studio.example:8443/x", "studio.example", 1).url.startswith("https")
    assert Webhook.parse("http://[::1]:80/x", "", 1)
