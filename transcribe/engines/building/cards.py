"""What building ggml for graphics cards needs: compilers and headers, and settings of its cmake."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from transcribe.core.errors import DependencyError
from transcribe.core.processes import find_program

USUAL_CUDA = Path("/usr/local/cuda")
"""Where NVIDIA's own packages put CUDA, which they leave out of the search path."""

HEADER_FOLDERS = (Path("/usr/include"), Path("/usr/local/include"))


def cuda_settings() -> dict[str, str]:
    """For NVIDIA's cards.

    Raises:
        DependencyError: CUDA's compiler or the headers of cuBLAS are missing.
    """
    compiler = os.environ.get("CUDACXX") or find_program("nvcc") or find_program(f"{USUAL_CUDA}/bin/nvcc")
    toolkit = Path(compiler).resolve().parents[1] if compiler else USUAL_CUDA
    missing = [] if compiler else ["its compiler nvcc"]
    folders = (toolkit / "include", toolkit / "targets/x86_64-linux/include", USUAL_CUDA / "include")
    missing += _missing((*folders, *HEADER_FOLDERS), "cublas_v2.h")
    if missing or not compiler:
        raise DependencyError(
            f"building for CUDA needs {' and '.join(missing)}",
            "Install CUDA's toolkit (Debian, Ubuntu: nvidia-cuda-toolkit; NVIDIA's packages: cuda-toolkit; "
            "Fedora: cuda-toolkit of NVIDIA's repository), or name nvcc in CUDACXX",
        )
    libraries = [str(folder) for folder in (toolkit / "lib64", USUAL_CUDA / "lib64") if folder.is_dir()]
    return {"GGML_CUDA": "ON", "CUDACXX": compiler, "CMAKE_INSTALL_RPATH": ";".join(libraries)}


def vulkan_settings() -> dict[str, str]:
    """For any card with a driver of Vulkan.

    Raises:
        DependencyError: The compiler of shaders or headers are missing.
    """
    kit = os.environ.get("VULKAN_SDK")
    folders = (*((Path(kit) / "include",) if kit else ()), *HEADER_FOLDERS)
    missing = [] if find_program("glslc") or (kit and find_program(f"{kit}/bin/glslc")) else ["glslc"]
    missing += _missing(folders, "vulkan/vulkan.h", "spirv/unified1/spirv.hpp")
    if missing:
        raise DependencyError(
            f"building for Vulkan needs {' and '.join(missing)}",
            "Install them (Debian, Ubuntu: glslc libvulkan-dev spirv-headers; "
            "Fedora: glslc vulkan-loader-devel vulkan-headers spirv-headers-devel)",
        )
    return {"GGML_VULKAN": "ON"}


def _missing(folders: Iterable[Path], *headers: str) -> list[str]:
    places = tuple(folders)
    return [header for header in headers if not any((folder / header).is_file() for folder in places)]


CARDS: dict[str, Callable[[], dict[str, str]]] = {"cuda": cuda_settings, "vulkan": vulkan_settings}
"""What looks for what is needed; gives settings of cmake, and variables that it reads."""
