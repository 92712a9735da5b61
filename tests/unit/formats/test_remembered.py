"""Results are remembered by the identity of what they are made of."""

from __future__ import annotations

from dataclasses import dataclass

from transcribe.formats.remembered import remembered


@dataclass(frozen=True)
class Text:
    words: tuple[str, ...]


def test_the_same_object_is_asked_once_an_equal_one_again() -> None:
    asked: list[tuple[Text, bool]] = []

    @remembered(maxsize=2)
    def length(text: Text, *, doubled: bool = False) -> int:
        asked.append((text, doubled))
        return len(text.words) * (2 if doubled else 1)

    one, twin = Text(("a", "b")), Text(("a", "b"))
    assert [length(one), length(one), length(one, doubled=True), length(twin)] == [2, 2, 4, 2]
    assert asked == [(one, False), (one, True), (twin, False)]


def test_what_is_remembered_is_kept_alive_so_that_no_other_object_takes_its_place() -> None:
    @remembered(maxsize=1)
    def first(text: Text) -> str:
        return text.words[0]

    assert [first(Text((str(number),))) for number in range(50)] == [str(number) for number in range(50)]
