"""The cheapest path through choices (Viterbi, "Error bounds for convolutional codes", 1967)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def cheapest_path(
    costs: NDArray[np.float32] | NDArray[np.float64], changes: float | Sequence[float]
) -> list[int]:
    """The choice at each step, so that all costs together are least; of equal ones that before, or the first.

    Args:
        costs: Of each choice at each step: steps × choices.
        changes: What it costs to choose otherwise at a step than before.
    """
    totals = np.zeros(costs.shape[1])
    own = np.arange(costs.shape[1])
    came = np.empty(costs.shape, np.min_scalar_type(costs.shape[1]))
    for step, change in enumerate(np.broadcast_to(changes, len(costs))):
        best = totals.argmin()
        changed = totals[best] + change
        came[step] = np.where(totals <= changed, own, best)
        totals = np.minimum(totals, changed) + costs[step]
    path = [int(totals.argmin())]
    for places in came[:0:-1]:
        path.append(int(places[path[-1]]))
    return path[::-1] if len(costs) else []
