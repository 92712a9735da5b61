"""What becomes of the chapters that a file has: order, ends, titles, links, pictures; files are hostile."""

from __future__ import annotations

import pytest

from transcribe.core.episode import Segment, Word
from transcribe.pipeline.chapters.found import (
    LATEST_MS,
    MOST_CHAPTERS,
    MOST_PICTURE_BYTES,
    Found,
    fitted,
    ordered,
    pictures,
    published,
)

JPEG, PNG = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"


def said(start_ms: int) -> Segment:
    return Segment(start_ms, start_ms + 500, (Word(start_ms, start_ms + 500, "ja", 0.9),), 0)


def test_chapters_are_put_in_order_of_their_starts() -> None:
    made = ordered([Found(9_000, 12_000, "c"), Found(-3, 4_000, "a"), Found(4_000, None, "b")])
    assert [(each.start_ms, each.end_ms, each.title) for each in made] == [
        (0, 4_000, "a"), (4_000, 9_000, "b"), (9_000, 12_000, "c"),
    ]  # fmt: skip
    assert {each.origin for each in made} == {"producer"}


def test_titles_are_one_line_and_never_empty() -> None:
    made = ordered(
        [
            Found(0, title=" Über\n\tuns\0\x07 "),
            Found(1),
            Found(2, title="<b>&\u202e"),
            Found(3, title="x" * 5000),
        ]
    )
    assert made[0].title == "Über uns"
    assert made[1].title == "Chapter 2"
    assert "\n" not in made[2].title
    assert len(made[3].title) <= 1000


def test_more_chapters_than_anybody_sets_and_times_beyond_reason() -> None:
    made = ordered([Found(LATEST_MS + 1), *(Found(number) for number in range(MOST_CHAPTERS + 5))])
    assert len(made) == MOST_CHAPTERS
    assert ordered([Found(0, 2**64)])[0].end_ms == LATEST_MS


@pytest.mark.parametrize(
    "address",
    ["https://example.org/a?b=c#d", "http://example.org", "https://żółć.example/ü", "https://e.org/%20a"],
)
def test_addresses_that_can_be_published(address: str) -> None:
    assert published(f" {address} ") == address


@pytest.mark.parametrize(
    "address",
    [
        "", "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd",
        "ftp://e.org",
        "//e.org", "https://", "https:///x", "https://[x", "https://e.org/a b", "www.e.org",
        'https://e.org/"onclick="x', "https://e.org/<script>", "https://e.org/\u202e",
        "https://e.org/" + "a" * 3000,
        "https://e.org/'x", "java\nscript:alert(1)", "\0https://e.org",
    ],
)  # fmt: skip
def test_addresses_that_cannot(address: str) -> None:
    (chapter,) = ordered([Found(0, url=address, image=address)])
    assert (published(address), chapter.url, chapter.image) == ("", "", "")


def test_equal_pictures_have_one_file_and_odd_ones_none() -> None:
    found = [
        Found(3, picture=PNG),
        Found(0, picture=JPEG),
        Found(1, picture=JPEG),
        Found(2, picture=b"<svg onload=alert(1)>"),
        Found(4, picture=JPEG + bytes(MOST_PICTURE_BYTES)),
        Found(5, image="https://e.org/x.png"),
    ]
    images = [".chapter-1.jpg", ".chapter-1.jpg", "", ".chapter-2.png", "", "https://e.org/x.png"]
    assert [each.image for each in ordered(found)] == images
    assert [(each.ending, each.content) for each in pictures(found)] == [
        (".chapter-1.jpg", JPEG), (".chapter-2.png", PNG),
    ]  # fmt: skip


def test_a_hundred_pictures_at_the_most() -> None:
    found = [Found(number, picture=JPEG + number.to_bytes(2)) for number in range(300)]
    assert len(pictures(found)) == 100
    assert [bool(each.image) for each in ordered(found)].count(True) == 100


def test_chapters_on_a_recording_neither_overlap_nor_pass_its_end() -> None:
    chapters = ordered([Found(2_000, 9_000, "a"), Found(5_000, 6_000, "b"), Found(10_000, None, "c")])
    kept = fitted(chapters, 10_000, [said(0), said(2_500), said(5_000), said(9_000)])
    assert [(each.start_ms, each.end_ms, each.segments) for each in kept.chapters] == [
        (2_000, 5_000, (1,)), (5_000, 10_000, (2, 3)),
    ]  # fmt: skip
    assert kept.beyond == 1


def test_thousands_of_chapters_on_a_long_transcript() -> None:
    chapters = ordered([Found(number * 1000) for number in range(MOST_CHAPTERS)])
    segments = [said(number * 500) for number in range(2 * MOST_CHAPTERS)]
    kept = fitted(chapters, MOST_CHAPTERS * 1000, segments)
    assert [len(each.segments) for each in kept.chapters] == [2] * MOST_CHAPTERS
