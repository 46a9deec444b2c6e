"""How far a measured share may be from the true one."""

from __future__ import annotations

import math

NORMAL_95 = 1.959963984540054


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927); `trials` is at least 1."""
    share = successes / trials
    z2 = NORMAL_95**2
    centre = share + z2 / (2 * trials)
    spread = NORMAL_95 * math.sqrt(
        share * (1 - share) / trials + z2 / (4 * trials * trials)
    )
    scale = 1 + z2 / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
