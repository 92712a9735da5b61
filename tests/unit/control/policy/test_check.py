"""Verdicts of rules and questions about what was said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from spoken import MS_PER_CHARACTER, segment, transcript

from transcribe.control.policy import check as checking
from transcribe.control.policy.check import MOST_FINDS, check, needs_person
from transcribe.control.policy.items import Policy, Question, Rule
from transcribe.control.policy.verdicts import Verdict
from transcribe.core.episode import Transcript

QUESTION = Question(id="q", title="Q", ask="Is it so?", languages=("en",))


def rule(**given: Any) -> Rule:
    return Rule(id="a", title="A", **given)


def verdict(heard: Transcript | str, language: str = "en", **given: Any) -> Verdict:
    said = transcript(segment(heard), language=language) if isinstance(heard, str) else heard
    (found,) = check(Policy(version=1, name="x", rules=(rule(**given),)), said)
    return found


def quotes(found: Verdict) -> list[str]:
    return [each.quote.words for each in found.finds]


def test_what_must_not_be_said() -> None:
    found = verdict("We promise a guaranteed profit to you.", words=("guaranteed profit",))
    assert (found.outcome, found.person, found.reason) == ("flag", True, "said once")
    (find,) = found.finds
    assert (find.quote.before, find.quote.words, find.quote.after) == (
        "We promise a",
        "guaranteed profit",
        "to you.",
    )
    (span,) = find.spans
    assert (span.segment, span.first_word, span.last_word) == (0, 3, 4)
    assert (span.start_ms, span.end_ms) == (MS_PER_CHARACTER * 10, MS_PER_CHARACTER * 26)
    clear = verdict("Nothing of the kind.", words=("guaranteed profit",))
    assert (clear.outcome, clear.person, clear.finds) == ("clear", False, ())


def test_what_must_be_said() -> None:
    said = verdict("This episode is sponsored by bees.", words=("sponsored by",), want="present")
    assert (said.outcome, said.person, quotes(said)) == ("clear", False, ["sponsored by"])
    missing = verdict("Good evening.", words=("sponsored by",), want="present")
    assert (missing.outcome, missing.person, missing.reason) == ("flag", True, "not said")


def test_what_must_be_said_in_time() -> None:
    heard = transcript(segment("Hello."), segment("Thanks to our sponsor.", 65_000))
    late = verdict(heard, words=("sponsor",), want="present", until="1:00")
    assert (late.outcome, late.reason) == ("flag", "not said before 1:00")
    assert verdict(heard, words=("sponsor",), want="present", until="1:10").outcome == "clear"


@pytest.mark.parametrize(
    ("language", "phrase", "text", "wanted"),
    [
        ("en", "cannot lose", "You could not lose; you cannot, uh, lose.", ["cannot, uh, lose."]),
        ("en", "double your money", "He doubled your money.", ["doubled your money."]),
        ("en", "child", "Children like it.", ["Children"]),
        ("en", "risk-free", "It is risk-free.", ["risk-free."]),
        ("pl", "gwarancja zysku", "Gwarancję zysku ma. Gwarancji!", ["Gwarancję zysku"]),
        ("pl", "sponsor", "Sponsorem jest bank; dziękujemy sponsorowi.", ["Sponsorem", "sponsorowi."]),
        ("pl", "iść", "Szedł i poszedł, idziemy.", ["Szedł", "idziemy."]),
        ("de", "Haus", "Die Häuser sind alt.", ["Häuser"]),
        ("ja", "保証", "必ず保証します", ["必ず保証します"]),
    ],
)  # fmt: skip
def test_words_are_met_in_any_inflection(language: str, phrase: str, text: str, wanted: list[str]) -> None:
    assert quotes(verdict(text, language, words=(phrase,))) == wanted


def test_patterns_are_met_in_any_case_and_find_whole_words() -> None:
    found = verdict("Enter CODE BEES at the shop, code x.", patterns=(r"ode \w+ at", "code x"))
    assert quotes(found) == ["CODE BEES at", "code x."]
    assert found.reason == "said 2 times"
    assert verdict("abc", patterns=("z*",)).outcome == "clear"


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|aa)+$", r"(?:a?){40}a{40}c|(x+x+)+y|(a*)*b"])
def test_an_expression_that_explodes_goes_to_a_person(monkeypatch: pytest.MonkeyPatch, pattern: str) -> None:
    monkeypatch.setattr(checking, "SECONDS", 0.05)
    found = verdict("a" * 5_000 + "!", patterns=(pattern,))
    assert (found.outcome, found.person) == ("not asked", True)
    assert "processor time" in found.reason


def test_of_very_many_finds_the_first_are_told() -> None:
    found = verdict(" ".join(["bee"] * 500), patterns=("bee",))
    assert (len(found.finds), found.count) == (MOST_FINDS, 500)
    long = verdict(" ".join(["bee"] * 500), patterns=("bee.*",))
    assert " … " in quotes(long)[0]
    assert len(quotes(long)[0].split()) == 41


def test_finds_within_others_are_one() -> None:
    found = verdict("It is sponsored by bees.", words=("sponsored by", "sponsor"), patterns=("sponsored",))
    assert quotes(found) == ["sponsored by"]


@pytest.mark.parametrize("given", [{"words": ("bee",)}, {"patterns": ("bee",)}, {"personal": ("phone",)}])
def test_a_rule_of_another_language_is_not_asked(given: dict[str, Any]) -> None:
    found = verdict("The bee.", languages=("pl",), **given)
    assert (found.outcome, found.person) == ("not asked", False)
    assert found.reason == "it is for pl, and the episode is in en"


def test_where_nothing_could_be_asked_somebody_is() -> None:
    polish = (rule(words=("pszczoła",), languages=("pl",)),)
    verdicts = check(Policy(version=1, name="x", rules=polish), transcript(segment("The bee.")))
    assert [each.person for each in verdicts] == [False]
    assert needs_person(verdicts)


def test_a_rule_is_asked_of_the_parts_in_its_language() -> None:
    parts = (
        replace(segment("Pszczoła lata."), language="pl"),
        replace(segment("The bee flies.", 3000), language="en"),
    )
    found = verdict(transcript(*parts, language="pl"), languages=("en",), words=("fly",))
    assert (quotes(found), found.reason) == (["flies."], "said once; asked of 3 of 5 words")


def test_a_language_that_is_not_told_is_asked() -> None:
    heard = replace(transcript(segment("Gwarancję zysku dajemy.")), language=None)
    assert verdict(heard, languages=("pl",), words=("gwarancja zysku",)).outcome == "flag"


def test_a_transcript_without_words_goes_to_a_person() -> None:
    found = verdict(replace(transcript(), segments=()), words=("bee",))
    assert (found.outcome, found.person, found.reason) == ("not asked", True, "the transcript has no words")


def test_a_question_goes_to_a_person() -> None:
    policy = Policy(version=1, name="x", questions=(QUESTION,))
    (asked,) = check(policy, transcript(segment("The bee.")))
    assert (asked.outcome, asked.person, asked.reason) == ("not asked", True, "no model")
    (foreign,) = check(policy, transcript(segment("Pszczoła."), language="pl"))
    assert (foreign.outcome, foreign.person) == ("not asked", False)


def test_personal_data_is_flagged_and_masked_in_every_quote() -> None:
    text = "My promise: call oh two oh seven nine four six oh nine five eight now."
    found = verdict(text, personal=("phone", "email"))
    (find,) = found.finds
    assert (find.what, find.quote.words, find.quote.after) == ("phone", "[phone •••58]", "now.")
    other = verdict(text, words=("promise", "now"))
    shown = [f"{each.quote.before}|{each.quote.words}|{each.quote.after}" for each in other.finds]
    assert shown == ["My|promise:|call [phone •••58]", "[phone •••58]|now.|"]


def test_no_personal_data_passes_only_where_its_spoken_forms_are_known() -> None:
    assert verdict("Nothing here.", personal=("phone",)).outcome == "clear"
    german = verdict("Gar nichts.", "de", personal=("phone",))
    assert (german.outcome, german.person) == ("not asked", True)
    assert "are not known as they are said in de" in german.reason


def test_a_number_runs_on_after_another_speaker() -> None:
    heard = transcript(
        segment("My number is oh two oh seven", speaker="A"),
        segment("Mhm.", 2_000, speaker="B"),
        segment("nine four six oh nine five eight.", 2_500, speaker="A"),
    )
    (find,) = verdict(heard, personal=("phone",)).finds
    assert [(each.segment, each.first_word, each.last_word) for each in find.spans] == [(0, 3, 6), (2, 0, 6)]
    later = transcript(*heard.segments[:2], segment("nine four six oh nine five eight.", 30_000, speaker="A"))
    assert verdict(later, personal=("phone",)).finds == ()
