"""A reviewer in another process: corrects a line of a transcript and decides about an item, again and again.

    python terminal_writer.py DOCUMENT LINE TIMES

What it has said is read back before it says more; it ends with an error where somebody else has lost it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from transcribe.control.review.decide import decide
from transcribe.control.review.state import review_of
from transcribe.core.corrections.apply import row_lines
from transcribe.core.corrections.edit import Line
from transcribe.core.errors import OutputError
from transcribe.core.events import silent
from transcribe.core.settings import Settings
from transcribe.jobs.correct import Opened, opened
from transcribe.jobs.edit_lines import Edit, revise_lines


def change(of: Opened, number: int, text: str) -> Edit:
    """An edit that makes a line this text."""
    line = row_lines(of.layer)[number]
    seen = tuple(
        each.correction.id
        for each in of.layer.placed
        if each.covered.start < line.end and each.covered.stop > line.first
    )
    return Edit(line.first, line.end, (Line(text, line.segment.speaker),), seen)


def main() -> None:
    """Write so many times."""
    document, number, times = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    said = ""
    for count in range(times):
        while True:
            of = opened(document)
            there = row_lines(of.layer)[number].segment.text
            assert said in ("", there), f"lost: {said}; there is {there}"
            wanted = f"The terminal says {count}."
            try:
                revise_lines(of, [change(of, number, wanted)], Settings(), silent, who="Ben")
            except OutputError:  # the other one was faster: looked at again, as a person does
                continue
            said = wanted
            break
        review = review_of(opened(document))
        decide(review, review.standings[0].item, "accept", who=f"Ben {count}", reason="heard")


if __name__ == "__main__":
    main()
