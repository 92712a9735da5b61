"""Telling speakers apart: segmentation, voices, clustering; see docs/speakers.md."""

from __future__ import annotations

import importlib.util

from transcribe.core.diarisation import INSTALL
from transcribe.core.errors import DependencyError

VERSION = 1
"""Raised when the same recording gives other turns; kept turns are then made again."""

PACKAGES = ("onnxruntime", "scipy")


def check_packages() -> None:
    """Look for the packages of the extra `diarize`, without loading them.

    Raises:
        DependencyError: One is missing.
    """
    for package in PACKAGES:
        if importlib.util.find_spec(package) is None:
            raise DependencyError(
                f"telling speakers apart needs the package {package}, which is not installed", INSTALL
            )
