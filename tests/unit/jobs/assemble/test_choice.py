"""The rule of `--engine auto`."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.core.errors import DependencyError, ModelError, UsageError
from transcribe.core.settings import Settings
from transcribe.engines import ctranslate2, ctranslate2_cards, parakeet, whisper_cpp
from transcribe.engines.cards import Card, Cards
from transcribe.jobs.assemble.choice import choose, engine_of_machine, form_of_machine
from transcribe.models.catalogue import Kind
from transcribe.models.installed import InstalledModel
from transcribe.models.store import Store

NO_CARD = Cards("", problem="built without graphics cards")
PARAKEET = "parakeet-tdt-0.6b-v3"
VULKAN = Cards("vulkan", (Card("a card", 8_000_000_000, 8_000_000_000),))


class Shelf(Store):
    """A store whose models are only named."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def installed(self) -> tuple[InstalledModel, ...]:
        return tuple(model(name) for name in self.names)

    def _read(self, name: str) -> InstalledModel | None:
        return model(name) if name in self.names else None


def model(name: str) -> InstalledModel:
    kind: Kind = "parakeet" if name == PARAKEET else "ctranslate2" if name.endswith("-ct2") else "whisper"
    return InstalledModel(name, Path("model.bin"), "", 1, kind, True, "", "MIT", 1)


@pytest.fixture(autouse=True)
def _processor_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper_cpp, "find_cards", lambda: NO_CARD)
    monkeypatch.setattr(ctranslate2_cards, "find_cards", lambda: Cards("cuda", problem="no driver"))
    monkeypatch.setattr(ctranslate2, "require", lambda: None)
    monkeypatch.setattr(parakeet, "require", lambda: None)


def missing() -> None:
    raise DependencyError("the engine ctranslate2 is not installed", "")


@pytest.mark.parametrize(
    ("installed", "asked", "engine", "name"),
    [
        (("base", "base-ct2"), "auto", "ctranslate2", "base-ct2"),
        (("base", "base-ct2"), "base", "ctranslate2", "base-ct2"),
        (("base",), "base", "whisper.cpp", "base"),
        (("base-ct2",), "base", "ctranslate2", "base-ct2"),
        (("base", "base-ct2", "base-q8_0"), "base-q8_0", "whisper.cpp", "base-q8_0"),
        (("large-v3-turbo-q8_0", "base-ct2"), "auto", "whisper.cpp", "large-v3-turbo-q8_0"),
        ((PARAKEET, "base", "base-ct2"), "auto", "ctranslate2", "base-ct2"),
        ((PARAKEET, "base"), PARAKEET, "parakeet", PARAKEET),
    ],
)
def test_on_a_processor(installed: tuple[str, ...], asked: str, engine: str, name: str) -> None:
    found = choose(Settings.of(model=asked), Shelf(*installed))
    assert (found.engine, found.model.name) == (engine, name)


def test_whisper_cpp_where_it_drives_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper_cpp, "find_cards", lambda: VULKAN)
    found = choose(Settings(), Shelf("base", "base-ct2"))
    assert (found.engine, found.model.name, found.place.device) == ("whisper.cpp", "base", "vulkan")
    assert choose(Settings.of(device="cpu"), Shelf("base", "base-ct2")).engine == "ctranslate2"
    assert choose(Settings(), Shelf("base-ct2")).engine == "ctranslate2"


def test_whisper_cpp_where_ctranslate2_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctranslate2, "require", missing)
    assert choose(Settings(), Shelf("base", "base-ct2")).engine == "whisper.cpp"
    assert form_of_machine(Settings()) == "whisper"
    with pytest.raises(DependencyError, match="not installed"):
        choose(Settings(), Shelf("base-ct2"))


def test_a_device_that_one_engine_alone_drives() -> None:
    assert engine_of_machine(Settings.of(device="vulkan")) == ("whisper.cpp", "it alone drives vulkan")
    with pytest.raises(UsageError, match="computes on cpu, cuda only"):
        choose(Settings.of(device="vulkan"), Shelf("base-ct2"))


def test_an_engine_that_is_asked_for_is_taken() -> None:
    both = Shelf("base", "base-ct2")
    assert choose(Settings.of(engine="whisper.cpp"), both).model.name == "base"
    assert choose(Settings.of(engine="ctranslate2", model="base"), both).model.name == "base-ct2"
    with pytest.raises(ModelError, match="not installed in the form"):
        choose(Settings.of(engine="ctranslate2", model="base"), Shelf("base"))


def test_parakeet_is_taken_only_where_it_or_its_model_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    both = Shelf("base", PARAKEET)
    assert choose(Settings.of(engine="parakeet"), both).model.name == PARAKEET
    with pytest.raises(ModelError, match="no model for recognition"):
        choose(Settings(), Shelf(PARAKEET))
    with pytest.raises(ModelError, match=f"models pull {PARAKEET}"):
        choose(Settings.of(engine="parakeet"), Shelf("base"))
    with pytest.raises(ModelError, match="wrong kind for recognition with parakeet"):
        choose(Settings.of(engine="parakeet", model="base"), both)
    with pytest.raises(UsageError, match="parakeet computes on cpu only"):
        choose(Settings.of(engine="parakeet", device="cuda"), both)
    monkeypatch.setattr(parakeet, "require", missing)
    with pytest.raises(DependencyError, match="not installed"):
        choose(Settings.of(model=PARAKEET), both)


def test_no_model_names_the_command() -> None:
    with pytest.raises(ModelError, match="transcribe models pull base"):
        choose(Settings(), Shelf())
