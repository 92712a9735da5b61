"""NVIDIA's driver and libraries, asked through ctypes: names and free memory of cards, and cuBLAS.

A process that has asked the driver cannot hand it on to one that it forks: all of this is called in
processes of their own, or in workers.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import mmap
import re
import sys
from pathlib import Path

from transcribe.core.reading import open_regular
from transcribe.engines.cards import Card

DRIVER = "libcuda.so.1"

ERRORS = {2: "its memory is taken by other programs", 100: "there is none", 803: "its driver is too old"}
"""Numbers of `CUresult` (CUDA driver API) that people can do something about."""

CUBLAS_NAME = re.compile(rb"libcublas\.so\.\d+")


def cards() -> list[Card]:
    """Every card that the driver shows to this process, in its order.

    Raises:
        OSError: There is no driver, or it answers with an error.
    """
    driver = ctypes.CDLL(DRIVER)
    _ask(driver, "cuInit", 0)
    count = ctypes.c_int()
    _ask(driver, "cuDeviceGetCount", ctypes.byref(count))
    return [_card(driver, number) for number in range(count.value)]


def cublas_name(package: str) -> str:
    """The file name of the cuBLAS that an engine opens when it needs it; empty where it names none.

    Args:
        package: The engine's package; the name stands in its libraries.
    """
    for file in importlib.metadata.files(package) or ():
        if f"lib{package}" in file.name and ".so" in file.name:
            with (
                open_regular(Path(str(file.locate()))) as handle,
                mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content,
            ):
                if found := CUBLAS_NAME.search(content):
                    return found.group().decode()
    return ""


def load_library(name: str) -> None:
    """Load a library of CUDA, so that an engine that opens it by its name finds it.

    It may come from the system or from one of NVIDIA's packages (`nvidia-cublas-cu12`), whose folders
    the system's loader does not know.

    Raises:
        OSError: It is in neither.
    """
    for folder in sys.path:
        for path in Path(folder or ".").glob(f"nvidia/*/lib/{name}"):
            ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
            return
    ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)


def _card(driver: ctypes.CDLL, number: int) -> Card:
    device, context = ctypes.c_int(), ctypes.c_void_p()
    _ask(driver, "cuDeviceGet", ctypes.byref(device), number)
    name = ctypes.create_string_buffer(256)
    _ask(driver, "cuDeviceGetName", name, len(name), device)
    _ask(driver, "cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
    try:
        _ask(driver, "cuCtxPushCurrent_v2", context)
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        _ask(driver, "cuMemGetInfo_v2", ctypes.byref(free), ctypes.byref(total))
        _ask(driver, "cuCtxPopCurrent_v2", ctypes.byref(context))
    finally:
        driver.cuDevicePrimaryCtxRelease_v2(device)
    return Card(name.value.decode("utf-8", "replace"), free.value, total.value)


def _ask(driver: ctypes.CDLL, name: str, *arguments: object) -> None:
    """Call a function of the driver, which answers 0 when all is well."""
    if code := getattr(driver, name)(*arguments):
        raise OSError(ERRORS.get(code, f"NVIDIA's driver answers {name} with error {code}"))
