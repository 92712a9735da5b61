"""JSON with places: the standard library reads it, and only the values complained of are looked up again.

So a file without findings costs one pass in C, and no value carries its place around.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Set
from json.decoder import scanstring  # type: ignore[attr-defined] # the decoder's own reader of strings

from transcribe.quality.lint.finding import MOST_OF_A_RULE, Findings, shown
from transcribe.quality.lint.text import Places

Path = tuple[str | int, ...]
"""Keys and positions that lead from the top to a value."""

BROKEN = object()
"""What stands for a file that is no JSON."""

_TOKEN = re.compile(r'[\[\]{},:]|"|[^\s\[\]{},:"]+')


class JsonFindings:
    """Findings whose places are found at the end, all in one pass."""

    def __init__(self, text: str, findings: Findings) -> None:
        self.text = text
        self._findings = findings
        self._pending: list[tuple[str, str, Path]] = []
        self._counts: Counter[str] = Counter()
        self._doubled = False

    def read(self) -> object:
        """The value of the whole text, or BROKEN; what is wrong with the syntax is noted."""
        try:
            return json.loads(self.text, object_pairs_hook=self._object, parse_constant=self._constant)
        except json.JSONDecodeError as error:
            self._findings.add("json-syntax", error.msg, *Places(self.text).of(error.pos))
        except RecursionError:
            self._findings.add("json-depth", "lists and objects are nested too deeply")
        except ValueError as error:  # more digits than Python converts
            self._findings.add("json-number", str(error).partition(";")[0])
        return BROKEN

    def add(self, rule: str, message: str, path: Path) -> None:
        """Note that the value at `path` breaks a rule."""
        self._counts[rule] += 1
        if self._counts[rule] <= MOST_OF_A_RULE:
            self._pending.append((rule, message, path))

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        self._doubled = self._doubled or len(made) < len(pairs)
        return made

    def _constant(self, name: str) -> float:
        self._findings.add("json-number", f"{name} is no number in JSON")
        return math.nan

    def finish(self) -> None:
        """Look places up and hand the findings over."""
        wanted = {path for _, _, path in self._pending}
        if not wanted and not self._doubled:
            return
        offsets: dict[Path, int] = {}
        places = Places(self.text)
        doubles = 0
        for path, offset, doubled in _walk(self.text, {len(path) for path in wanted}):
            if doubles >= MOST_OF_A_RULE and len(offsets) == len(wanted):
                break
            doubles += doubled
            if doubled:
                message = f"the name {shown(str(path[-1]))} stands in this object already"
                self._findings.add("json-duplicate-key", message, *places.of(offset))
            if path in wanted:
                offsets[path] = offset
        for rule, message, path in self._pending:
            self._findings.add(rule, message, *places.of(offsets.get(path, 0)))
        for rule, count in self._counts.items():
            self._findings.more(rule, max(0, count - MOST_OF_A_RULE))


def _walk(text: str, depths: Set[int]) -> Iterator[tuple[Path, int, bool]]:
    """Values of a valid JSON text: path, offset, and whether the name was taken already.

    Those whose paths have other lengths than `depths` are left out, unless their name was taken.
    """
    path: list[str | int] = []
    names: list[set[str] | None] = []  # of each open object those seen; None for a list
    key: str | None = None
    doubled = False
    position = 0
    while (match := _TOKEN.search(text, position)) is not None:
        mark, offset, position = match[0], match.start(), match.end()
        if mark == '"':
            string, position = scanstring(text, position, False)
        if mark in "]}":
            names.pop()
            path.pop()
        elif mark == ",":
            if names[-1] is None:
                path[-1] = int(path[-1]) + 1
            key = None
        elif mark == ":":
            path[-1] = key or ""
        elif mark == '"' and names and names[-1] is not None and key is None:
            key = string
            doubled = key in names[-1]
            names[-1].add(key)
        else:
            if doubled or len(path) in depths:
                yield tuple(path), offset, doubled
            doubled = False
            if mark in "[{":
                names.append(None if mark == "[" else set())
                path.append(0)
                key = None
