"""How much memory there is for a model, and the refusal of one that does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from transcribe.core.errors import ModelError
from transcribe.core.reading import read_regular
from transcribe.models.catalogue import RECOGNITION, catalogue, weights_name
from transcribe.models.installed import InstalledModel
from transcribe.models.store import Store

GROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")
"""Where Linux tells the limits of a container or a service (man 7 cgroups)."""

FILES = {
    "": ("memory.max", "memory.current", "inactive_file"),
    "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}
"""By controller, in version 2 (one tree for all) and 1: limit, use, and what of that can be given back."""


def available_bytes(groups: Path = GROUPS, own: Path = OWN_GROUPS) -> int:
    """Memory that this process may still take: of the machine, within the limits of its control groups."""
    return min((psutil.virtual_memory().available, *_left_in_groups(groups, own)))


def _left_in_groups(groups: Path, own: Path) -> Iterator[int]:
    """What is left in every control group of this process that has a limit; in a container, in its own."""
    lines: list[str] = []
    with suppress(OSError, UnicodeDecodeError):
        lines = read_regular(own).decode("ascii").splitlines()
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for controller in {"", "memory"} & set(controllers.split(",")):
            root = groups / controller
            inside = Path(path.strip("/"))
            for group in dict.fromkeys((inside, *inside.parents, Path())):
                with suppress(OSError, ValueError, UnicodeDecodeError):
                    yield _left(root / group, *FILES[controller])


def _left(group: Path, limit: str, used: str, reclaimable: str) -> int:
    most = int(read_regular(group / limit))  # "max" where there is none: ValueError
    taken = int(read_regular(group / used))
    stated = dict(line.split() for line in read_regular(group / "memory.stat").decode("ascii").splitlines())
    return max(0, most - taken + int(stated.get(reclaimable, 0)))


def require_memory(model: InstalledModel) -> None:
    """Refuse a model that does not fit: loading it would end in a kill, or in endless paging.

    Raises:
        ModelError: It needs more than there is; the hint names a smaller one.
    """
    free = available_bytes()
    if model.memory_bytes > free:
        raise ModelError(
            f"the model {weights_name(model.name)} needs {size(model.memory_bytes)} of memory, "
            f"and {size(free)} are available",
            _advice(model, free),
        )


def _advice(model: InstalledModel, free: int) -> str:
    """What to do where a model does not fit: the best smaller one is named, installed ones first."""
    installed = [each for each in Store().installed() if each.kind in RECOGNITION]
    too_large = {weights_name(each.name) for each in (model, *installed) if each.memory_bytes > free}
    for each in installed:  # a name means either form
        name = weights_name(each.name)
        if name not in too_large and each.multilingual >= model.multilingual:
            return f"Close other programs, or use --model {name}"
    for known in catalogue().values():
        name = weights_name(known.name)
        fits = known.kind == model.kind and known.memory_bytes <= free and name not in too_large
        if fits and (known.languages == "multilingual") >= model.multilingual:
            return f"Close other programs, or run: transcribe models pull {name}, and use --model {name}"
    return "Close other programs, or choose a machine with more memory"


def size(count: int) -> str:
    """A number of bytes for people."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
