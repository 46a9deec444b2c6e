"""How far the scores of a week lie from those of the validation pictures.

A model's card holds no histogram of scores, but the rates at its two thresholds. From
them follow the shares of the three zones of the score: human-made, uncertain, AI.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

ZONES = ("human", "uncertain", "ai")
# The usual reading of the index: below, nothing to see; above, another population.
STEADY, CHANGED = 0.1, 0.25
# With fewer pictures chance alone moves the index above STEADY.
LEAST_PICTURES = 100
SMALLEST_SHARE = 1e-4


def validation_shares(figures: Mapping[str, Any] | None) -> tuple[float, ...] | None:
    """Shares in `ZONES` of all validation pictures, in 0–1, which sum to 1.

    `figures` is the card's `metrics["validation"]["overall"]`; `None` where that or a
    rate in it is missing.
    """
    rates = (figures or {}).get("verdict") or {}
    names = ("coverage", "false_positive_rate", "recall")
    if any(rates.get(name) is None for name in names):
        return None
    n, n_human, n_ai = (figures[name] for name in ("n", "n_human", "n_ai"))
    if not n:
        return None
    ai = (rates["false_positive_rate"] * n_human + rates["recall"] * n_ai) / n
    human = max(0.0, rates["coverage"] - ai)
    return human, 1 - rates["coverage"], ai


def stability_index(counts: Sequence[int], expected: Sequence[float]) -> float | None:
    """The population stability index: Σ (p − q) ln(p / q), 0 for the same shares.

    Siddiqi, Credit Risk Scorecards, 2006. `None` for fewer than LEAST_PICTURES. An
    empty zone counts as SMALLEST_SHARE, since its logarithm has no value.
    """
    total = sum(counts)
    if total < LEAST_PICTURES:
        return None
    index = 0.0
    for count, share in zip(counts, expected, strict=True):
        p, q = max(count / total, SMALLEST_SHARE), max(share, SMALLEST_SHARE)
        index += (p - q) * math.log(p / q)
    return index
