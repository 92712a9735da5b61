"""Edited text becomes records, and records over the recognition give the edited text."""

from __future__ import annotations

from itertools import pairwise
from unicodedata import normalize

from hypothesis import given, reject, settings
from hypothesis import strategies as st
from layers import laid, lines_of, of_lines
from spoken import segment, transcript

from transcribe.core.corrections.edit import Line, TooManyLinesError, edited
from transcribe.core.corrections.place import lay
from transcribe.core.corrections.record import NO_CORRECTIONS
from transcribe.core.corrections.units import clean
from transcribe.core.episode import Segment, Transcript, Word

TEXTS = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "d",
        "Ala",
        "don't",
        "foo,",
        "Nowak.",
        "東京",
        "は",
        "、",
        "ไทย",
        "สวัสดี",
        "مرحبا",
        "שלום",
        "GPT",
        "\u0301",
        "«",
        "x" * 12,
    ]
)
SPEAKERS = st.sampled_from([None, "Anna", "Ben"])


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    start, segments = 0, []
    for _ in range(draw(st.integers(1, 5))):
        words = []
        for _ in range(draw(st.integers(1, 5))):
            start += draw(st.integers(0, 900))
            end = start + draw(st.integers(0, 700))
            words.append(Word(start, end, draw(TEXTS), 0.5, draw(st.booleans())))
            start = end
        segments.append(Segment(words[0].start_ms, words[-1].end_ms, tuple(words), 0, draw(SPEAKERS)))
    return Transcript(None, tuple(segments))


@st.composite
def edits(draw: st.DrawFn) -> tuple[Transcript, list[Line]]:
    """A transcript, and its lines as somebody edited them."""
    said = draw(transcripts())
    lines = [[each.text, each.speaker] for each in lines_of(said.segments)]
    for _ in range(draw(st.integers(0, 6))):
        number = draw(st.integers(0, len(lines) - 1))
        text, speaker = lines[number]
        assert text
        place = draw(st.integers(0, len(text)))
        match draw(st.sampled_from(["put", "take", "split", "join", "speaker", "line", "drop"])):
            case "put":
                lines[number][0] = text[:place] + draw(TEXTS | st.just(" ")) + text[place:]
            case "take":
                lines[number][0] = text[:place] + text[place + draw(st.integers(1, 6)) :]
            case "split":
                lines[number : number + 1] = [[text[:place], speaker], [text[place:], speaker]]
            case "join" if number + 1 < len(lines):
                joint = draw(st.sampled_from(["", " "]))
                lines[number : number + 2] = [[f"{text}{joint}{lines[number + 1][0]}", speaker]]
            case "speaker":
                lines[number][1] = draw(SPEAKERS)
            case "line":
                lines.insert(number, [draw(TEXTS), draw(SPEAKERS)])
            case "drop":
                del lines[number]
        lines = [[clean(str(text)), speaker] for text, speaker in lines if clean(str(text))]
        if not lines:
            break
    return said, [Line(str(text), speaker) for text, speaker in lines]


def composed(lines: list[Line]) -> list[Line]:
    return [Line(normalize("NFC", each.text), each.speaker) for each in lines]


@settings(deadline=None, max_examples=300)
@given(edits())
def test_records_of_an_edit_reproduce_the_edit(edit: tuple[Transcript, list[Line]]) -> None:
    said, lines = edit
    try:
        corrections = of_lines(said, *lines)
    except TooManyLinesError:
        assert len(lines) > len(said.segments)
        reject()
    segments = laid(said, corrections)
    again = tuple(each.correction for each in lay(said, corrections).placed)
    assert again == corrections.records, "laid over the same recognition again, they are as they were"
    assert of_lines(said, *lines_of(segments)) == corrections, "what was not edited makes the same ones"
    ids = {each.id for each in corrections.records}
    assert len(ids) == len(corrections.records)
    assert laid(said, corrections.without(ids)) == said.segments
    assert composed(lines_of(segments)) == composed(lines)
    words = [word for each in segments for word in each.words]
    assert all(left.end_ms <= right.start_ms for left, right in pairwise(words))
    assert all(word.start_ms <= word.end_ms for word in words)
    assert all(word.probability == 1 for word in words if word.corrected)


def test_letters_taken_apart_from_their_accents_are_the_same() -> None:
    said = transcript(segment("zażółć gęślą jaźń"))
    assert of_lines(said, normalize("NFD", "zażółć gęślą jaźń")) == NO_CORRECTIONS
    (record,) = of_lines(said, normalize("NFD", "zażółć gęślą kość")).records
    assert record.at.words == ("jaźń",)


def test_a_speaker_whose_recognised_name_turns_the_text_around_it_is_the_same_without() -> None:
    said = transcript(segment("so it is", speaker="\u202eAla\u2069"))
    assert edited(said, [Line("so it is", "Ala")]) == ()
