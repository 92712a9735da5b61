"""The packages of the extra, and Dask without anybody else's settings."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from transcribe.cli.root import root
from transcribe.cluster.packages import require_packages
from transcribe.core.errors import DependencyError, TranscribeError

LOOK = """
from transcribe.cluster.packages import use_dask
use_dask()
import dask.config
print(dask.config.get("distributed.comm.require-encryption"), dask.config.get("distributed.worker.preload"),
      dask.config.get("distributed.scheduler.http.routes"), dask.config.get("evil", None))
"""


def test_a_missing_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match="cryptography, which is not installed") as caught:
        require_packages()
    assert caught.value.hint == "Install what it needs: pip install 'transcribe-offline[cluster]'"
    failed = CliRunner().invoke(root, ["cluster", "init", str(tmp_path / "certs")])
    assert isinstance(failed.exception, TranscribeError)
    assert failed.exception.exit_code == 7
    assert not (tmp_path / "certs").exists()


def test_no_settings_of_others(tmp_path: Path) -> None:
    for place in (tmp_path / ".config" / "dask", tmp_path / "named"):
        place.mkdir(parents=True)
        (place / "x.yaml").write_text("distributed: {worker: {preload: [evil]}}\nevil: true\n")
        (place / "broken.yaml").write_text("a: [")
    environment = os.environ | {
        "HOME": str(tmp_path),
        "DASK_CONFIG": str(tmp_path / "named"),
        "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "False",
        "DASK_DISTRIBUTED__WORKER__PRELOAD": "evil",
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", LOOK], env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["True", "[]", "[]", "None"]
