"""Personal data is found as it is said, in two languages, and hardly anything else is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import cast

import pytest
from publicsuffixlist import PSLFILE, PublicSuffixList

from transcribe.control.personal.datum import Kind, Personal, masked
from transcribe.control.personal.find import personal_data
from transcribe.control.personal.mails import _endings
from transcribe.control.personal.numbers import numbers
from transcribe.control.personal.spoken import Written
from transcribe.core.errors import DependencyError

HERE = Path(__file__).parent
ROOT = HERE.parents[3]


def table(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


SAID, CLEAN = table("said.tsv"), table("clean.tsv")


def found(text: str, language: str | None = "en") -> list[Personal]:
    return personal_data(text.split(), language)


def is_found(kind: str, value: str, text: str, language: str) -> bool:
    shown = masked(cast("Kind", kind), value)
    return any(each.kind == kind and each.masked.endswith(shown) for each in found(text, language))


def words(text: str, language: str = "en") -> list[str]:
    return [" ".join(text.split()[each.first : each.last + 1]) for each in found(text, language)]


def test_the_table_has_every_kind_in_both_languages() -> None:
    kinds = Counter((language, kind) for language, kind, _, _ in SAID)
    assert len(SAID) >= 120
    assert len(kinds) == 12
    assert min(kinds.values()) >= 4


@pytest.mark.parametrize("language", ["en", "pl"])
def test_personal_data_is_found_as_it_is_said(language: str) -> None:
    mine = [row for row in SAID if row[0] == language]
    missed = [text for _, kind, value, text in mine if not is_found(kind, value, text, language)]
    assert len(missed) / len(mine) < 0.05, missed


def test_ordinary_numbers_are_none() -> None:
    flagged = [text for language, text in CLEAN if found(text, language)]
    assert len(CLEAN) >= 100
    assert len(flagged) / len(CLEAN) < 0.05, flagged


@pytest.mark.parametrize(
    "path", ["samples/two-voices.txt", "benchmarks/talks/en.md", "benchmarks/talks/pl.md"], ids=str
)
def test_nothing_is_found_in_a_talk(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert found(text, "pl" if "pl" in Path(path).stem else "en") == []


def test_a_find_is_all_words_of_it_and_no_others() -> None:
    assert words("so call me on oh two oh seven nine four six oh nine five eight please") == [
        "oh two oh seven nine four six oh nine five eight"
    ]
    assert words("piszcie na anna kropka k małpa wu pe kropka pe el dziękuję", "pl") == [
        "anna kropka k małpa wu pe kropka pe el"
    ]
    assert words("to jest 600 123 456, a biuro ma 22 621 45 78.", "pl") == ["600 123 456,", "22 621 45 78."]


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [
        ("anna dot kowalska at gmail dot com", "en", "a•••@•••.com"),
        ("4111 1111 1111 1111", "en", "•••1111"),
        ("GB29 NWBK 6016 1331 9268 19", "en", "GB•••6819"),
        ("44051401359", "pl", "•••59"),
    ],
)
def test_reports_never_show_the_value(text: str, language: str, shown: str) -> None:
    assert [each.masked for each in found(text, language)] == [shown]


def test_what_was_misheard_is_found_by_the_words_before_it() -> None:
    assert [(each.kind, each.checked) for each in found("my card number is 4111 1111 1111 1112")] == [
        ("card", False)
    ]
    assert found("it says 4111 1111 1111 1112 on the box") == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A card is 51.54.87.40.49.45.47 please", "card"),  # "fourteen ninety-five fourteen seventy"
        ("My Pessil is 650202411 6 and so on", "pesel"),
        ("The account is PL 300 and 46 001 362 866 162 604 256 156 25", "iban"),
        ("our VAT number is 526 030 02 9", "nip"),
        ("My Pessel is 77 00 61 26 7", "pesel"),
        ("My email is sofia.macat.wint.io", "email"),
        ("Napisz do mnie na adres e-mail kowalska.wp.pl", "email"),
    ],
)
def test_digits_that_a_recogniser_lost_or_added_are_found_by_the_words_before_them(
    text: str, kind: str
) -> None:
    assert [(each.kind, each.checked) for each in found(text)] == [(kind, False)]


@pytest.mark.parametrize(
    "text",
    [
        "We send an email every week, and everything is on example.com, as ever.",
        "The city has 1,234,567,890,123 grains of sand",
        "one two three four five six seven eight nine ten eleven",
        "Bus 42 leaves at 1015-1035-1055-1115",
        "in the years 1914 1918 1939 1945 and 1989",
    ],
)
def test_what_only_looks_like_it_is_not(text: str) -> None:
    assert found(text) == []


def test_an_unknown_language_has_written_forms() -> None:
    assert [each.kind for each in found("Meine Karte ist 4111 1111 1111 1111.", "de")] == ["card"]
    assert [each.kind for each in found("anna@example.com", None)] == ["email"]


def test_words_of_any_kind_do_no_harm() -> None:
    assert found("@ . @@ + ++ 1 - -- ١٢٣ ² ½ 𝟙 — İ ﬁ at dot", None) == []
    assert found("") == []
    assert numbers(Written("", (), ()), "en") == []


def test_a_missing_package_is_an_error_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from transcribe.control.personal.checks import checks

    monkeypatch.setitem(__import__("sys").modules, "phonenumbers", None)
    checks.cache_clear()
    with pytest.raises(DependencyError, match=r"phonenumbers.*pip install 'transcribe-offline\[control\]'"):
        found("call 600 123 456")
    checks.cache_clear()


def test_a_sentence_after_an_address_is_no_part_of_it() -> None:
    assert words("Write to anna at gmail dot com. It is new.") == ["anna at gmail dot com."]
    assert words("anna.k at gmail. com") == ["anna.k at gmail. com"]


def test_the_ends_of_hosts_are_those_of_the_whole_list() -> None:
    whole = PublicSuffixList(accept_unknown=False, only_icann=True)
    listed = Path(PSLFILE).read_text("utf-8").splitlines()
    ends = {line.rpartition(".")[2] for line in listed if line and not line.startswith("//")}
    assert {"com", "pl", "ck"} < ends  # every name below .ck is an ending
    for end in [*ends, "then", "kropka", "2", ""]:
        assert (_endings().publicsuffix(f"x.{end}") is None) == (whole.publicsuffix(f"x.{end}") is None), end


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("My card is 4532 1234 5678. He won 4114-022-1988 in Leeds.", "en"),
        ("My phone number is 3346353664. He's called 21, 19, 80 and 21 again.", "en"),
        ("Please email me at work, not at home. So it goes.", "en"),
        ("Autobus 42 odjeżdża o 50-15, 50-75, 50-75 i 11-15.", "pl"),
        ("Zadzwoń jutro. W Polsce żyje 67 milionów ludzi.", "pl"),
        ("So many: " + "4, " * 60, "en"),
    ],
)
def test_what_a_word_said_before_is_not_said_of_the_next_number(text: str, language: str) -> None:
    shown = [each for each in words(text, language) if each not in ("4532 1234 5678.", "3346353664.")]
    assert shown == []


def test_a_maestro_card_is_one_where_a_word_says_so() -> None:
    assert [each.kind for each in found("my maestro card is 5018 0000 0009")] == ["card"]
    assert found("the parts are 5018 0000 0009") == []
