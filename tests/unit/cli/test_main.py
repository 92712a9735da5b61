"""The program as a whole: which command runs, and what an error becomes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from transcribe.cli.main import READER_GONE, run
from transcribe.cli.root import COMMANDS, SELDOM
from transcribe.core import stopping
from transcribe.core.errors import Interrupted, ModelError, OutputError

Fails = Callable[[BaseException], None]

PROGRAM = [sys.executable, "-m", "transcribe"]

HEAVY = {
    "numpy",
    "onnxruntime",
    "_pywhispercpp",
    "pywhispercpp",
    "huggingface_hub",
    "rich",
    "jinja2",
    "gguf",
    "psutil",
}


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Nothing installed, no config, and the current folder is an empty one."""
    for name in [name for name in os.environ if name.startswith("TRANSCRIBE_")]:
        monkeypatch.delenv(name)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    before = {number: signal.getsignal(number) for number in stopping.SIGNALS}
    yield tmp_path
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Fails:
    """Let a run end with this error."""

    def arrange(error: BaseException) -> None:
        def choose(settings: object) -> None:
            raise error

        monkeypatch.setattr("transcribe.jobs.assemble.run.choose_engines", choose)

    return arrange


def environment() -> dict[str, str]:
    root = Path(__file__).resolve().parents[3]
    return {**os.environ, "PYTHONPATH": str(root)}


def test_a_file_is_transcribed_without_naming_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["a.mp3"], ["run", "a.mp3"], ["--quiet", "a.mp3"], ["--language", "pl", "a.mp3"]):
        assert run(arguments) == ModelError.exit_code
        assert "transcribe models pull base" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["models", "doctor"])
def test_files_that_are_called_like_a_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(name).write_bytes(b"")
    for arguments in ([f"./{name}"], ["run", name], ["-m", "base", name], ["--", "-dash.mp3"]):
        assert run(arguments) == ModelError.exit_code
        assert "model" in capsys.readouterr().err


def test_no_arguments_get_a_short_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "transcribe episode.mp3" in shown.err
    assert len(shown.err.splitlines()) < 10


def test_help_fits_a_screen_and_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 60
    for name in COMMANDS:
        assert any(line.startswith(f"  {name} ") for line in lines) != (name in SELDOM), name


def test_help_all_has_the_advanced_options_and_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help-all"]) == 0
    shown = capsys.readouterr().out
    assert "--speech-threshold" in shown
    for name in COMMANDS:
        assert f"\n  {name} " in shown, name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert f"transcribe {name}" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("transcribe ")


def test_an_error_is_one_line_and_what_to_do(fails: Fails, capsys: pytest.CaptureFixture[str]) -> None:
    fails(ModelError("there is no \x1b[2Jmodel", "Pull one"))
    assert run(["a.mp3"]) == 5
    assert capsys.readouterr().err == "transcribe: error: there is no \\x1b[2Jmodel\n  Pull one\n"


def test_an_error_of_click(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--langauge", "pl", "a.mp3"]) == 2
    shown = capsys.readouterr().err
    assert "Usage: transcribe run" in shown
    assert "--language" in shown


def test_an_error_in_the_config_names_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("transcribe.toml").write_text("\nbeam_sise = 2\n")
    assert run(["a.mp3"]) == 2
    shown = capsys.readouterr().err
    assert shown.splitlines() == [
        "transcribe: error: transcribe.toml, line 2: there is no option 'beam_sise'",
        "  Did you mean beam_size?",
    ]


def test_a_bug_is_told_apart(fails: Fails, capsys: pytest.CaptureFixture[str]) -> None:
    fails(ValueError("surprise"))
    assert run(["a.mp3"]) == 1
    shown = capsys.readouterr().err
    assert "this is a bug in transcribe (ValueError: surprise)" in shown
    assert "--debug" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    "arguments", [["--debug", "a.mp3"], ["a.mp3", "--debug"], ["run", "--debug", "a.mp3"]]
)
def test_debug_shows_where(arguments: list[str], fails: Fails, capsys: pytest.CaptureFixture[str]) -> None:
    fails(ValueError("surprise"))
    assert run(arguments) == 1
    assert "Traceback" in capsys.readouterr().err


def test_debug_may_stand_in_the_config(
    fails: Fails, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("mine.toml").write_text("debug = true\n")
    monkeypatch.setenv("TRANSCRIBE_CONFIG", "mine.toml")
    fails(ValueError("surprise"))
    assert run(["a.mp3"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("flags", [["--debug"], ["--quiet"], ["-q", "--debug"]])
def test_flags_of_every_command(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        [*flags, "formats"],
        ["formats", *flags],
        ["config", *flags, "show"],
        ["config", "show", *flags],
    ):
        assert run(arguments) == 0, arguments


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), Interrupted("interrupted", "Run the same command again")]
)
def test_ctrl_c(error: BaseException, fails: Fails, capsys: pytest.CaptureFixture[str]) -> None:
    fails(error)
    assert run(["a.mp3"]) == 130
    shown = capsys.readouterr().err
    assert shown.startswith("transcribe: error: interrupted\n  Run the same command again")


def test_sigterm(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(
        "transcribe.jobs.assemble.run.choose_engines",
        lambda settings: os.kill(os.getpid(), signal.SIGTERM),
    )
    assert run(["a.mp3"]) == 143
    assert capsys.readouterr().err.startswith("transcribe: error: interrupted\n")


def test_nobody_reads_standard_output() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    finished = subprocess.run(
        [*PROGRAM, "formats"], stdout=writing, stderr=subprocess.PIPE, env=environment(), check=False
    )
    os.close(writing)
    assert (finished.returncode, finished.stderr) == (READER_GONE, b"")


@pytest.mark.parametrize("command", ["--help", "formats --json", "config show", "make rules", "lint --rules"])
@pytest.mark.parametrize(
    ("stream", "reason"), [(">&-", "Bad file descriptor"), (">/dev/full", "No space left")]
)
def test_standard_output_that_cannot_be_written(command: str, stream: str, reason: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$@" {stream}', "sh", *PROGRAM, *command.split()],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (OutputError.exit_code, "")
    assert done.stderr.startswith(f"transcribe: error: writing standard output failed: {reason}")
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize("streams", ["2>&-", "2>/dev/full", "2>&- <&-"])
@pytest.mark.parametrize(("command", "code"), [("formats", 0), ("gone.wav", 5), ("make stamp", 2)])
def test_messages_that_cannot_be_written_are_lost(streams: str, command: str, code: int) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$@" {streams}', "sh", *PROGRAM, *command.split()],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, bool(done.stdout)) == (code, code == 0)


def test_what_the_system_refuses_is_told(fails: Fails, capsys: pytest.CaptureFixture[str]) -> None:
    for error, code, told in (
        (OSError(36, "File name too long", "x"), 3, "x: File name too long"),
        (OSError(28, "No space left on device", "y"), 4, "writing y failed: No space left on device"),
        (RecursionError(), 3, "nested too deeply"),
    ):
        fails(error)
        assert run(["x.wav"]) == code
        assert told in capsys.readouterr().err


def test_help_imports_nothing_heavy() -> None:
    help_ = "from transcribe.cli.main import run; run(['--help'])"
    code = f"import sys; {help_}; print(*sys.modules, file=sys.stderr)"
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True
    )
    assert set(finished.stderr.split()) & HEAVY == set()


def test_importing_the_program_imports_nothing_that_takes_time() -> None:
    code = "import sys, transcribe.cli.main; print(*sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True
    )
    assert "click" not in finished.stdout.split()


def test_live_and_standard_output_do_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--live", "-o", "-", "a.mp3"]) == 2
    assert "standard output" in capsys.readouterr().err


def test_config_show(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("transcribe.toml").write_text('[profiles.a]\nlanguage = "pl"\nvocabulary = "names.txt"\n')
    monkeypatch.setenv("TRANSCRIBE_THREADS", "3")
    assert run(["config", "show", "--profile", "a"]) == 0
    rows = {line.split()[0]: line.split(maxsplit=2)[1:] for line in capsys.readouterr().out.splitlines()}
    assert rows["language"] == ["pl", "transcribe.toml, line 2 (profile a)"]
    assert rows["threads"] == ["3", "TRANSCRIBE_THREADS"]
    assert rows["model"] == ["auto", "default"]


def test_config_show_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    Path("transcribe.toml").write_text('language = "pl"\n')
    assert run(["config", "show", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["files"] == ["transcribe.toml"]
    assert record["options"]["language"] == {"value": "pl", "origin": "transcribe.toml, line 1"}


def test_config_show_as_toml_can_be_read_again(capsys: pytest.CaptureFixture[str]) -> None:
    Path("transcribe.toml").write_text('language = "pl"\nvocabulary = "names.txt"\nfrom_ms = "1:30"\n')
    assert run(["config", "show", "--toml"]) == 0
    text = capsys.readouterr().out
    assert tomllib.loads(text)["from_ms"] == 90_000
    Path("again.toml").write_text(text)
    assert run(["config", "show", "--toml", "--config", "again.toml"]) == 0
    assert capsys.readouterr().out == text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert f"_TRANSCRIBE_COMPLETE={shell}_complete" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "expected"), [("transcribe --lang", "--language"), ("transcribe mod", "models")]
)
def test_completion(
    words: str, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_TRANSCRIBE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", "1")
    assert run([]) == 0
    assert expected in capsys.readouterr().out


def test_python_dash_m() -> None:
    finished = subprocess.run(
        [*PROGRAM, "--version"], capture_output=True, text=True, env=environment(), check=True
    )
    assert finished.stdout.startswith("transcribe ")
