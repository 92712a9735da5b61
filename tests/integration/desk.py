"""One user's place of work: a folder of recordings, a work directory, and the command line in a process.

Every command that is run here is checked for what holds always: no traceback, and no temporary file
beside the outputs or in the work directory.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import psutil
import pytest
from warm import COLD, Command

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "two-voices.flac"
SHARED_AUDIO = ROOT.parent / "shared" / "audio"
FFMPEG: str = imageio_ffmpeg.get_ffmpeg_exe()
PATIENCE_SECONDS = 300
"""A command that takes longer hangs."""

FORMATS = ("txt", "srt", "vtt", "json")


@dataclass(frozen=True)
class Outcome:
    """How a command ended.

    Attributes:
        code: Exit code.
        stdout: What it wrote to standard output.
        stderr: What it wrote to standard error.
    """

    code: int
    stdout: bytes
    stderr: str

    def error(self) -> str:
        """The message and the advice under it, on one line each."""
        _, found, message = self.stderr.partition("transcribe: error: ")
        assert found, self.stderr
        return message


def heed_interrupts() -> None:
    """Undo what `nohup` or `&` did to the suite, before a program starts that is to be interrupted."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass
class Desk:
    """The folder where commands are run, and what they are run with.

    Attributes:
        folder: The current folder of every command; recordings and outputs.
        work: The work directory.
        environment: Variables of every command.
        program: What is started as the program.
    """

    folder: Path
    work: Path
    environment: dict[str, str] = field(default_factory=dict)
    program: Command = COLD

    def media(self, name: str, *arguments: str) -> Path:
        """Make a recording with the real ffmpeg; `arguments` come before the output's name."""
        path = self.folder / name
        make_media(path, *arguments)
        return path

    def run(
        self,
        *arguments: str | Path,
        stdin: Path | None = None,
        prefix: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = (),
        busy: bool = False,
    ) -> Outcome:
        """Run `transcribe ARGUMENTS` to its end, and check what holds for every command.

        Args:
            busy: Whether another one is at work meanwhile, whose temporary files may be there.
        """
        changed = environment or {}
        if not program:  # what changes its rights or its interpreter has to be there when it starts
            starts = prefix or any(name.startswith("PYTHON") for name in changed)
            program = COLD if starts else self.program
        with open(stdin or os.devnull, "rb") as source:  # noqa: PTH123
            done = subprocess.run(
                [*prefix, *program, *map(str, arguments)],
                cwd=self.folder,
                env={**self.environment, **changed},
                stdin=source,
                capture_output=True,
                timeout=PATIENCE_SECONDS,
                check=False,
            )
        self.check(done.stderr.decode(), busy=busy)
        return Outcome(done.returncode, done.stdout, done.stderr.decode())

    def transcribe(self, *arguments: str | Path, **how: Any) -> Outcome:
        """Run with the small model, and expect it to work."""
        outcome = self.run(*arguments, "--model", "tiny.en", **how)
        assert outcome.code == 0, outcome.stderr
        return outcome

    def refuses(self, code: int, *arguments: str | Path, **how: Any) -> str:
        """Run, expect this exit code and that no file beside the recordings changed; the error message."""
        before = self.files()
        outcome = self.run(*arguments, **how)
        assert outcome.code == code, outcome.stderr
        assert outcome.stdout == b""
        assert self.files() == before
        return outcome.error()

    def stop(self, moment: Callable[[dict[str, Any]], bool], number: int, *arguments: str | Path) -> Outcome:
        """Run with events as JSON lines; at the first that is the moment, signal the process group."""
        with self._started(*arguments, "--progress", "json") as child:
            assert child.stderr is not None
            lines: list[str] = []
            for line in child.stderr:
                lines.append(line)
                if moment(json.loads(line)):
                    break
            else:
                pytest.fail(f"the moment never came: {''.join(lines)}")
            family = psutil.Process(child.pid).children(recursive=True)
            os.killpg(child.pid, number)
            stdout, rest = child.communicate(timeout=PATIENCE_SECONDS)
        _, alive = psutil.wait_procs(family, timeout=PATIENCE_SECONDS)
        assert alive == []
        self.check(rest)
        return Outcome(child.returncode, stdout.encode(), rest)

    @contextmanager
    def _started(self, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [*COLD, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=heed_interrupts,  # noqa: PLW1509 - this process has no threads
        ) as child:
            try:
                yield child
            except BaseException:
                os.killpg(child.pid, signal.SIGKILL)
                raise

    def outputs(self, stem: str, folder: str = ".") -> dict[str, bytes]:
        """What was published for a recording: format and bytes."""
        return {name: (self.folder / folder / f"{stem}.{name}").read_bytes() for name in FORMATS}

    def text(self, stem: str) -> str:
        """The published plain text."""
        return self.outputs(stem)["txt"].decode()

    def files(self) -> dict[str, bytes | None]:
        """Every file and folder under the current one, with its bytes where they can be read."""
        return {str(path): _content(path) for path in sorted(self.folder.rglob("*"))}

    def check(self, stderr: str, *, busy: bool = False) -> None:
        """What holds after every command."""
        assert "Traceback" not in stderr, stderr
        left = [] if busy else self.temporary_files()
        assert left == [], left

    def temporary_files(self) -> list[Path]:
        """What should not be there once a command has ended."""
        everything = [*self.folder.rglob("*"), *self.work.rglob("*")]
        return [path for path in everything if path.name.endswith(".tmp")]


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() and os.access(path, os.R_OK) else None


def make_media(path: Path, *arguments: str) -> None:
    """Run the real ffmpeg: arguments, then the path."""
    command = [FFMPEG, "-nostdin", "-v", "error", "-y", *arguments, f"file:{path}"]
    subprocess.run(command, check=True, capture_output=True)


def shared_audio(name: str) -> Path:
    """A recording of the shared collection."""
    path = SHARED_AUDIO / name
    if not path.is_file():
        pytest.skip(f"{name} is not in ../shared/audio")
    return path


def ordinary_user() -> tuple[str, ...]:
    """What to put before a command so that permissions count: root may read and write everything."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root reads and writes everything: run as another user, or install util-linux (setpriv)")
    powers = "-dac_override,-dac_read_search"
    return (setpriv, f"--bounding-set={powers}", f"--inh-caps={powers}")


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Callable[[str], None]]:
    """A small disk in memory at `folder`; the function that is given changes its options."""
    folder.mkdir(exist_ok=True)

    def mount(wanted: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", wanted, "tmpfs", str(folder)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"a small disk cannot be mounted here; run as root: {done.stderr.strip()}")

    if sys.platform != "linux":
        pytest.skip("a small disk in memory is mounted on Linux only")
    mount(options)
    try:
        yield lambda changed: mount(f"remount,{changed}")
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def read_only(folder: Path, place: Path) -> Iterator[Path]:
    """A folder once more at `place`, where nothing can be written; it goes on living where it is."""
    place.mkdir(exist_ok=True)
    if sys.platform != "linux":
        pytest.skip("a folder is mounted twice on Linux only")
    for command in (["--bind", str(folder)], ["-o", "remount,bind,ro"]):
        done = subprocess.run(["mount", *command, str(place)], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"a folder cannot be mounted here; run as root: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
