"""From the options about speakers to what tells them apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from transcribe.core.events import Noticed, Progress
from transcribe.core.settings import ComputeSettings, Settings
from transcribe.models.installed import InstalledModel
from transcribe.models.store import AUTO, Store
from transcribe.pipeline.ports import Diariser


class Choice(TypedDict):
    """The fields of Engines that are about speakers."""

    open_diariser: Callable[[Progress], Diariser] | None
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
    from transcribe.models.diarise.networks import check_convertible

    check_packages()
    model = Store().find(AUTO, "speakers")
    check_convertible(model)
    return Choice(open_diariser=_Opener(model, compute), diariser=_identity(model))


class _Opener:
    """Opens the diariser when it is first needed, and gives the same one from then on."""

    def __init__(self, model: InstalledModel, compute: ComputeSettings) -> None:
        self._model, self._compute = model, compute
        self._opened: Diariser | None = None

    def __call__(self, progress: Progress) -> Diariser:
        from transcribe.engines.diarise.process import DiariserProcess
        from transcribe.jobs.assemble.workers import cores
        from transcribe.models.diarise.networks import networks_of

        if self._opened is None:
            networks = networks_of(self._model, lambda line: progress(Noticed(line)))
            threads = self._compute.threads or cores()
            identity = _identity(self._model)
            self._opened = DiariserProcess(networks.segmentation, networks.voice, identity, threads)
        return self._opened


def _identity(model: InstalledModel) -> str:
    from transcribe.engines.diarise import VERSION

    digests = [part.sha256[:8] for part in model.parts] + [model.sha256[:8]]
    return f"segmentation 3.0 and CAM++ ({', '.join(digests)}), method {VERSION}"
