"""Dask, imported with our settings alone: no config file and no variable decides what it opens."""

from __future__ import annotations

import importlib.util
import logging
import os
from functools import cache
from typing import Any

from transcribe.core.errors import DependencyError

PACKAGES = ("cryptography", "distributed", "starlette", "uvicorn")
INSTALL = "Install what it needs: pip install 'transcribe-offline[cluster]'"
NOWHERE = "/nonexistent"

OURS: dict[str, Any] = {
    "distributed.comm.require-encryption": True,
    "distributed.comm.timeouts.connect": "10s",
    "distributed.comm.timeouts.tcp": "30s",  # after which a machine whose cable is cut is given up
    "distributed.scheduler.worker-ttl": "60s",
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
    "distributed.diagnostics.nvml": False,
    "distributed.admin.system-monitor.disk": False,
}
"""What differs from Dask's defaults."""


def require_packages() -> None:
    """Look for the packages of the extra `cluster`.

    Raises:
        DependencyError: One is missing.
    """
    for package in PACKAGES:
        if importlib.util.find_spec(package) is None:
            told = f"many machines need the package {package}, which is not installed"
            raise DependencyError(told, INSTALL)


@cache
def use_dask() -> None:
    """Import Dask so that it reads no config file, no variable of its own, and writes no log.

    Its files would be read once while it is imported, from the home folder too, which is therefore another
    one meanwhile.

    Raises:
        DependencyError: It is missing.
    """
    require_packages()
    for name in [each for each in os.environ if each.startswith("DASK_")]:
        del os.environ[name]
    home = os.environ.get("HOME")
    os.environ |= {"HOME": NOWHERE, "DASK_ROOT_CONFIG": NOWHERE}
    try:
        import dask.config
        import distributed  # noqa: F401 - whose defaults are added to Dask's
    finally:
        del os.environ["DASK_ROOT_CONFIG"]
        if home is None:
            del os.environ["HOME"]
        else:
            os.environ["HOME"] = home
    dask.config.refresh(paths=[], env={})
    dask.config.set(OURS)
    for name in [each for each in logging.root.manager.loggerDict if each.split(".")[0] in _LOUD]:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what people should know, we say


_LOUD = ("distributed", "tornado", "asyncio")
