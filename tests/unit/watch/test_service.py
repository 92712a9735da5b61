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
from transcribe.watch.service import Service, launchd_plist, systemd_unit

ODD = 'Nagrania "100 %" $HOME \\ gość'
SERVICE = Service(
    command=["/x/python", "-m", "transcribe", "watch", f"/srv/{ODD}", "--out", "/out", "--on-done", "a {id}"],
    user="studio",
    inbox=Path(f"/srv/{ODD}"),
    moves=False,
    write=[Path("/srv/out"), Path("/var/cache/t")],
    environment={"TRANSCRIBE_WORK_DIR": "/var/cache/t"},
)  # fmt: skip


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
    here = settings(systemd_unit(replace(SERVICE, talks_to="http://127.0.0.1:8000/x")))
    assert "PrivateNetwork" not in here
    assert (here["IPAddressDeny"], here["IPAddressAllow"]) == ("any", "localhost")
    elsewhere = settings(systemd_unit(replace(SERVICE, talks_to="http://x/", elsewhere=True)))
    assert "IPAddressDeny" not in elsewhere


def test_where_recordings_are_moved_their_folder_is_written_to() -> None:
    said = settings(systemd_unit(replace(SERVICE, moves=True)))
    assert f"/srv/{ODD}" in unescaped(said["ReadWritePaths"])
    assert said["ReadOnlyPaths"] == ""


def test_line_feeds_are_refused() -> None:
    with pytest.raises(UsageError, match="no service file can hold"):
        systemd_unit(replace(SERVICE, command=["a", "b\nExecStartPre=/bin/sh"]))


def test_systemd_itself_finds_no_mistake(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here; install systemd")
    path = tmp_path / "transcribe-watch.service"
    path.write_text(systemd_unit(replace(SERVICE, command=[shutil.which("true") or "", *SERVICE.command[1:]],
                                         user="root")))  # fmt: skip
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(path)], capture_output=True, text=True, check=False
    )
    about = [line for line in done.stderr.splitlines() if "transcribe-watch" in line]
    assert about == []


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
