"""A language model that crashes, hangs or is killed takes with it only what it had left to write."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from transcribe.core.chat import BadAnswer, ChatIdentity, Question
from transcribe.core.errors import DependencyError, EngineError
from transcribe.core.own_process import Died
from transcribe.core.show_notes import NO_SHOW
from transcribe.engines.llm.llama_cpp import LlamaCpp, version
from transcribe.formats.templates import template_folder
from transcribe.notes.answers import form
from transcribe.notes.asking import Manner
from transcribe.notes.prompted import PromptedWriter
from transcribe.notes.prompts import Prompts
from transcribe.notes.writer import Material, Sentence

Stand = Callable[[str], None]

PACKAGE = '''
import os, signal

class Llama:
    """Stands for the package: an answer cites the first sentence; {crash}"""

    n_tokens = 0
    asked = 0

    def __init__(self, **options):
        self.at("load")

    def at(self, place):
        {crash}

    def tokenize(self, text, **options):
        self.at("count")
        return text.split()

    def eval(self, tokens):
        pass

    def create_chat_completion(self, messages, **options):
        self.eval([1, 2, 3])
        self.at("read")
        Llama.asked += 1
        text = "It says so."
        yield {{"choices": [{{"delta": {{"content": text}}, "finish_reason": None}}]}}
        self.at("wrote " + str(Llama.asked))
        yield {{"choices": [{{"delta": {{}}, "finish_reason": "stop"}}]}}

    def close(self):
        pass


class LlamaGrammar:
    from_string = staticmethod(lambda text, **options: text)
'''

IDENTITY = ChatIdentity("llama.cpp", "double 1", "tiny", "ab" * 32, "MIT")
QUESTION = Question("Be kind.", "What is it about?", form(1), 40, 0.2)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Puts a package in the place of llama-cpp-python that does something at a certain place."""

    def stand(crash: str) -> None:
        folder = tmp_path / "site"
        (folder / "llama_cpp").mkdir(parents=True)
        (folder / "llama_cpp" / "__init__.py").write_text(PACKAGE.format(crash=crash))
        facts = folder / "llama_cpp_python-0.0.1.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: llama-cpp-python\nVersion: 0.0.1\n")
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setenv("PYTHONPATH", str(folder))

    return stand


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Callable[..., LlamaCpp]]:
    made: list[LlamaCpp] = []

    def load(seconds: float = 60.0) -> LlamaCpp:
        made.append(LlamaCpp(tmp_path / "tiny.gguf", IDENTITY, 4000, 1, seconds))
        return made[-1]

    yield load
    for each in made:
        each.close()


def crash(place: str, number: int = signal.SIGSEGV) -> str:
    return f"if place == {place!r}: os.kill(os.getpid(), {int(number)})"


def test_it_answers_in_another_process(package: Stand, model: Callable[..., LlamaCpp]) -> None:
    package("pass")
    assert version() == "llama-cpp-python 0.0.1"
    chat = model()
    assert chat.count("one two three") == 3
    answer = chat.answer(QUESTION)
    assert answer.finish == "stop"
    assert "It says so." in answer.text
    assert (answer.prompt_tokens, answer.read_tokens, answer.tokens) == (3, 3, 1)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGILL, signal.SIGKILL, signal.SIGABRT])
def test_a_crash_over_the_model_says_what_died_and_what_to_try(
    package: Stand, model: Callable[..., LlamaCpp], number: signal.Signals
) -> None:
    package(crash("load", number))
    with pytest.raises(
        Died, match=rf"^llama\.cpp .*{number.name}.* while reading the model tiny\. Try "
    ) as died:
        model()
    assert "make llm" in died.value.hint


def test_a_crash_over_a_question_is_final(package: Stand, model: Callable[..., LlamaCpp]) -> None:
    package(crash("read"))
    chat = model()
    for _ in range(2):
        with pytest.raises(Died, match=r"llama\.cpp crashed \(SIGSEGV\) while tiny wrote"):
            chat.answer(QUESTION)
    assert chat.count("a text of some words") >= 5


def test_a_crash_over_counting_is_told_with_the_next_question(
    package: Stand, model: Callable[..., LlamaCpp]
) -> None:
    package(crash("count"))
    chat = model()
    assert chat.count("a text of some words") >= 5
    with pytest.raises(Died, match=r"crashed \(SIGSEGV\) while tiny read"):
        chat.answer(QUESTION)


def test_a_model_that_hangs_is_ended_at_its_limit(package: Stand, model: Callable[..., LlamaCpp]) -> None:
    package("while place == 'wrote 1': signal.pause()")
    chat = model(0.5)
    with pytest.raises(Died, match=r"did not answer within 0\.5 s .*--writer-seconds"):
        chat.answer(QUESTION)


def test_failures_that_are_no_crash_are_as_they_were(package: Stand, model: Callable[..., LlamaCpp]) -> None:
    package("if place == 'read': raise ValueError('Requested tokens (9) exceed context window of 4')")
    with pytest.raises(BadAnswer, match="does not fit") as refused:
        model().answer(QUESTION)
    assert not refused.value.again


def test_a_package_that_refuses_the_model(package: Stand, model: Callable[..., LlamaCpp]) -> None:
    package("if place == 'load': raise ValueError('bad magic')")
    with pytest.raises(EngineError, match=r"refuses the model .*bad magic"):
        model()


def test_a_package_that_does_not_load(package: Stand, model: Callable[..., LlamaCpp], tmp_path: Path) -> None:
    package("pass")
    broken = tmp_path / "site" / "llama_cpp" / "__init__.py"
    broken.write_text("raise OSError('undefined symbol: ggml_rope_set_offset')")
    with pytest.raises(DependencyError, match="cannot be loaded: undefined symbol"):
        model()


def test_what_was_written_before_a_crash_is_kept(package: Stand, model: Callable[..., LlamaCpp]) -> None:
    package(crash("wrote 4"))
    with closing(PromptedWriter(model(), Manner(Prompts((template_folder() / "prompts",))))) as writer:
        drafts = writer.write(talk(), lambda _: None)
        assert "crashed (SIGSEGV)" in writer.died
    written, failed = {draft.part for draft in drafts.drafts}, dict(drafts.failed)
    assert written == {"chapters", "long_summary", "quotes"}
    assert set(failed) == {"summary", "takeaways", "titles", "keywords", "social_post"}
    assert all("crashed (SIGSEGV)" in why for why in failed.values())


def talk() -> Material:
    texts = [f"This is sentence number {at} of a talk about glass fibres." for at in range(40)]
    sentences = tuple(
        Sentence(text, 1000 * at, 1000 * at + 900, (at,), None, 0.9) for at, text in enumerate(texts)
    )
    return Material(sentences, (0,), "en", "en", 40_000, NO_SHOW)
