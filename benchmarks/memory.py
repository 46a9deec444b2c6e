"""Whether memory grows: samples over time, and their trend."""

from __future__ import annotations

import math
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from scipy.stats import theilslopes

from benchmarks.processes import memory_together_mb

EVERY_SECONDS = 1.0
NEGLIGIBLE = 0.01


@dataclass(frozen=True)
class Sample:
    """Megabytes of a process and its descendants, `seconds` after the start."""

    seconds: float
    mb: float


@dataclass(frozen=True)
class Trend:
    """Growth for each unit of time, and its interval of 95 %; `nan` of two or fewer.

    `least_share` is what the low end of the interval adds over the whole time, as a
    share of the median.

    The slope is the median of the slopes between all pairs (Theil and Sen): a few
    moments with large pictures under way do not bend it.
    """

    slope: float
    low: float
    high: float
    least_share: float = math.nan

    @classmethod
    def of(cls, times: Sequence[float], values: Sequence[float]) -> Trend:
        """The trend of the values at those times."""
        if len(values) < 3:
            return cls(math.nan, math.nan, math.nan)
        found = theilslopes(values, times, alpha=0.95)
        added = found.low_slope * (max(times) - min(times))
        share = added / statistics.median(values)
        return cls(found.slope, found.low_slope, found.high_slope, share)

    @property
    def grows(self) -> bool:
        """Whether even the low end of the interval adds more than a hundredth."""
        return self.least_share > NEGLIGIBLE

    def sentence(self, unit: str) -> str:
        """The trend in words; `unit` is what the slope is for, such as `minute`."""
        return (
            f"{self.slope:+.2f} MB for each {unit} (95 %: {self.low:+.2f} to "
            f"{self.high:+.2f}): {'growth' if self.grows else 'no growth'}."
        )


@contextmanager
def sampled_memory(pid: int) -> Iterator[Callable[[], list[Sample]]]:
    """Sample a process and its descendants each second inside the block.

    Gives a function that returns the samples so far.
    """
    samples: list[Sample] = []
    stop = threading.Event()
    start = time.monotonic()

    def sample() -> None:
        while not stop.wait(EVERY_SECONDS):
            mb = memory_together_mb(pid)
            if mb:  # it has not ended
                samples.append(Sample(time.monotonic() - start, mb))

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield lambda: list(samples)
    finally:
        stop.set()
        thread.join()
