"""The engine built for this machine: what the build is told, and what is accepted as a result."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from transcribe.engines import native
from transcribe.errors import DependencyError, EngineError

WHEEL = ("SSE3", "AVX2", "OPENMP")


def test_the_build_is_for_this_processor_and_has_the_kernels() -> None:
    told = native.build_environment({})
    assert (told["GGML_NATIVE"], told["GGML_LLAMAFILE"]) == ("ON", "ON")


def test_libraries_find_each_other_from_where_they_lie() -> None:
    told = native.build_environment({})
    assert told["CMAKE_BUILD_WITH_INSTALL_RPATH"] == "ON"
    assert all(path.startswith("$ORIGIN") for path in told["CMAKE_INSTALL_RPATH"].split(";"))


def test_what_the_user_set_is_kept() -> None:
    told = native.build_environment({"CXXFLAGS": "-O2", "CC": "clang"})
    assert told["CC"] == "clang"
    assert told["CXXFLAGS"] == "-O2"


def test_a_build_that_can_do_more() -> None:
    native.check_build(WHEEL, ("LLAMAFILE", *WHEEL, "AVX512"))


@pytest.mark.parametrize(
    ("after", "missing"), [((*WHEEL, "AVX512"), "LLAMAFILE"), (("LLAMAFILE", "SSE3", "OPENMP"), "AVX2")]
)
def test_a_build_that_lacks_something(after: tuple[str, ...], missing: str) -> None:
    with pytest.raises(EngineError, match=f"without {missing}[.]"):
        native.check_build(WHEEL, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("It was the best of times", "it was the best  of times\n"),
        ("", ""),
        ("a " * 99 + "spring", "a " * 99 + "string"),
    ],
)
def test_words_that_are_the_same_but_for_rounding(before: str, after: str) -> None:
    native.check_words(before, after)


@pytest.mark.parametrize("after", ["", "it was the worst of times", "the the the the the the"])
def test_words_that_are_not_the_same(after: str) -> None:
    with pytest.raises(EngineError, match="other words"):
        native.check_words("it was the best of times", after)


class Environment:
    """Stands for the Python environment: remembers what pip was told, and answers for what is installed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, built_hears: str) -> None:
        self.installed = ""
        self.told: list[str] = []
        self._hears = {"plain.whl": "one two three", "built.whl": built_hears}
        monkeypatch.setattr(native, "_pip", self._pip)
        monkeypatch.setattr(native, "engine_build", self._build)
        monkeypatch.setattr(native, "heard", lambda *_: self._hears[self.installed])

    def replace(self) -> None:
        native._replace(Path("plain.whl"), Path("built.whl"), Path("a.flac"), Path(), self.told.append)

    def _pip(self, command: str, *arguments: str) -> None:
        if command == "install":
            self.installed = arguments[-1]

    def _build(self) -> tuple[str, ...]:
        return WHEEL if self.installed == "plain.whl" else ("LLAMAFILE", *WHEEL, "AVX512")


def test_a_build_that_does_as_well_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = Environment(monkeypatch, "one two three")
    environment.replace()
    assert environment.installed == "built.whl"
    assert "the same words" in environment.told[-1]


def test_the_wheel_comes_back_when_the_build_does_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = Environment(monkeypatch, "you you you")
    with pytest.raises(EngineError, match="other words"):
        environment.replace()
    assert environment.installed == "plain.whl"


def test_nothing_is_claimed_without_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = Environment(monkeypatch, "")
    monkeypatch.setattr(native, "heard", lambda *_: "")
    environment.replace()
    assert "No model is installed" in environment.told[-1]


def test_without_a_compiler(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("CXX", "no-such-compiler -m64")
    assert native.main(["any.flac"]) == DependencyError.exit_code
    assert "no-such-compiler" in capsys.readouterr().err


def test_without_the_headers_of_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", sys.executable)  # any program that is there
    monkeypatch.setenv("CXX", sys.executable)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    with pytest.raises(DependencyError, match="headers are missing") as caught:
        native.check_tools()
    assert "python3-dev" in caught.value.hint


def test_on_a_mac_there_is_nothing_to_build(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert native.main(["any.flac"]) == 0
    assert "Metal" in capsys.readouterr().out


def test_the_engine_that_is_installed_says_what_it_was_built_with() -> None:
    assert {"OPENMP"} <= set(native.engine_build()) or sys.platform == "darwin"


def test_an_engine_that_does_not_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "_pywhispercpp.py").write_text("raise ImportError('libggml.so.0: cannot open')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(EngineError, match="cannot open"):
        native.engine_build()
