"""Nothing leaves the machine, and nothing is written outside the known folders, whatever command is run.

Every system call that has to do with the network or changes a file is traced, in all processes, on an
island whose name server writes down what it is asked.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from trace import Trace, trace, why_not

import click
import pytest
from desk import PATIENCE_SECONDS, ROOT, SAMPLE, make_media
from parakeet_model import NAME as PARAKEET
from parakeet_model import install_parakeet
from warm import COLD

from transcribe.cli.root import root
from transcribe.core import telemetry
from transcribe.core.corrections.record import Correction, Corrections, Place
from transcribe.formats.corrections import write_corrections
from transcribe.models.installed import InstalledModel
from transcribe.models.sources import pull
from transcribe.models.store import Store

pytestmark = [pytest.mark.real, pytest.mark.slow]

LISTENED = ("-m", "tiny.en", "-q")
WATCHED = (
    "watch",
    "run",
    "inbox",
    "--out",
    "watched",
    "--once",
    "--settle",
    "0",
    "--min-free",
    "0",
    *LISTENED,
)
EXPORT = ("corrections", "export", "copy/talk.json", "-o", "edit.txt")
KEPT = ("archive", "add", "out", "--archive", "kept")
VOICE = ("voices", "add", "Ala", "talk.mp3", "--to", "12", "--consent", "-q")

COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "run": (("run", "clip.wav", "-o", "once", *LISTENED),),
    "batch": (("batch", "inbox", "-o", "season", *LISTENED),),
    "make include": (("make", "include"),),
    "make rules": (("make", "rules"),),
    "make stamp": (("make", "stamp", "out/stamp", *LISTENED),),
    "cluster init": (("cluster", "init", "certs", "--machines", "a"),),
    "cluster scheduler": (
        ("cluster", "init", "certs"),
        ("cluster", "scheduler", "--certs", "certs/scheduler", "--listen", "tls://192.0.2.1:8786"),
    ),
    "cluster worker": (
        ("cluster", "init", "certs"),
        ("cluster", "worker", "tls://127.0.0.1", "--certs", "certs/submitter", "--listen", "192.0.2.1"),
    ),
    "watch run": (WATCHED,),
    "watch history": (WATCHED, ("watch", "history", "--out", "watched", "clip.wav")),
    "watch retry": (WATCHED, ("watch", "retry", "--out", "watched", "clip.wav"), (*WATCHED, "-v")),
    "watch status": (WATCHED, ("watch", "status", "--out", "watched")),
    "watch install": (("watch", "install", "inbox", "--out", "watched", "--print", "systemd"),),
    "serve run": (("serve", "--new-key", "Ala", "--data", "server"),),
    "serve install": (("serve", "install", "--print", "systemd", "--data", "server"),),
    "multitrack": (("multitrack", "clip.wav", "other.wav", "-o", "joint", *LISTENED),),
    "eval": (("eval", "talk.txt", "talk.rttm", "--transcripts", "out", "-q"),),
    "keys new": (("keys", "new", "sign.key"),),
    "keys sign": (
        ("keys", "new", "late.key"),
        ("batch", "inbox", "-o", "late", *LISTENED),
        ("keys", "sign", "late", "--sign-key", "late.key"),
    ),
    "verify": (("batch", "inbox", "-o", "season", *LISTENED), ("verify", "season")),
    "purge": (("batch", "gone.wav", "-o", "purged", *LISTENED), ("purge", "purged/gone.json")),
    "lint": (("lint", "out/talk.vtt", "out/talk.chapters.json"),),
    "render": (("render", "out/talk.json", "-o", "again", "-f", "page", "-f", "docx", "-q"),),
    "rename": (("rename", "copy/talk.json", "S1=Ala", "-q"),),
    "corrections export": (EXPORT,),
    "corrections apply": (EXPORT, ("corrections", "apply", "copy/talk.json", "edit.txt")),
    "corrections list": (("corrections", "list", "copy/talk.json"),),
    "corrections undo": (("corrections", "undo", "copy/talk.json", "a1"),),
    "corrections vocabulary": (("corrections", "vocabulary", "copy/talk.json"),),
    "policy copy": (("policy", "copy", "bank-call.en"),),
    "policy show": (
        ("policy", "copy", "bank-call.en", "rules"),
        ("policy", "show", "rules/bank-call.en.toml"),
    ),
    "policy check": (
        ("policy", "copy", "bank-call.en", "asked"),
        (
            "policy",
            "check",
            "out/talk.json",
            "--policy",
            "asked/bank-call.en.toml",
            "--report",
            "policy.html",
        ),
    ),
    "archive add": (KEPT,),
    "archive update": (KEPT, ("archive", "update", "--archive", "kept")),
    "archive remove": (
        ("archive", "add", "out", "--archive", "emptied"),
        ("archive", "remove", "out", "--archive", "emptied"),
    ),
    "archive status": (KEPT, ("archive", "status", "--archive", "kept")),
    "search": (KEPT, ("search", "the -best", "--archive", "kept", "--json")),
    "redact": (("clip.wav", *LISTENED), ("redact", "clip.json", "--words", "wisdom", "-o", "masked", "-q")),
    "review": (
        ("policy", "copy", "bank-call.en", "reviewed"),
        (
            *("review", "copy/talk.json", "--policy", "reviewed/bank-call.en.toml"),
            *("--reject-all", "--as", "Ala", "--reason", "not heard"),
        ),
    ),
    "templates list": (("templates", "list"),),
    "templates copy": (("templates", "copy", "page.html.j2"),),
    "templates check": (
        ("templates", "copy", "notes.md.j2", "mine"),
        ("templates", "check", "mine/notes.md.j2"),
    ),
    "models list": (("models", "list"),),
    "models convert": (("models", "convert", "tiny.en"),),
    "models lock": (("models", "lock", "tiny.en", "--file", "out/transcribe.lock"),),
    "models licences": (("models", "licences", "--commercial"),),
    "models bom": (("models", "bom"),),
    "models path": (("models", "path", "tiny.en"),),
    "models import": (("models", "import", "weights.bin", "--name", "mine", "--quantize", "q8_0"),),
    "models quantize": (("models", "quantize", "tiny.en", "q5_0"),),
    "models verify": (("models", "verify"),),
    "models remove": (("models", "import", "weights.bin", "--name", "gone"), ("models", "remove", "gone")),
    "llm list": (("llm", "list"),),
    "voices add": (VOICE,),
    "voices list": (VOICE, ("voices", "list")),
    "voices show": (VOICE, ("voices", "show", "Ala")),
    "voices delete": (VOICE, ("voices", "delete", "Ala")),
    "formats": (("formats",),),
    "config path": (("config", "path"),),
    "config show": (("config", "show"),),
    "doctor": (("doctor",),),
    "bench": (("bench", "clip.wav", "--repeats", "1"),),
    "completion": (("completion", "bash"),),
}
"""What makes a command do its real job: the last of them. What comes before it is run once for all.

`models pull` is the one that uses the network.
"""

GOES_TO_A_PERSON = {"policy check": 13, "review": 13}
"""They do their work and end so: the policy has a question, which always goes to a person."""

NOT_THIS_MACHINE = {"cluster scheduler": 2, "cluster worker": 2}
"""They would go on without end, and have an address that they cannot listen on."""

ASKS_THIS_MACHINE = {"llm list": frozenset({"127.0.0.1"})}
"""It asks for servers of language models, on the loopback interface."""

DEVICES = [Path("/dev/null"), Path("/dev/tty"), Path("/dev/shm")]  # noqa: S108
OWN_PROCESS = (
    "/proc/*/oom_score_adj"  # of the process itself: it may be the first to end when memory is short
)
IDENTIFYING = {Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"), Path("/etc/hostname")}

HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://far.example/a.ts\n#EXT-X-ENDLIST\n"
FOREIGN = {
    "pieces.m3u8": HLS,
    "hls.wav": HLS,
    "list.m3u": "http://far.example/a.mp3\nfile://far.example/b.mp3\n//far.example/c.mp3\n",
    "parts.ffconcat": "ffconcat version 1.0\nfile 'http://far.example/a.wav'\n",
    "stream.sdp": "v=0\no=- 0 0 IN IP4 192.0.2.7\ns=a\nc=IN IP4 192.0.2.7\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    "dash.mpd": '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT9S">'
    '<Period><BaseURL>http://far.example/</BaseURL><AdaptationSet mimeType="audio/mp4"><Representation id="1"'
    ' bandwidth="1"><SegmentList><SegmentURL media="a.mp4"/></SegmentList></Representation></AdaptationSet>'
    "</Period></MPD>",
    "feed.xml": '<rss version="2.0"><channel><item><enclosure url="http://far.example/a.mp3"'
    ' type="audio/mpeg"/></item></channel></rss>',
    "entity.xml": '<!DOCTYPE rss SYSTEM "http://far.example/a.dtd" [<!ENTITY % e SYSTEM "http://far.example/b">%e;]>'
    '<rss version="2.0"><channel/></rss>',
}
"""Files that name another machine, in the formats of ffmpeg and of lists."""

LISTS = {"pieces.m3u8", "list.m3u", "feed.xml", "entity.xml"}
"""Those that `batch` reads itself: what it refuses ends it, so that each has a run of its own."""

NOT_A_RECORDING = 3
ALL_FAILED = 11

WHOLE = ("--speakers", "auto", "--notes", "--publish", "-f", "txt,srt,vtt,json,page,rttm", "-q")
SERVED = """
import re, signal, subprocess, sys, httpx2
command = ["-P", "-m", "transcribe", "serve", "--port", "0", "--data", "served", "-m", "tiny.en"]
server = subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True)
said = next(line for line in server.stderr if line.startswith("serving"))
client = httpx2.Client(base_url=re.search("http://[0-9.:]+", said)[0], trust_env=False, timeout=600)
with client, open("clip.wav", "rb") as clip:
    client.post("/v1/audio/transcriptions", files={"file": clip}).raise_for_status()
server.send_signal(signal.SIGTERM)
print(server.communicate()[1])
"""
"""A server, and a client that has it transcribe."""

CLUSTERED = """
import re, signal, subprocess, sys
def start(*arguments):
    command = [sys.executable, "-P", "-m", "transcribe", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
start("cluster", "init", "own", "--machines", "a").communicate()
scheduler = start("cluster", "scheduler", "--certs", "own/scheduler", "--listen", "tls://127.0.0.1:0")
address = re.search("tls://[0-9.:]+", scheduler.stderr.readline())[0]
worker = start("cluster", "worker", address, "--certs", "own/a", "--listen", "127.0.0.1")
next(line for line in worker.stderr if "takes jobs" in line)
asked = ("--cluster", address, "--certs", "own/submitter")
batch = start("batch", "clip.wav", "-o", "far", "-m", "tiny.en", *asked)
print(batch.communicate()[1])
for each in (worker, scheduler):
    each.send_signal(signal.SIGTERM)
    each.communicate()
"""
"""A cluster of one worker, and a batch on it."""

API = "import transcribe; transcribe.transcribe_file('{}', model='tiny.en', speakers='2', notes=True)"


def names_of_commands(group: click.Group = root, path: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from names_of_commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}"


@dataclass
class Machine:
    """A user's machine: a home, a folder for what is temporary, and a folder in which commands are run."""

    top: Path
    done: dict[tuple[str, ...], Trace] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for folder in (self.home, self.temporary, self.desk):
            folder.mkdir()

    @property
    def home(self) -> Path:
        return self.top / "home"

    @property
    def temporary(self) -> Path:
        return self.top / "tmp"

    @property
    def desk(self) -> Path:
        return self.top / "desk"

    def install(self, model: InstalledModel) -> None:
        models = self.home / ".local" / "share" / "transcribe" / "models"
        shutil.copytree(model.path.parent, models / model.name, dirs_exist_ok=True)

    def run(self, *arguments: str, program: tuple[str, ...] = COLD) -> Trace:
        environment = {
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",  # Python's own files, beside the modules
            "OMP_WAIT_POLICY": os.environ["OMP_WAIT_POLICY"],
        }
        with TemporaryDirectory(dir=self.top) as logs:
            return trace([*program, *arguments], self.desk, environment, Path(logs), PATIENCE_SECONDS)

    def run_once(self, arguments: tuple[str, ...]) -> Trace:
        if arguments not in self.done:
            self.done[arguments] = self.run(*arguments)
        return self.done[arguments]

    def strange(self, paths: Iterable[Path]) -> list[Path]:
        """Those that lie elsewhere than where this program may write.

        That is its own folders below the home, and the folders they are in, which it may have to make.
        """
        below = (".cache", ".config", ".local/share", ".local/state")
        own = [self.home / folder / "transcribe" for folder in below]
        known = [self.desk, self.temporary, *own, *DEVICES]
        made = {parent for folder in own for parent in folder.parents}
        return sorted(
            path
            for path in set(paths) - made
            if not any(path.is_relative_to(place) for place in known) and not path.match(OWN_PROCESS)
        )


@pytest.fixture(scope="module")
def machine(
    tmp_path_factory: pytest.TempPathFactory, model_store: Store, tiny_en_model: InstalledModel
) -> Machine:
    if reason := why_not():
        pytest.skip(reason)
    machine = Machine(tmp_path_factory.mktemp("machine").resolve())
    for model in (tiny_en_model, pull("speakers", model_store, "index")):
        machine.install(model)
    desk = machine.desk
    make_media(desk / "talk.mp3", "-i", str(SAMPLE))
    for start, name in enumerate(("clip.wav", "other.wav", "api.wav", "late.wav", "gone.wav")):
        make_media(desk / name, "-ss", str(15 * start), "-i", str(SAMPLE), "-t", "6")
    for ending in ("txt", "rttm"):
        shutil.copy(SAMPLE.with_suffix(f".{ending}"), desk / f"talk.{ending}")
    (desk / "inbox").mkdir()
    shutil.copy(desk / "clip.wav", desk / "inbox")
    shutil.copy(tiny_en_model.path, desk / "weights.bin")
    return machine


@pytest.fixture(scope="module")
def whole(machine: Machine) -> Trace:
    """A transcription of more than a minute with everything that can be asked for."""
    found = machine.run("talk.mp3", "-m", "tiny.en", "-o", "out", *WHOLE)
    shutil.copytree(machine.desk / "out", machine.desk / "copy")
    made = Corrections((Correction("a1", "text", Place(0, 0, 0, 1, ("quite",)), "something else"),))
    (machine.desk / "copy" / "talk.corrections.json").write_bytes(write_corrections(made))
    return found


def check_nothing_left(
    machine: Machine, found: Trace, addresses: frozenset[str] = frozenset(), code: int = 0
) -> None:
    assert found.code == code, found.output
    assert found.looked_up == frozenset()
    assert found.addresses <= addresses
    assert addresses or found.sockets == ()
    assert machine.strange(found.written) == []
    assert machine.strange(path for path in found.opened if path.is_relative_to(machine.home)) == []
    assert found.opened.isdisjoint(IDENTIFYING)


def test_a_whole_transcription(machine: Machine, whole: Trace) -> None:
    check_nothing_left(machine, whole)
    assert (machine.desk / "out" / "talk.html").stat().st_size > 10_000
    assert any(path.is_relative_to(machine.desk / "out") for path in whole.written)  # writing is seen


@pytest.mark.skipif(importlib.util.find_spec("llama_cpp") is None, reason="run: make llm")
def test_notes_by_a_language_model(machine: Machine, model_store: Store) -> None:
    machine.install(pull("smollm2", model_store, "index"))
    options = ("-m", "tiny.en", "-o", "noted", "--notes", "--writer", "llama.cpp:smollm2", "-q")
    check_nothing_left(machine, machine.run("clip.wav", *options))


def test_every_command_has_its_arguments() -> None:
    assert {*COMMANDS, "models pull"} == set(names_of_commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command(name: str, machine: Machine, whole: Trace) -> None:
    found = [machine.run_once(arguments) for arguments in COMMANDS[name]]
    code = (GOES_TO_A_PERSON | NOT_THIS_MACHINE).get(name, 0)
    addresses = ASKS_THIS_MACHINE | dict.fromkeys(NOT_THIS_MACHINE, frozenset({"192.0.2.1"}))
    check_nothing_left(machine, found[-1], addresses.get(name, frozenset()), code)


def test_a_server_answers_and_asks_nobody(machine: Machine) -> None:
    found = machine.run("-P", "-c", SERVED, program=(sys.executable,))
    check_nothing_left(machine, found, frozenset({"127.0.0.1"}))
    assert "transcriptions 200" in found.output


def test_a_cluster_talks_to_its_machines_alone(machine: Machine) -> None:
    found = machine.run("-P", "-c", CLUSTERED, program=(sys.executable,))
    check_nothing_left(machine, found, frozenset({"127.0.0.1"}))
    assert "clip.wav: on a" in found.output
    assert "1 transcribed" in found.output


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("run", sorted(FOREIGN)),
        ("batch", sorted(FOREIGN.keys() - LISTS)),
        *(("batch", [name]) for name in sorted(LISTS)),
    ],
)
def test_an_address_in_a_file_is_not_followed(command: str, names: list[str], machine: Machine) -> None:
    for name in names:
        (machine.desk / name).write_text(FOREIGN[name], encoding="utf-8")
    found = machine.run(command, *names, "-o", "never", *LISTENED)
    assert found.code in (NOT_A_RECORDING, ALL_FAILED), found.output
    if len(names) > 1:
        assert [name for name in names if f"{name}: failed: " not in found.output] == []
    assert {machine.desk / name for name in names} <= found.opened
    assert (found.looked_up, found.sockets) == (frozenset(), ())


@pytest.mark.parametrize(
    "address", ["http://far.example/a.mp3", "tcp://far.example:9/", "concat:http://far.example/a|b"]
)
def test_an_address_for_a_name_is_not_followed(address: str, machine: Machine) -> None:
    found = machine.run("run", address, "-o", "never", *LISTENED)
    assert found.code == NOT_A_RECORDING, found.output
    assert (found.looked_up, found.sockets) == (frozenset(), ())


def test_pull_asks_nobody_but_the_hub(machine: Machine) -> None:
    found = machine.run("models", "pull", "qwen3-4b", "--source", "hub")
    assert found.looked_up == {"huggingface.co"}
    assert found.addresses <= {"127.0.0.1", "192.0.2.1", "::1"}
    assert "could not be reached" in found.output


def test_the_python_interface(machine: Machine) -> None:
    check_nothing_left(machine, machine.run("-c", API.format("api.wav"), program=(sys.executable,)))


REPORTED = b"protobuf parsing failed"
FAILS = f"""
try: onnxruntime.InferenceSession(b"no model")
except Exception as error: assert {REPORTED.decode()!r} in str(error)
"""


def test_what_imported_onnxruntime_before_reports_nothing_after(machine: Machine) -> None:
    """That a user's own program reports its start cannot be undone; an error that comes later is not told."""
    told = []
    for program in ("import onnxruntime", f"import onnxruntime; {API.format('late.wav')}"):
        found = machine.run("-c", program + FAILS, program=(sys.executable,))
        assert found.code == 0, found.output
        queue = machine.home / ".cache" / telemetry.QUEUE
        if not queue.exists():
            pytest.skip("this version of onnxruntime has no telemetry")
        assert {queue} == {path.parent for path in machine.strange(found.written) if path.suffix == ".db"}
        with closing(sqlite3.connect(queue / "onnxruntime.db")) as events:
            told.append(
                any(REPORTED in payload for (payload,) in events.execute("SELECT payload FROM events"))
            )
        shutil.rmtree(machine.home / ".cache" / "Microsoft")
    assert told == [True, False]


def test_what_leaves_is_seen(machine: Machine) -> None:
    """The trace can fail: a look-up, a connection and a folder in the user's home."""
    program = (
        "import pathlib, socket\n"
        "pathlib.Path.home().joinpath('trącked').mkdir()\n"
        "try: socket.create_connection(('telemetry.example', 443), 1)\n"
        "except OSError: pass\n"
    )
    found = machine.run("-c", program, program=(sys.executable,))
    assert found.looked_up == {"telemetry.example"}
    assert found.addresses == {"127.0.0.1", "192.0.2.1"}
    assert machine.strange(found.written) == [machine.home / "trącked"]


def test_a_whole_transcription_by_ctranslate2(machine: Machine, model_store: Store) -> None:
    machine.install(pull("tiny.en-ct2", model_store, "index"))
    options = ("-m", "tiny.en-ct2", "--engine", "ctranslate2", "-o", "other")
    check_nothing_left(machine, machine.run("other.wav", *options, *WHOLE))


def test_a_whole_transcription_by_parakeet(machine: Machine, tmp_path: Path) -> None:
    machine.install(install_parakeet(Store(tmp_path), ["It", "was", "the", "best", "of", "times."]))
    check_nothing_left(
        machine, machine.run("other.wav", "-m", PARAKEET, "--engine", "auto", "-o", "third", "-q")
    )
