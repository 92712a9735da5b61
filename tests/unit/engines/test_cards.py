"""Cards: seen without a driver, and what CTranslate2 does with one."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import pytest

from transcribe.core.errors import DependencyError, EngineError
from transcribe.engines import cuda
from transcribe.engines.building import cards as building
from transcribe.engines.building import recogniser
from transcribe.engines.cards import Card, has_nvidia, seen
from transcribe.engines.ctranslate2_cards import batch_for, compute_type_for
from transcribe.engines.whisper_cpp import bindings, built_for, identity, instructions, look_for_cards

GB = 1_000_000_000


def test_no_card_in_an_empty_system(tmp_path: Path) -> None:
    assert seen(tmp_path) == ()
    assert not has_nvidia(tmp_path)


def test_cards_are_named_by_what_the_system_says(tmp_path: Path) -> None:
    for number, text in enumerate(["Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 41\n", ""]):
        folder = tmp_path / f"proc/driver/nvidia/gpus/{number}"
        folder.mkdir(parents=True)
        (folder / "information").write_text(text)
    for number, vendor in enumerate(["0x1002\n", "0x8086\n"]):
        folder = tmp_path / f"sys/class/drm/card{number}/device"
        folder.mkdir(parents=True)
        (folder / "vendor").write_text(vendor)
    assert seen(tmp_path) == ("NVIDIA H100 80GB HBM3", "an NVIDIA card", "an AMD card")


def test_a_driver_without_its_list_is_seen(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/nvidiactl").touch()
    assert seen(tmp_path) == ("an NVIDIA card",)
    assert has_nvidia(tmp_path)


@pytest.mark.parametrize(
    ("asked", "weights", "supported", "taken"),
    [
        ("auto", "float16", {"float16", "int8_float16"}, "float16"),
        ("auto", "int8", {"float16", "int8_float16"}, "int8_float16"),
        ("auto", "int8", {"float16"}, "float16"),
        ("auto", "float16", {"float32"}, "float32"),
        ("int8_float16", "float16", {"float16"}, "int8_float16"),
    ],
)
def test_numbers_are_those_of_the_weights(asked: str, weights: str, supported: set[str], taken: str) -> None:
    assert compute_type_for(asked, weights, supported) == taken


@pytest.mark.parametrize(
    ("free", "weights", "batch"),
    [(80 * GB, 3 * GB, 16), (12 * GB, 3 * GB, 4), (4 * GB, 3 * GB, 1), (0, 1, 1)],
)
def test_batches_fit_into_free_memory(free: int, weights: int, batch: int) -> None:
    assert batch_for(Card("card", free, 80 * GB), weights) == batch


def test_a_library_of_nvidias_package_is_found_beside_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "nvidia/cublas/lib/libcublas.so.12"
    path.parent.mkdir(parents=True)
    path.touch()
    loaded: list[str] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda name, mode: loaded.append(name))
    monkeypatch.syspath_prepend(str(tmp_path))
    cuda.load_library("libcublas.so.12")
    assert loaded == [str(path)]


def test_a_library_that_is_nowhere() -> None:
    with pytest.raises(OSError, match=r"libnowhere\.so\.12"):
        cuda.load_library("libnowhere.so.12")


def test_the_engines_name_tells_what_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transcribe.engines.whisper_cpp._libraries", lambda: ("BLAS", "CUDA"))
    assert identity("cuda", ["LLAMAFILE"]).endswith(" + BLAS + CUDA + LLAMAFILE")
    assert identity("cpu", ["LLAMAFILE"]).endswith(" + BLAS + LLAMAFILE")


def test_what_a_build_for_cuda_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDACXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(building, "USUAL_CUDA", tmp_path)
    monkeypatch.setattr(building, "HEADER_FOLDERS", ())
    with pytest.raises(DependencyError, match=r"needs its compiler nvcc and cublas_v2\.h") as caught:
        building.cuda_settings()
    assert "nvidia-cuda-toolkit" in caught.value.hint


def test_a_build_for_cuda_finds_the_usual_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDACXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(building, "USUAL_CUDA", tmp_path / "cuda")
    monkeypatch.setattr(building, "has_nvidia", lambda: False)
    for name in ("bin/nvcc", "include/cublas_v2.h", "lib64/libcublas.so"):
        (tmp_path / "cuda" / name).parent.mkdir(parents=True)
        (tmp_path / "cuda" / name).touch(0o755)
    with pytest.raises(DependencyError, match="no driver of an NVIDIA card to try a build with"):
        building.cuda_settings()
    monkeypatch.setattr(building, "has_nvidia", lambda: True)
    settings = building.cuda_settings()
    assert (settings["GGML_CUDA"], settings["CUDACXX"]) == ("ON", str(tmp_path / "cuda/bin/nvcc"))
    told = recogniser.build_environment(settings, {}, {})
    assert told["CMAKE_INSTALL_RPATH"].split(";")[0] == "$ORIGIN"
    assert str(tmp_path / "cuda/lib64") in told["CMAKE_INSTALL_RPATH"]


def test_what_a_build_for_vulkan_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VULKAN_SDK", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(building, "HEADER_FOLDERS", (tmp_path,))
    with pytest.raises(DependencyError, match=r"glslc and vulkan/vulkan\.h and spirv") as caught:
        building.vulkan_settings()
    assert "libvulkan-dev" in caught.value.hint


def test_headers_of_vulkan_that_are_too_old_for_ggml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sdk = vulkan_sdk(tmp_path / "new", "#define VK_EXT_layer_settings 1\n")
    old = vulkan_sdk(tmp_path / "old", "#define VK_HEADER_VERSION 239\n")
    monkeypatch.delenv("VULKAN_SDK", raising=False)
    monkeypatch.setenv("PATH", str(old / "bin"))
    monkeypatch.setattr(building, "HEADER_FOLDERS", (old / "include",))
    with pytest.raises(DependencyError, match=r"headers in .*old/include/vulkan are too old") as caught:
        building.vulkan_settings()
    assert "VULKAN_SDK" in caught.value.hint
    monkeypatch.setenv("VULKAN_SDK", str(sdk))
    monkeypatch.setenv("GGML_VK_VISIBLE_DEVICES", "0")
    monkeypatch.setattr(building, "vulkan_cards", int)
    assert building.vulkan_settings() == {"GGML_VULKAN": "ON"}


def vulkan_sdk(folder: Path, header: str) -> Path:
    """What is needed for building, with the text of the header that has the newest things."""
    files = {"bin/glslc": "", "include/vulkan/vulkan.h": "", "include/spirv/unified1/spirv.hpp": ""}
    for name, text in {**files, "include/vulkan/vulkan_core.h": header}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "bin/glslc").chmod(0o755)
    return folder


SOFTWARE_DRIVERS = ("lvp_icd.x86_64.json", "lvp_icd.aarch64.json")
"""What Mesa calls its Vulkan driver that computes on the processor."""


@pytest.fixture
def software_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vulkan has Mesa's driver in software only."""
    places = [Path("/usr/share/vulkan/icd.d", name) for name in SOFTWARE_DRIVERS]
    driver = next((str(path) for path in places if path.is_file()), None)
    if driver is None:
        pytest.skip("needs mesa-vulkan-drivers")
    monkeypatch.setenv("VK_ICD_FILENAMES", driver)
    monkeypatch.delenv("GGML_VK_VISIBLE_DEVICES", raising=False)


@pytest.mark.usefixtures("software_driver")
def test_a_vulkan_driver_in_software_counts_only_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdk = vulkan_sdk(tmp_path, "#define VK_EXT_layer_settings 1\n")
    monkeypatch.setenv("VULKAN_SDK", str(sdk))
    assert building.vulkan_cards() == 0
    with pytest.raises(DependencyError, match="no graphics card to try a build with; drivers in software"):
        building.vulkan_settings()
    monkeypatch.setenv("GGML_VK_VISIBLE_DEVICES", "0")
    assert building.vulkan_settings() == {"GGML_VULKAN": "ON"}


def test_a_build_that_drives_no_cards_is_refused() -> None:
    wheel, built = ("AVX2",), ("AVX2", "LLAMAFILE")
    recogniser.check_build(wheel, (*built, "CUDA"), "cuda")
    with pytest.raises(EngineError, match="without CUDA"):
        recogniser.check_build(wheel, built, "cuda")


def test_an_engine_that_gives_up_prints_no_backtrace(monkeypatch: pytest.MonkeyPatch) -> None:
    """ggml would start gdb, which prints among the words on standard output."""
    monkeypatch.delenv("GGML_NO_BACKTRACE", raising=False)
    bindings()
    assert os.environ["GGML_NO_BACKTRACE"] == "1"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing lists the libraries of a process")
def test_the_processor_alone_is_no_card_of_whisper_cpp() -> None:
    if built_for():
        pytest.skip("the engine was built for cards")
    found = look_for_cards("cuda")
    assert (found.cards, found.problem) == ((), "whisper.cpp finds no card that cuda drives")
    assert set(found.instructions) == set(instructions())
