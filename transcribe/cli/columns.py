"""Tables for people: columns as wide as what stands in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def columns(head: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str] = ()) -> list[str]:
    """Lines with the head first; the columns whose heads are in `right` end at the same place."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    marks = [">" if name in right else "<" for name in head]
    return [
        "  ".join(
            f"{text:{mark}{wide}}" for text, mark, wide in zip(row, marks, widths, strict=True)
        ).rstrip()
        for row in (head, *rows)
    ]
