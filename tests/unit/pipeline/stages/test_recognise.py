"""Which chunks are recognised, in which language, and what is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_process import InProcess
from numpy.typing import NDArray

from transcribe.core.episode import Language, Word
from transcribe.core.errors import EngineError, UsageError
from transcribe.core.events import Event, LanguageDetected, SegmentRecognised, StageAdvanced, silent
from transcribe.core.hearing import (
    MOST_PROMPT_TOKENS,
    Ballot,
    Chunk,
    ChunkResult,
    Chunks,
    DecodingOptions,
    Heard,
)
from transcribe.core.recording import SpeechSpan
from transcribe.core.settings import RecogniseSettings
from transcribe.core.waveform import Waveform
from transcribe.core.workspace import Workspace
from transcribe.pipeline.hearing.listener import Listener
from transcribe.pipeline.stages.recognise import (
    batches,
    choose_language,
    is_decided,
    listener_of,
    recognise,
    spread,
)
from transcribe.pipeline.suspend import to_the_end

SECONDS = 120


def word(start_ms: int, end_ms: int, text: str, probability: float = 0.9) -> Word:
    return Word(start_ms, end_ms, text, probability)


class Script:
    """A recogniser that answers what it is told to."""

    def __init__(self, *answers: Heard, languages: Sequence[tuple[str, float]] = (("en", 1.0),)) -> None:
        self.answers = list(answers)
        self._languages = languages
        self.asked = 0

    def hear(self, windows: Sequence[NDArray[np.float32]], options: DecodingOptions) -> list[Heard]:
        return [self.answers.pop(0) for _ in windows]

    def languages(self, samples: NDArray[np.float32]) -> tuple[tuple[str, float], ...]:
        self.asked += 1
        return tuple(self._languages)

    def count_tokens(self, text: str) -> int:
        return len(text.split())


@pytest.fixture
def waveform(tmp_path: Path) -> Waveform:
    path = tmp_path / "audio.f32"
    np.zeros(SECONDS * 16_000, "<f4").tofile(path)
    return Waveform(str(path), SECONDS * 16_000, 0, 0.0)


def chunk(*pieces: tuple[int, int], index: int = 0) -> Chunk:
    return Chunk(index, tuple(SpeechSpan(*piece) for piece in pieces))


def finish(*arguments: Any) -> tuple[Language | None, tuple[ChunkResult, ...]]:
    """Recognise without a pause."""
    return to_the_end(recognise(*arguments))


@pytest.mark.parametrize(
    ("ballots", "open_votes", "decided"),
    [
        ([{"pl": 0.95, "cs": 0.05}, {"pl": 0.9, "cs": 0.1}], 1, True),
        ([{"pl": 0.7, "cs": 0.3}, {"pl": 0.7, "cs": 0.3}], 1, False),
        ([{"pl": 0.9, "cs": 0.1}, {"pl": 0.1, "cs": 0.9}], 1, False),
        ([{"pl": 0.5, "cs": 0.5}], 0, False),
        ([{"en": 1.0}, {"en": 1.0}], 1, True),
    ],
)
def test_a_vote_is_over_when_nothing_can_change_it(
    ballots: list[dict[str, float]], open_votes: int, decided: bool
) -> None:
    cast = [Ballot(index, tuple(each.items())) for index, each in enumerate(ballots)]
    assert is_decided(cast, open_votes) is decided


def test_no_more_windows_are_asked_than_decide(waveform: Waveform) -> None:
    chunks = Chunks(tuple(chunk((i * 1000, i * 1000 + 900), index=i) for i in range(100)))
    for probability, asked in ((0.97, 3), (0.6, 5)):
        script = Script(languages=(("pl", probability), ("en", 1 - probability)))
        choose_language(chunks, waveform, "auto", InProcess(script))
        assert script.asked == asked


def test_languages_are_voted_on_by_chunks_from_all_over_the_recording(waveform: Waveform) -> None:
    chunks = Chunks(tuple(chunk((i * 1000, i * 1000 + 900), index=i) for i in range(100)))
    assert [each.index for each in spread(chunks.chunks)] == [10, 50, 90, 30, 70]
    script = Script(languages=(("pl", 0.7), ("en", 0.3)))
    assert choose_language(chunks, waveform, "auto", InProcess(script)) == Language("pl", 0.7, detected=True)
    assert choose_language(chunks, waveform, "de", InProcess(script)) == Language("de", 1.0, detected=False)


def test_the_language_is_told_once_and_only_where_it_was_detected(waveform: Waveform, tmp_path: Path) -> None:
    def told(
        settings: RecogniseSettings, key: str, language: Language | None = None
    ) -> list[LanguageDetected]:
        events: list[Event] = []
        with Workspace(tmp_path, key) as workspace:
            open_workers = InProcess(Script(*answers(4))).open

            finish(PLAN, waveform, settings, open_workers, workspace, events.append, language)
        return [event for event in events if isinstance(event, LanguageDetected)]

    detected = LanguageDetected("en", 1.0, 1.0, "language: en, probability 1.00")
    assert told(RecogniseSettings(), "a/auto") == [detected]
    assert told(RecogniseSettings(), "a/auto") == [detected]  # from the earlier run
    assert told(RecogniseSettings(language="en"), "a/chosen") == []
    (several,) = told(RecogniseSettings(language="multi"), "a/multi", Language("de", 0.9, True, 0.6))
    assert (several.code, several.share) == ("de", 0.6)


def test_each_chunk_is_decoded_in_its_own_language(waveform: Waveform, tmp_path: Path) -> None:
    script = Script(*answers(4))
    asked: list[str] = []

    def hear(windows: Sequence[NDArray[np.float32]], options: DecodingOptions) -> list[Heard]:
        assert not options.translate
        asked.extend(options.language for _ in windows)
        return [script.answers.pop(0) for _ in windows]

    script.hear = hear  # type: ignore[method-assign]
    codes = ("en", "de", "de", "en")
    plan = Chunks(tuple(replace(each, language=code) for each, code in zip(PLAN.chunks, codes, strict=True)))

    open_workers = InProcess(script, batch=4).open

    with Workspace(tmp_path, "a/b") as workspace:
        told = Language("de", 0.9, True, 0.5)
        language, results = finish(
            plan, waveform, RecogniseSettings(language="multi"), open_workers, workspace, silent, told
        )
    assert language == told
    assert asked == ["en", "de", "de", "en"]
    assert [segment.language for result in results for segment in result.segments] == asked
    assert [result.chunk for result in results] == [0, 1, 2, 3]


def test_a_short_recording_is_asked_for_its_language_once() -> None:
    long, short = chunk((0, 9000)), chunk((9000, 9500), index=1)
    assert spread((short, long)) == [long]


def test_terms_are_chosen_for_each_window_and_the_prompt_stands_before_all(waveform: Waveform) -> None:
    def listener(**asked: Any) -> Listener:
        return listener_of(waveform, "en", RecogniseSettings(**asked), InProcess(Script()))

    found = listener(terms=("Zażółć", "Gęślą"), prompt=" Hello. ")
    assert (found.terms, found.options.prompt) == (("Zażółć", "Gęślą"), "Hello.")
    assert listener().options.prompt == ""


def test_a_prompt_that_would_be_cut_is_refused(waveform: Waveform) -> None:
    longest = " ".join(["word"] * MOST_PROMPT_TOKENS)
    workers = InProcess(Script())
    assert listener_of(waveform, "en", RecogniseSettings(prompt=longest), workers).options.prompt == longest
    with pytest.raises(UsageError, match="too long: it has 224 tokens, and the model takes 223"):
        listener_of(waveform, "en", RecogniseSettings(prompt=longest + " more"), workers)


PLAN = Chunks(tuple(chunk((i * 10_000, i * 10_000 + 5000), index=i) for i in range(4)))


def answers(count: int) -> list[Heard]:
    return [Heard(((word(0, 4900, f"answer-number-{i}-that-takes-its-time"),),)) for i in range(count)]


def test_finished_chunks_are_not_recognised_again(waveform: Waveform, tmp_path: Path) -> None:
    with Workspace(tmp_path, "a/b") as workspace:
        script = Script(*answers(2))
        open_workers = InProcess(script).open
        with pytest.raises(IndexError):  # the script ends after two answers: a crash in mid-work
            finish(PLAN, waveform, RecogniseSettings(), open_workers, workspace, silent)
        script.answers += answers(2)
        language, results = finish(PLAN, waveform, RecogniseSettings(), open_workers, workspace, silent)
        assert language == Language("en", 1.0, detected=True)
        assert [result.chunk for result in results] == [0, 1, 2, 3]
        assert not script.answers


def test_a_finished_job_never_opens_the_model(waveform: Waveform, tmp_path: Path) -> None:
    def refuse() -> Any:
        raise EngineError("the model was loaded")

    with Workspace(tmp_path, "a/b") as workspace:
        workspace.save("language", Language("en", 1.0, detected=False))
        for each in PLAN.chunks:
            workspace.append("results", ChunkResult(each.index, "en", ()))
        _, results = finish(PLAN, waveform, RecogniseSettings(), refuse, workspace, silent)
        assert len(results) == 4


def test_progress_is_told_in_the_recording_order_whatever_finishes_first(
    waveform: Waveform, tmp_path: Path
) -> None:
    events: list[Event] = []
    with Workspace(tmp_path, "a/b") as workspace:
        open_workers = InProcess(Script(*answers(4)), backwards=True).open

        settings = RecogniseSettings(language="en")
        finish(PLAN, waveform, settings, open_workers, workspace, events.append)
    starts = [event.segment.start_ms for event in events if isinstance(event, SegmentRecognised)]
    assert starts == [0, 10_000, 20_000, 30_000]
    assert [event.done_ms for event in events if isinstance(event, StageAdvanced)] == [
        0,
        5000,
        10_000,
        15_000,
        20_000,
    ]


def chunks_of(*seconds: int) -> Chunks:
    starts = range(0, 100_000 * len(seconds), 100_000)
    spans = (SpeechSpan(start, start + 1000 * s) for start, s in zip(starts, seconds, strict=True))
    return Chunks(tuple(Chunk(index, (span,)) for index, span in enumerate(spans)))


def indices(groups: list[tuple[Chunk, ...]]) -> list[list[int]]:
    return [[chunk.index for chunk in group] for group in groups]


def test_groups_are_the_same_in_every_run() -> None:
    plan = chunks_of(*[5] * 24)
    whole = batches(plan, plan.chunks, 3, 2)
    assert indices(whole) == [*([i, i + 1, i + 2] for i in range(0, 21, 3)), [21, 22], [23]]
    assert batches(plan, plan.chunks[4:5], 3, 2) == [whole[1]]


def test_the_longest_chunks_come_first_in_every_ten_minutes() -> None:
    plan = chunks_of(*range(1, 41))
    order = [index for group in indices(batches(plan, plan.chunks, 2, 2)) for index in group]
    assert order == [*range(31, -1, -1), *range(39, 31, -1)]


def test_there_is_work_for_all_workers_to_the_end() -> None:
    plan = chunks_of(5, 5, 5)
    assert indices(batches(plan, plan.chunks, 4, 8)) == [[0], [1], [2]]
    assert indices(batches(plan, plan.chunks, 4, 2)) == [[0, 1], [2]]
    assert indices(batches(plan, plan.chunks, 4, 1)) == [[0, 1, 2]]
