"""What the doctor says of a machine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from importlib.metadata import PackagePath
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from benchmarks.shapes import NARROW, write_random_ggml
from transcribe.cli.doctor import doctor
from transcribe.core.settings import Settings
from transcribe.engines.cards import UNKNOWN, Card, Cards
from transcribe.jobs import checks
from transcribe.models.importing import import_model
from transcribe.models.store import Store


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSCRIBE_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: tmp_path / "none")
    monkeypatch.delenv("TRANSCRIBE_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


def examine(*arguments: str) -> tuple[int, dict[str, checks.Check]]:
    result: Result = CliRunner().invoke(doctor, ["--json", *arguments], catch_exceptions=False)
    return result.exit_code, {each["name"]: checks.Check(**each) for each in json.loads(result.stdout)}


def test_a_machine_without_models() -> None:
    code, found = examine()
    assert code == 5
    problems = [check for check in found.values() if check.status == "problem"]
    assert [check.name for check in problems] == ["model"]
    assert "transcribe models pull base" in problems[0].advice
    assert found["installed models"].detail == "none"
    assert found["ffmpeg"].detail.startswith("ffmpeg version")
    assert found["recogniser"].detail.endswith((": the faster one on this machine", "is not installed"))
    assert found["speech detector"].status == "ok"


def test_a_model_for_the_slower_engine_and_one_that_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transcribe.jobs.assemble.choice.form_of_machine", lambda _: "ctranslate2")
    write_random_ggml(NARROW, tmp_path / "mine.bin")
    import_model(tmp_path / "mine.bin", Store())
    import_model(tmp_path / "mine.bin", Store(), "smaller", "q8_0")
    found = checks.check_model(Settings.of(model="mine"))
    assert (found.status, found.advice.rpartition(": ")[2]) == ("note", "transcribe models convert mine")
    assert checks.check_model(Settings.of(model="smaller")).status == "ok"
    monkeypatch.setattr("transcribe.jobs.assemble.memory.available_bytes", lambda: 1000)
    code, found_all = examine()
    assert (code, found_all["model"].status) == (5, "problem")
    assert "of memory, and 0 MB are available" in found_all["model"].detail


CARD = Card("a card", 8_000_000_000, 16_000_000_000)
NOT_BUILT = Cards("", problem="built without", advice="make native")
FINDS_NONE = Cards("vulkan", problem="finds none", advice="Check its driver")


@pytest.mark.parametrize(
    ("seen", "found", "asked", "told"),
    [
        ((), NOT_BUILT, {}, ("ok", "none seen", "")),
        ((), FINDS_NONE, {}, ("ok", "none seen", "")),
        (("an AMD card",), NOT_BUILT, {}, ("note", "an AMD card, not used: built without", "make native")),
        (
            ("an AMD card",),
            NOT_BUILT,
            {"engine": "ctranslate2"},
            ("note", "an AMD card, not used: built without", "make native"),
        ),
        (
            ("an AMD card",),
            Cards("vulkan", UNKNOWN, "crashed", "Check its driver"),
            {},
            ("note", "an AMD card, not used: crashed", "Check its driver"),
        ),
        (
            (),
            Cards("vulkan", UNKNOWN, "crashed", "Check its driver"),
            {},
            ("note", "a graphics card, not used: crashed", "Check its driver"),
        ),
        (
            ("an AMD card",),
            Cards("vulkan", (CARD,)),
            {},
            ("ok", "a card (8.0 GB of 16.0 GB free), used by whisper.cpp (vulkan)", ""),
        ),
        (
            (),
            Cards("vulkan", (CARD,)),
            {"engine": "ctranslate2"},
            (
                "note",
                "a card (8.0 GB of 16.0 GB free), not used: ctranslate2 does not drive it",
                "Use --engine whisper.cpp, which drives it",
            ),
        ),
        (
            (),
            Cards("vulkan", (CARD,)),
            {"device": "cpu"},
            (
                "note",
                "a card (8.0 GB of 16.0 GB free), not used: device is cpu",
                "Use --device auto",
            ),
        ),
        ((), Cards("metal", (Card("Metal", 0, 0),)), {}, ("ok", "Metal, used by whisper.cpp (metal)", "")),
        (
            ("NVIDIA H100",),
            NOT_BUILT,
            {"engine": "parakeet"},
            ("note", "NVIDIA H100, not used: this engine computes on the processor only", ""),
        ),
    ],
)
def test_cards_that_are_used_and_that_are_not(
    seen: tuple[str, ...],
    found: Cards,
    asked: dict[str, str],
    told: tuple[str, str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("transcribe.engines.cards.seen", lambda: seen)
    monkeypatch.setattr("transcribe.engines.cards.has_nvidia", lambda: False)
    monkeypatch.setattr("transcribe.engines.ctranslate2.require", lambda: None)
    monkeypatch.setattr("transcribe.engines.parakeet.require", lambda: None)
    monkeypatch.setattr("transcribe.engines.whisper_cpp.find_cards", lambda: found)
    check = checks.check_cards(Settings.of(**asked))
    assert (check.status, check.detail, check.advice) == told


@pytest.mark.parametrize(
    ("requires", "detail", "advice"),
    [
        (["click>=8", "pytest>=8; extra == 'eval'"], "eval", ""),
        (
            [
                'pytest>=8; extra == "eval"',
                'no-such-package; extra == "eval"',
                "no-such-package ; extra == 'llm'",
            ],
            "none; not installed: eval, llm",
            "If you want one: pip install 'transcribe-offline[eval]'",
        ),
        (None, "none", ""),
    ],
)
def test_extras_are_told_apart_by_what_they_need(
    monkeypatch: pytest.MonkeyPatch, requires: list[str] | None, detail: str, advice: str
) -> None:
    monkeypatch.setattr("importlib.metadata.requires", lambda _: requires)
    assert checks.check_extras() == checks.Check("extras", "ok", detail, advice)


def test_folders_that_do_not_exist_yet(tmp_path: Path) -> None:
    found = examine()[1]
    assert found["work folder"].detail.startswith(str(tmp_path / "work"))
    assert not (tmp_path / "work").exists()


def test_little_room_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LITTLE_DISK", 1 << 62)
    found = examine()[1]
    assert found["model folder"].status == "note"
    assert "Make room" in found["model folder"].advice


@pytest.mark.parametrize(("script", "said"), [(None, "there is no ffmpeg"), ("echo hello", "is not ffmpeg")])
def test_an_ffmpeg_that_is_none(
    script: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ffmpeg"
    if script:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("TRANSCRIBE_FFMPEG", str(program))
    code, found = examine()
    assert code == 7
    assert found["ffmpeg"].status == "problem"
    assert said in found["ffmpeg"].detail
    assert found["ffmpeg"].advice


def test_a_config_with_a_mistake() -> None:
    Path("transcribe.toml").write_text("wrong = 1\n")
    found = examine()[1]
    assert found["config"].status == "problem"
    assert "line 1" in found["config"].detail


def test_a_config_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("transcribe.toml").write_text("[profiles.a]\nthreads = 1\n")
    monkeypatch.setenv("TRANSCRIBE_TREADS", "2")
    found = examine("--profile", "a")[1]
    assert found["config"].detail == "transcribe.toml, profile a"
    assert found["config"].status == "note"


@pytest.fixture
def engine_files(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def belong(*names: str) -> None:
        monkeypatch.setattr("importlib.metadata.files", lambda _: [PackagePath(name) for name in names])

    return belong


def test_an_engine_for_any_machine(
    engine_files: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")
    Path("transcribe.toml").write_text('engine = "whisper.cpp"\n')
    engine_files("libggml-base.so.0", "libggml-cpu-67036419.so.0.13.1", "pywhispercpp/model.py")
    found = examine()[1]["recogniser"]
    assert (found.status, "without a matrix library" in found.detail) == ("note", True)
    assert "make native" in found.advice


@pytest.mark.parametrize(
    ("name", "library"), [("libggml-blas.so.0.13.1", "BLAS"), ("x/libggml-metal.dylib", "METAL")]
)
def test_an_engine_with_a_matrix_library(name: str, library: str, engine_files: Callable[..., None]) -> None:
    Path("transcribe.toml").write_text('engine = "whisper.cpp"\n')
    engine_files("libggml-base.so.0", name)
    found = examine()[1]["recogniser"]
    assert (found.status, found.advice) == ("ok", "")
    assert f" + {library}, built with " in found.detail


def test_lines_for_people() -> None:
    lines = CliRunner().invoke(doctor).output.splitlines()
    assert lines[0].startswith("ok      program")
    problem = next(index for index, line in enumerate(lines) if line.startswith("problem"))
    assert lines[problem + 1].strip().startswith("→ ")
    assert "\x1b" not in "".join(lines)


def test_telemetry_is_off_and_what_it_left_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transcribe.core.telemetry.queue", lambda: None)
    quiet, *nothing = checks.check_telemetry()
    assert (quiet.status, nothing) == ("ok", [])
    assert "ORT_DISABLE_TELEMETRY=1" in quiet.detail
    monkeypatch.setattr("transcribe.core.telemetry.queue", lambda: tmp_path / "a b")
    note = list(checks.check_telemetry())[1]
    assert (note.status, note.exit_code) == ("note", 0)
    assert note.advice == f"Remove them: rm -r '{tmp_path}/a b'"


def work_folder() -> checks.Check:
    return examine()[1]["work folder"]


def test_a_work_folder_that_is_full(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(small_disk))
    assert work_folder().status == "note"  # there is little room
    with pytest.raises(OSError, match="No space"):
        (small_disk / "filling").write_bytes(b"x" * 1_000_000)
    found = work_folder()
    assert (found.status, found.exit_code) == ("problem", 4)
    assert f"the disk is full: writing into {small_disk}" in found.detail


def test_a_work_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "work").touch()
    found = work_folder()
    assert (found.status, found.exit_code) == ("problem", 4)
    assert str(tmp_path / "work") in found.detail
    assert "TRANSCRIBE_WORK_DIR" in found.advice


def test_a_work_folder_on_a_disk_that_is_read_only(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(small_disk))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert "Read-only file system" in work_folder().detail


def test_trying_the_work_folder_leaves_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir(0o755)
    assert work_folder().status == "ok"
    assert list((tmp_path / "work").iterdir()) == []
    assert (tmp_path / "work").stat().st_mode & 0o777 == 0o700


def test_a_work_folder_without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr("filelock.FileLock.acquire", none)
    assert "files cannot be locked there" in work_folder().detail
