"""Submissions are found by title, state, client and date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from transcribe.jobs.queue import Queue, QueuedJob, State
from transcribe.jobs.submissions import Order, Sought, Submission, Submissions, folded

TITLES = {"a": "Łódź 10", "b": "łódź 2", "c": "Übung", "d": "100% pewności", "e": "Straße"}


@pytest.fixture
def submissions(tmp_path: Path) -> Iterator[Submissions]:
    """Five of Ala's, one of them failed; one that somebody waits for; one of Marek's."""
    queue = Queue(tmp_path / "queue.sqlite")
    known = Submissions(queue)
    for at, (name, title) in enumerate(TITLES.items()):
        queue.write(QueuedJob(name, State.FAILED if name == "e" else State.DONE))
        known.write(Submission(name, "Ala", title, duration_ms=9000 - at, at=float(at)))
    for name, client, interactive in (("w", "Ala", True), ("m", "Marek", False)):
        queue.write(QueuedJob(name, State.DONE))
        known.write(Submission(name, client, "Łódź", interactive=interactive))
    yield known
    queue.close()


def names(submissions: Submissions, sought: Sought, limit: int = 10, skip: int = 0) -> tuple[str, int]:
    found, count = submissions.found(sought, limit, skip)
    return "".join(each.name for each in found), count


@pytest.mark.parametrize(
    ("sought", "expected"),
    [
        (Sought("Ala"), "edcba"),
        (Sought(), "edcbma"),
        (Sought("Nobody"), ""),
        (Sought("Ala", (State.FAILED,)), "e"),
        (Sought("Ala", (State.DONE, State.READY)), "dcba"),
        (Sought("Ala", text=" lodz "), "ba"),
        (Sought("Ala", text="LÓDŹ 10"), "a"),
        (Sought("Ala", text="strasse"), "e"),
        (Sought("Ala", text="%"), "d"),
        (Sought("Ala", text="_"), ""),
        (Sought("Ala", text="'; drop table files; --"), ""),
        (Sought("Ala", order="title"), "dbaec"),
        (Sought("Ala", order="length"), "abcde"),
    ],
)
def test_what_is_found(submissions: Submissions, sought: Sought, expected: str) -> None:
    found, count = names(submissions, sought)
    assert (sorted(found) if sought == Sought() else list(found)) == (
        sorted(expected) if sought == Sought() else list(expected)
    )
    assert count == len(expected)


def test_parts_of_it(submissions: Submissions) -> None:
    assert names(submissions, Sought("Ala"), 2) == ("ed", 5)
    assert names(submissions, Sought("Ala"), 2, 4) == ("a", 5)
    assert names(submissions, Sought("Ala"), 2, 5) == ("", 0)
    after = submissions.get("d")
    assert names(submissions, Sought("Ala", after=after), 2) == ("cb", 3)


@pytest.mark.parametrize("order", ["date", "title", "length"])
def test_every_part_together_is_all_of_it(submissions: Submissions, order: Order) -> None:
    parts = [names(submissions, Sought(order=order), 1, skip)[0] for skip in range(6)]
    assert sorted(parts) == ["a", "b", "c", "d", "e", "m"]


def test_numbers_in_titles_are_numbers() -> None:
    assert sorted(["E10", "e9", "É 1"], key=folded) == ["É 1", "e9", "E10"]
