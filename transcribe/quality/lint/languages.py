"""Language tags: whether one is well formed and its codes are known (BCP 47, ISO 639, ISO 3166)."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_TAG = re.compile(
    r"([a-z]{2,3})(?:-[a-z]{3}){0,3}(?:-[a-z]{4})?(?:-([a-z]{2})|-[0-9]{3})?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?",
    re.IGNORECASE | re.ASCII,
)
"""RFC 5646, section 2.1, without private use alone and what was registered before 2005."""

_LONGEST_TAG = 100


@cache
def codes() -> dict[str, Any]:
    """What `codes.toml` lists: codes of languages and of regions, and categories of podcasts."""
    return tomllib.loads(Path(__file__).with_name("codes.toml").read_text(encoding="utf-8"))


@cache
def _known() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Codes of two letters, those of three that they replace, and regions."""
    entries = [entry.partition(":") for entry in codes()["languages"].split()]
    replaced = frozenset(each for _, _, longer in entries for each in longer.split("/"))
    return frozenset(code for code, _, _ in entries), replaced, frozenset(codes()["regions"].split())


def is_language(tag: str) -> bool:
    """Whether a text is a language tag such as `en`, `pt-BR` or `zh-Hant`.

    Codes of three letters are right only where there is none of two (BCP 47, section 2.2.1).
    """
    match = _TAG.fullmatch(tag) if len(tag) <= _LONGEST_TAG else None
    if match is None:
        return False
    language, region = match[1].lower(), (match[2] or "").upper()
    short, replaced, regions = _known()
    known = language in short if len(language) == 2 else language not in replaced
    return known and (not region or region in regions)
