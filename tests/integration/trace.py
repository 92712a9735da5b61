"""What a command did to the network and to files, as the system calls of all its processes tell (strace)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ISLAND = Path(__file__).with_name("island.py")

OPENING = ("open", "openat", "openat2", "creat")
CHANGING = (
    *("mkdir", "mkdirat", "mknod", "mknodat", "rename", "renameat", "renameat2", "link", "linkat"),
    *("symlink", "symlinkat", "unlink", "unlinkat", "rmdir", "truncate", "chmod", "fchmodat", "fchmodat2"),
    *("chown", "lchown", "fchownat", "utimensat", "setxattr"),
)
# A question mark: not every architecture has every one of them. io_uring could open and send unseen.
CALLS = ",".join(["%network", "?io_uring_setup", *(f"?{name}" for name in OPENING + CHANGING)])

CALL = re.compile(
    r"(?P<name>\w+)\((?P<arguments>.*)\)\s+= (?P<result>-?\d+|\?)(?:<[^>]*>)?(?: (?P<error>E\w+))?"
)
PATH = re.compile(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, |AT_FDCWD, )?"((?:[^"\\]|\\.)*)"')
WRITING = re.compile(r"\bO_(?:WRONLY|RDWR|CREAT|TRUNC|TMPFILE)\b")
FAMILY = re.compile(r"\b(?:AF|PF)_(\w+)")
ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')
HARMLESS = ("ENOENT", "EEXIST")
"""Errors after which nothing is written, whatever rights the user has."""

UNIX = {"UNIX", "LOCAL", "UNSPEC"}


@dataclass(frozen=True)
class Trace:
    """What a command did.

    Attributes:
        code: Exit code.
        output: What it wrote to standard output and standard error.
        looked_up: Names that it wanted the address of.
        sockets: System calls with a socket that leads, or could lead, out of this machine's processes.
        addresses: The addresses in them.
        written: Files and folders that were made, changed or removed, or would have been with other rights.
        opened: Files that were opened, or would have been if they were there.
    """

    code: int
    output: str
    looked_up: frozenset[str]
    sockets: tuple[str, ...]
    addresses: frozenset[str]
    written: frozenset[Path]
    opened: frozenset[Path]


def why_not() -> str:
    """Why commands cannot be traced on this machine; empty if they can."""
    for program in ("strace", "unshare", "mount"):
        if shutil.which(program) is None:
            return f"{program} is not installed (apt-get install strace util-linux)"
    probe = [*UNSHARE, "strace", "-f", "--seccomp-bpf", "-o", os.devnull, "true"]
    tried = subprocess.run(probe, capture_output=True, text=True, check=False)
    return f"namespaces or tracing are forbidden here: {tried.stderr.strip()}" if tried.returncode else ""


UNSHARE = ("unshare", "--user", "--map-root-user", "--net", "--mount")


def trace(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str],
    logs: Path,
    seconds: float,
    *,
    every_call: bool = False,
) -> Trace:
    """Run a command to its end on an island, traced.

    Args:
        command: Program and arguments.
        folder: Where it is run.
        environment: Every variable that it has.
        logs: An empty folder for the logs.
        seconds: It hangs if it takes longer.
        every_call: Stop at every call, which is slow. Otherwise the kernel picks those to be seen by a filter
            (seccomp), before which that of a sealed run comes: what it refuses is not seen.
    """
    names = logs / "names"
    calls = logs / "calls"
    calls.mkdir(parents=True)
    strace = [
        "strace",
        "-ff",
        *([] if every_call else ["--seccomp-bpf"]),
        "-y",
        "-s",
        "200",
        "-e",
        f"trace={CALLS}",
        "-e",
        "signal=none",
    ]
    finished = subprocess.run(
        [*UNSHARE, sys.executable, ISLAND, names, *strace, "-o", calls / "of", "--", *command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    lines = [line for log in sorted(calls.iterdir()) for line in log.read_text("utf-8").splitlines()]
    sockets = tuple(line for line in lines if _leads_out(line))
    return Trace(
        finished.returncode,
        finished.stdout,
        frozenset(names.read_text("utf-8").split()) if names.exists() else frozenset(),
        sockets,
        frozenset(found for line in sockets for pair in ADDRESS.findall(line) for found in pair if found),
        frozenset(path for line in lines for path in _written(line, folder)),
        frozenset(path for line in lines for path in _opened(line, folder)),
    )


def _leads_out(line: str) -> bool:
    """Whether a call has to do with a socket that is no unix one, or hides what it does."""
    name, _, arguments = line.partition("(")
    families = set(FAMILY.findall(arguments))
    return name == "io_uring_setup" or bool(families - UNIX)


def _written(line: str, folder: Path) -> Iterator[Path]:
    """The paths that a call made, changed or removed."""
    call = CALL.match(line)
    if call is None or call["name"] not in OPENING + CHANGING or call["error"] in HARMLESS:
        return
    if call["name"] in OPENING and call["name"] != "creat" and not WRITING.search(call["arguments"]):
        return
    paths = _paths(call, folder)
    yield from paths[-1:] if call["name"].startswith("symlink") else paths


def _opened(line: str, folder: Path) -> Iterator[Path]:
    call = CALL.match(line)
    if call is not None and call["name"] in OPENING:
        yield from _paths(call, folder)


def _paths(call: re.Match[str], folder: Path) -> list[Path]:
    return [_path(base or folder, name) for base, name in PATH.findall(call["arguments"])]


def _path(base: str | Path, name: str) -> Path:
    r"""A path as strace writes it, with `\303` for bytes; links in its folder are followed."""
    plain = name.encode("latin-1").decode("unicode_escape").encode("latin-1")
    path = Path(base, os.fsdecode(plain))
    return path.parent.resolve() / path.name
