"""What the review page says of an item is in the language of the page, to the last word."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from pathlib import Path

import pytest
from reviewed import Desk
from spoken import segment, transcript

from transcribe.control.policy import check as checking
from transcribe.control.policy.check import check
from transcribe.control.policy.items import Policy, Question, Rule
from transcribe.control.policy.kept import OTHER_MODEL, OTHER_QUESTION, OTHER_TEXT, REASONS
from transcribe.control.review.items import SPOTS
from transcribe.core.episode import Transcript
from transcribe.formats.labels import REASONS as FILE
from transcribe.formats.labels import reason_in, tables
from transcribe.pipeline.hearing import doubt, listener
from transcribe.pipeline.stages import faults
from transcribe.pipeline.stages.check import NOT_DETECTED
from transcribe.pipeline.stages.unheard import FAILED, FAINT, NOT_HEARD

LANGUAGES = sorted({*tables("server/words.toml")} - {"en"})

ENGLISH = re.compile(
    r"\b(?:the|of|is|are|was|were|not|said|words?|speech|heard|asked|answer\w*|open|no|yes|unsure|before|times|"
    r"items?|policy|in|it|by|for|from|be|may|and|nobody|nothing|failed|uncited|text|question)\b"
)

ANSWERS = [
    f"{answer}{more}; answered by x"
    for answer in ("yes", "no", "unsure", "not said", "uncited", "off-schema", "failed")
    for more in ("", " in 2 of 31 sections, unsure in 1, not said in 28")
]
RECOGNITION = [
    NOT_DETECTED, NOT_HEARD, FAINT.format(12), FAILED, "words of low probability",
    "nobody paused, so speech was cut here", "no words were recognised",
    "heard again what stands beside it: łąka", "only doubtful words (guessed, a stock phrase): łąka",
    "repeats itself, guessed, faster than anyone speaks, a stock phrase", doubt.LEAKED,
    "12 % of the samples are clipped", "the samples are offset by 0.3 % of full scale",
    "the peaks were clipped before they were coded (2.5 dB over full scale)", "Łucja: guessed",
]  # fmt: skip
OBSTACLES = [
    "1 item is open", "12 items are open", "1 item is rejected", "3 items are rejected",
    "it was reviewed by the policy 'Ł', which is not given now",
]  # fmt: skip


def in_policy(heard: Transcript) -> list[str]:
    """Reasons that rules and questions give."""
    rules = [
        Rule(id="a", title="t", words=("ł",)),
        Rule(id="b", title="t", words=("ł",), until="0:30"),
        Rule(id="c", title="t", words=("ń",), want="present"),
        Rule(id="d", title="t", words=("ń",), languages=("de",)),
        Rule(id="e", title="t", patterns=(r"(ł|ł)*ń",)),
        Rule(id="f", title="t", personal=("phone",)),
    ]
    question = Question(id="q", title="t", ask="Ł?")
    found = check(Policy(version=1, name="x", rules=tuple(rules), questions=(question,)), heard)
    return [each.reason for each in found]


def reasons() -> list[str]:
    """Every reason that there is."""
    one, many, foreign = segment("ł ń o"), segment("ł ł ł o"), replace(segment("ł"), language="uk")
    heard = [transcript(one), transcript(many), transcript(many, foreign), transcript()]
    strange = Transcript(None, (foreign,))
    policy = [reason for each in (*heard, strange) for reason in in_policy(each)]
    policy += [f"{outcome}: {why}" for outcome in ("open", "not asked") for why in policy + ANSWERS]
    spent = f"its expressions took more than {checking.SECONDS:.0f} s of processor time"
    kept = [*REASONS.values(), OTHER_TEXT, OTHER_QUESTION, OTHER_MODEL, "no model", spent]
    kept += [
        "a yes or no whose quote is not in the lines that it names",
        "7 more finds, which are not listed",
    ]
    return [*policy, *ANSWERS, *(f"not asked: {each}" for each in kept), *RECOGNITION, *OBSTACLES]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_is_told_in_the_language_of_the_page(language: str) -> None:
    left = {each: told for each in reasons() if ENGLISH.search(told := reason_in(language, each).lower())}
    assert not left


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_title_is_told_in_the_language_of_the_page(language: str) -> None:
    titles = [*SPOTS.values(), "Speech may be where none was detected", "Nothing was asked"]
    assert not [each for each in titles if reason_in(language, each) == each]
    assert "(summary)" in reason_in(language, "A doubtful statement of the notes (summary)")


def test_items_of_a_transcript_are_told_in_polish(tmp_path: Path) -> None:
    items = [each for each in Desk.of(tmp_path).review().standings if each.item.kind != "notes"]
    assert len(items) > 3
    for standing in items:
        told = reason_in("pl", standing.item.reason)
        assert not ENGLISH.search(told), standing.item


@pytest.mark.parametrize("module", [doubt, listener, faults])
def test_no_reason_of_the_recognition_is_new(module: object) -> None:
    source = inspect.getsource(module)  # type: ignore[arg-type]
    found = re.findall(
        r'(?m)(?:reason = f?|^ +\(|missing\(\w+, |append\(f?)"([a-z{][^"\\]* [^"\\]*)"', source
    )
    assert found
    texts = " ".join([*tables(FILE)["pl"], *RECOGNITION])
    assert not [
        each for each in found if re.sub(r"\{.*?\}", "\0", each).split("\0")[-1].strip("():% ") not in texts
    ]


def test_what_stands_in_braces_is_the_same_in_every_language() -> None:
    for table in tables(FILE).values():
        for reason, told in table.items():
            assert sorted(re.findall(r"\{(\w+)\}", reason)) == sorted(re.findall(r"\{(\w+)\}", told))


def test_words_that_were_said_are_never_translated() -> None:
    assert reason_in("pl", "heard again what stands beside it: no; yes").endswith(": no; yes")
    assert reason_in("xx", "said once") == "said once"
    assert reason_in("pl", "something new") == "something new"
