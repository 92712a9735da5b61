"""Service files: read back by those who read them."""

from __future__ import annotations

import plistlib
import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from transcribe.cli.root import root
from transcribe.core.errors import UsageError
from transcribe.core.service_file import Service, launchd_plist, systemd_unit

ODD = 'Nagrania "100 %" $HOME \\ gość'
SERVICE = Service(
    name="watch",
    does="transcribe watches something",
    command=["/x/python", "-m", "transcribe", "watch", f"/srv/{ODD}", "--out", "/out", "--on-done", "a {id}"],
    user="studio",
    read=[Path(f"/srv/{ODD}")],
    write=[Path("/srv/out"), Path("/var/cache/t")],
    environment={"TRANSCRIBE_WORK_DIR": "/var/cache/t"},
    capability=("CAP_LEASE", "is wanted."),
)


def settings(unit: str) -> dict[str, str]:
    lines = [line for line in unit.splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def unescaped(value: str, *, command: bool = False) -> list[str]:
    """Words as systemd reads them: shell-like quoting, then `%%` and, in commands, `$$`."""
    words = [word.replace("%%", "%") for word in shlex.split(value.replace("$", "\\$$")[:0] or value)]
    return [word.replace("$$", "$") for word in words] if command else words


def test_every_word_of_the_command_survives() -> None:
    said = settings(systemd_unit(SERVICE))
    assert unescaped(said["ExecStart"], command=True) == list(SERVICE.command)
    assert unescaped(said["ReadOnlyPaths"]) == [f"/srv/{ODD}"]
    assert unescaped(said["ReadWritePaths"]) == ["/srv/out", "/var/cache/t"]


def test_its_working_folder_is_nobody_elses() -> None:
    assert settings(systemd_unit(SERVICE))["WorkingDirectory"] == "/"
    assert plistlib.loads(launchd_plist(SERVICE).encode())["WorkingDirectory"] == "/"


def test_it_is_hardened_and_stays_off_the_network() -> None:
    said = settings(systemd_unit(SERVICE))
    assert (said["ProtectSystem"], said["PrivateNetwork"], said["NoNewPrivileges"]) == (
        "strict",
        "yes",
        "yes",
    )
    assert said["SuccessExitStatus"] == "143 130"


def test_with_a_webhook_it_reaches_this_machine_or_what_was_named() -> None:
    here = settings(systemd_unit(replace(SERVICE, network="For http://127.0.0.1:8000/x only.")))
    assert "PrivateNetwork" not in here
    assert (here["IPAddressDeny"], here["IPAddressAllow"]) == ("any", "localhost")
    elsewhere = settings(systemd_unit(replace(SERVICE, network="For http://x/ only.", elsewhere=True)))
    assert "IPAddressDeny" not in elsewhere


def test_what_is_read_and_written_is_written() -> None:
    write = [*SERVICE.write, *SERVICE.read]
    said = settings(systemd_unit(replace(SERVICE, write=write)))
    assert f"/srv/{ODD}" in unescaped(said["ReadWritePaths"])
    assert said["ReadOnlyPaths"] == ""


def test_line_feeds_are_refused() -> None:
    with pytest.raises(UsageError, match="no service file can hold"):
        systemd_unit(replace(SERVICE, command=["a", "b\nExecStartPre=/bin/sh"]))


@pytest.mark.parametrize(
    "arguments",
    [
        ("watch", "install", "--print", "systemd", "in", "--out", "out", "--move-done", "done"),
        ("serve", "install", "--print", "systemd", "--root", "in", "--data", "data"),
        ("serve", "install", "--print", "systemd", "--host", "0.0.0.0", "--port", "80"),  # noqa: S104
    ],
)
def test_systemd_itself_finds_no_mistake(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here; install systemd")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    done = CliRunner().invoke(root, [*arguments, "--model", "tiny.en"])
    assert done.exit_code == 0, done.output
    path = tmp_path / f"transcribe-{arguments[0]}.service"
    path.write_text(done.output)
    verified = subprocess.run(
        [analyze, "verify", "--man=no", str(path)], capture_output=True, text=True, check=False
    )
    about = [line for line in verified.stderr.splitlines() if path.stem in line]
    assert about == []


def test_a_server_writes_its_own_folder_and_listens_where_it_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRANSCRIBE_WORK_DIR", raising=False)
    (tmp_path / "in").mkdir()
    arguments = ["serve", "install", "--print", "systemd", "--root", "in", "--data", "data"]
    said = settings(CliRunner().invoke(root, arguments).output)
    assert unescaped(said["ReadWritePaths"]) == [f"{tmp_path}/data", f"{tmp_path}/data/work"]
    assert unescaped(said["ReadOnlyPaths"]) == [f"{tmp_path}/in"]
    assert unescaped(said["ExecStart"], command=True)[-4:] == [
        "--root", f"{tmp_path}/in", "--data", f"{tmp_path}/data"
    ]  # fmt: skip
    assert (said["IPAddressAllow"], said["CapabilityBoundingSet"]) == ("localhost", "")
    assert "AmbientCapabilities" not in said
    assert isinstance(CliRunner().invoke(root, [*arguments, "--new-key", "Ala"]).exception, UsageError)


@pytest.mark.parametrize("arguments", [["--help"], ["-q", "--help"], ["run", "--help"]])
def test_the_help_of_a_server_is_that_of_its_options(arguments: list[str]) -> None:
    said = CliRunner().invoke(root, ["serve", *arguments]).output
    assert "--allow-host" in said
    assert "serve install" in said


def test_the_property_list_is_read_back() -> None:
    said = plistlib.loads(launchd_plist(SERVICE).encode())
    assert said["ProgramArguments"] == list(SERVICE.command)
    assert said["EnvironmentVariables"] == {"TRANSCRIBE_WORK_DIR": "/var/cache/t"}


@pytest.mark.parametrize("kind", ["systemd", "launchd"])
def test_the_command_makes_paths_absolute_and_checks_its_arguments(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    arguments = ["watch", "install", "--print", kind, "wejście", "--out=wyjście", "--settle", "3"]
    arguments += ["--model", "x", "--vocabulary", "nazwy.txt"]
    done = runner.invoke(root, arguments)
    assert done.exit_code == 0, done.output
    assert f"{tmp_path}/wejście" in done.output
    assert f"{tmp_path}/wyjście" in done.output
    assert f"{tmp_path}/nazwy.txt" in done.output
    assert "--settle" in done.output
    assert runner.invoke(root, [*arguments, "--no-such-option"]).exit_code == 2


WATCH = ("watch", "install", "--print", "systemd", "in", "--out", "out")
SERVE = ("serve", "install", "--print", "systemd")
FAR = "http://gpu.lan:11434"


@pytest.mark.parametrize("command", [WATCH, SERVE])
@pytest.mark.parametrize(
    ("writer", "reaches"),
    [
        (("--writer", "llama.cpp"), None),
        (("--writer", "ollama:qwen3"), "localhost"),
        (("--writer", "lmstudio", "--writer-host", "http://[::1]:1234/v1"), "localhost"),
        (("--writer", "ollama", "--writer-host", FAR), "all"),
        (("--writer-host", FAR), None),
    ],
)
def test_a_language_model_that_is_a_server_is_reached(
    command: tuple[str, ...],
    writer: tuple[str, ...],
    reaches: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "config.toml").touch()
    monkeypatch.setenv("TRANSCRIBE_CONFIG", str(tmp_path / "config.toml"))
    done = CliRunner().invoke(root, [*command, *writer])
    assert done.exit_code == 0, done.output
    said = settings(done.output)
    if reaches is None and command is WATCH:
        assert (said["PrivateNetwork"], said["RestrictAddressFamilies"]) == ("yes", "AF_UNIX")
        return
    assert "PrivateNetwork" not in said
    assert said["RestrictAddressFamilies"] == "AF_UNIX AF_INET AF_INET6"
    assert said.get("IPAddressAllow") == (None if reaches == "all" else "localhost")
    assert said.get("IPAddressDeny") == (None if reaches == "all" else "any")


def test_the_language_model_may_be_named_in_the_config_of_whoever_runs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[profiles.studio]\nwriter = 'ollama'\n")
    monkeypatch.setenv("TRANSCRIBE_CONFIG", str(config))
    run = [*WATCH, "--profile", "studio"]
    assert settings(CliRunner().invoke(root, run).output)["IPAddressAllow"] == "localhost"
    for other in (["--config", str(config)], ["--writer", "ollama"]):
        said = settings(CliRunner().invoke(root, [*run, "--user", "somebody-else", *other]).output)
        assert said["IPAddressAllow"] == "localhost"
    said = settings(CliRunner().invoke(root, [*run, "--user", "somebody-else"]).output)
    assert said["PrivateNetwork"] == "yes"
    assert isinstance(CliRunner().invoke(root, [*WATCH, "--profile", "none"]).exception, UsageError)
    bad = ["--writer", "ollama", "--writer-host", "gpu.lan"]
    assert isinstance(CliRunner().invoke(root, [*WATCH, *bad]).exception, UsageError)


def test_a_server_that_shows_watched_folders_finds_them_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = settings(CliRunner().invoke(root, [*SERVE, "--watched", "out", "--data", "data"]).output)
    assert f"{tmp_path}/out" in unescaped(said["ExecStart"], command=True)
    assert f"{tmp_path}/out" not in unescaped(said["RequiresMountsFor"])  # without it, it serves all the same
