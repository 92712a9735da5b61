"""Two people and one layer: what is added, replaced and undone, and where the later one has to choose."""

from __future__ import annotations

from dataclasses import replace

import pytest
from layers import of_lines
from spoken import segment, transcript

from transcribe.core.corrections.change import Change, Prefer, changed
from transcribe.core.corrections.record import NO_CORRECTIONS, Corrections, correction

SAID = transcript(segment("mister novack lives hear"), segment("good by", 10_000))


def first() -> Corrections:
    return of_lines(SAID, "mister Nowak lives hear", "good by")


def edit(
    current: Corrections, *lines: str, seen: Corrections = NO_CORRECTIONS, prefer: Prefer | None = None
) -> Change:
    ids = [each.id for each in seen.records]
    new = of_lines(SAID, *lines).records
    return changed(SAID, current, new, ids, whole=True, prefer=prefer)


def texts(layer: Corrections) -> list[str]:
    return [each.text for each in layer.records]


def test_what_is_seen_and_wanted_stays_and_what_is_new_is_added() -> None:
    done = edit(first(), "mister Nowak lives here", "good by", seen=first())
    assert (texts(done.corrections), texts(Corrections(done.added)), done.removed) == (
        ["Nowak", "here"],
        ["here"],
        (),
    )


def test_what_was_put_back_is_undone() -> None:
    done = edit(first(), "mister novack lives hear", "good by", seen=first())
    assert (done.corrections, done.removed) == (NO_CORRECTIONS, first().records)


def test_what_was_seen_can_be_replaced() -> None:
    done = edit(first(), "mister Novak lives hear", "good by", seen=first())
    assert (texts(done.corrections), done.removed, done.conflicts) == (["Novak"], first().records, ())


def test_what_others_have_corrected_meanwhile_stays() -> None:
    done = edit(first(), "mister novack lives here", "good by")
    assert (texts(done.corrections), done.conflicts) == (["Nowak", "here"], ())


def test_two_who_say_the_same_agree() -> None:
    assert edit(first(), "mister Nowak lives hear", "good by").corrections == first()


def test_the_later_of_two_is_told_and_nothing_of_the_earlier_is_lost() -> None:
    done = edit(first(), "mister Novak lives here", "good by")
    assert [(each.new.text, each.there.text) for each in done.conflicts] == [("Novak", "Nowak")]
    assert texts(done.corrections) == ["Nowak", "here"]
    assert "Novak" in str(done.conflicts[0])


@pytest.mark.parametrize(("prefer", "kept"), [("mine", ["Novak", "here"]), ("theirs", ["Nowak", "here"])])
def test_the_later_of_two_can_choose(prefer: Prefer, kept: list[str]) -> None:
    done = edit(first(), "mister Novak lives here", "good by", prefer=prefer)
    assert (texts(done.corrections), done.conflicts) == (kept, ())


def test_dividing_what_another_joined_is_a_conflict() -> None:
    joined = of_lines(SAID, "mister novack lives hear good by")
    (record,) = joined.records
    there = changed(SAID, joined, [correction("split", record.at)], [])
    assert [each.there for each in there.conflicts] == [record]


def test_one_correction_replaces_only_what_its_maker_has_seen() -> None:
    (mine,) = of_lines(SAID, "mister Novak lives hear", "good by").records
    current = of_lines(SAID, "mister Nowak lives hear", "good bye")
    seen = changed(SAID, current, [mine], [each.id for each in current.records])
    assert sorted(texts(seen.corrections)) == ["Novak", "bye"]
    assert len(changed(SAID, current, [mine], []).conflicts) == 1


def test_after_a_new_recognition_the_layer_is_keyed_on_it_and_loses_nothing() -> None:
    again = transcript(segment("well mister novack lives", 700))
    current = of_lines(SAID, "mister Nowak lives here", "good by")
    new = of_lines(again, "Well mister novack lives").records
    done = changed(again, current, new, [])
    assert texts(done.corrections) == ["Nowak", "here", "Well"]
    assert [each.at.start_ms for each in done.corrections.records] == [1_400, 1_190, 700]


def test_a_correction_like_one_that_has_moved_has_an_id_of_its_own() -> None:
    moved = transcript(segment("mister novack lives"), segment("mister novack lives hear", 2_000))
    current = first()
    new = of_lines(moved, "mister Nowak lives", "mister novack lives hear").records
    assert [each.id for each in new] == [each.id for each in current.records]
    done = changed(moved, shifted(current), new, [])
    assert texts(done.corrections) == ["Nowak", "Nowak"]
    assert len({each.id for each in done.corrections.records}) == 2


def shifted(layer: Corrections) -> Corrections:
    """The same corrections of words that were heard two seconds later."""
    (record,) = layer.records
    at = replace(record.at, start_ms=record.at.start_ms + 2_000, end_ms=record.at.end_ms + 2_000)
    return Corrections((replace(record, at=at),))
