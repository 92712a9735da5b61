"""Personal data as a value: what kind, where, and what reports may show of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["email", "phone", "iban", "pesel", "nip", "card"]
"""PESEL is the number of a person, NIP that of a taxpayer in Poland."""


@dataclass(frozen=True)
class Personal:
    """Personal data that was said.

    Attributes:
        first: Number of its first word, from 0.
        last: Number of its last word, which belongs to it.
        masked: What reports may show of it.
        checked: Whether check digits or the form say so; else only the words before it do.
    """

    kind: Kind
    first: int
    last: int
    masked: str
    checked: bool = True


def masked(kind: Kind, value: str) -> str:
    """What reports may show: never enough to know the value."""
    if kind == "email":
        return f"{value[0]}•••@•••.{value.rpartition('.')[2].strip()}"
    shown = 4 if kind in ("card", "iban") else 2
    return f"•••{value[-shown:]}"
