"""The examples for clusters, held against what reads them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

CLUSTER = Path(__file__).resolve().parents[2] / "docs" / "examples" / "cluster"


def job() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((CLUSTER / "season.yaml").read_text(encoding="utf-8"))
    return read


@pytest.mark.parametrize("version", ["1.29", kubernetes_validate.latest_version()])
def test_kubernetes_takes_the_job(version: str) -> None:
    kubernetes_validate.validate(job(), version, strict=True)


def test_a_mistake_in_the_job_would_be_found() -> None:
    wrong = job()
    wrong["spec"]["completionmode"] = wrong["spec"].pop("completionMode")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.29", strict=True)


def test_every_pod_knows_how_many_there_are() -> None:
    spec = job()["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert container["args"][-2:] == ["--shard", f"auto/{spec['completions']}"]


def test_slurm_reads_its_options_before_the_first_command() -> None:
    lines = (CLUSTER / "season.sbatch").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/bin/sh"
    options = [index for index, line in enumerate(lines) if line.startswith("#SBATCH ")]
    commands = [index for index, line in enumerate(lines) if line and not line.startswith("#")]
    assert options
    assert options[-1] < commands[0]
    assert all(re.fullmatch(r"#SBATCH --[a-z-]+(=\S+)?", lines[index]) for index in options)
