"""Which words are masked."""

from __future__ import annotations

import pytest
from spoken import segment, transcript

from transcribe.control.policy.items import Policy, Rule
from transcribe.control.redact.choose import Wanted, choose
from transcribe.core.errors import RedactionError, UsageError


def test_a_phrase_is_met_in_any_inflection_and_everywhere() -> None:
    said = transcript(
        segment("Widziałem Jana Kowalskiego."), segment("Jan Kowalski śpi.", 5_000), language="pl"
    )
    chosen = choose(Wanted.of(None, ["Jan Kowalski"], [], []), said)
    assert set(chosen.places) == {(0, 1), (0, 2), (1, 0), (1, 1)}
    assert chosen.found == {0}


def test_every_find_of_a_rule_is_chosen_also_beyond_those_that_a_report_lists() -> None:
    said = transcript(segment(" ".join(["bee"] * 250)))
    policy = Policy(version=1, name="x", rules=(Rule(id="bees", title="No bees", words=("bees",)),))
    chosen = choose(Wanted.of(policy, [], [], []), said)
    assert len(chosen.places) == 250
    assert set(chosen.places.values()) == {frozenset(["bees"])}


def test_what_has_to_be_said_is_not_masked() -> None:
    rule = Rule(id="named", title="The author is named", words=("Dickens",), want="present")
    with pytest.raises(UsageError, match="nothing is to be masked"):
        Wanted.of(Policy(version=1, name="x", rules=(rule,)), [], [], [])


def test_a_span_chooses_all_words_that_touch_it() -> None:
    said = transcript(segment("aa bb cc dd"))  # 140 ms each
    assert set(choose(Wanted.of(None, [], [], [(150, 281)]), said).places) == {(0, 1), (0, 2)}
    assert not choose(Wanted.of(None, [], [], [(560, 900)]), said).places


def test_personal_data_in_a_language_without_words_for_numbers_is_a_failure() -> None:
    said = transcript(segment("Ich heiße Ruth."), language="de")
    with pytest.raises(RedactionError, match="personal could not be asked"):
        choose(Wanted.of(None, [], ["phone"], []), said)


def test_a_phrase_without_a_word_is_refused() -> None:
    with pytest.raises(UsageError, match="has no word in it"):
        Wanted.of(None, ["..."], [], [])
