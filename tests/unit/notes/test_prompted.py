"""The writer that asks a language model: nothing cut, nothing believed, failures told."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from scripted_model import Say, ScriptedModel, obedient

from transcribe.core.chat import BadAnswer, Question
from transcribe.core.errors import ModelError, NetworkError, TranscribeError
from transcribe.core.events import WriterAdvanced
from transcribe.core.show_notes import NO_SHOW
from transcribe.formats.templates import template_folder
from transcribe.notes.asking import Manner
from transcribe.notes.budget import OUT_OF_TIME, budget_of
from transcribe.notes.prompted import PromptedWriter
from transcribe.notes.prompts import Prompts
from transcribe.notes.writer import Drafts, Material, Sentence

PROMPTS = Prompts((template_folder() / "prompts",))


def material(*texts: str, topics: tuple[int, ...] = (0,), language: str = "en") -> Material:
    sentences = tuple(
        Sentence(text, 1000 * at, 1000 * at + 900, (at,), None, 0.9) for at, text in enumerate(texts)
    )
    return Material(sentences, topics, "en", language, 1000 * len(texts), NO_SHOW)


def talk(count: int = 30, **values: object) -> Material:
    texts = [f"This is sentence number {at} of a talk about glass fibres." for at in range(count)]
    return material(*texts, **values)  # type: ignore[arg-type]


def write(model: ScriptedModel, about: Material, **options: object) -> Drafts:
    told: list[WriterAdvanced] = []
    manner = Manner(PROMPTS, **options)  # type: ignore[arg-type]
    drafts = PromptedWriter(model, manner).write(about, told.append)
    assert all(event.done < event.total for event in told)
    return drafts


def failing(part: str, *answers: str) -> Say:
    left = list(answers)

    def say(question: Question) -> str:
        return left.pop(0) if f"TASK: {part}" in question.text else obedient(question)

    return say


def test_every_part_is_written() -> None:
    drafts = write(ScriptedModel(), talk(topics=(0, 17)))
    assert drafts.failed == ()
    assert {draft.part for draft in drafts.drafts} == {
        "chapters", "summary", "long_summary", "takeaways", "quotes", "titles", "keywords", "social_post",
    }  # fmt: skip
    chapters = [(draft.text, draft.sentences) for draft in drafts.drafts if draft.part == "chapters"]
    assert chapters == [("It says that 16.", tuple(range(17))), ("It says that 29.", tuple(range(17, 30)))]
    assert (drafts.model, drafts.model_licence, drafts.version) == ("scripted", "MIT", "double 1")
    assert len(drafts.prompts_sha256) == 64


def test_the_name_of_who_speaks_is_no_part_of_a_text() -> None:
    about = talk()
    named = tuple(replace(sentence, speaker="Ann") for sentence in about.sentences)
    drafts = write(ScriptedModel(lambda _: "Ann: It says that 7"), replace(about, sentences=named))
    assert {draft.text for draft in drafts.drafts} == {"It says that 7"}


def test_a_section_is_read_once_and_then_all_points_once() -> None:
    model = ScriptedModel()
    write(model, talk())
    sources = [question.text.partition("TASK:")[0] for question in model.asked]
    tasks = ["State", "Write", "Copy"]
    assert [question.text.partition("TASK: ")[2].split()[0] for question in model.asked[:3]] == tasks
    assert [sources.index(source) for source in sources] == [0, 0, 0, 3, 3, 3, 3, 3]
    assert "It says that 29." in sources[3]
    assert len({question.system for question in model.asked}) == 1


def test_re_read_tokens_are_counted() -> None:
    model = ScriptedModel()  # reads everything anew every time
    writer = PromptedWriter(model, Manner(PROMPTS))
    writer.write(talk(), lambda _: None)
    assert writer.usage.answers == 8
    assert 0.3 < writer.usage.reread < 0.9


def test_long_transcript_is_cut_into_sections_that_hold_every_sentence() -> None:
    model = ScriptedModel(context=2000)
    drafts = write(model, talk(400, topics=(0, 111, 222, 333)))
    assert drafts.failed == ()
    seen = {
        int(number)
        for question in model.asked
        for number in re.findall(r"sentence number (\d+) of", question.text)
    }
    assert seen == set(range(400))
    assert [draft.sentences[0] for draft in drafts.drafts if draft.part == "chapters"] == [0, 111, 222, 333]
    assert {draft.part for draft in drafts.drafts} >= {"summary", "quotes", "titles"}


def test_points_that_do_not_fit_are_thinned_out() -> None:
    many = "\n".join(" ".join(f"word{at}x{place}" for place in range(30)) for at in range(2))
    model = ScriptedModel(lambda q: many if "TASK: State" in q.text else obedient(q), context=1000)
    drafts = write(model, talk(1200))
    assert sum(draft.part == "long_summary" for draft in drafts.drafts) == 25
    assert drafts.failed == ()


def test_of_a_section_of_which_nothing_was_noted_the_sentences_are_used() -> None:
    def say(question: Question) -> str:
        refused = "TASK: State" in question.text and "number 0 of" in question.text
        return "" if refused else obedient(question)

    model = ScriptedModel(say, context=1000)
    drafts = write(model, talk(100, topics=(0, 60)))
    assert drafts.failed == ()
    summed = next(question for question in model.asked if "TASK: Sum" in question.text)
    assert "sentence number 0 of" in summed.text
    assert "It says that 99." in summed.text


def test_sentence_longer_than_a_section_is_cut_between_words() -> None:
    model = ScriptedModel(context=1200)
    write(model, material(" ".join(f"word{at}" for at in range(2000))))
    seen = {word for question in model.asked for word in re.findall(r"word\d+", question.text)}
    assert len(seen) == 2000


def test_context_that_is_too_small() -> None:
    with pytest.raises(ModelError, match=r"reads 300 tokens at a time, too few .* --writer-context"):
        write(ScriptedModel(context=300), talk())


def test_the_context_that_is_said_to_be_needed_is_enough() -> None:
    with pytest.raises(ModelError) as told:
        write(ScriptedModel(context=300), talk())
    needed = re.search(r"about ([\d,]+) are needed", str(told.value))
    assert needed is not None
    context = int(needed[1].replace(",", ""))
    assert write(ScriptedModel(context=context), talk()).drafts
    with pytest.raises(ModelError):
        write(ScriptedModel(context=context - 10), talk())


@pytest.mark.parametrize("text", ["Good morning everyone.", "Yes.", "你好"])
def test_few_words_are_not_asked_about(text: str) -> None:
    model = ScriptedModel()
    drafts = write(model, material(text))
    assert drafts.drafts == ()
    assert {reason for _, reason in drafts.failed} == {"too little was said"}
    assert len(drafts.failed) == 8
    assert model.asked == []


def test_nothing_said() -> None:
    assert write(ScriptedModel(), material(topics=())).drafts == ()


def test_short_talk_has_few_parts() -> None:
    drafts = write(ScriptedModel(), talk(3))
    assert {draft.part for draft in drafts.drafts} == {
        "chapters",
        "summary",
        "titles",
        "keywords",
        "social_post",
    }


@pytest.mark.parametrize("bad", ["", "Here are some titles:", "- **  **", '{"items": [{"text": "Glass"}]}'])
def test_bad_answer_is_asked_for_again_with_other_settings(bad: str) -> None:
    model = ScriptedModel(failing("Suggest", bad, "Glass"))
    drafts = write(model, talk())
    assert drafts.failed == ()
    assert [draft.text for draft in drafts.drafts if draft.part == "titles"] == ["Glass"]
    first, second = (question for question in model.asked if "TASK: Suggest" in question.text)
    assert second.temperature > first.temperature
    assert second.seed != first.seed
    assert second.text == first.text


def test_two_bad_answers_fail_the_part_only() -> None:
    drafts = write(ScriptedModel(failing("Suggest", "", "")), talk())
    assert drafts.failed == (("titles", "the answer is empty"),)
    assert "summary" in {draft.part for draft in drafts.drafts}


def test_of_an_answer_that_is_cut_off_the_whole_sentences_are_kept() -> None:
    said = "Glass carries light. It is\nFib"
    drafts = write(ScriptedModel(lambda _: said, finish="length"), talk())
    assert {draft.text for draft in drafts.drafts} == {"Glass carries light. It is"}
    drafts = write(ScriptedModel(lambda _: "Glass carries light. It is", finish="length"), talk())
    assert {draft.text.rstrip(".") for draft in drafts.drafts} == {"Glass carries light"}
    assert drafts.failed == ()


def test_answers_that_are_cut_off_in_their_first_sentence_fail() -> None:
    model = ScriptedModel(finish="length")
    drafts = write(model, talk())
    assert set(dict(drafts.failed).values()) == {"the answer was cut off before its end"}
    assert len(drafts.failed) == 8
    assert len(model.asked) == 2  # both about the only section: no hope for the rest


POLISH = "To jest zdanie po polsku, które mówi o tym, że szkło przewodzi światło i nie boi się wody."


def test_a_model_that_writes_another_language_is_given_up_with_advice() -> None:
    model = ScriptedModel(lambda _: POLISH, context=1000)
    better = {"en": ". Models that do better: large"}
    drafts = write(model, talk(400), better=better.__getitem__)
    assert drafts.drafts == ()
    assert {why for _, why in drafts.failed} == {"it is in another language. Models that do better: large"}
    assert sum("TASK: State" in question.text for question in model.asked) == 2


def test_a_language_that_is_right_later_is_enough() -> None:
    asked = 0

    def say(question: Question) -> str:
        nonlocal asked
        asked += 1
        return POLISH if asked == 1 else obedient(question)

    drafts = write(ScriptedModel(say, context=1000), talk(400, topics=(0, 200)))
    assert drafts.failed == ()


def test_the_budget_ends_the_questions_and_keeps_what_was_written() -> None:
    now = 0.0

    class Slow(ScriptedModel):
        def answer(self, question: Question):  # type: ignore[no-untyped-def]
            nonlocal now
            now += 10
            return super().answer(question)

    def drafts_of(about: Material, budget_s: float) -> Drafts:
        nonlocal now
        now = 0.0
        writer = PromptedWriter(Slow(context=1000), Manner(PROMPTS, budget_s=budget_s), lambda: now)
        return writer.write(about, lambda _: None)

    assert drafts_of(talk(400), 1000).failed == ()
    some = drafts_of(talk(400), 60)
    assert now == 60
    assert {draft.part for draft in some.drafts} >= {
        "chapters",
        "long_summary",
        "quotes",
        "summary",
        "titles",
    }
    assert set(dict(some.failed).values()) == {OUT_OF_TIME}


def test_the_budget_of_itself() -> None:
    assert [budget_of(minutes * 60_000) for minutes in (0, 5, 46, 60, 600)] == [60, 300, 1800, 1800, 1800]


@pytest.mark.parametrize(
    "answer", ["<think>hm</think>\nGlass", "Here it is:\n1. **Glass**", "- “Glass”", "(2) Glass", "* Glass"]
)
def test_thoughts_bullets_and_emphasis_are_taken_off(answer: str) -> None:
    drafts = write(ScriptedModel(failing("Suggest", answer)), talk())
    assert [draft.text for draft in drafts.drafts if draft.part == "titles"] == ["Glass"]


def test_keywords_in_one_line_are_taken_apart() -> None:
    drafts = write(ScriptedModel(failing("List", "glass, light; fibres.")), talk())
    assert [draft.text for draft in drafts.drafts if draft.part == "keywords"] == ["glass", "light", "fibres"]


def test_a_number_that_opens_a_sentence_stays() -> None:
    drafts = write(ScriptedModel(failing("Suggest", "12 percent is ideal")), talk())
    assert [draft.text for draft in drafts.drafts if draft.part == "titles"] == ["12 percent is ideal"]


class Dying(ScriptedModel):
    """Answers twice; then the server is gone."""

    def __init__(self, error: TranscribeError, answers: int = 2) -> None:
        super().__init__()
        self.error, self.left = error, answers

    def answer(self, question: Question):  # type: ignore[no-untyped-def]
        if not self.left:
            self.asked.append(question)
            raise self.error
        self.left -= 1
        return super().answer(question)


def test_server_that_goes_away_keeps_what_was_written_and_is_not_asked_again() -> None:
    model = Dying(NetworkError("no server answers"))
    drafts = write(model, talk())
    assert {draft.part for draft in drafts.drafts} == {"long_summary", "chapters"}
    assert len(drafts.failed) == 6
    assert len(model.asked) == 3


def test_server_that_is_not_there_is_an_error() -> None:
    with pytest.raises(NetworkError):
        write(Dying(NetworkError("no server answers"), answers=0), talk())


def test_hopeless_question_is_asked_once() -> None:
    model = Dying(BadAnswer("does not fit", again=False))
    write(model, talk())
    assert len(model.asked) == 8


def test_language_tone_and_own_prompts(tmp_path: Path) -> None:
    (tmp_path / "titles.j2").write_text("TASK: Zaproponuj {{ most }} tytułów.", encoding="utf-8")
    model = ScriptedModel()
    own = PromptedWriter(model, Manner(Prompts((tmp_path, *PROMPTS.folders)), "Be dry.", 0.7))
    drafts = own.write(talk(language="pl"), lambda _: None)
    assert model.asked[0].system.startswith("Be dry.")
    assert "Write in Polish," in model.asked[0].system
    assert model.asked[0].temperature == 0.7
    assert any("Zaproponuj 4 tytułów." in question.text for question in model.asked)
    assert drafts.prompts_sha256 != write(ScriptedModel(), talk()).prompts_sha256


def test_mistake_in_a_prompt_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "titles.j2").write_text("TASK:\n{{ nothing }}", encoding="utf-8")
    with pytest.raises(TranscribeError, match=r"titles\.j2, line 2"):
        PromptedWriter(ScriptedModel(), Manner(Prompts((tmp_path, *PROMPTS.folders)))).write(
            talk(), lambda _: None
        )
