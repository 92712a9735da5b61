"""Between SpeechSpans and Chunks, for `--language multi`: from short stretches of speech to Languages.

A window is decoded in one language, so the languages are told before the windows are planned. Short
stretches vote, each by itself; then the recording decides which languages it has at all, and in which
order they follow each other, so that one noisy stretch does not become Welsh.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import fsum, log

import numpy as np

from transcribe.core.events import Progress, StageAdvanced
from transcribe.core.hearing import Ballot, Chunk, Chunks, LanguageRun, Languages
from transcribe.core.viterbi import cheapest_path
from transcribe.core.waveform import Waveform
from transcribe.core.workspace import Workspace
from transcribe.pipeline.hearing.listener import BALLOT_MS, LanguageBallot, opened
from transcribe.pipeline.ports import OpenWorkers

STRETCH_MS = BALLOT_MS
"""Longest stretch that votes: in longer ones two languages may stand unnoticed."""

LEAST_SHARE = 0.05
"""A language with less of all the votes is not spoken in the recording: three minutes in an hour."""

SWITCH = log(3)
"""Where the language changes, the new one has to be three times as probable as the old one, and a single
stretch between two of another language nine times: the votes are those of one recording."""

LEAST_PROBABILITY = 1e-3
"""A vote against a language counts no more than this: no stretch outweighs many others."""


def tell_languages(
    stretches: Chunks, waveform: Waveform, open_workers: OpenWorkers, workspace: Workspace, progress: Progress
) -> Languages:
    """Tell which language is spoken where.

    Args:
        stretches: The speech in a plan of windows of at most `STRETCH_MS`.
        workspace: Keeps each vote, so that a run that was stopped goes on.

    Raises:
        EngineError: The engine crashed or refused.
    """
    votes = {ballot.chunk: dict(ballot.probabilities) for ballot in workspace.records("ballots", Ballot)}
    missing = [stretch for stretch in stretches.chunks if stretch.index not in votes]
    resumed_ms = done_ms = sum(each.duration_ms for each in stretches.chunks if each.index in votes)
    if missing:
        with opened(open_workers, progress) as workers:
            for ballot in workers.map(LanguageBallot(waveform), missing):
                workspace.append("ballots", ballot)
                votes[ballot.chunk] = dict(ballot.probabilities)
                done_ms += stretches.chunks[ballot.chunk].duration_ms
                progress(StageAdvanced("languages", done_ms, resumed_ms))
    if not stretches.chunks:
        return Languages(())
    ballots = [votes[stretch.index] for stretch in stretches.chunks]
    codes = spoken(ballots, [stretch.duration_ms for stretch in stretches.chunks])
    return runs_of(stretches.chunks, ballots, most_likely(ballots, codes))


def spoken(ballots: Sequence[Mapping[str, float]], weights: Sequence[int]) -> list[str]:
    """The languages that a recording has, by their share of all votes; at least the one with most of them.

    Args:
        weights: How much each of them counts: its length in ms.
    """
    totals = {
        code: fsum(ballot[code] * weight for ballot, weight in zip(ballots, weights, strict=True))
        for code in ballots[0]
    }
    least = min(LEAST_SHARE * sum(weights), max(totals.values()))
    return sorted(code for code, total in totals.items() if total >= least)


def most_likely(ballots: Sequence[Mapping[str, float]], codes: Sequence[str]) -> list[str]:
    """The most probable sequence of languages, one for each stretch, where each change costs `SWITCH`."""
    order = sorted(codes, reverse=True)  # of equal ones, the last in the alphabet
    costs = [[-log(max(ballot[code], LEAST_PROBABILITY)) for code in order] for ballot in ballots]
    return [order[place] for place in cheapest_path(np.array(costs), SWITCH)]


def runs_of(
    stretches: Sequence[Chunk], ballots: Sequence[Mapping[str, float]], codes: Sequence[str]
) -> Languages:
    """Neighbouring stretches of the same language as one run."""
    told = groupby(zip(stretches, ballots, codes, strict=True), key=lambda each: each[2])
    return Languages(tuple(_run([each[:2] for each in run], code) for code, run in told))


def _run(run: Sequence[tuple[Chunk, Mapping[str, float]]], code: str) -> LanguageRun:
    speech_ms = sum(stretch.duration_ms for stretch, _ in run)
    votes = fsum(ballot[code] * stretch.duration_ms for stretch, ballot in run)
    first, last = (stretch.keeps or stretch for stretch, _ in (run[0], run[-1]))
    return LanguageRun(first.start_ms, last.end_ms, code, round(votes / speech_ms, 4), speech_ms)
