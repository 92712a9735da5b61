"""The table from settings to engines."""

from __future__ import annotations

from transcribe.core.settings import OPTIONS
from transcribe.jobs.assemble.recognisers import RECOGNISERS


def test_every_engine_that_can_be_chosen_is_in_the_table() -> None:
    assert {"auto", *RECOGNISERS} == set(OPTIONS["engine"].spec.choices)
