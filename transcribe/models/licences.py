"""Licences of models: whether they allow commercial use, as far as that is known."""

from __future__ import annotations

from typing import Literal

Commercial = Literal["yes", "no", "unknown"]

_FREE = frozenset({
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-3.0", "CC-BY-4.0", "CC0-1.0", "ISC", "MIT",
    "Unlicense",
})  # fmt: skip
"""SPDX identifiers of licences that set no limit on commercial use; of others a person has to say."""


def commercial(licence: str) -> Commercial:
    """Whether a licence allows commercial use; of several that hold together, whether all of them do.

    Args:
        licence: SPDX identifier, several of them with AND, or a name; empty: not known.
    """
    parts = [each.strip(" ()") for each in licence.split(" AND ")]
    if any("-NC" in each.upper() or "NONCOMMERCIAL" in each.upper().replace("-", "") for each in parts):
        return "no"
    return "yes" if all(each in _FREE for each in parts) else "unknown"
