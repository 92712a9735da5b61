"""The seal, in processes of their own: it cannot be taken off again."""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from transcribe.core.errors import UsageError
from transcribe.core.seal import filter as kernel
from transcribe.core.seal import take
from transcribe.core.seal.attempts import LOOK_UP, PREFIX, Attempt, new_log, read_attempts

ROOT = Path(__file__).resolve().parents[4]

HELPERS = """
import json, os, signal, socket, subprocess, sys
from transcribe.core.seal import take as seal

def refused(*socket_arguments):
    try:
        socket.socket(*socket_arguments).close()
    except OSError as error:
        return error.errno

def tried():
    found = seal.attempts()
    return None if found is None else [[each.program, each.family] for each in found]

def child(program, *arguments):
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True).stdout
"""

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter is Linux's")


def sealed(level: str, program: str, **environment: str) -> Any:
    """What a program prints as JSON, in a process that has taken the seal."""
    return run(f"{HELPERS}\nwarning = seal.take({level!r})\n{program}", environment)


def run(program: str, environment: Mapping[str, str]) -> Any:
    said = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


@LINUX
def test_only_unix_sockets_can_be_opened() -> None:
    answers, tried = sealed(
        "seccomp",
        """
families = [socket.AF_INET, socket.AF_INET6, socket.AF_PACKET, socket.AF_NETLINK, socket.AF_VSOCK, 38]
answers = [refused(each, socket.SOCK_DGRAM) for each in families]
answers += [refused(socket.AF_UNIX)]
[each.close() for each in socket.socketpair()]
print(json.dumps([answers, [family for _, family in tried()]]))
""",
    )
    assert answers == [13] * 6 + [None]
    assert tried == [2, 10, 17, 16, 40, 38]


@LINUX
def test_a_ring_that_could_open_sockets_unseen_is_refused() -> None:
    program = """
import ctypes, platform
libc = ctypes.CDLL(None, use_errno=True)
room = ctypes.byref((ctypes.c_char * 120)())
answers = [libc.syscall(ctypes.c_long(number), 8, room) for number in (425, 1 << 30)]
print(json.dumps([answers, ctypes.get_errno()]))
"""
    assert sealed("seccomp", program) == [[-1, -1], 38]


@LINUX
@pytest.mark.parametrize("level", ["auto", "seccomp", "namespace"])
def test_what_is_started_is_sealed_too_and_named(level: str) -> None:
    if level == "namespace":
        skip_without_namespaces()
    started = "import socket, subprocess; subprocess.run(['bash', '-c', 'echo > /dev/tcp/127.0.0.1/9'])"
    program = f"""
child({started!r})
if os.fork() == 0:
    refused(socket.AF_INET6)
    os._exit(0)
os.wait()
print(json.dumps([tried(), seal.level(), [str(each) for each in seal.untold()][0], seal.untold()]))
"""
    tried, held, told, again = sealed(level, program)
    assert tried == [["bash", 2], [Path(sys.executable).resolve().name, 10]] or tried[0] == ["bash", 2]
    assert len(tried) == 2
    assert held == ("seccomp" if level == "auto" else level)
    assert told.startswith("bash (pid ")
    assert told.endswith(") tried to open a network socket (AF_INET); it was refused")
    assert again == []


@LINUX
def test_the_file_that_a_program_works_on_is_named(tmp_path: Path) -> None:
    recording = tmp_path / "odcinek ‘א’.m3u8"
    recording.write_text("")
    program = f"""
child("import socket, sys\\ntry: socket.socket()\\nexcept OSError: pass", "file:" + {str(recording)!r})
print(json.dumps(str(seal.attempts()[0])))
"""
    assert f", with {recording.name})" in sealed("seccomp", program)


@LINUX
def test_without_its_supervisor_sockets_are_refused_and_nobody_counts() -> None:
    program = """
supervisor, = seal._supervisors
os.kill(supervisor.pid, signal.SIGSTOP)
os.kill(supervisor.pid, signal.SIGKILL)
supervisor.wait()
print(json.dumps([refused(socket.AF_INET), tried(), seal.level()]))
"""
    assert sealed("seccomp", program) == [38, None, "seccomp"]


@LINUX
def test_who_is_sealed_by_somebody_else_cannot_count(tmp_path: Path) -> None:
    """As a `transcribe --sealed` that a sealed one starts as its hook."""
    answer = "[seal.level(), tried(), refused(socket.AF_INET)]"
    inner = f"{HELPERS}\nseal.take('seccomp')\nprint(json.dumps({answer}))"
    program = f"""
del os.environ["TRANSCRIBE_SEAL"]
found = json.loads(child({inner!r}))
print(json.dumps([found, len(seal.read_attempts(seal.Path(path)))]))
"""
    program = f"path = os.environ['TRANSCRIBE_SEAL'].partition(':')[2]\n{program}"
    assert sealed("seccomp", program) == [["seccomp", None, 13], 1]


def test_the_log_of_the_hook_goes_with_its_process(tmp_path: Path) -> None:
    assert (
        len(sealed("audit-hook", "print(json.dumps(os.listdir(os.environ['TMPDIR'])))", TMPDIR=str(tmp_path)))
        == 1
    )
    assert list(tmp_path.iterdir()) == []


@LINUX
def test_the_end_leaves_nothing_behind_and_opens_nothing(tmp_path: Path) -> None:
    program = "seal.end(); print(json.dumps([os.listdir(os.environ['TMPDIR']), refused(socket.AF_INET)]))"
    assert sealed("seccomp", program, TMPDIR=str(tmp_path)) == [[], 38]
    assert sealed("audit-hook", program, TMPDIR=str(tmp_path)) == [[], 13]


@LINUX
def test_a_kill_leaves_nothing_behind(tmp_path: Path) -> None:
    program = f"{HELPERS}\nseal.take('seccomp'); os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        check=False,
    )
    found = [tmp_path]
    for _ in range(1000):  # its supervisor ends a moment later
        if not (found := list(tmp_path.iterdir())):
            break
        os.sched_yield()
        subprocess.run(["true"], check=True)
    assert found == []


@LINUX
def test_a_namespace_has_no_interface_but_a_loopback_that_is_down() -> None:
    skip_without_namespaces()
    program = """
lines = open("/proc/self/net/dev").read().splitlines()[2:]
routes = open("/proc/self/net/route").read().splitlines()[1:]
print(json.dumps([[line.split(":")[0].strip() for line in lines], routes, seal.level()]))
"""
    assert sealed("namespace", program) == [["lo"], [], "namespace"]


@LINUX
def test_a_user_who_is_not_root_has_the_namespace_and_no_new_powers() -> None:
    skip_without_namespaces()
    if os.geteuid():
        pytest.skip("only root can become somebody else: run the suite as root in a container")
    program = """
import ctypes
from transcribe.core.seal import namespace
os.setgroups([]); os.setgid(65534); os.setuid(65534)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # "dumpable", as after an exec
try:
    namespace.enter()
except namespace.Unavailable as error:
    print(json.dumps(str(error)))
else:
    powers = [line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff")]
    print(json.dumps([namespace.in_force(), os.getuid(), os.getgid(), powers]))
"""
    found = run(f"{HELPERS}\n{program}", {})
    if isinstance(found, str):
        pytest.skip(f"users may make no namespace here: {found}")
    assert found == [True, 65534, 65534, ["0000000000000000"]]


def test_the_hook_refuses_sockets_and_names_to_python_and_to_the_pythons_that_it_starts() -> None:
    program = """
answers = [refused(socket.AF_INET), refused(socket.AF_UNIX)]
for ask in (lambda: socket.getaddrinfo("far.example", 80), lambda: socket.gethostbyname("far.example")):
    try:
        ask()
    except OSError as error:
        answers.append(error.errno)
asking = "import transcribe, socket\\ntry: socket.socket()\\nexcept OSError as error: print(error.errno)"
answers.append(child(asking))
[each.close() for each in socket.socketpair()]
print(json.dumps([answers, [family for _, family in tried()], seal.level(), warning]))
"""
    answers, tried, level, warning = sealed("audit-hook", program)
    assert answers == [13, None, 13, 13, "13\n"]
    assert tried == [2, LOOK_UP, LOOK_UP, 2]
    assert (level, warning) == ("audit-hook", "")


def test_where_there_is_no_filter_the_hook_is_taken_and_that_is_said() -> None:
    program = f"""
{HELPERS}
from transcribe.core.seal import filter
filter.MACHINES.clear()
warning = seal.take("auto")
print(json.dumps([seal.level(), warning]))
"""
    level, warning = run(program, {})
    assert level == "audit-hook"
    assert warning.startswith("sealed by audit-hook only, which does not hold programs such as ffmpeg: ")


def test_a_level_that_cannot_be_had_is_an_error() -> None:
    program = f"""
{HELPERS}
from transcribe.core.seal import filter
filter.MACHINES.clear()
said = []
for level in ("seccomp", "namespace"):
    try:
        seal.take(level)
    except Exception as error:
        said.append([type(error).__name__, error.exit_code, seal.level()])
print(json.dumps(said))
"""
    assert run(program, {}) == [["DependencyError", 7, "none"]] * 2


def test_hub_libraries_are_offline_and_proxies_are_gone() -> None:
    program = f"""
{HELPERS}
from huggingface_hub import constants
seal.take("audit-hook")
left = sorted(name for name in os.environ if name.lower().endswith("_proxy"))
print(json.dumps([left, os.environ["HF_HUB_OFFLINE"], constants.HF_HUB_OFFLINE]))
"""
    proxies = {
        "https_proxy": "http://far.example",
        "ALL_PROXY": "socks5://far.example",
        "HF_HUB_OFFLINE": "0",
    }
    assert run(program, proxies) == [[], "1", True]


@pytest.mark.parametrize("level", ["seccomp", "namespace", "audit-hook"])
def test_a_name_in_the_environment_is_no_seal(level: str) -> None:
    program = "import json; from transcribe.core.seal import take as seal; print(json.dumps(seal.level()))"
    found = run(program, {"TRANSCRIBE_SEAL": f"{level}:/nowhere"})
    assert found == ("audit-hook" if level == "audit-hook" else "none")  # which is then in force


def test_unsealed_nothing_is_refused() -> None:
    take.refuse("a webhook")
    assert (take.level(), take.attempts(), take.untold()) == ("none", None, [])


def test_sealed_what_needs_the_network_is_refused_with_what_to_do() -> None:
    program = """
try:
    seal.refuse("a webhook", "Do without")
except Exception as error:
    print(json.dumps([type(error).__name__, str(error)]))
"""
    said = "a webhook needs the network, from which this run is sealed (audit-hook). Do without"
    assert sealed("audit-hook", program) == [UsageError.__name__, said]


@pytest.mark.parametrize("name", sorted(kernel.MACHINES))
def test_the_numbers_are_those_of_libseccomp(name: str) -> None:
    found = ctypes.util.find_library("seccomp")
    if found is None:
        pytest.skip("libseccomp is not installed (apt-get install libseccomp2)")
    library = ctypes.CDLL(found)
    library.seccomp_syscall_resolve_name_arch.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    machine = kernel.MACHINES[name]
    assert library.seccomp_arch_resolve_name(name.encode()) & 0xFFFFFFFF == machine.audit
    numbers = {"socket": machine.socket, "seccomp": machine.seccomp, "io_uring_setup": kernel.IO_URING_SETUP}
    for call, number in numbers.items():
        assert library.seccomp_syscall_resolve_name_arch(machine.audit, call.encode()) == number


def test_a_log_that_nobody_holds_or_that_is_damaged_counts_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert read_attempts(log) is None
    log.write_text("")
    assert read_attempts(log) is None


def test_the_next_run_removes_what_a_kill_has_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept, number = new_log()
    left, other = new_log()
    os.close(other)  # as a kill does
    link = tmp_path / f"{PREFIX}link"
    link.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").touch()
    last, third = new_log()
    assert left.exists(), "it was made just now: its lock may be about to be taken"
    for path in (kept, left, tmp_path / "elsewhere"):
        os.utime(path, (0, 0))
    fresh, fourth = new_log()
    assert set(tmp_path.iterdir()) == {kept, last, fresh, link, tmp_path / "elsewhere"}
    for each in (number, third, fourth):
        os.close(each)


def test_an_attempt_says_who_tried_what() -> None:
    assert str(Attempt(7, "ffmpeg", ("ffmpeg", "-i", "none"), 10)) == (
        "ffmpeg (pid 7) tried to open a network socket (AF_INET6); it was refused"
    )
    assert str(Attempt(7, "", (), 999)) == (
        "a program (pid 7) tried to open a network socket (family 999); it was refused"
    )
    assert "look up the address of a name" in str(Attempt(7, "python", (), LOOK_UP))


def skip_without_namespaces() -> None:
    tried = subprocess.run(["unshare", "-rn", "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"namespaces are forbidden here: {tried.stderr.strip()}")
