"""What a person is told to listen to again."""

from __future__ import annotations

from dataclasses import replace

from spoken import episode, segment

from transcribe.core.episode import Coverage, Spot
from transcribe.formats.review import MOST_WORDS, WORDS_AROUND, passage_of, write

TEXT = segment("one two three four five six seven eight nine ten eleven twelve")


def at(text: str) -> tuple[int, int]:
    word = next(word for word in TEXT.words if word.text == text)
    return word.start_ms, word.end_ms


def test_nothing_to_check_is_no_file() -> None:
    assert write(episode(TEXT)) is None
    assert write(episode(TEXT, spots=(Spot(0, 900, "redecoded", "skipped"),))) is None


def test_a_spot_stands_with_time_reason_and_the_text_around() -> None:
    start_ms, end_ms = at("ten")
    page = write(episode(TEXT, spots=(Spot(start_ms, end_ms, "suspect", "repeats itself"),)))
    assert page is not None
    text = page.decode()
    assert "# To check: talk\n" in text
    assert "100 % of speech covered, 1 spot to check." in text
    assert "**[00:00:02–00:00:02] words that may be invented** (repeats itself)\n" in text
    assert "\n> … two three four five six seven eight nine **ten** eleven twelve …\n" in text


def test_the_share_stands_as_it_is_written_elsewhere() -> None:
    page = write(replace(episode(TEXT), coverage=Coverage(1000, 36, 0, 0, (Spot(0, 36, "missing", "why"),))))
    assert page is not None
    assert "\n96.4 % of speech covered, 1 spot to check. " in page.decode()


def test_what_was_said_stays_text() -> None:
    hostile = segment("# a *b* <i> [x](y)")
    spots = (Spot(0, 10, "missing", "only doubtful words: <script>"), Spot(90, 90, "seam", "cut"))
    page = write(episode(hostile, spots=spots))
    assert page is not None
    assert "<script>" not in page.decode()
    assert "<i>" not in page.decode()
    assert "\\*b\\*" in page.decode()


def test_words_are_shared_out_by_their_middle() -> None:
    start_ms, end_ms = at("five")[0], at("six")[1]
    passage = passage_of(Spot(start_ms, end_ms, "uncertain", ""), TEXT.words)
    assert passage.words == "five six"
    assert passage.before == "one two three four"
    assert passage.after == "seven eight nine ten eleven twelve"


def test_a_long_spot_is_shortened_in_its_middle() -> None:
    many = segment(" ".join(str(i) for i in range(100)))
    passage = passage_of(Spot(0, many.end_ms + 1, "suspect", ""), many.words)
    assert len(passage.words.split()) == MOST_WORDS + 1
    assert passage.words.startswith("0 1 ")
    assert passage.words.endswith(" 98 99")
    assert len(passage_of(Spot(0, 0, "seam", ""), many.words).after.split()) == WORDS_AROUND
