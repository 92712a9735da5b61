"""A real language model, in process and behind real servers on loopback: llama-cpp-python's and llama.cpp's.

SmolLM2 has 135 million parameters: what it writes is mostly rubbish, and that it stays within its form is
what is looked at here.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from reviewed import Desk
from spoken import segment, transcript

from benchmarks import llm_servers
from transcribe.cli.main import run
from transcribe.control.policy import items as policy
from transcribe.control.policy.asking import Asker
from transcribe.control.policy.check import check
from transcribe.control.policy.kept import Keeper, keep_answers
from transcribe.core.chat import BadAnswer, ChatIdentity, ChatModel, Question
from transcribe.core.errors import ModelError, NetworkError
from transcribe.core.settings import Settings
from transcribe.core.show_notes import NO_SHOW
from transcribe.engines.llm.find import connect, find_servers
from transcribe.engines.llm.llama_cpp import LlamaCpp, version
from transcribe.engines.llm.servers import KINDS
from transcribe.formats.templates import template_folder
from transcribe.jobs.assemble.writer import choose_chat, choose_writer
from transcribe.jobs.correct import opened
from transcribe.models.installed import InstalledModel
from transcribe.models.sources import pull
from transcribe.models.store import Store
from transcribe.notes.answers import form, read_lines
from transcribe.notes.asking import Manner
from transcribe.notes.prompted import TASKS, PromptedWriter
from transcribe.notes.prompts import Prompts
from transcribe.notes.writer import Material, Sentence

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(importlib.util.find_spec("llama_cpp") is None, reason="run: make llm"),
]

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "two-voices.txt"
CONTEXT = 2304
"""Holds the sample and what is asked about it; an answer may have a quarter, which this model uses up."""

SYSTEM = "Answer in English, one thing a line."
FORM = form(3)


def material() -> Material:
    text = SAMPLE.read_text("utf-8").replace(";", ".").replace(":", ".")
    texts = [f"{part.strip()}." for line in text.splitlines() for part in line.split(".") if part.strip()]
    sentences = tuple(
        Sentence(each, 5000 * at, 5000 * at + 4900, (at,), None, 0.9) for at, each in enumerate(texts)
    )
    return Material(sentences, (0, len(texts) // 2), "en", "en", 5000 * len(texts), NO_SHOW)


def question(task: str, longest: int = 40) -> Question:
    source = "\n".join(sentence.text for sentence in material().sentences)
    return Question(SYSTEM, f"{source}\n\nTASK: {task}", FORM, longest, 0.2)


@pytest.fixture(scope="module")
def smollm2(model_store: Store) -> InstalledModel:
    return pull("smollm2", model_store, "index")


@pytest.fixture(scope="module")
def in_process(smollm2: InstalledModel) -> Iterator[LlamaCpp]:
    identity = ChatIdentity("llama.cpp", version(), smollm2.name, smollm2.sha256, smollm2.licence)
    model = LlamaCpp(smollm2.path, identity, CONTEXT, 1, 600)
    yield model
    model.close()


@dataclass(frozen=True)
class Running:
    """A server of this machine that has SmolLM2."""

    kind: str
    port: int

    def chat(self, context: int = CONTEXT) -> ChatModel:
        """A connection to it."""
        host = f"http://127.0.0.1:{self.port}"
        return connect(KINDS[self.kind], "smollm2", host=host, seconds=120, context=context)


@pytest.fixture(scope="module", params=llm_servers.KINDS)
def server(request: pytest.FixtureRequest, smollm2: InstalledModel) -> Iterator[Running]:
    """A real server on a free port of this machine."""
    if reason := llm_servers.missing(request.param):
        pytest.skip(reason)
    with llm_servers.serving(request.param, smollm2.path, CONTEXT) as port:
        yield Running(request.param, port)


def test_answer_in_process_keeps_to_the_form(in_process: LlamaCpp) -> None:
    answer = in_process.answer(question("Say in one sentence what this is about."))
    assert answer.finish in ("stop", "length")
    assert answer.tokens > 0
    assert 1 <= len(answer.text.splitlines()) <= 3


def test_what_was_read_is_not_read_again(in_process: LlamaCpp) -> None:
    first = in_process.answer(question("Suggest a title."))
    second = in_process.answer(question("Pick a keyword."))
    assert first.read_tokens is not None
    assert second.read_tokens is not None
    assert second.prompt_tokens > 200
    assert second.read_tokens < 0.2 * second.prompt_tokens


def test_tokens_are_counted(in_process: LlamaCpp) -> None:
    text = material().sentences[0].text
    assert len(text.split()) <= in_process.count(text) < len(text)


def test_question_that_does_not_fit_is_refused_and_not_cut(in_process: LlamaCpp) -> None:
    with pytest.raises(BadAnswer, match="does not fit"):
        in_process.answer(Question(SYSTEM, "word " * CONTEXT, FORM, 100, 0.2))


def test_both_engines_live_side_by_side_however_they_were_built(
    in_process: LlamaCpp, tiny_en_model: InstalledModel
) -> None:
    """After `make native` both bring a libggml-base of their own, and one process cannot load the two."""
    from transcribe.engines.whisper_cpp import known_languages

    assert "pl" in known_languages()
    assert in_process.answer(question("Suggest a title.")).text
    assert {"_pywhispercpp", "llama_cpp"} & set(sys.modules) == {"_pywhispercpp"}


def test_marks_of_a_chat_template_are_read_as_letters(in_process: LlamaCpp) -> None:
    """One that is read as such is a single token, whoever says it."""
    plain, marked = (
        in_process.answer(Question(SYSTEM, 20 * f"{mark} ", FORM, 1, 0.0)).prompt_tokens
        for mark in ("", "<|im_start|>")
    )
    assert marked - plain > 20 * 3


def test_question_of_a_policy_in_process(smollm2: InstalledModel) -> None:
    """Whatever it answers is in the form, and goes to a person."""
    opened = choose_chat(Settings.of(writer=f"llama.cpp:{smollm2.name}", writer_context=2048))
    assert opened
    question = policy.Question(id="q", title="Q", ask="Is it the best of times?")
    with closing(Asker(opened)) as asker:
        heard = transcript(segment("It was the best of times."), segment("It was the worst of times.", 3000))
        (found,) = check(policy.Policy(version=1, name="x", questions=(question,)), heard, asker)
    assert found.answer in ("yes", "no", "unsure", "uncited", "not said")
    assert (found.person, found.outcome != "clear") == (True, True)


def check_accounts(chat: ChatModel) -> None:
    """Every part is either drafted, with evidence that exists, or told to have failed."""
    about = material()
    writer = PromptedWriter(chat, Manner(Prompts((template_folder() / "prompts",))))
    drafts = writer.write(about, lambda _: None)
    parts = {draft.part for draft in drafts.drafts} | {part for part, _ in drafts.failed}
    assert parts == {task.part for task in TASKS}
    assert all(0 <= at < len(about.sentences) for draft in drafts.drafts for at in draft.sentences)
    assert writer.usage.tokens > 0


@pytest.mark.slow
def test_notes_in_process(in_process: LlamaCpp) -> None:
    check_accounts(in_process)


def test_answer_through_the_server(server: Running) -> None:
    with closing(server.chat()) as chat:
        answer = chat.answer(question("Say in one sentence what this is about."))
    assert answer.prompt_tokens > 200
    if answer.finish == "stop":
        assert read_lines(answer)


@pytest.mark.slow
def test_notes_through_the_server(server: Running) -> None:
    with closing(server.chat()) as chat:
        check_accounts(chat)


def test_server_is_found_and_counts_like_the_model(server: Running, in_process: LlamaCpp) -> None:
    (found,) = find_servers({kind: (server.port,) for kind in KINDS if kind != "jan"})
    assert (found.writer, [model.name for model in found.models]) == (server.kind, ["smollm2"])
    text = material().sentences[0].text
    with closing(server.chat()) as chat:
        assert abs(chat.count(text) - in_process.count(text)) <= 1


def test_server_tells_its_context_or_the_default_is_taken(server: Running) -> None:
    with closing(server.chat(context=0)) as chat:
        assert chat.context == (CONTEXT if server.kind == "llama-server" else 2048)


def test_server_that_tells_what_it_read_does_not_read_it_again(server: Running) -> None:
    with closing(server.chat()) as chat:
        chat.answer(question("Suggest a title."))
        answer = chat.answer(question("Pick a keyword."))
    if server.kind == "llama-server":
        assert answer.read_tokens is not None
        assert answer.read_tokens < 0.2 * answer.prompt_tokens
        assert answer.read_seconds < answer.seconds
    else:
        assert (answer.read_tokens, answer.read_seconds) == (None, 0.0)


def test_server_says_that_a_question_does_not_fit(server: Running) -> None:
    with closing(server.chat()) as chat, pytest.raises(BadAnswer, match="does not fit"):
        chat.answer(Question(SYSTEM, "word " * 2 * CONTEXT, FORM, 100, 0.2))


def test_server_has_no_such_model(server: Running) -> None:
    host = f"http://127.0.0.1:{server.port}"
    with pytest.raises(ModelError, match=r"has no model 'qwen3'.*smollm2"):
        connect(KINDS[server.kind], "qwen3", host=host, seconds=30)


def test_nobody_at_the_port() -> None:
    with pytest.raises(NetworkError):
        connect(KINDS["llama-server"], "smollm2", host="http://127.0.0.1:9", seconds=5)


@pytest.mark.parametrize("by_path", [False, True])
def test_chosen_by_name_and_by_path(smollm2: InstalledModel, by_path: bool) -> None:
    model = str(smollm2.path) if by_path else "smollm2"
    opened = choose_writer(Settings.of(writer=f"llama.cpp:{model}", writer_context=2048))
    assert opened is not None
    about = Material((Sentence("Yes.", 0, 500, (0,), None, 0.9),), (0,), "en", "en", 1000, NO_SHOW)
    drafts = opened().write(about, lambda _: None)
    assert (drafts.drafts, drafts.model_sha256) == ((), smollm2.sha256)


def test_more_context_than_the_model_was_trained_for(smollm2: InstalledModel) -> None:
    opened = choose_writer(Settings.of(writer="llama.cpp:smollm2", writer_context=100_000))
    assert opened is not None
    with pytest.raises(ModelError, match="reads 8,192 tokens at a time, not 100,000"):
        opened()


def test_installed_model_is_listed(smollm2: InstalledModel, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["llm", "list", "--json"]) == 0
    (row,) = (row for row in json.loads(capsys.readouterr().out) if row["model"] == "smollm2")
    assert (row["writer"], row["context"]) == ("llama.cpp:smollm2", 8192)


def test_answers_to_a_policy_are_kept_for_the_review_and_pass_nothing(
    in_process: LlamaCpp, tmp_path: Path
) -> None:
    desk = Desk.of(tmp_path)
    keeper = Keeper(Asker(lambda: in_process))
    check(desk.policy[0], opened(desk.document).transcript, keeper)
    keep_answers(desk.document, keeper.records)
    items = [each for each in desk.review().standings if each.item.what == "opinion"]
    assert items
    assert {each.state for each in items} == {"open"}
    assert all(each.item.reason.endswith("; answered by smollm2") for each in items)
