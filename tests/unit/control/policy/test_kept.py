"""A model's answers to a policy's questions, kept for the review: shown there, and trusted in nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as with_
from reviewed import Desk
from scripted_model import ScriptedModel

from transcribe.control.policy import kept
from transcribe.control.policy.asking import Asker
from transcribe.control.policy.check import check
from transcribe.control.policy.kept import Keeper, keep_answers, kept_answers
from transcribe.control.review.decide import decide
from transcribe.control.review.items import Item
from transcribe.control.review.state import Standing
from transcribe.core.errors import InputError
from transcribe.core.text import plain_name
from transcribe.jobs.documents import open_corrected
from transcribe.models.installed import InstalledModel


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.of(tmp_path)


def answered(desk: Desk, *answers: str) -> None:
    """Ask the questions of a model that says this, and keep it."""
    left = list(answers)
    keeper = Keeper(Asker(lambda: ScriptedModel(lambda _: left.pop(0))))
    check(desk.policy[0], open_corrected(desk.document).transcript, keeper)
    keep_answers(desk.document, keeper.records)


def said(verdict: str, quote: str = "", *cues: int) -> str:
    return json.dumps({"cues": cues, "quote": quote, "verdict": verdict})


def standing(desk: Desk) -> Standing:
    (found,) = (each for each in desk.review().standings if each.item.what == "opinion")
    return found


def words(desk: Desk, segment: int) -> str:
    return open_corrected(desk.document).transcript.segments[segment].text


def file(desk: Desk) -> Path:
    return desk.document.with_suffix(".answers.json")


def changed(desk: Desk, **values: Any) -> None:
    """Change the record in the file."""
    read = json.loads(file(desk).read_bytes())
    read["records"][0] |= values
    file(desk).write_text(json.dumps(read), "utf-8")


def test_an_answer_is_an_item_with_its_quote_and_place_that_a_person_decides(desk: Desk) -> None:
    assert standing(desk).item.reason == "not asked: no model"
    answered(desk, said("yes", words(desk, 0), 1))
    assert file(desk).stat().st_mode & 0o777 == 0o600
    item = standing(desk).item
    segment = open_corrected(desk.document).transcript.segments[0]
    assert item.quote.words == segment.text
    assert item.spans == ((segment.words[0].start_ms, segment.words[-1].end_ms),)
    assert item.reason == "yes; answered by scripted"
    assert standing(desk).state == "open"
    decide(desk.review(), item, "accept", who="Ala")
    assert standing(desk).state == "accepted"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said("no", "{}", 1), "open: no"),
        (said("unsure"), "open: unsure"),
        (said("not said"), "open: not said"),
        (
            said("yes", "nobody ever said this", 1),
            "open: uncited: a yes or no whose quote is not in the lines",
        ),
        ("I think so", "open: off-schema: the answer is not in the form"),
    ],
)
def test_no_answer_passes_anything(desk: Desk, answer: str, reason: str) -> None:
    answered(desk, answer.replace("{}", words(desk, 0)))
    found = standing(desk)
    assert found.item.reason.startswith(reason)
    assert found.item.reason.endswith("; answered by scripted")
    assert found.state == "open"
    assert desk.review().obstacles


def test_a_decision_about_another_answer_does_not_count(desk: Desk) -> None:
    answered(desk, said("not said"))
    decide(desk.review(), standing(desk).item, "accept", who="Ala")
    assert standing(desk).state == "accepted"
    answered(desk, said("unsure"))
    assert (standing(desk).state, standing(desk).why[:10]) == ("open", "its words,")
    file(desk).unlink()
    assert standing(desk).state == "open"


def test_answers_about_other_words_are_not_used(desk: Desk) -> None:
    answered(desk, said("yes", words(desk, 0), 1))
    desk.correct(1, "Quite another thing.")
    assert standing(desk).item.reason == "not asked: asked of another text"


def test_answers_to_another_question_are_not_used(desk: Desk) -> None:
    answered(desk, said("yes", words(desk, 0), 1))
    policy, sha256 = desk.policy
    other = with_(policy, questions=(with_(policy.questions[0], ask="Does anybody sing?"),))
    assert (
        standing(replace(desk, policy=(other, sha256))).item.reason == "not asked: another question was asked"
    )


def test_answers_of_weights_that_were_replaced_are_not_used(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(desk, said("yes", words(desk, 0), 1))

    class Installed:
        def installed(self) -> tuple[InstalledModel, ...]:
            return (model,)

    model = InstalledModel(
        "scripted",
        Path("x.gguf"),
        "cd" * 32,
        1,
        "llm",
        multilingual=True,
        alignment="",
        licence="MIT",
        memory_bytes=1,
    )
    monkeypatch.setattr(kept, "Store", Installed)
    assert standing(desk).item.reason == "not asked: asked of another version of the model"
    model = replace(model, sha256="ab" * 32)
    assert standing(desk).item.reason == "yes; answered by scripted"


def test_who_asks_again_replaces_the_answers_to_these_questions_only(desk: Desk) -> None:
    answered(desk, said("unsure"))
    changed(desk, id="another")
    answered(desk, said("not said"))
    assert [each.id for each in kept_answers(desk.document).records] == ["another", "opinion"]
    answered(desk, said("no", words(desk, 0), 1))
    assert [each.id for each in kept_answers(desk.document).records] == ["another", "opinion"]


@pytest.mark.parametrize(
    "values",
    [
        {"model": 5},
        {"model": "x" * 201},
        {"asked": "no digest"},
        {"sections": []},
        {"sections": [{"answer": "clear"}]},
        {"sections": [{"answer": "yes", "quote": "x" * 5000}]},
        {"sections": [{"answer": "yes", "segments": [-1]}]},
        {"sections": [{"answer": "yes", "passed": True}]},
        {"approved": "yes"},
    ],
)
def test_a_file_of_another_form_is_an_error_that_says_what_to_do(
    desk: Desk, values: Mapping[str, Any]
) -> None:
    answered(desk, said("unsure"))
    changed(desk, **values)
    with pytest.raises(InputError, match=r"talk\.answers\.json.*ask again"):
        desk.review()


def test_a_link_or_a_huge_file_is_not_read(desk: Desk, tmp_path: Path) -> None:
    file(desk).symlink_to("/dev/zero")
    with pytest.raises(InputError):
        desk.review()
    file(desk).unlink()
    with file(desk).open("wb") as handle:
        handle.truncate(kept.MAX_BYTES + 1)
    with pytest.raises(InputError):
        desk.review()


SECTIONS = st.lists(
    st.fixed_dictionaries(
        {
            "answer": st.sampled_from(
                ["yes", "no", "unsure", "not said", "off-schema", "failed", "not asked"]
            ),
            "quote": st.one_of(st.just("{line}"), st.text(max_size=40)),
            "segments": st.lists(st.integers(0, 9), max_size=4),
        }
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(sections=SECTIONS, model=st.text(max_size=30))
def test_whatever_a_stranger_writes_a_person_decides(
    desk: Desk, sections: list[dict[str, Any]], model: str
) -> None:
    file(desk).unlink(missing_ok=True)
    answered(desk, said("unsure"))
    shown = [{**each, "quote": each["quote"].replace("{line}", words(desk, 0))} for each in sections]
    changed(desk, sections=shown, model=model)
    items: list[Item] = [each.item for each in desk.review().standings if each.item.what == "opinion"]
    assert items
    assert {each.state for each in desk.review().standings if each.item in items} == {"open"}
    transcript = " ".join(each.text for each in open_corrected(desk.document).transcript.segments)
    assert all(each.quote.words in transcript for each in items)
    assert all(plain_name(each.reason) == each.reason for each in items)
