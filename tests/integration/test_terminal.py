"""Strangers' texts in every place from which a command reads one: none moves the cursor or forges a line."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from desk import FFMPEG, SAMPLE, Desk
from llm_server import Told, serving
from warm import Command

from transcribe.archive.index import Archive
from transcribe.archive.keep import add
from transcribe.archive.reader import place as archive_file
from transcribe.cli.root import COMMANDS
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.example import example_episode
from transcribe.formats.known import render
from transcribe.jobs.queue import Queue, QueuedJob, State
from transcribe.pipeline.speakers.register import Enrolled, Register

EVIL = "x\x1b]0;owned\x07\x1b[2J\r\u202eevil\u2066\x9b31m\x7f\u2028\x85\nFORGED y"
"""Sets the title, clears the screen, goes back in the line, turns text round, begins a line of its own."""
WORD = re.sub(r"\s", "", EVIL)
"""The same where white space ends a text."""

RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass
class Place:
    """An empty folder in which a test plants texts, and a command runs."""

    folder: Path
    environment: dict[str, str]
    program: Command

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
        )
        return path

    def run(self, *arguments: str) -> str:
        """Both streams of a command; that it says something, and nothing of it raw."""
        done = subprocess.run(
            [*self.program, *arguments], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=300, check=False,
        )  # fmt: skip
        said = done.stdout.decode() + done.stderr.decode()
        if "--json" in arguments and done.stdout:
            msgspec.json.decode(done.stdout)
        assert RAW.findall(said) == [], said
        assert not re.search(r"^\W*FORGED", said, re.MULTILINE), said
        assert "this is a bug" not in said
        assert done.returncode != 1, said
        return said


@pytest.fixture
def place(tmp_path: Path, program: Command) -> Place:
    folder = tmp_path / "here"
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRANSCRIBE_")}
    own = {"HOME": tmp_path, "XDG_CONFIG_HOME": tmp_path / "config", "XDG_CACHE_HOME": tmp_path / "cache"}
    own |= {"XDG_DATA_HOME": tmp_path / "data", "TRANSCRIBE_WORK_DIR": tmp_path / "work"}
    variables = {name: str(value) for name, value in own.items()}
    return Place(folder, kept | variables | {"PYTHONUTF8": "1"}, program)


def planted(value: Any) -> Any:
    """A document with the text in every field that is free text."""
    if isinstance(value, dict):
        kept = ("schema", "sha256", "code", "language", "kind", "container", "codec", "role", "placed")
        return {key: each if key in kept else planted(each) for key, each in value.items()}
    if isinstance(value, list):
        return [planted(each) for each in value]
    return EVIL if isinstance(value, str) and value else value


def document(place: Place, name: str = "e.json") -> Path:
    content = render(example_episode(), "json", SubtitleSettings()) or b""
    return place.write(name, json.dumps(planted(json.loads(content))))


def corrections(place: Place) -> None:
    document(place)
    at = {"segment": 0, "word": 0, "start_ms": 0, "end_ms": 1, "words": [EVIL], "before": [EVIL]}
    record = {"id": "a1", "kind": "text", "at": at, "text": EVIL, "who": EVIL}
    known = {"schema": "transcribe.corrections", "version": 1, "records": [record]}
    place.write("e.corrections.json", json.dumps(known))
    place.write("edit.txt", f"[] {WORD}\n{EVIL}\n")


def archived(place: Place) -> None:
    """An archive of a stranger's document, under a name of his."""
    document(place)
    place.write(f"documents/{EVIL}.json", (place.folder / "e.json").read_bytes())
    with Archive(archive_file(str(place.folder / "archive"))) as opened:
        add(opened, [place.folder / "documents"])


def policy(place: Place) -> None:
    document(place)
    rule = {"id": "a", "title": EVIL, "decides": EVIL, "evidence": EVIL, "words": [WORD], "patterns": ["."]}
    lines = [f"{key} = {json.dumps(value)}" for key, value in rule.items()]
    place.write("p.toml", "\n".join(["version = 1", f"name = {json.dumps(EVIL)}", "[[rules]]", *lines]))


def decisions(place: Place) -> None:
    policy(place)
    decided = {
        "item": "0" * 12, "about": EVIL, "spans": [[0, 1]], "content": "", "choice": "reject", "who": EVIL,
        "when": EVIL[:40], "reason": EVIL, "heard": [], "recording": "0" * 64, "policy": EVIL,
    }  # fmt: skip
    known = {"schema": "transcribe.decisions", "version": 1, "records": [decided]}
    place.write("e.decisions.json", json.dumps(known))
    given = {"who": EVIL, "when": EVIL[:40], "reason": EVIL, "recognition": "0" * 16, "corrections": ""}
    approved = {"schema": "transcribe.approvals", "version": 2, "records": [given | {"kind": "rejected"}]}
    place.write("e.approvals.json", json.dumps(approved))


def ledger(place: Place) -> None:
    opened = Queue(place.folder / "out" / ".watch" / "ledger.sqlite")
    for state in State:
        opened.write(
            QueuedJob(f"{state.value}/{EVIL}", state, reason=EVIL, hint=EVIL, twin=EVIL, moved_to=EVIL), EVIL
        )
    opened.close()


def models(place: Place) -> str:
    """A folder of models whose records are a stranger's."""
    folder = place.folder / "models" / "bad"
    record = {
        "name": "bad", "kind": "whisper", "file": "w.bin", "bytes": 1, "sha256": "0" * 64, "licence": EVIL,
        "source": EVIL, "converted_from": EVIL, "multilingual": True, "alignment": EVIL, "memory_bytes": 1,
        "parts": [], "made_from": EVIL,
    }  # fmt: skip
    place.write("models/bad/model.json", json.dumps(record))
    place.write("models/bad/w.bin", b"x")
    place.environment["TRANSCRIBE_MODELS_DIR"] = str(folder.parent)
    return "bad"


def feed(place: Place) -> Path:
    text = EVIL.replace("\x1b", "").replace("\x07", "")
    return place.write("a.rss", f"<rss><channel><item><enclosure url='{text}'/></item></channel></rss>")


def report(place: Place) -> None:
    file = {"source": str(place.folder / f"{EVIL}.wav"), "status": "failed", "reason": EVIL}
    place.write(f"{EVIL}.wav", b"no sound")
    known = {
        "schema": "transcribe.report", "version": 1, "program": EVIL, "engine": EVIL, "model": EVIL,
        "started": EVIL, "ended": EVIL, "interrupted": False, "wall_seconds": 0, "audio_seconds": 0,
        "counts": {}, "files": [file],
    }  # fmt: skip
    place.write("report.json", json.dumps(known))


def voices(place: Place) -> None:
    register = Register(place.folder / "voices")
    path = register.add(Enrolled("Ala", EVIL, EVIL, 30.0, (0.1, 0.2)))
    known = json.loads(path.read_bytes())
    known["voice"]["name"] = EVIL
    path.write_text(json.dumps(known))
    place.environment["TRANSCRIBE_VOICES_DIR"] = str(register.folder)


Plant = Callable[[Place], Any]


def texts(*names: str, content: str = EVIL) -> Plant:
    """Files of these names, which are or hold the text."""
    return lambda place: [place.write(name, content) for name in names]


def config(**options: Any) -> Plant:
    import tomlkit

    return lambda place: place.write("transcribe.toml", tomlkit.dumps(options))


def variables(**values: str) -> Plant:
    return lambda place: place.environment.update(values)


CASES: Mapping[str, tuple[Plant, tuple[str, ...]]] = {
    "run, name": (texts(f"{EVIL}.wav"), (f"{EVIL}.wav",)),
    "run, missing": (texts(), (f"{EVIL}.wav", "-o", EVIL)),
    "run, option": (texts(), (f"--{EVIL}",)),
    "run, values": (texts(), ("x.wav", "-f", EVIL)),
    "run, model": (texts(), ("x.wav", "-m", EVIL)),
    "run, vocabulary": (texts("v.txt"), ("x.wav", "--vocabulary", f"{EVIL}/v.txt")),
    "run, turns": (texts("t.rttm", content=f"SPEAKER a 1 {WORD} 1 <NA> <NA> {WORD} <NA> <NA>\n"),
                   ("x.wav", "--turns", "t.rttm")),
    "run, template": (texts("t.j2", content="{{ " + EVIL + " }}{% include '" + EVIL + "' %}"),
                      ("x.wav", "--template", "t.j2")),
    "run, environment": (variables(TRANSCRIBE_WORKERS=EVIL), ("x.wav",)),
    "run, profile": (variables(TRANSCRIBE_PROFILE=EVIL), ("x.wav",)),
    "batch, list": (texts("l.txt"), ("batch", "l.txt", "--dry-run")),
    "batch, playlist": (texts("l.m3u8", content=EVIL.replace("\n", "\nfile://[")),
                        ("batch", "l.m3u8", "--dry-run")),
    "batch, feed": (feed, ("batch", "a.rss", "--dry-run")),
    "batch, folder": (report, ("batch", ".", "--dry-run")),
    "batch, folder as JSON": (report, ("batch", ".", "--dry-run", "--json")),
    "batch, report": (report, ("batch", ".", "--retry-failed")),
    "make": (texts(), ("make", "stamp", f"{EVIL}/x")),
    "cluster": (texts(f"{EVIL}/x"), ("cluster", "init", EVIL, "--machines", f"a,{EVIL}")),
    "cluster, worker": (texts(), ("cluster", "worker", f"tls://{EVIL}", "--certs", EVIL, "--listen", EVIL)),
    "watch": (texts(), ("watch", EVIL, "--out", f"{EVIL} 2", "--once")),
    "watch, status": (ledger, ("watch", "status", "--out", "out")),
    "watch, status as JSON": (ledger, ("watch", "status", "--out", "out", "--json")),
    "watch, history": (ledger, ("watch", "history", "--out", "out", f"failed/{EVIL}")),
    "watch, no history": (ledger, ("watch", "history", "--out", "out", EVIL)),
    "watch, retry": (ledger, ("watch", "retry", "--out", "out")),
    "watch, install": (texts(), ("watch", "install", EVIL, "--out", EVIL)),
    "multitrack": (texts(f"{EVIL}.wav", "b.wav"), ("multitrack", f"{EVIL}.wav", "b.wav", "-m", EVIL)),
    "eval": (texts("r/a.txt", "t/a.txt", "r/" + EVIL + ".txt", "t/" + EVIL + ".txt"),
             ("eval", "r/a.txt", f"r/{EVIL}.txt", "--transcripts", "t")),
    "eval as JSON": (texts("r/a.txt", "t/a.txt"), ("eval", "r/a.txt", "--transcripts", "t", "--json")),
    "eval, turns": (texts("r.stm", "r.rttm", content=f"{EVIL}\n"), ("eval", "r.stm", "r.rttm")),
    "keys": (texts(f"{EVIL}.key"), ("keys", "new", f"{EVIL}.key")),
    "keys sign": (texts(f"{EVIL}.key"), ("keys", "sign", EVIL, "--sign-key", f"{EVIL}.key")),
    "verify": (texts(f".transcribe/{EVIL}.json", ".transcribe/head"), ("verify", ".")),
    "verify as JSON": (texts(f".transcribe/{EVIL}.json"), ("verify", ".", "--json")),
    "purge": (document, ("purge", "e.json", "--dry-run")),
    "purge, refused": (texts(f"{EVIL}.json"), ("purge", f"{EVIL}.json", "--as", EVIL)),
    "lint, name": (texts(f"{EVIL}.vtt"), ("lint", f"{EVIL}.vtt", EVIL)),
    "lint, WebVTT": (texts("a.vtt", content=f"WEBVTT\n\n{EVIL}\n00:00 --> {EVIL}\n<{EVIL}>{EVIL}</x>\n"),
                     ("lint", "a.vtt")),
    "lint, SubRip": (texts("a.srt", content=f"{EVIL}\n00:00:00,000 --> {EVIL}\n<{EVIL}>\n"),
                     ("lint", "a.srt")),
    "lint, chapters": (texts("c.json", content=json.dumps(
        {"version": EVIL, EVIL: EVIL, "chapters": [{"startTime": EVIL, "title": EVIL, "url": EVIL}]})),
                       ("lint", "c.json")),
    "lint, chapters as JSON": (texts("c.json", content=json.dumps({"version": EVIL, EVIL: [EVIL]})),
                               ("lint", "c.json", "--json", "--as", "chapters")),
    "lint, feed": (feed, ("lint", "a.rss")),
    "render": (document, ("render", "e.json", "-f", "txt,srt,md,notes,page,rss,csv", "-o", f"out/{EVIL}")),
    "render, refused": (texts(f"{EVIL}.json"), ("render", f"{EVIL}.json")),
    "corrections, list": (corrections, ("corrections", "list", "e.json")),
    "corrections, undo": (corrections, ("corrections", "undo", "e.json", EVIL)),
    "corrections, undone": (corrections, ("corrections", "undo", "e.json", "a1")),
    "corrections, refused": (texts("e.json", "e.corrections.json"), ("corrections", "list", "e.json")),
    "corrections, export": (document, ("corrections", "export", "e.json", "-o", f"{EVIL}/x")),
    "corrections, apply": (corrections, ("corrections", "apply", "e.json", "edit.txt", "--by", EVIL)),
    "corrections, no text": (corrections, ("corrections", "apply", "e.json", "e.json")),
    "corrections, vocabulary": (corrections, ("corrections", "vocabulary", "e.json", f"{EVIL}.json")),
    "rename, list": (document, ("rename", "e.json", "--list")),
    "rename": (document, ("rename", "e.json", f"{EVIL}=b")),
    "policy, check": (policy, ("policy", "check", "e.json", "--policy", "p.toml", "--report", f"{EVIL}.md")),
    "policy, check as JSON": (policy, ("policy", "check", "e.json", "--policy", "p.toml", "--json")),
    "policy, show": (policy, ("policy", "show", "p.toml")),
    "policy, key": (texts("p.toml", content=f"{json.dumps(EVIL)} = 1\n"), ("policy", "show", "p.toml")),
    "policy, copy of none": (texts(), ("policy", "copy", EVIL)),
    "archive, add": (archived, ("archive", "add", "documents", "--archive", "a")),
    "archive, none": (texts(), ("archive", "remove", EVIL, "--archive", EVIL)),
    "archive, refused": (texts(f"{EVIL}.json"), ("archive", "add", f"{EVIL}.json", "--archive", "a")),
    "archive, status": (archived, ("archive", "status", "--archive", "archive")),
    "archive, status as JSON": (archived, ("archive", "status", "--archive", "archive", "--json")),
    "search": (archived, ("search", "forged", "--archive", "archive")),
    "search as JSON": (archived, ("search", "forged", "--archive", "archive", "--json")),
    "search, counted": (archived, ("search", "forged", "--archive", "archive", "--plot")),
    "search, nothing": (archived, ("search", "nothing", "--archive", "archive", "--open")),
    "search, no archive": (texts(), ("search", EVIL, "--archive", EVIL)),
    "search, question": (texts(), ("search", f'"{EVIL}', "--archive", "archive")),
    "redact": (document, ("redact", "e.json", "--words", EVIL, "--name", WORD, "-o", "out")),
    "redact, kind": (document, ("redact", "e.json", "--personal", EVIL, "-o", "out")),
    "review, list": (decisions, ("review", "e.json", "--policy", "p.toml", "--list")),
    "review, list as JSON": (decisions, ("review", "e.json", "--policy", "p.toml", "--json")),
    "review, decided": (
        decisions,
        ("review", "e.json", "--reject-all", "--as", EVIL, "--reason", EVIL),
    ),
    "review, unknown": (decisions, ("review", "e.json", "--accept", EVIL, "--as", "Ala")),
    "review, refused": (texts("e.json", "e.decisions.json"), ("review", "e.json", "--list")),
    "templates, list": (texts("templates/notes.md.j2", f"templates/{EVIL}.j2"), ("templates", "list")),
    "templates, check": (texts(f"{EVIL}.j2", content="{{ a." + EVIL), ("templates", "check", f"{EVIL}.j2")),
    "templates, copy": (texts(), ("templates", "copy", "notes.md", EVIL)),
    "templates, copy of none": (texts(), ("templates", "copy", EVIL)),
    "models, list": (models, ("models", "list")),
    "models, list as JSON": (models, ("models", "list", "--json")),
    "models, verify": (models, ("models", "verify")),
    "models, path": (models, ("models", "path", "bad")),
    "models, no path": (texts(), ("models", "path", EVIL)),
    "models, remove": (texts(), ("models", "remove", EVIL)),
    "models, import": (texts("a.gguf", content="GGUF" + EVIL),
                       ("models", "import", "a.gguf", "--name", EVIL)),
    "models, pull": (texts(), ("models", "pull", EVIL)),
    "llm": (models, ("llm", "list", f"--{EVIL}")),
    "voices, list": (voices, ("voices", "list")),
    "voices, list as JSON": (voices, ("voices", "list", "--json")),
    "voices, show": (voices, ("voices", "show", "Ala")),
    "voices, none": (voices, ("voices", "show", "Ola")),
    "voices, add": (texts(), ("voices", "add", EVIL, "x.wav", "--consent")),
    "formats": (texts(), ("formats", EVIL)),
    "config, show": (config(terms=[EVIL], model=EVIL, hook=EVIL, show_title=EVIL, speaker_names=[EVIL]),
                     ("config", "show")),
    "config, values": (config(terms=[EVIL], episode_title=EVIL, ffmpeg=EVIL), ("config", "show")),
    "config, values as JSON": (config(terms=[EVIL], episode_title=EVIL, ffmpeg=EVIL),
                               ("config", "show", "--json")),
    "config, values as TOML": (config(terms=[EVIL], episode_title=EVIL), ("config", "show", "--toml")),
    "config, key": (config(**{EVIL: EVIL}), ("config", "show")),
    "config, profile": (config(profile=EVIL, profiles={WORD: {EVIL: 1}}), ("config", "show")),
    "config, path": (variables(TRANSCRIBE_CONFIG=EVIL), ("config", "path")),
    "doctor": (variables(TRANSCRIBE_WORK_DIR=EVIL, TRANSCRIBE_FFMPEG=EVIL, TRANSCRIBE_MODELS_DIR=EVIL,
                         PATH=EVIL), ("doctor",)),
    "doctor as JSON": (variables(TRANSCRIBE_WORK_DIR=EVIL), ("doctor", "--json")),
    "bench": (texts(f"{EVIL}.wav"), ("bench", f"{EVIL}.wav", "--model", EVIL)),
    "serve, model": (texts(), ("serve", "--data", "data", "--model", EVIL)),
    "serve, host": (texts(), ("serve", "--data", "data", "--host", EVIL, "--model", EVIL)),
    "serve, folder": (texts("file"), ("serve", "--data", f"file/{EVIL}", "--new-key", EVIL)),
    "serve, key": (texts(), ("serve", "--data", "data", "--new-key", EVIL)),
    "serve, root": (texts(), ("serve", "--data", "data", "--root", EVIL)),
    "completion": (texts(), ("completion", EVIL)),
}  # fmt: skip
"""What is planted, and the command that comes across it."""


def test_every_command_comes_across_something() -> None:
    assert {each.partition(",")[0].partition(" ")[0] for each in CASES} == COMMANDS.keys()


@pytest.mark.parametrize("case", CASES)
def test_no_text_of_a_stranger_reaches_the_terminal_as_it_is(place: Place, case: str) -> None:
    plant, command = CASES[case]
    plant(place)
    assert place.run(*command)


def test_what_a_server_answers(place: Place) -> None:
    document(place)
    served = {"object": "list", "data": [{"id": EVIL, "object": "model", "owned_by": EVIL}]}
    with serving({"GET /v1/models": lambda _: Told(served)}) as server:
        said = place.run("render", "e.json", "--notes", "--writer", "openai:x", "--writer-host", server.url)
    assert "FORGED" in said


@pytest.mark.real
@pytest.mark.parametrize("style", ["plain", "json", "none"])
def test_what_a_recording_says_of_itself(desk: Desk, place: Place, style: str) -> None:
    tags = "".join(f"{name}={WORD}\n" for name in ("title", "artist", "album", "comment"))
    chapters = "".join(
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={at}\nEND={at + 1000}\ntitle={WORD}\n" for at in (0, 1000)
    )
    place.write("meta", f";FFMETADATA1\n{tags}{chapters}")
    command = [FFMPEG, "-v", "error", "-i", str(SAMPLE), "-i", "meta", "-map_metadata", "1", "-t", "2"]
    subprocess.run([*command, "-metadata:s:a", f"title={WORD}", "a.m4a"], cwd=place.folder, check=True)
    shutil.move(place.folder / "a.m4a", place.folder / f"{EVIL}.m4a")
    place.environment["TRANSCRIBE_MODELS_DIR"] = desk.environment["TRANSCRIBE_MODELS_DIR"]
    said = place.run(
        f"{EVIL}.m4a", "-m", "tiny.en", "--publish", "-o", EVIL, "--progress", style,
        "--live",
    )  # fmt: skip
    if style == "json":
        for line in said.splitlines():
            assert line.startswith(("{", "It")), line
