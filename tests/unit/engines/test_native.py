"""The engine built for this machine: what the build is told, and what is accepted as a result."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

from transcribe.core.errors import DependencyError, EngineError
from transcribe.engines import native
from transcribe.engines.building import builder, language_models, processor, recogniser
from transcribe.models.installed import InstalledModel

ROOT = Path(__file__).resolve().parents[3]
WHEEL = ("SSE3", "AVX2", "OPENMP")
TRIAL = recogniser.Trial(Path("f16/model.bin"))


def test_the_build_is_for_this_processor_and_has_the_kernels() -> None:
    told = recogniser.build_environment({}, processor.NATIVE, {})
    assert (told["GGML_NATIVE"], told["GGML_LLAMAFILE"]) == ("ON", "ON")


def test_libraries_find_each_other_from_where_they_lie() -> None:
    told = recogniser.build_environment({}, processor.NATIVE, {})
    assert told["CMAKE_BUILD_WITH_INSTALL_RPATH"] == "ON"
    assert all(path.startswith("$ORIGIN") for path in told["CMAKE_INSTALL_RPATH"].split(";"))


def test_what_the_user_set_is_kept() -> None:
    told = recogniser.build_environment({}, processor.NATIVE, {"CXXFLAGS": "-O2", "CC": "clang"})
    assert told["CC"] == "clang"
    assert told["CXXFLAGS"] == "-O2"


def test_a_build_that_can_do_more() -> None:
    recogniser.check_build(WHEEL, ("LLAMAFILE", *WHEEL, "AVX512"))


@pytest.mark.parametrize(
    ("after", "missing"), [((*WHEEL, "AVX512"), "LLAMAFILE"), (("LLAMAFILE", "SSE3", "OPENMP"), "AVX2")]
)
def test_a_build_that_lacks_something(after: tuple[str, ...], missing: str) -> None:
    with pytest.raises(EngineError, match=f"without {missing}[.]"):
        recogniser.check_build(WHEEL, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("It was the best of times", "it was the best  of times\n"),
        ("", ""),
        ("a " * 99 + "spring", "a " * 99 + "string"),
    ],
)
def test_words_that_are_the_same_but_for_rounding(before: str, after: str) -> None:
    recogniser.check_words(before, after, TRIAL)


@pytest.mark.parametrize("after", ["", "it was the worst of times", "the the the the the the"])
def test_words_that_are_not_the_same(after: str) -> None:
    with pytest.raises(EngineError, match="other words"):
        recogniser.check_words("it was the best of times", after, TRIAL)


def test_a_card_is_tried_with_all_weights_on_a_part_of_what_the_processor_hears() -> None:
    f16, q8_0 = Path("tiny.en/model.bin"), Path("q8_0/model.bin")
    trials = recogniser.trials_of([f16, q8_0], "vulkan")
    assert [(trial.name, trial.seconds) for trial in trials] == [
        ("tiny.en weights on cpu", None),
        ("tiny.en weights on vulkan", 10),
        ("q8_0 weights on cpu", None),
        ("q8_0 weights on vulkan", 10),
    ]
    assert recogniser.trials_of([f16], None) == [recogniser.Trial(f16)]


def test_rounding_on_a_card_may_change_two_words_of_a_short_trial() -> None:
    (_, trial) = recogniser.trials_of([Path("f16/model.bin")], "cuda")
    recogniser.check_words("a " * 30, "a " * 28 + "b b", trial)
    with pytest.raises(EngineError, match=r"f16 weights on cuda the engine hears other words \(90%"):
        recogniser.check_words("a " * 30, "a " * 27 + "b b b", trial)


def test_a_build_that_takes_too_long_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(builder, "PATIENCE_SECONDS", 0)
    trial = recogniser.Trial(tmp_path / "f16" / "model.bin", "vulkan", 10)
    with pytest.raises(EngineError, match="with f16 weights on vulkan: it was not done after 0 minutes"):
        recogniser.heard(tmp_path, trial, tmp_path, tmp_path)


PIP = """\
import json, os, sys
from pathlib import Path

command, *arguments = sys.argv[1:]
log = Path(os.environ["CALLS"])
with log.open("a") as lines:
    print(json.dumps([command, arguments, os.environ.get("CMAKE_ARGS", "")]), file=lines)
builds = log.read_text().count('["wheel"')
if command == "wheel":
    if builds <= int(os.environ["FAILS"]):
        sys.exit("cmake: error")
    folder = Path(arguments[arguments.index("--wheel-dir") + 1])
    folder.mkdir(parents=True)
    (folder / "engine.whl").write_text(f"build {builds}")
else:
    folder = Path(arguments[arguments.index("--target") + 1])
    folder.mkdir(parents=True)
    (folder / "engine.py").write_text(Path(arguments[-1]).read_text())
"""
"""Stands for pip: it builds nothing, and fails as often as it is told."""


class Workshop:
    """Where a package is built by a pip that only writes down what it is asked, and is tried.

    Args:
        monkeypatch: Sets the environment.
        folder: An empty folder.
        behaviours: How each build that is made behaves when it is tried: what is wrong, or empty.
        fails: So many builds cannot be made before.
    """

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, folder: Path, *behaviours: str, fails: int = 0
    ) -> None:
        self.folder = folder
        self.behaviours = list(behaviours)
        self.tried: list[str] = []
        self.told: list[str] = []
        (folder / "path" / "pip").mkdir(parents=True)
        (folder / "path" / "pip" / "__init__.py").touch()
        (folder / "path" / "pip" / "__main__.py").write_text(PIP)
        variables = {"PYTHONPATH": folder / "path", "CALLS": folder / "calls", "FAILS": fails}
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.setattr(builder, "processor_flags", lambda: frozenset({"avx2", "amx_tile"}))

    def build(self) -> Path:
        recipe = builder.Recipe("engine==1", ("-v",), language_models.build_environment, self._try_out)
        return builder.good_build(recipe, self.folder, self.told.append)

    def calls(self, command: str) -> list[tuple[list[str], list[str]]]:
        """The arguments of such calls of pip, and the settings of cmake that it was given."""
        called = map(json.loads, (self.folder / "calls").read_text().splitlines())
        return [(arguments, settings.split()) for name, arguments, settings in called if name == command]

    def settings(self) -> list[list[str]]:
        """Those of every build."""
        return [settings for _, settings in self.calls("wheel")]

    def _try_out(self, package: Path) -> None:
        self.tried.append((package / "engine.py").read_text())
        if behaviour := self.behaviours.pop(0):
            raise EngineError(behaviour)


def test_a_build_that_works_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    workshop = Workshop(monkeypatch, tmp_path, "")
    assert workshop.build() == tmp_path / "for-this-machine" / "engine.whl"
    ((arguments, settings),) = workshop.calls("wheel")
    assert "-DGGML_NATIVE=ON" in settings
    assert {"--no-deps", "--no-cache-dir", "-v"} <= set(arguments)
    assert arguments[-1] == "engine==1"
    ((arguments, _),) = workshop.calls("install")
    assert "--no-deps" in arguments
    assert workshop.tried == ["build 1"]


def test_a_build_that_crashes_with_quantised_weights_is_made_again_without_amx(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workshop = Workshop(
        monkeypatch, tmp_path, "with q8_0 weights: the recogniser crashed (SIGSEGV) 2 times", ""
    )
    assert workshop.build() == tmp_path / "without-AMX" / "engine.whl"
    assert workshop.tried == ["build 1", "build 2"]
    settings = workshop.settings()[1]
    assert {"-DGGML_NATIVE=OFF", "-DGGML_AMX_TILE=OFF", "-DGGML_AMX_INT8=OFF"} <= set(settings)
    assert any("with q8_0 weights: the recogniser crashed" in told for told in workshop.told)
    assert "without AMX, whose code in ggml fails" in workshop.told[-1]


def test_a_build_that_cannot_be_compiled_is_made_again_without_amx(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workshop = Workshop(monkeypatch, tmp_path, "", fails=1)
    assert workshop.build() == tmp_path / "without-AMX" / "engine.whl"
    assert "-DGGML_AMX_TILE=OFF" in workshop.settings()[1]
    assert "The build for this machine fails: pip wheel engine==1 failed" in workshop.told[1]
    assert "without AMX, whose code in ggml fails" in workshop.told[-1]


def test_without_amx_there_is_nothing_to_leave_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    workshop = Workshop(monkeypatch, tmp_path, "it crashed")
    monkeypatch.setattr(builder, "processor_flags", lambda: frozenset({"avx2"}))
    with pytest.raises(EngineError, match=r"no build works here \(it crashed\)"):
        workshop.build()
    assert workshop.tried == ["build 1"]


def test_when_neither_can_be_compiled_nothing_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workshop = Workshop(monkeypatch, tmp_path, fails=2)
    with pytest.raises(DependencyError, match=r"no build works here \(pip wheel .* What was installed"):
        workshop.build()
    assert (len(workshop.settings()), workshop.tried) == (2, [])


def test_when_neither_build_works_nothing_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workshop = Workshop(monkeypatch, tmp_path, "it crashed", "it crashed again")
    with pytest.raises(EngineError, match=r"no build works here \(it crashed again\)\. What was installed"):
        workshop.build()


def test_without_amx_every_other_instruction_of_the_processor_is_named() -> None:
    flags = frozenset(
        [
            "avx",
            "avx2",
            "fma",
            "f16c",
            "bmi2",
            "sse4_2",
            "avx512f",
            "avx512cd",
            "avx512bw",
            "avx512dq",
            "avx512vl",
        ]
    )
    settings = processor.without_amx(flags | {"avx512_vnni", "amx_tile", "amx_int8"})
    assert settings["GGML_AVX2"] == settings["GGML_AVX512"] == settings["GGML_AVX512_VNNI"] == "ON"
    assert settings["GGML_AVX512_BF16"] == settings["GGML_AMX_INT8"] == settings["GGML_NATIVE"] == "OFF"
    assert processor.without_amx(flags - {"avx512vl"})["GGML_AVX512"] == "OFF"


def test_what_the_user_tells_cmake_comes_last() -> None:
    told = language_models.build_environment(processor.NATIVE, {"CMAKE_ARGS": "-DGGML_NATIVE=OFF"})
    assert told["CMAKE_ARGS"] == "-DLLAVA_BUILD=OFF -DGGML_NATIVE=ON -DGGML_NATIVE=OFF"


def test_what_is_built_is_what_the_extra_asks_for() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert [language_models.requirement()] == extras["llm"]


def test_nothing_is_built_without_weights_to_try_it_with(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TRANSCRIBE_MODELS_DIR", str(tmp_path / "none"))
    with pytest.raises(DependencyError, match="no f16 weights to try a build with"):
        recogniser.trial_models(tmp_path)


@pytest.mark.real
def test_a_build_is_tried_with_f16_and_with_quantised_weights(
    tmp_path: Path, tiny_en_model: InstalledModel
) -> None:
    models = recogniser.trial_models(tmp_path)
    assert [path.parent.name for path in models[1:]] == ["q8_0", "q5_0"]
    assert all(path.stat().st_size > 10_000_000 for path in models)


def test_a_language_model_that_crashes_in_its_trial_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    (package / "llama_cpp").mkdir(parents=True)
    (package / "llama_cpp" / "__init__.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)"
    )
    with pytest.raises(EngineError, match=r"no language model answers: .*llama\.cpp crashed \(SIGSEGV\)"):
        language_models.asked(tmp_path / "tiny.gguf", package)


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
        builder.check_tools()
    assert "python3-dev" in caught.value.hint


def test_on_a_mac_there_is_nothing_to_build(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert native.main(["any.flac"]) == 0
    assert "Metal" in capsys.readouterr().out


def test_the_engine_that_is_installed_says_what_it_was_built_with() -> None:
    assert {"OPENMP"} <= set(recogniser.engine_build()) or sys.platform == "darwin"


def test_an_engine_that_does_not_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "_pywhispercpp.py").write_text("raise ImportError('libggml.so.0: cannot open')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(EngineError, match="cannot open"):
        recogniser.engine_build()


def test_the_error_is_told_and_not_the_advice_behind_it() -> None:
    told = '{"event":"warned"}\ntranscribe: error: the engine crashed\n  Try another one\n'
    failed = subprocess.CompletedProcess([], 6, "", told)
    assert builder.last_words(failed) == "transcribe: error: the engine crashed"


def test_a_card_that_gives_up_in_its_trial_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = '{"event":"warned","message":"whisper.cpp with tiny.en on cuda: out of memory; the processor …"}'
    done = subprocess.CompletedProcess([], 0, "the same words", told)
    monkeypatch.setattr(recogniser, "run", lambda *_: done)
    model = tmp_path / "f16" / "model.bin"
    with pytest.raises(EngineError, match=r"with f16 weights on cuda: .*out of memory"):
        recogniser.heard(tmp_path, recogniser.Trial(model, "cuda"), tmp_path, tmp_path)
    assert recogniser.heard(tmp_path, recogniser.Trial(model), tmp_path, tmp_path) == "the same words"
