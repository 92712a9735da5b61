"""From the options about speakers to what tells them apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TypedDict

from transcribe.core.settings import ComputeSettings, Settings
from transcribe.models.installed import InstalledModel, check_before_load
from transcribe.models.store import AUTO, Store
from transcribe.pipeline.ports import Diariser


class Choice(TypedDict):
    """The fields of Engines that are about speakers."""

    open_diariser: Callable[[], Diariser] | None
    diariser: str


def diariser_of(settings: Settings) -> Choice:
    """What tells speakers apart; nothing where nobody asked, or where a file says who speaks.

    It is looked for now, and loaded when the first recording needs it.

    Raises:
        ModelError: The model is not installed.
        DependencyError: A package of the extra `diarize` is missing.
    """
    if settings.speakers.turns is not None or not settings.speakers.speakers:
        return Choice(open_diariser=None, diariser="")
    return choose_diariser(settings.compute)


def choose_diariser(compute: ComputeSettings) -> Choice:
    """The diariser, whatever was asked for.

    Raises:
        ModelError: The model is not installed.
        DependencyError: A package of the extra `diarize` is missing.
    """
    from transcribe.engines.diarise import check_packages

    check_packages()
    model = Store().find(AUTO, "speakers")
    return Choice(open_diariser=cache(partial(_open, model, compute)), diariser=_identity(model))


def _open(model: InstalledModel, compute: ComputeSettings) -> Diariser:
    from transcribe.engines.diarise.process import DiariserProcess
    from transcribe.jobs.assemble.workers import cores

    check_before_load(model)
    segmentation = model.path.with_name(model.parts[0].name)
    return DiariserProcess(segmentation, model.path, _identity(model), compute.threads or cores())


def _identity(model: InstalledModel) -> str:
    from transcribe.engines.diarise import VERSION

    digests = [part.sha256[:8] for part in model.parts] + [model.sha256[:8]]
    return f"segmentation 3.0 and CAM++ ({', '.join(digests)}), method {VERSION}"
