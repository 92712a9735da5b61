"""What computes: the processor, a card, or an error that says why not."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from studio import Studio

from transcribe.core.errors import DependencyError, UsageError
from transcribe.core.settings import Settings
from transcribe.engines import cards, ctranslate2_cards, whisper_cpp
from transcribe.engines.cards import UNKNOWN, Card, Cards
from transcribe.jobs.assemble import recognisers
from transcribe.jobs.assemble.device import PROCESSOR, Place, choose_place
from transcribe.jobs.fingerprint import made_with
from transcribe.models.installed import InstalledModel
from transcribe.pipeline.identity import provenance_of
from transcribe.pipeline.ports import LEFT_OPEN

CARD = Card("a card", 8_000_000_000, 8_000_000_000, ("float16", "float32"))
WORKS = Cards("cuda", (CARD,))
LACKS_A_LIBRARY = Cards("cuda", UNKNOWN, "without libcublas.so.12", "Run: pip install nvidia-cublas-cu12")
NONE = Cards("cuda", problem="there is no card", advice="Install its driver")
MODEL = InstalledModel("base", Path("m.bin"), "", 150_000_000, "ctranslate2", True, "", "MIT", 1)


def place(asked: str, found: Cards, drives: tuple[str, ...] = ("cuda",)) -> Place:
    return choose_place(asked, "engine", drives, lambda: found)


def test_a_card_that_works_is_taken() -> None:
    assert place("auto", WORKS) == Place("cuda", (CARD,), asked=False)
    assert place("cuda", WORKS) == Place("cuda", (CARD,), asked=True)


def test_nothing_is_looked_for_on_the_processor() -> None:
    def look() -> Cards:
        raise AssertionError("the card was asked")

    assert choose_place("cpu", "engine", ("cuda",), look) == PROCESSOR


def test_without_a_card_the_processor_computes_and_nobody_is_warned() -> None:
    assert place("auto", NONE) == PROCESSOR


def test_a_card_that_cannot_be_used_is_told() -> None:
    chosen = place("auto", LACKS_A_LIBRARY)
    assert chosen.device == "cpu"
    assert "without libcublas.so.12" in chosen.warning
    assert "pip install nvidia-cublas-cu12" in chosen.warning


@pytest.mark.parametrize(
    ("found", "told", "advice"),
    [
        (LACKS_A_LIBRARY, "without libcublas.so.12", "pip install nvidia-cublas-cu12; or --device cpu"),
        (NONE, "there is no card", "Install its driver; or --device cpu"),
        (Cards("vulkan", (CARD,)), "built here for vulkan", "--device auto or --device cpu"),
    ],
)
def test_a_device_that_is_asked_for_and_missing_is_an_error(found: Cards, told: str, advice: str) -> None:
    with pytest.raises(DependencyError, match=f"--device cuda: .*{told}") as caught:
        place("cuda", found, ("cuda", "vulkan"))
    assert caught.value.hint.endswith(advice)


def test_a_device_that_the_engine_does_not_drive() -> None:
    with pytest.raises(UsageError, match="--device metal: engine computes on cpu, cuda only"):
        place("metal", WORKS)


@pytest.mark.parametrize("engine", ["whisper.cpp", "ctranslate2"])
def test_without_a_card_here_cuda_says_so(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine == "ctranslate2":
        monkeypatch.setattr(ctranslate2_cards, "has_nvidia", lambda: False)
    elif whisper_cpp.built_for():
        pytest.skip("the engine was built for cards")
    with pytest.raises(DependencyError, match="--device cuda: ") as caught:
        recognisers.place_for(Settings.of(device="cuda"), engine)
    assert "--device cpu" in caught.value.hint


@pytest.mark.skipif(cards.has_nvidia(), reason="there is a card")
def test_ctranslate2_itself_finds_no_card_here() -> None:
    found = ctranslate2_cards.look_for_cards()
    assert (found.cards, found.problem) == ((), "CTranslate2 finds no NVIDIA card")


def test_a_driver_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctranslate2_cards, "has_nvidia", lambda: True)
    monkeypatch.setattr(ctranslate2_cards, "require", lambda: None)
    monkeypatch.setattr(ctranslate2_cards, "look_for_cards", os.abort)
    found = ctranslate2_cards.find_cards()
    assert found.cards == UNKNOWN
    assert "crashed (SIGABRT)" in found.problem


def test_what_only_cards_compute_with_is_refused_on_the_processor() -> None:
    with pytest.raises(UsageError, match="--compute-type float16: the processor computes with int8"):
        recognisers.numbers_for(MODEL, Settings.of(compute_type="float16"), PROCESSOR)
    assert recognisers.numbers_for(MODEL, Settings(), PROCESSOR) == "int8"
    assert recognisers.numbers_for(MODEL, Settings.of(compute_type="float32"), PROCESSOR) == "float32"


def test_one_worker_a_card_if_not_asked_otherwise() -> None:
    two = Place("cuda", (CARD, CARD))
    assert [card for card, _ in recognisers._card_workers(Settings().compute, two)] == [0, 1]
    three = Settings.of(workers=3, threads=2).compute
    assert recognisers._card_workers(three, two) == [(0, 2), (1, 2), (0, 2)]
    assert recognisers._card_workers(three, PROCESSOR) == []


def test_provenance_says_what_was_chosen_and_an_archive_stays_up_to_date() -> None:
    studio = Studio()
    on_processor = studio.engines()
    on_card = replace(on_processor, chosen=(*LEFT_OPEN[:2], ("compute_type", "float16")))
    said = dict(provenance_of(Settings(), on_processor).settings)
    assert (said["compute_type"], said["batch_size"]) == ("int8", "4")
    assert dict(provenance_of(Settings(), on_card).settings)["compute_type"] == "float16"
    asked = Settings.of(compute_type="float32")
    assert dict(provenance_of(asked, on_card).settings)["compute_type"] == "float32"
    assert made_with(Settings(), on_card) == made_with(Settings(), on_processor)
    assert "compute_type" not in made_with(Settings(), on_processor)


def test_memories_tell_the_engine_that_was_chosen() -> None:
    studio = Studio()
    with_whisper, left_open = made_with(Settings(), studio.engines()), dict(studio.engines().chosen)
    other = replace(studio.engines(), chosen=tuple((left_open | {"engine": "ctranslate2"}).items()))
    assert "engine" not in with_whisper
    assert made_with(Settings(), other) == with_whisper | {"engine": "ctranslate2"}
    assert made_with(Settings.of(engine="whisper.cpp"), studio.engines()) == with_whisper
