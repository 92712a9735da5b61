"""Terms that corrections offer for a vocabulary."""

from __future__ import annotations

from layers import of_lines
from spoken import segment, transcript

from transcribe.core.corrections.learned import learned_terms
from transcribe.core.corrections.record import Corrections


def layer(said: str, right: str, *, spaces: bool = True) -> Corrections:
    return of_lines(transcript(segment(said, spaces=spaces)), right)


def terms(*layers: Corrections) -> list[tuple[str, int]]:
    return [(term.text, term.times) for term in learned_terms(layers)]


def test_a_name_that_was_corrected_twice_is_offered() -> None:
    one = layer("we met rito lam there", "we met Reto Lamm, there")
    two = layer("and retoulam said so", "and Reto Lamm said so")
    assert terms(one, two) == [("Reto Lamm", 2)]
    assert learned_terms([one, two, one])[0].instead_of == ("rito lam", "retoulam")
    assert terms(one) == []


def test_a_name_that_came_out_half_right_is_offered_as_what_was_wrong() -> None:
    one = layer("so Marek novack came", "so Marek Nowak came")
    assert terms(one, one) == [("Nowak", 2)]


def test_capitals_commas_and_common_words_teach_nothing() -> None:
    for said, right in [
        ("we met anna there", "we met Anna there"),
        ("we met Anna there", "we met Anna, there"),
        ("we went their today", "we went there today"),
        ("by the way", "Buying the way"),
        ("we met bo there", "we met Abe there"),
        ("we met anna there", "we met there"),
    ]:
        one = layer(said, right)
        assert one.records
        assert terms(one, one) == [], right


def test_the_first_word_of_a_sentence_is_a_name_where_it_is_one_elsewhere() -> None:
    first = layer("novack is here", "Nowak is here")
    later = layer("with novack", "with Nowak")
    assert terms(first, first) == []
    assert terms(first, later) == [("Nowak", 2)]


def test_scripts_without_capitals_or_spaces() -> None:
    japanese = layer("今日 は 東京 です", "今日は京都です", spaces=False)
    arabic = layer("قال ليلا حدد اليوم", "قال ليلى حداد اليوم")
    assert terms(japanese, japanese, arabic, arabic) == [("ليلى حداد", 2), ("京都", 2)]
