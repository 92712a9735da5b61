"""What notes cost: extractive ones of long transcripts, and how much a language model reads twice.

    python -m benchmarks.notes [--minutes 10,120,600] [--languages en,pl,de] [--model smollm2] [--answer 32]

Writes `benchmarks/results/notes.md`. The transcripts are made up from seeded random numbers: real words as
frequent as in their language for the extractive writer, each transcript in a process of its own that loads
everything; invented words, some of them of a topic that changes every five minutes, for a model. Answers
are cut after a few tokens and taken for good, so that minutes are enough; that makes the share of time that
goes into reading larger than it is.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import wordfreq

from benchmarks import llm_servers
from benchmarks.machine import code_version, this_machine
from transcribe.core.chat import Answer, ChatIdentity, ChatModel, Question
from transcribe.core.show_notes import NO_SHOW
from transcribe.engines.llm.find import connect
from transcribe.engines.llm.llama_cpp import LlamaCpp, version
from transcribe.engines.llm.servers import KINDS
from transcribe.formats.templates import template_folder
from transcribe.models.store import Store
from transcribe.notes.asking import Manner, Usage
from transcribe.notes.extractive import write_extractive
from transcribe.notes.prompted import PromptedWriter
from transcribe.notes.prompts import Prompts
from transcribe.notes.terms import words_of
from transcribe.notes.topics import topics_of
from transcribe.notes.writer import Material, Sentence

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "benchmarks" / "results" / "notes.md"
BUDGET_S = 3600
"""Of each recording, so that every question is asked."""

SAID = "It was said."
WORDS_A_MINUTE = 150
CONTEXT = 2048
SHORT, LONG = 1, 3
"""Minutes of the transcripts that a language model reads: one section, and several."""


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", default="10,120,600", help="lengths for the extractive writer")
    parser.add_argument("--languages", default="en,pl,de", help="languages for the extractive writer")
    parser.add_argument("--one", action="store_true", help="print the seconds of the first of each only")
    parser.add_argument("--model", default="smollm2", help="name of an installed language model")
    parser.add_argument("--answer", type=int, default=32, help="tokens after which an answer is cut")
    asked = parser.parse_args()
    lengths = [int(each) for each in asked.minutes.split(",")]
    languages = asked.languages.split(",")
    if asked.one:
        print(f"{extractive_s(drawn(lengths[0], languages[0])):.2f}")
        return
    page = "\n".join([*head(), *extractive(lengths, languages), *reading(asked.model, asked.answer)])
    TARGET.write_text(page + "\n", encoding="utf-8")
    print(page)


def head() -> Iterator[str]:
    """What was measured, on what."""
    machine = this_machine()
    yield "# What notes cost\n"
    yield f"transcribe {code_version(ROOT)}, {machine.processor}, {machine.cores} cores, {machine.system}."
    yield "Made by `python -m benchmarks.notes`.\n"


def made_up(minutes: int, seed: int = 1) -> Material:
    """A transcript of that length; the same for the same numbers."""
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    common = [word(dice) for _ in range(3000)]
    weights = [1 / (rank + 1) for rank in range(len(common))]
    sentences: list[Sentence] = []
    at = 0
    topic: list[str] = []
    while at < minutes * 60_000:
        if not topic or at // 300_000 != sentences[-1].start_ms // 300_000:
            topic = [word(dice) for _ in range(40)]
        count = dice.randint(5, 24)
        words = dice.choices(common, weights, k=count)
        for place in range(0, count, 4):
            words[place] = dice.choice(topic)
        text = " ".join(words).capitalize() + "."
        end = at + count * 60_000 // WORDS_A_MINUTE
        sentences.append(Sentence(text, at, end - 100, (len(sentences),), None, 0.9))
        at = end
    said = tuple(sentences)
    return Material(said, topics_of(said, "en", at), "en", "en", at, NO_SHOW)


def word(dice: random.Random) -> str:
    """Two or three syllables."""
    return "".join(dice.choice("bdfgklmnprstvz") + dice.choice("aeiou") for _ in range(dice.randint(2, 3)))


def drawn(minutes: int, language: str, seed: int = 1) -> Material:
    """Words of a language in no order, as frequent as they are in it: more different ones than people use."""
    shares = wordfreq.get_frequency_dict(language, "small")
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    capital = {"de": 0.3}.get(language, 0.05)  # words that are written with one
    listed = [word.capitalize() if dice.random() < capital else word for word in shares]
    sentences: list[Sentence] = []
    at = 0
    while at < minutes * 60_000:
        words = dice.choices(listed, list(shares.values()), k=dice.randint(5, 24))
        text = " ".join(words)
        end = at + len(words) * 60_000 // WORDS_A_MINUTE
        sentences.append(
            Sentence(f"{text[0].upper()}{text[1:]}.", at, end - 100, (len(sentences),), None, 0.9)
        )
        at = end
    return Material(tuple(sentences), (), language, language, at, NO_SHOW)


def extractive_s(material: Material) -> float:
    """Processor seconds of finding topics, ranking and choosing, and of loading what is known of words."""
    start = time.process_time()
    topics = topics_of(material.sentences, material.language, material.duration_ms)
    write_extractive(replace(material, topics=topics), (), "")
    return time.process_time() - start


def extractive(lengths: list[int], languages: list[str]) -> Iterator[str]:
    """The extractive writer."""
    yield "## Without a language model\n"
    yield "| language | minutes | sentences | different words | processor seconds |"
    yield "|---|---|---|---|---|"
    for language in languages:
        for minutes in lengths:
            sentences = drawn(minutes, language).sentences
            words = {word for sentence in sentences for word in words_of(sentence.text)}
            command = [sys.executable, "-m", "benchmarks.notes", "--one", "--minutes", str(minutes)]
            measured = subprocess.run(
                [*command, "--languages", language], cwd=ROOT, capture_output=True, text=True, check=True
            )
            seconds = measured.stdout.strip()
            yield f"| {language} | {minutes} | {len(sentences):,} | {len(words):,} | {seconds} |"


class Curt:
    """A language model whose answers are cut, and that forgets what it read if it is told to.

    Args:
        model: Who answers; what is said is not looked at.
        longest: Tokens of an answer.
        forget: Called before each question.
    """

    def __init__(self, model: ChatModel, longest: int, forget: Callable[[], None] = lambda: None) -> None:
        self.identity, self.context, self.count = model.identity, model.context, model.count
        self._model, self._longest, self._forget = model, longest, forget

    def answer(self, question: Question) -> Answer:
        """Ask, briefly."""
        self._forget()
        answer = self._model.answer(replace(question, max_tokens=min(self._longest, question.max_tokens)))
        return replace(answer, text=SAID, finish="stop")

    def close(self) -> None:
        """Whoever opened the model closes it."""


def reading(name: str, longest: int) -> Iterator[str]:
    """How much each way of asking reads again."""
    yield "\n## Reading with a language model\n"
    yield (
        f"`{name}`, a context of {CONTEXT:,} tokens, one thread, answers of at most {longest} tokens. "
        "“Again” are tokens of questions that had been read for an earlier one. Shares are of the tokens of "
        "questions, and of all the time. Empty: not told.\n"
    )
    yield (
        "| writer | minutes | answers | tokens of questions | read | again | share | reading s | all s "
        "| share of time |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for label, chat, lengths in chats(Store().get(name).path, longest):
        for minutes in lengths:
            yield usage_row(label, minutes, usage_of(chat, made_up(minutes, 2)))


def chats(model: Path, longest: int) -> Iterator[tuple[str, ChatModel, tuple[int, ...]]]:
    """Ways of asking, one at a time, with the lengths of transcripts to ask about."""
    both = (SHORT, LONG)
    identity = ChatIdentity("llama.cpp", version(), "model")
    with closing(LlamaCpp(model, identity, CONTEXT, 1, 600)) as llama:
        yield "llama.cpp, in a process of its own", Curt(llama, longest), both
        yield "the same, remembering nothing", Curt(llama, longest, llama.forget), (SHORT,)
    for kind in llm_servers.KINDS:
        if llm_servers.missing(kind):
            continue
        with llm_servers.serving(kind, model, CONTEXT) as port:
            host = f"http://127.0.0.1:{port}"
            with closing(connect(KINDS[kind], "", host=host, context=CONTEXT)) as chat:
                yield kind, Curt(chat, longest), both


def usage_of(chat: ChatModel, material: Material) -> Usage:
    """What notes about a transcript cost."""
    writer = PromptedWriter(chat, Manner(Prompts((template_folder() / "prompts",)), budget_s=BUDGET_S))
    writer.write(material, lambda _: None)
    return writer.usage


def usage_row(label: str, minutes: int, usage: Usage) -> str:
    """One line of the table; what an engine does not tell is left empty."""
    told = usage.read_seconds > 0
    known = [f"{usage.read_tokens:,}", f"{usage.reread_tokens:,}", f"{usage.reread:.1%}"]
    known += [f"{usage.read_seconds:.1f}", f"{usage.seconds:.1f}", f"{usage.reread_time:.1%}"]
    if not told:
        known = ["", "", "", "", f"{usage.seconds:.1f}", ""]
    cells = [label, str(minutes), str(usage.answers), f"{usage.prompt_tokens:,}", *known]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
