"""One machine's share of a batch: by the names of recordings, so that machines need not ask each other."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from transcribe.core.errors import UsageError
from transcribe.core.reading import read_bounded
from transcribe.jobs.find import Recording

MOST = 100_000
"""Shards at the most; a larger number is a mistake."""

_FORM = re.compile(r"(?:([0-9]{1,6})|(auto))(?:/([0-9]{1,6}))?")
_AD_BYTES = 1 << 20
"""HTCondor's description of a job has some kilobytes."""


@dataclass(frozen=True)
class Shard:
    """A share of a batch.

    Attributes:
        number: From 1 to `count`.
    """

    number: int
    count: int

    def has(self, recording: Recording) -> bool:
        """Whether a recording is in this share.

        That is told by its name and its folder below the one that was searched, wherever that one lies on
        this machine; so a recording that is added moves no other one.
        """
        name = os.fsencode(recording.place / recording.path.name)
        return int.from_bytes(hashlib.sha256(name).digest()[:8]) % self.count == self.number - 1

    @property
    def report(self) -> str:
        """Name of the report, which shares that write into one folder do not have in common."""
        return f"report-{self.number}-of-{self.count}.json"

    def __str__(self) -> str:
        return f"{self.number} of {self.count}"


def shard_of(asked: str, environment: Mapping[str, str] = os.environ) -> Shard:
    """The share that `--shard` names.

    Args:
        asked: `3/8`; `auto`: as Slurm or HTCondor says; `auto/8`: where the machine only knows its number,
            as in an indexed job of Kubernetes.

    Raises:
        UsageError: It is none, or nothing here says which one.
    """
    found = _FORM.fullmatch(asked)
    number, auto, count = found.groups() if found else ("", "", "")
    shard = None
    if number and count:
        shard = Shard(int(number), int(count))
    elif auto:
        shard = _by_itself(environment, int(count or 0))
        if shard is None:
            raise UsageError(
                "nothing says which shard this machine has",
                "Name it, such as --shard 3/8; on Kubernetes, which knows no total, --shard auto/8",
            )
    if shard is None or not 1 <= shard.number <= shard.count <= MOST:
        hint = f"Name it as K/N, such as --shard 3/8, with at most {MOST:,} shards; or auto, or auto/N"
        raise UsageError(f"{str(shard) if shard else repr(asked)} is no shard", hint)
    return shard


def _by_itself(environment: Mapping[str, str], count: int) -> Shard | None:
    """What the program that started this one says.

    Variables: Slurm's job arrays (https://slurm.schedmd.com/job_array.html), Kubernetes' indexed jobs,
    HTCondor's description of the job.
    """

    def of(name: str, default: int = 0) -> int:
        text = environment.get(name, "")
        return int(text) if text.isdecimal() else default

    if "SLURM_ARRAY_TASK_ID" in environment:
        step = max(1, of("SLURM_ARRAY_TASK_STEP", 1))
        number = (of("SLURM_ARRAY_TASK_ID") - of("SLURM_ARRAY_TASK_MIN")) // step + 1
        return Shard(number, count or of("SLURM_ARRAY_TASK_COUNT"))
    if "JOB_COMPLETION_INDEX" in environment and count:
        return Shard(of("JOB_COMPLETION_INDEX") + 1, count)
    if described := environment.get("_CONDOR_JOB_AD"):
        text = read_bounded(Path(described), _AD_BYTES, "HTCondor's description of the job").decode(
            "utf-8", "replace"
        )
        said = dict(re.findall(r"^(ProcId|TotalSubmitProcs)\s*=\s*(\d{1,6})\s*$", text, re.MULTILINE))
        if "ProcId" in said and (count or "TotalSubmitProcs" in said):
            return Shard(int(said["ProcId"]) + 1, count or int(said["TotalSubmitProcs"]))
    return None
