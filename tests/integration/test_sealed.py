"""A sealed run: no socket but unix ones in any process, and who tries is refused, named and counted."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from trace import Trace, trace, why_not

import pytest
from desk import FFMPEG, PATIENCE_SECONDS, SAMPLE, Desk, Outcome, make_media
from warm import COLD

from transcribe.models.sources import pull
from transcribe.models.store import Store

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter is Linux's"),
]

QUICK = ("-m", "tiny.en", "-q")
EVERYTHING = (
    *("--speakers", "auto", "--notes", "--publish"),
    *("-f", "txt,srt,json,page,rttm", "-m", "tiny.en"),
)
NOBODY = "sealed by {}: no process could open a network connection; 0 attempts"

TRIES = """#!/bin/sh
{python} -c 'import socket
try: socket.create_connection(("192.0.2.1", 443), 1)
except OSError as error: print("refused", error.errno)' "$@" >> {log}
"""
"""What tries to reach another machine, and says what became of that."""


@pytest.fixture
def recordings(desk: Desk) -> Desk:
    """A desk with the folder `in`, in which there are two recordings of a few seconds."""
    folder = desk.folder / "in"
    folder.mkdir()
    for name, start in (("one.wav", "0"), ("two ż.wav", "20")):
        make_media(folder / name, "-ss", start, "-i", str(SAMPLE), "-t", "8")
    return desk


def sealed(desk: Desk, *arguments: str | Path) -> Outcome:
    done = desk.run(*arguments)
    assert done.code == 0, done.stderr
    return done


def seals(desk: Desk, folder: str) -> list[object]:
    """What the manifests of a folder say of the seal."""
    found = sorted((desk.folder / folder / ".transcribe").glob("*.json"))
    return [
        json.loads(each.read_bytes())["predicate"]["buildDefinition"]["internalParameters"] for each in found
    ]


def outputs(folder: Path) -> dict[str, bytes]:
    """What was published, by its name; the report tells times."""
    return {
        each.name: each.read_bytes() for each in folder.iterdir() if each.is_file() and each.stem != "report"
    }


def program_that_tries(desk: Desk, name: str, then: str = "") -> tuple[Path, Path]:
    """A program that tries to reach another machine, and the log of what became of that."""
    program, log = desk.folder / name, desk.folder / f"{name}.log"
    program.write_text(TRIES.format(python=sys.executable, log=log) + then)
    program.chmod(0o755)
    return program, log


def traced(desk: Desk, *arguments: str, every_call: bool = False) -> Trace:
    if reason := why_not():
        pytest.skip(reason)
    with TemporaryDirectory(dir=desk.folder.parent) as logs:
        command = [*COLD, *arguments]
        return trace(
            command, desk.folder, desk.environment, Path(logs), PATIENCE_SECONDS, every_call=every_call
        )


def install(desk: Desk, names: Sequence[str], store: Store) -> None:
    """Have models, in a store of the desk's own."""
    models = desk.folder.parent / "models"
    for name in names:
        model = pull(name, store, "index")
        shutil.copytree(model.path.parent, models / model.name)
    desk.environment["TRANSCRIBE_MODELS_DIR"] = str(models)


def test_a_whole_batch_opens_no_socket_and_makes_the_same_files(recordings: Desk, model_store: Store) -> None:
    desk = recordings
    install(desk, ["tiny.en", "speakers"], model_store)
    sealed(desk, "batch", "in", "-o", "plain", "-q", *EVERYTHING)
    shutil.rmtree(desk.work)
    found = traced(desk, "batch", "in", "-o", "out", "--sealed", *EVERYTHING, every_call=True)
    assert found.code == 0, found.output
    assert NOBODY.format("seccomp") in found.output.splitlines()
    assert (found.sockets, found.looked_up, found.addresses) == ((), frozenset(), frozenset())
    assert seals(desk, "out") == [{"attempts": 0, "seal": "seccomp"}] * 2
    plain, out = outputs(desk.folder / "plain"), outputs(desk.folder / "out")
    assert plain == out
    assert len(out) > 10


@pytest.mark.skipif(importlib.util.find_spec("llama_cpp") is None, reason="run: make llm")
def test_a_language_model_writes_notes_without_a_socket(recordings: Desk, model_store: Store) -> None:
    desk = recordings
    install(desk, ["tiny.en", "smollm2"], model_store)
    writing = ("--notes", "--writer", "llama.cpp:smollm2", "--writer-budget", "1")
    found = traced(desk, "in/one.wav", "-o", "out", "--manifest", "-m", "tiny.en", "--sealed", *writing)
    assert found.code == 0, found.output
    assert (found.sockets, found.looked_up) == ((), frozenset())
    assert seals(desk, "out") == [{"attempts": 0, "seal": "seccomp"}]
    assert b"llama.cpp" in (desk.folder / "out" / ".transcribe" / "one.wav.json").read_bytes()


def test_the_trace_sees_what_is_refused(recordings: Desk) -> None:
    """What the test above finds nothing of would be found; a filter of strace's own would hide it."""
    desk = recordings
    program, _ = program_that_tries(desk, "ffmpeg")
    found = traced(desk, "in/one.wav", "--sealed", "--ffmpeg", str(program), every_call=True)
    assert "AF_INET" in " ".join(found.sockets)
    assert all(" = -1 EACCES" in each for each in found.sockets)
    assert found.addresses == frozenset()


def test_a_program_that_tries_is_refused_named_and_counted(recordings: Desk) -> None:
    desk = recordings
    program, log = program_that_tries(desk, "ffmpeg", f'exec {FFMPEG} "$@"\n')
    done = sealed(desk, "batch", "in", "-o", "out", "-m", "tiny.en", "--sealed", "--ffmpeg", program)
    said = done.stderr.splitlines()
    tries = len(log.read_text().splitlines())
    assert set(log.read_text().splitlines()) == {"refused 13"}
    named = [line for line in said if "tried to open a network socket (AF_INET); it was refused" in line]
    assert len(named) == tries > 2
    assert any(", with one.wav)" in line for line in named)
    assert any(", with two ż.wav)" in line for line in named)
    assert said[-1].endswith(f"no process could open a network connection; {tries} attempts")
    counted = [each["attempts"] for each in seals(desk, "out")]  # type: ignore[index]
    assert all(counted)
    verified = sealed(desk, "verify", "out").stdout.decode()
    assert f"sealed: seccomp ({counted[0]} attempts)" in verified


def test_what_a_watcher_starts_is_sealed_too(recordings: Desk) -> None:
    desk = recordings
    program, log = program_that_tries(desk, "hook")
    watching = (
        "watch",
        "in",
        "--out",
        "out",
        "--once",
        "--settle",
        "0",
        "--min-free",
        "0",
        "-m",
        "tiny.en",
        "--manifest",
    )
    done = sealed(desk, *watching, "--sealed", "--on-done", f"{program} {{path}}")
    assert log.read_text().splitlines() == ["refused 13"] * 2
    assert done.stderr.count("tried to open a network socket (AF_INET); it was refused") == 2
    assert "no process could open a network connection; 2 attempts" in done.stderr
    assert [each["seal"] for each in seals(desk, "out")] == ["seccomp"] * 2  # type: ignore[index]


def test_a_namespace_has_nothing_to_reach(recordings: Desk) -> None:
    if reason := why_not():
        pytest.skip(reason)
    desk = recordings
    hook = desk.folder / "hook"
    hook.write_text(f"#!/bin/sh\ncat /proc/net/dev > {desk.folder}/interfaces\n")
    hook.chmod(0o755)
    watching = (
        "watch",
        "in",
        "--out",
        "out",
        "--once",
        "--settle",
        "0",
        "--min-free",
        "0",
        "-m",
        "tiny.en",
        "--manifest",
    )
    done = sealed(desk, *watching, "--sealed=namespace", "--on-done", str(hook))
    assert NOBODY.format("namespace") in done.stderr
    lines = (desk.folder / "interfaces").read_text().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in lines] == ["lo"]
    assert seals(desk, "out") == [{"attempts": 0, "seal": "namespace"}] * 2


def test_the_hook_of_python_says_what_it_does_not_hold(recordings: Desk) -> None:
    desk = recordings
    done = sealed(desk, "in/one.wav", "-o", "out", "--manifest", "-m", "tiny.en", "--sealed=audit-hook")
    assert done.stderr.splitlines()[-1] == (
        "sealed by audit-hook: no Python code of this program could open a network connection; 0 attempts"
    )
    assert seals(desk, "out") == [{"attempts": 0, "seal": "audit-hook"}]


@pytest.mark.parametrize(
    "arguments",
    [
        ("models", "pull", "base"),
        ("llm", "list"),
        ("serve", "--port", "0"),
        ("watch", "in", "--out", "out", "--webhook", "http://127.0.0.1:9/"),
        ("in/one.wav", "-o", "out", "--notes", "--writer", "ollama:llama3"),
        (
            "batch",
            "in",
            "-o",
            "out",
            "--notes",
            "--writer",
            "llama-server",
            "--writer-host",
            "http://127.0.0.1:9",
        ),
    ],
)
def test_what_needs_the_network_is_refused_before_work_begins(
    arguments: tuple[str, ...], recordings: Desk
) -> None:
    done = recordings.run(*arguments, "--sealed")
    assert done.code == 2
    assert "needs the network, from which this run is sealed (seccomp)" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("  ")  # what to do
    assert not list(recordings.folder.glob("out/*.txt"))
    assert not list(recordings.work.glob("*/*/results.jsonl"))


def test_what_waits_for_approval_is_sealed_before_and_after(recordings: Desk) -> None:
    desk = recordings
    (desk.folder / "in" / "two ż.wav").unlink()
    gated = ("batch", "in", "-o", "out", "--require-approval", "--sealed", *QUICK)
    assert desk.run(*gated).code == 13
    assert not (desk.folder / "out").exists()
    assert seals(desk, "out-waiting") == [{"attempts": 0, "seal": "seccomp"}]
    approve = ("--as", "Ala", "--approve", "--reason", "heard", "--sealed")
    sealed(desk, "review", "out-waiting/one.json", *approve)
    sealed(desk, *gated)
    assert seals(desk, "out") == [{"attempts": 0, "seal": "seccomp"}]
    assert desk.run("verify", "out").code == 0


def test_a_config_seals_every_command_and_a_flag_overrules_it(recordings: Desk) -> None:
    desk = recordings
    config = Path(desk.environment["XDG_CONFIG_HOME"]) / "transcribe" / "transcribe.toml"
    config.parent.mkdir(parents=True)
    config.write_text("sealed = true\n")
    assert NOBODY.format("seccomp") in sealed(desk, "formats").stderr
    assert NOBODY.format("seccomp") in sealed(desk, "config", "show").stderr
    assert "sealed" not in sealed(desk, "--sealed=none", "formats").stderr
    config.write_text("")
    (desk.folder / "transcribe.toml").write_text("sealed = true\n")  # somebody else's folder, perhaps
    done = sealed(desk, "in/one.wav", "-o", "out", "-m", "tiny.en")
    assert "may not set sealed" in done.stderr
    assert "sealed by" not in done.stderr
    desk.environment["TRANSCRIBE_SEALED"] = "auto"
    assert NOBODY.format("seccomp") in sealed(desk, "config", "path").stderr


def test_programs_are_told_as_events(recordings: Desk) -> None:
    done = sealed(recordings, "in/one.wav", "-o", "out", *QUICK, "--sealed", "--progress", "json")
    last = json.loads(done.stderr.splitlines()[-1])
    assert last == {"event": "noticed", "message": NOBODY.format("seccomp")}


def test_a_flag_before_the_command_and_none_after_two_dashes(recordings: Desk) -> None:
    desk = recordings
    assert NOBODY.format("seccomp") in sealed(desk, "--sealed", "policy", "copy").stderr
    done = desk.run("--", "--sealed")
    assert done.code == 3
    assert "there is no file --sealed" in done.stderr
