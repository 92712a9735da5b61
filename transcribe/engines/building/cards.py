"""What building ggml for graphics cards needs: a card, compilers and headers, and settings of its cmake."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

from transcribe.core.errors import DependencyError, EngineError
from transcribe.core.own_process import OwnProcess
from transcribe.core.processes import find_program
from transcribe.core.reading import read_regular
from transcribe.engines.cards import PATIENCE_SECONDS, has_nvidia

USUAL_CUDA = Path("/usr/local/cuda")
"""Where NVIDIA's own packages put CUDA, which they leave out of the search path."""

HEADER_FOLDERS = (Path("/usr/include"), Path("/usr/local/include"))

VULKAN_HEADER, NEEDED = "vulkan/vulkan_core.h", b"VK_EXT_layer_settings"
"""What ggml is compiled against, and the newest thing that it takes from there (end of 2023)."""

VULKAN_CHOICE = "GGML_VK_VISIBLE_DEVICES"
"""Numbers of devices that ggml takes, whatever they are. Without it, it passes over drivers in software."""

VULKAN_LOADER = "libvulkan.so.1"
INSTANCE_REQUEST = struct.pack("@iPIPIPIP", 1, *(0,) * 7)
"""`VkInstanceCreateInfo`: its number, and no wishes."""

PROPERTIES_BYTES = 1024
KIND, SOFTWARE = struct.Struct("@16xI"), 4
"""Room for `VkPhysicalDeviceProperties` (824 bytes), what it says first, and that of drivers in software."""


def cuda_settings() -> dict[str, str]:
    """For NVIDIA's cards.

    Raises:
        DependencyError: CUDA's compiler or the headers of cuBLAS are missing, or the card's driver is.
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
    if not has_nvidia():
        raise DependencyError("there is no driver of an NVIDIA card to try a build with", "Install it")
    libraries = [str(folder) for folder in (toolkit / "lib64", USUAL_CUDA / "lib64") if folder.is_dir()]
    return {"GGML_CUDA": "ON", "CUDACXX": compiler, "CMAKE_INSTALL_RPATH": ";".join(libraries)}


def vulkan_settings() -> dict[str, str]:
    """For any card with a driver of Vulkan.

    Raises:
        DependencyError: The compiler of shaders or headers are missing, or there is no card.
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
    header = next((path for folder in folders if (path := folder / VULKAN_HEADER).is_file()), None)
    if header and NEEDED not in read_regular(header):
        raise DependencyError(
            f"Vulkan's headers in {header.parent} are too old (from before 2024)",
            "Name a folder with newer ones under include/ in VULKAN_SDK; Debian 13's are new enough",
        )
    process = OwnProcess("Vulkan", "Check the card's driver with vulkaninfo")
    try:
        cards = process.call(vulkan_cards, int, PATIENCE_SECONDS, "looking for graphics cards")
    except EngineError as error:
        raise DependencyError(error.what, error.hint) from error
    finally:
        process.close()
    if not cards and VULKAN_CHOICE not in os.environ:
        raise DependencyError(
            "Vulkan finds no graphics card to try a build with; drivers in software do not count",
            "Install the card's driver (NVIDIA: its own; AMD, Intel: mesa-vulkan-drivers on Debian, Ubuntu)",
        )
    return {"GGML_VULKAN": "ON"}


def vulkan_cards() -> int:
    """How many cards Vulkan finds, asked in this process, without drivers in software.

    Raises:
        OSError: Vulkan does not load.
    """
    vulkan = ctypes.CDLL(VULKAN_LOADER)
    instance, count = ctypes.c_void_p(), ctypes.c_uint32()
    properties = ctypes.create_string_buffer(PROPERTIES_BYTES)
    if vulkan.vkCreateInstance(INSTANCE_REQUEST, None, ctypes.byref(instance)):
        return 0
    vulkan.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), None)
    devices = (ctypes.c_void_p * count.value)()
    vulkan.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), devices)
    cards = 0
    for device in devices:
        vulkan.vkGetPhysicalDeviceProperties(ctypes.c_void_p(device), properties)
        cards += KIND.unpack_from(properties) != (SOFTWARE,)
    return cards


def _missing(folders: Iterable[Path], *headers: str) -> list[str]:
    places = tuple(folders)
    return [header for header in headers if not any((folder / header).is_file() for folder in places)]


CARDS: dict[str, Callable[[], dict[str, str]]] = {"cuda": cuda_settings, "vulkan": vulkan_settings}
"""What looks for what is needed; gives settings of cmake, and variables that it reads."""
