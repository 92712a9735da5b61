"""How well speakers were told apart: wrong time (DER) and words under the wrong name (cpWER).

DER: NIST, "The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan", section 6; counted by
`pyannote.metrics`. cpWER: Watanabe et al., "CHiME-6 Challenge", 2020, section 4.3: everything each speaker
says is compared with everything one speaker of the transcript says, paired so that errors are fewest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from operator import add

from transcribe.core.episode import Turn
from transcribe.quality.evaluate import missing_package
from transcribe.quality.evaluate.words import Score, score

COLLAR_S = 0.25
"""Around every change in the reference, on either side, nothing is counted: people mark it no better."""


@dataclass(frozen=True)
class DiarisationScore:
    """Time, in ms. Where several speak, each of them counts.

    Attributes:
        missed_ms: Speech of the reference in which somebody is missing.
        false_ms: Speech in the transcript of somebody who does not speak.
        confused_ms: Speech that is somebody else's.
        found: How many were found; both add up where several recordings are summed up.
    """

    total_ms: int = 0
    missed_ms: int = 0
    false_ms: int = 0
    confused_ms: int = 0
    speakers: int = 0
    found: int = 0

    def __add__(self, other: DiarisationScore) -> DiarisationScore:
        return DiarisationScore(*map(add, astuple(self), astuple(other)))

    @property
    def rate(self) -> float:
        """Wrong time in percent of the reference's speech; infinite where somebody was found in silence."""
        wrong = self.missed_ms + self.false_ms + self.confused_ms
        if not self.total_ms:
            return math.inf if wrong else 0.0
        return 100 * wrong / self.total_ms

    def share(self, part_ms: int) -> float:
        """A part in percent of the reference's speech."""
        return 100 * part_ms / self.total_ms if self.total_ms else 0.0


def diarisation_score(
    reference: Sequence[Turn], found: Sequence[Turn], collar_s: float = COLLAR_S
) -> DiarisationScore:
    """Compare who speaks when; overlapping speech counts.

    Args:
        collar_s: Around every change in the reference, on either side, so much is not counted.

    Raises:
        DependencyError: The extra `eval` is missing.
    """
    try:
        from pyannote.core import Annotation, Segment, Timeline
        from pyannote.metrics.diarization import DiarizationErrorRate
    except ImportError as error:
        raise missing_package("measuring speakers", error.name) from error

    def annotation(turns: Sequence[Turn]) -> Annotation:
        made = Annotation()
        for number, turn in enumerate(turns):
            made[Segment(turn.start_ms / 1000, turn.end_ms / 1000), number] = turn.speaker
        return made

    names = len({turn.speaker for turn in reference}), len({turn.speaker for turn in found})
    end_ms = max((turn.end_ms for turn in (*reference, *found)), default=0)
    if not end_ms:
        return DiarisationScore(speakers=names[0], found=names[1])
    # Its collar is both sides together.
    metric = DiarizationErrorRate(collar=2 * collar_s, skip_overlap=False)
    parts = metric(
        annotation(reference),
        annotation(found),
        uem=Timeline([Segment(0, end_ms / 1000 + collar_s)]),
        detailed=True,
    )
    names_of_parts = ("total", "missed detection", "false alarm", "confusion")
    total, missed, false, confused = (round(1000 * parts[part]) for part in names_of_parts)
    return DiarisationScore(total, missed, false, confused, *names)


def total_diarisation(scores: Iterable[DiarisationScore]) -> DiarisationScore:
    """Several scores as one: every second weighs the same, whichever recording it is in."""
    return sum(scores, start=DiarisationScore())


def attributed_score(reference: Mapping[str, str], found: Mapping[str, str], language: str) -> Score:
    """Errors of words when every word has to be under the right name (cpWER).

    Args:
        reference: Everything each speaker says, by name.
        found: The same of the transcript; names need not be the same.

    Raises:
        DependencyError: SciPy is missing, which `pyannote.metrics` of the extra `eval` brings.
    """
    try:
        import numpy as np
        from scipy.optimize import linear_sum_assignment
    except ImportError as error:
        raise missing_package("measuring speakers", error.name) from error
    size = max(len(reference), len(found))
    theirs = [*reference.values(), *[""] * (size - len(reference))]
    ours = [*found.values(), *[""] * (size - len(found))]
    scores = [[score(one, other, language) for other in ours] for one in theirs]
    errors = np.array([[each.errors for each in row] for row in scores]).reshape(size, size)
    rows, columns = linear_sum_assignment(errors)
    return sum((scores[row][column] for row, column in zip(rows, columns, strict=True)), start=Score())
