"""Checkpoints are read without PyTorch, and nothing in them is run."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from transcribe.core.errors import ModelError
from transcribe.models.diarise.checkpoint import read_tensors


class Named:
    """Pickles as a call of MODULE.NAME, as PyTorch's objects do."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


_PICKLER: Any = pickle._Pickler


class Pickler(_PICKLER):  # type: ignore[misc]  # the Python one, whose parts can be replaced
    """Writes what `torch.save` writes, for arrays."""

    dispatch: ClassVar[dict[Any, Any]] = dict(_PICKLER.dispatch)

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, np.ndarray):
            kind = "FloatStorage" if obj.dtype == np.float32 else "LongStorage"
            self.storages.append(obj.tobytes())
            return ("storage", Named("torch", kind), str(len(self.storages) - 1), "cpu", obj.size)
        return None

    def save_named(self, obj: Named) -> None:
        self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())
        self.memoize(obj)

    dispatch[Named] = save_named

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, 2)
        self.storages: list[bytes] = []


class Call:
    """Pickles as a call of something with arguments."""

    def __init__(self, module: str, name: str, *arguments: Any) -> None:
        self.function, self.arguments = Named(module, name), arguments


def _save_call(pickler: Any, obj: Call) -> None:
    pickler.save(obj.function)
    pickler.save(obj.arguments)
    pickler.write(pickle.REDUCE)
    pickler.memoize(obj)


Pickler.dispatch[Call] = _save_call


def tensor(values: Any, stride: tuple[int, ...] | None = None, dtype: Any = np.float32) -> Call:
    array = np.array(values, dtype)
    dense = tuple(step // array.itemsize for step in array.strides)
    flat = array.reshape(-1)
    return Call("torch._utils", "_rebuild_tensor_v2", flat, 0, array.shape, stride or dense, False, {})


def write(path: Path, content: Any) -> Path:
    buffer = io.BytesIO()
    pickler = Pickler(buffer)
    pickler.dump(content)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", buffer.getvalue())
        for number, storage in enumerate(pickler.storages):
            archive.writestr(f"archive/data/{number}", storage)
    return path


def test_tensors_are_read_by_name(tmp_path: Path) -> None:
    content = {"state_dict": {"a.weight": tensor([[1, 2, 3], [4, 5, 6]]), "b": tensor([7], dtype=np.int64)}}
    read = read_tensors(write(tmp_path / "model.bin", content))
    assert read["a.weight"].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert read["b"].tolist() == [7]


def test_what_is_no_tensor_is_passed_over_and_nothing_is_run(tmp_path: Path) -> None:
    proof = tmp_path / "ran"
    command = f"{'type nul >' if os.name == 'nt' else 'touch'} {proof}"
    content = {
        "evil": Call("os", "system", command),
        "worse": Call("builtins", "eval", f"open({str(proof)!r}, 'w')"),
        "setup": Call("pyannote.audio.core.task", "Specifications", 1),
        "good": tensor([1, 2]),
    }
    assert list(read_tensors(write(tmp_path / "model.bin", content))) == ["good"]
    assert not proof.exists()


@pytest.mark.parametrize(
    "content",
    [
        {"a": tensor([[1, 2], [3, 4]], stride=(1, 2))},
        {"a": Call("torch._utils", "_rebuild_tensor_v2", np.zeros(2, np.float32), 1, (2,), (1,))},
        {"a": Call("torch._utils", "_rebuild_tensor_v2", np.zeros(2, np.float32), -1, (2,), (1,))},
    ],
)
def test_tensors_that_cannot_be_are_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(ModelError, match="cannot be read as a checkpoint"):
        read_tensors(write(tmp_path / "model.bin", content))


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "model.bin", {"a": tensor([1])})
    whole = path.read_bytes()
    for damaged in (b"", b"PK\x03\x04", whole[: len(whole) // 2], b"\x80\x02K\x01."):
        path.write_bytes(damaged)
        with pytest.raises(ModelError, match="cannot be read as a checkpoint"):
            read_tensors(path)
