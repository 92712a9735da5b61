"""How far transcripts and turns are from references."""

from __future__ import annotations

from transcribe.core.errors import DependencyError


def missing_package(doing: str, package: str | None) -> DependencyError:
    """The error where a package of the extra `eval` is not installed."""
    return DependencyError(
        f"{doing} needs the package {package}, which is not installed",
        "Install it: pip install 'transcribe-offline[eval]'",
    )
