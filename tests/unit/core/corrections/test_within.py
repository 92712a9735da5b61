"""Edits of a few lines: they make what an edit of the whole transcript makes, and touch nothing else."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, reject, settings
from hypothesis import strategies as st
from layers import laid, lines_of, of_lines
from spoken import segment, transcript
from test_edit import composed, transcripts

from transcribe.core.corrections.apply import RowLine, row_lines
from transcribe.core.corrections.change import Change, changed_within
from transcribe.core.corrections.edit import Line, TooManyLinesError, divides_a_piece, edited_within
from transcribe.core.corrections.place import Row, lay
from transcribe.core.corrections.record import NO_CORRECTIONS, Corrections
from transcribe.core.corrections.units import clean
from transcribe.core.episode import Transcript

TEXTS = st.sampled_from(["a", "b", "Ala", "foo,", "東京", "は", "مرحبا", "GPT"])
SPEAKERS = st.sampled_from([None, "Anna", "Ben"])


def edit(said: Transcript, current: Corrections, within: range, *lines: str | Line) -> Change:
    """What becomes of a layer when somebody who has seen all of it writes some lines anew."""
    wanted = [line if isinstance(line, Line) else Line(line) for line in lines]
    layer = lay(said, current)
    seen = [each.id for each in current.records]
    return changed_within(layer, current, edited_within(layer.row, within, wanted), seen, (within,))


def words_of(lines: tuple[RowLine, ...]) -> range:
    return range(lines[0].first, lines[-1].end)


@st.composite
def wanted_lines(draw: st.DrawFn, there: tuple[RowLine, ...]) -> list[Line]:
    """Lines as somebody writes them who has others before them."""
    lines = [[each.text, each.speaker] for each in lines_of([line.segment for line in there])]
    for _ in range(draw(st.integers(0, 3))):
        if not lines:
            break
        number = draw(st.integers(0, len(lines) - 1))
        text, speaker = lines[number]
        place = draw(st.integers(0, len(text or "")))
        assert text
        match draw(st.sampled_from(["put", "take", "split", "join", "speaker", "drop"])):
            case "put":
                lines[number][0] = text[:place] + draw(TEXTS | st.just(" ")) + text[place:]
            case "take":
                lines[number][0] = text[:place] + text[place + draw(st.integers(1, 6)) :]
            case "split":
                lines[number : number + 1] = [[text[:place], speaker], [text[place:], speaker]]
            case "join" if number + 1 < len(lines):
                lines[number : number + 2] = [[f"{text} {lines[number + 1][0]}", speaker]]
            case "speaker":
                lines[number][1] = draw(SPEAKERS)
            case "drop":
                del lines[number]
        lines = [[clean(str(text)), speaker] for text, speaker in lines if clean(str(text))]
    return [Line(str(text), speaker) for text, speaker in lines]


@settings(deadline=None, max_examples=300)
@given(transcripts(), st.data())
def test_edits_of_a_few_lines_one_after_the_other_are_edits_of_the_whole(
    said: Transcript, data: st.DataObject
) -> None:
    current = NO_CORRECTIONS
    for _ in range(4):
        there = row_lines(lay(said, current))
        if not there:
            return
        assert words_of(there) == range(len(said.words))
        assert all(left.end == right.first for left, right in pairwise(there))
        first = data.draw(st.integers(0, len(there) - 1))
        end = data.draw(st.integers(first + 1, len(there)))
        within = words_of(there[first:end])
        if any(divides_a_piece(Row(said.segments), at) for at in (within.start, within.stop)):
            reject()  # no edit made such a line
        assert row_lines(lay(said, current), within) == there[first:end]
        lines = data.draw(wanted_lines(there[first:end]))
        before, after = (lines_of([each.segment for each in part]) for part in (there[:first], there[end:]))
        try:
            change = edit(said, current, within, *lines)
        except TooManyLinesError:
            reject()
        assert (change.conflicts, change.unfit) == ((), ())
        segments = laid(said, change.corrections)
        assert composed(lines_of(segments)) == composed([*before, *lines, *after])
        try:
            whole = of_lines(said, *before, *lines, *after)
        except TooManyLinesError:
            reject()
        assert composed(lines_of(laid(said, whole))) == composed(lines_of(segments))
        assert edit(said, change.corrections, within, *lines).corrections == change.corrections
        current = change.corrections


SAID = transcript(segment("mister novack lives hear"), segment("good by now", 10_000), segment("ah", 20_000))


def lines_after(change: Change) -> list[tuple[int, int, str]]:
    return [(each.first, each.end, each.segment.text) for each in row_lines(lay(SAID, change.corrections))]


def test_former_lines_sent_back_undo_an_edit() -> None:
    done = edit(SAID, NO_CORRECTIONS, range(4, 7), "good bye", "now")
    assert lines_after(done) == [
        (0, 4, "mister novack lives hear"),
        (4, 6, "good bye"),
        (6, 7, "now"),
        (7, 8, "ah"),
    ]
    assert edit(SAID, done.corrections, range(4, 7), "good by now").corrections == NO_CORRECTIONS


def test_deleted_words_belong_to_the_line_before_and_come_back_where_they_were() -> None:
    done = edit(SAID, NO_CORRECTIONS, range(4, 7))
    assert lines_after(done) == [(0, 7, "mister novack lives hear"), (7, 8, "ah")]
    again = edit(SAID, done.corrections, range(4, 7), "good by now")
    assert again.corrections == NO_CORRECTIONS


def test_nothing_outside_of_the_lines_is_undone() -> None:
    first = edit(SAID, NO_CORRECTIONS, range(4), "mister Nowak lives here").corrections
    second = edit(SAID, first, range(7, 8), "oh").corrections
    assert [each.text for each in second.records] == ["Nowak", "here", "oh"]
    assert edit(SAID, second, range(7, 8), "ah").corrections == first


def test_a_line_that_only_its_speaker_divides_stays_divided_when_the_next_one_says_it_too() -> None:
    done = edit(SAID, NO_CORRECTIONS, range(4), Line("mister novack", "A"), Line("lives hear", "B"))
    same = edit(SAID, done.corrections, range(2), Line("mister novack", "B"))
    assert [text for *_, text in lines_after(same)][:2] == ["mister novack", "lives hear"]
