"""The tensors of a PyTorch checkpoint, read without PyTorch and without running what a pickle may hold.

A checkpoint is a zip archive with one pickle and a file of raw numbers for each storage. Unpickling can call
anything, so only the three callables that make tensors are known here; every other one becomes an object
that does nothing. Source of the format: `torch/serialization.py` and `torch/_utils.py` (PyTorch 2).
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transcribe.core.errors import ModelError

Tensors = dict[str, NDArray[np.float32]]

LARGEST_BYTES = 200_000_000
"""Of one member of the archive; the whole of CAM++ has 28 MB."""

STORAGES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def read_tensors(path: Path) -> Tensors:
    """Every tensor of floats by name; a checkpoint that keeps them under `state_dict` is looked into.

    Raises:
        ModelError: It is damaged, or no checkpoint.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            pickled = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
            content = _Unpickler(archive, pickled).load()
    except (OSError, zipfile.BadZipFile, pickle.UnpicklingError, LookupError, ValueError, StopIteration,
            TypeError, AttributeError, EOFError) as error:  # fmt: skip
        raise ModelError(f"{path} cannot be read as a checkpoint: {error}", "Pull the model again") from error
    state = content.get("state_dict", content) if isinstance(content, dict) else {}
    return {name: value for name, value in state.items() if isinstance(value, np.ndarray)}


class _Ignored:
    """Stands for whatever a checkpoint holds beside tensors; takes any state and does nothing with it."""

    def __init__(self, *args: object, **named: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


class _Unpickler(pickle.Unpickler):  # `find_class` is closed: nothing is imported
    """Reads the pickle of one archive; storages are read when they are met."""

    def __init__(self, archive: zipfile.ZipFile, pickled: str) -> None:
        self._archive = archive
        self._folder = pickled.removesuffix("data.pkl")
        super().__init__(archive.open(self._checked(pickled)))

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        return _Ignored

    def persistent_load(self, pid: Any) -> NDArray[Any]:
        kind, dtype, key, _place, count = pid
        if kind != "storage" or not isinstance(dtype, np.dtype) or not str(key).isdigit():
            raise ValueError(f"an unknown storage {kind!r}")
        data = self._archive.read(self._checked(f"{self._folder}data/{key}"))
        return np.frombuffer(data, dtype, count)

    def _checked(self, member: str) -> str:
        if self._archive.getinfo(member).file_size > LARGEST_BYTES:
            raise ValueError(f"{member} is too large")
        return member


def _tensor(
    storage: NDArray[Any], offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object
) -> NDArray[Any]:
    """A tensor laid out densely in its storage, as checkpoints have them."""
    count = int(np.prod(size, dtype=np.int64))
    steps = np.cumprod((1, *size[:0:-1]))[::-1] if size else ()
    if any(length > 1 and step != dense for length, step, dense in zip(size, stride, steps, strict=False)):
        raise ValueError("a tensor that is not dense")
    if offset < 0 or offset + count > len(storage):
        raise ValueError("a tensor longer than its storage")
    return storage[offset : offset + count].reshape(size)
